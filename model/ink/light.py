"""From grey pixels to levels of ink: the background taken off, the polarity decided."""

import functools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.ink.shrink import block_means

# Ink that differs less than this from its background is none: JPEG, dust, noise. Grey levels.
LEAST_CONTRAST = 24
# A background is flat where this share of the pixels lies within so many levels of one another,
# and this share of those has the very same level: a camera's noise would spread them.
_FLAT_SHARE, _FLAT_LEVELS, _SAME_SHARE = 0.55, 3, 0.6
# Side of what surrounds a pixel where it is asked whether ink is darker, shares of the longer side.
_SURROUNDINGS = 0.15
# A pixel is ink where it differs by more than this many standard deviations of the noise.
_NOISE_FACTOR = 5.0
# Paper is within this distance of any ink, shares of the longer side.
_WIDEST_STROKE = 0.13
# A line may be fainter than a stroke: it is looked for above this share of the threshold.
_LINE_SHARE = 0.6


class Ink(NamedTuple):
    """A picture as ink."""

    levels: NDArray[np.uint8]
    """(h, w): how far each pixel is from its background towards ink, grey levels."""
    threshold: float
    """A pixel of more than this is ink."""
    strong: float
    """What the picture's ink reaches, grey levels; 0 where there is none."""
    is_inverted: bool
    """The ink is darker than the background."""
    background: int | None
    """Its grey level, where it is of one colour: drawn on a screen. None: photographed."""
    noise: float = 0.0
    """Standard deviation of a photographed background's noise, grey levels."""

    @property
    def is_flat(self) -> bool:
        """Drawn on a screen."""
        return self.background is not None

    @property
    def is_ink(self) -> NDArray[np.bool_]:
        """(h, w)."""
        return self.levels > int(self.threshold)

    @property
    def may_be_line(self) -> NDArray[np.bool_]:
        """(h, w): ink, and what is as faint as a ruled line may be."""
        return self.levels > int(self.threshold * (1.0 if self.is_flat else _LINE_SHARE))


def find_ink(picture: NDArray[np.uint8]) -> Ink:
    """Takes the background off.

    Args:
        picture: (h, w), uint8, grey, of any polarity.
    """
    counts = np.bincount(picture.ravel(), minlength=256)
    near = np.convolve(counts, np.ones(2 * _FLAT_LEVELS + 1, np.int64), "same")
    mode = int(near.argmax())
    is_one_colour = counts[_around(mode)].max() >= _SAME_SHARE * near[mode]
    if is_one_colour and near[mode] >= _FLAT_SHARE * picture.size:
        return _on_flat(picture, counts, mode)
    return _on_uneven(picture)


def _on_flat(picture: NDArray[np.uint8], counts: NDArray[np.int64], mode: int) -> Ink:
    around = np.arange(256)[_around(mode)]
    background = int(around @ counts[around] / counts[around].sum() + 0.5)
    distance = np.arange(256) - background
    weight = counts * np.where(np.abs(distance) > _FLAT_LEVELS, np.abs(distance), 0)
    is_inverted = bool(weight[:background].sum() > weight[background:].sum())
    # Pixels of each level of ink, so that no pass over the picture is needed.
    steps = np.maximum(-distance if is_inverted else distance, 0)
    amounts = np.bincount(steps, counts, minlength=256).astype(np.int64)
    strong = _strong(amounts, LEAST_CONTRAST)
    levels = levels_on(background, picture, is_inverted=is_inverted)
    return Ink(levels, max(LEAST_CONTRAST, 0.3 * strong), strong, is_inverted, background)


