"""Completes a lattice of which some cells are known, by the lines around the others."""

import itertools

import numpy as np
from numpy.typing import NDArray

from model.page.cell_holes import Block, area_of
from model.page.lattice_fit import LatticeFit, fit_lattice
from model.page.line_evidence import measure_sides, move_sides
from model.page.mesh import side_of

# Rows and columns are added one after the other, at most so many times, no further beyond the
# picture than this, pixels.
_ROUNDS, _BEYOND = 12, 3
# A cell has lines at so many sides; an outer row or column at this share of them, each less than
# so far from where the others are, shares of a cell.
_SIDES, _LINES, _STRAIGHT = 3, 0.6, 0.08
# Counted in another way a sheet is as large as before, to this share.
_SAME_AREA = 0.95
# So many cells may be open to the outside where this share of the lines between them are there.
_OPEN_CELLS, _OPEN_LINES = 3, 0.85
# At most so many cells may be divided into as many each, at least so long, pixels, where this share
# of the lines that divide them are there.
_MOST_DIVIDED, _PARTS, _LEAST_PART, _DIVIDED = 100, (3, 2), 12.0, 0.7
# A row or column of which less than this share are cells is none.
_WHOLE_LINE = 0.4


def grow(
    block: Block, contrast: NDArray[np.uint8], rows: int | None, columns: int | None
) -> tuple[Block, LatticeFit | None]:
    """Adds the cells of a sheet that have lines where the others say that their sides are.

    Args:
        block: Cells that are known.
        contrast: (h, w), uint8: of lines to their ground.
        rows: Of the sheet; None: as many as there are.
        columns: Of the sheet; None: as many as there are.
    """
    one = _divided(_one_sheet(block, rows, columns), contrast, rows, columns)
    as_linked = _add_cells(one, contrast, rows, columns)
    regular = _regular(one)
    if regular is one:
        return as_linked
    grown = _add_cells(regular, contrast, rows, columns)
    # A row that is unlike the others may be as it is.
    is_all = _area(grown[0]) > _SAME_AREA * _area(as_linked[0])
    return grown if is_all and not _has_gaps(grown[0]) else as_linked


def core_of(block: Block) -> Block:
    """Without the rows and columns at its ends of which few cells are known."""
    while True:
        shape = block.shape
        ends = [
            (float(np.count_nonzero(block.places[:, axis] == end)) / shape[1 - axis], axis, end)
            for axis in (0, 1)
            for end in (0, shape[axis] - 1)
        ]
        least, axis, end = min(ends)
        if least >= _WHOLE_LINE or shape[axis] == 1:
            return block
        block = block.part(block.places[:, axis] != end)


def _one_sheet(block: Block, rows: int | None, columns: int | None) -> Block:
    """Without what stands apart beside it, unless boxes do so in a single row or column."""
    fit = None if 1 in block.shape else fit_lattice(block)
    if fit is None:
        return block
    for axis, wanted in ((0, rows), (1, columns)):
        edges = [0, *fit.breaks(axis), block.shape[axis]]
        parts = [
            block.part((block.places[:, axis] >= start) & (block.places[:, axis] < end))
            for start, end in itertools.pairwise(edges)
            if wanted is None or end - start >= wanted
        ]
        if parts:
            block = max(parts, key=_area)
    return block


def parts_of(shape: tuple[int, int], rows: int | None, columns: int | None) -> list[int]:
    """Into how many parts, each way, cells of a sheet may be divided by paler lines."""
    return [
        count
        for count in _PARTS
        if (rows or shape[0] * count) == shape[0] * count
        and (columns or shape[1] * count) == shape[1] * count
    ]


def _divided(
    block: Block, contrast: NDArray[np.uint8], rows: int | None, columns: int | None
) -> Block:
    """Cells that paler lines divide into as many rows as columns, if they do."""
    parts = parts_of(block.shape, rows, columns)
    fit = fit_lattice(block) if parts and 1 not in block.shape else None
    if fit is None:
        return block
    side = side_of(block.quads)
    for count in parts:
        if side < count * _LEAST_PART or len(block.quads) > _MOST_DIVIDED:
            continue
        size = block.shape[0] * count, block.shape[1] * count
        quads = fit.divided(count).cells((0, 0), size)
        is_line, off = measure_sides(contrast, quads, np.ones(len(quads), np.bool_))
        is_straight = is_line & (np.abs(off) < _STRAIGHT)
        row, column = np.divmod(np.arange(len(quads)), size[1])
        inner = [is_straight[(row + 1) % count > 0, 1], is_straight[(column + 1) % count > 0, 3]]
        if min(float(sides.mean()) for sides in inner) >= _DIVIDED:
            return Block(move_sides(quads, off * is_line), np.stack([row, column], axis=1))
    return block


