"""Ink of a grid: connected components of what differs from its ground, assigned to the cells."""

import itertools
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray


from model.ink.form import InkCrop, InkWarning, enclose_ink
from model.ink.ink_warnings import (
    FAINT_CONTRAST,
    TINY_SIZE,
    are_several,
    is_cut,
    warn_of_cells,
    warn_of_faint_ink,
    warn_of_no_grid,
)
from model.page.contrast import cubed_differences, ground_of, in_even_light
from model.page.lines import remove_lines
from model.page.grid_image import Edges, GridImage, zones_along

# Strokes and lines are narrower than this share of a cell.
_MAX_STROKE = 0.36
# The statistics of a cell are those of its core, which begins this far from its edge, shares of it.
_CORE = 0.1
# Photographs are sharpened by an unsharp mask of this deviation, shares of a cell, and weight.
_BLUR, _SHARPEN = 0.05, 1.0
# Ink of a cell: what exceeds this share of its peak, which is this quantile inside the cell,
# on a screen and on paper.
_THRESHOLD, _PEAK_FLAT, _PEAK = 0.38, 0.9985, 0.995
# The peak is at least so many grey levels, on a screen and on paper, and so many standard
# deviations of the ground's noise.
MIN_CONTRAST, _LEAST_PEAK, _NOISE_FACTOR = 24, 12.0, 5.5
# Beside a cell's edge, a line with its blurred sides is in a band of this share of the cell; it has
# in each row of pixels what all but this share of them exceed.
_LINE_BAND, _LINE_SHARE = 0.16, 0.35
# On a screen, what takes this share of a cell and is no stroke is something else than a digit.
_AREA = 0.1
# What runs straight on for this share of a cell, and is no thicker than that, is a line.
_LINE, _LINE_THICKNESS = 1.15, 0.08
# It may be paler than ink, by this factor; what has this share of its pixels near it is part of it.
_LINE_THRESHOLD, _NEAR_LINE = 0.6, 0.85
# Lines are looked for where there are more pieces of ink than this for each cell.
_MANY = 3
# What runs along the picture's edge for this share of a cell, and takes that share of its box, is
# something outside.
_ALONG_EDGE, _SOLID = 0.8, 0.4
# A component is its cell's with this share of it there; with less it is cut at the boundary, or
# where the rest extends this far, shares of a cell, into a cell that has no other ink.
_WHOLE, _OWN = 0.75, 0.25
# Boundaries are moved by this share of a cell at most, to as many gaps; a cell is filled by ink of
# this share of the typical extent.
_MOVED, _GAPS, _FILLED = 0.34, 3, 0.45
# It crosses a boundary where more than this share of it lies in a second cell.
_CROSSING = 0.04
# It is of the grid with this share of it there and, where lines enclose cells, that in their cores.
_INSIDE, _IN_CORE = 0.5, 0.25
# It may be ink where its extent is this share of a cell, and this of the largest in the same cell,
# and its thickness this of the pen's.
_LEAST_EXTENT, _OF_LARGEST, _OF_PEN = 0.03, 0.12, 0.2
# Beside the largest one of a cell it is as dark as this share, and not small, as a share of its
# area, and so far from it, shares of a cell.
_OF_LEVEL, _SMALL, _FAR = 0.5, 0.08, 0.1
# Where all others in the cell together are larger by this factor, it is all texture.
_OF_TEXTURE = 0.5
# It may be a digit, or enclose one, where its extent is this share of a cell.
_DIGIT = 0.15
# Full ink is this quantile of a cell's ink, on a screen and on paper; less than this share of it is
# ground.
_FULL_FLAT, _FULL, _GROUND_FLAT, _GROUND = 0.95, 0.85, 0.12, 0.25
# A cell may have light ink where the others have dark ink, if its contrast, cubed, is this share of
# the strongest. It is measured at about so many pixels a cell, by what is around each pixel, shares
# of a cell; so much of a drawing has one colour.
_OWN_POLARITY, _COARSE_CELL, _WINDOW, _ONE_COLOUR = 0.1, 32, 0.25, 0.4
# Digits of a clear grid take this share of a cell, and are at most so many times as large as others.
_CLEAR, _ALIKE = 0.3, 2.5


