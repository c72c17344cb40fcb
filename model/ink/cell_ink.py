"""Ink of the cells of a grid with lines: each cell is rectified and has a ground of its own."""

from collections import defaultdict
from typing import NamedTuple, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from model.ink.assignment import InkCrop
from model.ink.form import CellInk, InkWarning, box_around, enclose_ink
from model.ink.ink_warnings import (
    FAINT_CONTRAST,
    are_several,
    warn_of_cells,
    warn_of_faint_ink,
)
from model.page.contrast import even_contrast, ink_contrast, ink_darkness
from model.page.grid_lines import MAX_STROKE
from model.page.layout import Layout
from model.page.mesh import Quads, rectify, side_of

Pixel = TypeVar("Pixel", np.uint8, np.float32)

# Side of a rectified cell and its surroundings, pixels.
_CELL, _MARGIN = 80, 18
# Edges of a cell are moved to lines at most this far, shares of a cell ...
_REACH = 0.12
# ... that have this contrast, grey levels, and this share of the typical line's.
_LEAST_LINE, _OF_TYPICAL_LINE = 4.0, 0.5
# A line, with its blurred sides, lies within this share of a cell of the edge; it has in each row
# of pixels what all but this share of them exceed.
_LINE_BAND, _LINE_SHARE = 0.16, 0.35
# Photographs are sharpened by an unsharp mask of this deviation, shares of a cell, and weight.
_BLUR, _SHARPEN = 0.05, 1.0
# Ink of a cell: what exceeds this share of its peak, which is this quantile inside the cell.
_THRESHOLD, _PEAK = 0.38, 0.985
# The peak is at least so many grey levels, and standard deviations of the ground's noise.
_LEAST_PEAK, _NOISE_FACTOR = 5.0, 3.0
# A component is of a cell with these shares of it inside the cell, and in its core, which begins
# this far from the edge, shares of the cell.
_INSIDE, _IN_CORE, _CORE = 0.5, 0.25, 0.1
# The largest component has at least this extent, the others this, shares of the cell and of it.
_LEAST_EXTENT, _LEAST_PART, _OF_LARGEST = 0.15, 0.08, 0.15
# Beyond the cell, as far as this, its ink is looked at, shares of a cell.
_BEYOND = 0.14
# Full ink is this quantile of a cell's ink; less than this share of it is ground.
_FULL, _GROUND = 0.85, 0.25
# A cell may have light ink where the others have dark ink, if its contrast is this share of theirs.
_OWN_POLARITY = 0.2


class CellCrops(NamedTuple):
    """The ink of the cells, and where they are."""

    crops: list[InkCrop | None]
    """Of the rectified cells."""
    quads: Quads
    """The cells in the picture."""
    warnings: tuple[InkWarning, ...]


def crop_cells(picture: NDArray[np.uint8], layout: Layout) -> CellCrops:
    """Crops the ink of each cell without the lines around it.

    Args:
        picture: (h, w) or (h, w, 3), uint8.
        layout: Where the cells are.
    """
    quads = _move_edges(picture, layout)
    tiles = rectify(picture, quads, (_CELL, _CELL), _MARGIN)
    contrast = _contrast(tiles, is_inverted=layout.is_inverted).astype(np.float32)
    contrast -= np.median(_inside(contrast), axis=(1, 2), keepdims=True)
    np.maximum(contrast, 0, out=contrast)
    noise = np.median(_inside(contrast)[:, ::2, ::2], axis=(1, 2)) / 0.6745
    _remove_lines(contrast)
    _remove_lines(contrast.transpose(0, 2, 1))
    crops: list[InkCrop | None] = []
    doubts: dict[str, list[int]] = defaultdict(list)
    contrasts = np.zeros(len(quads))
    for number, levels in enumerate(contrast):
        peak = float(np.quantile(_inside(levels[np.newaxis]), _PEAK))
        if peak < max(_LEAST_PEAK, _NOISE_FACTOR * float(noise[number])):
            crops.append(None)
            continue
        crop, codes = _crop(levels, peak)
        crops.append(crop)
        for code in codes:
            doubts[code].append(number)
        contrasts[number] = peak
    found = contrasts[contrasts > 0] / (1 + _SHARPEN)
    warnings = warn_of_cells(doubts)
    if len(found) and np.median(found) < FAINT_CONTRAST:
        warnings += (warn_of_faint_ink(float(np.median(found))),)
    return CellCrops(crops, quads, warnings)


