"""The ink of the cells of a grid, without the lines around them."""

import math
from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from model.ink.assignment import Assignment, assign
from model.ink.form import InkCrop, InkWarning
from model.ink.ink_warnings import (
    FAINT_CONTRAST,
    doubts_of_crop,
    share_of_largest,
    warn_of_cells,
    warn_of_faint_ink,
    warn_of_no_grid,
)
from model.ink.pieces import DIGIT, Pieces, find_pieces
from model.page.cell_contrast import CellContrast
from model.page.grid_image import GridImage
from model.page.lines import remove_lines

# Ink is what exceeds this share of the peak of its cell.
_THRESHOLD = 0.38
# What runs straight on for this share of a cell, and is no thicker than that, is a line.
_LINE, _LINE_THICKNESS = 1.15, 0.08
# It may be paler than ink, by this factor; what has this share of its pixels near it is part of it.
_LINE_THRESHOLD, _NEAR_LINE = 0.6, 0.85
# What is wider than this share of a cell is no rest of a line.
_NO_LINE = 0.1
# In a photograph, lines are looked for where there are more pieces than this for each cell.
_MANY = 3
# Full ink is this quantile of a cell's ink, on a screen and on paper; less than this share of it is
# ground.
_FULL_FLAT, _FULL, _GROUND_FLAT, _GROUND = 0.95, 0.85, 0.12, 0.25
# Digits of a clear grid take this share of a cell, and differ in size by less than this factor.
_CLEAR, _ALIKE = 0.3, 2.5
# The largest piece of such a digit has this share of its extent.
_ONE_PIECE = 0.7
_SQUARE = np.ones((3, 3), np.uint8)


class GridInk(NamedTuple):
    """The ink of the cells of a grid."""

    crops: list[InkCrop | None]
    """Of the grid's image."""
    image: GridImage
    """The grid; where lines say nothing its boundaries may have moved."""
    contrast: CellContrast
    """Of its ink."""
    warnings: tuple[InkWarning, ...]
    has_lines: bool
    """Lines were taken off."""
    is_clear: bool
    """Each cell has a digit, and there is nothing else that may be ink."""


class _Found(NamedTuple):
    pieces: Pieces
    may_be_ink: NDArray[np.bool_]  # (M,)
    has_lines: bool  # lines were taken off


def find_ink(image: GridImage, contrast: CellContrast, *, has_lines: bool = False) -> GridInk:
    """Finds the ink of each cell.

    Args:
        image: The grid.
        contrast: Of its pixels.
        has_lines: Lines were found around its cells.
    """
    found = _find_pieces(image, contrast)
    are_inside = np.ones_like(found.may_be_ink)
    if has_lines:
        are_inside = found.pieces.are_inside(image)
    is_ink = found.may_be_ink & are_inside
    assigned = assign(image, found.pieces, is_ink, contrast.levels, may_move=not has_lines)
    image, pieces, owners, crossed = assigned
    of_cells = [assigned.pieces_of(number) for number in range(assigned.num_cells)]
    crops = [_crop(contrast, assigned, own, number) for number, own in enumerate(of_cells)]
    is_left = found.may_be_ink & (owners < 0) & (pieces.extents >= DIGIT * min(image.cell))
    doubts: dict[str, set[int]] = defaultdict(set)
    doubts["ink_across_divider"].update(crossed)
    for number, (crop, own) in enumerate(zip(crops, of_cells, strict=True)):
        for code in doubts_of_crop(crop, pieces.boxes[own], image.pixels.shape) if crop else ():
            doubts[code].add(number)
    if is_left.any():
        for code, number in _doubts_of_rest(pieces, is_left, are_inside, image, crops):
            doubts[code].add(number)
    warnings = warn_of_cells(doubts, len(image.down), len(image.across))
    if 0 < contrast.typical < FAINT_CONTRAST:
        warnings += (warn_of_faint_ink(contrast.typical),)
    warnings += warn_of_no_grid(
        pieces.boxes[owners >= 0], pieces.areas[owners >= 0], image.pixels.shape
    )
    is_clear = not (found.has_lines or warnings or is_left.any())
    is_clear = is_clear and _are_clear(crops, pieces, of_cells, min(image.cell))
    return GridInk(crops, image, contrast, warnings, found.has_lines, is_clear)


def _doubts_of_rest(
    pieces: Pieces,
    is_left: NDArray[np.bool_],
    are_inside: NDArray[np.bool_],
    image: GridImage,
    crops: list[InkCrop | None],
) -> Iterator[tuple[str, int]]:
    """Codes, and the cells next to them, of pieces as large as digits that no cell has."""
    nearest = pieces.nearest_cells(image)
    are_between = ~are_inside & ~pieces.are_at_edges().any(axis=1)
    widths = (pieces.boxes[:, 2:] - pieces.boxes[:, :2]).min(axis=1)
    for piece in np.flatnonzero(is_left & (are_inside | are_between)).tolist():
        cell = int(nearest[piece])
        if crops[cell] is None:
            yield "faint", cell
        elif are_between[piece] and widths[piece] >= _NO_LINE * min(image.cell):
            yield "ink_across_divider", cell


