"""Warnings about ink that makes a reading doubtful."""

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from model.ink.assignment import Assignment, InkCrop
from model.ink.background import Ink
from model.ink.components import Components, find_components
from model.ink.form import InkWarning

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
# Ink of at least this level in the outermost pixels is cut off there.
_CUT = 0.6
# Discarded ink is warned of where its longer side is this share of its cell, up to a whole cell.
_MIN_DIGIT_SIZE = 0.2
# Where no ink was found, there may be some that differs from the background by this many grey
# levels, on a screen and on paper, and by this many standard deviations of the noise.
_MIN_CONTRAST_FLAT, _MIN_CONTRAST_UNEVEN, _NOISE_FACTOR = 3, 12, 5.0

_OF_CELLS = (
    InkWarning("faint", "something is in cell {}, too pale, too thin or too little to be read"),
    InkWarning("cut_off", "the edge of the picture cuts off the ink of cell {}"),
    InkWarning("ink_across_divider", "the ink of cell {} goes on beyond it"),
    InkWarning("several_digits", "cell {} seems to hold more than one digit"),
    InkWarning("tiny", f"the ink of cell {{}} is less than {_TINY_SIZE:.0%} of its cell"),
)


def find_warnings(
    ink: Ink,
    assignment: Assignment,
    crops: Sequence[InkCrop | None],
    discarded: Components,
    shape: tuple[int, ...],
) -> tuple[InkWarning, ...]:
    """Returns the warnings, in plain words.

    Args:
        ink: Of the whole picture.
        assignment: Of components to cells.
        crops: The ink of each cell.
        discarded: Components that are in no cell, as too small or too thin for the pen.
        shape: Of the picture, (height, width).
    """
    components = assignment.components
    if not len(components.areas):
        return _warn_of_unseen_ink(ink, assignment)
    found = []
    height, width = components.shape
    sizes = (components.boxes[:, 2:] - components.boxes[:, :2]) / (width, height)
    share = components.areas.sum() / (height * width)
    if share > _MAX_INK_SHARE:
        detail = f"{share:.0%} of the picture is ink; digits have far less"
        found.append(InkWarning("not_a_grid", detail))
    elif assignment.num_cells > 1 and (sizes > _SPANS).all(axis=1).any():
        detail = "one piece of ink spans the whole picture; a digit stays in its cell"
        found.append(InkWarning("not_a_grid", detail))
    if assignment.crossing:
        cells = assignment.cells_of(components.boxes[assignment.crossing])
        detail = f"ink goes over the edge between cells {_numbers(cells)}"
        found.append(InkWarning("ink_across_divider", detail))
    if ink.contrast < FAINT_CONTRAST:
        found.append(warn_of_faint_ink(ink.contrast))
    candidates = _cells_with_digit_sized_ink(discarded, assignment)
    if empty := [cell for cell in candidates if crops[cell] is None]:
        detail = f"what stands in cell {_numbers(empty)} was too thin or too little to be read"
        found.append(InkWarning("faint", detail))
    if tiny := [cell for cell, crop in enumerate(crops) if crop and crop.size_in_cell < _TINY_SIZE]:
        detail = f"the ink of cell {_numbers(tiny)} is less than {_TINY_SIZE:.0%} of its cell"
        found.append(InkWarning("tiny", detail))
    if cut := [cell for cell, crop in enumerate(crops) if crop and _is_cut(crop, shape)]:
        found += warn_of_cells({"cut_off": cut})
    shared = assignment.boxes_by_shared_cell()
    if several := [cell for cell, boxes in shared.items() if are_several(boxes)]:
        detail = f"cell {_numbers(several)} seems to hold more than one digit"
        found.append(InkWarning("several_digits", detail))
    return tuple(found)


def warn_of_faint_ink(contrast: float) -> InkWarning:
    """Says how little all the ink differs from its background, grey levels."""
    detail = f"the ink differs from its background by {contrast:.0f} grey levels of 255"
    return InkWarning("faint", detail)


def warn_of_cells(doubts: Mapping[str, list[int]]) -> tuple[InkWarning, ...]:
    """Makes warnings of the numbers of the cells, from 0, to which each code applies."""
    return tuple(
        warning._replace(
            detail=warning.detail.format(_numbers(doubts[warning.code])),
            cells=tuple(doubts[warning.code]),
        )
        for warning in _OF_CELLS
        if warning.code in doubts
    )


def _numbers(cells: list[int]) -> str:
    return ", ".join(str(cell + 1) for cell in cells)


def _is_cut(crop: InkCrop, shape: tuple[int, ...]) -> bool:
    """Whether the edge of the picture cuts two strokes of a digit: one alone may end there."""
    height, width = (side // crop.factor for side in shape[:2])
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


def are_several(boxes: NDArray[np.int32]) -> bool:
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


def _warn_of_unseen_ink(ink: Ink, assignment: Assignment) -> tuple[InkWarning, ...]:
    """Says where ink may be although none was found."""
    on_paper = max(_MIN_CONTRAST_UNEVEN, _NOISE_FACTOR * ink.noise)
    is_ink = ink.levels > (_MIN_CONTRAST_FLAT if ink.is_flat else on_paper)
    cells = _cells_with_digit_sized_ink(find_components(is_ink), assignment)
    if not cells:
        return ()
    detail = f"what stands in cell {_numbers(cells)} hardly differs from its background"
    return (InkWarning("faint", detail),)


def _cells_with_digit_sized_ink(components: Components, assignment: Assignment) -> list[int]:
    """The cells in which components are as large as a digit may be, in order."""
    if not len(components.areas):
        return []
    height, width = components.shape
    cell = max(height / (len(assignment.down) - 1), width / (len(assignment.across) - 1))
    longer = (components.boxes[:, 2:] - components.boxes[:, :2]).max(axis=1)
    is_digit = (longer >= _MIN_DIGIT_SIZE * cell) & (longer <= cell)
    return assignment.cells_of(components.boxes[is_digit])
