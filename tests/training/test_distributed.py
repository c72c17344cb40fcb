"""Two processes under torchrun do what one does."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from model import checkpoint, header
from tests.conftest import ROOT
from tests.waiting import PATIENCE
from training.loop import LAST, RESUME

TRAIN = [
    *("-m", "training", "train", "--steps", "12", "--batch-size", "32", "--evaluate-every", "1"),
    *("--encoder-layers", "1", "--decoder-layers", "1", "--warmup-steps", "2", "--threads", "1"),
    *("--device", "cpu", "--drawn-share", "0"),
]


def _train(launcher: list[str], out: Path, data_dir: Path) -> list[dict[str, float]]:
    """Trains with the real command and returns the loss curve."""
    subprocess.run(
        [sys.executable, *launcher, *TRAIN, "--out", str(out), "--data-dir", str(data_dir)],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        check=True,
        timeout=5 * PATIENCE,
        stderr=subprocess.DEVNULL,
    )
    _, metadata = header.read_file(out / RESUME, framework="pt")
    history: list[dict[str, float]] = json.loads(metadata["progress"])["history"]
    return history


@pytest.mark.long
def test_two_gloo_processes_follow_the_loss_curve_of_one(data_dir: Path, tmp_path: Path) -> None:
    """Same global batch, same loss at every step, within the rounding of sums."""
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    one = _train([], tmp_path / "one", data_dir)
    two = _train(torchrun, tmp_path / "two", data_dir)
    assert [entry["step"] for entry in one] == [entry["step"] for entry in two] == [*range(1, 13)]
    for alone, shared in zip(one, two, strict=True):
        assert shared["training_loss"] == pytest.approx(alone["training_loss"], rel=2e-4)
    left, right = (checkpoint.load(tmp_path / name / LAST) for name in ("one", "two"))
    assert (left.header.provenance["processes"], right.header.provenance["processes"]) == (1, 2)
    for name, weights in left.weights.items():
        torch.testing.assert_close(right.weights[name], weights, atol=2e-3, rtol=0)
