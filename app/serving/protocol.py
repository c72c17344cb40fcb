"""HTTP with the limits that uvicorn leaves to others, and answers that are heard.

uvicorn waits for a head without end and keeps all of it. And where it answers before all of a body
has come, it closes the connection with bytes unread: the kernel then resets it, and the client may
never see the answer. Here the connection is half-closed after such an answer, read on until the
client is done, within a limit of time and bytes, and only then closed.

Reference: RFC 9112, section 9.6.
"""

import asyncio
import re
from collections.abc import Callable
from uuid import uuid4

from asgi_correlation_id import correlation_id
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from app.api.bodies import BODY_ERROR
from app.api.errors import RequestError, malformed
from app.api.problems import Problem
from app.logs import get_log
from app.serving.security_headers import HEADERS
from app.serving.transport import ProtocolTransport
from app.state import Service

_MAX_HEAD_BYTES = 64 * 1024
# Many clients send all of a body before they look for an answer.
_MAX_DISCARDED_BYTES = 100_000_000
_HEAD_TOO_LARGE = Problem(
    "head-too-large", f"expected the head of a request within {_MAX_HEAD_BYTES} bytes, got more"
)
# curl --http2 and Java's client offer HTTP/2 with every first request. A server may pass over that,
# but the parser takes what follows for the new protocol.
_UPGRADE = re.compile(rb"(\r\n)upgrade:", re.IGNORECASE)


