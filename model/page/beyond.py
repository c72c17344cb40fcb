"""Finds out whether a grid goes on beyond the cells that were found."""

import functools

import cv2
import numpy as np
from numpy.typing import NDArray

from model.page.contrast import ink_contrast, shrink
from model.page.mesh import Quads, rectify, side_of

# Side of a rectified cell, pixels, and the pixels that are left out on each side.
_CELL, _EDGE = 32, 4
# Strokes are narrower than this share of a cell.
_MAX_STROKE = 0.36
# Ink has this share of the contrast of the cells' own; cells with less than that have none.
_OF_TYPICAL, _OF_STRONGEST = 0.4, 0.5
# A digit differs in height from the cells' own by less than these factors, and most ink is its.
_SIMILAR, _MOST = (0.5, 1.7), 0.6
# A row or column is of the grid where at least half of its cells, and so many, hold a digit.
_LEAST_DIGITS = 2
# No more rows and columns than this are counted.
_MANY = 100
# A cell is in the picture where less than this share of a side is not.
_OUTSIDE = 0.1


def count_rows_and_columns(
    picture: NDArray[np.uint8], quads: Quads, rows: int, columns: int, *, is_inverted: bool
) -> tuple[int, int]:
    """Counts rows and columns of a grid, with those next to its cells that hold digits like them.

    Args:
        picture: (h, w) or (h, w, 3), uint8.
        quads: Its cells, as far as they were found, in reading order, R by C.
        rows: R.
        columns: C.
        is_inverted: Ink is darker than the ground.
    """
    lattice = _Lattice(picture, quads, rows, columns, is_inverted=is_inverted)
    top, bottom, left, right = 0, rows, 0, columns
    for _ in range(_MANY):
        before = top, bottom, left, right
        top -= lattice.has_digits([(top - 1, column) for column in range(left, right)])
        bottom += lattice.has_digits([(bottom, column) for column in range(left, right)])
        left -= lattice.has_digits([(row, left - 1) for row in range(top, bottom)])
        right += lattice.has_digits([(row, right) for row in range(top, bottom)])
        if (top, bottom, left, right) == before:
            break
    return bottom - top, right - left


class _Lattice:
    """Cells that a grid has, or may have beyond those found."""

    def __init__(
        self,
        picture: NDArray[np.uint8],
        quads: Quads,
        rows: int,
        columns: int,
        *,
        is_inverted: bool,
    ) -> None:
        self.picture, self.quads, self.is_inverted = picture, quads, is_inverted
        middles = quads.mean(axis=(1, 2))
        places = np.array(list(np.ndindex(rows, columns)), np.float64)
        system = np.column_stack([np.ones(len(places)), places])
        self.origin, self.below, self.right = np.linalg.lstsq(system, middles, rcond=None)[0]
        self.corners = (quads - middles[:, None, None]).mean(axis=0)  # from the middle of a cell
        if rows == 1:
            self.below = (self.corners[1] - self.corners[0]).mean(axis=0)
        if columns == 1:
            self.right = (self.corners[:, 1] - self.corners[:, 0]).mean(axis=0)

    def has_digits(self, places: list[tuple[int, int]]) -> bool:
        """Whether half of the cells in these rows and columns hold digits like the others."""
        at = np.array(places, np.float64)
        middles = self.origin + at[:, :1] * self.below + at[:, 1:] * self.right
        quads = middles[:, None, None] + self.corners
        height, width = self.picture.shape[:2]
        slack = _OUTSIDE * side_of(quads)
        if quads.min() < -slack or (quads > np.array([width, height]) + slack).any():
            return False
        num_digits = sum(self._is_digit(tile) for tile in self._contrast_of(quads))
        return num_digits >= max(min(_LEAST_DIGITS, len(places)), len(places) / 2)

    @functools.cached_property
    def _small(self) -> tuple[NDArray[np.uint8], int]:
        """The picture with cells of about the size of the rectified ones, and its factor."""
        factor = min(max(1, int(side_of(self.quads) / _CELL)), *self.picture.shape[:2])
        return shrink(self.picture, factor), factor

    @functools.cached_property
    def _own_contrast(self) -> NDArray[np.uint8]:
        """(n, h, w): of those cells that were found that are not blank beside the others."""
        contrast = self._contrast_of(self.quads)
        peaks = contrast.max(axis=(1, 2))
        return np.asarray(contrast[peaks >= _OF_STRONGEST * peaks.max()])

    @functools.cached_property
    def _threshold(self) -> float:
        return _OF_TYPICAL * float(np.median(self._own_contrast.max(axis=(1, 2))))

    @functools.cached_property
    def _height(self) -> float:
        """Height of the digits in the cells that were found, pixels."""
        return float(np.median([self._largest(tile)[0] for tile in self._own_contrast]))

    def _contrast_of(self, quads: Quads) -> NDArray[np.uint8]:
        """(N, h, w): of the ink in cells."""
        small, factor = self._small
        tiles = rectify(small, quads / factor, (_CELL, _CELL), 0)
        reach = round(_MAX_STROKE * _CELL)
        contrast = [ink_contrast(tile, reach, is_inverted=self.is_inverted) for tile in tiles]
        return np.array(contrast)[:, _EDGE:-_EDGE, _EDGE:-_EDGE]

    def _is_digit(self, tile: NDArray[np.uint8]) -> bool:
        height, share = self._largest(tile)
        return _SIMILAR[0] * self._height < height < _SIMILAR[1] * self._height and share > _MOST

    def _largest(self, tile: NDArray[np.uint8]) -> tuple[int, float]:
        """Height of a cell's largest component that is no line, and its share of their area."""
        is_ink = (tile > self._threshold).view(np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(is_ink, connectivity=8)
        starts, sizes, areas = stats[1:, :2], stats[1:, 2:4], stats[1:, cv2.CC_STAT_AREA]
        num_touched = (starts == 0).sum(axis=1) + (starts + sizes == len(tile)).sum(axis=1)
        areas = np.where(num_touched < 2, areas, 0)  # a line goes from side to side
        if not areas.any():
            return 0, 0.0
        largest = int(areas.argmax())
        return int(sizes[largest, 1]), float(areas[largest] / areas.sum())
