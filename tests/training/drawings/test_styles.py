"""Rare ways of writing: each changes the digits that it suits, and no others."""

from pathlib import Path

import numpy as np
import pytest

from training.drawings.styles import FORMS, restyle, write_as
from training.drawings.writer_splits import load_writer_split

RING = (np.array([(5, 0), (0, 10), (5, 20), (10, 10), (5, 0)], np.float32),)
STEM = (np.array([(5, 0), (4, 20)], np.float32),)
SEVEN = (np.array([(0, 0), (10, 0), (4, 20)], np.float32),)


def random(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("name", FORMS)
def test_every_way_of_writing_suits_digits_of_several_writers(name: str, unipen_dir: Path) -> None:
    form = FORMS[name]
    written = [one for one in load_writer_split(unipen_dir, "train") if one.label == form.label]
    changed = {}
    for one in written[::7]:
        strokes = write_as(form, one.strokes, random())
        if strokes is not None:
            changed[one.writer] = strokes
            points = np.concatenate(strokes)
            assert np.isfinite(points).all()
            # It stays as large as it was, give or take a foot or a tail.
            before = np.ptp(np.concatenate(one.strokes), axis=0).max()
            assert 0.5 * before < np.ptp(points, axis=0).max() < 2 * before
    assert len(changed) >= 10


def test_a_digit_gets_the_marks_of_its_ways() -> None:
    slashed = write_as(FORMS["zero with a slash"], RING, random())
    assert slashed is not None
    assert len(slashed) == 2
    barred = write_as(FORMS["seven with a bar"], SEVEN, random())
    assert barred is not None
    assert len(barred) == 2
    raised = write_as(FORMS["one with a long upstroke"], STEM, random())
    assert raised is not None
    assert np.ptp(raised[0][:, 0]) > 2 * np.ptp(STEM[0][:, 0])
    swept = write_as(FORMS["nine with its tail swept left"], STEM, random())
    assert swept is not None
    assert swept[0][-1, 0] < STEM[0][-1, 0]


def test_a_way_that_does_not_suit_leaves_the_digit() -> None:
    assert write_as(FORMS["one with a long upstroke"], RING, random()) is None
    assert write_as(FORMS["five, its top apart"], RING, random()) is None
    for label in range(10):
        assert restyle(RING, label, 0.0, random()) is RING
    for label in (2, 3, 8):
        assert restyle(RING, label, 1.0, random()) is RING