class GridInk(NamedTuple):
    """The ink of the cells of a grid."""

    crops: list[InkCrop | None]
    """Of the grid's image."""
    image: GridImage
    """The grid; where lines say nothing its boundaries may have moved."""
    is_inverted: bool
    """Ink is darker than its ground."""
    warnings: tuple[InkWarning, ...]
    is_clear: bool
    """Each cell has a digit, and there is nothing else that may be ink."""
    levels: NDArray[np.uint8]
    """(h, w): contrast of each pixel of the image to its ground."""
    is_flat: bool
    """Its ground has one colour: it was drawn on a screen."""


class _Contrast(NamedTuple):
    levels: NDArray[np.uint8]  # (h, w)
    peaks: NDArray[np.float64]  # (N,): of each cell, 0 where it has no ink
    typical: float  # contrast of the ink, grey levels
    is_inverted: bool
    is_flat: bool  # the ground has one colour
    areas: list[int]  # cells with something in them that is wider than strokes


class _Pieces(NamedTuple):
    """M connected components; the first is the ground."""

    labels: NDArray[np.int32]  # (h, w)
    boxes: NDArray[np.int32]  # (M, 4): x0, y0, x1, y1
    areas: NDArray[np.int32]  # (M,)
    counts: NDArray[np.int_]  # (M, N + 1): pixels in each cell, and in none, if any is in none
    extents: NDArray[np.int32]  # (M,): the longer sides
    levels: NDArray[np.float64]  # (M,): mean contrast
    numbers: NDArray[np.int32]  # (h, w): of the cell that each pixel is in, N for none


def find_ink(image: GridImage, *, has_lines: bool = False) -> GridInk:
    """Finds the ink of each cell, without lines.

    Args:
        image: The grid.
        has_lines: Lines were found around its cells.
    """
    contrast = _contrast(image, has_lines=has_lines)
    count, side = len(image.quads), min(image.cell)
    doubts: dict[str, list[int]] = defaultdict(list)
    if not contrast.peaks.any():
        doubts |= {"not_a_grid": contrast.areas} if contrast.areas else {}
        crops, is_clear, warnings = [None] * count, False, warn_of_cells(doubts)
        return GridInk(
            crops,
            image,
            contrast.is_inverted,
            warnings,
            is_clear,
            contrast.levels,
            contrast.is_flat,
        )
    numbers = image.cell_numbers()
    thresholds = _THRESHOLD * np.append(contrast.peaks, contrast.typical)
    thresholds[thresholds == 0] = thresholds.max()  # cells without ink of their own
    is_ink = (contrast.levels > thresholds.astype(np.uint8)[numbers]).view(np.uint8)
    pieces = _find_pieces(is_ink, contrast.levels, image)
    may_be_ink = _may_be_ink(pieces, side)
    lines = None
    if (pieces.extents[1:] >= _LINE * side).any() or may_be_ink.sum() > _MANY * count:
        thresholds *= 1 if contrast.is_flat else _LINE_THRESHOLD
        may_be_line = (contrast.levels > thresholds.astype(np.uint8)[numbers]).view(np.uint8)
        lines = remove_lines(is_ink, may_be_line, round(_LINE * side), _LINE_THICKNESS * side)
    if lines is not None:
        pieces = _find_pieces(is_ink, contrast.levels, image)
        near = np.bincount(pieces.labels[lines > 0], minlength=len(pieces.areas))
        may_be_ink = _may_be_ink(pieces, side) & (near < _NEAR_LINE * pieces.areas)
    if not has_lines:
        image, pieces = _move_boundaries(image, pieces, may_be_ink)
    is_inside = _is_inside(pieces, image, has_lines=has_lines)
    owners, crossing = _assign(pieces, may_be_ink & is_inside, side)
    if crossing:
        doubts["ink_across_divider"] = crossing
    crops: list[InkCrop | None] = []
    for number, box in enumerate(image.boxes):
        crop = _crop(contrast, pieces, owners, number, box)
        crops.append(crop)
        for code in _doubts(crop, pieces.boxes[owners == number], image, number, side):
            doubts[code].append(number)
    if areas := [number for number in contrast.areas if crops[number] is None]:
        doubts["not_a_grid"] = areas
    left = may_be_ink & (owners < 0) & (pieces.extents >= _DIGIT * side)
    for number in np.unique(pieces.counts[left & is_inside, :-1].argmax(axis=1)).tolist():
        if crops[number] is None:
            doubts["faint"].append(number)
    warnings = warn_of_cells(doubts)
    if contrast.typical < FAINT_CONTRAST:
        warnings += (warn_of_faint_ink(contrast.typical),)
    warnings += warn_of_no_grid(pieces.boxes[owners >= 0], pieces.areas[owners >= 0], is_ink.shape)
    is_clear = not (lines is not None or warnings or left.any() or None in crops)
    if is_clear:
        sizes = np.array([max(crop.levels.shape) for crop in crops if crop])
        is_clear = sizes.min() >= max(_CLEAR * side, sizes.max() / _ALIKE)
    return GridInk(
        crops,
        image,
        contrast.is_inverted,
        warnings,
        bool(is_clear),
        contrast.levels,
        contrast.is_flat,
    )


