"""Time of a training step, and of its parts.

    python -m benchmarks.training [--threads 2]

Prints a table: a step without and with augmentation at the default batch, grids per second, and
the share of each part. Medians; leave the machine alone meanwhile.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from rich.console import Console
from rich.table import Table
from torch.nn import functional as F

from model.config import ReaderConfig
from model.reader import GridReader
from training.augment import Augmentation
from training.batches import Batch, GridBatches
from training.data import Digits
from training.loop import add_start_and_finish
from training.optimizer import ReaderOptimizer
from training.options import TrainOptions

PARTS = ("batch", "forward", "backward", "optimizer")


def measure(options: TrainOptions, augmentation: Augmentation | None, rounds: int) -> list[float]:
    """Returns the median milliseconds of each part of a step."""
    torch.manual_seed(0)
    config = ReaderConfig()
    reader = GridReader(config)
    optimizer = ReaderOptimizer(reader, options)
    # Noise takes as long as digits.
    digits = Digits(
        torch.randint(256, (10_000, 28, 28), dtype=torch.uint8), torch.randint(10, (10_000,))
    )
    batches = GridBatches(
        digits,
        config=config,
        batch_size=options.batch_size,
        blank_grids=options.blank_grids,
        augmentation=augmentation,
        seed=0,
    )
    times: list[list[float]] = []

    def timed(work: Callable[[], Batch | torch.Tensor | None]) -> Batch | torch.Tensor | None:
        started = time.perf_counter()
        answer = work()
        times[-1].append(1000 * (time.perf_counter() - started))
        return answer

    for step in range(rounds + 5):
        times.append([])
        batch = timed(lambda step=step: batches.at(step))
        symbols = add_start_and_finish(batch.labels)

        def forward(batch: Batch = batch, symbols: torch.Tensor = symbols) -> torch.Tensor:
            logits = reader(batch.pictures, symbols[:, :-1])
            return F.cross_entropy(logits.flatten(0, 1), symbols[:, 1:].flatten())

        loss = timed(forward)
        timed(loss.backward)

        def update() -> None:
            torch.nn.utils.clip_grad_norm_(reader.parameters(), options.clip_norm)
            optimizer.step(options.learning_rate)
            optimizer.zero_grad()

        timed(update)
    return [statistics.median(part) for part in zip(*times[5:], strict=True)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=20)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    options = TrainOptions()
    kinds = {"without augmentation": None, "with augmentation": options.augmentation}
    # By turns, so that changes of the machine's speed affect both.
    runs = {name: [] for name in kinds}
    for _ in range(10):
        for name, augmentation in kinds.items():
            runs[name].append(measure(options, augmentation, arguments.rounds))
    table = Table(
        "step",
        *(f"{part}, ms" for part in PARTS),
        "whole, ms",
        "grids/s",
        "ratio",
        title=f"one training step, {options.batch_size} grids, {arguments.threads} threads",
    )
    base = 0.0
    for name, measured in runs.items():
        parts = [statistics.median(part) for part in zip(*measured, strict=True)]
        whole = sum(parts)
        base = base or whole
        table.add_row(
            name,
            *(f"{part:.1f} ({part / whole:.0%})" for part in parts),
            f"{whole:.1f}",
            f"{options.batch_size * 1000 / whole:.0f}",
            f"{whole / base:.2f}",
        )
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
