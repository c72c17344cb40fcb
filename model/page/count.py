"""Counts the rows and columns of a grid: by lines that enclose its cells, or by its digits."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.page.cell_lattice import CellLattice, find_cell_lattice
from model.page.contrast import is_drawing, shrink_to
from model.page.ink_lattice import find_ink_boxes, fit_ink_lattice, merge_boxes
from model.page.mesh import to_cells

# Digits are searched for in a picture whose longer side is at most this, pixels.
_SEARCH_SIDE = 640
# So few holes may be those of digits. What is larger than this share of a cell is no digit in it.
_FEW, _IN_CELL = 4, 0.97
# Of an even division, cells are no longer than this times their width, and strokes go beyond their
# cells by less than this share of them, on average.
_MAX_ASPECT_RATIO, _MAX_CROSSING = 1.7, 0.06
# All ink together is no further than this from the middles.
_MAX_ASIDE = 0.2
# More pieces are a texture.
_TEXTURE = 2000


class Counted(NamedTuple):
    """Rows and columns of the grid in a picture."""

    rows: int
    columns: int
    lattice: CellLattice | None = None
    """Its cells, if lines enclose them."""


def count_rows_and_columns(picture: NDArray[np.uint8], own: tuple[int, int]) -> Counted | None:
    """Counts the rows and columns of a grid of any size.

    Lines that enclose cells go before digits, as cells may be blank.

    Args:
        picture: (h, w) or (h, w, 3), uint8.
        own: Rows and columns that it has where it may have them and cells are blank.

    Returns:
        None where neither lines nor digits make a grid.
    """
    small, scale = shrink_to(picture, _SEARCH_SIDE)
    strokes = find_ink_boxes(small, is_flat=is_drawing(small))
    lattice = find_cell_lattice(picture)
    if lattice is not None and (
        lattice.rows * lattice.columns > _FEW or _holds(lattice, strokes * np.tile(scale, 2))
    ):
        return Counted(lattice.rows, lattice.columns, lattice)
    if not 0 < len(strokes) <= _TEXTURE:
        return None
    # Of both, that which tells more digits apart.
    counts = (_count_evenly(strokes, small.shape, own), _count_digits(merge_boxes(strokes)))
    found = [counted for counted in counts if counted is not None]
    return max(found, key=lambda one: one.rows * one.columns) if found else None


def _holds(lattice: CellLattice, boxes: NDArray[np.float64]) -> bool:
    """Whether most digits, x0, y0, x1, y1, are in cells, which no digit is whose hole is a cell."""
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    of_cells = lattice.quads.mean(axis=(1, 2))
    nearest = np.linalg.norm(middles[:, np.newaxis] - of_cells, axis=2).argmin(axis=1)
    to_sides = to_cells(lattice.quads)[nearest]
    apart = np.abs(to_sides @ (middles - of_cells[nearest])[..., np.newaxis])[..., 0]
    low, high = lattice.quads.min(axis=(1, 2)), lattice.quads.max(axis=(1, 2))
    sizes = (boxes[:, 2:] - boxes[:, :2]) / (high - low)[nearest]
    # What is larger than two cells is made of lines.
    is_digit = sizes.max(axis=1) < 2
    is_inside = (apart < 0.5).all(axis=1) & (sizes < _IN_CELL).all(axis=1)
    return bool(2 * is_inside.sum() >= max(1, int(is_digit.sum())))


def _count_evenly(
    strokes: NDArray[np.float64], shape: tuple[int, ...], own: tuple[int, int]
) -> Counted | None:
    """The even division of a picture (height, width) that tells most of its ink apart.

    All its cells have ink; those of the reader's own grid may be blank, as they are where all ink
    is on one side of the cells of another.
    """
    found = []
    for rows, columns in {own, *_divisions(len(strokes))}:
        division = _divide(strokes, shape, rows, columns)
        if division is None:
            continue
        num_blanks = rows * columns - division.num_inked
        if num_blanks and (rows, columns) != own:
            continue
        rank = 1 if num_blanks else (0 if division.aside < _MAX_ASIDE else 2)
        found.append((-division.num_inked, rank, division.off, Counted(rows, columns)))
    return min(found)[-1] if found else None


def _divisions(most: int) -> Iterator[tuple[int, int]]:
    """Rows and columns of no more cells than that."""
    for rows in range(1, most + 1):
        for columns in range(1, most // rows + 1):
            yield rows, columns


class _Division(NamedTuple):
    num_inked: int  # cells with ink
    off: float  # from ink to the middle of its cell, the mean, in cells
    aside: float  # the same of all ink together, the larger of both directions


def _divide(
    strokes: NDArray[np.float64], shape: tuple[int, ...], rows: int, columns: int
) -> _Division | None:
    """An even division of a picture (height, width), if ink stays in its cells."""
    side = np.array([shape[1] / columns, shape[0] / rows])
    if side.max() > _MAX_ASPECT_RATIO * side.min():
        return None
    low, high = strokes[:, :2] / side, strokes[:, 2:] / side
    cells = np.floor((low + high) / 2)
    beyond = np.maximum(cells - low, 0) + np.maximum(high - cells - 1, 0)
    if (beyond / np.maximum(high - low, 1e-6)).max(axis=1).mean() > _MAX_CROSSING:
        return None
    numbers, of_cell = np.unique(cells @ (1, columns), return_inverse=True)
    first, last = np.full((len(numbers), 2), np.inf), np.full((len(numbers), 2), -np.inf)
    np.minimum.at(first, of_cell, low - cells)
    np.maximum.at(last, of_cell, high - cells)
    apart = (first + last) / 2 - 0.5
    aside = float(np.abs(apart.mean(axis=0)).max())
    return _Division(len(numbers), float(np.abs(apart).mean()), aside)


def _count_digits(boxes: NDArray[np.float64]) -> Counted | None:
    """Rows and columns in which digits lie, wherever they are in the picture."""
    found = []
    for rows in range(1, len(boxes) + 1):
        columns, rest = divmod(len(boxes), rows)
        if not rest and (fit := fit_ink_lattice(boxes, rows, columns)):
            found.append((fit.offset, Counted(rows, columns)))
    return min(found)[1] if len(boxes) > 1 and found else None
