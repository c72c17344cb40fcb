"""Completes a lattice of which some cells are known, by the lines around the others."""

import itertools

import numpy as np
from numpy.typing import NDArray

from model.page.cell_holes import Block, area_of
from model.page.lattice_fit import LatticeFit, fit_lattice
from model.page.line_evidence import least_clear, measure_sides, move_sides

# Rows and columns are added one after the other, at most so many times, no further beyond the
# picture than this, pixels.
_ROUNDS, _BEYOND = 12, 3
# A cell has lines at so many sides; an outer row or column at this share of them, each less than
# so far from where the others are, shares of a cell.
_SIDES, _LINES, _STRAIGHT = 3, 0.6, 0.08
# Counted in another way a sheet is as large as before, to this share.
_SAME_AREA = 0.95
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
    one = _one_sheet(block, rows, columns)
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
    clear, off = measure_sides(contrast, quads)
    is_line = clear > least_clear(clear[is_known])
    is_cell = is_new & (is_line.sum(axis=1) >= _SIDES)
    places = np.stack(np.divmod(np.arange(len(quads)), size[1]), axis=1)
    for axis in (0, 1):
        if pads[axis]:
            along, pad = places[:, 1 - axis], pads[1 - axis]
            is_between = (along >= pad) & (along < size[1 - axis] - pad)
            for end, far in ((0, 2 * axis), (size[axis] - 1, 2 * axis + 1)):
                is_end = places[:, axis] == end
                outer = is_end & is_between
                beside = slice(2, 4) if axis == 0 else slice(0, 2)
                if not _is_outer_line(is_line[outer], off[outer], far, beside, is_new[outer]):
                    is_cell[is_end] = False
    if not is_cell.any():
        return None
    moved = move_sides(quads[is_cell], off[is_cell] * is_line[is_cell])
    grown = np.concatenate([block.places + pads, places[is_cell]])
    return Block(np.concatenate([block.quads, moved]), grown).part(None)


def _is_outer_line(
    is_line: NDArray[np.bool_],
    off: NDArray[np.float64],
    far: int,
    beside: slice,
    is_seen: NDArray[np.bool_],
) -> bool:
    """Tells whether the cells of an outer row or column, (n, 4) sides, are of the sheet.

    A line goes on from cell to cell; strokes of text are here and there.
    """
    is_far = is_line[:, far] & (np.abs(off[:, far] - np.median(off[:, far])) < _STRAIGHT)
    is_beside = is_line[:, beside] & (np.abs(off[:, beside]) < _STRAIGHT)
    return min(float((is_far & is_seen).mean()), float(is_beside.mean())) >= _LINES
