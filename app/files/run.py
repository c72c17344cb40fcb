"""Reads many files into one table."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import app
from app.files.listing import SUFFIXES, list_files, name_of
from app.files.order import Order
from app.files.pages import require
from app.files.rows import Row
from app.files.tables import open_table
from app.files.workers import Workers
from app.reading.looks import Wanted
from app.reading.reader import Reader

# How many pages, for each process, may wait for a slow one before them.
_PLACES_OF_A_WORKER = 32


class Outcome(NamedTuple):
    """What became of a run."""

    files: int
    """That were given."""
    there: int
    """Of these: how many stood in the table before."""
    errors: int
    """Rows of the table that have an error in place of a reading."""


def read_files(
    given: Sequence[Path],
    table_path: Path,
    *,
    wanted: Wanted | None = None,
    num_workers: int | None = None,
    begin: Callable[[int, int], None] = lambda _files, _there: None,
    advance: Callable[[Row], None] = lambda _row: None,
) -> Outcome:
    """Reads files, and those in folders, into a table, one row a page.

    A table of an earlier run is continued: what stands in it is not read again.

    Args:
        given: Files and folders.
        table_path: The table; its ending says of which kind.
        wanted: The grid to read; None: the reader's own.
        num_workers: Processes that read; None: one for each core.
        begin: Is told how many files there are, and how many of them stand in the table.
        advance: Is told each row once it is written.

    Raises:
        ReaderError: It cannot begin or go on; what was written stays, and the same call goes on.
    """
    paths = list_files(given)
    if any(path.lower().endswith(SUFFIXES["PDF"]) for path in paths):
        require("pypdfium2", "to read PDF")
    reader = Reader.load()  # says in one line, and once, what is wrong with the weights
    config, sha256 = reader.engine.header.config, reader.engine.sha256
    made_by = _maker(sha256, wanted or Wanted(config.rows, config.columns))
    del reader
    table = open_table(table_path, made_by)
    try:
        progress = table.progress
        left = [path for path in paths if name_of(path) not in progress.done]
        there = len(paths) - len(left)
        errors = progress.num_errors
        begin(len(paths), there)
        num_workers = num_workers or num_cores()
        order = Order(iter(left), progress.begun, _PLACES_OF_A_WORKER * num_workers)
        with Workers(num_workers, sha256, wanted, made_by) as workers:
            while True:
                while workers.has_room() and (place := order.next()):
                    workers.give(place)
                if not workers.is_reading():
                    break
                for place, row in workers.wait():
                    order.has_read(place, row)
                if rows := order.ready():
                    table.append(rows)
                    for row in rows:
                        errors += row.error is not None
                        advance(row)
        table.finish()
        return Outcome(len(paths), there, errors)
    finally:
        table.close()


def num_cores() -> int:
    """How many this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _maker(sha256: str, wanted: Wanted) -> str:
    """Names what a row follows from: the version, the weights, and what was asked for."""
    asked = [f"{name}={value}" for name, value in wanted._asdict().items() if value]
    return " ".join((app.__version__, sha256[:12], *asked))
