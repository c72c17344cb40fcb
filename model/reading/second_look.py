"""Reads a doubtful picture in other ways: other layouts, sheets in it, and turned."""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.config import ReaderConfig
from model.ink import NormalForm
from model.reading import DOUBTED, Cell, Reading
from model.vocabulary import BLANK

Read = Callable[[Sequence[NormalForm]], list[Reading]]
"""Reads normal forms of grids of one shape."""

# The evidence of a reading is the mean over its cells of the logarithms of their probabilities;
# a blank, ink that is no digit, or what is no whole one, counts as an answer of this probability: a
# wrong layout has many. A blank cell that lines enclose counts as one of that, without a warning. A
# warning costs this.
_BLANK, _ENCLOSED_BLANK, _WARNED = 0.5, 0.8, 0.05
# The first reading has a lead: of a doubtful digit cropped in several ways, the surest reading is
# not the likeliest. Readings weigh in by the exponential of so many times their evidence.
_LEAD, _SHARPNESS = 0.12, 10.0
# In the probabilities, what was voted for weighs this at least. No more forms are read than that.
_MAJORITY, _MOST = 0.6, 14
# A picture is doubted where a digit is less sure than this: it may be turned. Of a sheet, which has
# more cells than the next, some always are: there the typical digit is so unsure.
_ALMOST_SURE = 0.97
_MOST_OF_GRID, _UNSURE = 8, 0.1
# How unsure a reading is: the mean over its inked cells of minus the logarithms of the
# probabilities of their likeliest digits. A digit that is turned is none, as a rule.
# A picture is turned where it is less unsure turned than the first of these, and upright by more
# than that many times as much and the third; where it nearly is, the answer is not sure.
_TURNED, _NEARLY = (0.1, 6.0, 0.02), (0.25, 3.0, 0.005)
# The other cells upright are more unsure than all turned so many times, and by this.
_REST = 2.0, 0.001
# These digits make no others upside down; where a picture has none of them, it is more likely
# upright by this. A reading that is nearly turned weighs this in the probabilities.
_ONE_WAY, _ANY_WAY, _DOUBTED = frozenset({2, 3, 4, 5, 7}), 0.1, 0.3
# A turned picture has so many inked cells at least.
_LEAST_INKED = 3


class _Seen(NamedTuple):
    """One way to see a picture."""

    normal: NormalForm
    reading: Reading
    evidence: float


def is_doubtful(normal: NormalForm, reading: Reading) -> bool:
    """Tells whether a picture may be read better in another way."""
    if normal.layout.found_by == "form" or _is_sheet(reading):
        return False  # nothing was decided that may be wrong, or all there is was looked at
    if normal.warnings:
        return True
    if any(warning.code == "finish_misplaced" for warning in reading.warnings):
        return True
    if any(cell.is_solid for cell in normal.cells):
        return True
    num_blanks = sum(cell.kind == "blank" for cell in reading.cells)
    if num_blanks and 2 * num_blanks >= len(reading.cells):
        return True
    return any(cell.kind == "other" or cell.confidence < DOUBTED for cell in reading.cells)


def may_be_turned(normal: NormalForm, reading: Reading) -> bool:
    """Tells whether a picture may be read better if it is turned, at least."""
    if normal.layout.found_by == "form":
        return False
    if _is_sheet(reading):
        return math.inf > _unsureness(_see(normal, reading)) > _UNSURE
    return any(cell.confidence < _ALMOST_SURE for cell in reading.cells)


def look_again(
    first: tuple[NormalForm, Reading],
    others: Sequence[NormalForm],
    grid: ReaderConfig,
    read: Read,
) -> tuple[NormalForm, Reading]:
    """Reads a picture in its other ways too; returns the likeliest reading with its normal form.

    Its probabilities are those of all the ways, weighted: where they disagree it is not sure.

    Args:
        first: What it was read as.
        others: Its other normal forms.
        grid: Its rows and columns.
        read: Reads normal forms.
    """
    others = [one for one in others if not np.array_equal(one.picture, first[0].picture)][:_MOST]
    seen = [_see(*first), *map(_see, others, read(others) if others else ())]
    best, weights = _vote(seen, _LEAD)
    agree = np.array([one.reading.text == best.reading.text for one in seen])
    share = max(weights[agree].sum(), _MAJORITY)
    weights[agree] *= share / weights[agree].sum()
    weights[~agree] *= (1 - share) / max(weights[~agree].sum(), 1e-9)
    probabilities = np.tensordot(weights, [_probabilities(one.reading) for one in seen], axes=1)
    turned = _find_turned(seen, best, grid, read)
    if turned:
        most, times, more = _TURNED
        if not any(cell.digit in _ONE_WAY for cell in turned.reading.cells):
            more += _ANY_WAY
        if _is_less_unsure(turned, best, most, times, more):
            return turned.normal, turned.reading
        probabilities += _DOUBTED * (_probabilities(turned.reading) - probabilities)
    elif not others:
        return first
    return best.normal, best.reading.with_probabilities(np.asarray(probabilities, np.float32))


