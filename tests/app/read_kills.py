"""Kills a run that reads a folder at random moments, and looks at the table that it ends with.

make read-kills ARGS="--kills 20 --files 300"

Every kill is SIGKILL, while rows are written or while a run starts. At the end each page has to
stand in the table once, in order, with the same reading as in the table of a run left alone.
"""

import argparse
import csv
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow.parquet as pq

from app.files.lines import Csv
from tests.app.files.documents import grid, page, write_folder, write_pages
from tests.conftest import ROOT
from tests.waiting import PATIENCE

Values = list[tuple[object, ...]]


def start(*arguments: str | Path, **environment: str) -> subprocess.Popen[str]:
    """Starts ``python -m app read`` as a shell does: leader of a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "app", "read", *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Returns the exit code of a run and what it said."""
    try:
        said, errors = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    return process.returncode, said + errors


def growing(table: Path) -> Path:
    """The file that takes the rows."""
    is_whole = table.suffix == ".parquet"
    return table.with_name(f"{table.name}.unfinished.jsonl") if is_whole else table


def wait_for_rows(table: Path, process: subprocess.Popen[str]) -> bool:
    """Waits until a run has written a row; returns False where it has ended first."""
    file = growing(table)
    header = len(Csv().header) if table.suffix == ".csv" else 0
    before = size = max(header, file.stat().st_size if file.exists() else 0)
    while size <= before:
        if process.poll() is not None:
            return False
        time.sleep(0.005)
        size = file.stat().st_size if file.exists() else 0
    return True


def kill_at_random(folder: Path, table: Path, kills: int, chance: random.Random) -> int:
    """Kills runs, then lets one finish; returns how many were killed after they wrote a row.

    A run that ends before it can be killed begins anew.
    """
    num_killed = num_writing = 0
    while num_killed < kills:
        process = start(folder, "--table", table)
        is_writing = num_killed % 4 != 3 and wait_for_rows(table, process)
        time.sleep(chance.uniform(0, 0.2 if is_writing else 2))
        process.send_signal(signal.SIGKILL)
        _, said = process.communicate()
        if process.returncode == -signal.SIGKILL:
            num_killed += 1
            num_writing += is_writing
        else:
            assert process.returncode == 0, said
            table.unlink()
    code, said = finish(start(folder, "--table", table))
    assert code == 0, said
    return num_writing


def values(table: Path) -> Values:
    """File, page and reading of each row; raises where the table is damaged."""
    if table.suffix == ".parquet":
        rows = pq.read_table(table).to_pylist()
    elif table.suffix == ".jsonl":
        rows = list(map(json.loads, table.read_text().splitlines()))
    else:
        with table.open(newline="") as file:
            rows = list(csv.DictReader(file, strict=True))
    return [(row["file"], int(row["page"]), row["reading"], row["error"] or None) for row in rows]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--files", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    are_right = True
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "scans")
        write_folder(folder, arguments.files)
        write_pages(folder / "020.tif", *[grid(), page()] * 10)
        write_pages(folder / "inside" / "030.pdf", *[grid(), page()] * 5)
        for kind in ("csv", "jsonl", "parquet"):
            alone, killed = (Path(place, f"{name}.{kind}") for name in ("alone", "killed"))
            code, said = finish(start(folder, "--table", alone))
            assert code == 0, said
            chance = random.Random(arguments.seed)
            num_writing = kill_at_random(folder, killed, arguments.kills, chance)
            is_same = values(killed) == values(alone)
            are_right &= is_same
            print(
                f"{kind}: {arguments.kills} kills, {num_writing} of them while rows were written; "
                f"{len(values(killed))} rows, as of a run left alone: {is_same}"
            )
    return 0 if are_right else 1


if __name__ == "__main__":
    sys.exit(main())
