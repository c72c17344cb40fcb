"""Screens: of every sharpness and size, turned and zoomed."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.drawing import (
    cells_with_ink,
    draw_with_mouse,
    expect_reading,
    inked_share,
    strokes_of,
    type_digits,
)

# Whole pixels of the screen that the pad has, and that its canvas has.
PIXELS = """() => {
  const canvas = document.getElementById('ink');
  return [canvas.width, Math.round(canvas.clientWidth * devicePixelRatio)];
}"""
IS_SHARP = f"() => {{ const [canvas, screen] = ({PIXELS})(); return canvas === screen; }}"
# Pixels that are neither paper nor ink: of a sharp line few, of a scaled-up one many.
SOFT_SHARE = """() => {
  const canvas = document.getElementById('ink');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let [inked, soft] = [0, 0];
  for (let i = 3; i < data.length; i += 4) {
    inked += data[i] > 0;
    soft += data[i] > 20 && data[i] < 235;
  }
  return soft / inked;
}"""
# What scrolls by itself, or is shown to nobody, may be wider than the screen.
TOO_WIDE = """() => [...document.querySelectorAll('body *')]
  .filter((element) => element.checkVisibility())
  .filter((element) => !element.closest('.table-frame, .skip, .for-screen-readers'))
  .filter((element) => element.getBoundingClientRect().right > innerWidth + 0.5)
  .map((element) => element.outerHTML.slice(0, 80))"""

# Answers whose words are wider than their place, which hides what is beyond it.
CUT_OFF = """() => [...document.querySelectorAll('.confidence, .runner-up')]
  .filter((element) => element.scrollWidth > element.clientWidth)
  .map((element) => `${element.textContent}: ${element.scrollWidth} > ${element.clientWidth}`)"""


def expect_sharp(page: Page) -> int:
    """Checks that the drawing has one pixel for each of the screen's; returns how many across."""
    page.wait_for_function(IS_SHARP)
    inked_share(page)  # waits until it is painted
    assert page.evaluate(SOFT_SHARE) < 0.25
    canvas, _ = page.evaluate(PIXELS)
    return int(canvas)


def expect_no_sideways_scroll(page: Page) -> None:
    assert page.evaluate(TOO_WIDE) == []
    page.evaluate("scrollTo(1000, 0)")
    assert page.evaluate("scrollX") == 0
    page.evaluate("scrollTo(0, 0)")


def test_the_drawing_is_sharp_at_every_pixel_ratio_and_read_the_same(open_page: OpenPage) -> None:
    across = []
    for ratio in (1, 1.5, 3):
        page = open_page(device_scale_factor=ratio, viewport={"width": 400, "height": 800})
        draw_with_mouse(page, strokes_of(page, "7__6"))
        expect_reading(page, "7__6")
        across.append(expect_sharp(page))
    assert across == [across[0], round(across[0] * 1.5), across[0] * 3]


def test_resizing_and_turning_the_screen_keeps_the_drawing_sharp_and_in_place(page: Page) -> None:
    type_digits(page, "72_6")
    expect_reading(page, "72_6")
    covered = inked_share(page)
    for width, height in ((1600, 1000), (360, 740), (740, 360), (1280, 720)):
        page.set_viewport_size({"width": width, "height": height})
        expect_sharp(page)
        assert cells_with_ink(page) == [0, 1, 3]
        assert inked_share(page) == pytest.approx(covered, rel=0.05)


def test_zooming_keeps_the_drawing_sharp(page: Page) -> None:
    draw_with_mouse(page, strokes_of(page, "___4"))
    session = page.context.new_cdp_session(page)
    before = expect_sharp(page)
    metrics = {"width": 640, "height": 360, "deviceScaleFactor": 2, "mobile": False}
    session.send("Emulation.setDeviceMetricsOverride", metrics)  # as 200 % does
    assert expect_sharp(page) != before
    assert cells_with_ink(page) == [3]


def test_only_the_pixel_ratio_changes_when_a_window_moves_to_another_screen(page: Page) -> None:
    draw_with_mouse(page, strokes_of(page, "___4"))
    session = page.context.new_cdp_session(page)
    before = expect_sharp(page)
    # Of another width, for the emulation alone would tell the page nothing; the pad keeps its size.
    metrics = {"width": 1270, "height": 720, "deviceScaleFactor": 2, "mobile": False}
    session.send("Emulation.setDeviceMetricsOverride", metrics)
    assert expect_sharp(page) == 2 * before
    assert cells_with_ink(page) == [3]


