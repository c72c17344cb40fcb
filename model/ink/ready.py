"""Whether a picture is in the normal form already, or needs nothing but its size."""

import functools

import numpy as np
from numpy.typing import NDArray

from model.ink.cells import MIDDLE, SIZE, THICKEST, THINNEST, measure, middles_of
from model.ink.form import Box

# MNIST's digits lie up to half a pixel off their middle.
_OFF_MIDDLE = 0.75


def are_normal(digits: NDArray[np.uint8], least: int, *, slack: int = 1) -> list[Box | None] | None:
    """Says where the ink stands in cells that have MNIST's form already, or None where they do not.

    Args:
        digits: (C, S, S), uint8, light on dark.
        least: A cell of no more than this grey level is empty.
        slack: Pixels by which the ink may be larger or smaller than MNIST's: resampling blurs.

    Returns:
        The box of each cell's ink, None for an empty cell; or None where a cell needs changing.
    """
    size = digits.shape[-1]
    by_row, by_column = digits.max(axis=2), digits.max(axis=1)  # (C, S)
    brightest = by_row.max(axis=1)
    moments = digits.reshape(len(digits), -1).astype(np.float32) @ _moments(size)
    # First and last row and column of what is at least a tenth as bright as the brightest pixel.
    faint = (brightest // 10)[:, None]
    rows, columns = by_row > faint, by_column > faint
    ends = (columns, rows, columns[:, ::-1], rows[:, ::-1])
    x0s, y0s, x1s, y1s = (marks.argmax(axis=1).tolist() for marks in ends)
    boxes: list[Box | None] = []
    for cell, white in enumerate(brightest.tolist()):
        if white < least:
            if white > least // 4:
                return None
            boxes.append(None)
            continue
        box = (x0s[cell], y0s[cell], size - x1s[cell], size - y1s[cell])
        mass, across, down = moments[cell].tolist()
        longest = max(box[2] - box[0], box[3] - box[1])
        if abs(longest - SIZE * size) > slack or max(abs(across), abs(down)) > _OFF_MIDDLE * mass:
            return None
        boxes.append(box)
    return boxes


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
    return np.column_stack((np.ones(size * size), x, y)).astype(np.float32)
