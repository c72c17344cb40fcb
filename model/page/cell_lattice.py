"""Cells of a sheet by the lattice that the holes between its lines make.

Holes that are linked give the rows and columns of a part of the sheet; a lattice fitted to them
says where the sides of the other cells would be, and those that have lines there are cells too.
"""

import dataclasses
import math
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from model.page.cell_holes import Block, area_of, find_blocks, find_holes
from model.page.contrast import is_ink_darker, shrink_to
from model.page.lattice_growth import core_of, grow, parts_of
from model.page.mesh import Quads

# Holes are looked for in a picture whose longer side is at most this, pixels.
_SEARCH_SIDE = 1000
# A sheet of lines has this share of its cells as holes before others are looked for by their sides,
# and this share of them in the end; uncounted, it has at least so many cells.
_FIRST, _FILLED, _LEAST_CELLS = 0.25, 0.6, 3
# Where more of them are, no other lines are looked for, if so many or a sheet of this share of the
# picture were found.
_ENOUGH, _MANY, _LARGE = 0.98, 20, 0.2
# So many candidates are looked at more closely, if they are worth this share of the best.
_CANDIDATES, _WORTHY = 3, 0.5
# Of cells more count so much, as an exponent.
_MORE = 0.1


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class CellLattice:
    """Cells of R rows and C columns in a picture, as lines enclose them."""

    quads: Quads
    """(R * C, 2, 2, 2), in reading order, pixels."""
    rows: int
    columns: int
    is_inverted: bool
    """Lines are darker than the ground."""
    share: float
    """Of the cells, those around which lines are seen."""
    seen: tuple[int, int]
    """Rows and columns that the lattice has, of which these are a part."""


class _Candidate(NamedTuple):
    worth: float
    block: Block
    contrast: NDArray[np.uint8]


def find_cell_lattice(
    picture: NDArray[np.uint8], rows: int | None = None, columns: int | None = None
) -> CellLattice | None:
    """Finds the cells of a sheet.

    Args:
        picture: (h, w) or (h, w, 3), uint8.
        rows: Of the sheet; None: as many as there are.
        columns: Of the sheet; None: as many as there are.

    Returns:
        None where lines enclose too few cells.
    """
    small, scale = shrink_to(picture, _SEARCH_SIDE)
    likely = is_ink_darker(small)
    best: CellLattice | None = None
    for is_inverted in (likely, not likely):
        candidates = _find_candidates(small, rows, columns, is_inverted=is_inverted)
        found = [
            _complete(candidate, rows, columns, is_inverted=is_inverted)
            for candidate in candidates
            if candidate.worth > _WORTHY * candidates[0].worth
        ]
        best = max((one for one in (best, *found) if one), key=_worth, default=None)
        if best is not None and _is_enough(best, small.shape):
            break
    return best and dataclasses.replace(best, quads=best.quads * scale)


def _worth(lattice: CellLattice) -> float:
    """How much of a picture is explained by a lattice, and how well."""
    area = float(np.maximum(area_of(lattice.quads), 0).sum())
    of_seen = len(lattice.quads) / max(lattice.seen[0] * lattice.seen[1], len(lattice.quads))
    return _rank(area, lattice.share, len(lattice.quads)) * math.sqrt(of_seen)


def _rank(area: float, share: float, count: int) -> float:
    # Of lattices of about the same area, that of more cells is the sheet.
    return share * math.sqrt(area) * math.exp(_MORE * math.log(count))


def _is_enough(lattice: CellLattice, shape: tuple[int, ...]) -> bool:
    area = float(area_of(lattice.quads).sum())
    is_large = area > _LARGE * shape[0] * shape[1] or len(lattice.quads) >= _MANY
    return is_large and lattice.share > _ENOUGH


def _find_candidates(
    small: NDArray[np.uint8], rows: int | None, columns: int | None, *, is_inverted: bool
) -> list[_Candidate]:
    """Blocks of holes that may be the sheet, the likeliest first."""
    found: list[_Candidate] = []
    large = _LARGE * small.shape[0] * small.shape[1]
    for holes, contrast in find_holes(small, is_inverted=is_inverted):
        is_enough = False
        for is_even in (True, False):
            for block in find_blocks(holes, is_even=is_even)[:2]:
                core = core_of(block)
                may_divide = bool((rows or columns) and parts_of(core.shape, rows, columns))
                wanted = rows or core.shape[0], columns or core.shape[1]
                if may_divide:
                    wanted = core.shape
                is_inside = _inside(core, _window(core, wanted), wanted)
                share = int(is_inside.sum()) / (wanted[0] * wanted[1])
                if share < _FIRST:
                    continue
                area = float(area_of(core.quads[is_inside]).sum())
                worth = _rank(area, share, wanted[0] * wanted[1])
                found.append(_Candidate(worth, core, contrast))
                is_whole = share > _ENOUGH and wanted == core.shape and not may_divide
                is_enough |= is_whole and (area > large or len(core.places) >= _MANY)
        if is_enough:
            break
    return sorted(found, key=lambda one: -one.worth)[:_CANDIDATES]


def _window(block: Block, wanted: tuple[int, int]) -> tuple[int, int]:
    """First row and column of the sheet of so many in a block."""
    is_cell = np.zeros(block.shape, np.bool_)
    is_cell[tuple(block.places.T)] = True
    padded = np.pad(is_cell, [(count, count) for count in wanted]).astype(np.float64)
    total = cv2.boxFilter(
        padded, -1, wanted[::-1], normalize=False, anchor=(0, 0), borderType=cv2.BORDER_CONSTANT
    )
    # The window of most cells; of several, that in the middle of them.
    most = np.argwhere(total > total.max() - 0.5)
    first = most[len(most) // 2] - wanted
    return int(first[0]), int(first[1])


def _inside(block: Block, first: tuple[int, int], wanted: tuple[int, int]) -> NDArray[np.bool_]:
    places = block.places - first
    return np.asarray(((places >= 0) & (places < wanted)).all(axis=1))


def _complete(
    candidate: _Candidate, rows: int | None, columns: int | None, *, is_inverted: bool
) -> CellLattice | None:
    """The sheet of which a candidate is a part."""
    block, fit = grow(candidate.block, candidate.contrast, rows, columns)
    if fit is None:
        return None
    seen = block.shape
    wanted = rows or seen[0], columns or seen[1]
    if wanted[0] > seen[0] or wanted[1] > seen[1]:
        return None
    first = _window(block, wanted)
    share = int(_inside(block, first, wanted).sum()) / (wanted[0] * wanted[1])
    if share < _FILLED or wanted[0] * wanted[1] < _LEAST_CELLS:
        return None
    quads = fit.cells(first, wanted)
    if (area_of(quads) <= 1).any():
        return None
    return CellLattice(quads, *wanted, is_inverted, share, seen)
