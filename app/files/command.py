"""Reading many files as a person sees it: a progress bar, a last line, an exit code."""

import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from app.files.rows import Row
from app.files.run import read_files
from app.reading.looks import Wanted
from model.errors import ReaderError

ALL_READ, HAS_ERRORS, CANNOT_GO_ON, INTERRUPTED = 0, 1, 2, 130
"""Exit codes; the last is a shell's for Ctrl-C."""


def read_to_table(
    given: Sequence[Path],
    table: Path,
    *,
    wanted: Wanted | None = None,
    workers: int | None = None,
) -> int:
    """Reads files into a table; see ``app.files.run.read_files``.

    Returns:
        0: every page has a reading. 1: a row of the table has an error in its place. 2: it could
        not begin or go on. 130: it was interrupted by Ctrl-C.
    """
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TaskProgressColumn(show_speed=True),
        TimeRemainingColumn(),
        console=console,
        disable=not sys.stderr.isatty(),
    )
    task = bar.add_task("files", total=None)

    def begin(files: int, there: int) -> None:
        if there:
            bar.print(f"{there} of {files} files stand in {table} already", markup=False)
        bar.update(task, total=files, completed=there)

    def advance(row: Row) -> None:
        if row.page == row.pages:
            bar.advance(task)

    try:
        with bar:
            outcome = read_files(
                given, table, wanted=wanted, num_workers=workers, begin=begin, advance=advance
            )
    except KeyboardInterrupt:
        console.print(f"stopped; the same command goes on with {table}", markup=False)
        return INTERRUPTED
    except ReaderError as error:
        console.print(f"error: {error}", markup=False)
        return CANNOT_GO_ON
    read = outcome.files - outcome.there
    console.print(
        f"{read} files read into {table}; rows with an error: {outcome.errors}", markup=False
    )
    return HAS_ERRORS if outcome.errors else ALL_READ