def to_picture(cell: CellInk, quad: NDArray[np.float64], shape: tuple[int, ...]) -> CellInk:
    """Returns the ink of a rectified cell in pixels of the picture (height, width)."""
    if cell.box is None or cell.scale is None or cell.stroke_width is None:
        return cell
    x0, y0, x1, y1 = ((edge - _MARGIN) / _CELL for edge in cell.box)
    places = [
        (1 - y) * ((1 - x) * quad[0, 0] + x * quad[0, 1])
        + y * ((1 - x) * quad[1, 0] + x * quad[1, 1])
        for x in (x0, x1)
        for y in (y0, y1)
    ]
    factor = side_of(quad[np.newaxis]) / _CELL
    return cell._replace(
        box=box_around(np.array(places), shape),
        scale=cell.scale / factor,
        stroke_width=cell.stroke_width * factor,
    )


def _contrast(tiles: NDArray[np.uint8], *, is_inverted: bool) -> NDArray[np.uint8]:
    """(N, T, T): sharpened contrast of tiles, each with its own polarity."""
    sign = 1 if is_inverted else -1
    darkness = sign * np.array([ink_darkness(tile) for tile in _inside(tiles)])
    is_other = darkness < -_OWN_POLARITY * np.abs(darkness).max()
    reach = round(MAX_STROKE * _CELL)
    contrast = even_contrast(tiles, reach, is_inverted=is_inverted)
    if is_other.any():
        contrast[is_other] = even_contrast(tiles[is_other], reach, is_inverted=not is_inverted)
    flat = contrast.reshape(-1, tiles.shape[2])
    blurred = cv2.GaussianBlur(flat, (0, 0), _BLUR * _CELL)
    sharp = np.asarray(cv2.addWeighted(flat, 1 + _SHARPEN, blurred, -_SHARPEN, 0), np.uint8)
    return sharp.reshape(contrast.shape)


def _inside(tiles: NDArray[Pixel]) -> NDArray[Pixel]:
    """The cells of tiles (N, T, T, ...) without their edges."""
    edge = _MARGIN + round(_CORE * _CELL)
    return tiles[:, edge:-edge, edge:-edge]


def _move_edges(picture: NDArray[np.uint8], layout: Layout) -> Quads:
    """Moves each edge of each cell to the line next to it, as lines may bend."""
    tiles = rectify(picture, layout.quads, (_CELL, _CELL), _MARGIN)
    stacked = tiles.reshape(-1, *tiles.shape[2:])
    contrast = ink_contrast(
        stacked, round(MAX_STROKE * _CELL), is_inverted=layout.is_inverted
    ).reshape(tiles.shape[:3])
    reach = round(_REACH * _CELL)
    offsets, clear = np.zeros((2, len(tiles), 2)), np.zeros((2, len(tiles), 2))
    for axis, levels in enumerate((contrast, contrast.transpose(0, 2, 1))):
        for end, at in enumerate((_MARGIN, _MARGIN + _CELL)):
            band = levels[:, at - reach : at + reach, _MARGIN:-_MARGIN].astype(np.float32)
            profile = np.quantile(band, 1 - 0.6, axis=2)  # (N, 2 reach)
            profile[:, 1:-1] = (profile[:, :-2] + 2 * profile[:, 1:-1] + profile[:, 2:]) / 4
            offsets[axis, :, end] = profile.argmax(axis=1) + 0.5 - reach
            clear[axis, :, end] = profile.max(axis=1)
    offsets[clear < max(_LEAST_LINE, _OF_TYPICAL_LINE * float(np.median(clear)))] = 0
    down, across = offsets / _CELL  # (N, 2): of the first and the last edge
    quads = layout.quads
    right = (quads[:, :, 1] - quads[:, :, 0])[:, :, np.newaxis]  # (N, 2, 1, 2)
    below = (quads[:, 1] - quads[:, 0])[:, np.newaxis]  # (N, 1, 2, 2)
    moved = quads + across[:, None, :, None] * right + down[:, :, None, None] * below
    return np.asarray(moved)


