"""Cells that lines enclose: the holes of a drawing, taken as they lie side by side."""

import math
from typing import NamedTuple

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from model.page.mesh import Quads, quad_around, to_cells

# A hole is a cell where it takes at least this share of the picture, fills its convex hull, and
# this fills the narrowest rectangle around it, to these shares.
_MIN_AREA, _MIN_SOLIDITY, _MIN_FILL = 0.0015, 0.7, 0.72
# Cells of a grid differ in area by less than this factor, and the next one begins this far from
# the last, and at most so far aside, sides of a cell.
_MAX_AREA_RATIO, _NEXT, _ASIDE = 2.0, (0.8, 1.6), 0.3


class ClosedCells(NamedTuple):
    """A block of cells that are enclosed."""

    quads: Quads
    """In reading order, pixels."""
    regularity: float
    """1 for cells of one size whose corners form a parallelogram, less for others."""


def find_closed_cells(is_line: NDArray[np.uint8], rows: int, columns: int) -> ClosedCells | None:
    """Finds the largest, most regular block of cells enclosed by lines or the picture's edge.

    Args:
        is_line: (h, w), 1 where there may be a line, else 0.
        rows: Of the block.
        columns: Of the block.

    Returns:
        The cells in reading order, pixels; None where there is no such block.
    """
    hulls, areas = _find_outlines(is_line)
    is_similar = np.abs(np.log(areas / areas[:, np.newaxis])) < math.log(_MAX_AREA_RATIO)
    num_cells, num_similar = rows * columns, is_similar.sum(axis=1)
    # As many as on squared paper are no cells.
    chosen = np.flatnonzero((num_similar >= num_cells) & (num_similar <= 2 * num_cells))
    if len(chosen) < num_cells:
        return None
    quads = np.array([quad_around(hulls[hole]) for hole in chosen.tolist()]) + 0.5
    areas, is_similar = areas[chosen], is_similar[np.ix_(chosen, chosen)]
    right, below = _neighbours(quads, is_similar)
    best, best_score = None, 0.0
    for first in range(len(quads)):
        block = _block_from(first, right, below, rows, columns)
        regularity = _regularity(quads[block], areas[block], columns) if block else 0.0
        score = regularity * float(areas[block].sum())
        if score > best_score:
            best, best_score = ClosedCells(quads[block], regularity), score
    return best


def _find_outlines(is_line: NDArray[np.uint8]) -> tuple[list[MatLike], NDArray[np.float64]]:
    """The convex hulls of holes that may be cells, with the holes' areas."""
    walled = cv2.copyMakeBorder(is_line, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=(1,))
    contours, tree = cv2.findContours(
        walled, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE, offset=(-1, -1)
    )
    hulls, areas = [], []
    for contour, (_, _, _, parent) in zip(contours, tree[0] if len(contours) else (), strict=True):
        area = cv2.contourArea(contour) if parent >= 0 else 0.0
        if area < _MIN_AREA * is_line.size:
            continue
        hull = cv2.convexHull(contour)
        if len(hull) < 4:
            continue
        whole = cv2.contourArea(hull)
        around = cv2.minAreaRect(hull)[1]
        if area >= _MIN_SOLIDITY * whole and whole >= _MIN_FILL * around[0] * around[1]:
            hulls.append(hull)
            areas.append(area)
    return hulls, np.array(areas)


def _neighbours(
    quads: Quads, is_similar: NDArray[np.bool_]
) -> tuple[list[int | None], list[int | None]]:
    """The number of the nearest similar cell right of each cell, and below it."""
    centres = quads.mean(axis=(1, 2))
    steps = (to_cells(quads)[:, np.newaxis] @ (centres - centres[:, np.newaxis])[..., None])[..., 0]
    found: list[list[int | None]] = []
    for axis in (0, 1):
        along, aside = steps[..., axis], np.abs(steps[..., 1 - axis])
        is_next = is_similar & (along > _NEXT[0]) & (along < _NEXT[1]) & (aside < _ASIDE)
        nearest = np.where(is_next, along + aside, np.inf).argmin(axis=1).tolist()
        found.append([n if is_next[hole, n] else None for hole, n in enumerate(nearest)])
    return found[0], found[1]


def _block_from(
    first: int, right: list[int | None], below: list[int | None], rows: int, columns: int
) -> list[int]:
    """The block of which ``first`` is the upper left cell; empty where it is not whole."""
    block: list[int] = []
    begins: int | None = first
    for row in range(rows):
        if row:
            begins = below[block[-columns]]
        hole = begins
        for column in range(columns):
            if column and hole is not None:
                hole = right[hole]
            if hole is None:
                return []
            block.append(hole)
    return block if len(set(block)) == len(block) else []


def _regularity(quads: Quads, areas: NDArray[np.float64], columns: int) -> float:
    """1 for cells of one size whose corners form a parallelogram, less for others."""
    centres = quads.mean(axis=(1, 2))
    corners = centres[0] + centres[-1] - centres[columns - 1] - centres[-columns]
    skew = float(np.linalg.norm(corners)) / math.sqrt(areas.mean())
    return float(areas.min() / areas.max()) * max(0.0, 1 - 2 * skew)
