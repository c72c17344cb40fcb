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
from model.ink.form import Box, CellInk

# Longer side of the ink and place of its centre of mass, as shares of a cell: 20 and 14.5 of 28.
_SIZE, _MIDDLE = 20 / 28, 14.5 / 28
# Width of strokes as shares of a cell; nineteen of twenty of MNIST's are 1.7 to 3.9 of 28.
_THINNEST, _THICKEST = 1.8 / 28, 3.9 / 28
# Strokes are made wider and thinner at so many times the size of the normal form.
_FINE = 3
# MNIST's digits lie up to half a pixel off their middle.
_OFF_MIDDLE = 0.75
# Ink of fewer widths of its stroke than this is a dot.
_DOT = 2.0


def measure(levels: NDArray[np.float32]) -> tuple[float, float, float]:
    """Returns centre of mass (x, y; pixel edges) and width of strokes, in pixels.

    The width is twice the area over the length of the outline.

    Args:
        levels: (h, w), ink in [0, 1].
    """
    down, across = levels.sum(axis=1), levels.sum(axis=0)
    mass = float(down.sum())
    x = float(across @ np.arange(len(across), dtype=np.float32)) / mass + 0.5
    y = float(down @ np.arange(len(down), dtype=np.float32)) / mass + 0.5
    # Every row and column begins and ends with background; an outline of all directions is pi/4 of
    # its steps right and down.
    steps = np.abs(np.diff(levels, axis=0)).sum() + np.abs(np.diff(levels, axis=1)).sum()
    ends = levels[0].sum() + levels[-1].sum() + levels[:, 0].sum() + levels[:, -1].sum()
    return x, y, 2 * mass / (float(steps + ends) * math.pi / 4)


def are_normal(digits: NDArray[np.uint8], least: int, *, slack: int = 1) -> list[Box | None] | None:
    """Says where the ink stands in cells that have MNIST's form already, or None where they do not.

    Args:
        digits: (C, S, S), uint8, light on dark.
        least: A cell of no more than this grey level is empty.
        slack: Pixels by which the ink may be larger or smaller than MNIST's: resampling blurs.

    Returns:
        The box of each cell's ink, None for an empty cell; or None where a cell needs changing.
    """
    size = digits.shape[-1]
    by_row, by_column = digits.max(axis=2), digits.max(axis=1)  # (C, S)
    brightest = by_row.max(axis=1)
    moments = digits.reshape(len(digits), -1).astype(np.float32) @ _moments(size)
    # First and last row and column of what is at least a tenth as bright as the brightest pixel.
    faint = (brightest // 10)[:, None]
    rows, columns = by_row > faint, by_column > faint
    ends = (columns, rows, columns[:, ::-1], rows[:, ::-1])
    x0s, y0s, x1s, y1s = (marks.argmax(axis=1).tolist() for marks in ends)
    boxes: list[Box | None] = []
    for cell, white in enumerate(brightest.tolist()):
        if white < least:
            if white > least // 4:
                return None
            boxes.append(None)
            continue
        box = (x0s[cell], y0s[cell], size - x1s[cell], size - y1s[cell])
        mass, across, down = moments[cell].tolist()
        longest = max(box[2] - box[0], box[3] - box[1])
        if abs(longest - _SIZE * size) > slack or max(abs(across), abs(down)) > _OFF_MIDDLE * mass:
            return None
        boxes.append(box)
    return boxes


def has_normal_strokes(picture: NDArray[np.uint8], size: int) -> bool:
    """Whether strokes of a picture of cells of ``size`` are as wide, in the mean, as MNIST's."""
    stroke = measure(picture.astype(np.float32) / np.float32(255))[2]
    return _THINNEST * size <= stroke <= _THICKEST * size


@functools.cache
def _moments(size: int) -> NDArray[np.float32]:
    """Weights (S * S, 3) that give a cell's mass, and that times how far right and down it is."""
    y, x = np.mgrid[:size, :size].reshape(2, -1) + 0.5 - _MIDDLE * size
    return np.column_stack((np.ones(size * size), x, y)).astype(np.float32)


def resampled(levels: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.uint8]:
    """Averages areas of a picture (h, w) of ink to ``shape``; its strongest ink becomes white."""
    whole = levels
    if levels.shape != shape:
        down, across = (
            _coverage(length, size / length, 0.0, size)
            for length, size in zip(levels.shape, shape, strict=True)
        )
        whole = (down @ levels @ across.T).astype(np.float32, copy=False)
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
    scale = _SIZE * size / max(*levels.shape, _DOT * stroke)
    added = _missing(stroke * scale, size)
    if added:
        # Strokes grow outwards: what is added makes the whole larger, so it is made smaller first.
        scale *= 1 - added / (_SIZE * size)
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
    added = min(max(stroke, _THINNEST * size), _THICKEST * size) - stroke
    return added if abs(added) > 0.05 else 0.0


def _place(
    levels: NDArray[np.float32], scale: float, centre: tuple[float, float], size: int, fine: int = 1
) -> NDArray[np.float32]:
    """Resamples ink to (fine * size, fine * size), centre of mass in the middle, none cut off."""
    matrices = []
    for place, length in zip(centre[::-1], levels.shape, strict=True):
        # Ink begins where a pixel does, as in MNIST, unless it would stick out.
        origin = math.ceil(_MIDDLE * size - 0.5 - place * scale)
        origin = min(max(float(origin), 0.0), size - length * scale)
        matrices.append(_coverage(length, scale * fine, origin * fine, size * fine))
    down, across = matrices
    return (down @ levels @ across.T).astype(np.float32, copy=False)


def _coverage(length: int, scale: float, origin: float, size: int) -> NDArray[np.float32]:
    """Weights (size, length): how much of each output pixel each input pixel covers.

    An input pixel that is enlarged is spread over its neighbours as well, in a straight line.
    """
    middles = np.arange(length, dtype=np.float32)
    middles *= np.float32(scale)
    middles += np.float32(origin + scale / 2)
    outputs = np.arange(size, dtype=np.float32)[:, None] + np.float32(0.5)
    weights: NDArray[np.float32] = np.abs(outputs - middles)
    if scale <= 1:  # two boxes, of lengths 1 and scale, overlap so far
        np.subtract(np.float32((1 + scale) / 2), weights, out=weights)
        np.clip(weights, 0, np.float32(scale), out=weights)
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
        signed = signed + np.float32(rest) * (
            _neighbours(signed, with_corners=int(whole) % 2 == 1) - signed
        )
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
