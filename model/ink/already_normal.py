"""Detects pictures that are in the normal form already, or would be in another size."""

import functools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.ink.mnist_form import (
    INK_CENTRE,
    INK_SIZE,
    MAX_STROKE,
    MIN_STROKE,
    measure_ink,
    pixel_centres,
)

# Of the centre of mass, pixels; MNIST's digits are up to half a pixel off.
_MAX_OFF_CENTRE = 0.75


class MnistMatch(NamedTuple):
    """Which of M cells have MNIST's form."""

    boxes: NDArray[np.int64]
    """(M, 4): x0, y0, x1, y1 of the ink within its cell; undefined for a blank one."""
    is_blank: NDArray[np.bool_]
    """(M,): has no ink."""
    is_normal: NDArray[np.bool_]
    """(M,): has MNIST's form, or no ink."""


def match_mnist_form(cells: NDArray[np.uint8], least: int, *, slack: int = 1) -> MnistMatch:
    """Compares cells with MNIST's form; many cost little more than few.

    Args:
        cells: (M, S, S), uint8, light on dark.
        least: The brightest pixel of a cell with ink has at least this level; that of a blank cell
            at most a quarter of it.
        slack: Pixels by which the ink may be larger or smaller than MNIST's, as resampling blurs.
    """
    count, size = cells.shape[:2]
    # (M, S) each; a maximum along the first axis of a contiguous copy is vectorised.
    by_column = np.ascontiguousarray(cells.transpose(1, 0, 2)).max(axis=0)
    by_row = np.ascontiguousarray(cells.transpose(2, 0, 1)).max(axis=0)
    brightest = by_row.max(axis=1)
    mass, right, down = (cells.reshape(count, -1).astype(np.float32) @ _moments(size)).T
    # Ink is whatever is more than a tenth as bright as the brightest pixel.
    faint = brightest[:, np.newaxis] // 10
    rows, columns = by_row > faint, by_column > faint
    boxes = np.empty((count, 4), np.int64)
    for end, is_ink in enumerate((columns, rows, columns[:, ::-1], rows[:, ::-1])):
        is_ink.argmax(axis=1, out=boxes[:, end])
    np.subtract(size, boxes[:, 2:], out=boxes[:, 2:])
    longest = (boxes[:, 2:] - boxes[:, :2]).max(axis=1)
    is_normal = brightest >= least
    is_normal &= np.abs(longest - INK_SIZE * size) <= slack
    is_normal &= np.maximum(np.abs(right), np.abs(down)) <= _MAX_OFF_CENTRE * mass
    is_blank = brightest <= least // 4
    return MnistMatch(boxes, is_blank, is_normal | is_blank)


def may_be_normal(levels: NDArray[np.uint8], rows: int, columns: int, size: int) -> bool:
    """A cheap test on a downscaled picture whether each cell's ink is centred as in MNIST's form.

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
    # Twice the limit, as downscaling moves ink a little; noise in an empty cell may be anywhere.
    is_off = furthest > 2 * _MAX_OFF_CENTRE / size * mass
    return not (is_off & (mass > 0.1 * mass.max())).any()


@functools.cache
def _moments_of_cells(length: int, count: int) -> NDArray[np.float32]:
    """Weights (length, 2 * count) of each cell's zeroth and first moment along an axis.

    The first is about where the centre of mass is in MNIST's form, in cells.
    """
    place = pixel_centres(length)[:, None] * (count / length) - np.arange(count)
    is_inside = (place >= 0) & (place < 1)
    return np.hstack((is_inside, is_inside * (place - INK_CENTRE))).astype(np.float32)


def has_normal_strokes(picture: NDArray[np.uint8], size: int) -> bool:
    """Whether the strokes of a picture with cells of ``size`` pixels are as wide as MNIST's."""
    stroke = measure_ink(picture.astype(np.float32) / np.float32(255))[2]
    return MIN_STROKE * size <= stroke <= MAX_STROKE * size


@functools.cache
def _moments(size: int) -> NDArray[np.float32]:
    """Weights (S * S, 3) of a cell's mass and its first moments, x and y, about MNIST's centre."""
    y, x = np.mgrid[:size, :size].reshape(2, -1) + 0.5 - INK_CENTRE * size
    return np.stack((np.ones(size * size), x, y), axis=1).astype(np.float32)
