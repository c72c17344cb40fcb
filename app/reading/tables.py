"""A reading as tables: its cells as they stand, and those that are doubtful."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from model import vocabulary
from model.config import ReaderConfig
from model.reading import DOUBTED, Reading, lines_of


class DoubtfulCell(NamedTuple):
    """A cell that a person should look at."""

    row: int
    """From 1, as people count."""
    column: int
    """From 1."""
    reading: str
    """Its digit, ``_`` for a blank, ``?`` for ink that is no digit."""
    confidence: float
    """Probability of that."""
    instead: str
    """The next likeliest answer."""
    instead_probability: float
    warnings: str
    """Codes of the warnings that name it, separated by spaces."""


def to_text(reading: Reading, text: str, config: ReaderConfig) -> str:
    """The text of a reading, or of another of its cells: of a sheet a line for each row.

    A sheet has more cells than the reader's own grid.
    """
    is_sheet = len(reading.cells) > config.num_cells
    return ("\n" if is_sheet else "").join(lines_of(text, reading.columns))


def to_csv(reading: Reading) -> str:
    """Cells as comma-separated values (RFC 4180): blanks empty, ``?`` for ink that is no digit."""
    return _write(["" if sign == "_" else sign for sign in line] for line in reading.lines)


def doubtful_to_csv(reading: Reading) -> str:
    """Doubtful cells as comma-separated values, with a head, most doubtful first."""
    return _write([DoubtfulCell._fields, *find_doubtful(reading)])


def find_doubtful(reading: Reading) -> list[DoubtfulCell]:
    """Finds cells that a warning names, or whose answer is improbable; most doubtful first."""
    codes: dict[int, list[str]] = {}
    for warning in reading.warnings:
        for number in warning.cells:
            codes.setdefault(number, []).append(warning.code)
    found = []
    for number, (cell, sign) in enumerate(zip(reading.cells, reading.text, strict=True)):
        if number not in codes and cell.confidence >= DOUBTED:
            continue
        answer = int(cell.probabilities.argmax())
        order = cell.probabilities.argsort()[::-1].tolist()
        second = next(symbol for symbol in order if symbol != answer)
        found.append(
            DoubtfulCell(
                cell.row + 1,
                cell.column + 1,
                sign,
                round(cell.confidence, 4),
                vocabulary.SIGNS[second],
                round(float(cell.probabilities[second]), 4),
                " ".join(codes.get(number, ())),
            )
        )
    return sorted(found, key=lambda one: one.confidence)


def _write(rows: Iterable[Sequence[object]]) -> str:
    file = io.StringIO(newline="")
    csv.writer(file).writerows(rows)
    return file.getvalue()
