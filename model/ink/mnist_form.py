"""Brings the ink of one cell to the form of MNIST's digits.

In that form the longer side of the ink is 20 pixels, its centre of mass is in the middle of 28x28
(in MNIST's mean half a pixel right and below), and strokes are 1.8 to 3.9 pixels wide.

Reference: LeCun et al., "Gradient-Based Learning Applied to Document Recognition", 1998, section
III.A (size and centre).
"""

import functools
import math

import cv2
import numpy as np
from numpy.typing import NDArray

from model.ink.form import CellInk, InkCrop

# Longer side of the ink, and position of its centre of mass, as shares of a cell.
INK_SIZE, INK_CENTRE = 20 / 28, 14.5 / 28
# Width of strokes as shares of a cell; 95 % of MNIST's digits have 1.7 to 3.9 of 28.
MIN_STROKE, MAX_STROKE = 1.8 / 28, 3.9 / 28
# Strokes are made wider or thinner at this multiple of the normal form's resolution.
_SUPERSAMPLING = 3
# Ink whose longer side is less than this many stroke widths is a dot.
_DOT = 2.0
# Four and eight neighbours of a pixel, and itself.
_NEIGHBOURS = (
    np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8),
    np.ones((3, 3), np.uint8),
)


def measure_ink(levels: NDArray[np.float32]) -> tuple[float, float, float]:
    """Returns centre of mass (x, y; pixel edges are whole numbers) and stroke width, in pixels.

    The stroke width is twice the area over the length of the outline.

    Args:
        levels: (h, w), ink in [0, 1].
    """
    height, width = levels.shape
    sums = (_axis_weights(height).T @ levels @ _axis_weights(width)).tolist()
    (mass, x, ends_across), (y, _, _), (ends_down, _, _) = sums
    # The outline is the total variation, where |a - b| = 2 max(a, b) - a - b; beyond the ends is
    # background. Over all directions an outline is pi/4 as long as its steps right and down.
    larger = np.maximum(levels[1:], levels[:-1]).sum()
    larger += np.maximum(levels[:, 1:], levels[:, :-1]).sum()
    steps = 2 * (float(larger) + ends_across + ends_down - 2 * mass)
    return x / mass, y / mass, 2 * mass / (steps * math.pi / 4)


@functools.cache
def pixel_centres(length: int) -> NDArray[np.float32]:
    """(length,): the centre of each pixel."""
    return np.arange(length, dtype=np.float32) + np.float32(0.5)


@functools.cache
def _axis_weights(length: int) -> NDArray[np.float32]:
    """(length, 3): weights of the zeroth and first moment along an axis, and of its two ends."""
    weights = np.zeros((length, 3), np.float32)
    weights[:, 0], weights[:, 1] = 1, pixel_centres(length)
    weights[0, 2] += 1
    weights[-1, 2] += 1
    return weights


def resample(levels: NDArray[np.uint8], shape: tuple[int, int]) -> NDArray[np.uint8]:
    """Resamples a picture of ink (h, w) to ``shape`` by area; its strongest ink becomes white."""
    resampled: NDArray[np.float32] = levels.astype(np.float32)
    if levels.shape != shape:
        down, across = (
            _coverage(pixel_centres(length) * np.float32(size / length), size / length, size)
            for length, size in zip(levels.shape, shape, strict=True)
        )
        resampled = (down @ resampled @ across.T).astype(np.float32, copy=False)
    white = resampled * np.float32(255 / max(float(resampled.max()), 1e-6))
    return white.round().astype(np.uint8)