def _contrast(image: GridImage, *, has_lines: bool) -> _Contrast:
    """Contrast to the ground, each cell in its own light and polarity, and that by channel."""
    side, count = min(image.cell), len(image.quads)
    are_inverted, is_inverted = _polarities(image)
    zones = image.zones()
    grounds: list[NDArray[np.uint8]] = []
    levels = np.zeros(image.pixels.shape[:2], np.uint8)
    reach = round(_MAX_STROKE * side)
    for number, channel in enumerate(cv2.split(image.pixels)):
        for polarity in np.unique(are_inverted[:, number]).tolist():
            ground = ground_of(np.asarray(channel), reach, is_inverted=polarity)
            grounds.append(ground)
            differs = np.asarray(cv2.absdiff(ground, channel), np.uint8)
            for cell in np.flatnonzero(are_inverted[:, number] == polarity).tolist():
                y0, y1, x0, x1 = zones[cell]
                zone = np.s_[y0:y1, x0:x1]
                lit = in_even_light(differs[zone], ground[zone])
                np.maximum(levels[zone], lit, out=levels[zone])
    is_flat = 2 * cv2.countNonZero(levels) < levels.size
    least = np.full(count, float(MIN_CONTRAST))
    if not is_flat:
        blurred = cv2.GaussianBlur(levels, (0, 0), _BLUR * side)
        levels = np.asarray(cv2.addWeighted(levels, 1 + _SHARPEN, blurred, -_SHARPEN, 0), np.uint8)
        ground, least = _noise(image.inside(levels, _CORE))
        ground = np.append(ground, ground.mean()).astype(np.uint8)
        levels = cv2.subtract(levels, ground[image.cell_numbers()])
    if has_lines:
        _remove_edges(levels, image.down, image.across)
        _remove_edges(levels.T, image.across, image.down)
    inside = image.inside(levels, _CORE).reshape(count, -1)
    place = int((_PEAK_FLAT if is_flat else _PEAK) * inside.shape[1])
    peaks = np.partition(inside, place, axis=1)[:, place].astype(np.float64)
    peaks[peaks < least] = 0
    areas = _cells_with_areas(grounds, image) if is_flat else []
    typical = float(np.median(peaks[peaks > 0])) if peaks.any() else 0.0
    typical /= 1 if is_flat else 1 + _SHARPEN
    return _Contrast(np.asarray(levels, np.uint8), peaks, typical, is_inverted, is_flat, areas)


