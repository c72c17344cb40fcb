"""WCAG 2.2 AA: what axe finds, targets large enough, the focus always seen, no motion unasked."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.app.running import Server
from tests.e2e.conftest import OpenPage
from tests.e2e.drawing import expect_reading, type_digits

SIZES = [(360, 740), (768, 1024), (1440, 900)]
LEAST_TARGET_PX = 44

# Buttons and fields that can be seen, with the label that is their target where it is larger.
TARGETS = """() => [...document.querySelectorAll(
  'a, button, input, select, summary, textarea, [tabindex="0"]')]
  .filter((element) => element.checkVisibility() && !element.closest('.skip'))
  .map((element) => {
    const target = element.closest('label.file') ?? element;
    const { width, height } = target.getBoundingClientRect();
    return [element.outerHTML.slice(0, 90), width, height];
  })"""
# Of what has the focus: how many of nine places on it are in view and not covered, its outline.
FOCUSED = """() => {
  const element = document.activeElement;
  const target = element.closest('label.file') ?? element;
  const box = target.getBoundingClientRect();
  const isSeen = (x, y) => {
    const found = document.elementFromPoint(box.left + x * box.width, box.top + y * box.height);
    return found !== null && (target.contains(found) || found === target.closest('label'));
  };
  const shares = [0.2, 0.5, 0.8];
  const seen = shares.flatMap((x) => shares.map((y) => isSeen(x, y))).filter(Boolean).length;
  const { outlineStyle, outlineWidth } = getComputedStyle(target);
  return {
    name: element.dataset.testid ?? element.outerHTML.slice(0, 60),
    isBody: element === document.body,
    seen,
    isTall: box.height > innerHeight,
    outline: outlineStyle === 'none' ? 0 : parseFloat(outlineWidth),
  };
}"""


def violations(page: Page) -> list[str]:
    """Runs every rule of axe, target size included; returns what it finds, in a line each."""
    found: dict[str, Any] = (
        Axe().run(page, options={"rules": {"target-size": {"enabled": True}}}).response
    )
    return [
        f"{violation['id']}: {node['html'][:120]} {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_at_any_width_with_and_without_an_answer(
    open_page: OpenPage, scheme: str
) -> None:
    page = open_page(color_scheme=scheme, reduced_motion="reduce")
    for answered in (False, True):
        if answered:
            page.locator("[data-digits='3_85']").click()
            expect_reading(page, "3_85")
            page.get_by_test_id("cell-0").click()
            page.get_by_text("Figures", exact=True).click()
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            assert violations(page) == [], (width, answered)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_list_of_keys_in_warnings_and_without_a_server(
    open_page: OpenPage, scheme: str
) -> None:
    page = open_page(color_scheme=scheme, reduced_motion="reduce")

    def answer_unsurely(route: Any) -> None:
        response = route.fetch()
        answer = response.json()
        answer["cells"][0]["confidence"] = 0.4
        answer["warnings"] = [{"code": "low_confidence", "detail": "", "cells": [0]}]
        route.fulfill(response=response, json=answer)

    page.route("**/predict?*", answer_unsurely)
    type_digits(page, "7")
    expect(page.get_by_test_id("cell-0")).to_have_attribute("data-sure", "no")
    assert violations(page) == []
    page.unroute("**/predict?*")
    page.route("**/predict?*", lambda route: route.fulfill(status=503))
    type_digits(page, "2")
    expect(page.get_by_test_id("offline")).to_be_visible()
    assert violations(page) == []
    page.get_by_test_id("help").click()
    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_where_there_is_ink_that_is_no_digit(
    server_without_fours: Server, new_context: Callable[..., BrowserContext], scheme: str
) -> None:
    url = server_without_fours.url
    page = new_context(url, color_scheme=scheme, reduced_motion="reduce").new_page()
    page.goto(url)
    type_digits(page, "74_6")
    expect_reading(page, "7?_6")
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        assert violations(page) == [], width


@pytest.mark.parametrize("size", SIZES)
def test_every_target_is_at_least_44_px(open_page: OpenPage, size: tuple[int, int]) -> None:
    # A coarse pointer: there the camera's button is shown too.
    page = open_page(viewport={"width": size[0], "height": size[1]}, has_touch=True, is_mobile=True)
    page.locator("[data-digits='3_85']").click()
    expect_reading(page, "3_85")
    page.get_by_text("Figures", exact=True).click()
    targets = page.evaluate(TARGETS)
    page.get_by_test_id("help").click()
    targets += page.evaluate(TARGETS)
    assert len(targets) > 60
    small = [target for target in targets if min(target[1:]) < LEAST_TARGET_PX]
    assert small == []
    page.get_by_test_id("help-close").click()
    page.locator(".skip").focus()
    box = page.locator(".skip").bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= LEAST_TARGET_PX


@pytest.mark.parametrize("size", SIZES)
def test_whatever_has_the_focus_is_in_view_uncovered_and_outlined(
    open_page: OpenPage, size: tuple[int, int]
) -> None:
    page = open_page(viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce")
    page.locator("[data-digits='3_85']").click()
    expect_reading(page, "3_85")
    page.get_by_text("Figures", exact=True).click()
    page.locator(".skip").focus()
    for key in ("Tab", "Shift+Tab"):  # down the page to its end, and back up
        visited = []
        for _ in range(80):
            page.keyboard.press(key)
            focused = page.evaluate(FOCUSED)
            if focused["isBody"]:
                break
            assert focused["seen"] == 9 or (focused["isTall"] and focused["seen"] > 3), focused
            assert focused["outline"] >= 2, focused
            visited.append(focused["name"])
        assert len(visited) > 30
        assert {"pad", "cell-3", "upload", "step-3", "layer", "download"} <= set(visited)


def test_the_page_has_one_main_heading_landmarks_and_a_language(page: Page) -> None:
    assert page.locator("h1").count() == 1
    for landmark in ("banner", "main", "contentinfo", "navigation"):
        expect(page.get_by_role(landmark)).to_have_count(1)
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_nothing_moves_for_those_who_want_no_motion(open_page: OpenPage) -> None:
    page = open_page(reduced_motion="reduce")
    type_digits(page, "7")
    expect_reading(page, "7___")
    moving = """() => [...document.querySelectorAll('*')].filter((element) => {
      const { transitionDuration, animationName } = getComputedStyle(element);
      const isMoved = transitionDuration.split(', ').some((time) => parseFloat(time) > 0);
      return isMoved || animationName !== 'none';
    }).map((element) => element.outerHTML.slice(0, 80))"""
    assert page.evaluate(moving) == []
    assert page.evaluate("document.getAnimations().length") == 0


def test_the_theme_follows_the_system_until_it_is_chosen_and_the_choice_stays(
    open_page: OpenPage,
) -> None:
    page = open_page(color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    page.emulate_media(color_scheme="light")
    light = page.evaluate(ground)
    assert dark != light
    page.get_by_test_id("theme").click()
    assert page.evaluate(ground) == dark
    page.reload()
    assert page.evaluate(ground) == dark
