"""How much the ink of a grid differs from its ground: by cell, in its own light and polarity."""

import itertools
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from model.page.contrast import cubed_differences, ground_of, in_even_light, is_drawing
from model.page.grid_image import Edges, GridImage, zones_along

# Strokes and lines are narrower than this share of a cell.
_MAX_STROKE = 0.36
# The statistics of a cell are those of its core, which begins this far from its edge, shares of it.
CORE = 0.1
# Photographs are sharpened by an unsharp mask of this deviation, shares of a cell, and weight.
_BLUR, _SHARPEN = 0.05, 1.0
# Where the peaks of the stronger cells, by this quantile, are not so many times what ink exceeds,
# they are smoothed by the same mask.
_SMOOTH, _STRONG, _CLEAR = -0.7, 0.75, 2.0
# The peak of a cell is this quantile of its contrast, on a screen and on paper.
_PEAK_FLAT, _PEAK = 0.9985, 0.995
# What differs less than this from its ground is no ink: grey levels, on a screen and on paper, and
# standard deviations of the ground's noise.
MIN_CONTRAST, _LEAST_PEAK, _NOISE_FACTOR = 24, 12.0, 5.5
# A cell has at most so many times the noise of most quarters of cells, or its own fine noise.
_NOISIER = 1.6
# Beside a cell's edge, a line with its blurred sides is in a band of this share of the cell; it has
# in each row of pixels what all but this share of them exceed.
_LINE_BAND, _LINE_SHARE = 0.16, 0.35
# A cell may have light ink where the others have dark ink, if its contrast, cubed, is this share of
# the strongest. It is measured at about so many pixels a cell; in a photograph by what is around
# each pixel, shares of a cell.
_OWN_POLARITY, _COARSE_CELL, _WINDOW = 0.1, 32, 0.25


class CellContrast(NamedTuple):
    """Contrast of the N cells of a grid."""

    levels: NDArray[np.uint8]
    """(h, w): of each pixel of the grid's image, lines along the cells' edges taken off."""
    peaks: NDArray[np.float64]
    """(N,): of the ink of each cell, 0 where it has none."""
    typical: float
    """Of the ink in the picture, grey levels; 0 where there is none."""
    is_inverted: bool
    """Ink is darker than its ground."""
    is_flat: bool
    """The ground has one colour: it was drawn on a screen."""


