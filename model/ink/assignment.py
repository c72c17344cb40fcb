"""Assignment of connected components to cells."""

import itertools

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


def assign(
    pieces: Pieces, is_ink: NDArray[np.bool_], side: int
) -> tuple[NDArray[np.int_], list[int]]:
    """Assigns components to the cells that they lie in.

    Args:
        pieces: M components.
        is_ink: (M,): which may be ink.
        side: Of a cell, pixels.

    Returns:
        The cell of each, (M,), -1 where it is no ink, and one more than the last where it is cut at
        the boundaries; and the cells into which so much of a component goes that it is doubtful.
    """
    owners, crossed = _assign_all(pieces, is_ink, side)
    is_scrap = (owners < 0) & (pieces.extents < DIGIT * side)
    is_scrap[0] = False
    scraps = pieces.counts[is_scrap, :-1].sum(axis=0).tolist()
    for cell, scrap in enumerate(scraps):
        own = np.flatnonzero(owners == cell)
        if not len(own):
            continue
        areas = pieces.areas[own]
        if len(own) > 1:
            owners[own[~_are_of_one_digit(pieces, own, side)]] = -1
        largest = areas.max()
        if areas.sum() - largest + scrap > _OF_TEXTURE * largest:
            owners[own] = -1
    thickness = pieces.areas / np.maximum(pieces.extents, 1)
    large = (owners >= 0) & (pieces.extents >= DIGIT * side)
    if large.any():
        owners[thickness < _OF_PEN * np.median(thickness[large])] = -1
    return owners, crossed


def move_boundaries(
    image: GridImage, pieces: Pieces, is_ink: NDArray[np.bool_]
) -> tuple[GridImage, Pieces]:
    """Moves boundaries between cells to gaps in the ink, if more digits are found or fewer cut.

    Args:
        image: The grid of an upright picture.
        pieces: M components in it.
        is_ink: (M,): which may be ink.

    Returns:
        The grid that fits best, and the components in its cells.
    """
    best, best_fitness = (image, pieces), _fitness(image, pieces, is_ink)
    if best_fitness == (len(image.quads), 0):
        return best
    ink = is_ink[pieces.labels]
    across, down = (
        _boundaries(np.asarray(ink.any(axis=axis)), edges)
        for axis, edges in enumerate((image.across, image.down))
    )
    for columns, rows in itertools.product(across, down):
        moved = image.with_boundaries(rows, columns)
        of_moved = pieces.in_cells(moved)
        fitness = _fitness(moved, of_moved, is_ink)
        if fitness > best_fitness:
            best, best_fitness = (moved, of_moved), fitness
    return best


def _assign_all(
    pieces: Pieces, is_ink: NDArray[np.bool_], side: int
) -> tuple[NDArray[np.int_], list[int]]:
    """The cells of all components, as ``assign`` returns them."""
    in_cells = pieces.counts[:, :-1]
    owners = np.where(is_ink, in_cells.argmax(axis=1), -1)
    rest = pieces.areas - in_cells.max(axis=1)
    is_crossing = is_ink & (rest > _CROSSING * pieces.areas)
    has_ink = np.bincount(owners[is_ink & ~is_crossing], minlength=in_cells.shape[1]) > 0
    crossed: set[int] = set()
    for piece in np.flatnonzero(is_crossing).tolist():
        cells = np.flatnonzero(in_cells[piece]).tolist()
        is_cut = rest[piece] > (1 - _WHOLE) * pieces.areas[piece]
        x0, y0, x1, y1 = pieces.boxes[piece].tolist()
        own = pieces.labels[y0:y1, x0:x1] == piece
        for cell in cells:
            if cell != owners[piece] and not has_ink[cell]:
                y, x = np.nonzero(own & (pieces.numbers[y0:y1, x0:x1] == cell))
                is_cut |= max(np.ptp(y), np.ptp(x)) + 1 >= _OWN * side
        if is_cut:
            owners[piece] = in_cells.shape[1]
        if is_cut or rest[piece] > _STICKS_OUT * pieces.areas[piece]:
            crossed.update(cells)
    return owners, sorted(crossed)


def _are_of_one_digit(pieces: Pieces, own: NDArray[np.int_], side: int) -> NDArray[np.bool_]:
    """Which pieces in a cell, (m,), are no specks, scraps or shades beside its largest one."""
    areas, boxes, levels = pieces.areas[own], pieces.boxes[own], pieces.levels[own]
    largest = int(areas.argmax())
    low, high = boxes[:, :2] - boxes[largest, 2:], boxes[largest, :2] - boxes[:, 2:]
    is_stray = (areas < _SMALL * areas[largest]) & (np.maximum(low, high).max(axis=1) > _FAR * side)
    is_part = pieces.extents[own] >= _OF_LARGEST * pieces.extents[own[largest]]
    return np.asarray(is_part & ~is_stray & (levels >= _OF_LEVEL * levels[largest]))


def _boundaries(has_ink: NDArray[np.bool_], edges: Edges) -> list[list[int]]:
    """Inner boundaries that cells may have along an axis: in the widest gaps near the even ones."""
    reach = int(_MOVED * (edges[0, 1] - edges[0, 0]))
    gaps = []
    for even in edges[1:, 0].tolist():
        free = np.flatnonzero(~has_ink[max(0, even - reach) : even + reach]) + max(0, even - reach)
        runs = np.split(free, np.flatnonzero(np.diff(free) > 1) + 1) if len(free) else []
        runs.sort(key=len, reverse=True)
        gaps.append([int(min(max(even, run[0]), run[-1])) for run in runs[:_GAPS]] or [even])
    most = max(map(len, gaps), default=0)
    return [[one[min(rank, len(one) - 1)] for one in gaps] for rank in range(most)] or [[]]


def _fitness(image: GridImage, pieces: Pieces, is_ink: NDArray[np.bool_]) -> tuple[int, int]:
    """How well cells fit the ink: digits found, then as few pieces cut as possible."""
    count = len(image.quads)
    owners, _ = _assign_all(pieces, is_ink, min(image.cell))
    sizes = np.zeros(count)
    is_whole, is_cut = (owners >= 0) & (owners < count), owners == count
    np.maximum.at(sizes, owners[is_whole], pieces.extents[is_whole])
    is_filled = sizes > _FILLED * (np.median(sizes[sizes > 0]) if sizes.any() else 0)
    is_part = pieces.counts[is_cut, :-1] > (1 - _WHOLE) * pieces.areas[is_cut, np.newaxis]
    is_filled |= is_part.any(axis=0)
    return int(np.count_nonzero(is_filled)), -int(np.count_nonzero(is_cut))
