"""Sheets: grids of other sizes on the pad, in links and requests; the table of what was read."""

import csv
import io
import re
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.drawing import (
    cells_with_ink,
    draw_with_mouse,
    expect_reading,
    inked_share,
    type_digits,
    wait_for_paint,
)
from tests.e2e.sheets import SUDOKU, answer_of, answer_sheets, picture_of
from tests.e2e.test_accessibility import SIZES, violations
from tests.e2e.test_answer import pictures_sent
from tests.e2e.test_pictures import PICTURE, READ
from tests.e2e.test_screens import TOO_WIDE

# As the page made it before there were other grids.
OLD_LINK = "#g1.ASgDsgaaAwDmBFLmBKuT"


def choose_grid(page: Page, words: str) -> None:
    page.get_by_test_id("grid").select_option(words)


def open_sheet(page: Page, digits: str = SUDOKU, unsure: tuple[int, ...] = ()) -> list[Any]:
    """Opens the picture of a sheet of nine by nine; returns the queries sent."""
    asked = answer_sheets(page, lambda: answer_of(9, 9, digits, unsure, has_layout=True))
    choose_grid(page, "9x9")
    file = {"name": "sheet.png", "mimeType": "image/png", "buffer": picture_of(9, 9, digits)}
    page.get_by_test_id("upload").set_input_files(file)
    expect(page.get_by_test_id("digit-0")).to_have_text(digits[0])
    return asked


def found_share(page: Page) -> float:
    """How much of the pad is covered by what shows where the cells were found."""
    wait_for_paint(page)
    share: float = page.evaluate("""() => {
      const canvas = document.querySelector('[data-testid=found]');
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      let painted = 0;
      for (let i = 3; i < data.length; i += 4) painted += data[i] > 127;
      return painted / (canvas.width * canvas.height);
    }""")
    return share


def test_one_digit_is_drawn_and_read_on_a_pad_of_one_cell(page: Page) -> None:
    choose_grid(page, "1x1")
    expect(page.get_by_test_id("pad")).to_have_accessible_name("Drawing pad of 1 by 1 cell")
    type_digits(page, "7")
    expect(page.get_by_test_id("digit-0")).to_have_text("7")
    expect(page.get_by_test_id("cell-1")).to_have_count(0)
    expect(page.get_by_test_id("reading-confidence")).to_have_text(re.compile(r"% sure$"))
    expect(page.get_by_test_id("step-0")).to_be_enabled()
    expect(page.get_by_test_id("step-1")).to_have_count(0)


def test_two_cells_beside_each_other_are_drawn_with_a_mouse_and_read(page: Page) -> None:
    choose_grid(page, "own")
    page.get_by_test_id("rows").fill("1")
    page.get_by_test_id("rows").press("Enter")
    expect(page.get_by_test_id("pad")).to_have_accessible_name("Drawing pad of 1 by 2 cells")
    box = page.get_by_test_id("pad").bounding_box()
    assert box is not None
    assert box["width"] == pytest.approx(2 * box["height"], abs=4)
    one = [(0.75, y / 10) for y in range(2, 9)]
    draw_with_mouse(page, [[(x, y) for x, y in one]])
    expect(page.get_by_test_id("digit-1")).to_have_text("1")
    expect(page.get_by_test_id("cell-0")).to_have_attribute("data-state", "blank")


def test_strokes_stay_in_their_row_and_column_when_the_grid_changes(page: Page) -> None:
    type_digits(page, "72_6")
    expect_reading(page, "72_6")
    choose_grid(page, "1x1")
    expect(page.get_by_test_id("digit-0")).to_have_text("7")
    expect(page.get_by_test_id("status")).to_contain_text("undo brings it back")
    assert inked_share(page) > 0.05
    page.get_by_test_id("undo").click()
    expect(page.get_by_test_id("grid")).to_have_value("2x2")
    expect_reading(page, "72_6")
    assert cells_with_ink(page) == [0, 1, 3]


def test_the_pad_of_a_sheet_is_sent_with_its_rows_and_columns_and_enough_pixels(
    page: Page,
) -> None:
    asked = answer_sheets(page, lambda: answer_of(1, 4, "7___"))
    choose_grid(page, "1x4")
    with page.expect_request("**/predict?*") as request:
        type_digits(page, "7")
    body = request.value.post_data_buffer
    assert body is not None
    sent = np.asarray(Image.open(io.BytesIO(body)))
    assert sent.shape == (140, 560)
    assert sent[:, :140].any()
    assert not sent[:, 140:].any()
    assert (asked[-1]["rows"], asked[-1]["columns"]) == (["1"], ["4"])
    expect(page.get_by_test_id("digit-0")).to_have_text("7")


