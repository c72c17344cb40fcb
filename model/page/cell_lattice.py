"""Cells of a sheet by the lattice that the holes between its lines make.

A hole that lines enclose is linked to those beside it, so that a page of squares, boxes that stand
apart and a table whose columns differ in width are counted alike; a homography on which most of
them agree says where the cells are whose lines are broken.
"""

import dataclasses
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from model.page.contrast import ink_contrast, is_ink_darker, shrink_to
from model.page.mesh import Quads, quad_around

# Holes are looked for in a picture whose longer side is at most this, pixels.
_SEARCH_SIDE = 1000
# Lines are narrower than one of these shares of the longer side, the second where cells are large.
_REACHES = (0.018, 0.05)
# A line is at least this much, grey levels, and exceeds the typical contrast so many times; it is
# looked for in what exceeds that so many times.
_LEAST, _OF_TYPICAL, _THRESHOLDS = 5.0, 3.0, (1.0, 2.0, 4.0)
# Lines broken by fewer pixels than this are closed.
_GAPS = (1, 3)
# A hole is a cell where its area is at least this, square pixels, fills its convex hull, and this
# fills the narrowest rectangle around it, to these shares.
_MIN_AREA, _MIN_SOLIDITY, _MIN_FILL = 60, 0.7, 0.7
# Cells beside each other are apart by less than this share of the side that they share, and these
# sides differ by less than this factor, and in place by less than that share.
_MAX_GAP, _SIDES, _ASIDE = 0.75, 1.5, 0.25
# Cells of a lattice that is even differ in area by less than this factor.
_MAX_AREA_RATIO = 2.0
# A corner fits a homography where it is off by less than this share of a cell.
_OFF = 0.12
# A row or column is of the sheet where this share of its cells are holes.
_WHOLE_LINE = 0.4
# A sheet of lines has this share of its cells as holes, and bends where it has so many.
_FILLED, _BENDS = 0.5, 12
# Where more of them are, no other lines are looked for.
_ENOUGH = 0.98
# Places are moved to where a polynomial of this degree has them.
_DEGREE = 3


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class CellLattice:
    """Cells of R rows and C columns in a picture, as lines enclose them."""

    quads: Quads
    """(R * C, 2, 2, 2), in reading order, pixels."""
    rows: int
    columns: int
    is_inverted: bool
    """Lines are darker than the ground."""
    share: float
    """Of the cells, those that lines enclose wholly."""
    seen: tuple[int, int]
    """Rows and columns that the lattice has, of which these are a part."""


class _Holes(NamedTuple):
    quads: Quads  # (M, 2, 2, 2)
    areas: NDArray[np.float64]  # (M,)


class _Block(NamedTuple):
    """Holes with their rows and columns, counted from 0."""

    quads: Quads
    places: NDArray[np.int64]  # (M, 2)

    @property
    def shape(self) -> tuple[int, int]:
        rows, columns = (self.places.max(axis=0) + 1).tolist()
        return rows, columns


def find_cell_lattice(
    picture: NDArray[np.uint8], rows: int | None = None, columns: int | None = None
) -> CellLattice | None:
    """Finds the cells of a sheet.

    Args:
        picture: (h, w) or (h, w, 3), uint8.
        rows: Of the sheet; None: as many as there are.
        columns: Of the sheet; None: as many as there are.

    Returns:
        None where lines enclose too few cells.
    """
    small, scale = shrink_to(picture, _SEARCH_SIDE)
    likely = is_ink_darker(small)
    best: CellLattice | None = None
    for is_inverted in (likely, not likely):
        for holes in _find_holes(small, is_inverted=is_inverted):
            for is_even in (True, False):
                for block in _blocks(holes, is_even=is_even)[:2]:
                    found = _fit(block, rows, columns, is_inverted=is_inverted)
                    if found and (best is None or _worth(found) > 1.02 * _worth(best)):
                        best = found
            if best is not None and rows and columns and best.share > _ENOUGH:
                break
        if best is not None:
            break
    return best and dataclasses.replace(best, quads=best.quads * scale)


def _worth(lattice: CellLattice) -> float:
    """How much of a picture is explained by a lattice, and how well."""
    corners = lattice.quads[[0, lattice.columns - 1, -lattice.columns, -1]].mean(axis=(1, 2))
    across, down = corners[1] - corners[0], corners[2] - corners[0]
    area = abs(float(across[0] * down[1] - across[1] * down[0])) + 1.0
    return area**0.5 * lattice.share


def _find_holes(small: NDArray[np.uint8], *, is_inverted: bool) -> Iterator[_Holes]:
    """Holes that may be cells, for all ways to see lines."""
    before: list[NDArray[np.uint8]] = []
    for share in _REACHES:
        reach = max(5, round(share * max(small.shape[:2])))
        contrast = ink_contrast(small, reach, is_inverted=is_inverted)
        least = max(_LEAST, _OF_TYPICAL * float(np.median(contrast[::3, ::3])) + 2)
        for times in _THRESHOLDS:
            is_dark = (contrast > min(250, int(least * times))).view(np.uint8)
            if any(np.array_equal(is_dark, other) for other in before):
                continue
            before.append(is_dark)
            for gap in _GAPS:
                square = np.ones((gap, gap), np.uint8)
                lines = cv2.morphologyEx(is_dark, cv2.MORPH_CLOSE, square) if gap > 1 else is_dark
                holes = _holes_in(np.asarray(lines, np.uint8))
                if holes is not None:
                    yield holes


