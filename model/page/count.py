"""Counts the rows and columns of a grid: by lines that enclose its cells, or by its digits."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.page.cell_lattice import CellLattice, find_cell_lattice
from model.page.contrast import shrink_to
from model.page.ink_lattice import find_digit_boxes, fit_ink_lattice
from model.page.mesh import to_cells

# Digits are searched for in a picture whose longer side is at most this, pixels.
_SEARCH_SIDE = 640
# What is larger than this share of a cell is no digit in it.
_IN_CELL = 0.97
# Cells of an even division of a picture are no longer than this times their width.
_MAX_ASPECT_RATIO = 2.5


class Counted(NamedTuple):
    """Rows and columns of the grid in a picture."""

    rows: int
    columns: int
    lattice: CellLattice | None = None
    """Its cells, if lines enclose them."""


def count_rows_and_columns(picture: NDArray[np.uint8]) -> Counted | None:
    """Counts the rows and columns of a grid of any size.

    Lines that enclose cells go before digits, as cells may be blank.

    Args:
        picture: (h, w) or (h, w, 3), uint8.

    Returns:
        None where neither lines nor digits make a grid.
    """
    small, scale = shrink_to(picture, _SEARCH_SIDE)
    boxes = find_digit_boxes(small)
    lattice = find_cell_lattice(picture)
    if lattice is not None and _holds(lattice, boxes * np.tile(scale, 2)):
        return Counted(lattice.rows, lattice.columns, lattice)
    return _count_digits(boxes, small.shape)


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
    return bool(np.count_nonzero(is_inside) >= max(1, np.count_nonzero(is_digit)) / 2)


def _count_digits(boxes: NDArray[np.float64], shape: tuple[int, ...]) -> Counted | None:
    """Rows and columns in which digits stand, one in each cell."""
    count = len(boxes)
    if not count:
        return None
    height, width = float(shape[0]), float(shape[1])
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    found: list[tuple[float, Counted]] = []
    for rows in range(1, count + 1):
        columns, rest = divmod(count, rows)
        if rest:
            continue
        counted = Counted(rows, columns)
        side = np.array([width / columns, height / rows])
        numbers = np.floor(middles / side) @ (1, columns)
        is_squarish = side.max() <= _MAX_ASPECT_RATIO * side.min()
        if len(np.unique(numbers)) == count and is_squarish:
            found.append((float(np.abs(middles / side % 1 - 0.5).mean()), counted))
        elif count > 1 and (lattice := fit_ink_lattice(boxes, rows, columns)) is not None:
            found.append((lattice.offset, counted))
    if count == 1 and not found:
        return Counted(1, 1)
    return min(found, key=lambda one: one[0])[1] if found else None
