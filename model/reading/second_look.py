"""Reads a doubtful picture in other ways: other layouts, sheets in it, and turned."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from model.config import ReaderConfig
from model.ink import NormalForm
from model.reading import LOW_CONFIDENCE, Reading

Read = Callable[[Sequence[NormalForm]], list[Reading]]
"""Reads normal forms, as an engine and ``make_readings`` do."""

# The evidence of a reading is the mean over its cells of the logarithms of their probabilities;
# a blank counts as an answer of this probability: a wrong layout has many.
_BLANK = 0.5
# Another reading is believed where it has so much more than the first: of a doubtful digit cropped
# in several ways, the surest reading is not the likeliest. What a warning calls doubtful has less.
_MARGIN, _WARNED = 0.12, 0.05
# Turned pictures are read where the evidence is less than this. They are believed where it is more
# than that and two cells upright are less sure than this; or where each cell is as sure as that: a
# digit that is hard to read may make sense upside down.
_UPRIGHT, _TURNED, _SECOND, _CERTAIN = -0.045, -0.02, 0.93, 0.999


def is_doubtful(normal: NormalForm, reading: Reading) -> bool:
    """Tells whether a picture may be read better in another way."""
    if normal.warnings:
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
    """Reads a picture in its other ways, and returns the surest with its normal form.

    Args:
        first: What it was read as.
        others: Its other normal forms.
        config: Of the reader.
        read: Reads normal forms.
    """
    normals = [first[0], *others]
    readings = [first[1], *read(normals[1:])]
    evidence = [_evidence(*one) for one in zip(normals, readings, strict=True)]
    best = int(np.argmax(evidence))
    if evidence[best] < evidence[0] + _MARGIN:
        best = 0
    if evidence[best] > _UPRIGHT:
        return normals[best], readings[best]
    turns = range(1, 4) if config.rows == config.columns else (2,)
    turned = [turn(normal, quarters, config) for normal in normals for quarters in turns]
    turned_readings = read(turned)
    evidence = [_evidence(*one) for one in zip(turned, turned_readings, strict=True)]
    surest = int(np.argmax(evidence))
    upright = sorted(cell.confidence for cell in readings[best].cells)
    second = upright[min(1, len(upright) - 1)]
    worst = min(cell.confidence for cell in turned_readings[surest].cells)
    if evidence[surest] > _TURNED and (second < _SECOND or worst > _CERTAIN):
        return turned[surest], turned_readings[surest]
    return normals[best], readings[best]


def turn(normal: NormalForm, quarters: int, config: ReaderConfig) -> NormalForm:
    """Turns what the network sees counterclockwise; boxes stay where they are in the picture."""
    places = np.arange(config.num_cells).reshape(config.rows, config.columns)
    order = np.rot90(places, quarters).ravel().tolist()
    return normal._replace(
        picture=np.ascontiguousarray(np.rot90(normal.picture, quarters)),
        cells=tuple(normal.cells[cell] for cell in order),
        layout=normal.layout.turned(order, quarters),
    )


def _evidence(normal: NormalForm, reading: Reading) -> float:
    answers = (_BLANK if cell.digit is None else cell.confidence for cell in reading.cells)
    total = sum(math.log(max(answer, 1e-6)) for answer in answers)
    return total / len(reading.cells) - _WARNED * len(normal.warnings)
