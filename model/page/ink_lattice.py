"""Finds the cells of a grid without lines by its digits, as they lie in rows and columns."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from model.page.contrast import ink_contrast, is_ink_darker
from model.page.lines import remove_lines
from model.page.mesh import Mesh

# Strokes are narrower than this share of the longer side of the picture.
_MAX_STROKE = 0.1
# Ink has at least this contrast, grey levels, and exceeds the typical contrast so many times.
_LEAST, _OF_TYPICAL = 8.0, 4.0
# Lines are longer than this share of the longer side, and thinner than that.
_LINE, _LINE_THICKNESS = 0.35, 0.015
# Ink is as large as this share of the longer side, and no larger than that; thinner than a share
# of its length it is a line.
_SMALLEST, _LARGEST, _THINNEST = 0.015, 0.55, 0.04
# Parts of a digit are nearer to each other than this share of the larger one.
_NEAR = 0.12
# More pieces than this are the texture of something.
_TEXTURE = 200
# Digits of a grid differ in size by less than these factors from the one in the middle.
_SIMILAR = (0.45, 2.0)
# A digit's middle is this near to that of its cell, shares of the cell's sides.
_MAX_OFFSET = 0.3
# Rows and columns are turned by less than this slope.
_MAX_SLOPE = 0.45
# Cells are no longer than this times their width, and digits take this share of a cell's side.
_MAX_ASPECT_RATIO, _MIN_SHARE = 2.5, 0.15


class InkLattice(NamedTuple):
    """Digits that lie in rows and columns."""

    mesh: Mesh
    """The cells around them, pixels."""
    middles: NDArray[np.float64]
    """(N, 2): of the digits, in reading order."""
    offset: float
    """From a digit's middle to that of its cell at most, shares of the cell's shorter side."""


def find_ink_lattice(small: NDArray[np.uint8], rows: int, columns: int) -> InkLattice | None:
    """Finds as many digits as a grid has cells, which lie in rows and columns, however turned.

    Args:
        small: (h, w) or (h, w, 3), uint8.
        rows: Of the grid.
        columns: Of the grid.

    Returns:
        None where there are more such digits, or fewer.
    """
    boxes = merge_boxes(find_ink_boxes(small, is_flat=False))
    sizes = (boxes[:, 2:] - boxes[:, :2]).max(axis=1) if len(boxes) else np.zeros(0)
    tried = set()
    for size in np.sort(sizes)[::-1].tolist():
        is_similar = (sizes > _SIMILAR[0] * size) & (sizes < _SIMILAR[1] * size)
        if np.count_nonzero(is_similar) != rows * columns or is_similar.tobytes() in tried:
            continue
        tried.add(is_similar.tobytes())
        lattice = fit_ink_lattice(boxes[is_similar], rows, columns)
        if lattice is not None:
            return lattice
    return None


def find_ink_boxes(small: NDArray[np.uint8], *, is_flat: bool) -> NDArray[np.float64]:
    """Finds what may be digits of a grid, or strokes of one.

    Args:
        small: (h, w) or (h, w, 3), uint8.
        is_flat: It was drawn on a screen: ink may go to the edges, and there is no texture.

    Returns:
        (N, 4): x0, y0, x1, y1, pixels.
    """
    longer = max(small.shape[:2])
    contrast = ink_contrast(
        small, max(5, int(_MAX_STROKE * longer)), is_inverted=is_ink_darker(small)
    )
    least = max(_LEAST, _OF_TYPICAL * float(np.median(contrast)) + 2)
    is_ink = (contrast > int(least)).view(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(is_ink, connectivity=8)
    if stats[1:, 2:4].max(initial=0) >= _LINE * longer:
        remove_lines(is_ink, is_ink.copy(), round(_LINE * longer), _LINE_THICKNESS * longer)
        _, _, stats, _ = cv2.connectedComponentsWithStats(is_ink, connectivity=8)
    x, y, width, height, area = stats[1:].T
    extent = np.maximum(width, height)
    is_kept = (extent >= _SMALLEST * longer) & (area >= _THINNEST * extent**2)
    if not is_flat:
        is_kept &= (extent <= _LARGEST * longer) & (x > 0) & (y > 0)
        is_kept &= (x + width < small.shape[1]) & (y + height < small.shape[0])
    boxes = np.stack([x, y, x + width, y + height], axis=1).astype(np.float64)
    return np.asarray(boxes[is_kept])


def merge_boxes(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Joins boxes, (N, 4), that are near each other: strokes of one digit."""
    if len(boxes) > _TEXTURE:
        return boxes
    while True:
        low, high = boxes[:, :2], boxes[:, 2:]
        apart = (low - high[:, np.newaxis]).max(axis=2)
        sizes = (high - low).max(axis=1, initial=0)
        is_near = np.maximum(apart, apart.T) < _NEAR * np.maximum(sizes, sizes[:, np.newaxis])
        numbers = np.where(is_near, np.arange(len(boxes)), len(boxes)).min(
            axis=1, initial=len(boxes)
        )
        joined, group = np.unique(numbers, return_inverse=True)
        if len(joined) == len(boxes):
            return boxes
        merged = np.full((len(joined), 4), np.inf)
        np.minimum.at(merged, group, np.hstack([low, -high]))
        boxes = np.hstack([merged[:, :2], -merged[:, 2:]])


def fit_ink_lattice(boxes: NDArray[np.float64], rows: int, columns: int) -> InkLattice | None:
    """Fits rows and columns to digits; None where they do not lie in them.

    Args:
        boxes: (R * C, 4): x0, y0, x1, y1, pixels.
        rows: R.
        columns: C.
    """
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    size = float(np.median((boxes[:, 2:] - boxes[:, :2]).max(axis=1)))
    places = np.array(list(np.ndindex(rows, columns)), np.float64)[:, ::-1]
    best, least = None, _MAX_OFFSET
    tried = set()
    for degrees in range(-24, 25, 6):
        angle = np.deg2rad(degrees)
        turned = centres @ np.array(
            [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]
        )
        by_row = np.argsort(turned[:, 1]).reshape(rows, columns)
        order = np.concatenate([row[np.argsort(turned[row, 0])] for row in by_row])
        if order.tobytes() in tried:
            continue
        tried.add(order.tobytes())
        system = np.column_stack([places, np.ones(len(places))])
        solved, *_ = np.linalg.lstsq(system, centres[order], rcond=None)
        right, below, origin = solved
        if rows == 1:
            below = np.array([-right[1], right[0]])
        if columns == 1:
            right = np.array([below[1], -below[0]])
        sides = float(np.linalg.norm(right)), float(np.linalg.norm(below))
        if abs(right[1]) > _MAX_SLOPE * right[0] or abs(below[0]) > _MAX_SLOPE * below[1]:
            continue
        if min(sides) < 1 or max(sides) > _MAX_ASPECT_RATIO * min(sides):
            continue
        if not _MIN_SHARE * min(sides) < size < 1.5 * min(sides):
            continue
        apart = np.linalg.norm(centres[order] - system @ np.array([right, below, origin]), axis=1)
        offset = float(apart.max()) / min(sides)
        if offset < least:
            x, y = np.meshgrid(np.arange(columns + 1) - 0.5, np.arange(rows + 1) - 0.5)
            mesh = x[..., None] * right + y[..., None] * below + origin
            best, least = InkLattice(mesh, centres[order], offset), offset
    return best
