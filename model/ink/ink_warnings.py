"""Warnings about ink that makes a reading doubtful."""

import itertools
from collections.abc import Collection, Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from model.ink.form import InkCrop, InkWarning

# Ink of less contrast than this is faint: grey levels.
FAINT_CONTRAST = 45
# Ink whose longer side is less than this share of its cell is tiny.
_TINY_SIZE = 0.12
# A picture with a greater share of ink than this shows no digits.
_MAX_INK_SHARE = 0.4
# A component of this share of the grid's height and width is no digit: it spans several cells.
_SPANS = 0.75
# Components side by side in a cell are several digits where they share this much of the height of
# its ink. One four in fifty, with strokes apart, is taken for two digits.
_SHARED_HEIGHT = 0.6
# Above each other they are where each has this share of the height, and of its own width: the bar
# of a five has less.
_STACKED, _DASH = 0.2, 0.5
# The largest component of a digit has this share of its extent.
_LARGEST = 0.5
# Ink of at least this level in the outermost pixels is cut off there.
_CUT = 0.6
# Cells of grids of no more rows and columns than this are counted; so many others are named.
_COUNTED, _NAMED = 2, 8

_OF_CELLS = (
    InkWarning("not_a_grid", "{} shows something that is neither a digit nor plain ground"),
    InkWarning("faint", "something is in {}, too pale, too thin or too little to be read"),
    InkWarning("cut_off", "the edge of the picture cuts off the ink of {}"),
    InkWarning("ink_across_divider", "the ink of {} goes on beyond it"),
    InkWarning("several_digits", "{} seems to hold more than one digit"),
    InkWarning("tiny", f"the ink of {{}} is less than {_TINY_SIZE:.0%} of its cell"),
)


def warn_of_no_grid(
    boxes: NDArray[np.int32], areas: NDArray[np.int32], shape: tuple[int, ...]
) -> tuple[InkWarning, ...]:
    """Warns of components of ink, in a grid of this (height, width), that are no digits.

    Args:
        boxes: (M, 4): x0, y0, x1, y1.
        areas: (M,): pixels.
        shape: Of the grid.
    """
    height, width = shape[:2]
    share = areas.sum() / (height * width)
    if share > _MAX_INK_SHARE:
        detail = f"{share:.0%} of the picture is ink; digits have far less"
        return (InkWarning("not_a_grid", detail),)
    if ((boxes[:, 2:] - boxes[:, :2]) > (_SPANS * width, _SPANS * height)).all(axis=1).any():
        detail = "one piece of ink spans the whole picture; a digit stays in its cell"
        return (InkWarning("not_a_grid", detail),)
    return ()


def warn_of_larger_grid(rows: int, columns: int) -> InkWarning:
    """Says that there are more digits around the cells, in so many rows and columns."""
    size = f"{rows} rows and {columns} columns"
    detail = f"the grid seems to have {size}: ask for them, or send a part of it"
    return InkWarning("other_layout", detail)


def warn_of_faint_ink(contrast: float) -> InkWarning:
    """Says how little all the ink differs from its background, grey levels."""
    detail = f"the ink differs from its background by {contrast:.0f} grey levels of 255"
    return InkWarning("faint", detail)


def warn_of_cells(
    doubts: Mapping[str, Collection[int]], rows: int, columns: int
) -> tuple[InkWarning, ...]:
    """Makes warnings of the numbers of the cells, from 0, to which each code applies.

    Args:
        doubts: Cells by code.
        rows: Of the grid.
        columns: Of the grid.
    """
    return tuple(
        warning._replace(
            detail=warning.detail.format(name_cells(doubts[warning.code], rows, columns)),
            cells=tuple(sorted(doubts[warning.code])),
        )
        for warning in _OF_CELLS
        if doubts.get(warning.code)
    )


def name_cells(cells: Collection[int], rows: int, columns: int) -> str:
    """Names cells of a grid, numbers from 0, as people count them: of a sheet by row and column."""
    order = sorted(cells)
    if max(rows, columns) <= _COUNTED:
        return "cell " + ", ".join(str(cell + 1) for cell in order)
    places = (divmod(cell, columns) for cell in order[:_NAMED])
    names = "; ".join(f"row {row + 1}, column {column + 1}" for row, column in places)
    more = len(order) - _NAMED
    return f"{names} and {more} more" if more > 0 else names


def doubts_of_crop(
    crop: InkCrop, boxes: NDArray[np.int32], shape: tuple[int, ...]
) -> Iterator[str]:
    """Codes of what is doubtful about the ink of a cell.

    Args:
        crop: The ink.
        boxes: (M, 4): x0, y0, x1, y1 of the components that are its alone.
        shape: Height and width of the picture that it was cropped from.
    """
    if crop.size_in_cell < _TINY_SIZE:
        yield "tiny"
    if len(boxes) > 1 and (_are_several(boxes) or share_of_largest(crop, boxes) < _LARGEST):
        yield "several_digits"
    if _is_cut(crop, shape):
        yield "cut_off"


def share_of_largest(crop: InkCrop, boxes: NDArray[np.int32]) -> float:
    """Extent of the largest of components with these boxes, (M, 4), as a share of the crop's."""
    largest = int((boxes[:, 2:] - boxes[:, :2]).max(initial=0))
    return largest / int(max(crop.levels.shape))


def _is_cut(crop: InkCrop, shape: tuple[int, ...]) -> bool:
    """Whether the edge of a picture (height, width) cuts two strokes: one alone may end there."""
    height, width = shape[:2]
    bottom, right = crop.top + crop.levels.shape[0], crop.left + crop.levels.shape[1]
    edges = (
        (crop.top <= 0, crop.levels[0]),
        (crop.left <= 0, crop.levels[:, 0]),
        (bottom >= height, crop.levels[-1]),
        (right >= width, crop.levels[:, -1]),
    )
    return any(is_at_edge and _num_runs(line > _CUT) >= 2 for is_at_edge, line in edges)


def _num_runs(is_ink: NDArray[np.bool_]) -> int:
    return int(np.count_nonzero(np.diff(is_ink.astype(np.int8), prepend=0) > 0))


def _are_several(boxes: NDArray[np.int32]) -> bool:
    """Whether components with these boxes, (m, 4), seem to be digits, as they lie."""
    return _are_side_by_side(boxes) or _are_stacked(boxes)


def _are_stacked(boxes: NDArray[np.int32]) -> bool:
    """Whether two components are one above the other, each of a digit's height and no dash."""
    height = float(boxes[:, 3].max() - boxes[:, 1].min())
    sizes = boxes[:, 2:] - boxes[:, :2]
    is_tall = (sizes[:, 1] >= _STACKED * height) & (sizes[:, 1] >= _DASH * sizes[:, 0])
    return any(
        upper[3] <= lower[1] for upper, lower in itertools.permutations(boxes[is_tall].tolist(), 2)
    )


def _are_side_by_side(boxes: NDArray[np.int32]) -> bool:
    least = _SHARED_HEIGHT * float(boxes[:, 3].max() - boxes[:, 1].min())
    tall = boxes[boxes[:, 3] - boxes[:, 1] >= least].tolist()
    return any(
        left[2] <= right[0] and min(left[3], right[3]) - max(left[1], right[1]) >= least
        for left, right in itertools.permutations(tall, 2)
    )
