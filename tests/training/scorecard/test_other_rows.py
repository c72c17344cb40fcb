"""Rows of ink that is no digit and of rare hands; and the released reader on some of them."""

from pathlib import Path

import numpy as np
import pytest

from app.reading.reader import Reader
from model.config import ReaderConfig
from model.vocabulary import OTHER
from training.drawings.styles import FORMS
from training.scorecard.other_rows import NEED_FONTS, OTHER_ROWS, other_row

CONFIG = ReaderConfig()
NO_DIGITS = ("letters", "printed_letters", "scribbles", "shapes", "mirrored")


@pytest.fixture(scope="module")
def released() -> Reader:
    return Reader.load()


@pytest.mark.parametrize("key", [key for key in OTHER_ROWS if key not in NEED_FONTS])
def test_a_row_is_the_same_every_time_and_says_what_stands_in_its_cells(
    key: str, all_data_dir: Path
) -> None:
    row = other_row(key, all_data_dir, CONFIG)
    assert row.labels.shape == (500, 4)
    again = other_row(key, all_data_dir, CONFIG)
    np.testing.assert_array_equal(row.picture(3), again.picture(3))
    is_other = row.labels == OTHER
    if key in NO_DIGITS:
        assert is_other.all()
    elif key == "letter_among_digits":
        np.testing.assert_array_equal(is_other, [[True, False, False, False]] * 500)
    else:
        assert not is_other.any()
        assert row.groups is not None
        assert set(row.groups.ravel()) == set(FORMS)


@pytest.mark.parametrize(
    ("key", "least"), [("letters", 0.85), ("scribbles", 0.9), ("mirrored", 0.85)]
)
def test_the_released_reader_says_of_most_that_they_are_no_digits_or_warns_of_them(
    key: str, least: float, released: Reader, all_data_dir: Path
) -> None:
    row = other_row(key, all_data_dir, CONFIG)
    readings = [released.read(row.picture(index)) for index in range(40)]
    kinds = [cell.kind for reading in readings for cell in reading.cells]
    assert kinds.count("other") >= 0.6 * len(kinds)
    warned = [{cell for one in reading.warnings for cell in one.cells} for reading in readings]
    assert sum(map(len, warned)) >= least * len(kinds)


def test_the_released_reader_reads_rare_ways_of_writing(
    released: Reader, all_data_dir: Path
) -> None:
    row = other_row("forms", all_data_dir, CONFIG)
    read = [released.read(row.picture(index)).digits for index in range(60)]
    assert (np.array(read, float) == row.labels[:60]).mean() >= 0.95