def test_a_drawing_on_the_readers_own_grid_is_asked_for_without_rows_and_columns(
    page: Page,
) -> None:
    asked = answer_sheets(page, lambda: answer_of(2, 2, "7___"))
    type_digits(page, "7")
    expect_reading(page, "7___")
    assert not {"rows", "columns", "layout"} & set(asked[-1])


def test_rows_and_columns_of_a_picture_are_found_out_where_that_is_asked(page: Page) -> None:
    choose_grid(page, "auto")
    with page.expect_request("**/predict?*") as request:
        page.get_by_test_id("upload").set_input_files(PICTURE)
    assert "layout=auto" in request.value.url
    expect_reading(page, READ)  # the picture has two by two
    answer_sheets(page, lambda: answer_of(3, 3, "123456789", has_layout=True))
    file = {"name": "s.png", "mimeType": "image/png", "buffer": picture_of(3, 3, "123456789")}
    page.get_by_test_id("upload").set_input_files(file)
    expect(page.get_by_test_id("digit-8")).to_have_text("9")
    expect(page.get_by_test_id("sheet").locator("tbody tr")).to_have_count(3)
    expect(page.get_by_test_id("reading-confidence")).to_have_text("83.0 % sure of all 9")


def test_a_link_brings_the_drawing_and_its_grid_and_an_old_one_two_by_two(
    open_page: OpenPage,
) -> None:
    page = open_page()
    answer_sheets(page, lambda: answer_of(3, 3, "1___5___9"))
    choose_grid(page, "3x3")
    type_digits(page, "1___5___9")
    expect(page.get_by_test_id("digit-8")).to_have_text("9")
    page.get_by_test_id("share").click()
    page.wait_for_function("location.hash.startsWith('#g2.')")
    link = page.evaluate("location.hash")
    other = open_page()
    answer_sheets(other, lambda: answer_of(3, 3, "1___5___9"))
    other.evaluate("(link) => { location.hash = link; }", link)
    expect(other.get_by_test_id("grid")).to_have_value("3x3")
    expect(other.get_by_test_id("digit-8")).to_have_text("9")
    other.get_by_test_id("share").click()
    assert other.evaluate("location.hash") == link
    other.evaluate("(link) => { location.hash = link; }", OLD_LINK)
    expect(other.get_by_test_id("grid")).to_have_value("2x2")
    assert cells_with_ink(other) == [0]


def test_a_sheet_is_a_table_with_headers_that_stands_where_its_digits_are_read(
    page: Page,
) -> None:
    open_sheet(page, unsure=(1,))
    table = page.get_by_role("table", name="Sheet of 9 by 9 cells")
    expect(table.get_by_role("columnheader")).to_have_count(9)
    expect(table.get_by_role("rowheader")).to_have_text([str(row) for row in range(1, 10)])
    expect(page.get_by_test_id("entry-0")).to_have_accessible_name("Row 1, column 1: 5")
    expect(page.get_by_test_id("entry-1")).to_have_accessible_name("Row 1, column 2: 3, unsure")
    expect(page.get_by_test_id("entry-80")).to_have_accessible_name("Row 9, column 9: 9")
    expect(page.get_by_test_id("cell-1")).to_have_attribute("data-sure", "no")
    expect(page.get_by_test_id("cell-2")).to_have_attribute("data-state", "blank")
    said = "Read 30 digits in 9 by 9 cells. Unsure of row 1, column 2."
    expect(page.get_by_test_id("status")).to_contain_text(said)
    expect(page.get_by_test_id("step-0")).to_have_count(0)
    expect(page.get_by_test_id("normal-form")).to_be_hidden()


def test_what_was_found_is_shown_over_the_picture_and_its_cells_can_be_touched(
    page: Page,
) -> None:
    open_sheet(page)
    assert found_share(page) > 0.03
    before = found_share(page)
    pad = page.get_by_test_id("pad").bounding_box()
    assert pad is not None
    # The cell in the second row and third column: of 620 pixels, 40 are margin and a cell has 60.
    x, y = (40 + 2.5 * 60) / 620, (40 + 1.5 * 60) / 620
    page.mouse.click(pad["x"] + x * pad["width"], pad["y"] + y * pad["height"])
    expect(page.get_by_test_id("entry-11")).to_be_focused()
    expect(page.get_by_test_id("sheet-cell")).to_contain_text("Row 2, column 3: read as blank")
    assert found_share(page) > before  # the cell is marked
    expect(page.get_by_test_id("pad")).to_have_attribute("data-shows", "picture")
    page.get_by_test_id("clear").click()
    assert found_share(page) == 0


