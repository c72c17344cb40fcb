"""Rows as lines of text: RFC 4180 (CSV) and JSON Lines."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any, BinaryIO, Protocol

from app.files.progress import Stamp
from app.files.rows import Row


class Form(Protocol):
    """How a table is written."""

    header: bytes
    """What stands before the first row."""
    start: bytes
    """How every table begins that is not empty."""
    has_quotes: bool
    """Whether a line break inside quotes ends no row."""

    def encode(self, row: Row) -> bytes:
        """Returns a row with its line break."""

    def decode(self, record: bytes) -> Stamp:
        """Returns what matters of a row; raises ValueError where it is none."""


class Csv:
    """Lines end in CR LF; lists of digits are JSON; warnings are ``code: detail``."""

    has_quotes = True

    def __init__(self) -> None:
        self.header = self.start = _csv_record(Row._fields)

    def encode(self, row: Row) -> bytes:
        """See ``Form``."""
        digits = None if row.digits is None else json.dumps(row.digits)
        warnings = "; ".join(f"{one.code}: {one.detail}" for one in row.warnings or ())
        return _csv_record(row._replace(digits=digits, warnings=warnings))  # type: ignore[arg-type]

    def decode(self, record: bytes) -> Stamp:
        """See ``Form``."""
        (values,) = csv.reader([record.decode()], strict=True)
        named = dict(zip(Row._fields, values, strict=True))
        return Stamp(
            named["file"],
            int(named["page"]),
            int(named["pages"]),
            bool(named["error"]),
            named["made_by"],
        )


class JsonLines:
    """An object a line; null where there is nothing."""

    has_quotes = False
    header = b""
    start = b'{"file": '

    def encode(self, row: Row) -> bytes:
        """See ``Form``."""
        return json.dumps(to_json(row)).encode() + b"\n"

    def decode(self, record: bytes) -> Stamp:
        """See ``Form``."""
        row = json.loads(record)
        if not isinstance(row, dict) or tuple(row) != Row._fields:
            raise ValueError(f"expected an object of {', '.join(Row._fields)}")
        is_error = row["error"] is not None
        return Stamp(row["file"], int(row["page"]), int(row["pages"]), is_error, row["made_by"])


def to_json(row: Row) -> dict[str, Any]:
    """Returns a row as JSON knows it."""
    warnings = None if row.warnings is None else [one._asdict() for one in row.warnings]
    return row._asdict() | {"warnings": warnings}


def records(file: BinaryIO, *, has_quotes: bool) -> Iterator[bytes]:
    """Yields the records of a table, each with its line break; a last one without is left out."""
    lines: list[bytes] = []
    is_inside = False
    for line in file:
        lines.append(line)
        # A quote inside quotes is doubled, which changes nothing here.
        is_inside ^= has_quotes and line.count(b'"') % 2 == 1
        if not is_inside and line.endswith(b"\n"):
            yield b"".join(lines)
            lines.clear()


def _csv_record(values: tuple[Any, ...]) -> bytes:
    line = io.StringIO(newline="")
    csv.writer(line).writerow(values)
    return line.getvalue().encode()