def _polarities(image: GridImage) -> tuple[NDArray[np.bool_], bool]:
    """Tells for each cell, and for all, whether ink is darker than its ground.

    Returns:
        (N, 1) or (N, 3), for each cell and channel; and for all of them together.
    """
    factor = max(1, min(image.cell) // _COARSE_CELL)
    size = image.pixels.shape[1] // factor, image.pixels.shape[0] // factor
    coarse = np.asarray(cv2.resize(image.pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    reach = max(1, round(_WINDOW * min(image.cell) / factor) // 2)
    # A mean takes a quarter of the time; the edges of shadows and tinted areas move it.
    is_flat = np.bincount(coarse.ravel()).max() > _ONE_COLOUR * coarse.size
    darkness = _darkness(image, coarse, reach, factor, by_median=False)
    if not is_flat or (darkness.min() < 0 < darkness.max()):
        darkness = _darkness(image, coarse, reach, factor, by_median=True)
    strength = np.abs(darkness).sum(axis=1, keepdims=True)
    has_own = strength > _OWN_POLARITY * strength.max()
    typical = darkness.sum(axis=0)
    return np.where(has_own, darkness, typical) >= 0, bool(typical.sum() >= 0)


def _darkness(
    image: GridImage, coarse: NDArray[np.uint8], reach: int, factor: int, *, by_median: bool
) -> NDArray[np.float64]:
    """(N, 1) or (N, 3): positive where ink is darker than its ground in a cell and channel.

    It is the sum of cubed differences to what is around each pixel: by cubes strong differences, as
    of strokes, weigh more than the noise of the ground.
    """
    cubes = cubed_differences(coarse, reach, by_median=by_median)
    cubes = cubes.reshape(*coarse.shape[:2], -1)
    down, across = (round(_CORE * length / factor) for length in image.cell)
    boxes = [[edge // factor for edge in box] for box in image.boxes]
    return np.array(
        [
            cubes[y0 + down : y1 - down, x0 + across : x1 - across].sum(axis=(0, 1))
            for y0, y1, x0, x1 in boxes
        ]
    )


def _cells_with_areas(grounds: Sequence[NDArray[np.uint8]], image: GridImage) -> list[int]:
    """The cells of a drawing whose ground has two colours: one is of something else."""
    found: set[int] = set()
    for ground in grounds:
        cores = image.inside(ground, _CORE).reshape(len(image.quads), -1)
        places = [int(share * cores.shape[1]) for share in (_AREA, 1 - _AREA)]
        low, high = np.partition(cores, places, axis=1)[:, places].T.astype(np.int64)
        found.update(np.flatnonzero(high - low > MIN_CONTRAST).tolist())
    return sorted(found)


def _noise(cells: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Contrast of the ground of cells (N, h, w), and what ink exceeds it by: (N,) each.

    Noise is looked at in each quarter of a cell: in a shadow there may be more.
    """
    count, height, width = cells.shape
    quarters = cells[:, : height // 2 * 2, : width // 2 * 2].reshape(
        count, 2, height // 2, 2, width // 2
    )
    medians = np.median(quarters, axis=(2, 4), keepdims=True)
    noise = np.median(np.abs(quarters - medians), axis=(2, 4), keepdims=True) / 0.6745
    ground = np.median(medians, axis=(1, 3), keepdims=True)
    most = (medians - ground + _NOISE_FACTOR * noise).max(axis=(1, 2, 3, 4))
    return ground.reshape(count), np.maximum(most, _LEAST_PEAK)


def _remove_edges(levels: NDArray[np.uint8], edges: Edges, segments: Edges) -> None:
    """Subtracts what runs along the edges of cells in (h, w), from left to right."""
    reach = round(_LINE_BAND * int(edges[0, 1] - edges[0, 0]))
    parts = list(zip(segments.tolist(), zones_along(segments, levels.shape[1]), strict=True))
    for at in np.unique(edges).tolist():
        for (start, end), (first, last) in parts:
            band = levels[max(0, at - reach) : at + reach + 1, first:last]
            of_cell = band[:, start - first : end - first]
            along = np.quantile(of_cell, _LINE_SHARE, axis=1, keepdims=True).astype(np.uint8)
            band -= np.minimum(band, along)


def _find_pieces(is_ink: NDArray[np.uint8], levels: NDArray[np.uint8], image: GridImage) -> _Pieces:
    _, labels, stats, _ = cv2.connectedComponentsWithStats(is_ink, connectivity=8)
    starts, sizes = stats[:, :2], stats[:, 2:4]
    boxes = np.concatenate((starts, starts + sizes), axis=1)
    areas, extents = stats[:, cv2.CC_STAT_AREA], sizes.max(axis=1)
    of_pieces = labels.ravel()
    means = np.bincount(of_pieces, levels.ravel(), len(areas)) / areas
    pieces = _Pieces(np.asarray(labels, np.int32), boxes, areas, areas, extents, means, labels)
    return _in_cells(pieces, image)


def _in_cells(pieces: _Pieces, image: GridImage) -> _Pieces:
    """The same pieces in the cells of this grid."""
    numbers, count = image.cell_numbers(), len(image.quads) + 1
    pixels = np.flatnonzero(pieces.labels)
    places = pieces.labels.ravel()[pixels] * count + numbers.ravel()[pixels]
    counts = np.bincount(places, minlength=len(pieces.areas) * count)
    return pieces._replace(counts=counts.reshape(-1, count), numbers=numbers)


def _move_boundaries(
    image: GridImage, pieces: _Pieces, is_ink: NDArray[np.bool_]
) -> tuple[GridImage, _Pieces]:
    """Moves boundaries between cells to gaps in the ink where more digits are found or fewer cut."""
    best, best_fitness = (image, pieces), _fitness(image, pieces, is_ink)
    if best_fitness == (len(image.quads), 0):
        return best
    ink = is_ink[pieces.labels]
    across, down = (
        _boundaries(ink.any(axis=axis), edges)
        for axis, edges in enumerate((image.across, image.down))
    )
    for columns, rows in itertools.product(across, down):
        moved = image.with_boundaries(rows, columns)
        of_moved = _in_cells(pieces, moved)
        fitness = _fitness(moved, of_moved, is_ink)
        if fitness > best_fitness:
            best, best_fitness = (moved, of_moved), fitness
    return best


def _boundaries(has_ink: NDArray[np.bool_], edges: Edges) -> list[list[int]]:
    """Inner boundaries that cells may have along an axis: in the widest gaps near the even ones."""
    reach = int(_MOVED * (edges[0, 1] - edges[0, 0]))
    gaps = []
    for even in edges[1:, 0].tolist():
        free = np.flatnonzero(~has_ink[max(0, even - reach) : even + reach]) + max(0, even - reach)
        runs = np.split(free, np.flatnonzero(np.diff(free) > 1) + 1) if len(free) else []
        runs.sort(key=len, reverse=True)
        gaps.append([int(min(max(even, run[0]), run[-1])) for run in runs[:_GAPS]] or [even])
    most = max(map(len, gaps), default=0)
    return [[one[min(rank, len(one) - 1)] for one in gaps] for rank in range(most)] or [[]]


def _fitness(image: GridImage, pieces: _Pieces, is_ink: NDArray[np.bool_]) -> tuple[int, int]:
    """How well cells fit the ink: digits found, then as few pieces cut as possible."""
    count = len(image.quads)
    owners, _ = _assign(pieces, is_ink & (pieces.extents >= _LEAST_EXTENT), min(image.cell))
    sizes = np.zeros(count)
    is_whole, is_cut = (owners >= 0) & (owners < count), owners == count
    np.maximum.at(sizes, owners[is_whole], pieces.extents[is_whole])
    is_filled = sizes > _FILLED * (np.median(sizes[sizes > 0]) if sizes.any() else 0)
    is_part = pieces.counts[is_cut, :-1] > (1 - _WHOLE) * pieces.areas[is_cut, np.newaxis]
    is_filled |= is_part.any(axis=0)
    return int(np.count_nonzero(is_filled)), -int(np.count_nonzero(is_cut))


def _may_be_ink(pieces: _Pieces, side: int) -> NDArray[np.bool_]:
    """(M,): neither the ground, nor specks, frames, or edges of something."""
    height, width = pieces.labels.shape
    (x0, y0, x1, y1), extents = pieces.boxes.T, pieces.extents
    along = np.where((x0 == 0) | (x1 == width), y1 - y0, 0)
    along = np.maximum(along, np.where((y0 == 0) | (y1 == height), x1 - x0, 0))
    is_solid = pieces.areas >= _SOLID * (x1 - x0) * (y1 - y0)
    may_be = (extents >= _LEAST_EXTENT * side) & ~(is_solid & (along >= _ALONG_EDGE * side))
    may_be[0] = False
    large = np.flatnonzero(may_be & (extents >= _DIGIT * side))
    may_be[large[enclose_ink(pieces.boxes[large])]] = False
    return np.asarray(may_be)


def _is_inside(pieces: _Pieces, image: GridImage, *, has_lines: bool) -> NDArray[np.bool_]:
    """(M,): is of the grid, not of what is around it or between its cells."""
    is_inside = pieces.counts[:, -1] < (1 - _INSIDE) * pieces.areas
    if not has_lines:
        return is_inside
    in_core = np.zeros(len(pieces.areas), np.int_)
    down, across = (round(_CORE * length) for length in image.cell)
    for y0, y1, x0, x1 in image.boxes:
        core = pieces.labels[y0 + down : y1 - down, x0 + across : x1 - across]
        in_core += np.bincount(core.ravel(), minlength=len(in_core))
    return is_inside & (in_core >= _IN_CORE * pieces.areas)


def _assign(
    pieces: _Pieces, is_ink: NDArray[np.bool_], side: int
) -> tuple[NDArray[np.int_], list[int]]:
    """The cell of each piece, (M,), and the cells that pieces cross.

    It is -1 where a piece is no ink, and one more than the last where it is cut at boundaries.
    """
    in_cells = pieces.counts[:, :-1]
    owners = np.where(is_ink, in_cells.argmax(axis=1), -1)
    rest = pieces.areas - in_cells.max(axis=1)
    is_crossing = is_ink & (rest > _CROSSING * pieces.areas)
    has_ink = np.bincount(owners[is_ink & ~is_crossing], minlength=in_cells.shape[1]) > 0
    crossed: set[int] = set()
    for piece in np.flatnonzero(is_crossing).tolist():
        cells = np.flatnonzero(in_cells[piece]).tolist()
        crossed.update(cells)
        is_cut = rest[piece] > (1 - _WHOLE) * pieces.areas[piece]
        x0, y0, x1, y1 = pieces.boxes[piece].tolist()
        own = pieces.labels[y0:y1, x0:x1] == piece
        for cell in cells:
            if cell != owners[piece] and not has_ink[cell]:
                y, x = np.nonzero(own & (pieces.numbers[y0:y1, x0:x1] == cell))
                is_cut |= max(np.ptp(y), np.ptp(x)) + 1 >= _OWN * side
        if is_cut:
            owners[piece] = in_cells.shape[1]
    is_scrap = (owners < 0) & (pieces.extents < _DIGIT * side)
    is_scrap[0] = False
    scraps = pieces.counts[is_scrap, :-1].sum(axis=0)
    for cell in range(in_cells.shape[1]):
        own = np.flatnonzero(owners == cell)
        if len(own) > 1:
            owners[own[~_are_of_one_digit(pieces, own, side)]] = -1
        rest = pieces.areas[own].sum() - pieces.areas[own].max(initial=0) + scraps[cell]
        if pieces.areas[own].max(initial=0) < _OF_TEXTURE * rest:
            owners[own] = -1
    thickness = pieces.areas / np.maximum(pieces.extents, 1)
    large = (owners >= 0) & (pieces.extents >= _DIGIT * side)
    if large.any():
        owners[thickness < _OF_PEN * np.median(thickness[large])] = -1
    return owners, sorted(crossed)


def _are_of_one_digit(pieces: _Pieces, own: NDArray[np.int_], side: int) -> NDArray[np.bool_]:
    """Which pieces in a cell, (m,), are no specks, scraps or shades beside its largest one."""
    areas, boxes, levels = pieces.areas[own], pieces.boxes[own], pieces.levels[own]
    largest = int(areas.argmax())
    low, high = boxes[:, :2] - boxes[largest, 2:], boxes[largest, :2] - boxes[:, 2:]
    is_stray = (areas < _SMALL * areas[largest]) & (np.maximum(low, high).max(axis=1) > _FAR * side)
    is_part = pieces.extents[own] >= _OF_LARGEST * pieces.extents[own[largest]]
    return np.asarray(is_part & ~is_stray & (levels >= _OF_LEVEL * levels[largest]))


def _crop(
    contrast: _Contrast,
    pieces: _Pieces,
    owners: NDArray[np.int_],
    number: int,
    cell: list[int],
) -> InkCrop | None:
    """Crops the ink of a cell with its soft edge; None where it has none."""
    count = len(contrast.peaks)
    is_own, is_cut = owners == number, owners == count
    is_cut &= pieces.counts[:, number] > 0
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
    place = int((_FULL_FLAT if contrast.is_flat else _FULL) * (len(inside) - 1))
    full = np.partition(inside, place)[place]
    soft = levels * cv2.dilate(own.view(np.uint8), np.ones((3, 3), np.uint8))
    soft[soft < (_GROUND_FLAT if contrast.is_flat else _GROUND) * full] = 0
    x0, y0, width, height = cv2.boundingRect(soft)
    soft = soft[y0 : y0 + height, x0 : x0 + width]
    y_first, y_last, x_first, x_last = cell
    return InkCrop(
        levels=np.minimum(soft / np.float32(full), np.float32(1)),
        left=left + x0,
        top=top + y0,
        cell=(x_first, y_first, x_last, y_last),
    )


def _doubts(
    crop: InkCrop | None,
    boxes: NDArray[np.int32],
    image: GridImage,
    number: int,
    side: int,
) -> list[str]:
    """What is doubtful about the ink of a cell that consists of components with these boxes."""
    if crop is None:
        return []
    found = []
    if crop.size_in_cell < TINY_SIZE:
        found.append("tiny")
    if len(boxes) and are_several(boxes):
        found.append("several_digits")
    if is_cut(crop, image.pixels.shape):
        found.append("cut_off")
    return found