class Protocol(HttpToolsProtocol):
    """uvicorn's HTTP with limits for heads, deadlines for what is waited for, a lingering close.

    A message is in its head from its first byte to the end of its headers, and in its body from
    there to its last byte, whether it has been answered by then or not.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Starts the clock of the first head."""
        service: Service = self.app_state["service"]
        self._metrics = service.metrics
        self._timeout_seconds = service.settings.receive_timeout_seconds
        self._connection = transport
        self._lingering = ProtocolTransport(transport, self._close)
        self._clock: asyncio.TimerHandle | None = None
        self._waits_for: tuple[Callable[[], None] | None, int] | None = None
        self._is_in_head = self._is_in_body = False
        self._num_messages = 0
        self._received_bytes = self._head_bytes = self._body_bytes = self._discarded_bytes = 0
        super().connection_made(self._lingering)  # type: ignore[arg-type]
        self._set_clock()

    def data_received(self, data: bytes) -> None:
        """Bounds heads and what is discarded; hides what would make the parser lose the body."""
        has_failed = self._is_in_body and BODY_ERROR in self.scope["state"]
        if has_failed or self.transport.is_closing():
            self._discard(len(data))
            return
        self._received_bytes = len(data)
        if not self._is_in_body and (b"pgrade:" in data or b"PGRADE:" in data):
            end = data.find(b"\r\n\r\n")
            head = data if end < 0 else data[:end]
            data = _UPGRADE.sub(rb"\1x-pgrade:", head) + data[len(head) :]
        if self._is_in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._is_in_head and self._head_bytes > _MAX_HEAD_BYTES:
            self._refuse(_HEAD_TOO_LARGE)
        if not self.transport.is_closing():
            self._set_clock()

    def on_message_begin(self) -> None:
        """Begins a head."""
        super().on_message_begin()
        self._num_messages += 1
        self._is_in_head = True
        self._head_bytes = self._received_bytes  # or less, where another message came before it

    def on_headers_complete(self) -> None:
        """Ends the head, begins the body."""
        if self._head_bytes > _MAX_HEAD_BYTES:  # with the body that came together with it
            size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
            if size > _MAX_HEAD_BYTES:
                self._refuse(_HEAD_TOO_LARGE)
                raise ValueError(_HEAD_TOO_LARGE.detail)  # stops the parser
        super().on_headers_complete()  # raises where the target is no URL: still a head
        self._is_in_head, self._is_in_body = False, True
        self._body_bytes = self._discarded_bytes = 0

    def on_body(self, body: bytes) -> None:
        """Counts its bytes; those that come after the answer are not kept."""
        self._body_bytes += len(body)
        if self.cycle.response_complete:
            self._discard(len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Ends the body."""
        self._is_in_body = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Bounds the wait for the rest of a body that is answered before it came."""
        super().on_response_complete()
        if self._is_in_body and not self.transport.is_closing():
            self._set_clock()

    def eof_received(self) -> None:
        """Writes what waits: after this the connection is closed."""
        self._lingering.flush()

    def shutdown(self) -> None:
        """Ends the connection; one that only discards is not waited for."""
        if self._lingering.is_half_closed:
            self._connection.abort()
        else:
            super().shutdown()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stops the clock."""
        self._stop_clock()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        """Answers what is not HTTP; where it is a body, its request is told and answers itself."""
        if self._is_in_body:
            self._fail_body(malformed("expected chunks of HTTP/1.1, got something else"))
            return
        self._is_in_head = True  # of no request
        self._refuse(Problem("invalid-http", "expected a request in HTTP/1.1, got something else"))

    def _fail_body(self, error: RequestError) -> None:
        """Tells the request that no more of its body will come; it is answered once."""
        self.scope["state"][BODY_ERROR] = error
        self.cycle.keep_alive = False
        self.cycle.message_event.set()
        if self.cycle.response_complete:
            self.transport.close()

    def _discard(self, num_bytes: int) -> None:
        self._discarded_bytes += num_bytes
        if self._discarded_bytes > _MAX_DISCARDED_BYTES:
            self._connection.abort()

    def _close(self) -> None:
        """Closes the connection once the client has sent what it was sending, and not before."""
        if self._lingering.is_half_closed and not self._connection.is_closing():
            return
        self._stop_clock()
        self._lingering.flush()
        is_receiving = self._is_in_head or self._is_in_body
        if not is_receiving or self._connection.is_closing():
            self._connection.close()
        elif not self._lingering.is_half_closed:
            self._lingering.is_half_closed = True
            self._connection.write_eof()
            self.flow.resume_reading()
            self._clock = self.loop.call_later(self._timeout_seconds, self._connection.abort)

    def _set_clock(self) -> None:
        """Starts the timeout of the present phase (head, body, idle), unless it runs already.

        A request that comes in one piece needs none.
        """
        is_answered = self.cycle is not None and self.cycle.response_complete
        seconds, on_end = self._timeout_seconds, None
        if self._is_in_body:
            on_end = self._connection.abort if is_answered else self._on_late_body
        elif self._is_in_head or self.cycle is None:
            on_end = self._on_late_head
        elif is_answered:  # uvicorn's own clock stops at a blank line, which begins no request
            seconds, on_end = self.timeout_keep_alive, self.transport.close
        if self._waits_for != (on_end, self._num_messages):
            self._stop_clock()
            self._waits_for = on_end, self._num_messages
            self._clock = self.loop.call_later(seconds, on_end) if on_end else None

    def _stop_clock(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _on_late_head(self) -> None:
        expected = f"expected the head of a request within {self._timeout_seconds:g} s"
        self._refuse(Problem("timeout", f"{expected}, got {self._head_bytes} bytes"))

    def _on_late_body(self) -> None:
        expected = f"expected the whole body within {self._timeout_seconds:g} s"
        self._fail_body(RequestError("timeout", f"{expected}, got {self._body_bytes} bytes"))

    def _refuse(self, problem: Problem) -> None:
        """Answers what never became a request and closes, after an answer that is under way."""
        if self.transport.is_closing():
            return
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.keep_alive = False
            return
        request_id = uuid4().hex
        correlation_id.set(request_id)
        answer = problem.respond({"Connection": "close", "X-Request-ID": request_id})
        head = b"".join(b"%s: %s\r\n" % header for header in (*answer.raw_headers, *HEADERS))
        self.transport.write(b"%s%s\r\n%s" % (STATUS_LINE[problem.status], head, answer.body))
        self._metrics.observe_request("other", problem.status, 0)
        fields = {"route": "other", "status": problem.status, "problem": problem.name}
        get_log().info("request", request_id=request_id, **fields)
        self.transport.close()
