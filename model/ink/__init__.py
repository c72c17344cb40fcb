"""Any grey picture of a grid becomes the picture that the network expects: its normal form.

The steps, each in a file of its own: ``shrink`` makes it as small as finding ink needs; ``light``
takes the background off and decides the polarity; ``ready`` looks whether nothing more is needed;
``lines`` finds what is ruled or drawn across the picture; ``marks`` finds the pieces of ink;
``cuts`` finds where cells may meet; ``deal`` deals the pieces out to them; ``cells`` brings the ink
of each to the form of MNIST's digits. Canvas, upload, command line, training and evaluation all
come this way.
"""

import math

import numpy as np
from numpy.typing import NDArray

from model.config import ReaderConfig
from model.errors import PictureError
from model.ink.cells import cell_form, resampled
from model.ink.cuts import find_cuts
from model.ink.deal import best_deal
from model.ink.doubts import doubts
from model.ink.form import Box, CellInk, InkWarning, NormalForm
from model.ink.light import LEAST_CONTRAST, Ink, find_ink, levels_on
from model.ink.lines import lift_lines
from model.ink.marks import find_marks, without_specks
from model.ink.ready import are_normal, has_normal_strokes, may_be_normal
from model.ink.shrink import block_means, shrink

__all__ = ["Box", "CellInk", "InkWarning", "NormalForm", "normalise"]

# A picture that is in the normal form has a background of at most this grey level.
_DARKEST = 8


def normalise(picture: NDArray[np.uint8], config: ReaderConfig) -> NormalForm:
    """Brings a picture to the normal form.

    A picture whose cells have the form of MNIST's digits already is left as it is.

    Args:
        picture: (height, width), uint8, the whole grid, of any polarity and any size from half
            the network's picture up.
        config: Rows, columns and the size of a cell.

    Raises:
        PictureError: The array has another shape or type, or the picture is too small.
    """
    _check(picture, config)
    has_size = picture.shape == (config.height, config.width)
    if has_size and max(picture[0].max(), picture[:, 0].max()) <= _DARKEST:
        boxes = are_normal(_tiles(picture, config), LEAST_CONTRAST)
        if boxes is not None:
            return _ready(picture, boxes, config, picture.shape, is_inverted=False)
    small, factor = shrink(picture, max(config.rows, config.columns))
    ink = find_ink(small)
    resized = _only_resized(picture, ink, config)
    if resized is not None:
        return resized
    lifted = lift_lines(ink)
    marks, left_out = without_specks(find_marks(lifted.is_ink), ink, lifted)
    across, down = (
        find_cuts(marks.profile(axis=axis), lines, count, is_flat=ink.is_flat)
        for axis, lines, count in (
            (1, lifted.vertical, config.columns),
            (0, lifted.horizontal, config.rows),
        )
    )
    deal = best_deal(marks, across, down)

    size = config.cell_size
    normal = np.zeros((config.height, config.width), np.uint8)
    cells: list[CellInk] = []
    pieces = [deal.cut_out(number, ink, picture, factor) for number in range(config.num_cells)]
    for piece, (row, column) in zip(pieces, np.ndindex(config.rows, config.columns), strict=True):
        if piece is None:
            cells.append(CellInk())
            continue
        pixels, form = cell_form(piece, size)
        normal[row * size : (row + 1) * size, column * size : (column + 1) * size] = pixels
        cells.append(form.enlarged(piece.factor, picture.shape))
    return NormalForm(
        normal,
        ink.is_inverted,
        deal.grid_box(factor, picture.shape),
        tuple(cells),
        doubts(ink, deal, pieces, left_out),
    )


def _check(picture: NDArray[np.uint8], config: ReaderConfig) -> None:
    if picture.ndim != 2 or picture.dtype != np.uint8:
        raise PictureError(
            f"expected grey pixels (height, width) uint8, got {picture.shape} {picture.dtype}"
        )
    height, width = picture.shape
    if height < config.height // 2 or width < config.width // 2:
        raise PictureError(
            f"expected a picture of at least {config.width // 2}x{config.height // 2} pixels, "
            f"got {width}x{height}"
        )


def _only_resized(picture: NDArray[np.uint8], ink: Ink, config: ReaderConfig) -> NormalForm | None:
    """The normal form of a drawing that has it already but for its size; else None."""
    if not (ink.is_flat and ink.strong):
        return None
    if not may_be_normal(ink.levels, config.rows, config.columns, config.cell_size):
        return None  # most drawings, which are spared the look at the whole picture
    whole = _whole(picture, ink, config)
    boxes = are_normal(_tiles(whole, config), LEAST_CONTRAST, slack=2)
    if boxes is None or not has_normal_strokes(whole, config.cell_size):
        return None
    return _ready(whole, boxes, config, picture.shape, is_inverted=ink.is_inverted)


def _whole(picture: NDArray[np.uint8], ink: Ink, config: ReaderConfig) -> NDArray[np.uint8]:
    """The ink of a picture, as it is, in the size of the normal form."""
    shape = (config.height, config.width)
    times, rest = divmod(picture.shape[0], config.height)
    if ink.background is not None and not rest and picture.shape[1] == times * config.width:
        means = block_means(picture, times)  # to the very pixel
        return resampled(levels_on(ink.background, means, is_inverted=ink.is_inverted), shape)
    return resampled(ink.levels, shape)


def _tiles(picture: NDArray[np.uint8], config: ReaderConfig) -> NDArray[np.uint8]:
    """Cuts a picture (H, W) of the config's size into cells (C, S, S)."""
    size = config.cell_size
    tiles = picture.reshape(config.rows, size, config.columns, size).swapaxes(1, 2)
    return tiles.reshape(config.num_cells, size, size)


def _ready(
    normal: NDArray[np.uint8],
    boxes: list[Box | None],
    config: ReaderConfig,
    shape: tuple[int, ...],
    *,
    is_inverted: bool,
) -> NormalForm:
    """A picture of ``shape`` that needed nothing but its size; boxes are those of its cells."""
    down, across = shape[0] / config.height, shape[1] / config.width
    cells = []
    for number, box in enumerate(boxes):
        if box is None:
            cells.append(CellInk())
            continue
        top, left = (place * config.cell_size for place in divmod(number, config.columns))
        x0, y0, x1, y1 = box
        box = (
            int((left + x0) * across),
            int((top + y0) * down),
            min(math.ceil((left + x1) * across - 1e-6), shape[1]),
            min(math.ceil((top + y1) * down - 1e-6), shape[0]),
        )
        cells.append(CellInk(box=box, scale=1 / down))
    return NormalForm(normal, is_inverted, (0, 0, shape[1], shape[0]), tuple(cells))
