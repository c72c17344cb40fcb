"""Reading a folder of pictures with one process and with several: time, and memory over the run.

    python -m benchmarks.files [--files 2000] [--workers 1 2] [--rounds 3]

Prints a table: medians of the seconds of a run, start included, and their range, how many times as
fast as the first, and the memory of all processes after a tenth of the run and at its end. Runs
alternate; leave the machine alone meanwhile. Where ranges are wide, or N processes are more than N
times as fast, something else was running.
"""

import argparse
import io
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image
from rich.console import Console
from rich.table import Table

from app.reading.example import EXAMPLE_PNG

ROOT = Path(__file__).parent.parent


def write_folder(folder: Path, count: int) -> None:
    """Writes photographs, as it were, of the example grid: of many sizes, noisy, JPEG."""
    chance = np.random.default_rng(0)
    grid = Image.open(io.BytesIO(EXAMPLE_PNG)).convert("L")
    folder.mkdir()
    for number in range(count):
        side = int(chance.integers(600, 1200))
        pixels = np.asarray(grid.resize((side, side)), np.float32)
        pixels = 20 + 0.85 * pixels + chance.normal(0, 3, pixels.shape)
        Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(folder / f"{number:06}.jpg")


def read(folder: Path, workers: int) -> tuple[float, list[float]]:
    """Reads the folder; returns the seconds, and the memory in MB ten times a second."""
    memory = []
    with tempfile.TemporaryDirectory() as place:
        command = ["read", str(folder), "--csv", f"{place}/out.csv", "--workers", str(workers)]
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "app", *command], cwd=ROOT, stderr=subprocess.DEVNULL
        )
        while process.poll() is None:
            memory.append(memory_of(process.pid))
            time.sleep(0.1)
        seconds = time.perf_counter() - started
        if process.returncode:
            sys.exit(f"the run failed with code {process.returncode}")
    return seconds, memory


def memory_of(pid: int) -> float:
    """Memory of a process and those that it started, in MB; pages that they share count each."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6 + sum(map(memory_of, map(int, children)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    seconds: dict[int, list[float]] = {workers: [] for workers in arguments.workers}
    memory: dict[int, list[float]] = {}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "pictures")
        write_folder(folder, arguments.files)
        for _ in range(arguments.rounds):
            for workers in arguments.workers:
                one, memory[workers] = read(folder, workers)
                seconds[workers].append(one)
    table = Table(
        *("processes", "seconds", "from, to", "pictures a second", "times as fast"),
        *("MB after a tenth", "MB at the end"),
    )
    first = statistics.median(seconds[arguments.workers[0]])
    for workers, times in seconds.items():
        median = statistics.median(times)
        # The last looks may find processes that have begun to end.
        used = memory[workers][: -max(3, len(memory[workers]) // 50)]
        tenth = max(1, len(used) // 10)
        table.add_row(
            str(workers),
            f"{median:.1f}",
            f"{min(times):.1f}, {max(times):.1f}",
            f"{arguments.files / median:.1f}",
            f"{first / median:.2f}",
            f"{statistics.median(used[tenth : 2 * tenth]):.0f}",
            f"{statistics.median(used[-tenth:]):.0f}",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