@pytest.mark.parametrize("width", [320, 360, 600, 940])
def test_nothing_is_cut_off_or_scrolls_sideways(open_page: OpenPage, width: int) -> None:
    page = open_page(viewport={"width": width, "height": 740})
    expect_no_sideways_scroll(page)
    page.locator("[data-digits='3_85']").click()
    expect_reading(page, "3_85")
    assert page.evaluate(CUT_OFF) == []
    page.get_by_text("Figures", exact=True).click()
    page.route("**/predict?*", lambda route: route.fulfill(status=503))
    expect_no_sideways_scroll(page)
    type_digits(page, "1")
    page.get_by_test_id("offline").wait_for()
    expect_no_sideways_scroll(page)
    page.get_by_test_id("help").click()
    expect_no_sideways_scroll(page)


@pytest.mark.parametrize(
    ("kind", "symbol", "words"), [("blank", 10, "blank"), ("other", 11, "no digit")]
)
def test_the_longest_answers_are_not_cut_off_and_do_not_move_the_pad(
    page: Page, kind: str, symbol: int, words: str
) -> None:
    def answer_at_length(route: Route) -> None:
        response = route.fetch()
        answer = response.json()
        for cell in answer["cells"][:2]:
            # No digit, and the runner-up is a five; or a five, and the runner-up is no digit.
            cell["probabilities"] = [0.0] * 12
            cell["probabilities"][5], cell["probabilities"][symbol] = 0.0001, 0.9999
            cell |= {"kind": kind, "digit": None, "confidence": 0.9999}
        answer["cells"][1] |= {"kind": "digit", "digit": 5, "confidence": 0.4}
        answer["cells"][1]["probabilities"][5] = 0.99995
        answer["cells"][1]["probabilities"][symbol] = 0.0001
        answer["warnings"] = [{"code": "several_digits", "detail": "", "cells": [0]}]
        route.fulfill(response=response, json=answer)

    page.route("**/predict?*", answer_at_length)
    wide = [(1280, 900), (1280, 960), (1280, 1100), (568, 320), (740, 360), (1280, 480)]
    upright = [(width, 740) for width in (280, 320, 360, 412, 440, 441, 480, 600, 940, 1280)]
    for width, height in [*upright, *wide]:
        page.set_viewport_size({"width": width, "height": height})
        page.get_by_test_id("clear").click()
        page.evaluate("scrollTo(0, 0)")  # the page's end moves as warnings come and go
        before = page.get_by_test_id("pad").bounding_box()
        type_digits(page, "7")
        expect(page.get_by_test_id("runner-up-1")).to_have_text(f"or {words}, < 0.1 %")
        expect(page.get_by_test_id("confidence-0")).to_have_text(f"{words} > 99.9 % unsure")
        assert page.evaluate(CUT_OFF) == [], (width, height)
        assert page.get_by_test_id("pad").bounding_box() == before, (width, height)


def test_where_there_is_no_room_for_the_word_blank_it_can_still_be_heard(
    open_page: OpenPage,
) -> None:
    page = open_page(viewport={"width": 360, "height": 740})
    page.locator("[data-digits='3_85']").click()
    expect_reading(page, "3_85")
    word = page.get_by_test_id("confidence-1").locator(".kind-word")
    expect(word).to_have_css("clip-path", "inset(50%)")
    expect(page.get_by_test_id("cell-1")).to_have_accessible_name(re.compile("top right: blank"))
    page.set_viewport_size({"width": 1280, "height": 740})
    expect(word).to_have_css("clip-path", "none")


@pytest.mark.parametrize("size", [(568, 320), (740, 360), (932, 430), (1280, 480), (360, 740)])
def test_the_whole_pad_can_be_seen_at_once(open_page: OpenPage, size: tuple[int, int]) -> None:
    page = open_page(viewport={"width": size[0], "height": size[1]}, has_touch=True, is_mobile=True)
    box = page.get_by_test_id("pad").bounding_box()
    assert box is not None
    assert box["width"] == pytest.approx(box["height"], abs=3)  # its borders
    assert 240 <= box["height"] <= size[1]


def test_on_a_phone_the_pad_and_all_four_answers_fit_on_the_first_screen(
    open_page: OpenPage,
) -> None:
    page = open_page(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    for name in ("pad", "cell-0", "cell-1", "cell-2", "cell-3"):
        box = page.get_by_test_id(name).bounding_box()
        assert box is not None
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 740
