"""Assignment of connected components to cells."""

import itertools
import statistics
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from model.ink.pieces import DIGIT, Pieces
from model.page.grid_image import Edges, GridImage

# A component is its cell's with this share of it there; with less it is cut at the boundary, or
# where the rest extends this far, shares of a cell, into a cell that has no other ink.
_WHOLE, _OWN = 0.75, 0.25
# It crosses a boundary where more than this share of it lies in a second cell.
_CROSSING = 0.04
# It is warned of where more than this share of it does.
_STICKS_OUT = 0.15
# Beside the largest one of a cell it has this share of its extent, is as dark as that share, and
# not small, as a share of its area, and so far from it, shares of a cell.
_OF_LARGEST, _OF_LEVEL, _SMALL, _FAR = 0.12, 0.5, 0.08, 0.1
# Where the others in a cell together are larger by this factor, it is all texture.
_OF_TEXTURE = 2.0
# A component was drawn by the pen where it is this thick, as a share of the typical one.
_OF_PEN = 0.2
# Boundaries are moved by this share of a cell at most, to as many gaps; a cell is filled by ink of
# this share of the typical extent.
_MOVED, _GAPS, _FILLED = 0.34, 3, 0.45


class Assignment(NamedTuple):
    """Which of M components is of which of N cells."""

    image: GridImage
    """The grid; its boundaries may have moved."""
    pieces: Pieces
    """The components, in its cells."""
    owners: NDArray[np.int_]
    """(M,): the cell of each, -1 where it is no ink, N where it is cut at the boundaries."""
    crossed: list[int]
    """Cells into which so much of a component of another goes that it is doubtful."""

    @property
    def num_cells(self) -> int:
        """N."""
        return len(self.image.quads)

    def pieces_of(self, cell: int) -> list[int]:
        """The components that are of one cell alone."""
        return [piece for piece, owner in enumerate(self.owners.tolist()) if owner == cell]


def assign(
    image: GridImage,
    pieces: Pieces,
    is_ink: NDArray[np.bool_],
    levels: NDArray[np.uint8],
    *,
    may_move: bool,
) -> Assignment:
    """Assigns components to the cells that they lie in.

    Args:
        image: The grid.
        pieces: M components in it.
        is_ink: (M,): which may be ink.
        levels: (h, w): contrast.
        may_move: Boundaries may be moved to gaps in the ink, if more digits are found or fewer cut.
    """
    best = _assign_all(image, pieces, is_ink)
    fitness = _fitness(best)
    if may_move and fitness != (best.num_cells, 0):
        ink = is_ink[pieces.labels]
        across, down = (
            _boundaries(np.asarray(ink.any(axis=axis)), edges)
            for axis, edges in enumerate((image.across, image.down))
        )
        for columns, rows in itertools.product(across, down):
            moved = image.with_boundaries(rows, columns)
            other = _assign_all(moved, pieces.in_cells(moved), is_ink)
            if _fitness(other) > fitness:
                best, fitness = other, _fitness(other)
    _drop_scraps(best, levels)
    return best


def _drop_scraps(assigned: Assignment, levels: NDArray[np.uint8]) -> None:
    """Takes specks, shades and texture from the cells."""
    image, pieces, owners, _ = assigned
    side = min(image.cell)
    is_scrap = (owners < 0) & (pieces.extents < DIGIT * side)
    is_scrap[0] = False
    scraps = pieces.counts[is_scrap, :-1].sum(axis=0).tolist()
    for cell, scrap in enumerate(scraps):
        own = assigned.pieces_of(cell)
        if not own or (len(own) == 1 and not scrap):
            continue
        areas = pieces.areas[own]
        if len(own) > 1:
            is_part = _are_of_one_digit(pieces, own, side, levels)
            owners[np.array(own)[~is_part]] = -1
        if areas.sum() - areas.max() + scrap > _OF_TEXTURE * areas.max():
            owners[own] = -1
    large = (owners >= 0) & (pieces.extents >= DIGIT * side)
    if large.any():
        thickness = pieces.areas / np.maximum(pieces.extents, 1)
        typical = statistics.median(thickness[large].tolist())
        owners[thickness < _OF_PEN * typical] = -1


