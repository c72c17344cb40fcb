"""Sheets: grids of other sizes on the pad, in links and requests, over a picture."""

import io
import re

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
from tests.e2e.sheets import answer_of, answer_sheets, choose_grid, open_sheet, picture_of
from tests.e2e.test_accessibility import SIZES, violations
from tests.e2e.test_answer import pictures_sent
from tests.e2e.test_pictures import PICTURE, READ
from tests.e2e.test_screens import TOO_WIDE

# As the page made it before there were other grids.
OLD_LINK = "#g1.ASgDsgaaAwDmBFLmBKuT"


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
    expect(page.get_by_test_id("digit-0")).to_have_text("7")
    assert (asked[-1]["rows"], asked[-1]["columns"]) == (["1"], ["4"])


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
