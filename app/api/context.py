"""What belongs to one request besides its HTTP: its id, its log fields, its admission permit."""

import dataclasses
from typing import Any, Protocol

from starlette.requests import Request

# A client that has gone gets no answer; the log and the metrics say so with nginx's number.
CLIENT_CLOSED_REQUEST = 499


class Permit(Protocol):
    """What a request may use of the service: see ``app.serving.admission``."""

    def admit(self, num_pictures: int) -> None:
        """Sets how many pictures are read for the request. Raises RequestError."""

    def hold(self, num_bytes: int) -> None:
        """Counts bytes of its body that are kept in memory. Raises RequestError."""

    def release(self) -> None:
        """Gives all of it back."""


@dataclasses.dataclass(slots=True)
class RequestContext:
    """One request and its answer."""

    request_id: str
    permit: Permit
    log_fields: dict[str, Any] = dataclasses.field(default_factory=dict)
    """More fields of its log line; numbers and names, nothing that was sent."""
    status: int = CLIENT_CLOSED_REQUEST
    """Of the answer, once it has begun."""


def context_of(request: Request) -> RequestContext:
    """Returns the context that ``app.serving.middleware`` made for a request."""
    context: RequestContext = request.scope["state"]["context"]
    return context