def _find_pieces(image: GridImage, contrast: CellContrast) -> _Found:
    """Finds pieces of ink, and removes lines where there may be some."""
    side, levels = min(image.cell), contrast.levels
    thresholds = _THRESHOLD * np.where(contrast.peaks > 0, contrast.peaks, contrast.peaks.max())
    is_ink = _exceed(levels, thresholds, image)
    pieces = find_pieces(is_ink, image)
    may_be_ink = pieces.may_be_ink(side)
    is_long = pieces.extents[1:] >= _LINE * side
    # In a photograph they may be broken.
    are_many = not contrast.is_flat and may_be_ink.sum() > _MANY * len(image.quads)
    if not (is_long.any() or are_many):
        return _Found(pieces, may_be_ink, has_lines=False)
    thresholds *= 1 if contrast.is_flat else _LINE_THRESHOLD
    may_be_line = _exceed(levels, thresholds, image)
    lines = remove_lines(is_ink, may_be_line, round(_LINE * side), _LINE_THICKNESS * side)
    if lines is None:
        return _Found(pieces, may_be_ink, has_lines=False)
    pieces = find_pieces(is_ink, image)
    near = np.bincount(pieces.labels[lines > 0], minlength=len(pieces.areas))
    may_be_ink = pieces.may_be_ink(side) & (near < _NEAR_LINE * pieces.areas)
    return _Found(pieces, may_be_ink, has_lines=True)


def _exceed(
    levels: NDArray[np.uint8], thresholds: NDArray[np.float64], image: GridImage
) -> NDArray[np.uint8]:
    """(h, w): 1 where levels exceed the threshold of the nearest cell, none where that is 0."""
    exceed = np.zeros(levels.shape, np.uint8)
    for (y0, y1, x0, x1), threshold in zip(image.zones(), thresholds.tolist(), strict=True):
        if threshold:
            zone = np.s_[y0:y1, x0:x1]
            np.greater(levels[zone], int(threshold), out=exceed[zone].view(np.bool_))
    return exceed


def _crop(
    contrast: CellContrast, assigned: Assignment, own: list[int], number: int
) -> InkCrop | None:
    """Crops the ink of a cell with its soft edge; None where it has none.

    Args:
        contrast: Of the grid.
        assigned: Its components.
        own: Those that are of this cell alone.
        number: Of the cell.
    """
    pieces, cell = assigned.pieces, assigned.image.boxes[number]
    in_cell = pieces.counts[:, number].tolist()
    cut = [piece for piece in assigned.pieces_of(assigned.num_cells) if in_cell[piece]]
    if not (own or cut):
        return None
    x0, y0, x1, y1 = zip(*pieces.boxes[own + cut].tolist(), strict=True)
    left, top = max(min(x0) - 1, 0), max(min(y0) - 1, 0)
    window = np.s_[top : max(y1) + 1, left : max(x1) + 1]
    labels, levels = pieces.labels[window], contrast.levels[window]
    is_own = _are_in(labels, own, len(pieces.areas))
    if cut:
        y_first, y_last, x_first, x_last = (
            max(0, edge - start) for edge, start in zip(cell, (top, top, left, left), strict=True)
        )
        own_part = np.s_[y_first:y_last, x_first:x_last]
        is_own[own_part] |= _are_in(labels[own_part], cut, len(pieces.areas))
    inside = levels[is_own]
    place = int((_FULL_FLAT if contrast.is_flat else _FULL) * (len(inside) - 1))
    full = float(np.partition(inside, place)[place])
    soft = cv2.bitwise_and(levels, levels, mask=cv2.dilate(is_own.view(np.uint8), _SQUARE))
    least = (_GROUND_FLAT if contrast.is_flat else _GROUND) * full
    _, soft = cv2.threshold(soft, math.ceil(least) - 1, 0, cv2.THRESH_TOZERO)
    x, y, width, height = cv2.boundingRect(soft)
    ink = soft[y : y + height, x : x + width].astype(np.float32)
    ink *= np.float32(1 / full)
    np.minimum(ink, 1, out=ink)
    y_first, y_last, x_first, x_last = cell
    return InkCrop(ink, left + x, top + y, (x_first, y_first, x_last, y_last))


def _are_in(labels: NDArray[np.int32], pieces: list[int], count: int) -> NDArray[np.bool_]:
    """(h, w): is of one of these components, of so many."""
    if len(pieces) == 1:
        return np.asarray(labels == pieces[0])
    is_one = np.zeros(count, np.bool_)
    is_one[pieces] = True
    return is_one.take(labels)


def _are_clear(
    crops: list[InkCrop | None], pieces: Pieces, of_cells: list[list[int]], side: int
) -> bool:
    """Whether each cell has a digit that is mostly of one piece, and they are alike in size."""
    sizes = [max(crop.levels.shape) if crop else 0 for crop in crops]
    return min(sizes) >= max(_CLEAR * side, max(sizes) / _ALIKE) and all(
        crop and share_of_largest(crop, pieces.boxes[own]) >= _ONE_PIECE
        for crop, own in zip(crops, of_cells, strict=True)
    )
