"""Rows of whole pictures, of sudokus, and what is counted on them."""

import dataclasses
import logging
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model import vocabulary
from model.config import ReaderConfig
from model.errors import ConfigError, DataError
from model.header import Thresholds
from training.drawings.surroundings import CONTROLS, SURROUNDINGS
from training.drawings.unipen import PenDigit
from training.scorecard import report, rows, sudoku_rows, surrounding_rows
from training.scorecard.evaluate import RowResult
from training.scorecard.row import Row
from training.scorecard.service import ServiceAnswers

CONFIG = ReaderConfig()
BLANK, OTHER, FINISH = vocabulary.BLANK, vocabulary.OTHER, vocabulary.FINISH


def test_every_kind_of_surroundings_is_a_row_of_200_grids(test_writers: list[PenDigit]) -> None:
    assert tuple(surrounding_rows.SURROUNDING_ROWS) == SURROUNDINGS
    assert tuple(surrounding_rows.CONTROL_ROWS) == CONTROLS
    assert set(rows.KEYS).isdisjoint((*SURROUNDINGS, *CONTROLS))
    made = [
        surrounding_rows.surrounding_row(key, test_writers, CONFIG)
        for key in ("table", "shade", "note")
    ]
    for row in made:
        assert row.labels.shape == row.sources.shape == (200, 4)
        assert set(row.labels.ravel().tolist()) == set(range(10))
    assert not np.array_equal(made[0].labels, made[1].labels)
    assert [row.suffix for row in made] == [".png", ".png", ".jpg"]


def test_a_row_of_surroundings_shows_the_same_pictures_every_time(
    test_writers: list[PenDigit],
) -> None:
    first, again = (
        surrounding_rows.surrounding_row("boxes", test_writers, CONFIG) for _ in range(2)
    )
    assert np.array_equal(first.picture(2), again.picture(2))
    assert first.picture(2).shape != first.picture(3).shape


def test_controls_hold_no_digit() -> None:
    row = surrounding_rows.control_row("not_a_grid", CONFIG)
    assert row.expected_warning == "not_a_grid"
    assert (row.labels == BLANK).all()
    assert row.picture(0).dtype == np.uint8
    assert surrounding_rows.control_row("blank_sheet", CONFIG).expected_warning is None


def result(labels: list[list[int]], read: list[list[int]], warnings: list[set[str]]) -> RowResult:
    """What a service would have answered, each as sure as can be."""
    true, symbols = np.array(labels), np.array(read)
    count, cells = true.shape
    probabilities = np.zeros((count, cells, vocabulary.NUM_CLASSES), np.float32)
    probabilities[..., 0] = 1
    refused = (symbols[:, 0] == FINISH) & (symbols[:, -1] == FINISH)
    served = ServiceAnswers(
        np.column_stack([symbols, np.full(count, FINISH)]),
        probabilities,
        refused,
        tuple(frozenset(one) for one in warnings),
        np.zeros(true.shape, np.bool_),
    )
    sources = np.repeat(np.arange(count)[:, None], cells, axis=1)
    return RowResult(
        Row("table", "a table", true, sources, lambda _: np.zeros((9, 9), np.uint8)), served
    )


def test_wrong_without_a_warning_counts_grids_that_are_wrong_and_not_warned_of() -> None:
    measured = result(
        labels=[[1, 2], [1, 2], [1, 2], [1, 2], [1, 2]],
        read=[[1, 2], [1, 3], [1, 3], [FINISH, FINISH], [1, BLANK]],
        warnings=[set(), set(), {"low_confidence"}, set(), set()],
    )
    assert measured.is_silently_wrong.tolist() == [False, True, False, False, True]
    figures = measured.to_dict()
    assert figures["silently_wrong"] == 0.4
    assert figures["digits"]["share"] == 0.5
    assert figures["grids"]["share"] == 0.2


def test_alarms_are_warnings_that_something_was_left_over() -> None:
    measured = result(
        labels=[[1, 2]] * 4,
        read=[[1, 2]] * 4,
        warnings=[{"faint"}, {"low_confidence"}, set(), {"low_confidence", "not_a_grid"}],
    )
    assert measured.is_alarmed.tolist() == [True, False, False, True]
    assert measured.to_dict()["alarmed"] == 0.5


def test_where_a_warning_is_the_right_answer_digits_do_not_count() -> None:
    made = result(
        labels=[[BLANK, BLANK]] * 3,
        read=[[BLANK, BLANK], [7, 3], [BLANK, BLANK]],
        warnings=[{"not_a_grid"}, {"not_a_grid", "faint"}, set()],
    )
    row = dataclasses.replace(made.row, key="not_a_grid", expected_warning="not_a_grid")
    measured = RowResult(row, made.served)
    assert measured.is_right.tolist() == [True, True, False]
    figures = measured.to_dict()
    assert figures["warned_as_expected"] == pytest.approx(2 / 3)
    assert figures["silently_wrong"] == pytest.approx(1 / 3)
    assert "digit_read_as_blank" not in figures
    text = report.markdown([figures], "0" * 64, Thresholds())
    assert "66.67 % are answered\nwith `not_a_grid`, 33.33 % with no warning" in text


