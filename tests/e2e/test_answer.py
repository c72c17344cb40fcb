"""The answer: what is sent of a drawing, and how a reader who is not sure is told apart."""

import io
import re
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.app.running import Server
from tests.e2e.drawing import Stroke, draw_with_mouse, expect_reading, strokes_of, type_digits


def pictures_sent(page: Page) -> list[np.ndarray[Any, Any]]:
    """Collects the pictures that the page sends, as grey arrays."""
    sent: list[np.ndarray[Any, Any]] = []

    def keep(route: Route) -> None:
        body = route.request.post_data_buffer
        assert body is not None
        sent.append(np.asarray(Image.open(io.BytesIO(body)).convert("L")))
        route.continue_()

    page.route("**/predict?*", keep)
    return sent


def test_a_slip_over_the_divider_does_not_leak_into_the_next_cell(page: Page) -> None:
    sent = pictures_sent(page)
    slip: Stroke = [(0.12, 0.13), (0.25, 0.12), (0.4, 0.11), (0.56, 0.1)]
    down: Stroke = [(0.4, 0.11), (0.34, 0.25), (0.3, 0.42)]
    draw_with_mouse(page, [slip, down])  # a seven whose bar begins beside the stem's cell
    expect(page.get_by_test_id("cell-1")).to_have_attribute("data-state", "blank")
    expect(page.get_by_test_id("digit-1")).to_be_empty()
    middle = sent[-1].shape[1] // 2
    assert sent[-1][:, :middle].any()
    assert not sent[-1][:, middle:].any()
    expect(page.get_by_test_id("warnings")).not_to_contain_text("line between cells")


def test_a_digit_beside_a_slip_is_read_as_without_it(page: Page) -> None:
    draw_with_mouse(page, strokes_of(page, "_6_4"))
    expect_reading(page, "_6_4")
    before = page.get_by_test_id("cell-1").get_attribute("aria-label")
    draw_with_mouse(page, [[(0.1, 0.25), (0.2, 0.24), (0.3, 0.25), (0.4, 0.24), (0.56, 0.25)]])
    # A dash is no digit.
    expect(page.get_by_test_id("cell-0")).not_to_have_attribute("data-state", "blank")
    assert page.get_by_test_id("cell-1").get_attribute("aria-label") == before


def test_a_stroke_drawn_across_the_divider_is_shown_as_such(page: Page) -> None:
    sent = pictures_sent(page)
    draw_with_mouse(page, [[(0.3, 0.25), (0.45, 0.25), (0.6, 0.25), (0.7, 0.25)]])
    expect(page.get_by_test_id("warnings")).to_contain_text("crosses the line between cells")
    middle = sent[-1].shape[1] // 2
    assert sent[-1][:, :middle].any()
    assert sent[-1][:, middle:].any()


def test_cells_that_a_stroke_across_the_divider_touches_are_marked_as_unsure(page: Page) -> None:
    def answer_surely(route: Route) -> None:
        response = route.fetch()
        answer = response.json()
        for cell in answer["cells"]:
            cell["confidence"] = 0.99
        answer["warnings"] = []
        route.fulfill(response=response, json=answer)

    page.route("**/predict?*", answer_surely)
    draw_with_mouse(page, strokes_of(page, "7___"))
    down_the_right: Stroke = [(0.75, 0.2), (0.75, 0.4), (0.75, 0.6), (0.75, 0.8)]
    draw_with_mouse(page, [down_the_right])
    expect(page.get_by_test_id("warnings")).to_contain_text("crosses the line between cells")
    for cell, sure in enumerate(["yes", "no", "yes", "no"]):
        expect(page.get_by_test_id(f"cell-{cell}")).to_have_attribute("data-sure", sure)
    expect(page.get_by_test_id("cell-1")).to_have_accessible_name(re.compile("99.0 %, unsure"))
    expect(page.get_by_test_id("reading").locator(".is-unsure")).to_have_count(2)
    expect(page.get_by_test_id("status")).to_contain_text("Unsure of top right, bottom right.")


