"""Background subtraction: from grey pixels to levels of ink, whatever the polarity."""

import functools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.ink.image_operations import block_means

# What differs less than this from the background is JPEG's, dust or noise: grey levels.
MIN_CONTRAST = 24
# A background is flat where the first share of all pixels is within so many levels of the mode and
# the last share of these has one level; a camera's noise would spread them.
_FLAT_SHARE, _FLAT_LEVELS, _SAME_SHARE = 0.55, 3, 0.6
# Side of the window with whose mean a pixel is compared to find the polarity, shares of the longer
# side.
_NEIGHBOURHOOD = 0.15
# A pixel is ink where it differs by more than this many standard deviations of the noise.
_NOISE_FACTOR = 5.0
# Strokes are at most this wide, shares of the longer side.
_MAX_STROKE_WIDTH = 0.13
# A line may be fainter than a stroke: its threshold is this share of the other.
_LINE_THRESHOLD = 0.6


class Ink(NamedTuple):
    """The ink of a picture, its background subtracted."""

    levels: NDArray[np.uint8]
    """(h, w): how far each pixel is from its background towards ink, grey levels."""
    threshold: float
    """A pixel of more than this is ink."""
    contrast: float
    """Of the ink, grey levels: what its darkest fifth exceeds; 0 where there is no ink."""
    is_inverted: bool
    """The ink is darker than the background."""
    background: int | None
    """Grey level of a flat background, as of a drawing on a screen; None for a photograph."""
    noise: float = 0.0
    """Standard deviation of a photographed background's noise, grey levels."""

    @property
    def is_flat(self) -> bool:
        """The background has one grey level: the picture was drawn on a screen."""
        return self.background is not None

    @property
    def is_ink(self) -> NDArray[np.bool_]:
        """(h, w)."""
        return self.levels > int(self.threshold)

    @property
    def may_be_line(self) -> NDArray[np.bool_]:
        """(h, w): ink, or as faint as a ruled line may be."""
        return self.levels > int(self.threshold * (1.0 if self.is_flat else _LINE_THRESHOLD))


def subtract_background(picture: NDArray[np.uint8]) -> Ink:
    """Estimates the background and subtracts it.

    Args:
        picture: (h, w), uint8, grey, of any polarity.
    """
    counts = np.bincount(picture.ravel(), minlength=256)
    near = np.convolve(counts, np.ones(2 * _FLAT_LEVELS + 1, np.int64), "same")
    mode = int(near.argmax())
    is_one_colour = counts[_window_around(mode)].max() >= _SAME_SHARE * near[mode]
    if is_one_colour and near[mode] >= _FLAT_SHARE * picture.size:
        return _subtract_flat(picture, counts, mode)
    return _subtract_uneven(picture)


def _subtract_flat(picture: NDArray[np.uint8], counts: NDArray[np.int64], mode: int) -> Ink:
    around = np.arange(256)[_window_around(mode)]
    background = int(around @ counts[around] / counts[around].sum() + 0.5)
    distance = np.arange(256) - background
    weight = counts * np.where(np.abs(distance) > _FLAT_LEVELS, np.abs(distance), 0)
    is_inverted = bool(weight[:background].sum() > weight[background:].sum())
    # Histogram of ink levels, from that of the picture.
    steps = np.maximum(-distance if is_inverted else distance, 0)
    amounts = np.bincount(steps, counts, minlength=256).astype(np.int64)
    contrast = _ink_contrast(amounts, MIN_CONTRAST)
    levels = ink_levels(background, picture, is_inverted=is_inverted)
    return Ink(levels, max(MIN_CONTRAST, 0.3 * contrast), contrast, is_inverted, background)


def ink_levels(
    background: int, picture: NDArray[np.uint8], *, is_inverted: bool
) -> NDArray[np.uint8]:
    """How far each pixel is from its background towards ink, grey levels.

    Args:
        background: Its grey level.
        picture: (h, w).
        is_inverted: Ink is darker than the background.
    """
    darker = np.minimum(picture, background) if is_inverted else background
    lighter = background if is_inverted else np.maximum(picture, background)
    levels: NDArray[np.uint8] = np.subtract(lighter, darker)
    return levels


