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
# What was read first has this much more, and what a warning calls doubtful less.
_FIRST, _WARNED = 0.02, 0.05
# A turned picture is read where upright there is less evidence than this, and believed where
# turned there is more than that.
_UPRIGHT, _TURNED = -0.045, -0.02


def is_doubtful(normal: NormalForm, reading: Reading) -> bool:
    """Tells whether a picture may be read better in another way."""
    if normal.warnings:
        return True
    num_blanks = sum(cell.digit is None for cell in reading.cells)
    if 0 < num_blanks and 2 * num_blanks >= len(reading.cells):
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
    evidence[0] += _FIRST
    best = int(np.argmax(evidence))
    if evidence[best] > _UPRIGHT:
        return normals[best], readings[best]
    turns = range(1, 4) if config.rows == config.columns else (2,)
    turned = [turn(normal, quarters, config) for normal in normals for quarters in turns]
    turned_readings = read(turned)
    evidence = [_evidence(*one) for one in zip(turned, turned_readings, strict=True)]
    surest = int(np.argmax(evidence))
    if evidence[surest] > _TURNED:
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
