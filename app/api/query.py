"""The query of a prediction: what is no parameter of it is refused, not passed over."""

from collections import Counter

from fastapi import Request
from fastapi.exceptions import RequestValidationError

from app.reading.errors import printable

NAMES = ("explain", "alternatives")
# A list has one item for each time that its parameter comes; another may come once.
_REPEATABLE = frozenset({"explain"})
_MOST_NAMED = 5


async def check_query(request: Request) -> None:
    """Checks the names of the parameters that came; their values are FastAPI's business.

    Raises:
        RequestValidationError: A parameter is unknown, or came twice where it may come once.
    """
    came = Counter(name for name, _ in request.query_params.multi_items())
    wrong = {
        name: f"expected once, got {count} of them"
        if name in NAMES
        else f"expected {' or '.join(NAMES)}, got another name"
        for name, count in came.items()
        if name not in NAMES or (count > 1 and name not in _REPEATABLE)
    }
    if wrong:
        raise RequestValidationError(
            [
                {"type": "value_error", "loc": ("query", printable(name)), "msg": message}
                for name, message in list(wrong.items())[:_MOST_NAMED]
            ]
        )
