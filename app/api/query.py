"""The query of a prediction: what is no parameter of it is refused, not passed over."""

from collections import Counter

from fastapi import Request
from fastapi.exceptions import RequestValidationError

from app.reading.errors import printable
from app.reading.pipeline import Wanted
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
        RequestValidationError: It has more rows or columns than the reader's, or is to be found.
    """
    most = {"rows": config.rows, "columns": config.columns}
    asked = {"rows": rows, "columns": columns}
    wrong = [
        {
            "type": "value_error",
            "loc": ("query", name),
            "msg": f"expected at most {most[name]}, as this reader has, got {count}",
        }
        for name, count in asked.items()
        if count is not None and count > most[name]
    ]
    if layout == "auto" and (rows or columns):
        message = "expected without rows and columns, got it with them"
        wrong.append({"type": "value_error", "loc": ("query", "layout"), "msg": message})
    if wrong:
        raise RequestValidationError(wrong)
    return Wanted(rows or config.rows, columns or config.columns, layout == "auto")
