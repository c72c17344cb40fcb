"""From grey pixels to levels of ink: the background taken off, the polarity decided."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# Ink that differs less than this from its background is none: JPEG, dust, noise. Grey levels.
LEAST_CONTRAST = 24
# Pictures are shrunk by whole factors to a longer side of at least this, and less than twice it.
_WORKING_SIDE = 160
# A background is flat where this share of the pixels lies within so many levels of one another,
# and this share of those has the very same level: a camera's noise would spread them.
_FLAT_SHARE, _FLAT_LEVELS, _SAME_SHARE = 0.55, 3, 0.6
# Side of the tiles in which an uneven background is measured, shares of the longer side.
_TILES = 12
# A pixel is ink where it differs by more than this many standard deviations of the noise.
_NOISE_FACTOR = 5.0
# Paper is within this distance of any ink, shares of the longer side.
_WIDEST_STROKE = 0.13
# A line may be fainter than a stroke: it is looked for above this share of the threshold.
_LINE_SHARE = 0.6


class Ink(NamedTuple):
    """A picture as ink."""

    levels: NDArray[np.float32]
    """(h, w): how far each pixel is from its background towards ink, grey levels, >= 0."""
    threshold: float
    """A pixel of more than this is ink."""
    strong: float
    """What the picture's ink reaches, grey levels; 0 where there is none."""
    is_inverted: bool
    """The ink is darker than the background."""
    ramp: NDArray[np.float32] | None
    """(256,): the level of ink of each grey level, where the background is of one colour: drawn on
    a screen. None: photographed."""

    @property
    def is_flat(self) -> bool:
        """Drawn on a screen."""
        return self.ramp is not None

    @property
    def is_ink(self) -> NDArray[np.bool_]:
        """(h, w)."""
        return self.levels > self.threshold

    @property
    def may_be_line(self) -> NDArray[np.bool_]:
        """(h, w): ink, and what is as faint as a ruled line may be."""
        return self.levels > self.threshold * (1.0 if self.is_flat else _LINE_SHARE)


