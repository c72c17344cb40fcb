"""The holes between the lines of a picture, linked to those beside them.

A hole that lines enclose is linked to those beside it, so that a page of squares, boxes that stand
apart and a table whose columns differ in width are counted alike.
"""

import itertools
import math
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from model.page.contrast import ink_contrast
from model.page.mesh import Quads, quad_around

# Lines are narrower than one of these shares of the longer side, the last where cells are large.
_REACHES = (0.018, 0.011, 0.05)
# A line is at least this much, grey levels, and exceeds the typical contrast so many times; it is
# looked for in what exceeds that so many times.
_LEAST, _OF_TYPICAL, _THRESHOLDS = 5.0, 1.5, (1.0, 2.0, 4.0, 10.0)
# Lines broken by fewer pixels than this are closed.
_GAPS = (3, 1)
# A hole is a cell where its area is at least this, square pixels, fills its convex hull, and this
# fills the narrowest rectangle and the narrowest quadrilateral around it, to these shares.
_MIN_AREA, _MIN_SOLIDITY, _MIN_FILL, _MIN_QUAD = 60, 0.65, 0.6, 0.86
# Of more holes than this, those of least area are left out.
_MOST = 4000
# Cells beside each other, uneven or even ones, are apart by less than this share of their shorter
# side; the sides that they share differ by less than this factor, and in place by that share.
_MAX_GAPS, _SIDES, _ASIDE = (0.3, 0.75), 1.5, 0.25
# So many places are tried for a cell beside another.
_PROBES = 12
# Cells of a lattice that is even differ in area by less than this factor.
_MAX_AREA_RATIO = 1.6


class Holes(NamedTuple):
    """Holes that may be cells."""

    quads: Quads
    """(M, 2, 2, 2), pixels, those of most area first."""
    areas: NDArray[np.float64]
    """(M,)"""
    shape: tuple[int, int]
    """Of the picture."""


class Block(NamedTuple):
    """Cells with their rows and columns, counted from 0."""

    quads: Quads
    """(M, 2, 2, 2)"""
    places: NDArray[np.int64]
    """(M, 2)"""

    @property
    def shape(self) -> tuple[int, int]:
        """How many rows and columns."""
        rows, columns = (self.places.max(axis=0) + 1).tolist()
        return rows, columns

    def part(self, is_part: NDArray[np.bool_] | None) -> "Block":
        """Some of the cells, or all; rows and columns are counted from the first that is left."""
        places = self.places if is_part is None else self.places[is_part]
        quads = self.quads if is_part is None else self.quads[is_part]
        return Block(quads, places - places.min(axis=0))


class Way(NamedTuple):
    """Holes, and the contrast in which they are seen."""

    holes: Holes
    contrast: NDArray[np.uint8]


def find_holes(picture: NDArray[np.uint8], *, is_inverted: bool) -> Iterator[Way]:
    """Finds holes that may be cells, in all ways to see lines, the likeliest first.

    Args:
        picture: (h, w) or (h, w, 3), uint8.
        is_inverted: Lines are darker than the ground.
    """
    smooth = np.asarray(cv2.GaussianBlur(picture, (3, 3), 0), np.uint8)
    before: list[NDArray[np.uint8]] = []
    for share in _REACHES:
        reach = max(5, round(share * max(picture.shape[:2])))
        contrast = ink_contrast(smooth, reach, is_inverted=is_inverted)
        least = max(_LEAST, _OF_TYPICAL * float(np.median(contrast[::3, ::3])) + 2)
        for times, gap in itertools.product(_THRESHOLDS, _GAPS):
            is_line = (contrast > min(250, int(least * times))).view(np.uint8)
            if gap > 1:
                square = np.ones((gap, gap), np.uint8)
                is_line = np.asarray(cv2.morphologyEx(is_line, cv2.MORPH_CLOSE, square), np.uint8)
            if any(np.array_equal(is_line, other) for other in before):
                continue
            before = [*before[-3:], is_line]
            holes = _holes_in(is_line)
            if holes is not None:
                yield Way(holes, contrast)


def _holes_in(is_line: NDArray[np.uint8]) -> Holes | None:
    contours, tree = cv2.findContours(is_line, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    found: list[tuple[float, MatLike]] = []
    for contour, (_, _, _, parent) in zip(contours, tree[0] if len(contours) else (), strict=True):
        if parent < 0 or len(contour) < 4:
            continue
        area = cv2.contourArea(contour)
        if _MIN_AREA <= area <= is_line.size / 2:
            found.append((area, contour))
    found.sort(key=lambda one: -one[0])
    quads, areas = [], []
    for area, contour in found[:_MOST]:
        hull = cv2.convexHull(contour)
        whole = cv2.contourArea(hull)
        if len(hull) < 4 or area < _MIN_SOLIDITY * whole:
            continue
        around = cv2.minAreaRect(hull)[1]
        if whole < _MIN_FILL * around[0] * around[1]:
            continue
        quad = quad_around(hull)
        if whole >= _MIN_QUAD * area_of(quad[np.newaxis])[0]:
            quads.append(quad)
            areas.append(area)
    return Holes(np.array(quads) + 0.5, np.array(areas), is_line.shape) if quads else None


def area_of(quads: Quads) -> NDArray[np.float64]:
    """Of quadrilaterals, (N,): positive where their corners stand as they should."""
    first, second = quads[:, 1, 1] - quads[:, 0, 0], quads[:, 1, 0] - quads[:, 0, 1]
    return np.asarray((first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]) / 2)


