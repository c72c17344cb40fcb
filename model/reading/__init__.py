"""The reading of a picture: its digits, their probabilities, warnings and attention."""

import dataclasses
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model import vocabulary
from model.config import ReaderConfig
from model.ink import Box, NormalForm

# A cell less probable than this is warned of.
LOW_CONFIDENCE = 0.9


class Answers(NamedTuple):
    """What an engine returns for B pictures: ``model.decoding.GreedyDecoding`` as arrays."""

    symbols: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    attention: NDArray[np.float32] | None


class Cell(NamedTuple):
    """The answer for one cell."""

    row: int
    column: int
    digit: int | None  # None: blank, or not read, and then a warning says so
    confidence: float  # probability of that answer
    probabilities: NDArray[np.float32]  # (11,): digits 0 to 9, then blank
    ink_box: Box | None  # where its ink stands in the picture that came in, pixels


class Notice(NamedTuple):
    """A warning: something that the person who sent the picture should know."""

    code: str
    detail: str


@dataclasses.dataclass(frozen=True, slots=True)
class Reading:
    """What was read in one picture: its cells in reading order, and warnings."""

    cells: tuple[Cell, ...]
    warnings: tuple[Notice, ...]
    attention: NDArray[np.float32] | None
    """(C, L, K, N): weights of cross-attention while each cell was read."""

    @property
    def digits(self) -> list[int | None]:
        """The digits in reading order, None for a blank."""
        return [cell.digit for cell in self.cells]

    @property
    def text(self) -> str:
        """The digits in reading order, ``_`` for a blank."""
        return "".join("_" if digit is None else str(digit) for digit in self.digits)

    @property
    def confidence(self) -> float:
        """Probability of the whole reading: the product over its cells."""
        return math.prod(cell.confidence for cell in self.cells)

    def with_probabilities(self, probabilities: NDArray[np.float32]) -> "Reading":
        """Returns the reading that other probabilities (C, 11) make of the same cells."""
        cells = [
            cell._replace(
                digit=vocabulary.digit_of(int(of_symbols.argmax())),
                confidence=float(of_symbols.max()),
                probabilities=of_symbols,
            )
            for cell, of_symbols in zip(self.cells, probabilities, strict=True)
        ]
        others = [warning for warning in self.warnings if warning.code != "low_confidence"]
        return Reading(tuple(cells), (*_doubts(cells), *others), self.attention)


def make_readings(
    answers: Answers,
    normals: Sequence[NormalForm],
    config: ReaderConfig,
    notices: Sequence[tuple[Notice, ...]],
) -> list[Reading]:
    """Makes the readings of a batch.

    Args:
        answers: Of B pictures.
        normals: The normal forms that were read, B of them.
        config: Of the reader.
        notices: Warnings about each picture from before it was read.
    """
    places = list(np.ndindex(config.rows, config.columns))
    symbols: list[list[int]] = answers.symbols.tolist()
    confidences: list[list[float]] = answers.probabilities.max(axis=2).tolist()
    found = []
    for index, (normal, noticed) in enumerate(zip(normals, notices, strict=True)):
        of_cells = zip(
            places,
            symbols[index][: len(places)],
            confidences[index],
            answers.probabilities[index],
            normal.cells,
            strict=True,
        )
        cells = tuple(
            [
                Cell(row, column, vocabulary.digit_of(symbol), confidence, probabilities, ink.box)
                for (row, column), symbol, confidence, probabilities, ink in of_cells
            ]
        )
        ink_notices = [Notice(warning.code, warning.detail) for warning in normal.warnings]
        warnings = (*_warnings(symbols[index], cells), *ink_notices, *noticed)
        attention = None if answers.attention is None else answers.attention[index]
        found.append(Reading(cells, warnings, attention))
    return found


def best_alternatives(reading: Reading, count: int) -> list[tuple[list[int | None], float]]:
    """Returns the other digits whose cells' probabilities have the largest products, exactly."""
    products, symbols = np.ones(1), np.zeros((1, 0), np.int64)
    for cell in reading.cells if count else ():
        # The best of all readings begin with the best of all beginnings.
        longer = np.outer(products, cell.probabilities.astype(np.float64)).ravel()
        best = np.argsort(-longer, kind="stable")[: count + 1]
        prefix, last = np.divmod(best, vocabulary.NUM_CLASSES)
        products, symbols = longer[best], np.column_stack((symbols[prefix], last))
    digits = [list(map(vocabulary.digit_of, row)) for row in symbols.tolist()]
    found = zip(digits, products.tolist(), strict=True)
    return [one for one in found if one[1] > 0 and one[0] != reading.digits][:count]


def _warnings(symbols: list[int], cells: tuple[Cell, ...]) -> list[Notice]:
    found = []
    read = symbols.index(vocabulary.FINISH) if vocabulary.FINISH in symbols else None
    if read != len(cells):
        came = "not at all" if read is None else f"after {read} cells"
        expected = f"<finish> was expected after {len(cells)} cells, came {came}"
        found.append(Notice("finish_misplaced", expected))
    return [*found, *_doubts(cells)]


def _doubts(cells: Sequence[Cell]) -> list[Notice]:
    unsure = [str(i) for i, cell in enumerate(cells, 1) if cell.confidence < LOW_CONFIDENCE]
    which = f"less than {LOW_CONFIDENCE:.0%} sure of cell {', '.join(unsure)}"
    return [Notice("low_confidence", which)] if unsure else []
