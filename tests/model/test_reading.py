"""What answers mean: kinds of cells, the text of a reading, warnings that name cells."""

import dataclasses

import numpy as np
import pytest

from model import vocabulary
from model.config import ReaderConfig
from model.header import Thresholds
from model.ink import InkWarning, normalise
from model.ink.ink_warnings import name_cells
from model.reading import GridAnswers, Notice, Reading, best_alternatives, make_reading
from model.vocabulary import BLANK, FINISH, OTHER

CONFIG = ReaderConfig()
NORMAL = normalise(np.zeros((56, 56), np.uint8), CONFIG)


def reading(
    *symbols: int, sure: float = 0.99, warnings: tuple[InkWarning, ...] = (), instead: int = 8
) -> Reading:
    """What is made of these symbols; ``instead`` has the rest of each cell's probability."""
    probabilities = np.zeros((4, vocabulary.NUM_CLASSES), np.float32)
    for cell, symbol in enumerate(symbols):
        if symbol < vocabulary.NUM_CLASSES:
            probabilities[cell, instead] = 1 - sure
            probabilities[cell, symbol] = sure
    answers = GridAnswers(np.array([*symbols, FINISH]), probabilities, None)
    return make_reading(answers, NORMAL._replace(warnings=warnings), CONFIG, (), Thresholds())


def test_a_cell_holds_a_digit_nothing_or_ink_that_is_no_digit() -> None:
    made = reading(7, 2, BLANK, OTHER)
    assert [cell.kind for cell in made.cells] == ["digit", "digit", "blank", "other"]
    assert made.digits == [7, 2, None, None]
    assert made.text == "72_?"
    assert (made.rows, made.columns) == (2, 2)


def test_ink_that_is_no_digit_is_warned_of_by_its_cells() -> None:
    assert reading(7, 2, BLANK, 1).warnings == ()
    made = reading(7, OTHER, BLANK, OTHER)
    assert made.warnings == (Notice("not_a_digit", "cell 2, 4 holds ink that is no digit", (1, 3)),)


def test_what_is_unsurely_no_digit_has_both_warnings() -> None:
    made = reading(7, 2, 1, OTHER, sure=0.7)
    assert [(one.code, one.cells) for one in made.warnings] == [
        ("low_confidence", (0, 1, 2, 3)),
        ("not_a_digit", (3,)),
    ]
    assert made.warnings[0].detail == "less than 90.0% sure of cell 1, 2, 3, 4"


def test_warnings_about_the_ink_keep_the_cells_that_they_name() -> None:
    ink = (InkWarning("tiny", "small", (0, 2)), InkWarning("not_a_grid", "of the picture"))
    assert reading(7, 2, 1, 4, warnings=ink).warnings == (
        Notice("tiny", "small", (0, 2)),
        Notice("not_a_grid", "of the picture", ()),
    )


def test_other_probabilities_make_other_kinds_and_other_warnings() -> None:
    ink = (InkWarning("tiny", "small", (0,)),)
    before = reading(7, 2, OTHER, 4, warnings=ink)
    probabilities = np.zeros((4, vocabulary.NUM_CLASSES), np.float32)
    probabilities[[0, 1, 2, 3], [7, OTHER, 1, BLANK]] = 0.95, 0.6, 0.95, 0.95
    made = before.with_probabilities(probabilities)
    assert made.text == "7?1_"
    assert [(one.code, one.cells) for one in made.warnings] == [
        ("low_confidence", (1,)),
        ("not_a_digit", (1,)),
        ("tiny", (0,)),
    ]


def test_a_cell_that_was_not_read_is_no_blank_and_not_said_to_hold_something() -> None:
    made = reading(7, 2, FINISH, FINISH)
    assert made.text == "72??"
    assert made.digits == [7, 2, None, None]
    assert [(one.code, one.cells) for one in made.warnings] == [
        ("finish_misplaced", ()),
        ("low_confidence", (2, 3)),
    ]


def test_alternatives_tell_a_blank_from_ink_that_is_no_digit() -> None:
    made = reading(7, 2, 1, OTHER, sure=0.8, instead=BLANK)
    others = {one.text: one for one in best_alternatives(made, 4)}
    assert set(others) == {"_21?", "7_1?", "72_?", "721_"}
    # It has the digits of the reading itself, and yet is another reading.
    assert others["721_"].digits == made.digits
    assert others["721_"].probability == pytest.approx(0.8**3 * 0.2)


def test_alternatives_are_the_most_probable_of_all_other_readings() -> None:
    made = reading(7, 2, 1, 4)
    random = np.random.default_rng(5).random((4, vocabulary.NUM_CLASSES)) ** 3
    made = made.with_probabilities((random / random.sum(axis=1, keepdims=True)).astype(np.float32))
    products = np.ones(1)
    for cell in made.cells:
        products = np.outer(products, cell.probabilities.astype(np.float64)).ravel()
    best = np.sort(products)[::-1]
    assert made.confidence == pytest.approx(best[0])
    others = best_alternatives(made, 20)
    assert [one.probability for one in others] == pytest.approx(best[1:21].tolist())
    assert len({one.text for one in others} | {made.text}) == 21


def test_a_digit_that_may_be_none_is_warned_of_as_unsure() -> None:
    made = reading(7, 2, 1, 4, sure=0.94, instead=OTHER)
    assert made.warnings == ()
    strict = dataclasses.replace(made, thresholds=Thresholds(maybe_other=0.05))
    probabilities = np.array([cell.probabilities for cell in made.cells])
    probabilities[1:] = np.eye(12, dtype=np.float32)[[2, 1, 4]]
    (warning,) = strict.with_probabilities(probabilities).warnings
    assert warning == Notice("low_confidence", "cell 1 may hold no digit", (0,))


def test_cells_of_a_sheet_are_named_by_row_and_column() -> None:
    assert name_cells({0, 3}, 2, 2) == "cell 1, 4"
    assert name_cells({1, 10}, 9, 9) == "row 1, column 2; row 2, column 2"
    assert name_cells(range(20), 1, 20).endswith("row 1, column 8 and 12 more")
