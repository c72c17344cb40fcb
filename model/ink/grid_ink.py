"""The ink of the cells of a grid, without the lines around them."""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from model.ink.assignment import assign, move_boundaries
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
from model.page.cell_contrast import CellContrast, measure_contrast
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


def find_ink(image: GridImage, *, has_lines: bool = False) -> GridInk:
    """Finds the ink of each cell.

    Args:
        image: The grid.
        has_lines: Lines were found around its cells.
    """
    contrast = measure_contrast(image, has_lines=has_lines)
    side = min(image.cell)
    found = _find_pieces(image, contrast)
    pieces = found.pieces
    if not has_lines:
        image, pieces = move_boundaries(image, pieces, found.may_be_ink)
    are_inside = pieces.are_inside(image, has_lines=has_lines)
    owners, crossed = assign(pieces, found.may_be_ink & are_inside, side)
    crops = [_crop(contrast, pieces, owners, number, box) for number, box in enumerate(image.boxes)]
    is_left = found.may_be_ink & (owners < 0) & (pieces.extents >= DIGIT * side)
    doubts: dict[str, set[int]] = defaultdict(set)
    doubts["ink_across_divider"].update(crossed)
    for number, crop in enumerate(crops):
        boxes = pieces.boxes[owners == number]
        for code in doubts_of_crop(crop, boxes, image.pixels.shape) if crop else ():
            doubts[code].add(number)
    if is_left.any():
        for code, number in _doubts_of_rest(pieces, is_left, are_inside, image, crops):
            doubts[code].add(number)
    warnings = warn_of_cells(doubts)
    if 0 < contrast.typical < FAINT_CONTRAST:
        warnings += (warn_of_faint_ink(contrast.typical),)
    is_ink = owners >= 0
    warnings += warn_of_no_grid(pieces.boxes[is_ink], pieces.areas[is_ink], pieces.labels.shape)
    is_clear = not (found.has_lines or warnings or is_left.any())
    is_clear = is_clear and _are_clear(crops, pieces, owners, side)
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
    are_between = ~are_inside & ~pieces.are_at_edge()
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
    pieces = find_pieces(is_ink, levels, image)
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
    pieces = find_pieces(is_ink, levels, image)
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
    contrast: CellContrast, pieces: Pieces, owners: NDArray[np.int_], number: int, cell: list[int]
) -> InkCrop | None:
    """Crops the ink of a cell with its soft edge; None where it has none."""
    is_flat = contrast.is_flat
    is_own = owners == number
    is_cut = (owners == len(contrast.peaks)) & (pieces.counts[:, number] > 0)
    boxes = pieces.boxes[is_own | is_cut]
    if not len(boxes):
        return None
    left, top = np.maximum(boxes[:, :2].min(axis=0) - 1, 0).tolist()
    right, bottom = (boxes[:, 2:].max(axis=0) + 1).tolist()
    window = slice(top, bottom), slice(left, right)
    own = is_own[pieces.labels[window]]
    if is_cut.any():
        own |= is_cut[pieces.labels[window]] & (pieces.numbers[window] == number)
    levels = contrast.levels[window]
    inside = levels[own]
    place = int((_FULL_FLAT if is_flat else _FULL) * (len(inside) - 1))
    full = np.partition(inside, place)[place]
    soft = levels * cv2.dilate(own.view(np.uint8), np.ones((3, 3), np.uint8))
    soft[soft < (_GROUND_FLAT if is_flat else _GROUND) * full] = 0
    x0, y0, width, height = cv2.boundingRect(soft)
    soft = np.minimum(soft[y0 : y0 + height, x0 : x0 + width] / np.float32(full), np.float32(1))
    y_first, y_last, x_first, x_last = cell
    return InkCrop(soft, left + x0, top + y0, (x_first, y_first, x_last, y_last))


def _are_clear(
    crops: list[InkCrop | None], pieces: Pieces, owners: NDArray[np.int_], side: int
) -> bool:
    """Whether each cell has a digit that is mostly of one piece, and they are alike in size."""
    sizes = [max(crop.levels.shape) if crop else 0 for crop in crops]
    return min(sizes) >= max(_CLEAR * side, max(sizes) / _ALIKE) and all(
        crop and share_of_largest(crop, pieces.boxes[owners == number]) >= _ONE_PIECE
        for number, crop in enumerate(crops)
    )
