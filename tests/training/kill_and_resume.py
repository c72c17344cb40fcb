"""Kills a training run at random moments and compares it with one that was left alone.

    python -m tests.training.kill_and_resume [--kills 50]

The run is short and saves after every second step, so that many kills fall into a save. After
each kill both checkpoints have to load; at the end, every weight has to be the same, bit for bit.
"""

import argparse
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

from model import checkpoint
from model.config import ReaderConfig
from tests.conftest import ROOT, make_bar_digits
from training.distributed import Processes
from training.loop import BEST, LAST, RESUME, TrainingRun
from training.options import TrainOptions


def run(out: Path, steps: int) -> None:
    """The run that is killed: small, deterministic, on made-up digits."""
    torch.set_num_threads(1)
    TrainingRun(
        options=TrainOptions(
            steps=steps,
            batch_size=8,
            warmup_steps=5,
            evaluate_every=25,
            save_every=2,
            drawn_share=0,
        ),
        config=ReaderConfig(encoder_layers=1, decoder_layers=1, mlp_width=64),
        training=make_bar_digits(),
        drawn=None,
        validation={"bars": make_bar_digits()},
        out=out,
        processes=Processes(0, 1, torch.device("cpu")),
    ).run()


def start(out: Path, steps: int) -> subprocess.Popen[bytes]:
    """Starts the run in a process of its own."""
    command = [
        sys.executable,
        "-m",
        "tests.training.kill_and_resume",
        "--run",
        str(out),
        str(steps),
    ]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)


def kill_at_random(out: Path, kills: int, steps: int, seed: int) -> dict[str, int]:
    """Kills the run ``kills`` times, checking what each kill leaves; then lets it finish.

    A run that is over before it can be killed begins anew.
    """
    chance = random.Random(seed)
    resume = out / RESUME
    counts = {"kills": 0, "in a save": 0, "loaded": 0}
    while counts["kills"] < kills:
        before = resume.stat().st_mtime_ns if resume.exists() else 0
        with start(out, steps) as process:
            try:
                while not resume.exists() or resume.stat().st_mtime_ns == before:
                    if process.poll() is not None:
                        break
                    time.sleep(0.002)
                time.sleep(chance.uniform(0, 0.3))
            finally:
                process.kill()
        if process.returncode == 0:
            shutil.rmtree(out)
            continue
        if process.returncode != -signal.SIGKILL:
            raise RuntimeError(f"the run failed with code {process.returncode}")
        counts["kills"] += 1
        counts["in a save"] += any(out.glob(".*.partial"))
        for name in (LAST, BEST):
            checkpoint.load(out / name).reader()
        counts["loaded"] += 1
    if start(out, steps).wait() != 0:
        raise RuntimeError("the run did not finish")
    return counts


def differing(one: Path, other: Path) -> list[str]:
    """Names the weights that differ between two folders' checkpoints."""
    names = []
    for file in (LAST, BEST):
        left, right = (checkpoint.load(out / file).weights for out in (one, other))
        names += [f"{file}: {name}" for name in left if not torch.equal(left[name], right[name])]
    return names


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--run", nargs=2, metavar=("OUT", "STEPS"))
    arguments = parser.parse_args()
    if arguments.run:
        run(Path(arguments.run[0]), int(arguments.run[1]))
        return 0
    steps = 50 * (arguments.kills + 1)
    with tempfile.TemporaryDirectory() as folder:
        killed, alone = Path(folder, "killed"), Path(folder, "alone")
        counts = kill_at_random(killed, arguments.kills, steps, arguments.seed)
        start(alone, steps).wait()
        differences = differing(killed, alone)
    print(", ".join(f"{name}: {count}" for name, count in counts.items()))
    print(f"weights that differ from the run left alone: {differences or 'none'}")
    return 1 if differences or counts["loaded"] != arguments.kills else 0


if __name__ == "__main__":
    sys.exit(main())
