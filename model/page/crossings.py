"""Grids whose lines cross, but enclose nothing: dividers alone, or frames that do not close."""

import itertools

import cv2
import numpy as np
from numpy.typing import NDArray

from model.page.lines import find_lines
from model.page.mesh import Mesh

# The shortest line, shares of the shorter side of the picture; more lines than so many are a
# texture. So many grids are returned at most.
_SHORTEST, _MANY, _COUNT = 0.2, 6, 2
# Lines are searched for in a picture so many times smaller.
_COARSER = 2
# Every arm of a line, beyond its last crossing, has this share of the distance of lines, or of its
# length where one line crosses it.
_ARM = 0.3
# Cells are as high and wide as the others to this factor, and no longer than that times their
# width.
_ALIKE, _SQUARISH = 1.5, 2.0
# Of all the ink in the picture, a grid has at least this share; it is looked for so far around,
# shares of its sides.
_INK, _AROUND = 0.5, 0.1


def find_crossings(is_line: NDArray[np.uint8], rows: int, columns: int) -> list[Mesh]:
    """Finds grids by the lines between their cells.

    Args:
        is_line: (h, w), 1 where there may be a line, else 0.
        rows: Of the grid, at least 2.
        columns: Of the grid, at least 2.

    Returns:
        The cells that lots of crossing lines may divide, to the ends of these lines; the largest
        first.
    """
    size = is_line.shape[1] // _COARSER, is_line.shape[0] // _COARSER
    if min(size) < 1:
        return []
    coarse = cv2.resize(is_line * np.uint8(255), size, interpolation=cv2.INTER_AREA)
    is_coarse = (coarse > 0).view(np.uint8)
    length = round(_SHORTEST * min(size))
    across = _segments(is_coarse, length)
    upright = _segments(np.ascontiguousarray(is_coarse.T), length) if across else []
    if max(len(across), len(upright)) > _MANY:
        return []
    found = []
    lots = itertools.combinations(across, rows - 1), itertools.combinations(upright, columns - 1)
    for of_rows, of_columns in itertools.product(*lots):
        down = _edges(of_rows, of_columns)
        right = _edges(of_columns, of_rows)
        if down is None or right is None:
            continue
        sides = float(np.diff(down).mean()), float(np.diff(right).mean())
        if max(sides) > _SQUARISH * min(sides):
            continue
        mesh = _COARSER * np.stack(np.meshgrid(right, down), axis=2)
        if _share_of_ink(is_line, mesh) >= _INK:
            found.append((sides[0] * sides[1], mesh))
    return [mesh for _, mesh in sorted(found, key=lambda one: -one[0])[:_COUNT]]


def _segments(is_line: NDArray[np.uint8], length: int) -> list[tuple[float, float, float]]:
    """Lines from left to right: where each starts, ends, and its mean row; uppermost first."""
    near = find_lines(is_line, length)
    if near is None:
        return []
    _, _, stats, centres = cv2.connectedComponentsWithStats(near)
    found = [
        (float(start), float(start + width), float(row) + 0.5)
        for (start, _, width, _, _), (_, row) in zip(stats[1:], centres[1:], strict=True)
    ]
    return sorted(found, key=lambda line: line[2])


def _edges(
    lines: tuple[tuple[float, float, float], ...], others: tuple[tuple[float, float, float], ...]
) -> NDArray[np.float64] | None:
    """Edges of cells along an axis; None where the others do not cross all lines well inside."""
    start, end = (float(np.mean([other[place] for other in others])) for place in (0, 1))
    edges = np.array([start, *(line[2] for line in lines), end])
    gaps = np.diff(edges)
    inner = gaps[1:-1]
    least = _ARM * (float(inner.mean()) if len(inner) else end - start)
    if min(gaps[0], gaps[-1]) < least or (gaps <= 0).any():
        return None
    if len(inner) and inner.max() > _ALIKE * inner.min():
        return None
    return edges


def _share_of_ink(is_ink: NDArray[np.uint8], mesh: Mesh) -> float:
    low, high = mesh[0, 0], mesh[-1, -1]
    around = _AROUND * (high - low)
    (x0, y0), (x1, y1) = (
        (low - around).clip(0).astype(int).tolist(),
        (high + around).astype(int).tolist(),
    )
    return cv2.countNonZero(is_ink[y0:y1, x0:x1]) / max(cv2.countNonZero(is_ink), 1)
