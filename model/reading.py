"""What a reading of one picture is: digits, how sure the reader is, and where it looked."""

import dataclasses

import numpy as np
from numpy.typing import NDArray

from model import vocabulary
from model.config import ReaderConfig
from model.ink import Box, NormalForm

# A cell less probable than this is announced as unsure.
LOW_CONFIDENCE = 0.9


@dataclasses.dataclass(frozen=True, slots=True)
class Answers:
    """What an engine says about B pictures; arrays as ``model.decoding.Greedy`` describes them."""

    symbols: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    attention: NDArray[np.float32] | None


@dataclasses.dataclass(frozen=True, slots=True)
class Cell:
    """The answer for one cell."""

    row: int
    column: int
    digit: int | None
    """None: the cell is blank, or was not read (then a warning says so)."""
    confidence: float
    """Probability of that answer."""
    probabilities: NDArray[np.float32]
    """(11,): digits 0 to 9, then blank."""
    ink_box: Box | None
    """Where its ink stands in the picture that came in, pixels."""


@dataclasses.dataclass(frozen=True, slots=True)
class Warning:  # noqa: A001  (the API's word; no Python warning is near)
    """Something that the person who sent the picture should know."""

    code: str
    detail: str


@dataclasses.dataclass(frozen=True, slots=True)
class Reading:
    """What was read in one picture."""

    cells: tuple[Cell, ...]
    """One a cell, in reading order."""
    warnings: tuple[Warning, ...]
    attention: NDArray[np.float32] | None
    """(C, L, K, N): where cross-attention looked while each cell was read."""

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
        return float(np.prod([cell.confidence for cell in self.cells]))


def reading(answers: Answers, index: int, normal: NormalForm, config: ReaderConfig) -> Reading:
    """Makes the reading of picture ``index`` from an engine's answers.

    Args:
        answers: The engine's arrays for a batch.
        index: Which picture of the batch.
        normal: The normal form that the engine was given for it.
        config: Rows and columns.
    """
    symbols, probabilities = answers.symbols[index], answers.probabilities[index]
    digits = vocabulary.decode(symbols[: config.num_cells].tolist())
    cells = tuple(
        Cell(
            row=number // config.columns,
            column=number % config.columns,
            digit=digit,
            confidence=float(probabilities[number].max()),
            probabilities=probabilities[number],
            ink_box=normal.ink_boxes[number],
        )
        for number, digit in enumerate(digits)
    )
    attention = None if answers.attention is None else answers.attention[index]
    return Reading(cells, tuple(_warnings(symbols, cells)), attention)


def _warnings(symbols: NDArray[np.int64], cells: tuple[Cell, ...]) -> list[Warning]:
    found = []
    finishes = np.flatnonzero(symbols == vocabulary.FINISH)
    if not len(finishes) or finishes[0] != len(cells):
        came = f"after {finishes[0]} cells" if len(finishes) else "not at all"
        found.append(
            Warning(
                "finish_misplaced", f"<finish> was expected after {len(cells)} cells, came {came}"
            )
        )
    unsure = [
        str(number + 1) for number, cell in enumerate(cells) if cell.confidence < LOW_CONFIDENCE
    ]
    if unsure:
        found.append(
            Warning(
                "low_confidence", f"less than {LOW_CONFIDENCE:.0%} sure of cell {', '.join(unsure)}"
            )
        )
    return found
