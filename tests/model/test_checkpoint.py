"""Checkpoints: what is written comes back, what is no checkpoint is refused in plain words."""

import errno
import json
import os
import pickle
from pathlib import Path

import pytest
import safetensors.torch
import torch

from model import checkpoint, header
from model.checkpoint import Checkpoint
from model.config import ReaderConfig
from model.errors import CheckpointFormatError, CheckpointMismatchError
from model.header import Header, Thresholds
from model.reader import GridReader
from tests.conftest import RELEASED
from training.scorecard.rows import KEYS


@pytest.fixture
def saved(tmp_path: Path, reader: GridReader, config: ReaderConfig) -> Path:
    path = tmp_path / "reader.safetensors"
    described = Header(config=config, provenance={"seed": 7}, scores={"rows": []})
    checkpoint.save(Checkpoint(described, reader.state_dict()), path)
    return path


def test_a_round_trip_gives_identical_logits(
    saved: Path, reader: GridReader, pictures: torch.Tensor
) -> None:
    loaded = checkpoint.load(saved)
    symbols = torch.randint(14, (3, 5))
    assert torch.equal(loaded.reader()(pictures, symbols), reader(pictures, symbols))
    assert loaded.header.provenance == {"seed": 7}
    assert loaded.header == header.read_header(saved)


def test_thresholds_come_back_and_calibration_is_what_the_scores_say(
    saved: Path, config: ReaderConfig
) -> None:
    assert header.read_header(saved).calibration is None
    rows = [{"key": "plain"}, {"key": "page", "honesty": {"calibration_error": 0.25}}]
    described = Header(
        config=config,
        scores={"rows": rows},
        temperature=1.2,
        thresholds=Thresholds(low_confidence=0.7, maybe_other=0.1),
    )
    assert json.loads(described.to_metadata()["calibration"]) == {"page": 0.25}
    again = Header.from_metadata(described.to_metadata(), saved)
    assert again == described
    assert again.calibration == {"page": 0.25}


def _rewrite(path: Path, **changes: object) -> None:
    """Writes the file again with other metadata; None takes an entry away."""
    weights, metadata = header.read_file(path, framework="pt")
    for name, value in changes.items():
        if value is None:
            del metadata[name]
        else:
            metadata[name] = json.dumps(value)
    safetensors.torch.save_file(weights, path, metadata)


def _hostile(path: Path, kind: str) -> None:
    whole = path.read_bytes()
    config = ReaderConfig(encoder_layers=2, decoder_layers=2, mlp_width=64).to_dict()
    match kind:
        case "missing":
            path.unlink()
        case "folder":
            path.unlink()
            path.mkdir()
        case "empty":
            path.write_bytes(b"")
        case "truncated":
            path.write_bytes(whole[: len(whole) // 2])
        case "header cut":
            path.write_bytes(whole[:5])
        case "rubbish":
            path.write_bytes(bytes(range(256)) * 40)
        case "huge header":
            path.write_bytes((2**62).to_bytes(8, "little") + whole[8:])
        case "pickle":
            path.write_bytes(pickle.dumps({"weights": [1.0]}))
        case "torch.save":
            torch.save({"weights": torch.zeros(2)}, path)
        case "no metadata":
            safetensors.torch.save_file({"a": torch.zeros(1)}, path)
        case "other version":
            _rewrite(path, format_version=99)
        case "other vocabulary":
            _rewrite(path, vocabulary=["a", "b"])
        case "unknown setting":
            _rewrite(path, config=config | {"wings": 2})
        case "contradiction":
            _rewrite(path, config=config | {"num_heads": 5})
        case "missing setting":
            _rewrite(path, config={"rows": 2})
        case "config no map":
            _rewrite(path, config=[1, 2])
        case "no JSON":
            weights, metadata = header.read_file(path, framework="pt")
            safetensors.torch.save_file(weights, path, metadata | {"config": "{"})


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("missing", "expected a .safetensors file, found none"),
        ("folder", "found a folder"),
        ("empty", "found an empty file"),
        ("truncated", "damaged or truncated"),
        ("header cut", "damaged or truncated"),
        ("rubbish", "damaged or truncated"),
        ("huge header", "damaged or truncated"),
        ("pickle", "a pickle, which is never read here"),
        ("torch.save", "a pickle, which is never read here"),
        ("no metadata", "expected 'format_version' in the metadata, found none"),
        ("other version", "expected the format_version 2, found 99"),
        ("other vocabulary", "expected the vocabulary"),
        ("unknown setting", r"unknown settings \['wings'\]"),
        ("contradiction", "expected a divisor of d_model 64, got 5"),
        ("missing setting", "missing settings"),
        ("config no map", "describe no reader"),
        ("no JSON", "describe no reader"),
    ],
)
def test_hostile_files_are_refused_in_plain_words(saved: Path, kind: str, message: str) -> None:
    _hostile(saved, kind)
    for load in (checkpoint.load, header.read_header):
        with pytest.raises(CheckpointFormatError, match=message) as caught:
            load(saved)
        assert str(saved) in str(caught.value)


def test_a_pickle_is_not_run(saved: Path, tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[object, ...]:
            return (Path.touch, (tmp_path / "exploded",))

    saved.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(CheckpointFormatError):
        checkpoint.load(saved)
    assert not (tmp_path / "exploded").exists()


def test_wrong_shapes_missing_and_unknown_tensors_are_named(
    saved: Path, reader: GridReader, config: ReaderConfig
) -> None:
    weights = dict(reader.state_dict())
    del weights["to_logits.bias"]
    weights["wings"] = torch.zeros(2)
    weights["to_logits.weight"] = torch.zeros(12, 64)
    checkpoint.save(Checkpoint(Header(config=config), weights), saved)
    with pytest.raises(CheckpointMismatchError) as caught:
        checkpoint.load(saved).reader()
    message = str(caught.value)
    assert "to_logits.bias is missing" in message
    assert "wings is unknown" in message
    assert "to_logits.weight: expected shape (14, 64), found (12, 64)" in message


def test_a_write_that_fails_leaves_the_old_file(
    saved: Path, reader: GridReader, config: ReaderConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = saved.read_bytes()

    def full_disk(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.fsync", full_disk)
    with pytest.raises(OSError, match=r"No space left on device: .*reader\.safetensors"):
        checkpoint.save(Checkpoint(Header(config=config), reader.state_dict()), saved)
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


def test_the_released_header_says_where_the_weights_come_from() -> None:
    described = header.read_header(RELEASED)
    assert described.config == ReaderConfig()
    assert described.provenance["data"]["MNIST"]["md5"]
    assert described.provenance["best_step"] == described.provenance["steps"] > 0
    assert "dirty" not in described.provenance["git_commit"]
    assert [row["key"] for row in described.scores["rows"]] == list(KEYS)
