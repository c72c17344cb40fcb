"""The reading of a picture: its digits, their probabilities, warnings and attention."""

import dataclasses
import math
from collections.abc import Sequence
from functools import partial
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model import vocabulary
from model.config import ReaderConfig
from model.header import Thresholds
from model.ink import Box, NormalForm
from model.ink.ink_warnings import name_cells

# A picture is read again, in other ways, where a cell is less probable than this.
DOUBTED = 0.9
# Warnings that follow from what the cells were read as.
_OF_CELLS = frozenset({"low_confidence", "not_a_digit"})

Kind = Literal["digit", "blank", "other"]


class Answers(NamedTuple):
    """What an engine returns for B pictures: ``model.decoding.GreedyDecoding`` as arrays."""

    symbols: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    attention: NDArray[np.float32] | None


class GridAnswers(NamedTuple):
    """The same for one grid of C cells."""

    symbols: NDArray[np.int64]
    """(C + 1,), the last of them ``<finish>``."""
    probabilities: NDArray[np.float32]
    """(C, 12)."""
    attention: NDArray[np.float32] | None
    """(C, L, K, N); None where it was not asked for, or took several pictures."""


class Cell(NamedTuple):
    """The answer for one cell."""

    row: int
    column: int
    kind: Kind  # other: ink that is no digit, or not read, and then a warning says so
    digit: int | None  # None where it holds none
    confidence: float  # probability of that answer
    probabilities: NDArray[np.float32]  # (12,): digits 0 to 9, blank, other
    ink_box: Box | None  # where its ink stands in the picture that came in, pixels


class Notice(NamedTuple):
    """A warning: something that the person who sent the picture should know."""

    code: str
    detail: str
    cells: tuple[int, ...] = ()
    """Numbers, from 0, of the cells that it is about; none where it is about the picture."""


class Alternative(NamedTuple):
    """Another reading of a picture."""

    digits: list[int | None]
    text: str
    probability: float
    """Product of the probabilities of its cells."""


@dataclasses.dataclass(frozen=True, slots=True)
class Reading:
    """What was read in one picture: its cells in reading order, and warnings."""

    cells: tuple[Cell, ...]
    warnings: tuple[Notice, ...]
    attention: NDArray[np.float32] | None
    """(C, L, K, N): weights of cross-attention while each cell was read."""
    thresholds: Thresholds
    """Of which cells it warns."""

    @property
    def digits(self) -> list[int | None]:
        """The digits in reading order, None where there is none."""
        return [cell.digit for cell in self.cells]

    @property
    def rows(self) -> int:
        """Number of rows of cells."""
        return self.cells[-1].row + 1

    @property
    def columns(self) -> int:
        """Number of columns of cells."""
        return self.cells[-1].column + 1

    @property
    def text(self) -> str:
        """The digits in reading order, ``_`` for a blank and ``?`` for ink that is no digit."""
        signs = {"blank": "_", "other": "?"}
        return "".join(signs.get(cell.kind, str(cell.digit)) for cell in self.cells)

    @property
    def lines(self) -> list[str]:
        """The same as ``text``, a line for each row."""
        return lines_of(self.text, self.columns)

    @property
    def confidence(self) -> float:
        """Probability of the whole reading: the product over its cells."""
        return math.prod(cell.confidence for cell in self.cells)

    def with_probabilities(self, probabilities: NDArray[np.float32]) -> "Reading":
        """Returns the reading that other probabilities (C, 12) make of the same cells."""
        symbols: list[int] = probabilities.argmax(axis=1).tolist()
        cells = [
            cell._replace(
                kind=kind_of(symbol),
                digit=vocabulary.digit_of(symbol),
                confidence=float(of_symbols.max()),
                probabilities=of_symbols,
            )
            for cell, symbol, of_symbols in zip(self.cells, symbols, probabilities, strict=True)
        ]
        kept = [warning for warning in self.warnings if warning.code not in _OF_CELLS]
        warnings = (*_warnings_of_cells(cells, self.thresholds), *kept)
        return dataclasses.replace(self, cells=tuple(cells), warnings=warnings)


def lines_of(text: str, columns: int) -> list[str]:
    """Cuts the text of a reading into lines, one for each row of so many columns."""
    return [text[start : start + columns] for start in range(0, len(text), columns)]