def test_whole_pictures_have_a_table_of_their_own() -> None:
    made = result(labels=[[1, 2]] * 4, read=[[1, 2]] * 3 + [[1, 9]], warnings=[set()] * 4)
    whole = made.to_dict()
    alone = {**whole, "key": "canvas", "name": "canvas: drawn", "groups": {}}
    table = report.surroundings_table([whole], [alone])
    (line,) = [line for line in table.splitlines() if line.startswith("| a table")]
    assert line.endswith("| 97.0 / 90.0 missed | 25.00 |")
    assert "canvas 0.00" in table
    assert "a table" not in report.rows_table([alone])
    assert report.surroundings_table([], [alone]) == "Not measured."


DIGITS = np.random.default_rng(0).integers(1, 10, (9, 9)).tolist()


@pytest.fixture
def sudoku_dir(tmp_path: Path) -> Path:
    """Three puzzles whose cells have grey levels of their digits, stored as telephones do.

    The EXIF data of the third say that it is shown with a quarter turn.
    """
    levels = np.kron(np.array(DIGITS) * 25, np.ones((20, 20))).astype(np.uint8)
    whole = np.full((240, 300), 255, np.uint8)
    whole[30:210, 60:240] = levels
    corners = [(60, 30), (240, 30), (240, 210), (60, 210)]
    turned = [(240 - y, x) for x, y in corners]  # clockwise, as seen
    lines = ["file,x1,y1,x2,y2,x3,y3,x4,y4"]
    for folder in ("mixed", "printed"):
        (tmp_path / "sudoku" / folder).mkdir(parents=True)
    for name, places in (("a.jpg", corners), ("b.jpg", corners), ("c.jpg", turned)):
        picture = Image.fromarray(whole)
        picture.save(tmp_path / "sudoku" / "mixed" / name, quality=95)
        exif = Image.Exif()
        if name == "c.jpg":
            exif[274] = 6
        picture.save(tmp_path / "sudoku" / "printed" / name, exif=exif)
        text = "telephone\n300x240\n" + "\n".join(" ".join(map(str, row)) for row in DIGITS)
        (tmp_path / "sudoku" / "mixed" / name).with_suffix(".dat").write_text(text)
        lines.append(",".join([name, *(f"{x},{y}" for x, y in places)]))
    Image.fromarray(whole).save(tmp_path / "sudoku" / "mixed" / "without-corners.jpg")
    (tmp_path / "sudoku" / "outlines.csv").write_text("\n".join(lines))
    return tmp_path


def test_windows_of_sudokus_show_the_cells_of_their_labels(sudoku_dir: Path) -> None:
    (row,) = rows.make_rows(sudoku_dir, CONFIG, ["sudoku"])
    assert len(row) == 3 * 64
    for index in range(0, len(row), 7):
        picture = row.picture(index)
        assert picture.shape == (40, 40, 3)
        middles = picture[[[10], [30]], [10, 30], 0].ravel().astype(int)
        assert abs(middles - 25 * row.labels[index]).max() < 8


def test_the_first_windows_are_of_every_photograph_and_no_window_comes_twice(
    sudoku_dir: Path,
) -> None:
    (row,) = rows.make_rows(sudoku_dir, CONFIG, ["sudoku"])
    assert row.sources[:3, 0].tolist() == [0, 1, 2]
    assert not np.array_equal(row.labels[0], row.labels[1])
    for number in range(3):
        of_one = row.labels[row.sources[:, 0] == number]
        assert len(of_one) == 64
        assert len(np.unique(of_one, axis=0)) == 64


def test_margins_are_shares_of_a_cell(sudoku_dir: Path) -> None:
    made = rows.make_rows(sudoku_dir, CONFIG, ["sudokus"])
    assert [row.key for row in made] == list(sudoku_rows.SUDOKU_ROWS)
    sides = [row.picture(0).shape[0] for row in made]
    assert sides == pytest.approx([40 - 2.4, 40, 40 + 2.4, 40 + 4.8], abs=1)


def test_rows_of_sudokus_are_left_out_where_there_are_none(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert rows.make_rows(tmp_path, CONFIG, ["sudoku"]) == []
    assert "left out: windows of sudokus (expected mixed/ and outlines.csv in" in caplog.text


def test_a_damaged_puzzle_is_refused(sudoku_dir: Path) -> None:
    (sudoku_dir / "sudoku" / "mixed" / "b.dat").write_text("telephone\n300x240\n1 2 3\n")
    with pytest.raises(DataError, match=r"b\.dat: expected 9 lines of 9 digits"):
        sudoku_rows.load_sudokus(sudoku_dir)


def test_a_grid_larger_than_a_puzzle_is_refused(sudoku_dir: Path) -> None:
    sudokus = sudoku_rows.load_sudokus(sudoku_dir)
    with pytest.raises(ConfigError, match="got 10 by 1"):
        sudoku_rows.sudoku_row("sudoku", sudokus, ReaderConfig(rows=10, columns=1))


def test_ink_that_is_no_digit_has_a_table_of_its_own() -> None:
    made = result(
        labels=[[1, OTHER]] * 4,
        read=[[1, OTHER], [1, OTHER], [1, 2], [1, 2]],
        warnings=[{"not_a_digit"}, {"not_a_digit"}, {"low_confidence"}, set()],
    )
    is_warned = np.array([[False, True]] * 3 + [[False, False]])
    served = made.served._replace(is_warned=is_warned)
    figures = RowResult(made.row, served).to_dict()
    assert figures["others"] == {"num_cells": 4, "said": 0.5, "said_or_warned": 0.75}
    table = report.others_table([figures])
    assert table.splitlines()[-1] == "| a table | 4 | 50.00 | 75.00 | 25.00 |"
    assert report.others_table([]) == "Not measured."
