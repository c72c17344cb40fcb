"""Rows and columns counted by lines or by ink, in drawings whose digits are rings and bars."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from model.page.count import count_rows_and_columns

OWN = (2, 2)
CELL = 60


def sheet(rows: int, columns: int, *, line: int = 0, share: float = 1.0) -> NDArray[np.uint8]:
    """Dark digits on light ground, with lines around the cells, some of which are blank."""
    random = np.random.default_rng((rows, columns, line))
    margin = 30 if line else 0
    picture = np.full((rows * CELL + 2 * margin, columns * CELL + 2 * margin), 245, np.uint8)
    for row, column in np.ndindex(rows, columns):
        if random.random() >= share:
            continue
        middle = (np.array([column, row]) + 0.5) * CELL + margin
        x, y = (middle + random.integers(-6, 7, 2)).astype(int)
        if random.random() < 0.5:
            cv2.ellipse(picture, (int(x), int(y)), (9, 15), 0, 0, 360, (20,), 4)
        else:
            cv2.line(picture, (int(x) + 4, int(y) - 16), (int(x) - 3, int(y) + 16), (20,), 4)
    if line:
        ends = margin, margin + columns * CELL, margin + rows * CELL
        for number in range(rows + 1):
            y = margin + number * CELL
            cv2.line(picture, (ends[0], y), (ends[1], y), (90,), line)
        for number in range(columns + 1):
            x = margin + number * CELL
            cv2.line(picture, (x, ends[0]), (x, ends[2]), (90,), line)
    return picture


def count(picture: NDArray[np.uint8]) -> tuple[int, int] | None:
    counted = count_rows_and_columns(picture, OWN)
    return counted and (counted.rows, counted.columns)


SHAPES = [(1, 1), (1, 2), (2, 2), (1, 4), (5, 1), (2, 3), (4, 4), (6, 5), (9, 9), (1, 11), (12, 7)]


@pytest.mark.parametrize("shape", SHAPES)
def test_digits_that_fill_all_cells_are_counted(shape: tuple[int, int]) -> None:
    assert count(sheet(*shape)) == shape
    assert count(255 - sheet(*shape)) == shape


@pytest.mark.parametrize("shape", [one for one in SHAPES if np.prod(one) > 2])
def test_cells_that_lines_enclose_are_counted_though_some_are_blank(
    shape: tuple[int, int],
) -> None:
    assert count(sheet(*shape, line=2, share=0.5)) == shape


def test_a_grid_of_the_readers_own_may_have_blank_cells() -> None:
    picture = sheet(2, 2)
    for row, column in np.ndindex(2, 2):
        left = np.full_like(picture, 245)
        window = np.s_[row * CELL : (row + 1) * CELL, column * CELL : (column + 1) * CELL]
        left[window] = picture[window]
        assert count(left) == OWN


def test_digits_in_rows_and_columns_are_counted_wherever_they_are() -> None:
    picture = np.full((700, 900), 245, np.uint8)
    picture[350:590, 400:640] = sheet(4, 4)
    assert count(picture) == (4, 4)


@pytest.mark.parametrize("level", [0, 255])
def test_a_plain_picture_has_no_rows(level: int) -> None:
    assert count(np.full((300, 300), level, np.uint8)) is None