def levels_on(
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


def _on_uneven(picture: NDArray[np.uint8]) -> Ink:
    """Measures the background by closing the gaps that ink leaves in it, for paper unevenly lit."""
    is_inverted = _is_ink_darker(picture)
    paper = picture if is_inverted else ~picture
    reach = round(_WIDEST_STROKE * max(picture.shape) / 2)
    background = _closed(_darkest_of_four(paper), max(1, reach // 2))
    residual = _doubled(background, picture.shape).astype(np.int16)
    residual -= paper
    # What noise adds to the background is taken off again: most of a picture is no ink.
    added, noise = _noise(residual[::2, ::2])
    residual -= np.int16(added)
    levels = np.minimum(np.maximum(residual, 0, out=residual), 255).astype(np.uint8)
    least = max(LEAST_CONTRAST, _NOISE_FACTOR * noise)
    strong = _strong_on_paper(levels[levels > int(least)])
    return Ink(levels, max(least, 0.35 * strong), strong, is_inverted, None, noise)


def _is_ink_darker(picture: NDArray[np.uint8]) -> bool:
    """Tells whether what differs from its surroundings is darker than they are.

    Cubes weigh what differs much. An edge of light and shadow has as much on either side, and so
    counts for nothing.
    """
    few = block_means(picture, 4).astype(np.float32)
    half = max(1, round(_SURROUNDINGS * max(few.shape) / 2))
    down, across = (_windows(length, half) for length in few.shape)
    apart = few * np.float32((2 * half + 1) ** 2) - down @ few @ across.T
    return bool(np.vdot(apart * apart, apart) < 0)


@functools.lru_cache(maxsize=64)
def _windows(length: int, half: int) -> NDArray[np.float32]:
    """Weights (length, length) that add up what is within ``half`` of each place.

    What lies beyond an end is as at that end.
    """
    near = np.arange(length)[:, None] + np.arange(-half, half + 1)
    weights = np.zeros((length, length), np.float32)
    np.add.at(weights, (np.arange(length)[:, None], near.clip(0, length - 1)), 1)
    return weights


def _darkest_of_four(paper: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Halves a picture: the darkest of two by two pixels, so that no edge of a shadow is ink."""
    rows = np.minimum(paper[:-1:2], paper[1::2])
    darkest: NDArray[np.uint8] = np.minimum(rows[:, :-1:2], rows[:, 1::2])
    return darkest


def _doubled(levels: NDArray[np.uint8], shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Doubles a halved picture to ``shape``, which may be a pixel more."""
    height, width = shape
    wide = levels.take(np.arange(width) // 2, axis=1, mode="clip")
    doubled: NDArray[np.uint8] = wide.take(np.arange(height) // 2, axis=0, mode="clip")
    return doubled


def _closed(levels: NDArray[np.uint8], half: int) -> NDArray[np.uint8]:
    """Brightness of paper with all that is darker and narrower than 2 * half + 1 filled in.

    The morphological closing. A picture goes on beyond its edges as it ends there.

    Reference: Serra, "Image Analysis and Mathematical Morphology", 1982.
    """
    filled: NDArray[np.uint8] = ~_greatest(~_greatest(_padded(levels, 2 * half), half), half)
    return filled


def _greatest(levels: NDArray[np.uint8], half: int) -> NDArray[np.uint8]:
    """The greatest of each pixel's neighbourhood; ``half`` pixels less on every side."""
    for _ in range(2):
        window = 1
        while window < 2 * half + 1:  # each step nearly doubles the window
            step = min(window, 2 * half + 1 - window)
            levels = np.maximum(levels[step:], levels[:-step])
            window += step
        levels = levels.T
    return levels


def _padded(levels: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    """Repeats the outermost pixels ``width`` times."""
    height, length = levels.shape
    wide = levels.take(np.arange(-width, length + width), axis=1, mode="clip")
    padded: NDArray[np.uint8] = wide.take(np.arange(-width, height + width), axis=0, mode="clip")
    return padded


def _around(mode: int) -> slice:
    return slice(max(0, mode - _FLAT_LEVELS), mode + _FLAT_LEVELS + 1)


def _strong(amounts: NDArray[np.int64], least: float) -> float:
    """What the ink reaches: the level that a fifth of its pixels exceed; 0 where there is none."""
    ink = amounts.copy()
    ink[: int(least) + 1] = 0
    total = ink.sum()
    if not total:
        return 0.0
    return float(np.searchsorted(np.cumsum(ink), 0.8 * total))


def _strong_on_paper(ink: NDArray[np.uint8]) -> float:
    """The same of a photograph's ink, whose ruled lines may be more, and fainter, than the writing.

    Cubes give weight to the pen; without lines, the result is about that of ``_strong``.
    """
    if not len(ink):
        return 0.0
    amounts = np.bincount(ink, minlength=256)
    total = np.cumsum(amounts * np.arange(256, dtype=np.float64) ** 3)
    return float(np.searchsorted(total, 0.62 * total[-1]))


def _noise(residual: NDArray[np.int16]) -> tuple[int, float]:
    """The median of differences of grey levels, and their standard deviation.

    That is told by the median of how far they are from their median.
    """
    counts = np.bincount(residual.ravel() + 255, minlength=511)
    median = _median(counts)
    distances = np.abs(np.arange(len(counts)) - median)
    return median - 255, 1.4826 * _median(np.bincount(distances, counts))


def _median(counts: NDArray[np.int64] | NDArray[np.float64]) -> int:
    """Of numbers from 0, by how many there are of each."""
    total = counts.cumsum()
    return int(total.searchsorted(total[-1] / 2))