def test_a_sheet_is_corrected_by_keyboard(page: Page) -> None:
    open_sheet(page, unsure=(1, 40))
    page.get_by_test_id("next-doubtful").click()
    expect(page.get_by_test_id("entry-1")).to_be_focused()
    page.keyboard.press("8")
    cell = page.get_by_test_id("cell-1")
    expect(page.get_by_test_id("digit-1")).to_have_text("8")
    expect(cell).to_have_attribute("data-corrected", "yes")
    expect(cell).to_have_attribute("data-sure", "yes")
    name = "Row 1, column 2: 8, corrected"
    expect(page.get_by_test_id("entry-1")).to_have_accessible_name(name)
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"):
        page.keyboard.press(key)
    expect(page.get_by_test_id("entry-1")).to_be_focused()
    page.keyboard.press("?")
    expect(cell).to_have_attribute("data-state", "other")
    page.keyboard.press("Delete")
    expect(cell).to_have_attribute("data-state", "blank")
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("digit-1")).to_have_text("3")
    expect(cell).to_have_attribute("data-corrected", "no")
    expect(cell).to_have_attribute("data-sure", "no")
    page.keyboard.press("x")
    expect(page.get_by_test_id("digit-1")).to_have_text("3")
    page.keyboard.press("Control+End")
    expect(page.get_by_test_id("entry-80")).to_be_focused()
    expect(page.get_by_test_id("pad")).to_have_attribute("data-shows", "picture")
    expect(page.get_by_test_id("next-doubtful")).to_have_text("Next doubtful cell (2)")


def test_a_keyboard_on_a_screen_corrects_too(page: Page) -> None:
    open_sheet(page)
    entry = page.get_by_test_id("entry-2")
    entry.evaluate(
        """(field) => {
          field.value = '4';
          field.dispatchEvent(new Event('input', { bubbles: true }));
        }"""
    )
    expect(page.get_by_test_id("digit-2")).to_have_text("4")
    entry.focus()
    page.get_by_test_id("set-other").click()
    expect(page.get_by_test_id("cell-2")).to_have_attribute("data-state", "other")
    page.get_by_test_id("set-read").click()
    expect(page.get_by_test_id("cell-2")).to_have_attribute("data-state", "blank")
    expect(page.get_by_test_id("cell-2")).to_have_attribute("data-corrected", "no")


def test_keys_of_digits_do_not_replace_the_picture_of_a_sheet(page: Page) -> None:
    open_sheet(page)
    page.get_by_test_id("entry-0").press("1")
    page.get_by_test_id("pad").focus()
    page.keyboard.press("7")
    expect(page.get_by_test_id("status")).to_contain_text("clear the picture first")
    expect(page.get_by_test_id("digit-0")).to_have_text("1")
    expect(page.get_by_test_id("pad")).to_have_attribute("data-shows", "picture")


def test_corrections_go_with_the_sheet_that_they_are_of(page: Page) -> None:
    open_sheet(page)
    page.get_by_test_id("entry-0").press("1")
    expect(page.get_by_test_id("digit-0")).to_have_text("1")
    file = {"name": "next.png", "mimeType": "image/png", "buffer": picture_of(9, 9, SUDOKU)}
    page.get_by_test_id("upload").set_input_files(file)
    expect(page.get_by_test_id("digit-0")).to_have_text("5")
    expect(page.locator("[data-corrected=yes]")).to_have_count(0)


def test_the_corrected_sheet_is_copied_and_saved_as_csv(open_page: OpenPage) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.bring_to_front()
    open_sheet(page)
    page.get_by_test_id("entry-0").press("?")
    page.get_by_test_id("entry-2").press("4")
    page.get_by_test_id("copy-csv").click()
    expect(page.get_by_test_id("status")).to_have_text("CSV copied.")
    lines = page.evaluate("navigator.clipboard.readText()").splitlines()
    assert lines[0] == "?,3,4,,7,,,,"
    assert lines[1] == "6,,,1,9,5,,,"
    with page.expect_download() as download:
        page.get_by_test_id("save-csv").click()
    assert download.value.suggested_filename == "sheet.csv"
    content = download.value.path().read_bytes()
    assert content.count(b"\r\n") == 9
    rows = list(csv.reader(io.StringIO(content.decode(), newline="")))
    assert rows[0] == ["?", "3", "4", "", "7", "", "", "", ""]
    assert {len(row) for row in rows} == {9}


