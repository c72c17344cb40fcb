"""Tables that grow row by row, survive a kill at any moment, and go on where they ended."""

import fcntl
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from app.files.errors import TableError
from app.files.lines import Csv, Form, JsonLines, records
from app.files.progress import Progress
from app.files.rows import Row
from model.errors import ConfigError

# What a loss of power may cost at most; a kill costs nothing that was written.
_SYNC_SECONDS = 1.0


class Table(Protocol):
    """What rows are written to. Opening it tells what it holds from earlier runs."""

    progress: Progress

    def append(self, rows: Iterable[Row]) -> None:
        """Writes rows; they are there once this returns, whatever becomes of the process."""

    def finish(self) -> None:
        """Makes the table what was asked for, after the last row."""

    def close(self) -> None:
        """Lets go of the table, finished or not."""


class LineTable:
    """A table of lines, each written once and never changed.

    What a kill left of a row that was being written is cut off when the table is opened again.

    Raises:
        TableError: It cannot be opened, or is another kind of table, or made by others.
    """

    def __init__(self, path: Path, form: Form, made_by: str) -> None:
        self.progress = Progress(path, made_by)
        self._path = path
        self._form = form
        self._synced = 0.0
        self._descriptor = _open_alone(path)
        try:
            self._go_on()
        except BaseException:
            self.close()
            raise

    def append(self, rows: Iterable[Row]) -> None:
        """See ``Table``."""
        self._write(b"".join(map(self._form.encode, rows)))
        if time.monotonic() - self._synced > _SYNC_SECONDS:
            os.fsync(self._descriptor)
            self._synced = time.monotonic()

    def finish(self) -> None:
        """See ``Table``."""
        os.fsync(self._descriptor)

    def clear(self) -> None:
        """Removes every row."""
        os.ftruncate(self._descriptor, 0)
        self.progress = Progress(self._path, self.progress.made_by)

    def close(self) -> None:
        """See ``Table``."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1

    def _go_on(self) -> None:
        """Looks through the rows that are there, and goes to the end of the last whole one."""
        end = 0
        with self._path.open("rb") as file:
            for record in records(file, has_quotes=self._form.has_quotes):
                if end == 0 and self._form.header:
                    if record != self._form.header:
                        raise self._is_other(f"its columns are not {', '.join(Row._fields)}")
                else:
                    self._take_note(record)
                end += len(record)
            file.seek(end)
            rest = file.read(len(self._form.start))
        # Nothing but what can be the beginning of a row of ours is ever cut off.
        if end == 0 and not (self._form.start.startswith(rest)):
            raise self._is_other("it begins otherwise")
        os.ftruncate(self._descriptor, end)
        os.lseek(self._descriptor, end, os.SEEK_SET)
        if end == 0:
            self._write(self._form.header)

    def _take_note(self, record: bytes) -> None:
        try:
            stamp = self._form.decode(record)
        except ValueError as error:  # also of bytes that are no UTF-8, and of no JSON
            raise self._is_other(f"a row of it cannot be read ({error})") from error
        self.progress.add(stamp)

    def _is_other(self, why: str) -> TableError:
        return TableError(
            f"{self._path} is no table of this command: {why}; "
            "name another file, or remove that one"
        )

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        try:
            while left:
                left = left[os.write(self._descriptor, left) :]
        except OSError as error:
            raise TableError(f"{self._path} cannot be written: {error.strerror}") from error


def open_table(path: Path, made_by: str) -> Table:
    """Opens the table that the ending of ``path`` asks for, or begins it.

    Raises:
        ConfigError: There is no table of that ending, or what it needs is not installed.
        TableError: See ``LineTable``.
    """
    match path.suffix.lower():
        case ".csv":
            return LineTable(path, Csv(), made_by)
        case ".jsonl" | ".ndjson":
            return LineTable(path, JsonLines(), made_by)
        case ".parquet":
            from app.files.parquet import ParquetTable  # its library is an extra

            return ParquetTable(path, made_by)
    raise ConfigError(f"expected a table that ends in .csv, .jsonl or .parquet, got {path.name}")


def _open_alone(path: Path) -> int:
    """Opens a file for reading and writing, and keeps other runs out of it."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise TableError(f"{path} cannot be written: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise TableError(f"{path}: another run is writing it") from error
    if not path.exists() or not os.path.samestat(os.fstat(descriptor), path.stat()):
        os.close(descriptor)
        raise TableError(f"{path}: another run has just finished it")
    return descriptor
