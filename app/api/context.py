"""What belongs to one request besides its HTTP: its id, its log fields, its admission."""

import dataclasses
from collections.abc import Callable
from typing import Any

from starlette.requests import Request

# A client that has gone gets no answer; the log and the metrics say so with nginx's number.
CLIENT_CLOSED_REQUEST = 499


@dataclasses.dataclass(slots=True)
class RequestContext:
    """One request and its answer."""

    request_id: str
    admit: Callable[[int], None]
    """Sets how many pictures are read for it; raises RequestError where there are too many."""
    hold: Callable[[int], None]
    """Counts bytes of its body that are kept; raises RequestError where there are too many."""
    log_fields: dict[str, Any] = dataclasses.field(default_factory=dict)
    """More fields of its log line; numbers and names, nothing that was sent."""
    status: int = CLIENT_CLOSED_REQUEST
    """Of the answer, once it has begun."""


def context_of(request: Request) -> RequestContext:
    """Returns the context that ``app.serving.middleware`` made for a request."""
    context: RequestContext = request.scope["state"]["context"]
    return context
