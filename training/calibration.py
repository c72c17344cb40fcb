"""Calibration on validation digits, before a reader is exported.

Training shows far more ink that is no digit than people write: first its odds are brought to what
is expected. A temperature brings confidence in line with the share of right cells; the last layer
is divided by it, so that it costs nothing when reading. Then thresholds are set so that a stated
share of the digits on a canvas that are read rightly is warned of, half of them as unsure and half
as perhaps no digits.

References: Saerens, Latinne & Decaestecker, "Adjusting the Outputs of a Classifier to New a Priori
Probabilities", 2002, equation 2.4; Guo et al., "On Calibration of Modern Neural Networks", 2017,
section 4.2.
"""

import dataclasses
import logging
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from model import vocabulary
from model.checkpoint import Checkpoint
from model.decoding import decode_greedily
from model.header import Thresholds
from model.reader import GridReader
from training import scoring
from training.data import load_mnist
from training.drawings.writer_splits import validation_pool
from training.loop import add_start_and_finish
from training.scoring import Grids

logger = logging.getLogger(__name__)

WARNED_SHARE = 0.015
"""Of the digits that validation writers drew on a canvas and that are read rightly: so many are
warned of. Wrong ones do not count, as labels of UNIPEN are noisy."""
EXPECTED_OTHERS = 0.02
"""Of the cells that people have read, so many are expected to hold ink that is no digit."""
_CANVAS_GRIDS, _SEED = 2500, 2
_TEMPERATURES = torch.linspace(0.5, 2.0, 151)


def calibrate(trained: Checkpoint, data_dir: Path) -> Checkpoint:
    """Returns the checkpoint with calibrated logits, thresholds of warnings, and no scores.

    A reader that was trained on MNIST alone is calibrated on it alone.

    Args:
        trained: Weights that training wrote.
        data_dir: Holds ``MNIST/`` and ``unipen/``.

    Raises:
        DataError: Data are missing and could not be fetched, or are damaged.
    """
    config = trained.header.config
    sets = [scoring.disjoint_grids(load_mnist(data_dir, "validation"), config, seed=_SEED)]
    recipe = trained.header.provenance.get("recipe", {}).get("training", {})
    if recipe.get("drawn_share", 1):
        # Of digits alone: beside ink that is no digit a digit is taken for such more easily.
        canvas = validation_pool(
            data_dir, grids=_CANVAS_GRIDS, seed=_SEED, folder=None, is_plain=True
        )
        sets.append(scoring.disjoint_grids(canvas, config, seed=_SEED))
    trained = expect_others(trained, recipe)
    temperature = fit_temperature(trained.reader(), sets)
    weights = {
        name: tensor / temperature if name.startswith("to_logits.") else tensor
        for name, tensor in trained.weights.items()
    }
    calibrated = dataclasses.replace(trained, weights=weights)
    thresholds = set_thresholds(calibrated.reader(), sets[-1], WARNED_SHARE)
    logger.info("temperature %.2f, %s", temperature, thresholds)
    header = dataclasses.replace(
        trained.header,
        temperature=trained.header.temperature * temperature,
        thresholds=thresholds,
        scores=None,  # they were of other weights
    )
    return dataclasses.replace(calibrated, header=header)


def expect_others(trained: Checkpoint, recipe: Mapping[str, Any]) -> Checkpoint:
    """Returns the checkpoint with the odds of ``<other>`` that are expected, not those of training.

    Args:
        trained: Weights that training wrote.
        recipe: Its options, as provenance has them.
    """
    pool = recipe.get("pool", {})
    share = pool.get("other_grids", 0) + (1 - pool.get("other_grids", 0)) * pool.get("others", 0)
    share *= recipe.get("drawn_share", 0)
    if not 0 < share < 1:
        return trained
    bias = trained.weights["to_logits.bias"].clone()
    bias[vocabulary.OTHER] += math.log(EXPECTED_OTHERS / (1 - EXPECTED_OTHERS))
    bias[vocabulary.OTHER] -= math.log(share / (1 - share))
    return dataclasses.replace(trained, weights={**trained.weights, "to_logits.bias": bias})


@torch.inference_mode()
def fit_temperature(reader: GridReader, sets: Sequence[Grids]) -> float:
    """Returns what the logits are to be divided by for the least loss, every set counting alike."""
    losses = torch.zeros(len(_TEMPERATURES))
    for grids in sets:
        parts = list(_logits(reader, grids))
        logits = torch.cat([logits for logits, _ in parts])
        symbols = torch.cat([symbols for _, symbols in parts])
        losses += torch.stack([F.cross_entropy(logits / t, symbols) for t in _TEMPERATURES])
    return round(float(_TEMPERATURES[losses.argmin()]), 2)


@torch.inference_mode()
def set_thresholds(reader: GridReader, grids: Grids, share: float) -> Thresholds:
    """Returns thresholds that warn of a share of the digits that are read rightly."""
    parts = []
    for batch in grids.batches(250):
        answers = decode_greedily(reader, batch.pictures.float() / 255).probabilities
        is_right = (answers.argmax(dim=2) == batch.labels) & (batch.labels < vocabulary.BLANK)
        parts.append(answers[is_right])
    answers = torch.cat(parts)
    if not len(answers):  # it reads nothing rightly
        return Thresholds()
    low_confidence = float(answers.amax(dim=1).quantile(share / 2))
    # Of those that are not warned of already, so that the two together are the share.
    left = answers[answers.amax(dim=1) >= low_confidence]
    maybe_other = float(left[:, vocabulary.OTHER].quantile(1 - share / 2))
    # Rounded to the side on which no more are warned of.
    return Thresholds(
        low_confidence=math.floor(low_confidence * 1000) / 1000,
        maybe_other=min(1.0, math.ceil(max(maybe_other, 1e-6) * 1e5) / 1e5),
    )


def _logits(reader: GridReader, grids: Grids) -> list[tuple[Tensor, Tensor]]:
    found = []
    for batch in grids.batches(250):
        symbols = add_start_and_finish(batch.labels)
        logits = reader(batch.pictures.float() / 255, symbols[:, :-1])
        found.append((logits.flatten(0, 1), symbols[:, 1:].flatten()))
    return found
