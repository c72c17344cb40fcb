"""The table of a sheet: read out, corrected by keyboard, copied, saved, checked as a sudoku."""

import csv
import io
import re

from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.sheets import SUDOKU, answer_of, answer_sheets, choose_grid, open_sheet, picture_of


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
