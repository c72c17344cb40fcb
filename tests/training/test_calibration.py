"""Calibration: the temperature of least loss, and thresholds that warn of a stated share."""

import pytest
import torch

from model import vocabulary
from model.decoding import decode_greedily
from model.reader import GridReader
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
    with torch.no_grad():
        released_reader.to_logits.weight.mul_(1.25)
        released_reader.to_logits.bias.mul_(1.25)
    try:
        assert calibration.fit_temperature(released_reader, [grids]) == pytest.approx(
            1.25 * found, abs=0.02
        )
    finally:
        with torch.no_grad():
            released_reader.to_logits.weight.div_(1.25)
            released_reader.to_logits.bias.div_(1.25)


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
