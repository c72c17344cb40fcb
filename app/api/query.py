"""The query of a prediction: what is no parameter of it is refused, not passed over."""

from collections import Counter

from fastapi import Request
from fastapi.exceptions import RequestValidationError

from app.reading.errors import printable

NAMES = ("explain", "alternatives")
# A list has one item for each time that its parameter comes; another may come once.
_REPEATABLE = {"explain"}


async def check_query(request: Request) -> None:
    """Checks the names of the parameters that came; their values are FastAPI's business.

    Raises:
        RequestValidationError: A parameter is unknown, or came twice where it may come once.
    """
    wrong = []
    for name, count in Counter(name for name, _ in request.query_params.multi_items()).items():
        if name in NAMES and (count == 1 or name in _REPEATABLE):
            continue
        expected = "expected " + (
            f"once, got {count} of them"
            if name in NAMES
            else f"{' or '.join(NAMES)}, got another name"
        )
        wrong.append({"type": "value_error", "loc": ("query", printable(name)), "msg": expected})
    if wrong:
        raise RequestValidationError(wrong[:5])
