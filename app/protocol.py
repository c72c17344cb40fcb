"""HTTP with the limits that uvicorn leaves to others.

uvicorn waits for a head without end and keeps all of it; it forgets a connection that trickles a
body which nobody reads any more; and where an answer says ``Connection: close`` it cuts the
connection in the middle of a body, so that the answer may never be read.
"""

import asyncio
import re
from collections.abc import Callable
from http import HTTPStatus
from uuid import uuid4

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.headers import HEADERS
from app.logs import get_log
from app.problems import HEAD_TOO_LARGE, INVALID_HTTP, MEDIA_TYPE, TIMEOUT, Problem
from app.state import Service
from app.whole import Whole

_MOST_HEAD_BYTES = 64 * 1024
# What is left of a body after its answer is received and forgotten for so long.
_LINGER_SECONDS = 2.0
_HEAD_TOO_LARGE = Problem(
    HEAD_TOO_LARGE, f"expected the head of a request within {_MOST_HEAD_BYTES} bytes, got more"
)
# curl --http2 and Java's client offer HTTP/2 with every first request. A server may pass over that,
# but the parser takes what follows for the new protocol.
_UPGRADE = re.compile(rb"(\r\n)upgrade:", re.IGNORECASE)


class Protocol(HttpToolsProtocol):
    """uvicorn's HTTP, with a limit for every head, a clock for what waits, a way out of bodies."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Starts the clock of the first request."""
        super().connection_made(transport)
        service: Service = self.app_state["service"]
        self._metrics = service.metrics
        self._timeout_seconds = service.settings.receive_timeout_seconds
        self._clock: asyncio.TimerHandle | None = None
        self._is_in_head = True
        self._is_in_body = False
        self._head_bytes = 0
        self._whole: Whole | None = None
        self._start_clock(self._timeout_seconds, self._on_late_head)

    def data_received(self, data: bytes) -> None:
        """Bounds the head, and hides from the parser what would make it lose the body."""
        if self._is_in_body and self._whole is not None and self._whole.is_broken:
            return  # nobody knows where this body ends
        if not self._is_in_body and (b"pgrade:" in data or b"PGRADE:" in data):
            end = data.find(b"\r\n\r\n")
            head = data if end < 0 else data[:end]
            data = _UPGRADE.sub(rb"\1x-pgrade:", head) + data[len(head) :]
        if self._is_in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._is_in_head:  # as a rule it came in one piece, and needs no clock
            if self._head_bytes > _MOST_HEAD_BYTES:
                self._refuse(_HEAD_TOO_LARGE)
            elif self._clock is None and not self.transport.is_closing():
                self._start_clock(self._timeout_seconds, self._on_late_head)
        elif self._is_idle() and self._clock is None and not self.transport.is_closing():
            # A blank line stops uvicorn's clock, and begins no request.
            self._start_clock(self.timeout_keep_alive, self.transport.close)

    def on_message_begin(self) -> None:
        """Stops the clock of an idle connection; a head that is left waiting gets its own."""
        super().on_message_begin()
        self._whole = None
        if not self._is_in_head:
            self._is_in_head = True
            self._head_bytes = 0
            self._stop_clock()

    def on_headers_complete(self) -> None:
        """Stops its clock: the body has a deadline of its own, in ``app.bodies``."""
        self._is_in_head = False
        self._is_in_body = True
        self._stop_clock()
        if self._head_bytes > _MOST_HEAD_BYTES:  # with the body that came together with it
            size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
            if size > _MOST_HEAD_BYTES:
                self._refuse(_HEAD_TOO_LARGE)
                raise ValueError(_HEAD_TOO_LARGE.detail)  # stops the parser
        super().on_headers_complete()
        self._whole = self.scope["state"]["whole"] = Whole(self.cycle)

    def on_message_complete(self) -> None:
        """Lets a connection idle once the rest of an answered body has come."""
        self._is_in_body = False
        was_answered = self.cycle is not None and self.cycle.response_complete
        super().on_message_complete()
        if was_answered and not self.transport.is_closing():
            self.cycle.more_body = False
            self._start_clock(self.timeout_keep_alive, self.transport.close)

    def on_response_complete(self) -> None:
        """Bounds the wait for a body that has been answered before it came."""
        super().on_response_complete()
        if self.cycle.more_body and self.cycle.response_complete:
            self._start_clock(_LINGER_SECONDS, self.transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stops the clock."""
        self._stop_clock()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        """Answers what is not HTTP; where it is a body, its request is told and answers itself."""
        if self._is_in_body and self._whole is not None:
            self._whole.break_off()
            return
        self._refuse(Problem(INVALID_HTTP, "expected a request in HTTP/1.1, got something else"))

    def _is_idle(self) -> bool:
        """Whether the last request has come and is answered, and no other has begun."""
        is_answered = self.cycle is not None and self.cycle.response_complete
        return is_answered and not (self._is_in_head or self._is_in_body)

    def _start_clock(self, seconds: float, on_end: Callable[[], None]) -> None:
        self._stop_clock()
        self._clock = self.loop.call_later(seconds, on_end)

    def _stop_clock(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _on_late_head(self) -> None:
        seconds = f"{self._timeout_seconds:g}"
        self._refuse(
            Problem(
                TIMEOUT,
                f"expected the head of a request within {seconds} s, got {self._head_bytes} bytes",
            )
        )

    def _refuse(self, problem: Problem) -> None:
        """Answers what never became a request, unless an answer is under way, and closes."""
        self._stop_clock()
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete:
            request_id = uuid4().hex
            body = problem.to_json(request_id)
            headers = (
                (b"content-type", MEDIA_TYPE.encode()),
                (b"content-length", b"%d" % len(body)),
                (b"connection", b"close"),
                (b"x-request-id", request_id.encode()),
                *HEADERS,
            )
            phrase = HTTPStatus(problem.status).phrase
            head = b"".join(b"%s: %s\r\n" % header for header in headers)
            self.transport.write(
                b"HTTP/1.1 %d %s\r\n%s\r\n%s" % (problem.status, phrase.encode(), head, body)
            )
            self._metrics.observe_request("other", problem.status, 0)
            get_log().info(
                "request",
                request_id=request_id,
                route="other",
                status=problem.status,
                problem=problem.name,
            )
        self.transport.close()
