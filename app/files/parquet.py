"""A Parquet file, which cannot grow: rows are kept beside it, and become part of it at the end."""

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from app.files.errors import TableError
from app.files.lines import JsonLines, records
from app.files.pages import require
from app.files.progress import Progress, Stamp
from app.files.rows import Row
from app.files.tables import LineTable

_ROWS_AT_ONCE = 5_000


class ParquetTable:
    """``NAME.parquet``, and until it is finished ``NAME.parquet.unfinished.jsonl``.

    The file is replaced as a whole. Where a kill left rows that are in the file already, the rows
    are removed.

    Raises:
        ConfigError: pyarrow is not installed.
        TableError: See ``LineTable``.
    """

    def __init__(self, path: Path, made_by: str) -> None:
        require("pyarrow", "to write Parquet")
        self._path = path
        self.progress = self._finished(made_by)
        self._rows_path = path.with_name(f"{path.name}.unfinished.jsonl")
        self._rows = LineTable(self._rows_path, JsonLines(), made_by)
        if self.progress.overlaps(self._rows.progress):
            self._rows.clear()
        self.progress.include(self._rows.progress)

    def append(self, rows: Iterable[Row]) -> None:
        """See ``Table``."""
        self._rows.append(rows)

    def finish(self) -> None:
        """See ``Table``."""
        self._rows.finish()
        if not self._path.exists() or self._rows_path.stat().st_size:
            self._replace()
        self._rows_path.unlink()

    def close(self) -> None:
        """See ``Table``."""
        self._rows.close()

    def _finished(self, made_by: str) -> Progress:
        """Returns what the file of earlier runs holds."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        progress = Progress(self._path, made_by)
        if not self._path.exists():
            return progress
        try:
            with pq.ParquetFile(self._path) as file:
                if (names := tuple(file.schema_arrow.names)) != Row._fields:
                    raise TableError(
                        f"{self._path}: expected the columns {', '.join(Row._fields)}, found "
                        f"{', '.join(names)}; name another file, or remove that one"
                    )
                columns = ["file", "page", "pages", "error", "made_by"]
                for batch in file.iter_batches(_ROWS_AT_ONCE, columns=columns):
                    for row in batch.to_pylist():
                        row["error"] = row["error"] is not None
                        progress.add(Stamp(*row.values()))
        except (OSError, pa.ArrowException) as error:
            raise TableError(
                f"{self._path}: expected a Parquet file ({error}); name another file, or remove "
                "that one"
            ) from error
        return progress

    def _replace(self) -> None:
        """Puts a new file with the rows of the old one and the new ones in its place."""
        import pyarrow.parquet as pq

        partial = self._path.with_name(f".{self._path.name}.partial")
        schema = _schema()
        try:
            with partial.open("wb") as file:
                with pq.ParquetWriter(file, schema) as writer:
                    if self._path.exists():
                        with pq.ParquetFile(self._path) as old:
                            for batch in old.iter_batches(_ROWS_AT_ONCE):
                                writer.write_batch(batch.cast(schema))
                    for batch in self._batches(schema):
                        writer.write_batch(batch)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(self._path)
            _sync_folder(self._path.parent)
        except OSError as error:
            raise TableError(f"{self._path} cannot be written: {error}") from error

    def _batches(self, schema: Any) -> Iterator[Any]:
        import pyarrow as pa

        with self._rows_path.open("rb") as file:
            rows = []
            for record in records(file, has_quotes=False):
                rows.append(json.loads(record))
                if len(rows) == _ROWS_AT_ONCE:
                    yield pa.RecordBatch.from_pylist(rows, schema)
                    rows = []
            if rows:
                yield pa.RecordBatch.from_pylist(rows, schema)


def _schema() -> Any:
    import pyarrow as pa

    warning = pa.struct(
        [("code", pa.string()), ("detail", pa.string()), ("cells", pa.list_(pa.int32()))]
    )
    kinds = {
        "file": pa.string(),
        "page": pa.int32(),
        "pages": pa.int32(),
        "rows": pa.int32(),
        "columns": pa.int32(),
        "reading": pa.string(),
        "digits": pa.list_(pa.int8()),
        "confidence": pa.float64(),
        "warnings": pa.list_(warning),
        "error": pa.string(),
        "made_by": pa.string(),
    }
    return pa.schema([(name, kinds[name]) for name in Row._fields])


def _sync_folder(folder: Path) -> None:
    """Makes a new name in a folder last."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
