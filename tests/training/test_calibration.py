"""Calibration: the temperature of least loss, and thresholds that warn of a stated share."""

import copy
import dataclasses
from pathlib import Path

import pytest
import torch

from model import checkpoint, vocabulary
from model.decoding import decode_greedily
from model.header import Thresholds
from model.reader import GridReader
from tests.conftest import RELEASED
from training import calibration
from training.data import Digits
from training.scoring import Grids, disjoint_grids


@pytest.fixture(scope="module")
def grids(training_digits: Digits, released_reader: GridReader) -> Grids:
    few = training_digits.select(torch.arange(1600))
    return disjoint_grids(few, released_reader.config, seed=0)


def test_the_temperature_undoes_what_was_done_to_the_logits(
    released_reader: GridReader, grids: Grids
) -> None:
    found = calibration.fit_temperature(released_reader, [grids])
    sharper = copy.deepcopy(released_reader)
    with torch.no_grad():
        sharper.to_logits.weight.mul_(1.25)
        sharper.to_logits.bias.mul_(1.25)
    again = calibration.fit_temperature(sharper, [grids])
    assert again == pytest.approx(1.25 * found, abs=0.02)


def test_a_reader_that_reads_nothing_rightly_has_the_usual_thresholds(
    released_reader: GridReader, grids: Grids
) -> None:
    none_right = Grids(grids.pictures[:8], (grids.labels[:8] + 1) % 10)
    assert calibration.set_thresholds(released_reader, none_right, 0.04) == Thresholds()


def test_a_calibrated_checkpoint_has_other_logits_thresholds_and_no_scores(
    all_data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calibration, "_CANVAS_GRIDS", 128)
    trained = checkpoint.load(RELEASED)
    sharp = {
        name: tensor * 2 if name.startswith("to_logits.") else tensor
        for name, tensor in trained.weights.items()
    }
    sharper = dataclasses.replace(trained, weights=sharp)
    calibrated = calibration.calibrate(sharper, all_data_dir)
    recipe = trained.header.provenance["recipe"]["training"]
    expected = calibration.expect_others(sharper, recipe).weights
    factor = calibrated.header.temperature / trained.header.temperature
    assert 1.4 < factor <= 2
    for name in ("to_logits.weight", "to_logits.bias"):
        torch.testing.assert_close(calibrated.weights[name], expected[name] / factor)
    assert calibrated.header.thresholds != Thresholds()
    assert calibrated.header.scores is None


def test_thresholds_warn_of_the_share_of_right_digits_that_was_asked_for(
    released_reader: GridReader, grids: Grids
) -> None:
    thresholds = calibration.set_thresholds(released_reader, grids, 0.04)
    with torch.inference_mode():
        answers = decode_greedily(released_reader, grids.pictures.float() / 255).probabilities
    right = answers[answers.argmax(dim=2) == grids.labels]
    is_unsure = right.amax(dim=1) < thresholds.low_confidence
    maybe_other = right[:, vocabulary.OTHER] > thresholds.maybe_other
    share = (is_unsure | maybe_other).float().mean().item()
    assert share == pytest.approx(0.04, abs=0.015)


def test_ink_that_is_no_digit_is_as_likely_as_it_is_expected() -> None:
    trained = checkpoint.load(RELEASED)
    recipe = {"drawn_share": 0.5, "pool": {"others": 0.25, "other_grids": 0.2}}
    expecting = calibration.expect_others(trained, recipe)
    added = expecting.weights["to_logits.bias"] - trained.weights["to_logits.bias"]
    ratio = (0.2 / 0.8) / (calibration.EXPECTED_OTHERS / (1 - calibration.EXPECTED_OTHERS))
    assert float(added[vocabulary.OTHER].exp()) == pytest.approx(1 / ratio)
    assert float(added.abs().sum()) == pytest.approx(float(added[vocabulary.OTHER].abs()))
    assert calibration.expect_others(trained, {"drawn_share": 0}) is trained
