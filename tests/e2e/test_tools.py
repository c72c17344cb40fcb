"""Undo, redo, erase, clear and the width of the pen: each by its button and by its key."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.drawing import (
    CELLS,
    Stroke,
    cells_with_ink,
    draw_with_mouse,
    expect_no_reading,
    expect_reading,
    inked_share,
    on_screen,
    stop_clock,
    type_digits,
)

LINES: list[Stroke] = [
    [(x - 0.1, y), (x, y), (x + 0.1, y)] for y in (0.25, 0.75) for x in (0.25, 0.75)
]

Use = Callable[[Page, str], None]
KEYS = {
    "undo": "Control+z",
    "redo": "Control+Shift+z",
    "erase": "e",
    "clear-cell": "Delete",
    "clear": "Shift+Delete",
}


def click(page: Page, tool: str) -> None:
    page.get_by_test_id(tool).click()


def press_key(page: Page, tool: str) -> None:
    page.keyboard.press(KEYS[tool])


by_button_and_key = pytest.mark.parametrize("use", [click, press_key])


@by_button_and_key
def test_undo_takes_strokes_back_one_by_one_and_redo_brings_them_again(
    page: Page, use: Use
) -> None:
    undo, redo = page.get_by_test_id("undo"), page.get_by_test_id("redo")
    expect(undo).to_have_attribute("aria-disabled", "true")
    draw_with_mouse(page, LINES[:2])
    use(page, "undo")
    assert cells_with_ink(page) == [0]
    use(page, "undo")
    assert cells_with_ink(page) == []
    expect(undo).to_have_attribute("aria-disabled", "true")
    expect_no_reading(page)
    use(page, "redo")
    use(page, "redo")
    assert cells_with_ink(page) == [0, 1]
    expect(redo).to_have_attribute("aria-disabled", "true")


def test_what_is_undone_is_read_again(page: Page) -> None:
    type_digits(page, "74")
    expect_reading(page, "74__")
    press_key(page, "undo")
    expect_reading(page, "7___")
    press_key(page, "redo")
    expect_reading(page, "74__")


def test_a_new_stroke_leaves_nothing_to_redo(page: Page) -> None:
    draw_with_mouse(page, LINES[:2])
    click(page, "undo")
    draw_with_mouse(page, LINES[3:])
    expect(page.get_by_test_id("redo")).to_have_attribute("aria-disabled", "true")
    assert cells_with_ink(page) == [0, 3]


@by_button_and_key
def test_erasing_takes_whole_strokes_and_one_sweep_is_one_step_of_undo(
    page: Page, use: Use
) -> None:
    draw_with_mouse(page, LINES)
    use(page, "erase")
    expect(page.get_by_test_id("erase")).to_have_attribute("aria-pressed", "true")
    draw_with_mouse(page, [[(0.25, 0.2), (0.25, 0.25), (0.5, 0.25), (0.75, 0.25), (0.75, 0.3)]])
    assert cells_with_ink(page) == [2, 3]
    use(page, "undo")
    assert cells_with_ink(page) == [0, 1, 2, 3]
    use(page, "erase")
    draw_with_mouse(page, [[(0.25, 0.35), (0.3, 0.35)]])
    assert cells_with_ink(page) == [0, 1, 2, 3]


@by_button_and_key
def test_clearing_a_cell_leaves_the_others(page: Page, use: Use) -> None:
    draw_with_mouse(page, LINES)
    page.mouse.click(*on_screen(page, (0.75, 0.35)))  # now the top right cell is the current one
    use(page, "clear-cell")
    assert cells_with_ink(page) == [0, 2, 3]
    use(page, "undo")
    assert cells_with_ink(page) == [0, 1, 2, 3]


@by_button_and_key
def test_clearing_all_empties_the_pad_and_can_be_undone(page: Page, use: Use) -> None:
    type_digits(page, "7216")
    expect_reading(page, "7216")
    use(page, "clear")
    assert cells_with_ink(page) == []
    expect_no_reading(page)
    use(page, "undo")
    expect_reading(page, "7216")


@by_button_and_key
def test_after_clearing_all_the_next_digit_goes_to_the_first_cell(page: Page, use: Use) -> None:
    type_digits(page, "12")
    use(page, "clear")
    type_digits(page, "5")
    expect_reading(page, "5___")


@by_button_and_key
@pytest.mark.parametrize(
    ("tool", "said"),
    [
        ("undo", "Nothing to undo."),
        ("redo", "Nothing to redo."),
        ("clear-cell", "Nothing to clear in the top right cell."),
        ("clear", "Nothing to clear: the pad is blank."),
    ],
)
def test_a_tool_with_nothing_to_do_says_so(page: Page, use: Use, tool: str, said: str) -> None:
    page.keyboard.press("n")
    if use is click:
        page.get_by_test_id(tool).click(force=True)  # undo and redo are not enabled
    else:
        use(page, tool)
    expect(page.get_by_test_id("status")).to_have_text(said)
    assert cells_with_ink(page) == []


@by_button_and_key
def test_clearing_a_cell_says_whether_there_was_anything(page: Page, use: Use) -> None:
    status = page.get_by_test_id("status")
    draw_with_mouse(page, LINES[:1])
    stop_clock(page)
    use(page, "clear-cell")
    expect(status).to_have_text("Cleared the top left cell.")
    use(page, "clear-cell")
    expect(status).to_have_text("Nothing to clear in the top left cell.")
    page.clock.resume()
    use(page, "undo")
    assert cells_with_ink(page) == [0]  # only the first was a step


def test_the_pen_is_as_wide_as_chosen_by_slider_and_by_key(page: Page) -> None:
    width = page.get_by_test_id("pen-width")

    def drawn_at(value: str) -> float:
        width.fill(value)
        draw_with_mouse(page, LINES[:1])
        share = inked_share(page, CELLS[0])
        press_key(page, "undo")
        return share

    assert drawn_at("0.06") > 1.7 * drawn_at("0.03")
    page.get_by_test_id("pad").focus()
    page.keyboard.press("+")
    expect(width).to_have_value("0.035")
    page.keyboard.press("-")
    page.keyboard.press("-")
    expect(width).to_have_value("0.025")


def test_the_samples_show_what_they_promise(page: Page) -> None:
    samples = page.get_by_test_id("sample")
    assert samples.count() >= 3
    for sample in samples.all():
        sample.click()
        expect_reading(page, sample.get_attribute("data-digits") or "")


def test_the_list_of_keys_opens_and_closes_by_key_and_gives_the_focus_back(page: Page) -> None:
    page.get_by_test_id("help").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("help-dialog")).to_be_visible()
    expect(page.get_by_test_id("help-dialog")).to_contain_text("undo")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("help-dialog")).to_be_hidden()
    expect(page.get_by_test_id("help")).to_be_focused()
