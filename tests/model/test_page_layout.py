"""Where the cells of a grid are, by its lines and by its digits."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from model.page.layout import Layout, find_layout_by_ink, find_layouts

GROUND = 230
# A page, and the corners of 2 by 2 cells in it: x0, y0, side of a cell.
PAGE = (900, 640)
GRIDS = [(60, 80, 110), (330, 540, 140), (200, 300, 120)]


def page_with(
    left: int, top: int, cell: int, *, line: int, degrees: float = 0
) -> NDArray[np.uint8]:
    """A page with a 7 in each cell of a grid, framed by lines of this width where there are any."""
    page = np.full(PAGE, GROUND, np.uint8)
    for number in range(3 if line else 0):
        at, end = number * cell, 2 * cell
        cv2.line(page, (left, top + at), (left + end, top + at), (60,), line)
        cv2.line(page, (left + at, top), (left + at, top + end), (60,), line)
    for row, column in np.ndindex(2, 2):
        place = (left + column * cell + cell // 4, top + row * cell + 3 * cell // 4)
        cv2.putText(page, "7", place, cv2.FONT_HERSHEY_SIMPLEX, cell / 40, (40,), 4)
    middle = (left + cell, top + cell)
    turned = cv2.warpAffine(
        page, cv2.getRotationMatrix2D(middle, degrees, 1), PAGE[::-1], borderValue=(GROUND,)
    )
    noise = np.random.default_rng(1).normal(0, 3, PAGE)
    return np.clip(turned + noise, 0, 255).astype(np.uint8)


def assert_found(layout: Layout | None, left: int, top: int, cell: int, slack: float) -> None:
    assert layout is not None
    assert layout.is_inverted
    expected = [
        (left + (column + 0.5) * cell, top + (row + 0.5) * cell) for row, column in np.ndindex(2, 2)
    ]
    middles = layout.quads.mean(axis=(1, 2))
    assert np.linalg.norm(middles - expected, axis=1).max() < slack * cell


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("line", [2, 10])
def test_enclosed_cells_are_found_anywhere(grid: tuple[int, int, int], line: int) -> None:
    (layout, *_) = find_layouts(page_with(*grid, line=line), 2, 2)
    assert_found(layout, *grid, slack=0.08)


@pytest.mark.parametrize("grid", GRIDS)
def test_dividers_that_cross_are_found_anywhere(grid: tuple[int, int, int]) -> None:
    left, top, cell = grid
    page = page_with(*grid, line=0)
    middle, length = (left + cell, top + cell), cell - 8
    for x, y in ((length, 0), (0, length)):
        start, end = (middle[0] - x, middle[1] - y), (middle[0] + x, middle[1] + y)
        cv2.line(page, start, end, (60,), 4)
    assert_found(next(iter(find_layouts(page, 2, 2)), None), *grid, slack=0.15)


@pytest.mark.parametrize("degrees", [-12, 0, 12])
def test_digits_without_lines_are_found_in_rows_and_columns(degrees: float) -> None:
    picture = page_with(*GRIDS[0], line=0, degrees=degrees)
    layout = find_layout_by_ink(picture, 2, 2)
    assert layout is not None
    assert np.linalg.norm(layout.quads.mean(axis=(0, 1, 2)) - (170, 190)) < 25


def test_digits_in_the_quarters_of_a_page_may_be_divided_evenly() -> None:
    picture = page_with(*GRIDS[2], line=0)
    assert find_layout_by_ink(picture, 2, 2) is None
    assert find_layout_by_ink(picture, 2, 2, may_be_even=True) is not None


def test_light_lines_on_a_dark_page_are_lines() -> None:
    (layout, *_) = find_layouts(~page_with(*GRIDS[0], line=3), 2, 2)
    assert not layout.is_inverted


def test_a_page_without_lines_or_with_too_few_digits_has_no_layout() -> None:
    page = np.full(PAGE, GROUND, np.uint8)
    assert not find_layouts(page, 2, 2)
    assert find_layout_by_ink(page, 2, 2) is None
    assert find_layout_by_ink(page_with(*GRIDS[2], line=0), 3, 3) is None