def _subtract_uneven(picture: NDArray[np.uint8]) -> Ink:
    """Subtracts unevenly lit paper, which is estimated by a morphological closing."""
    is_inverted = _is_ink_darker(picture)
    paper = picture if is_inverted else ~picture
    reach = round(_MAX_STROKE_WIDTH * max(picture.shape) / 2)
    background = _close(_halve_by_minimum(paper), max(1, reach // 2))
    residual = _upsample(background, picture.shape).astype(np.int16)
    residual -= paper
    # A closing of noise is too bright. Most pixels are paper, so the median says by how much.
    added, noise = _noise_statistics(residual[::2, ::2])
    residual -= np.int16(added)
    levels = np.minimum(np.maximum(residual, 0, out=residual), 255).astype(np.uint8)
    least = max(MIN_CONTRAST, _NOISE_FACTOR * noise)
    contrast = _ink_contrast_on_paper(levels[levels > int(least)])
    return Ink(levels, max(least, 0.35 * contrast), contrast, is_inverted, None, noise)


def _is_ink_darker(picture: NDArray[np.uint8]) -> bool:
    """Tells whether pixels that differ from their neighbourhood are darker than it.

    By the sum of cubes, in which large differences weigh most. The edge of a shadow has equal
    differences on both sides, which cancel out.
    """
    few = block_means(picture, 4).astype(np.float32)
    half = max(1, round(_NEIGHBOURHOOD * max(few.shape) / 2))
    down, across = (_box_filter(length, half) for length in few.shape)
    apart = few * np.float32((2 * half + 1) ** 2) - down @ few @ across.T
    return bool(np.vdot(apart * apart, apart) < 0)


@functools.lru_cache(maxsize=64)
def _box_filter(length: int, half: int) -> NDArray[np.float32]:
    """Weights (length, length) of a box filter with edges repeated: sums within ``half`` pixels."""
    near = np.arange(length)[:, None] + np.arange(-half, half + 1)
    weights = np.zeros((length, length), np.float32)
    np.add.at(weights, (np.arange(length)[:, None], near.clip(0, length - 1)), 1)
    return weights


def _halve_by_minimum(paper: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Halves a picture by the minimum of two by two pixels, so that no shadow's edge is ink."""
    rows = np.minimum(paper[:-1:2], paper[1::2])
    darkest: NDArray[np.uint8] = np.minimum(rows[:, :-1:2], rows[:, 1::2])
    return darkest


def _upsample(levels: NDArray[np.uint8], shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Doubles a halved picture to ``shape``, which may be odd."""
    height, width = shape
    wide = levels.take(np.arange(width) // 2, axis=1, mode="clip")
    doubled: NDArray[np.uint8] = wide.take(np.arange(height) // 2, axis=0, mode="clip")
    return doubled


def _close(levels: NDArray[np.uint8], half: int) -> NDArray[np.uint8]:
    """Morphological closing with a square of side 2 * half + 1, which removes narrower ink.

    Pixels at the edges are repeated beyond them.

    Reference: Serra, "Image Analysis and Mathematical Morphology", 1982.
    """
    filled: NDArray[np.uint8] = ~_dilate_square(~_dilate_square(_pad(levels, 2 * half), half), half)
    return filled


def _dilate_square(levels: NDArray[np.uint8], half: int) -> NDArray[np.uint8]:
    """The maximum over a square around each pixel; ``half`` pixels are lost on every side."""
    for _ in range(2):
        window = 1
        while window < 2 * half + 1:  # each step nearly doubles the window
            step = min(window, 2 * half + 1 - window)
            levels = np.maximum(levels[step:], levels[:-step])
            window += step
        levels = levels.T
    return levels


def _pad(levels: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    """Repeats the outermost pixels ``width`` times."""
    height, length = levels.shape
    wide = levels.take(np.arange(-width, length + width), axis=1, mode="clip")
    padded: NDArray[np.uint8] = wide.take(np.arange(-width, height + width), axis=0, mode="clip")
    return padded


def _window_around(mode: int) -> slice:
    return slice(max(0, mode - _FLAT_LEVELS), mode + _FLAT_LEVELS + 1)


def _ink_contrast(amounts: NDArray[np.int64], least: float) -> float:
    """The level that a fifth of the ink's pixels exceed; 0 where there is no ink."""
    ink = amounts.copy()
    ink[: int(least) + 1] = 0
    total = ink.sum()
    if not total:
        return 0.0
    return float(np.searchsorted(np.cumsum(ink), 0.8 * total))


def _ink_contrast_on_paper(ink: NDArray[np.uint8]) -> float:
    """The same for photographs, where faint ruled lines may have more ink than the pen's strokes.

    Cubes give weight to the pen; without lines, the result is about that of ``_ink_contrast``.
    """
    if not len(ink):
        return 0.0
    amounts = np.bincount(ink, minlength=256)
    total = np.cumsum(amounts * np.arange(256, dtype=np.float64) ** 3)
    return float(np.searchsorted(total, 0.62 * total[-1]))


def _noise_statistics(residual: NDArray[np.int16]) -> tuple[int, float]:
    """Median and standard deviation of differences of grey levels.

    The latter is estimated by the median absolute deviation.
    """
    counts = np.bincount(residual.ravel() + 255, minlength=511)
    median = _median_of_counts(counts)
    distances = np.abs(np.arange(len(counts)) - median)
    return median - 255, 1.4826 * _median_of_counts(np.bincount(distances, counts))


def _median_of_counts(counts: NDArray[np.int64] | NDArray[np.float64]) -> int:
    """Median of whole numbers from 0, given their histogram."""
    total = counts.cumsum()
    return int(total.searchsorted(total[-1] / 2))
