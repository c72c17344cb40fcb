"""Intervals: as wide as the answers are dependent."""

import numpy as np
import pytest

from training.scorecard import bootstrap, report


def test_the_interval_of_single_things_is_the_one_of_the_bootstrap() -> None:
    right = np.arange(1000) < 950
    (share,) = bootstrap.shares([(right.astype(float), np.ones(1000))], np.arange(1000))
    random = np.random.default_rng(1)
    resampled = [random.choice(right, 1000).mean() for _ in range(2000)]
    assert share.share == pytest.approx(0.95)
    assert share.low == pytest.approx(np.percentile(resampled, 2.5), abs=0.003)
    assert share.high == pytest.approx(np.percentile(resampled, 97.5), abs=0.003)


def test_an_interval_is_wider_where_answers_hang_together() -> None:
    """A hundred equal answers of each of ten writers say as little as ten answers."""
    of_writer = np.arange(10) < 7
    right = np.repeat(of_writer, 100).astype(float)
    (alone,) = bootstrap.shares([(of_writer.astype(float), np.ones(10))], np.arange(10))
    (together,) = bootstrap.shares([(right, np.ones(1000))], np.repeat(np.arange(10), 100))
    (apart,) = bootstrap.shares([(right, np.ones(1000))], np.arange(1000))
    assert together == pytest.approx(alone)
    assert together.high - together.low > 5 * (apart.high - apart.low)


def test_a_wrong_grid_is_charged_to_the_writer_who_was_misread() -> None:
    cells = np.ones((8, 2), bool)
    cells[0, 1] = cells[1, 1] = False
    grids = cells.all(axis=1)
    grids[2] = False  # for want of a <finish>
    sources = np.tile([0, 1], (8, 1))
    digits, whole = bootstrap.digits_and_grids(cells, grids, np.ones_like(cells), sources)
    assert digits.share == 14 / 16
    assert whole.share == pytest.approx(5 / 8)
    # Writer 0 drawn twice: half a grid wrong of the four that are writer 0's part; writer 1 drawn
    # twice: two and a half.
    assert whole.high == pytest.approx(1 - 0.5 / 4)
    assert whole.low == pytest.approx(1 - 2.5 / 4)


def test_an_interval_stays_within_0_and_100_percent() -> None:
    """All right, all wrong, and one writer charged with more wrong grids than his part of them."""
    random = np.random.default_rng(0)
    for right in (0.0, 0.02, 0.98, 1.0):
        cells = random.random((60, 4)) < right
        found = bootstrap.digits_and_grids(
            cells, cells.all(axis=1), np.ones_like(cells), random.integers(0, 5, cells.shape)
        )
        for share in found:
            assert 0 <= share.low <= share.high <= 1
            assert 0 <= share.share <= 1


def test_what_is_printed_stays_within_0_and_100_percent() -> None:
    assert report.percent({"share": 1 + 1e-4, "low": -1e-4, "high": 1.02}) == "100.00 (0.00-100.00)"
