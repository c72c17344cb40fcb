"""Reads a doubtful picture in other ways: other layouts, sheets in it, and turned."""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.config import ReaderConfig
from model.ink import NormalForm
from model.reading import LOW_CONFIDENCE, Reading

Read = Callable[[Sequence[NormalForm]], list[Reading]]
"""Reads normal forms, as an engine and ``make_readings`` do."""

# The evidence of a reading is the mean over its cells of the logarithms of their probabilities;
# a blank, or what is no whole digit, counts as an answer of this probability: a wrong layout has
# many. A warning costs this.
_BLANK, _WARNED = 0.5, 0.05
# The first reading has a lead: of a doubtful digit cropped in several ways, the surest reading is
# not the likeliest. Readings weigh in by the exponential of so many times their evidence.
_LEAD, _SHARPNESS = 0.12, 10.0
# In the probabilities, what was voted for weighs this at least. No more forms are read than that.
_MAJORITY, _MOST = 0.6, 14
# Turned pictures are read where the best evidence is less than the first of these. They are
# believed where at least two turned forms agree, with evidence of more than the second (upside
# down, where many digits are others, than the last) and of so much more than upright ...
_UPRIGHT, _TURNED, _TURNED_LEAD, _UPSIDE_DOWN = -0.045, -0.04, 0.05, -0.01
# ... and where two cells upright are less sure than this, or each cell turned is as sure as that: a
# digit that is hard to read may make sense upside down.
_SECOND, _CERTAIN = 0.93, 0.9985


class _Seen(NamedTuple):
    """One way to see a picture."""

    normal: NormalForm
    reading: Reading
    evidence: float


def is_doubtful(normal: NormalForm, reading: Reading) -> bool:
    """Tells whether a picture may be read better in another way."""
    if normal.layout.found_by == "form":
        return False  # nothing was decided that may be wrong
    if normal.warnings:
        return True
    if any(warning.code == "finish_misplaced" for warning in reading.warnings):
        return True
    if any(cell.is_solid for cell in normal.cells):
        return True
    num_blanks = sum(cell.digit is None for cell in reading.cells)
    if num_blanks and 2 * num_blanks >= len(reading.cells):
        return True
    return any(cell.confidence < LOW_CONFIDENCE for cell in reading.cells)


def look_again(
    first: tuple[NormalForm, Reading],
    others: Sequence[NormalForm],
    config: ReaderConfig,
    read: Read,
) -> tuple[NormalForm, Reading]:
    """Reads a picture in its other ways too; returns the likeliest reading with its normal form.

    Its probabilities are those of all the ways, weighted: where they disagree it is not sure.

    Args:
        first: What it was read as.
        others: Its other normal forms.
        config: Of the reader.
        read: Reads normal forms.
    """
    others = [one for one in others if not np.array_equal(one.picture, first[0].picture)][:_MOST]
    if not others:
        return first
    seen = [_see(*first), *map(_see, others, read(others))]
    best, weights = _vote(seen, _LEAD)
    if best.evidence <= _UPRIGHT:
        turns = range(1, 4) if config.rows == config.columns else (2,)
        turned = [turn(one.normal, quarters, config) for one in seen for quarters in turns]
        upright = _find_upright(list(map(_see, turned, read(turned))), best)
        if upright:
            return upright.normal, upright.reading
    agree = np.array([one.reading.text == best.reading.text for one in seen])
    share = max(weights[agree].sum(), _MAJORITY)
    weights[agree] *= share / weights[agree].sum()
    weights[~agree] *= (1 - share) / max(weights[~agree].sum(), 1e-9)
    by_form = np.array([[cell.probabilities for cell in one.reading.cells] for one in seen])
    probabilities = np.tensordot(weights, by_form, axes=1)
    return best.normal, best.reading.with_probabilities(np.asarray(probabilities, np.float32))


def _see(normal: NormalForm, reading: Reading) -> _Seen:
    evidence = sum(math.log(max(one, 1e-6)) for one in _answers(normal, reading))
    evidence = evidence / len(reading.cells) - _WARNED * len(normal.warnings)
    return _Seen(normal, reading, evidence)


def _answers(normal: NormalForm, reading: Reading) -> list[float]:
    """Of each cell how sure the digit is; ``_BLANK`` where there is none, or no whole one."""
    are_parts = {number for warning in normal.warnings for number in warning.cells}
    return [
        _BLANK if cell.digit is None or ink.is_solid or number in are_parts else cell.confidence
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


def _find_upright(turned: Sequence[_Seen], upright: _Seen) -> _Seen | None:
    """What was read turned, if the picture is so; None if it is upright."""
    best, _ = _vote(turned)
    agreeing = [
        one
        for one in turned
        if one.reading.text == best.reading.text
        and one.normal.layout.quarter_turns == best.normal.layout.quarter_turns
    ]
    is_upside_down = best.normal.layout.quarter_turns == 2
    sure = [cell.confidence for cell in best.reading.cells if cell.digit is not None]
    if len(agreeing) < 2 or len(sure) < 2 or best.evidence < upright.evidence + _TURNED_LEAD:
        return None
    surety = float(np.log(sure).mean()) - _WARNED * len(best.normal.warnings)
    if surety < (_UPSIDE_DOWN if is_upside_down else _TURNED):
        return None
    answers = zip(upright.reading.cells, _answers(upright.normal, upright.reading), strict=True)
    of_digits = [answer for cell, answer in answers if cell.digit is not None]
    missing = len(sure) - len(of_digits)
    second = sorted([*of_digits, *[_BLANK] * missing])[:2][-1]
    return best if second < _SECOND or min(sure) > _CERTAIN else None


def turn(normal: NormalForm, quarters: int, config: ReaderConfig) -> NormalForm:
    """Turns what the network sees counterclockwise; boxes stay where they are in the picture."""
    places = np.arange(config.num_cells).reshape(config.rows, config.columns)
    order = np.rot90(places, quarters).ravel().tolist()
    return normal._replace(
        picture=np.ascontiguousarray(np.rot90(normal.picture, quarters)),
        cells=tuple(normal.cells[cell] for cell in order),
        layout=normal.layout.turned(order, quarters),
    )
