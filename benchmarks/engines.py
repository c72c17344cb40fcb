"""Time to read a batch: the exported graph against the eager network, on one thread.

    python -m benchmarks.engines

Prints a table of milliseconds a picture at several batch sizes, start-up included as its own
column. Medians; leave the machine alone meanwhile.
"""

import statistics
import time

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from app.reading.engine import Engine, OnnxEngine, TorchEngine
from app.settings import RELEASED_WEIGHTS

BATCHES = (1, 7, 32, 64)


def milliseconds(engine: Engine, batch: int, rounds: int) -> float:
    """Median time to read one batch."""
    pictures = np.random.default_rng(0).integers(0, 256, (batch, 56, 56)).astype(np.uint8)
    times = []
    for _ in range(rounds + 5):
        started = time.perf_counter()
        engine.read(pictures)
        times.append(1000 * (time.perf_counter() - started))
    return statistics.median(times[5:])


def main() -> None:
    torch.set_num_threads(1)
    table = Table(
        "engine",
        "load, s",
        *(f"batch {batch}" for batch in BATCHES),
        title="milliseconds a batch (a picture), one thread",
    )
    measured: dict[str, dict[int, list[float]]] = {}
    loading = {}
    engines: dict[str, Engine] = {}
    for name, make in (("eager torch", TorchEngine), ("ONNX Runtime", OnnxEngine)):
        started = time.perf_counter()
        engines[name] = make(RELEASED_WEIGHTS)
        loading[name] = time.perf_counter() - started
        measured[name] = {batch: [] for batch in BATCHES}
    for _ in range(3):  # by turns, so that changes of the machine's speed affect both
        for name, engine in engines.items():
            for batch in BATCHES:
                measured[name][batch].append(milliseconds(engine, batch, 40))
    medians = {
        name: [statistics.median(times) for times in batches.values()]
        for name, batches in measured.items()
    }
    for name, times in medians.items():
        table.add_row(
            name,
            f"{loading[name]:.2f}",
            *(
                f"{time_:.2f} ({time_ / batch:.2f})"
                for time_, batch in zip(times, BATCHES, strict=True)
            ),
        )
    ratios = [slow / fast for slow, fast in zip(*medians.values(), strict=True)]
    table.add_row("times as fast", "", *(f"{ratio:.1f}" for ratio in ratios))
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