def to_mnist_form(crop: InkCrop, size: int) -> tuple[NDArray[np.uint8], CellInk]:
    """Brings the ink of a cell to MNIST's form.

    Args:
        crop: The ink of the cell.
        size: Side S of a cell of the normal form.

    Returns:
        The cell (S, S), uint8, and what was done, in pixels of the crop's picture.
    """
    levels = crop.levels
    x, y, stroke = measure_ink(levels)
    # Ink that is hardly more than a dot is not blown up to the size of a digit.
    scale = INK_SIZE * size / max(*levels.shape, _DOT * stroke)
    added = _stroke_correction(stroke * scale, size)
    if added:
        # Wider strokes make the ink larger, so it is made smaller first.
        scale *= 1 - added / (INK_SIZE * size)
        added = _stroke_correction(stroke * scale, size)
    if added:
        fine = _resample_centred(levels, scale, (x, y), size, _SUPERSAMPLING)
        fine = _change_stroke_width(fine, added * _SUPERSAMPLING / 2)
        cell = np.asarray(cv2.resize(fine, (size, size), interpolation=cv2.INTER_AREA), np.float32)
    else:
        cell = _resample_centred(levels, scale, (x, y), size)
    white = cell * np.float32(255 / max(float(cell.max()), 1e-6))
    x0, y0, x1, y1 = crop.cell
    form = CellInk(
        box=(crop.left, crop.top, crop.left + levels.shape[1], crop.top + levels.shape[0]),
        scale=scale,
        shift=(
            (crop.left + x - (x0 + x1) / 2) / (x1 - x0),
            (crop.top + y - (y0 + y1) / 2) / (y1 - y0),
        ),
        stroke_width=stroke,
        restroked=added,
    )
    return white.round().astype(np.uint8), form


def _stroke_correction(stroke: float, size: int) -> float:
    """Returns what to add to a stroke's width, negative where it is too wide; 0 for very little."""
    added = min(max(stroke, MIN_STROKE * size), MAX_STROKE * size) - stroke
    return added if abs(added) > 0.05 else 0.0


def _resample_centred(
    levels: NDArray[np.float32], scale: float, centre: tuple[float, float], size: int, fine: int = 1
) -> NDArray[np.float32]:
    """Resamples ink to (fine * size, fine * size), centred by mass as far as all of it fits."""
    middles = []
    for place, length in zip(centre[::-1], levels.shape, strict=True):
        # Ink begins at a whole pixel, as in MNIST, unless it would leave the cell.
        origin = math.ceil(INK_CENTRE * size - 0.5 - place * scale)
        origin = min(max(float(origin), 0.0), size - length * scale)
        middles.append(pixel_centres(length) * np.float32(scale * fine) + np.float32(origin * fine))
    weights = _coverage(np.concatenate(middles), scale * fine, size * fine)  # both axes at once
    height = len(levels)
    cell = weights[:, :height] @ levels @ weights[:, height:].T
    return cell.astype(np.float32, copy=False)


def _coverage(middles: NDArray[np.float32], scale: float, size: int) -> NDArray[np.float32]:
    """Weights (size, length): how much of each output pixel each input pixel covers.

    Where pixels are enlarged, the weights interpolate linearly.

    Args:
        middles: (length,): where the centre of each input pixel is in the output.
        scale: Output pixels for each input pixel.
        size: Output pixels.
    """
    weights: NDArray[np.float32] = pixel_centres(size)[:, None] - middles
    np.abs(weights, out=weights)
    if scale <= 1:  # the overlap of two intervals, of lengths 1 and scale
        np.subtract(np.float32((1 + scale) / 2), weights, out=weights)
        np.minimum(weights, np.float32(scale), out=weights)
    else:
        weights *= np.float32(-1 / scale)
        weights += 1
    np.maximum(weights, 0, out=weights)
    return weights


def _change_stroke_width(levels: NDArray[np.float32], radius: float) -> NDArray[np.float32]:
    """Widens strokes by ``radius`` pixels on either side, or thins them where it is negative."""
    whole, rest = divmod(abs(radius), 1.0)
    change = cv2.dilate if radius > 0 else cv2.erode
    # Four and eight neighbours by turns: nearly a circle.
    for step in range(int(whole)):
        levels = np.asarray(change(levels, _NEIGHBOURS[step % 2]), np.float32)
    if rest > 0.01:
        further = change(levels, _NEIGHBOURS[int(whole) % 2])
        levels = np.asarray(cv2.addWeighted(levels, 1 - rest, further, rest, 0), np.float32)
    return levels
