"""Any grey picture of a grid becomes the picture that the network expects: its normal form.

The steps, each in a file of its own: ``shrink`` makes it as small as finding ink needs; ``light``
takes the background off and decides the polarity; ``ready`` looks whether nothing more is needed;
``lines`` finds what is ruled or drawn across the picture; ``marks`` finds the pieces of ink;
``cuts`` finds where cells may meet; ``deal`` deals the pieces out to them; ``cells`` brings the ink
of each to the form of MNIST's digits. Canvas, upload, command line, training and evaluation all
come this way.
"""

import functools
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
from model.ink.ready import fit, has_normal_strokes, may_be_normal
from model.ink.shrink import block_means, shrink

__all__ = ["Box", "CellInk", "InkWarning", "NormalForm", "find_ready", "normalise"]

# A picture that is in the normal form has a background of at most this grey level.
_DARKEST = 8
# No cell is so much longer than it is wide; shrunk, a few pixels of it would be left.
_MOST_ELONGATED = 20


def normalise(picture: NDArray[np.uint8], config: ReaderConfig) -> NormalForm:
    """Brings a picture to the normal form.

    A picture whose cells have the form of MNIST's digits already is left as it is.

    Args:
        picture: (height, width), uint8, the whole grid, of any polarity and any size from half
            the network's picture up.
        config: Rows, columns and the size of a cell.

    Raises:
        PictureError: The array has another shape or type; the picture is too small or too narrow.
    """
    _check(picture, config)
    if picture.shape == (config.height, config.width):
        (ready,) = find_ready(picture[np.newaxis], config)
        if ready is not None:
            return ready
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


def find_ready(pictures: NDArray[np.uint8], config: ReaderConfig) -> list[NormalForm | None]:
    """Finds pictures that are in the normal form already: several cost little more than one.

    Args:
        pictures: (B, H, W), uint8, of the config's size.
        config: Rows, columns and the size of a cell.

    Returns:
        The normal form of each that is ready; None for the others, which ``normalise`` changes.
    """
    is_dark = np.maximum(pictures[:, 0], pictures[:, :, 0]).max(axis=1) <= _DARKEST
    forms = _of_mnist(pictures, config)
    return [form if dark else None for form, dark in zip(forms, is_dark.tolist(), strict=True)]


def _of_mnist(
    pictures: NDArray[np.uint8], config: ReaderConfig, *, slack: int = 1
) -> list[NormalForm | None]:
    """Pictures (B, H, W), light on dark, as normal forms; None where a cell is not as MNIST's."""
    size = config.cell_size
    tiles = pictures.reshape(-1, config.rows, size, config.columns, size).swapaxes(2, 3)
    found = fit(tiles.reshape(-1, size, size), LEAST_CONTRAST, slack=slack)
    shape = (len(pictures), config.num_cells)
    are_normal: list[bool] = np.all(found.is_normal.reshape(shape), axis=1).tolist()
    boxes = (found.boxes.reshape(*shape, 4) + _corners(config)).tolist()
    is_blank = found.is_blank.reshape(shape).tolist()
    whole = (0, 0, config.width, config.height)
    forms: list[NormalForm | None] = [None] * len(pictures)
    for number, picture in enumerate(pictures):
        if are_normal[number]:
            cells = tuple(
                CellInk() if blank else CellInk((x0, y0, x1, y1), 1.0)
                for (x0, y0, x1, y1), blank in zip(boxes[number], is_blank[number], strict=True)
            )
            forms[number] = NormalForm(picture, False, whole, cells)
    return forms


@functools.cache
def _corners(config: ReaderConfig) -> NDArray[np.int64]:
    """(C, 4): x and y of each cell's corner, for both ends of a box."""
    row_column = np.array(list(np.ndindex(config.rows, config.columns)))
    return np.tile(row_column[:, ::-1] * config.cell_size, 2)


def _check(picture: NDArray[np.uint8], config: ReaderConfig) -> None:
    if picture.ndim != 2 or picture.dtype != np.uint8:
        raise PictureError(
            f"expected grey pixels (height, width) uint8, got {picture.shape} {picture.dtype}"
        )
    height, width = picture.shape
    cell = height / config.rows, width / config.columns
    if max(cell) > _MOST_ELONGATED * min(cell):
        raise PictureError(
            f"expected a grid of which no cell is more than {_MOST_ELONGATED} times as long as "
            f"wide, got {max(cell) / max(min(cell), 1e-9):.0f} times"
        )
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
    (form,) = _of_mnist(whole[np.newaxis], config, slack=2)
    if form is None or not has_normal_strokes(whole, config.cell_size):
        return None
    height, width = picture.shape
    down, across = height / config.height, width / config.width
    return NormalForm(
        whole,
        ink.is_inverted,
        (0, 0, width, height),
        tuple(_stretched(cell, down, across, picture.shape) for cell in form.cells),
    )


def _whole(picture: NDArray[np.uint8], ink: Ink, config: ReaderConfig) -> NDArray[np.uint8]:
    """The ink of a picture, as it is, in the size of the normal form."""
    shape = (config.height, config.width)
    times, rest = divmod(picture.shape[0], config.height)
    if ink.background is not None and not rest and picture.shape[1] == times * config.width:
        means = block_means(picture, times)  # to the very pixel
        return resampled(levels_on(ink.background, means, is_inverted=ink.is_inverted), shape)
    return resampled(ink.levels, shape)


def _stretched(cell: CellInk, down: float, across: float, shape: tuple[int, ...]) -> CellInk:
    """The same for a picture (height, width) so many times as high and as wide."""
    if cell.box is None:
        return cell
    x0, y0, x1, y1 = cell.box
    box = (
        int(x0 * across),
        int(y0 * down),
        min(math.ceil(x1 * across - 1e-6), shape[1]),
        min(math.ceil(y1 * down - 1e-6), shape[0]),
    )
    return CellInk(box, 1 / down)
