"""Who writes for what: no writer on two sides."""

from pathlib import Path

import numpy as np
import pytest

from model.errors import ConfigError
from training.drawings.others import LOOK_ALIKES
from training.drawings.unipen import PenDigit
from training.drawings.writer_splits import (
    TEST_SITES,
    has_lost_a_stroke,
    load_character_split,
    load_writer_split,
    weight_by_writer,
)


def test_no_writer_is_on_two_sides(unipen_dir: Path) -> None:
    splits = {name: load_writer_split(unipen_dir, name) for name in ("train", "validation", "test")}
    # Of 10,491 recordings three show nothing; 54 of training's have lost a stroke, and of 37 more
    # the label does not fit.
    assert sum(map(len, splits.values())) == 10_397
    writers = {name: {digit.writer for digit in digits} for name, digits in splits.items()}
    assert {name: len(found) for name, found in writers.items()} == {
        "train": 95,
        "validation": 23,
        "test": 54,
    }
    assert not writers["train"] & writers["validation"]
    assert not (writers["train"] | writers["validation"]) & writers["test"]


LETTERS_OF = {"train": 10_662, "validation": 1_692, "test": 8_838}


def test_no_writer_of_letters_is_on_two_sides_either(unipen_dir: Path) -> None:
    digits = {name: load_writer_split(unipen_dir, name) for name in ("train", "validation", "test")}
    letters = {name: load_character_split(unipen_dir, name) for name in digits}
    assert {name: len(found) for name, found in letters.items()} == LETTERS_OF
    for name, found in letters.items():
        writers = {letter.writer for letter in found}
        for other in digits.keys() - {name}:
            assert not writers & {digit.writer for digit in digits[other]}
            assert not writers & {letter.writer for letter in letters[other]}
        assert not {letter.character for letter in found} & LOOK_ALIKES


def test_the_test_has_sites_of_its_own(unipen_dir: Path) -> None:
    assert {digit.site for digit in load_writer_split(unipen_dir, "test")} == TEST_SITES
    for split in ("train", "validation"):
        assert not {digit.site for digit in load_writer_split(unipen_dir, split)} & TEST_SITES


def test_every_split_has_every_digit(unipen_dir: Path) -> None:
    for split in ("train", "validation", "test"):
        assert {digit.label for digit in load_writer_split(unipen_dir, split)} == set(range(10))


def test_a_writer_weighs_as_the_root_of_the_digits(unipen_dir: Path) -> None:
    digits = load_writer_split(unipen_dir, "validation")
    weights: dict[str, float] = {}
    counts: dict[str, int] = {}
    for digit, written in zip(digits, weight_by_writer(digits), strict=True):
        weights[digit.writer] = weights.get(digit.writer, 0) + written.weight
        counts[digit.writer] = counts.get(digit.writer, 0) + 1
    for writer, weight in weights.items():
        assert weight == pytest.approx(counts[writer] ** 0.5)


def test_training_leaves_out_what_has_lost_a_stroke() -> None:
    def digit(label: int, *points: tuple[float, float]) -> PenDigit:
        return PenDigit(label, "ibm", "ibm/one", (np.array(points, np.float32),))

    assert has_lost_a_stroke(digit(1, (0, 0), (9, 1)))
    assert has_lost_a_stroke(digit(4, (0, 0), (1, 9)))
    assert not has_lost_a_stroke(digit(1, (0, 0), (1, 9)))
    assert not has_lost_a_stroke(digit(4, (5, 0), (0, 6), (7, 6), (6, 2), (6, 9)))
    assert not has_lost_a_stroke(digit(7, (0, 0), (9, 1)))


def test_an_unknown_split_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="expected a split of"):
        load_writer_split(tmp_path, "dev")