def _assign_all(image: GridImage, pieces: Pieces, is_ink: NDArray[np.bool_]) -> Assignment:
    """Assigns every component that may be ink."""
    in_cells, num_cells, side = pieces.counts[:, :-1], len(image.quads), min(image.cell)
    owners = np.where(is_ink, in_cells.argmax(axis=1), -1)
    rest = pieces.areas - in_cells.max(axis=1)
    is_crossing = is_ink & (rest > _CROSSING * pieces.areas)
    crossed: set[int] = set()
    if is_crossing.any():
        has_ink = set(owners[is_ink & ~is_crossing].tolist())
        for piece in np.flatnonzero(is_crossing).tolist():
            cells = np.flatnonzero(in_cells[piece]).tolist()
            is_cut = rest[piece] > (1 - _WHOLE) * pieces.areas[piece] or any(
                _extent_in(image, pieces, piece, cell) >= _OWN * side
                for cell in cells
                if cell != owners[piece] and cell not in has_ink
            )
            if is_cut:
                owners[piece] = num_cells
            if is_cut or rest[piece] > _STICKS_OUT * pieces.areas[piece]:
                crossed.update(cells)
    return Assignment(image, pieces, owners, sorted(crossed))


def _extent_in(image: GridImage, pieces: Pieces, piece: int, cell: int) -> int:
    """Extent of the part of a component that lies in a cell, pixels."""
    y0, y1, x0, x1 = image.boxes[cell]
    part = (pieces.labels[y0:y1, x0:x1] == piece).view(np.uint8)
    _, _, width, height = cv2.boundingRect(part)
    return max(width, height)


def _are_of_one_digit(
    pieces: Pieces, own: list[int], side: int, levels: NDArray[np.uint8]
) -> NDArray[np.bool_]:
    """Which pieces in a cell, (m,), are no specks, scraps or shades beside its largest one."""
    areas, boxes, extents = pieces.areas[own], pieces.boxes[own], pieces.extents[own]
    largest = int(areas.argmax())
    low, high = boxes[:, :2] - boxes[largest, 2:], boxes[largest, :2] - boxes[:, 2:]
    is_stray = (areas < _SMALL * areas[largest]) & (np.maximum(low, high).max(axis=1) > _FAR * side)
    darkness = np.array([levels[pieces.labels == piece].mean() for piece in own])
    is_part = (extents >= _OF_LARGEST * extents[largest]) & ~is_stray
    return np.asarray(is_part & (darkness >= _OF_LEVEL * darkness[largest]))


def _boundaries(has_ink: NDArray[np.bool_], edges: Edges) -> list[list[int]]:
    """Inner boundaries that cells may have along an axis: in the widest gaps near the even ones."""
    reach = int(_MOVED * (edges[0][1] - edges[0][0]))
    gaps = []
    for even, _ in edges[1:]:
        free = np.flatnonzero(~has_ink[max(0, even - reach) : even + reach]) + max(0, even - reach)
        runs = np.split(free, np.flatnonzero(np.diff(free) > 1) + 1) if len(free) else []
        runs.sort(key=len, reverse=True)
        gaps.append([int(min(max(even, run[0]), run[-1])) for run in runs[:_GAPS]] or [even])
    most = max(map(len, gaps), default=0)
    return [[one[min(rank, len(one) - 1)] for one in gaps] for rank in range(most)] or [[]]


def _fitness(assigned: Assignment) -> tuple[int, int]:
    """How well cells fit the ink: digits found, then as few pieces cut as possible."""
    _, pieces, owners, _ = assigned
    sizes = [0] * assigned.num_cells
    cut = []
    for piece, (owner, extent) in enumerate(
        zip(owners.tolist(), pieces.extents.tolist(), strict=True)
    ):
        if owner == len(sizes):
            cut.append(piece)
        elif owner >= 0:
            sizes[owner] = max(sizes[owner], extent)
    least = _FILLED * statistics.median(list(filter(None, sizes)) or [0])
    is_part = pieces.counts[cut, :-1] > (1 - _WHOLE) * pieces.areas[cut, np.newaxis]
    parts: list[bool] = np.any(is_part, axis=0).tolist()
    num_filled = sum(size > least or part for size, part in zip(sizes, parts, strict=True))
    return num_filled, -len(cut)