def _remove_lines(contrast: NDArray[np.float32]) -> None:
    """Subtracts what runs along the upper and lower edges of tiles (N, T, T)."""
    reach = round(_LINE_BAND * _CELL)
    for at in (_MARGIN, _MARGIN + _CELL):
        band = contrast[:, at - reach : at + reach + 1]
        along = np.quantile(band[:, :, _MARGIN:-_MARGIN], _LINE_SHARE, axis=2, keepdims=True)
        band -= along.astype(np.float32)
        np.maximum(band, 0, out=band)


def _crop(levels: NDArray[np.float32], peak: float) -> tuple[InkCrop | None, set[str]]:
    """Crops the ink of a rectified cell, None where it has none; and what is doubtful about it."""
    beyond = _MARGIN - round(_BEYOND * _CELL)
    window = levels[beyond:-beyond, beyond:-beyond]
    is_ink = (window > _THRESHOLD * peak).view(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(is_ink, connectivity=8)
    edge = _MARGIN - beyond
    core = edge + round(_CORE * _CELL)
    inside, in_core = (
        np.bincount(labels[start:-start, start:-start].ravel(), minlength=count)
        for start in (edge, core)
    )
    areas = stats[:, cv2.CC_STAT_AREA]
    starts = stats[:, (cv2.CC_STAT_LEFT, cv2.CC_STAT_TOP)]
    boxes = np.concatenate((starts, starts + stats[:, 2:4]), axis=1)
    extents = (boxes[:, 2:] - boxes[:, :2]).max(axis=1)
    is_own = (inside >= _INSIDE * areas) & (in_core >= _IN_CORE * areas)
    is_own &= extents >= _LEAST_PART * _CELL
    is_own[0] = False  # the ground
    is_own &= ~enclose_ink(boxes, is_own & (extents >= _LEAST_EXTENT * _CELL))
    largest = extents[is_own].max(initial=0)
    if largest < _LEAST_EXTENT * _CELL:
        return None, {"tiny"} if largest else set()
    is_own &= extents >= _OF_LARGEST * largest
    own = is_own[labels]
    full = float(np.quantile(window[own], _FULL))
    around = cv2.dilate(own.view(np.uint8), np.ones((3, 3), np.uint8)).view(np.bool_)
    soft = np.where(around, np.minimum(window / np.float32(full), 1), np.float32(0))
    soft[soft < _GROUND] = 0
    y, x = np.flatnonzero(soft.any(axis=1)), np.flatnonzero(soft.any(axis=0))
    crop = InkCrop(
        levels=soft[y[0] : y[-1] + 1, x[0] : x[-1] + 1],
        left=beyond + int(x[0]),
        top=beyond + int(y[0]),
        cell=(_MARGIN, _MARGIN, _MARGIN + _CELL, _MARGIN + _CELL),
        factor=1,
    )
    return crop, _doubts(boxes[is_own], len(window))


def _doubts(boxes: NDArray[np.int32], side: int) -> set[str]:
    """What is doubtful about the components (M, 4) of a window (side, side)."""
    doubts = set()
    if boxes[:, :2].min() <= 0 or boxes[:, 2:].max() >= side:
        doubts.add("ink_across_divider")
    if are_several(boxes):
        doubts.add("several_digits")
    return doubts