def measure_contrast(image: GridImage, *, has_lines: bool) -> CellContrast:
    """Measures the contrast of ink, by the channel that differs most.

    Args:
        image: The grid.
        has_lines: Lines were found along the edges of its cells.
    """
    side, count = min(image.cell), len(image.quads)
    coarse = image.shrunk(max(1, side // _COARSE_CELL))
    is_photograph = not is_drawing(image.pixels)
    are_inverted, is_inverted = _polarities(coarse, is_photograph=is_photograph)
    levels = _differences(image, are_inverted, is_photograph=is_photograph)
    is_flat = 2 * cv2.countNonZero(levels) < levels.size
    if is_flat:
        least = np.full(count, float(MIN_CONTRAST))
        peaks = _finish(levels, image, has_lines=has_lines, share=_PEAK_FLAT)
        gain = 1.0
    else:
        levels, peaks, least, gain = _sharpen(levels, image, has_lines=has_lines)
    are_faint = peaks < least
    if are_faint.all() and not has_lines:  # a lone digit may stand where cells meet
        place = int((_PEAK_FLAT if is_flat else _PEAK) * levels.size)
        highest = float(np.partition(levels, place, axis=None)[place])
        peaks[:] = highest if highest >= least.max() else 0
    else:
        peaks[are_faint] = 0
    typical = float(np.median(peaks[peaks > 0])) if peaks.any() else 0.0
    typical /= gain
    return CellContrast(levels, peaks, typical, is_inverted, is_flat)


def _finish(
    levels: NDArray[np.uint8], image: GridImage, *, has_lines: bool, share: float
) -> NDArray[np.float64]:
    """Takes lines off levels, and returns the quantile of each cell, (N,), that is ``share``."""
    if has_lines:
        _remove_edges(levels, image.down, image.across)
        _remove_edges(levels.T, image.across, image.down)
    inside = image.inside(levels, CORE).reshape(len(image.quads), -1)
    place = int(share * inside.shape[1])
    return np.partition(inside, place, axis=1)[:, place].astype(np.float64)


def _sharpen(
    levels: NDArray[np.uint8], image: GridImage, *, has_lines: bool
) -> tuple[NDArray[np.uint8], NDArray[np.float64], NDArray[np.float64], float]:
    """Levels of a photograph less those of the ground, peaks of its cells, what ink exceeds, gain.

    Sharpening makes noise stronger: where ink would be lost in it, the picture is smoothed instead.
    """
    best, clearest = None, -1.0
    for weight in (_SHARPEN, _SMOOTH):
        blurred = cv2.GaussianBlur(levels, (0, 0), _BLUR * min(image.cell))
        made = np.asarray(cv2.addWeighted(levels, 1 + weight, blurred, -weight, 0), np.uint8)
        of_grounds, least = _noise(image.inside(made, CORE))
        for (y0, y1, x0, x1), of_ground in zip(image.zones(), of_grounds.tolist(), strict=True):
            zone = made[y0:y1, x0:x1]
            cv2.subtract(zone, of_ground, dst=zone)
        peaks = _finish(made, image, has_lines=has_lines, share=_PEAK)
        clear = float(np.quantile(peaks / least, _STRONG))
        if clear > clearest:
            best, clearest = (made, peaks, least, max(1.0, 1 + weight)), clear
        if clear >= _CLEAR:
            break
    assert best is not None
    return best


def _differences(
    image: GridImage, are_inverted: NDArray[np.bool_], *, is_photograph: bool
) -> NDArray[np.uint8]:
    """(h, w): difference of each pixel to its ground in even light."""
    zones, reach = image.zones(), round(_MAX_STROKE * min(image.cell))
    levels = np.zeros(image.pixels.shape[:2], np.uint8)
    for number, channel in enumerate(cv2.split(image.pixels)):
        of_cells = are_inverted[:, number].tolist()
        for polarity in set(of_cells):
            ground = ground_of(
                np.asarray(channel), reach, is_inverted=polarity, is_photograph=is_photograph
            )
            differs = np.asarray(cv2.absdiff(ground, channel), np.uint8)
            for (y0, y1, x0, x1), own in zip(zones, of_cells, strict=True):
                if own == polarity:
                    zone, lit = levels[y0:y1, x0:x1], differs[y0:y1, x0:x1]
                    if is_photograph:
                        lit = in_even_light(lit, ground[y0:y1, x0:x1])
                    np.maximum(zone, lit, out=zone)
    return levels


def _polarities(coarse: GridImage, *, is_photograph: bool) -> tuple[NDArray[np.bool_], bool]:
    """Tells for each cell, and for all, whether ink is darker than its ground.

    Returns:
        (N, 1) or (N, 3), for each cell and channel; and for all of them together.
    """
    cells = coarse.inside(coarse.pixels, CORE)
    cells = cells.reshape(len(coarse.quads), -1, coarse.num_channels)
    if not is_photograph:
        half = cells.shape[1] // 2
        ground = np.partition(cells, half, axis=1)[:, half : half + 1].astype(np.float32)
        differences = ground - cells
        cubes = differences * differences * differences
    else:  # a cell may have several grounds, in a shadow and in the light
        reach = max(1, round(_WINDOW * min(coarse.cell)) // 2)
        differences = coarse.inside(cubed_differences(coarse.pixels, reach), CORE)
        cubes = differences.reshape(cells.shape)
    darkness = cubes.sum(axis=1)
    strength = np.abs(darkness).sum(axis=1, keepdims=True)
    has_own = strength > _OWN_POLARITY * strength.max()
    typical = darkness.sum(axis=0)
    return np.where(has_own, darkness, typical) >= 0, bool(typical.sum() >= 0)


def _noise(cells: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Contrast of the ground of cells (N, h, w), and what ink exceeds it by: (N,) each.

    Noise is looked at in each quarter of a cell: in a shadow there may be more.
    """
    quarters = _quarters(cells)
    medians = _median(quarters)  # (N, 4, 1)
    ground = np.median(medians, axis=1)
    most = medians - ground[:, np.newaxis] + _NOISE_FACTOR * _deviation(quarters, medians)
    # A bold digit may take most of a quarter, and be soft: it is no noise, which is fine.
    flat = cells.reshape(-1, cells.shape[2])
    differences = np.asarray(cv2.absdiff(flat, cv2.blur(flat, (3, 3))), np.uint8)
    fine = _quarters(differences.reshape(cells.shape))
    finest = _NOISE_FACTOR * (_median(fine) / 0.6745).max(axis=(1, 2))
    likely = _NOISIER * np.maximum(np.median(most), finest)
    return ground[:, 0], np.maximum(np.minimum(most.max(axis=(1, 2)), likely), _LEAST_PEAK)


def _quarters(cells: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(N, 4, P): the pixels of each quarter of cells (N, h, w)."""
    count, height, width = cells.shape
    even = cells[:, : height // 2 * 2, : width // 2 * 2]
    quarters = even.reshape(count, 2, height // 2, 2, width // 2).swapaxes(2, 3)
    return quarters.reshape(count, 4, -1)


def _deviation(levels: NDArray[np.uint8], medians: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Standard deviation along the last axis, by the median deviation from the medians."""
    apart = np.maximum(levels, medians) - np.minimum(levels, medians)
    return np.asarray(_median(apart) / 0.6745)


def _median(levels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Along the last axis, which is kept."""
    middle = levels.shape[-1] // 2
    return np.asarray(np.partition(levels, middle, axis=-1)[..., middle : middle + 1])


def _remove_edges(levels: NDArray[np.uint8], edges: Edges, segments: Edges) -> None:
    """Subtracts what runs along the edges of cells in (h, w), from left to right."""
    reach = round(_LINE_BAND * (edges[0][1] - edges[0][0]))
    parts = list(zip(segments, zones_along(segments, levels.shape[1]), strict=True))
    for at in sorted(set(itertools.chain(*edges))):
        for (start, end), (first, last) in parts:
            band = levels[max(0, at - reach) : at + reach + 1, first:last]
            of_cell = band[:, start - first : end - first]
            place = int(_LINE_SHARE * of_cell.shape[1])
            along = np.partition(of_cell, place, axis=1)[:, place : place + 1]
            if along.any():
                band -= np.minimum(band, along)
