"""Any grey picture of a grid becomes the picture that the network expects: its normal form.

The steps, each in a file of its own: ``light`` takes the background off and decides the polarity;
``lines`` finds what is ruled or drawn across the picture; ``marks`` finds the pieces of ink;
``cuts`` finds where cells may meet; ``deal`` deals the pieces out to them; ``cells`` brings the ink
of each to the form of MNIST's digits. Canvas, upload, command line, training and evaluation all
come this way.
"""

import numpy as np
from numpy.typing import NDArray

from model.config import ReaderConfig
from model.errors import PictureError
from model.ink.cells import are_normal, cell_form
from model.ink.cuts import find_cuts
from model.ink.deal import best_deal
from model.ink.doubts import doubts
from model.ink.form import Box, CellInk, InkWarning, NormalForm
from model.ink.light import LEAST_CONTRAST, find_ink, shrink
from model.ink.lines import lift_lines
from model.ink.marks import find_marks, without_specks

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
    if picture.shape == (config.height, config.width):
        ready = _ready(picture, config)
        if ready is not None:
            return ready
    small, factor = shrink(picture)
    ink = find_ink(small)
    lifted = lift_lines(ink)
    marks = without_specks(find_marks(lifted.is_ink), ink, lifted)
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
        doubts(ink, deal, pieces),
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


def _ready(picture: NDArray[np.uint8], config: ReaderConfig) -> NormalForm | None:
    """Returns a picture that is in the normal form already as it is, or None."""
    if picture[0].max() > _DARKEST or picture[:, 0].max() > _DARKEST:
        return None
    size = config.cell_size
    # (rows, S, columns, S) -> (C, S, S)
    tiles = picture.reshape(config.rows, size, config.columns, size).swapaxes(1, 2)
    boxes = are_normal(tiles.reshape(config.num_cells, size, size), LEAST_CONTRAST)
    if boxes is None:
        return None
    cells = []
    for number, box in enumerate(boxes):
        if box is None:
            cells.append(CellInk())
            continue
        top, left = (place * size for place in divmod(number, config.columns))
        x0, y0, x1, y1 = box
        cells.append(CellInk(box=(left + x0, top + y0, left + x1, top + y1), scale=1.0))
    return NormalForm(picture, False, (0, 0, config.width, config.height), tuple(cells))
