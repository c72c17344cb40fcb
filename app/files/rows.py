"""A row of the table: one page of one file, and what was read on it."""

from typing import NamedTuple

from model.reading import Notice, Reading


class Row(NamedTuple):
    """One page. Its fields are the columns of the table, in this order."""

    file: str
    """Its path, as ``app.files.listing`` names it."""
    page: int
    """From 1; of an ordinary picture 1."""
    pages: int
    """How many the file has."""
    rows: int | None
    columns: int | None
    reading: str | None
    """The digits, ``_`` for a blank and ``?`` for ink that is no digit; of a sheet in lines."""
    digits: list[int | None] | None
    """In reading order, None where there is none."""
    confidence: float | None
    """Probability of the whole reading."""
    warnings: list[Notice] | None
    error: str | None
    """Why there is no reading."""
    made_by: str
    """Version, weights and options: see ``app.files.run``."""

    @classmethod
    def of_reading(cls, page: "Page", reading: Reading, text: str, made_by: str) -> "Row":
        """Returns the row of a page that was read as this text."""
        return cls(
            *page,
            reading.rows,
            reading.columns,
            text,
            reading.digits,
            reading.confidence,
            list(reading.warnings),
            None,
            made_by,
        )

    @classmethod
    def of_error(cls, page: "Page", error: str, made_by: str) -> "Row":
        """Returns the row of a page that cannot be read."""
        return cls(*page, None, None, None, None, None, None, error, made_by)


class Page(NamedTuple):
    """Which page of how many; the first fields of its row."""

    file: str
    page: int
    pages: int