def find_blocks(holes: Holes, *, is_even: bool) -> list[Block]:
    """Links holes that lie side by side; returns those of most area first.

    Args:
        holes: What may be cells.
        is_even: Cells are of about the same area.
    """
    numbers = _paint(holes)
    right, below = (_links(holes, numbers, axis, is_even=is_even) for axis in (0, 1))
    left, above = ({end: start for start, end in links.items()} for links in (right, below))
    steps = ((right, 0, 1), (below, 1, 0), (left, 0, -1), (above, -1, 0))
    free = set(right) | set(below) | set(left) | set(above)
    found: list[tuple[float, Block]] = []
    for first in sorted(free):
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
        members = list(places)
        at = np.array([places[number] for number in members])
        block = Block(holes.quads[members], at).part(None)
        found.append((float(holes.areas[members].sum()), block))
    return [block for _, block in sorted(found, key=lambda one: -one[0])]


def _paint(holes: Holes) -> NDArray[np.int32]:
    """Of each pixel, the number of the hole there, from 1 on; 0: none."""
    numbers = np.zeros(holes.shape, np.int32)
    outlines = holes.quads.reshape(-1, 4, 2)[:, [0, 1, 3, 2]]
    outlines = np.ascontiguousarray(np.rint(outlines - 0.5), np.int32)
    for number, outline in enumerate(outlines, 1):  # smaller ones come last
        cv2.fillConvexPoly(numbers, outline, (number,))
    return numbers


def _links(holes: Holes, numbers: NDArray[np.int32], axis: int, *, is_even: bool) -> dict[int, int]:
    """From each hole to the one right of it (axis 0) or below it (axis 1), if there is one."""
    quads = holes.quads if axis == 0 else holes.quads.transpose(0, 2, 1, 3)
    ends, starts = quads[:, :, 1], quads[:, :, 0]  # (M, 2, 2): the sides that face each other
    length_of_end = np.maximum(np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1), 1e-6)
    length_of_start = np.maximum(np.linalg.norm(starts[:, 1] - starts[:, 0], axis=1), 1e-6)
    middle_of_end, middle_of_start = ends.mean(axis=1), starts.mean(axis=1)
    along = middle_of_end - middle_of_start
    length = np.maximum(np.linalg.norm(along, axis=1), 1e-6)
    along /= length[:, np.newaxis]
    widest = _MAX_GAPS[is_even] * np.minimum(length, length_of_end)[:, np.newaxis]
    # (M, P): holes at places beyond the end
    far = 1.5 + np.linspace(0, 1, _PROBES) * widest
    probes = np.floor(middle_of_end[:, np.newaxis] + far[..., np.newaxis] * along[:, np.newaxis])
    x, y = probes.astype(int).transpose(2, 0, 1)
    is_inside = (x >= 0) & (y >= 0) & (x < holes.shape[1]) & (y < holes.shape[0])
    there = numbers[np.where(is_inside, y, 0), np.where(is_inside, x, 0)] - 1
    this = np.arange(len(quads))[:, np.newaxis]
    step = middle_of_start[there] - middle_of_end[:, np.newaxis]
    ahead = (step * along[:, np.newaxis]).sum(axis=2)
    aside = np.abs(step[..., 0] * along[:, None, 1] - step[..., 1] * along[:, None, 0])
    side = length_of_end[:, np.newaxis]
    is_next = is_inside & (there >= 0) & (there != this)
    is_next &= (ahead > -0.2 * side) & (ahead < widest) & (aside < _ASIDE * side)
    is_next &= np.abs(np.log(length_of_start[there] / side)) < np.log(_SIDES)
    links: dict[int, tuple[float, int]] = {}
    for one in np.flatnonzero(is_next.any(axis=1)).tolist():
        probe = int(is_next[one].argmax())
        other, cost = int(there[one, probe]), float(ahead[one, probe] + aside[one, probe])
        ratio = math.log(holes.areas[other] / holes.areas[one])
        if is_even and abs(ratio) > math.log(_MAX_AREA_RATIO):
            continue
        if other not in links or cost < links[other][0]:
            links[other] = cost, one
    return {one: other for other, (_, one) in links.items()}