def test_each_cell_has_its_digit_its_confidence_and_the_runner_up(page: Page) -> None:
    with page.expect_response("**/predict?*") as response:
        type_digits(page, "7")
    cell = response.value.json()["cells"][0]
    expect_reading(page, "7___")
    assert len(cell["probabilities"]) == 12
    second = sorted(cell["probabilities"])[-2]
    runner_up = cell["probabilities"].index(second)
    expect(page.get_by_test_id("confidence-0")).to_contain_text("%")
    named = {10: "blank", 11: "no digit"}.get(runner_up, str(runner_up))
    expect(page.get_by_test_id("runner-up-0")).to_contain_text(f"or {named}")
    expect(page.get_by_test_id("reading-confidence")).to_contain_text("sure of all four")
    expect(page.get_by_test_id("status")).to_contain_text("Read 7, blank, blank, blank")


def test_ink_that_is_no_digit_is_shown_and_said_as_such(
    server_without_fours: Server, new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context(server_without_fours.url).new_page()
    page.goto(server_without_fours.url)
    type_digits(page, "74_6")
    expect_reading(page, "7?_6")
    cell, digit = page.get_by_test_id("cell-1"), page.get_by_test_id("digit-1")
    expect(digit).to_be_empty()  # what is seen there is no text
    assert digit.evaluate("(digit) => getComputedStyle(digit, '::before').content") == '"?"'
    expect(cell).to_have_accessible_name(re.compile(r"^top right: no digit, > 99\.9 %, or \d"))
    expect(cell).to_have_attribute("data-sure", "yes")
    expect(page.get_by_test_id("confidence-1")).to_have_text("no digit > 99.9 %")
    signs = page.get_by_test_id("reading").get_by_role("img")
    expect(signs).to_have_count(2)
    expect(signs.first).to_have_accessible_name("no digit")
    expect(signs.last).to_have_accessible_name("blank")
    expect(page.get_by_test_id("warnings")).to_have_text("A cell holds ink that is no digit.")
    expect(page.get_by_test_id("status")).to_contain_text("Read 7, no digit, blank, 6;")
    expect(page.get_by_test_id("alternatives").locator("li").first).to_contain_text("?")
    expect(page.get_by_test_id("step-1")).to_have_text("2: no digit")
    expect(page.get_by_test_id("normal-form")).to_have_attribute(
        "alt", re.compile("read as 7, no digit, blank, 6$")
    )


def test_cells_that_a_warning_names_are_marked_as_unsure(page: Page) -> None:
    speck: Stroke = [(0.75, 0.25), (0.755, 0.25), (0.755, 0.255)]
    draw_with_mouse(page, [*strokes_of(page, "7___"), speck])
    expect(page.get_by_test_id("warnings")).to_contain_text("very small for its cell")
    expect(page.get_by_test_id("cell-0")).to_have_attribute("data-sure", "yes")
    expect(page.get_by_test_id("cell-1")).to_have_attribute("data-sure", "no")


def test_a_digit_the_reader_is_unsure_of_looks_different_without_any_colour(page: Page) -> None:
    def less_sure(route: Route) -> None:
        response = route.fetch()
        answer = response.json()
        answer["cells"][1] |= {"confidence": 0.55}
        answer["warnings"] = [{"code": "low_confidence", "detail": "unsure", "cells": [1]}]
        route.fulfill(response=response, json=answer)

    page.route("**/predict?*", less_sure)
    type_digits(page, "74")
    sure, unsure = page.get_by_test_id("cell-0"), page.get_by_test_id("cell-1")
    expect(sure).to_have_attribute("data-sure", "yes")
    expect(unsure).to_have_attribute("data-sure", "no")
    expect(unsure).to_contain_text("unsure")
    expect(unsure).to_have_accessible_name(re.compile("4, 55.0 %, unsure"))
    style = """(digit) =>
      getComputedStyle(digit).borderTopStyle + getComputedStyle(digit, '::after').content"""
    looks = [page.get_by_test_id(f"digit-{cell}").evaluate(style) for cell in (0, 1)]
    assert looks == ["solidnone", 'dashed"?"']
    underlined = page.get_by_test_id("reading").locator(".is-unsure")
    expect(underlined).to_have_text("4")
    expect(underlined).to_have_css("text-decoration-style", "dashed")
    expect(page.get_by_test_id("warnings")).to_contain_text("not sure")
    expect(page.get_by_test_id("status")).to_contain_text("Unsure of top right.")
