"""Whether a picture is in the normal form already, or needs nothing but its size."""

import functools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.ink.cells import MIDDLE, SIZE, THICKEST, THINNEST, measure, middles_of

# MNIST's digits lie up to half a pixel off their middle.
_OFF_MIDDLE = 0.75


class Fit(NamedTuple):
    """How well M cells fit MNIST's form."""

    boxes: NDArray[np.int64]
    """(M, 4): x0, y0, x1, y1 of the ink within its cell; of no meaning where there is none."""
    is_blank: NDArray[np.bool_]
    """(M,): has no ink."""
    is_normal: NDArray[np.bool_]
    """(M,): has MNIST's form already, or no ink."""


def fit(cells: NDArray[np.uint8], least: int, *, slack: int = 1) -> Fit:
    """Compares cells with MNIST's form; many cost little more than few.

    Args:
        cells: (M, S, S), uint8, light on dark.
        least: A cell with ink is as bright as this somewhere, one without not a quarter of it.
        slack: Pixels by which the ink may be larger or smaller than MNIST's: resampling blurs.
    """
    count, size = cells.shape[:2]
    # (M, S) each; along the first axis of a copy, the largest are found many at a time.
    by_column = np.ascontiguousarray(cells.transpose(1, 0, 2)).max(axis=0)
    by_row = np.ascontiguousarray(cells.transpose(2, 0, 1)).max(axis=0)
    brightest = by_row.max(axis=1)
    mass, right, down = (cells.reshape(count, -1).astype(np.float32) @ _moments(size)).T
    # First and last row and column of what is at least a tenth as bright as the brightest pixel.
    faint = brightest[:, np.newaxis] // 10
    rows, columns = by_row > faint, by_column > faint
    boxes = np.empty((count, 4), np.int64)
    for end, is_ink in enumerate((columns, rows, columns[:, ::-1], rows[:, ::-1])):
        is_ink.argmax(axis=1, out=boxes[:, end])
    np.subtract(size, boxes[:, 2:], out=boxes[:, 2:])
    longest = (boxes[:, 2:] - boxes[:, :2]).max(axis=1)
    is_normal = brightest >= least
    is_normal &= np.abs(longest - SIZE * size) <= slack
    is_normal &= np.maximum(np.abs(right), np.abs(down)) <= _OFF_MIDDLE * mass
    is_blank = brightest <= least // 4
    return Fit(boxes, is_blank, is_normal | is_blank)


def may_be_normal(levels: NDArray[np.uint8], rows: int, columns: int, size: int) -> bool:
    """Whether ink may stand in its cells as in MNIST's form: a quick look at a shrunk picture.

    Args:
        levels: (h, w): ink of the whole grid.
        rows: Of the grid.
        columns: Of the grid.
        size: Side S of a cell of the normal form.
    """
    height, width = levels.shape
    moments = _moments_of_cells(height, rows).T @ levels.astype(np.float32)
    moments = moments @ _moments_of_cells(width, columns)  # (2 * rows, 2 * columns)
    mass = moments[:rows, :columns]
    furthest = np.maximum(np.abs(moments[rows:, :columns]), np.abs(moments[:rows, columns:]))
    # Twice as far as is allowed, for what shrinking moves; noise in an empty cell is anywhere.
    is_off = furthest > 2 * _OFF_MIDDLE / size * mass
    return not (is_off & (mass > 0.1 * mass.max())).any()


@functools.cache
def _moments_of_cells(length: int, count: int) -> NDArray[np.float32]:
    """Weights (length, 2 * count): mass of each cell along an axis, and that times its place.

    The place is counted in cells from where the centre of mass is in MNIST's form.
    """
    place = middles_of(length)[:, None] * (count / length) - np.arange(count)
    is_inside = (place >= 0) & (place < 1)
    return np.hstack((is_inside, is_inside * (place - MIDDLE))).astype(np.float32)


def has_normal_strokes(picture: NDArray[np.uint8], size: int) -> bool:
    """Whether strokes of a picture of cells of ``size`` are as wide, in the mean, as MNIST's."""
    stroke = measure(picture.astype(np.float32) / np.float32(255))[2]
    return THINNEST * size <= stroke <= THICKEST * size


@functools.cache
def _moments(size: int) -> NDArray[np.float32]:
    """Weights (S * S, 3) that give a cell's mass, and that times how far right and down it is."""
    y, x = np.mgrid[:size, :size].reshape(2, -1) + 0.5 - MIDDLE * size
    return np.stack((np.ones(size * size), x, y), axis=1).astype(np.float32)
