"""The mean of two readers."""

from pathlib import Path

import pytest
import torch

from model import checkpoint
from model.checkpoint import Checkpoint
from model.config import ReaderConfig
from model.errors import CheckpointMismatchError, ConfigError
from model.header import Header, sha256
from model.reader import GridReader
from training.average import average

SMALL = ReaderConfig(encoder_layers=1, decoder_layers=1, mlp_width=64)


def save(path: Path, config: ReaderConfig = SMALL) -> Path:
    header = Header(config=config, provenance={"steps": 7})
    checkpoint.save(Checkpoint(header, GridReader(config).state_dict()), path)
    return path


def test_weights_are_the_weighted_mean_and_the_header_says_so(tmp_path: Path) -> None:
    one, other = save(tmp_path / "one.safetensors"), save(tmp_path / "other.safetensors")
    mean = average(one, other, 0.25)
    first, second = checkpoint.load(one).weights, checkpoint.load(other).weights
    for name, tensor in mean.weights.items():
        torch.testing.assert_close(tensor, 0.75 * first[name] + 0.25 * second[name])
    assert mean.header.provenance == {
        "steps": 7,
        "averaged_with": {"sha256": sha256(other), "share": 0.25},
    }


def test_readers_of_other_shapes_and_impossible_shares_are_refused(tmp_path: Path) -> None:
    one = save(tmp_path / "one.safetensors")
    wide = save(tmp_path / "wide.safetensors", ReaderConfig(encoder_layers=2))
    with pytest.raises(CheckpointMismatchError, match="expected readers of one shape"):
        average(one, wide, 0.5)
    with pytest.raises(ConfigError, match=r"share: expected 0 to 1, got 1\.5"):
        average(one, one, 1.5)
