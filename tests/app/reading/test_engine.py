"""Both engines: the same answers, and a pair that does not belong together is refused."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from app.reading.engine import AugmentedEngine, OnnxEngine, TorchEngine, load_engine
from app.settings import Settings
from model.config import ReaderConfig
from model.errors import CheckpointFormatError, CheckpointMismatchError
from model.reading import Answers
from tests.conftest import RELEASED
from training.data import Digits
from training.scoring import compare, disjoint_grids


@pytest.mark.parametrize("batch", [1, 7, 64])
def test_both_engines_give_the_same_answers_on_the_whole_test_set(
    batch: int, test_digits: Digits
) -> None:
    graph, reference = OnnxEngine(RELEASED), TorchEngine(RELEASED)
    pictures = disjoint_grids(test_digits, ReaderConfig(), seed=0).pictures.numpy()
    for start in range(0, len(pictures), batch):
        part = pictures[start : start + batch]
        found = graph.read(part, return_attention=True)
        expected = reference.read(part, return_attention=True)
        assert found.attention is not None
        assert found.attention.shape == expected.attention.shape == (len(part), 4, 1, 4, 16)
        np.testing.assert_array_equal(found.symbols, expected.symbols)
        np.testing.assert_allclose(found.probabilities, expected.probabilities, atol=1e-4, rtol=0)
        np.testing.assert_allclose(found.attention, expected.attention, atol=1e-4, rtol=0)


def test_what_is_served_reads_as_much_of_mnist_as_was_aimed_at(test_digits: Digits) -> None:
    engine = load_engine(Settings(weights=RELEASED))
    grids = disjoint_grids(test_digits, ReaderConfig(), seed=0)
    found = np.concatenate(
        [engine.read(part.pictures.numpy()).symbols for part in grids.batches(32)]
    )
    right = compare(torch.from_numpy(found), grids.labels)
    assert right.cells.float().mean() >= 0.996
    assert right.grids.float().mean() >= 0.983


def test_shifted_pictures_are_read_in_batches_too(test_digits: Digits) -> None:
    """However many pictures are doubtful, the network never reads more than allowed at once."""
    grids = disjoint_grids(test_digits, ReaderConfig(), seed=0).pictures[:64].numpy()
    blends = grids[:32] // 2 + grids[32:] // 2  # of two digits each
    engine = OnnxEngine(RELEASED)
    at_once = AugmentedEngine(engine, 1000).read(blends)
    sizes: list[int] = []

    class Counting(OnnxEngine):
        def read(self, pictures: NDArray[np.uint8], *, return_attention: bool = False) -> Answers:
            sizes.append(len(pictures))
            return super().read(pictures, return_attention=return_attention)

    found = AugmentedEngine(Counting(RELEASED), 32).read(blends)
    assert sizes[0] == 32
    assert len(sizes[1:]) > 0
    assert max(sizes) == 32
    np.testing.assert_allclose(found.probabilities, at_once.probabilities, atol=1e-6)
    np.testing.assert_array_equal(found.symbols, at_once.symbols)


def test_attention_is_computed_only_when_asked_for() -> None:
    picture = np.zeros((1, 56, 56), np.uint8)
    for engine in (OnnxEngine(RELEASED), TorchEngine(RELEASED)):
        assert engine.read(picture).attention is None


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    for path in (RELEASED, RELEASED.with_suffix(".onnx")):
        shutil.copy(path, tmp_path / path.name)
    return tmp_path / RELEASED.name


def test_a_graph_of_another_checkpoint_is_refused(copied: Path) -> None:
    from model import checkpoint

    other = checkpoint.load(copied)
    weights = dict(other.weights)
    weights["to_logits.bias"] = weights["to_logits.bias"] + 1
    checkpoint.save(checkpoint.Checkpoint(other.header, weights), copied)
    with pytest.raises(CheckpointMismatchError, match="do not belong together"):
        OnnxEngine(copied)
    TorchEngine(copied)  # the checkpoint itself is sound


@pytest.mark.parametrize("content", [None, b"", b"rubbish"])
def test_a_missing_or_damaged_graph_is_refused(content: bytes | None, copied: Path) -> None:
    graph = copied.with_suffix(".onnx")
    graph.unlink()
    if content is not None:
        graph.write_bytes(content)
    with pytest.raises(CheckpointFormatError, match=r"reader\.onnx: expected"):
        OnnxEngine(copied)
