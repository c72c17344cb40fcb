"""What about the ink makes a reading doubtful."""

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model.ink.deal import Deal, Piece
from model.ink.form import InkWarning
from model.ink.light import Ink
from model.ink.marks import Marks, find_marks

# Ink of less contrast than this is faint: grey levels.
_FAINT = 45
# Ink whose longer side is below this share of its cell is tiny.
_TINY = 0.12
# More of a picture than this is no digits.
_MOST_INK = 0.4
# A piece of ink of this share of the grid's height and width spans cells as no digit does.
_SPANS = 0.75
# Pieces beside each other in a cell are digits of their own where they share this much of its ink's
# height. Of fours, whose strokes may stand apart, one in fifty is taken for two digits.
_SHARED_HEIGHT = 0.6
# Ink that is left out is worth a word where its longer side is this share of its cell, or more, and
# no more than a whole cell.
_MAY_BE_DIGIT = 0.2
# Where no ink is found: what differs from the background by so many grey levels, on a screen and on
# paper, and by so many standard deviations of the noise, may be some.
_LEAST_FLAT, _LEAST_UNEVEN, _NOISE_FACTOR = 3, 12, 5.0


def doubts(
    ink: Ink, deal: Deal, pieces: Sequence[Piece | None], left_out: Marks
) -> tuple[InkWarning, ...]:
    """Returns the warnings, in plain words.

    Args:
        ink: Of the whole picture.
        deal: Which mark belongs to which cell.
        pieces: The ink of each cell.
        left_out: Pieces that are in no cell, as too little or too thin for the pen.
    """
    marks = deal.marks
    if not len(marks.areas):
        return _unseen(ink, deal)
    found = []
    height, width = marks.shape
    sizes = (marks.boxes[:, 2:] - marks.boxes[:, :2]) / (width, height)
    share = marks.areas.sum() / (height * width)
    if share > _MOST_INK:
        detail = f"{share:.0%} of the picture is ink; digits have far less"
        found.append(InkWarning("not_a_grid", detail))
    elif deal.num_cells > 1 and (sizes > _SPANS).all(axis=1).any():
        detail = "one piece of ink spans the whole picture; a digit stays in its cell"
        found.append(InkWarning("not_a_grid", detail))
    if deal.crossing:
        cells = sorted({cell + 1 for mark in deal.crossing for cell in deal.cells_of(mark)})
        detail = f"ink goes over the edge between cells {', '.join(map(str, cells))}"
        found.append(InkWarning("ink_across_divider", detail))
    if ink.strong < _FAINT:
        detail = f"the ink differs from its background by {ink.strong:.0f} grey levels of 255"
        found.append(InkWarning("faint", detail))
    empty = [str(cell + 1) for cell in _cells_of_digits(left_out, deal) if pieces[cell] is None]
    if empty:
        detail = f"what stands in cell {', '.join(empty)} was too thin or too little to be read"
        found.append(InkWarning("faint", detail))
    tiny = [
        str(number)
        for number, piece in enumerate(pieces, 1)
        if piece is not None and piece.size_in_cell < _TINY
    ]
    if tiny:
        detail = f"the ink of cell {', '.join(tiny)} is less than {_TINY:.0%} of its cell"
        found.append(InkWarning("tiny", detail))
    several = [
        str(cell + 1) for cell, boxes in deal.boxes_together().items() if _are_several(boxes)
    ]
    if several:
        detail = f"cell {', '.join(several)} seems to hold more than one digit"
        found.append(InkWarning("several_digits", detail))
    return tuple(found)


def _are_several(boxes: NDArray[np.int32]) -> bool:
    """Whether pieces of ink, (m, 4) boxes, seem to be digits beside each other."""
    least = _SHARED_HEIGHT * float(boxes[:, 3].max() - boxes[:, 1].min())
    tall = boxes[boxes[:, 3] - boxes[:, 1] >= least].tolist()
    return any(
        left[2] <= right[0] and min(left[3], right[3]) - max(left[1], right[1]) >= least
        for left, right in itertools.permutations(tall, 2)
    )


def _unseen(ink: Ink, deal: Deal) -> tuple[InkWarning, ...]:
    """Where nothing was found: says whether something may be there."""
    least = _LEAST_FLAT if ink.is_flat else max(_LEAST_UNEVEN, _NOISE_FACTOR * ink.noise)
    cells = _cells_of_digits(find_marks(ink.levels > least), deal)
    if not cells:
        return ()
    which = ", ".join(str(cell + 1) for cell in cells)
    detail = f"what stands in cell {which} hardly differs from its background"
    return (InkWarning("faint", detail),)


def _cells_of_digits(marks: Marks, deal: Deal) -> list[int]:
    """The cells in which pieces of ink are as large as a digit may be, in order."""
    if not len(marks.areas):
        return []
    height, width = marks.shape
    cell = max(height / (len(deal.down) - 1), width / (len(deal.across) - 1))
    longer = (marks.boxes[:, 2:] - marks.boxes[:, :2]).max(axis=1)
    is_digit = (longer >= _MAY_BE_DIGIT * cell) & (longer <= cell)
    return sorted(
        {cell for mark in np.flatnonzero(is_digit).tolist() for cell in deal.cells_of(mark, marks)}
    )
