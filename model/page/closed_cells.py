"""Cells that lines enclose: the holes of a drawing, taken as they lie side by side."""

import dataclasses
import math
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from model.page.mesh import Quads

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


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class _Hole:
    quad: NDArray[np.float64]  # (2, 2, 2)
    area: float
    centre: NDArray[np.float64]  # (2,)
    to_cell: NDArray[np.float64]  # (2, 2): from pixels to sides of the cell


def find_closed_cells(is_line: NDArray[np.uint8], rows: int, columns: int) -> ClosedCells | None:
    """Finds the largest, most regular block of cells enclosed by lines or the picture's edge.

    Args:
        is_line: (h, w), 1 where there may be a line, else 0.
        rows: Of the block.
        columns: Of the block.

    Returns:
        The cells in reading order, pixels; None where there is no such block.
    """
    outlines = _find_outlines(is_line)
    if len(outlines) < rows * columns:
        return None
    holes = [_make_hole(*outline) for outline in outlines]
    areas = np.array([hole.area for hole in holes])
    right, below = _neighbours(holes, areas)
    best, best_score = None, 0.0
    for first in range(len(holes)):
        numbers = _block_from(first, right, below, rows, columns)
        if not numbers or _is_of_many(areas[numbers], areas):
            continue
        block = [holes[number] for number in numbers]
        regularity = _regularity(block, columns)
        score = regularity * float(areas[numbers].sum())
        if score > best_score:
            best = ClosedCells(np.array([hole.quad for hole in block]), regularity)
            best_score = score
    return best


def _find_outlines(is_line: NDArray[np.uint8]) -> list[tuple[NDArray[Any], float]]:
    """The convex hulls of holes that may be cells, with the holes' areas."""
    walled = cv2.copyMakeBorder(is_line, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=(1,))
    contours, tree = cv2.findContours(
        walled, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE, offset=(-1, -1)
    )
    found = []
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
            found.append((hull, area))
    return found


def _make_hole(hull: NDArray[Any], area: float) -> _Hole:
    polygon = cv2.approxPolyN(hull, 4, approxCurve=None, epsilon_percentage=-1, ensure_convex=True)
    corners = np.asarray(polygon, np.float64).reshape(4, 2) + 0.5
    centre = corners.mean(axis=0)
    apart = corners - centre
    clockwise = corners[np.argsort(np.arctan2(apart[:, 1], apart[:, 0]))]
    upper_left = int(clockwise.sum(axis=1).argmin())
    (a, b, c, d) = np.roll(clockwise, -upper_left, axis=0)
    sides = np.stack([(b - a + c - d) / 2, (d - a + c - b) / 2], axis=1)
    return _Hole(np.array([[a, b], [d, c]]), area, centre, np.linalg.pinv(sides))


def _neighbours(
    holes: list[_Hole], areas: NDArray[np.float64]
) -> tuple[list[int | None], list[int | None]]:
    """The number of the nearest similar cell right of each cell, and below it."""
    centres = np.array([hole.centre for hole in holes])
    to_cells = np.array([hole.to_cell for hole in holes])
    steps = (to_cells[:, np.newaxis] @ (centres - centres[:, np.newaxis])[..., np.newaxis])[..., 0]
    ratios = areas / areas[:, np.newaxis]
    is_similar = (ratios > 1 / _MAX_AREA_RATIO) & (ratios < _MAX_AREA_RATIO)
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


def _is_of_many(block: NDArray[np.float64], areas: NDArray[np.float64]) -> bool:
    """Whether most cells like those of a block are not in it, as on squared paper."""
    ratios = areas / np.median(block)
    is_similar = (ratios > 1 / _MAX_AREA_RATIO) & (ratios < _MAX_AREA_RATIO)
    return int(np.count_nonzero(is_similar)) > 2 * len(block)


def _regularity(block: list[_Hole], columns: int) -> float:
    """1 for cells of one size whose corners form a parallelogram, less for others."""
    areas = [hole.area for hole in block]
    corners = (
        block[0].centre + block[-1].centre - block[columns - 1].centre - block[-columns].centre
    )
    skew = float(np.linalg.norm(corners)) / math.sqrt(np.mean(areas))
    return min(areas) / max(areas) * max(0.0, 1 - 2 * skew)
