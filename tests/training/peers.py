"""One of several processes that train together, to which something happens.

    python -m tests.training.peers FAULT OUT

It is started once for each rank, with torchrun's variables. What happens, happens to the last rank
in step 6: ``nan`` in its part of the batch, ``sleep``, or ``die``.
"""

import datetime
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import torch

from model.config import ReaderConfig
from model.errors import ReaderError
from tests.conftest import ROOT, make_bar_digits
from tests.waiting import PATIENCE
from training.batches import Batch, MixedBatches
from training.distributed import join_process_group
from training.loop import TrainingRun
from training.options import TrainOptions

STEP = 5  # of the batch; the sixth
TIMEOUT_SECONDS = 20  # on a busy machine processes start that far apart


def run(fault: str, out: Path) -> None:
    torch.set_num_threads(1)
    timeout = datetime.timedelta(seconds=TIMEOUT_SECONDS)
    with join_process_group("cpu", timeout) as processes:
        training = TrainingRun(
            options=TrainOptions(
                steps=20, batch_size=8, warmup_steps=5, evaluate_every=10, save_every=3,
                drawn_share=0,
            ),
            config=ReaderConfig(encoder_layers=1, decoder_layers=1, mlp_width=64),
            training=make_bar_digits(),
            drawn=None,
            validation={"bars": make_bar_digits()},
            out=out,
            processes=processes,
        )  # fmt: skip
        real = MixedBatches.at

        def at(self: MixedBatches, step: int, strength: float) -> Batch:
            batch = real(self, step, strength)
            if step == STEP and processes.rank == processes.world_size - 1:
                if fault == "die":
                    os._exit(9)
                if fault == "sleep":
                    threading.Event().wait()
                batch.pictures[0, 0, 0] = torch.nan
            return batch

        MixedBatches.at = at  # type: ignore[method-assign]
        training.run()


def start(fault: str, out: Path, world_size: int = 2) -> list[subprocess.Popen[str]]:
    """Starts all ranks."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = {"WORLD_SIZE": world_size, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    return [
        subprocess.Popen(
            [sys.executable, "-m", "tests.training.peers", fault, str(out)],
            cwd=ROOT,
            env=os.environ
            | {name: str(value) for name, value in shared.items()}
            | {"RANK": str(rank), "LOCAL_RANK": str(rank), "OMP_NUM_THREADS": "1"},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(world_size)
    ]


def errors(ranks: list[subprocess.Popen[str]]) -> list[str]:
    """Waits for ranks and returns the error that each ended with."""
    said = [rank.communicate(timeout=5 * PATIENCE)[1] for rank in ranks]
    return [
        "\n".join(line for line in text.splitlines() if line.startswith("error: ")) for text in said
    ]


if __name__ == "__main__":
    try:
        run(sys.argv[1], Path(sys.argv[2]))
    except ReaderError as error:
        print(f"error: {type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(1)