def _holes_in(is_line: NDArray[np.uint8]) -> _Holes | None:
    contours, tree = cv2.findContours(is_line, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    quads, areas = [], []
    for contour, (_, _, _, parent) in zip(contours, tree[0] if len(contours) else (), strict=True):
        if parent < 0 or len(contour) < 4:
            continue
        area = cv2.contourArea(contour)
        if area < _MIN_AREA or area > is_line.size / 2:
            continue
        hull = cv2.convexHull(contour)
        whole = cv2.contourArea(hull)
        around = cv2.minAreaRect(hull)[1]
        if len(hull) < 4 or area < _MIN_SOLIDITY * whole:
            continue
        if whole >= _MIN_FILL * around[0] * around[1]:
            quads.append(quad_around(hull))
            areas.append(area)
    return _Holes(np.array(quads) + 0.5, np.array(areas)) if quads else None


def _blocks(holes: _Holes, *, is_even: bool) -> list[_Block]:
    """Holes that are linked, those of most area first."""
    right, below = (_links(holes, axis, is_even=is_even) for axis in (0, 1))
    left, above = ({end: start for start, end in links.items()} for links in (right, below))
    steps = ((right, 0, 1), (below, 1, 0), (left, 0, -1), (above, -1, 0))
    free = set(range(len(holes.areas)))
    found: list[tuple[float, _Block]] = []
    for first in np.argsort(-holes.areas).tolist():
        if first not in free:
            continue
        places = {first: (0, 0)}
        taken = {(0, 0)}
        queue = deque([first])
        free.discard(first)
        while queue:
            hole = queue.popleft()
            row, column = places[hole]
            for links, down, across in steps:
                other, place = links.get(hole), (row + down, column + across)
                if other is None or other not in free or place in taken:
                    continue
                free.discard(other)
                places[other] = place
                taken.add(place)
                queue.append(other)
        numbers = list(places)
        at = np.array([places[number] for number in numbers])
        block = _Block(holes.quads[numbers], at - at.min(axis=0))
        found.append((float(holes.areas[numbers].sum()), block))
    return [block for _, block in sorted(found, key=lambda one: -one[0])]


def _links(holes: _Holes, axis: int, *, is_even: bool) -> dict[int, int]:
    """From each hole to the one right of it (axis 0) or below it (axis 1), if there is one."""
    quads = holes.quads if axis == 0 else holes.quads.transpose(0, 2, 1, 3)
    ends, starts = quads[:, :, 1], quads[:, :, 0]  # (M, 2, 2): the sides that face each other
    length_of_end = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
    length_of_start = np.linalg.norm(starts[:, 1] - starts[:, 0], axis=1)
    along = ends.mean(axis=1) - starts.mean(axis=1)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-6)
    steps = starts.mean(axis=1) - ends.mean(axis=1)[:, np.newaxis]  # (M, M, 2)
    ahead = (steps * along[:, np.newaxis]).sum(axis=2)
    aside = np.abs(steps[..., 0] * along[:, None, 1] - steps[..., 1] * along[:, None, 0])
    side = np.maximum(length_of_end[:, np.newaxis], 1e-6)
    ratio = np.abs(np.log(np.maximum(length_of_start, 1e-6) / side))
    is_next = (ahead > -0.2 * side) & (ahead < _MAX_GAP * side)
    is_next &= (aside < _ASIDE * side) & (ratio < np.log(_SIDES))
    if is_even:
        is_next &= np.abs(np.log(holes.areas / holes.areas[:, np.newaxis])) < np.log(
            _MAX_AREA_RATIO
        )
    np.fill_diagonal(is_next, val=False)
    cost = np.where(is_next, np.abs(ahead) + aside, np.inf)
    to = cost.argmin(axis=1)
    back = cost.argmin(axis=0)
    return {
        one: int(other)
        for one, other in enumerate(to.tolist())
        if np.isfinite(cost[one, other]) and back[other] == one
    }


def _fit(
    block: _Block, rows: int | None, columns: int | None, *, is_inverted: bool
) -> CellLattice | None:
    """The lattice of so many rows and columns that a block has, if it has one."""
    window = _window(block, rows, columns)
    if window is None:
        return None
    (top, left), (rows, columns), seen = window
    places = block.places - (top, left)
    is_inside = ((places >= 0) & (places < (rows, columns))).all(axis=1)
    places, quads = places[is_inside], block.quads[is_inside]
    share = len(places) / (rows * columns)
    if share < _FILLED:
        return None
    cells = _place_cells(quads, places, rows, columns)
    if cells is None:
        return None
    return CellLattice(cells, rows, columns, is_inverted, share, seen)


