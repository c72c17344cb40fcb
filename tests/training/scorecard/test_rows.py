"""The rows of the scorecard: fair, whole, and the same every time."""

from pathlib import Path

import numpy as np
import pytest
import torch

from model import vocabulary
from model.config import ReaderConfig
from model.errors import ConfigError
from training import scoring
from training.data import Digits
from training.drawings.glyphs import HAND_LIKE_TEST, hand_like_fonts
from training.drawings.unipen import PenDigit
from training.drawings.writer_splits import TEST_SITES
from training.scorecard import rows
from training.scorecard.other_rows import NEED_FONTS
from training.scorecard.row import arrange_in_grids

BLANK = vocabulary.BLANK


def test_disjoint_grids_use_every_digit_once(bar_digits: Digits) -> None:
    grids = scoring.disjoint_grids(bar_digits, ReaderConfig(), seed=0)
    assert len(grids) == 50
    assert torch.equal(grids.labels.flatten().bincount(), bar_digits.labels.bincount())
    again = scoring.disjoint_grids(bar_digits, ReaderConfig(), seed=0)
    assert torch.equal(grids.pictures, again.pictures)


def test_the_rows_of_mnist_are_those_that_the_scorecard_names(test_digits: Digits) -> None:
    grids = rows.mnist_grids(test_digits, ReaderConfig())
    assert [len(one) for one in grids.values()] == [2500, 10_000, 2500]
    assert set(grids["mnist_blanks"].labels.eq(BLANK).sum(dim=1).tolist()) == {1, 2, 3}


def test_no_digit_stands_twice_in_a_grid() -> None:
    arranged = arrange_in_grids(50, 4, np.random.default_rng(0))
    assert all(len(set(grid)) == 4 for grid in arranged.tolist())
    assert all(sorted(place) == list(range(50)) for place in arranged.T.tolist())


def test_drawn_rows_use_every_digit_of_the_test_writers_once_in_each_place(
    test_writers: list[PenDigit],
) -> None:
    canvas = rows.drawn_row("canvas", test_writers, ReaderConfig())
    assert canvas.labels.shape == (1977, 4)
    assert len(np.unique(canvas.sources)) == 54
    assert canvas.groups is not None
    assert set(canvas.groups.ravel().tolist()) == TEST_SITES
    per_label = np.bincount([digit.label for digit in test_writers])
    per_writer = np.bincount(canvas.sources[:, 0])
    for place in range(4):
        assert np.array_equal(np.bincount(canvas.labels[:, place]), per_label)
        assert np.array_equal(np.bincount(canvas.sources[:, place]), per_writer)


def test_one_to_three_cells_of_the_blanks_are_blank(test_writers: list[PenDigit]) -> None:
    row = rows.drawn_row("blanks", test_writers, ReaderConfig())
    assert set((row.labels == BLANK).sum(axis=1).tolist()) == {1, 2, 3}
    picture, labels = row.picture(0), row.labels[0].reshape(2, 2)
    middle = picture.shape[0] // 2
    for down, across in np.argwhere(labels == BLANK):
        cell = picture[down * middle : (down + 1) * middle, across * middle : (across + 1) * middle]
        assert np.ptp(cell) == 0


def test_rows_show_the_same_pictures_every_time(all_data_dir: Path) -> None:
    first, again = (rows.make_rows(all_data_dir, ReaderConfig()) for _ in range(2))
    are_fonts_there = bool(hand_like_fonts(HAND_LIKE_TEST))
    assert [row.key for row in first] == [
        key for key in rows.KEYS if key not in NEED_FONTS or are_fonts_there
    ]
    for one, other in zip(first, again, strict=True):
        assert np.array_equal(one.labels, other.labels)
        assert np.array_equal(one.picture(3), other.picture(3))
        assert not np.array_equal(one.picture(3), one.picture(4))


def test_the_same_digits_are_corrupted_in_every_way(all_data_dir: Path) -> None:
    (row,) = rows.make_rows(all_data_dir, ReaderConfig(), ["mnist_c"])
    assert len(row) == 7500
    assert row.groups is not None
    assert len(set(row.groups[:15, 0].tolist())) == 15
    assert (row.labels[:15] == row.labels[0]).all()
    assert (row.sources[:15] == row.sources[0]).all()
    assert (row.groups == row.groups[:, :1]).all()


def test_a_row_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="got fax"):
        rows.make_rows(tmp_path, ReaderConfig(), ["canvas", "fax"])
