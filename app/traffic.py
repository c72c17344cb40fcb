"""What a process is doing: one request, all of them together, and whether it will go on."""

import dataclasses
from typing import Any

from starlette.requests import Request

from app.errors import OverloadedError
from app.metrics import Metrics
from app.settings import Settings

# A client that has gone gets no answer; the log and the metrics say so with nginx's number.
CLIENT_GONE = 499


@dataclasses.dataclass(slots=True)
class Exchange:
    """One request and its answer: see ``exchange_of``."""

    request_id: str
    notes: dict[str, Any] = dataclasses.field(default_factory=dict)
    """Of the handlers for the log line; numbers and names, nothing that was sent."""
    status: int = CLIENT_GONE
    """Of the answer, once it has begun."""
    num_pictures: int = 0
    """Being worked on for it."""
    held_bytes: int = 0
    """Of its body."""


def exchange_of(request: Request) -> Exchange:
    """The exchange that a request is part of."""
    exchange: Exchange = request.scope["state"]["exchange"]
    return exchange


class Switchboard:
    """Bounds what is worked on and held in memory, all requests together.

    Args:
        settings: Limits.
        metrics: Is told how many pictures are worked on.
    """

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._settings = settings
        self._metrics = metrics
        self._num_pictures = 0
        self._held_bytes = 0
        self.is_draining = False
        """SIGTERM came: no new work is wanted."""

    def admit(self, exchange: Exchange, num_pictures: int) -> None:
        """Counts pictures of a request until ``release``.

        A batch is one picture until its body has come, and then as many as it holds. One that is
        larger than what is left is let in; what comes after it is not.

        Raises:
            OverloadedError: As many as are allowed are worked on for others.
        """
        most = self._settings.max_concurrent_requests
        if self._num_pictures - exchange.num_pictures >= most:
            raise OverloadedError(f"expected at most {most} pictures at once")
        self._num_pictures += num_pictures - exchange.num_pictures
        exchange.num_pictures = num_pictures
        self._metrics.set_in_flight(self._num_pictures)

    def hold(self, exchange: Exchange, num_bytes: int) -> None:
        """Counts what a body takes up until ``release``.

        Raises:
            OverloadedError: All bodies together are larger than allowed.
        """
        exchange.held_bytes += num_bytes
        self._held_bytes += num_bytes
        most = self._settings.max_held_bytes
        if self._held_bytes > most:
            raise OverloadedError(f"expected at most {most} bytes of requests at once")

    def release(self, exchange: Exchange) -> None:
        """Gives back what an answered request took up."""
        self._num_pictures -= exchange.num_pictures
        self._held_bytes -= exchange.held_bytes
        exchange.num_pictures = exchange.held_bytes = 0
        self._metrics.set_in_flight(self._num_pictures)
