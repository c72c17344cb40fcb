"""Rows and columns of a grid beyond the cells that were found."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from model.page.beyond import count_rows_and_columns
from model.page.mesh import even_mesh, quads_of

CELL = 60


def written(rows: int, columns: int, *, lines: bool) -> NDArray[np.uint8]:
    """Digits in a grid with the margin of a cell."""
    page = np.full(((rows + 2) * CELL, (columns + 2) * CELL), 255, np.uint8)
    for row, column in np.ndindex(rows, columns):
        left, top = (column + 1) * CELL, (row + 1) * CELL
        place = left + 18, top + 44
        cv2.putText(page, str((3 * row + column) % 10), place, cv2.FONT_HERSHEY_SIMPLEX, 1.1, 30, 3)
        if lines:
            cv2.rectangle(page, (left, top), (left + CELL, top + CELL), 60, 2)
    return page


def count(page: NDArray[np.uint8], row: int = 0, column: int = 0) -> tuple[int, int]:
    """Of the grid of which two by two cells from this row and column on were found."""
    quads = quads_of(even_mesh((2 * CELL, 2 * CELL), 2, 2))
    quads += np.array([column + 1, row + 1]) * CELL
    return count_rows_and_columns(page, quads, 2, 2, is_inverted=True)


@pytest.mark.parametrize("lines", [False, True])
@pytest.mark.parametrize("shape", [(2, 2), (3, 3), (2, 5), (4, 2)])
def test_rows_and_columns_next_to_the_cells_are_counted(
    shape: tuple[int, int], lines: bool
) -> None:
    page = written(*shape, lines=lines)
    for row, column in np.ndindex(shape[0] - 1, shape[1] - 1):
        assert count(page, row, column) == shape


def test_a_caption_is_no_row() -> None:
    page = written(2, 2, lines=True)
    caption = "Room 12, Monday"
    cv2.putText(page, caption, (CELL, 3 * CELL + 35), cv2.FONT_HERSHEY_SIMPLEX, 0.45, 30, 1)
    assert count(page) == (2, 2)


def test_without_digits_nothing_is_counted() -> None:
    page = np.full((6 * CELL, 6 * CELL), 255, np.uint8)
    assert count(page) == (2, 2)