def shrink(picture: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], int]:
    """Shrinks so that the longer side is 160 to 319 pixels; returns by which factor too."""
    factor = max(1, max(picture.shape) // _WORKING_SIDE)
    if factor == 1 or min(picture.shape) < factor:
        return picture, 1
    return block_means(picture, factor), factor


def block_means(picture: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Averages blocks of ``factor`` by ``factor`` pixels; what is left at the ends is left out."""
    height, width = (side // factor for side in picture.shape)
    trimmed = picture[: height * factor, : width * factor]
    kind = np.uint16 if factor <= 16 else np.uint32
    rows = np.zeros((height, trimmed.shape[1]), kind)
    for row in range(factor):
        np.add(rows, trimmed[row::factor], out=rows)
    total = np.full((height, width), factor * factor // 2, kind)
    for column in range(factor):
        np.add(total, rows[:, column::factor], out=total)
    return (total // (factor * factor)).astype(np.uint8)


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
    background = int(np.average(np.arange(256)[_around(mode)], weights=counts[_around(mode)]) + 0.5)
    distance = np.arange(256) - background
    weight = counts * np.where(np.abs(distance) > _FLAT_LEVELS, np.abs(distance), 0)
    is_inverted = bool(weight[:background].sum() > weight[background:].sum())
    steps = np.maximum(-distance if is_inverted else distance, 0)
    ramp = steps.astype(np.float32)
    # Pixels of each level of ink, so that no pass over the picture is needed.
    amounts = np.bincount(steps, counts, minlength=256).astype(np.int64)
    strong = _strong(amounts, LEAST_CONTRAST)
    return Ink(ramp[picture], max(LEAST_CONTRAST, 0.3 * strong), strong, is_inverted, ramp)


def _on_uneven(picture: NDArray[np.uint8]) -> Ink:
    """Measures the background in tiles and by closing gaps in it, for paper unevenly lit."""
    tiles, is_inverted = _tile_background(picture)
    paper = picture if is_inverted else 255 - picture
    # A shadow's edge is steeper than what tiles can follow.
    shaded = _closed(paper, max(3, round(_WIDEST_STROKE * max(picture.shape))))
    residual = np.minimum(tiles if is_inverted else 255 - tiles, shaded)
    residual -= paper
    noise = _noise(np.abs(residual[::2, ::2]))
    levels = np.maximum(residual, 0)
    least = max(LEAST_CONTRAST, _NOISE_FACTOR * noise)
    amounts = np.bincount(levels.astype(np.uint8).ravel(), minlength=256)
    strong = _strong(amounts, least)
    return Ink(levels, max(least, 0.35 * strong), strong, is_inverted, None)


def _tile_background(picture: NDArray[np.uint8]) -> tuple[NDArray[np.float32], bool]:
    """Means of the paper in tiles, ink left out, interpolated; and whether ink is darker.

    Every second pixel is enough for that.
    """
    values = picture[::2, ::2].astype(np.float32)
    side = max(4, max(values.shape) // _TILES)
    tiles = _tile_medians(picture[::2, ::2], side)
    residual = values - _spread(tiles, values.shape)
    for _ in range(2):
        size = np.abs(residual)
        is_paper = size <= max(8.0, 3 * _noise(size))
        tiles = _paper_means(values, is_paper, side, tiles)
        residual = values - _spread(tiles, values.shape)
    # Ink is the side that reaches further: cubes weigh what is far.
    is_inverted = bool(np.einsum("ij,ij,ij->", residual, residual, residual) < 0)
    return _spread(tiles, picture.shape), is_inverted


def _closed(paper: NDArray[np.uint8], reach: int) -> NDArray[np.float32]:
    """Brightness of the paper with all that is darker and narrower than ``reach`` filled in.

    The morphological closing of the picture, smoothed a little before, less what noise adds to it.

    Reference: Serra, "Image Analysis and Mathematical Morphology", 1982.
    """
    tall = paper.astype(np.uint16)
    tall <<= 1
    tall[1:] += paper[:-1]
    tall[:-1] += paper[1:]
    tall[0] += paper[0]
    tall[-1] += paper[-1]
    smooth = tall << 1
    smooth[:, 1:] += tall[:, :-1]
    smooth[:, :-1] += tall[:, 1:]
    smooth[:, 0] += tall[:, 0]
    smooth[:, -1] += tall[:, -1]
    level = (smooth >> 4).astype(np.uint8)
    closed = ~_greatest(~_greatest(level, reach), reach)
    bias = np.bincount((closed - level).ravel(), minlength=256)
    noise = int(np.searchsorted(np.cumsum(bias), level.size / 2))
    return closed.astype(np.float32) - np.float32(noise)


def _greatest(levels: NDArray[np.uint8], reach: int) -> NDArray[np.uint8]:
    """The greatest of each pixel's neighbourhood, ``reach`` (odd, or one more) pixels a side."""
    half = reach // 2
    for axis in (0, 1):
        padding = [(0, 0), (0, 0)]
        padding[axis] = (half, half)
        padded = np.pad(levels, padding, mode="edge").swapaxes(0, axis)
        window = 1
        while window < 2 * half + 1:  # each step nearly doubles the window
            step = min(window, 2 * half + 1 - window)
            padded = np.maximum(padded[step:], padded[:-step])
            window += step
        levels = padded.swapaxes(0, axis)
    return levels


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


def _noise(size: NDArray[np.float32]) -> float:
    """Standard deviation of the noise, from the median of its size."""
    counts = np.bincount((size * 4).astype(np.uint16).ravel())
    return float(np.searchsorted(np.cumsum(counts), size.size / 2)) / 4 * 1.4826


def _tile_medians(picture: NDArray[np.uint8], side: int) -> NDArray[np.float32]:
    """Median of each tile: (rows, columns)."""
    height, width = picture.shape
    rows, columns = max(1, height // side), max(1, width // side)
    tall, wide = height // rows, width // columns
    tiles = picture[: rows * tall, : columns * wide].reshape(rows, tall, columns, wide)
    flat = tiles.transpose(0, 2, 1, 3).reshape(rows, columns, -1)
    middle = flat.shape[-1] // 2
    return np.partition(flat, middle, axis=-1)[..., middle].astype(np.float32)


def _paper_means(
    values: NDArray[np.float32],
    is_paper: NDArray[np.bool_],
    side: int,
    before: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Means of the tiles' paper alone; the old value counts as one pixel, or as all there is."""
    height, width = values.shape
    rows, columns = max(1, height // side), max(1, width // side)
    at_rows = np.arange(rows) * (height // rows)
    at_columns = np.arange(columns) * (width // columns)

    def per_tile(field: NDArray[np.float32]) -> NDArray[np.float32]:
        down = np.add.reduceat(field, at_rows, axis=0)
        total: NDArray[np.float32] = np.add.reduceat(down, at_columns, axis=1)
        return total

    weight = is_paper.astype(np.float32)
    return (per_tile(values * weight) + before) / (per_tile(weight) + 1)


def _spread(tiles: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Interpolates between the middles of tiles: (rows, columns) to ``shape``."""
    down, across = (
        _between(count, length) for count, length in zip(tiles.shape, shape, strict=True)
    )
    return (down @ tiles @ across.T).astype(np.float32, copy=False)


def _between(count: int, length: int) -> NDArray[np.float32]:
    """Weights (length, count) of linear interpolation between the middles of ``count`` tiles."""
    place = np.clip((np.arange(length) + 0.5) * count / length - 0.5, 0, count - 1)
    weights: NDArray[np.float32] = np.maximum(
        1 - np.abs(place[:, None] - np.arange(count)), 0
    ).astype(np.float32)
    return weights