def kind_of(symbol: int) -> Kind:
    """Returns what a cell holds that was read as a symbol."""
    if vocabulary.digit_of(symbol) is not None:
        return "digit"
    return "blank" if symbol == vocabulary.BLANK else "other"


def make_reading(
    answers: GridAnswers,
    normal: NormalForm,
    grid: ReaderConfig,
    notices: Sequence[Notice],
    thresholds: Thresholds,
) -> Reading:
    """Makes the reading of a picture.

    Args:
        answers: For its grid.
        normal: The normal form that was read.
        grid: Its rows and columns.
        notices: Warnings about the picture from before it was read.
        thresholds: Of which cells is warned.
    """
    symbols: list[int] = answers.symbols.tolist()
    of_cells = zip(
        np.ndindex(grid.rows, grid.columns),
        symbols[: grid.num_cells],
        answers.probabilities.max(axis=1).tolist(),
        answers.probabilities,
        normal.cells,
        strict=True,
    )
    cells = tuple(
        [
            Cell(
                row,
                column,
                kind_of(symbol),
                vocabulary.digit_of(symbol),
                confidence,
                probabilities,
                ink.box,
            )
            for (row, column), symbol, confidence, probabilities, ink in of_cells
        ]
    )
    ink_notices = [
        Notice(warning.code, warning.detail, warning.cells) for warning in normal.warnings
    ]
    warnings = (*_warnings(symbols, cells, thresholds), *ink_notices, *notices)
    return Reading(cells, warnings, answers.attention, thresholds)


def best_alternatives(reading: Reading, count: int) -> list[Alternative]:
    """Returns the other readings whose cells' probabilities have the largest products, exactly."""
    products, symbols = np.ones(1), np.zeros((1, 0), np.int64)
    for cell in reading.cells if count else ():
        # The best of all readings begin with the best of all beginnings.
        longer = np.outer(products, cell.probabilities.astype(np.float64)).ravel()
        best = np.argsort(-longer, kind="stable")[: count + 1]
        prefix, last = np.divmod(best, vocabulary.NUM_CLASSES)
        products, symbols = longer[best], np.column_stack((symbols[prefix], last))
    found = [
        Alternative(
            list(map(vocabulary.digit_of, of_cells)),
            "".join(vocabulary.SIGNS[symbol] for symbol in of_cells),
            product,
        )
        for of_cells, product in zip(symbols.tolist(), products.tolist(), strict=True)
    ]
    return [one for one in found if one.probability > 0 and one.text != reading.text][:count]


def _warnings(symbols: list[int], cells: tuple[Cell, ...], thresholds: Thresholds) -> list[Notice]:
    found = []
    read = symbols.index(vocabulary.FINISH) if vocabulary.FINISH in symbols else None
    if read != len(cells):
        came = "not at all" if read is None else f"after {read} cells"
        expected = f"<finish> was expected after {len(cells)} cells, came {came}"
        found.append(Notice("finish_misplaced", expected))
    return [*found, *_warnings_of_cells(cells, thresholds, read)]


def _warnings_of_cells(
    cells: Sequence[Cell], thresholds: Thresholds, num_read: int | None = None
) -> list[Notice]:
    """Warns of what the cells were read as; None: all of them were read."""
    names = partial(name_cells, rows=cells[-1].row + 1, columns=cells[-1].column + 1)
    low, most = thresholds.low_confidence, thresholds.maybe_other
    unsure = [number for number, cell in enumerate(cells) if cell.confidence < low]
    maybe_others = [
        number
        for number, cell in enumerate(cells)
        if number not in unsure
        and cell.kind == "digit"
        and cell.probabilities[vocabulary.OTHER] > most
    ]
    others = [number for number, cell in enumerate(cells[:num_read]) if cell.kind == "other"]
    found = []
    if unsure or maybe_others:
        parts = [f"less than {low:.1%} sure of {names(unsure)}"] if unsure else []
        parts += [f"{names(maybe_others)} may hold no digit"] if maybe_others else []
        doubted = tuple(sorted((*unsure, *maybe_others)))
        found.append(Notice("low_confidence", "; ".join(parts), doubted))
    if others:
        which = f"{names(others)} holds ink that is no digit"
        found.append(Notice("not_a_digit", which, tuple(others)))
    return found
