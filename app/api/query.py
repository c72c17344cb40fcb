"""The query of a prediction: what is no parameter of it is refused, not passed over."""

from collections import Counter
from typing import NoReturn

from fastapi import Request
from fastapi.exceptions import RequestValidationError

from app.reading.errors import printable
from app.reading.looks import MOST_CELLS, Wanted
from model.config import ReaderConfig

NAMES = ("explain", "alternatives", "rows", "columns", "layout")
_REPEATABLE = {"explain"}


async def check_query(request: Request) -> None:
    """Checks the names of the parameters that came; their values are FastAPI's business.

    Raises:
        RequestValidationError: A parameter is unknown, or came twice where it may come once.
    """
    wrong = []
    for name, count in Counter(name for name, _ in request.query_params.multi_items()).items():
        if name not in NAMES:
            expected = f"expected {' or '.join(NAMES)}, got another name"
        elif count > 1 and name not in _REPEATABLE:
            expected = f"expected once, got {count} of them"
        else:
            continue
        wrong.append({"type": "value_error", "loc": ("query", printable(name)), "msg": expected})
    if wrong:
        raise RequestValidationError(wrong[:5])


def wanted_grid(
    config: ReaderConfig, rows: int | None, columns: int | None, layout: str | None
) -> Wanted:
    """Returns the grid that was asked for; what was not asked for is as the reader's own.

    Raises:
        RequestValidationError: It has too many cells, or is to be found.
    """
    if layout == "auto":
        if rows or columns:
            _refuse("layout", "expected without rows and columns, got it with them")
        return Wanted(config.rows, config.columns, may_be_other=True)
    wanted = Wanted(rows or config.rows, columns or config.columns)
    if wanted.rows * wanted.columns > MOST_CELLS:
        size = f"{wanted.rows} rows of {wanted.columns}"
        _refuse("rows", f"expected at most {MOST_CELLS} cells, got {size}")
    return wanted


def wants_table(accept: str) -> bool:
    """Tells whether a field Accept prefers comma-separated values to JSON (RFC 9110, 12.5.1)."""
    if "text/csv" not in accept:
        return False
    weights = {}
    for part in accept.split(","):
        media_type, *parameters = (word.strip().lower() for word in part.split(";"))
        given = (value.removeprefix("q=") for value in parameters if value.startswith("q="))
        try:
            weights[media_type] = float(next(given, "1"))
        except ValueError:
            weights[media_type] = 0.0
    of_json = weights.get("application/json", weights.get("application/*", weights.get("*/*", 0.0)))
    return weights["text/csv"] > of_json if "text/csv" in weights else False


def _refuse(name: str, message: str) -> NoReturn:
    error = {"type": "value_error", "loc": ("query", name), "msg": message}
    raise RequestValidationError([error])