def _probabilities(reading: Reading) -> NDArray[np.float32]:
    """(C, 12)."""
    return np.array([cell.probabilities for cell in reading.cells])


def _see(normal: NormalForm, reading: Reading) -> _Seen:
    evidence = sum(math.log(max(one, 1e-6)) for one in _answers(normal, reading))
    evidence = evidence / len(reading.cells) - _WARNED * len(normal.warnings)
    return _Seen(normal, reading, evidence)


def _answers(normal: NormalForm, reading: Reading) -> list[float]:
    """Of each cell how sure the digit is; ``_BLANK`` where there is none, or no whole one."""
    are_parts = {number for warning in normal.warnings for number in warning.cells}
    is_enclosed = normal.layout.found_by == "lines" and not normal.warnings
    blank = _ENCLOSED_BLANK if is_enclosed else _BLANK
    return [
        _BLANK
        if cell.kind == "other" or ink.is_solid or number in are_parts
        else (blank if cell.kind == "blank" else cell.confidence)
        for number, (cell, ink) in enumerate(zip(reading.cells, normal.cells, strict=True))
    ]


def _vote(seen: Sequence[_Seen], lead: float = 0.0) -> tuple[_Seen, NDArray[np.float64]]:
    """The surest of those that read what has most weight; and the weights, which add up to 1."""
    evidence = np.array([one.evidence for one in seen])
    evidence[0] += lead
    weights = np.exp(_SHARPNESS * (evidence - evidence.max()))
    weights /= weights.sum()
    votes: dict[str, float] = defaultdict(float)
    for one, weight in zip(seen, weights, strict=True):
        votes[one.reading.text] += float(weight)
    text = max(votes, key=votes.__getitem__)
    best = max((one for one in seen if one.reading.text == text), key=lambda one: one.evidence)
    return best, weights


def _find_turned(
    seen: Sequence[_Seen], upright: _Seen, grid: ReaderConfig, read: Read
) -> _Seen | None:
    """What was read turned, if it is at least nearly as likely; None if all is upright."""
    # With a warning no reading is sure enough; a blank is blank however it is turned.
    num_inked = len(_inked(upright))
    clear = [
        one
        for one in seen
        if (_is_sheet(one.reading) or not one.normal.warnings) and len(_inked(one)) == num_inked
    ]
    if not clear or _unsureness(upright) <= _NEARLY[2]:
        return None
    quarters = range(1, 4) if grid.rows == grid.columns else (2,)
    normals = [turn(one.normal, each, grid) for one in clear for each in quarters]
    turned = list(map(_see, normals, read(normals)))
    best, _ = _vote(turned)
    alike = [
        one
        for one in turned
        if one.reading.text == best.reading.text
        and one.normal.layout.quarter_turns == best.normal.layout.quarter_turns
    ]
    if len(alike) < min(2, len(clear)) or not _is_less_unsure(best, upright, *_NEARLY):
        return None
    return best


def _is_less_unsure(turned: _Seen, upright: _Seen, most: float, times: float, more: float) -> bool:
    unsure = _unsureness(turned)
    if unsure >= most or _unsureness(upright) <= times * unsure + more:
        return False
    # One cell that is hard to read does not turn a picture.
    times, more = _REST
    return _unsureness(upright, leave_out=1) > times * unsure + more


def _inked(seen: _Seen) -> list[Cell]:
    return [cell for cell in seen.reading.cells if cell.kind != "blank"]


def _unsureness(seen: _Seen, leave_out: int = 0) -> float:
    """Of the inked cells but for the least sure ones; infinite where there are few."""
    sure = sorted(float(cell.probabilities[:BLANK].max()) for cell in _inked(seen))
    if len(sure) < _LEAST_INKED:
        return math.inf
    sure = sure[leave_out:]
    warned = 0 if _is_sheet(seen.reading) else _WARNED * len(seen.normal.warnings)
    return warned - float(np.log(np.maximum(sure, 1e-6)).mean())


def _is_sheet(reading: Reading) -> bool:
    """Whether it has so many cells that a warning of some says nothing about the others."""
    return len(reading.cells) > _MOST_OF_GRID


def turn(normal: NormalForm, quarters: int, grid: ReaderConfig) -> NormalForm:
    """Turns what the network sees counterclockwise; boxes stay where they are in the picture."""
    places = np.arange(grid.num_cells).reshape(grid.rows, grid.columns)
    order = np.rot90(places, quarters).ravel().tolist()
    return normal._replace(
        picture=np.ascontiguousarray(np.rot90(normal.picture, quarters)),
        cells=tuple(normal.cells[cell] for cell in order),
        layout=normal.layout.turned(order, quarters),
    )
