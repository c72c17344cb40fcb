"""The ink of one cell is brought to the form that MNIST's digits have.

That form: the longer side of the ink is 20 pixels, its centre of mass lies in the middle of 28x28
(half a pixel right of it and below it, in the mean of MNIST), strokes are 1.8 to 3.9 pixels wide.

Reference: LeCun et al., "Gradient-Based Learning Applied to Document Recognition", 1998, section
III.A (size and centre).
"""

import functools
import math

import numpy as np
from numpy.typing import NDArray

from model.ink.deal import Piece
from model.ink.form import CellInk

# Longer side of the ink and place of its centre of mass, as shares of a cell: 20 and 14.5 of 28.
SIZE, MIDDLE = 20 / 28, 14.5 / 28
# Width of strokes as shares of a cell; nineteen of twenty of MNIST's are 1.7 to 3.9 of 28.
THINNEST, THICKEST = 1.8 / 28, 3.9 / 28
# Strokes are made wider and thinner at so many times the size of the normal form.
_FINE = 3
# Ink of fewer widths of its stroke than this is a dot.
_DOT = 2.0


def measure(levels: NDArray[np.float32]) -> tuple[float, float, float]:
    """Returns centre of mass (x, y; pixel edges) and width of strokes, in pixels.

    The width is twice the area over the length of the outline.

    Args:
        levels: (h, w), ink in [0, 1].
    """
    height, width = levels.shape
    sums = (_weights(height).T @ levels @ _weights(width)).tolist()
    (mass, x, ends_across), (y, _, _), (ends_down, _, _) = sums
    # The outline is what neighbours differ by, |a - b| = 2 max(a, b) - a - b, and the ends, as
    # background follows; one of all directions is pi/4 of its steps right and down.
    larger = np.maximum(levels[1:], levels[:-1]).sum()
    larger += np.maximum(levels[:, 1:], levels[:, :-1]).sum()
    steps = 2 * (float(larger) + ends_across + ends_down - 2 * mass)
    return x / mass, y / mass, 2 * mass / (steps * math.pi / 4)


@functools.cache
def middles_of(length: int) -> NDArray[np.float32]:
    """(length,): the middle of each pixel."""
    return np.arange(length, dtype=np.float32) + np.float32(0.5)


@functools.cache
def _weights(length: int) -> NDArray[np.float32]:
    """(length, 3): weights for the mass along an axis, that times its place, and what ends it."""
    weights = np.zeros((length, 3), np.float32)
    weights[:, 0], weights[:, 1] = 1, middles_of(length)
    weights[0, 2] += 1
    weights[-1, 2] += 1
    return weights


def resampled(levels: NDArray[np.uint8], shape: tuple[int, int]) -> NDArray[np.uint8]:
    """Averages areas of a picture (h, w) of ink to ``shape``; its strongest ink becomes white."""
    whole: NDArray[np.float32] = levels.astype(np.float32)
    if levels.shape != shape:
        down, across = (
            _coverage(middles_of(length) * np.float32(size / length), size / length, size)
            for length, size in zip(levels.shape, shape, strict=True)
        )
        whole = (down @ whole @ across.T).astype(np.float32, copy=False)
    white = whole * np.float32(255 / max(float(whole.max()), 1e-6))
    return white.round().astype(np.uint8)


def cell_form(piece: Piece, size: int) -> tuple[NDArray[np.uint8], CellInk]:
    """Brings the ink of a cell to MNIST's form.

    Args:
        piece: What was cut out for the cell.
        size: Side S of a cell of the normal form.

    Returns:
        The cell (S, S), uint8, and what was done, in pixels of the piece's picture.
    """
    levels = piece.levels
    x, y, stroke = measure(levels)
    # Ink that is hardly more than a dot is not blown up to the size of a digit.
    scale = SIZE * size / max(*levels.shape, _DOT * stroke)
    added = _missing(stroke * scale, size)
    if added:
        # Strokes grow outwards: what is added makes the whole larger, so it is made smaller first.
        scale *= 1 - added / (SIZE * size)
        added = _missing(stroke * scale, size)
    if added:
        fine = _place(levels, scale, (x, y), size, _FINE)
        fine = _restroke(fine, added * _FINE / 2)
        cell = _coarser(fine)
    else:
        cell = _place(levels, scale, (x, y), size)
    white = cell * np.float32(255 / max(float(cell.max()), 1e-6))
    x0, y0, x1, y1 = piece.cell
    form = CellInk(
        box=(piece.left, piece.top, piece.left + levels.shape[1], piece.top + levels.shape[0]),
        scale=scale,
        shift=(
            (piece.left + x - (x0 + x1) / 2) / (x1 - x0),
            (piece.top + y - (y0 + y1) / 2) / (y1 - y0),
        ),
        stroke_width=stroke,
        restroked=added,
    )
    return white.round().astype(np.uint8), form