def _regular(block: Block) -> Block:
    """Counts rows and columns as most of them are spaced, where most are spaced evenly."""
    fit = fit_lattice(block)
    if fit is None:
        return block
    numbers = [fit.numbers(axis)[block.places[:, axis]] for axis in (0, 1)]
    places = np.stack(numbers, axis=1)
    is_part = np.asarray((places >= 0).all(axis=1))
    if np.array_equal(places, block.places) or not is_part.any():
        return block
    return Block(block.quads, places).part(is_part)


def _area(block: Block) -> float:
    return float(area_of(block.quads).sum())


def _has_gaps(block: Block) -> bool:
    """Tells whether of some row or column few cells are known."""
    return any(
        bool((np.bincount(block.places[:, axis]) < _WHOLE_LINE * block.shape[1 - axis]).any())
        for axis in (0, 1)
    )


def _add_cells(
    block: Block, contrast: NDArray[np.uint8], rows: int | None, columns: int | None
) -> tuple[Block, LatticeFit | None]:
    fit = fit_lattice(block)
    for _ in range(_ROUNDS):
        if fit is None:
            break
        pads = [
            int(fit.is_even(axis) and (wanted is None or block.shape[axis] < wanted))
            for axis, wanted in ((0, rows), (1, columns))
        ]
        grown = _add_round(block, fit, contrast, pads)
        refit = fit_lattice(grown) if grown is not None else None
        if grown is None or refit is None:
            break
        block, fit = grown, refit
    return block, fit


def _add_round(
    block: Block, fit: LatticeFit, contrast: NDArray[np.uint8], pads: list[int]
) -> Block | None:
    """Adds cells inside a block and, where it is padded by 1, around it; None: there are none."""
    size = block.shape[0] + 2 * pads[0], block.shape[1] + 2 * pads[1]
    quads = fit.cells((-pads[0], -pads[1]), size)
    is_known = np.zeros(size[0] * size[1], np.bool_)
    is_known[(block.places + pads) @ (size[1], 1)] = True
    height, width = contrast.shape
    is_seen = (quads > -_BEYOND) & (quads < (width + _BEYOND, height + _BEYOND))
    is_new = ~is_known & is_seen.all(axis=(1, 2, 3)) & (area_of(quads) > 1)
    if not is_new.any():
        return None
    is_line, off = measure_sides(contrast, quads, is_known)
    is_cell = is_new & (is_line.sum(axis=1) >= _SIDES)
    places = np.stack(np.divmod(np.arange(len(quads)), size[1]), axis=1)
    for axis in (0, 1):
        along, pad = places[:, 1 - axis], pads[1 - axis]
        is_between = (along >= pad) & (along < size[1 - axis] - pad)
        for number in set(range(size[axis])) - set(places[is_known, axis].tolist()):
            is_here = places[:, axis] == number
            between = is_here & is_between
            far = [2 * axis + end for end in (0, 1) if number != (size[axis] - 1) * (1 - end)]
            beside = [2 - 2 * axis, 3 - 2 * axis]
            if not _is_whole(is_line[between], off[between], far, beside, is_new[between]):
                is_cell[is_here] = False
    if not is_cell.any():
        return None
    moved = move_sides(quads[is_cell], off[is_cell] * is_line[is_cell])
    grown = np.concatenate([block.places + pads, places[is_cell]])
    return Block(np.concatenate([block.quads, moved]), grown).part(None)


def _is_whole(
    is_line: NDArray[np.bool_],
    off: NDArray[np.float64],
    far: list[int],
    beside: list[int],
    is_seen: NDArray[np.bool_],
) -> bool:
    """Tells whether a row or column of which no cell was known, (n, 4) sides, is of the sheet.

    A line goes on from cell to cell; strokes of text are here and there.
    """
    is_far = is_line[:, far] & (np.abs(off[:, far] - np.median(off[:, far], axis=0)) < _STRAIGHT)
    is_beside = is_line[:, beside] & (np.abs(off[:, beside]) < _STRAIGHT)
    shares = (is_far & is_seen[:, np.newaxis]).mean(axis=0)
    beside_share = float(is_beside.mean())
    # Lines that go on for a whole cell are of the sheet, where it is open or its frame is pale.
    if len(is_line) >= _OPEN_CELLS and beside_share >= _OPEN_LINES:
        return bool(is_seen.mean() >= _LINES)
    return min(float(shares.min()), beside_share) >= _LINES
