"""What about the ink makes a reading doubtful."""

from collections.abc import Sequence

from model.ink.deal import Deal, Piece
from model.ink.form import InkWarning
from model.ink.light import Ink

# Ink of less contrast than this is faint: grey levels.
_FAINT = 45
# Ink whose longer side is below this share of its cell is tiny.
_TINY = 0.12
# More of a picture than this is no digits.
_MOST_INK = 0.4
# A piece of ink of this share of the grid's height and width spans cells as no digit does.
_SPANS = 0.75


def doubts(ink: Ink, deal: Deal, pieces: Sequence[Piece | None]) -> tuple[InkWarning, ...]:
    """Returns the warnings, in plain words.

    Args:
        ink: Of the whole picture.
        deal: Which mark belongs to which cell.
        pieces: The ink of each cell.
    """
    marks = deal.marks
    if not len(marks.areas):
        return ()
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
    tiny = [
        str(number)
        for number, piece in enumerate(pieces, 1)
        if piece is not None and piece.size_in_cell < _TINY
    ]
    if tiny:
        detail = f"the ink of cell {', '.join(tiny)} is less than {_TINY:.0%} of its cell"
        found.append(InkWarning("tiny", detail))
    return tuple(found)