def _coarser(fine: NDArray[np.float32]) -> NDArray[np.float32]:
    """Adds up each block of the fine pixels that make one."""
    down = fine[::_FINE].copy()
    for part in range(1, _FINE):
        down += fine[part::_FINE]
    cell = down[:, ::_FINE].copy()
    for part in range(1, _FINE):
        cell += down[:, part::_FINE]
    return cell


def _missing(stroke: float, size: int) -> float:
    """What a stroke lacks of MNIST's width, or has too much, negative; 0 for next to nothing."""
    added = min(max(stroke, THINNEST * size), THICKEST * size) - stroke
    return added if abs(added) > 0.05 else 0.0


def _place(
    levels: NDArray[np.float32], scale: float, centre: tuple[float, float], size: int, fine: int = 1
) -> NDArray[np.float32]:
    """Resamples ink to (fine * size, fine * size), centre of mass in the middle, none cut off."""
    middles = []
    for place, length in zip(centre[::-1], levels.shape, strict=True):
        # Ink begins where a pixel does, as in MNIST, unless it would stick out.
        origin = math.ceil(MIDDLE * size - 0.5 - place * scale)
        origin = min(max(float(origin), 0.0), size - length * scale)
        middles.append(middles_of(length) * np.float32(scale * fine) + np.float32(origin * fine))
    weights = _coverage(np.concatenate(middles), scale * fine, size * fine)  # both axes at once
    height = len(levels)
    cell = weights[:, :height] @ levels @ weights[:, height:].T
    return cell.astype(np.float32, copy=False)


def _coverage(middles: NDArray[np.float32], scale: float, size: int) -> NDArray[np.float32]:
    """Weights (size, length): how much of each output pixel each input pixel covers.

    An input pixel that is enlarged is spread over its neighbours as well, in a straight line.

    Args:
        middles: (length,): where the middle of each input pixel comes to lie.
        scale: Output pixels for each input pixel.
        size: Output pixels.
    """
    weights: NDArray[np.float32] = middles_of(size)[:, None] - middles
    np.abs(weights, out=weights)
    if scale <= 1:  # two boxes, of lengths 1 and scale, overlap so far
        np.subtract(np.float32((1 + scale) / 2), weights, out=weights)
        np.minimum(weights, np.float32(scale), out=weights)
    else:
        weights *= np.float32(-1 / scale)
        weights += 1
    np.maximum(weights, 0, out=weights)
    return weights


def _restroke(levels: NDArray[np.float32], radius: float) -> NDArray[np.float32]:
    """Grows strokes by ``radius`` pixels on either side, or shrinks them where it is negative."""
    whole, rest = divmod(abs(radius), 1.0)
    signed = levels if radius > 0 else -levels
    for step in range(int(whole)):
        signed = _neighbours(signed, with_corners=step % 2 == 1)
    if rest > 0.01:
        further = _neighbours(signed, with_corners=int(whole) % 2 == 1)
        further -= signed
        further *= np.float32(rest)
        signed = signed + further
    return signed if radius > 0 else -signed


def _neighbours(levels: NDArray[np.float32], *, with_corners: bool) -> NDArray[np.float32]:
    """The greatest of each pixel and its four neighbours, or eight: in turn, nearly a circle."""
    tall = levels.copy()
    np.maximum(tall[1:], levels[:-1], out=tall[1:])
    np.maximum(tall[:-1], levels[1:], out=tall[:-1])
    source = tall if with_corners else levels
    wide = tall.copy() if with_corners else tall
    np.maximum(wide[:, 1:], source[:, :-1], out=wide[:, 1:])
    np.maximum(wide[:, :-1], source[:, 1:], out=wide[:, :-1])
    return wide
