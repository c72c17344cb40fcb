"""Drawing: by mouse, touch, pen and keyboard."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.drawing import (
    CELLS,
    Stroke,
    Touch,
    cells_with_ink,
    draw_with_keys,
    draw_with_mouse,
    draw_with_pen,
    expect_no_reading,
    expect_reading,
    inked_share,
    move_with_keys,
    press_mouse_along,
    stop_clock,
    strokes_of,
    type_digits,
)

ACROSS_TOP_LEFT: Stroke = [(0.1, 0.25), (0.2, 0.25), (0.3, 0.25), (0.4, 0.25)]
ACROSS_BOTTOM_RIGHT: Stroke = [(0.6, 0.75), (0.7, 0.75), (0.8, 0.75), (0.9, 0.75)]


def test_digits_drawn_with_the_mouse_are_read(page: Page) -> None:
    draw_with_mouse(page, strokes_of(page, "72_6"))
    expect_reading(page, "72_6")


def test_digits_drawn_with_a_finger_are_read(open_page: OpenPage) -> None:
    page = open_page(has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844})
    Touch(page).draw(strokes_of(page, "4_35"))
    expect_reading(page, "4_35")


def test_drawing_with_a_finger_does_not_scroll_but_the_page_beside_the_pad_does(
    open_page: OpenPage,
) -> None:
    page = open_page(has_touch=True, is_mobile=True, viewport={"width": 390, "height": 600})
    downwards: Stroke = [(0.25, 0.4), (0.25, 0.3), (0.25, 0.2), (0.25, 0.1)]
    finger = Touch(page)
    page.get_by_test_id("pad").scroll_into_view_if_needed()
    before = page.evaluate("scrollY")
    finger.draw([downwards])
    assert page.evaluate("scrollY") == before
    assert cells_with_ink(page) == [0]
    below = [(x, y + 1.3) for x, y in downwards]
    finger.draw([below])
    page.wait_for_function("(before) => scrollY > before", arg=before)


def test_digits_drawn_with_a_pen_are_read(page: Page) -> None:
    draw_with_pen(page, strokes_of(page, "90_8"))
    expect_reading(page, "90_8")


def test_a_pen_pressed_harder_draws_wider(open_page: OpenPage) -> None:
    def share(pressure: float) -> float:
        page = open_page()
        draw_with_pen(page, [ACROSS_TOP_LEFT], pressure)
        return inked_share(page, CELLS[0])

    assert share(0.9) > 1.5 * share(0.1)


def test_once_a_pen_is_seen_touch_draws_no_more(open_page: OpenPage) -> None:
    page = open_page(has_touch=True)
    finger = Touch(page)
    finger.draw([ACROSS_TOP_LEFT])
    assert cells_with_ink(page) == [0]
    draw_with_pen(page, [[(x + 0.5, y) for x, y in ACROSS_TOP_LEFT]])
    assert cells_with_ink(page) == [0, 1]
    stop_clock(page)
    finger.draw([ACROSS_BOTTOM_RIGHT])
    expect(page.get_by_test_id("status")).to_contain_text("Touch does not draw")
    page.clock.resume()
    assert cells_with_ink(page) == [0, 1]


def test_a_hand_already_on_the_screen_leaves_no_ink_when_the_pen_comes(open_page: OpenPage) -> None:
    page = open_page(has_touch=True)
    hand = Touch(page)
    hand.down_along(ACROSS_BOTTOM_RIGHT)
    draw_with_pen(page, [ACROSS_TOP_LEFT])
    hand.up()
    assert cells_with_ink(page) == [0]


def test_a_cancelled_touch_ends_its_stroke_and_the_next_one_begins_anew(
    open_page: OpenPage,
) -> None:
    page = open_page(has_touch=True)
    finger = Touch(page)
    finger.down_along(ACROSS_TOP_LEFT)
    finger.cancel()
    finger.draw([ACROSS_BOTTOM_RIGHT])
    assert cells_with_ink(page) == [0, 3]
    page.get_by_test_id("undo").click()
    assert cells_with_ink(page) == [0]
    page.get_by_test_id("undo").click()
    assert cells_with_ink(page) == []


def test_a_pen_that_leaves_the_pad_draws_on_and_ends_where_it_is_lifted(page: Page) -> None:
    press_mouse_along(page, [(0.9, 0.3), (0.96, 0.3), (1.2, 0.3)])
    page.mouse.up()
    page.mouse.move(10, 10)
    assert cells_with_ink(page) == [1]
    draw_with_mouse(page, [[(0.2, 0.9)]])
    assert cells_with_ink(page) == [1, 2]


def test_the_other_mouse_buttons_draw_nothing(page: Page) -> None:
    page.get_by_test_id("pad").click(button="right", position={"x": 60, "y": 60})
    page.get_by_test_id("pad").click(button="middle", position={"x": 60, "y": 60})
    assert cells_with_ink(page) == []


def test_a_click_draws_a_dot(page: Page) -> None:
    draw_with_mouse(page, [[(0.25, 0.25)]])
    assert 0 < inked_share(page, CELLS[0]) < 0.01


def test_digits_drawn_by_arrow_keys_alone_are_read(page: Page) -> None:
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the drawing pad")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("pad")).to_be_focused()
    expect(page.get_by_test_id("pen")).to_be_visible()

    move_with_keys(page, 0, -0.16)  # it stands in the middle of the first cell
    draw_with_keys(page, [(0.25, 0.09), (0.25, 0.41)])
    page.keyboard.press("n")
    move_with_keys(page, -0.09, -0.15)
    draw_with_keys(page, [(0.66, 0.10), (0.84, 0.10), (0.74, 0.41)])
    expect_reading(page, "17__")


def test_digit_keys_draw_a_whole_grid_without_a_pointer(page: Page) -> None:
    type_digits(page, "30_9")
    expect_reading(page, "30_9")
    assert cells_with_ink(page) == [0, 1, 3]
    type_digits(page, "8")  # past the last cell comes the first again
    expect_reading(page, "80_9")


@pytest.mark.parametrize("field", ["layer", "opacity"])
def test_keys_in_a_field_do_not_draw(page: Page, field: str) -> None:
    page.get_by_test_id(field).focus()
    page.keyboard.press("ArrowDown")
    assert cells_with_ink(page) == []
    expect_no_reading(page)


def test_single_keys_can_be_limited_to_the_pad(page: Page) -> None:
    page.keyboard.press("?")
    expect(page.get_by_test_id("help-dialog")).to_be_visible()
    page.get_by_test_id("single-keys").uncheck()
    page.keyboard.press("Escape")
    page.get_by_test_id("theme").focus()
    page.keyboard.press("7")
    assert cells_with_ink(page) == []
    page.reload()  # it is remembered
    page.keyboard.press("7")
    assert cells_with_ink(page) == []
    page.get_by_test_id("pad").focus()
    page.keyboard.press("7")
    assert cells_with_ink(page) == [0]