def test_a_sudoku_is_checked_when_asked_and_never_changed(page: Page) -> None:
    open_sheet(page)
    expect(page.get_by_test_id("sudoku-result")).to_be_empty()
    page.get_by_test_id("check-sudoku").click()
    result = page.get_by_test_id("sudoku-result")
    expect(result).to_have_text("No digit stands twice in a row, a column or a box.")
    page.get_by_test_id("entry-2").press("5")
    lines = page.get_by_test_id("sudoku-conflicts").get_by_role("listitem")
    said = ["5 stands twice in row 1.", "5 stands twice in the upper left box."]
    expect(lines).to_have_text(said)
    expect(page.locator("[data-conflict=yes]")).to_have_count(2)
    name = re.compile("5, stands twice")
    expect(page.get_by_test_id("entry-0")).to_have_accessible_name(name)
    expect(page.get_by_test_id("digit-0")).to_have_text("5")
    page.get_by_test_id("check-sudoku").click()
    expect(page.locator("[data-conflict=yes]")).to_have_count(0)
    answer_sheets(page, lambda: answer_of(4, 4, "1" * 16, has_layout=True))
    choose_grid(page, "4x4")
    expect(page.get_by_test_id("digit-15")).to_have_text("1")
    expect(page.get_by_test_id("check-sudoku")).to_be_hidden()


def test_own_numbers_beyond_what_is_read_are_refused_with_words(page: Page) -> None:
    choose_grid(page, "own")
    for rows, columns in (("0", "2"), ("65", "2"), ("64", "64"), ("", "3")):
        page.get_by_test_id("rows").fill(rows)
        page.get_by_test_id("columns").fill(columns)
        page.get_by_test_id("columns").press("Enter")
        expect(page.get_by_test_id("status")).to_contain_text("at most 1,024 cells")
        expect(page.get_by_test_id("rows")).to_have_attribute("aria-invalid", "true")
    page.get_by_test_id("rows").fill("5")
    page.get_by_test_id("columns").fill("6")
    page.get_by_test_id("columns").press("Enter")
    expect(page.get_by_test_id("pad")).to_have_accessible_name("Drawing pad of 5 by 6 cells")
    expect(page.get_by_test_id("sheet").locator("tbody td")).to_have_count(30)


def test_a_slip_into_the_next_cell_of_a_sheet_is_not_sent(page: Page) -> None:
    sent = pictures_sent(page)
    choose_grid(page, "own")
    page.get_by_test_id("rows").fill("1")
    page.get_by_test_id("rows").press("Enter")
    draw_with_mouse(page, [[(0.1, 0.5), (0.25, 0.5), (0.4, 0.5), (0.55, 0.5)]])
    expect(page.get_by_test_id("cell-1")).to_have_attribute("data-state", "blank")
    assert sent[-1].shape == (98, 196)
    assert sent[-1][:, :98].any()
    assert not sent[-1][:, 98:].any()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_a_sheet_and_it_does_not_scroll_sideways(
    open_page: OpenPage, scheme: str
) -> None:
    page = open_page(color_scheme=scheme, reduced_motion="reduce")
    open_sheet(page, unsure=(1, 9))
    page.get_by_test_id("entry-2").press("5")
    page.get_by_test_id("check-sudoku").click()
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        assert violations(page) == [], width
        assert page.evaluate(TOO_WIDE) == [], width
        table = page.get_by_test_id("sheet").bounding_box()
        assert table is not None
        assert table["x"] + table["width"] <= width, "nine columns fit on a telephone"


def test_a_sheet_that_is_wider_than_the_screen_scrolls_by_itself(open_page: OpenPage) -> None:
    page = open_page(viewport={"width": 360, "height": 740})
    answer_sheets(page, lambda: answer_of(2, 30, "7" * 60))
    choose_grid(page, "own")
    page.get_by_test_id("columns").fill("30")
    page.get_by_test_id("columns").press("Enter")
    page.get_by_test_id("pad").focus()
    type_digits(page, "7")
    expect(page.get_by_test_id("digit-59")).to_have_text("7")
    page.get_by_test_id("entry-0").press("Control+End")
    expect(page.get_by_test_id("entry-59")).to_be_in_viewport()
    assert page.evaluate(TOO_WIDE) == []
    assert page.evaluate("scrollX") == 0