def _window(
    block: _Block, rows: int | None, columns: int | None
) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]] | None:
    """First row and column, and how many, of the sheet in a block; and what the block has."""
    is_hole = np.zeros(block.shape, np.bool_)
    is_hole[tuple(block.places.T)] = True
    # Rows and columns in which few cells are holes are what is around the sheet.
    starts, sizes = [0, 0], list(block.shape)
    for _ in range(sum(block.shape)):
        part = is_hole[starts[0] : starts[0] + sizes[0], starts[1] : starts[1] + sizes[1]]
        if not part.any():
            return None
        ends = [
            (float(part.take(end, axis).mean()), axis, end) for axis in (0, 1) for end in (0, -1)
        ]
        least, axis, end = min(ends)
        if least >= _WHOLE_LINE or sizes[axis] == 1:
            break
        starts[axis] += end == 0
        sizes[axis] -= 1
    seen = sizes[0], sizes[1]
    wanted = (rows or seen[0], columns or seen[1])
    padded = np.pad(is_hole, [(count, count) for count in wanted]).astype(np.float64)
    total = cv2.boxFilter(
        padded, -1, wanted[::-1], normalize=False, anchor=(0, 0), borderType=cv2.BORDER_CONSTANT
    )
    # The window of most holes; of several, that in the middle of them.
    most = np.argwhere(total > total.max() - 0.5)
    first = most[len(most) // 2] - wanted
    return (int(first[0]), int(first[1])), wanted, seen


def _place_cells(quads: Quads, places: NDArray[np.int64], rows: int, columns: int) -> Quads | None:
    """The cells of a lattice, (R * C, 2, 2, 2), by those of them that lines enclose."""
    corners = np.array([[(0, 0), (1, 0)], [(0, 1), (1, 1)]], np.float64)
    # Sides of cells along the sheet, as boxes may stand apart: two a cell.
    x, y = (np.add.outer(np.arange(count), (0.0, 1.0)).ravel() for count in (columns, rows))
    ends = (2 * places[:, np.newaxis, np.newaxis, ::-1] + corners).astype(int)  # (M, 2, 2, 2)
    points = quads.reshape(-1, 2)
    at_x, at_y = ends[..., 0].ravel(), ends[..., 1].ravel()
    homography = None
    for _ in range(4):
        source = np.column_stack([x[at_x], y[at_y]])
        off = _OFF * float(np.sqrt(_areas(quads)).mean())
        homography, _ = cv2.findHomography(source, points, cv2.RANSAC, off, maxIters=500)
        if homography is None or abs(np.linalg.det(homography)) < 1e-9:
            return None
        back = cv2.perspectiveTransform(points[np.newaxis], np.linalg.inv(homography))[0]
        x, y = _medians(x, at_x, back[:, 0]), _medians(y, at_y, back[:, 1])
    nodes = np.stack(np.meshgrid(x, y), axis=2)
    flat = nodes.reshape(1, -1, 2)
    mesh = cv2.perspectiveTransform(flat, homography)[0]
    source = np.column_stack([x[at_x], y[at_y]])
    expected = cv2.perspectiveTransform(source[np.newaxis], homography)[0]
    mesh = mesh + _bend(source, points - expected, flat[0], off)
    grid = mesh.reshape(rows, 2, columns, 2, 2).transpose(0, 2, 1, 3, 4)
    found: Quads = np.ascontiguousarray(grid.reshape(-1, 2, 2, 2))
    return found if (_areas(found) > 1).all() else None


def _medians(
    before: NDArray[np.float64], numbers: NDArray[np.int_], values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Places of lines along a side; those without a value go with the nearest that have one."""
    known = np.unique(numbers)
    medians = np.array([np.median(values[numbers == number]) for number in known])
    moved = np.interp(before, before[known], medians - before[known])
    after = before + moved
    return np.asarray(after if (np.diff(after) > -0.3).all() else before)


def _bend(
    source: NDArray[np.float64],
    residuals: NDArray[np.float64],
    places: NDArray[np.float64],
    off: float,
) -> NDArray[np.float64]:
    """How far paper that is bent is from the plane, at places (N, 2) of the lattice."""
    is_near = np.linalg.norm(residuals, axis=1) < 2 * off
    if np.count_nonzero(is_near) < 4 * _BENDS:
        return np.zeros_like(places)
    low, high = places.min(axis=0), places.max(axis=0)

    def terms(at: NDArray[np.float64]) -> NDArray[np.float64]:
        x, y = (2 * (at - low) / np.maximum(high - low, 1e-6) - 1).T
        powers = [x**i * y**j for i in range(_DEGREE + 1) for j in range(_DEGREE + 1 - i)]
        return np.stack(powers, axis=1)

    system, right = terms(source[is_near]), residuals[is_near]
    ridge = 0.02 * len(system) * np.eye(system.shape[1])
    weights = np.linalg.solve(system.T @ system + ridge, system.T @ right)
    return np.asarray(terms(places) @ weights)


def _areas(quads: Quads) -> NDArray[np.float64]:
    """Of quadrilaterals, (N,): positive where their corners stand as they should."""
    first, second = quads[:, 1, 1] - quads[:, 0, 0], quads[:, 1, 0] - quads[:, 0, 1]
    return np.asarray((first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]) / 2)
