"""What comes or goes in one piece is handed over in one piece, past ASGI's messages.

A small picture comes together with the head of its request, and its answer is one message. Waiting
for the one under a deadline and having uvicorn check and render the other header by header took a
tenth of a small request's time. Under another server, and for all that is larger, everything goes
by ``receive`` and ``send`` as everywhere.
"""

from collections.abc import Iterable

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle


class Whole:
    """The short way of one request and its answer: ``request.state.whole``.

    Args:
        cycle: uvicorn's state of them.
    """

    __slots__ = ("_cycle", "is_broken")

    def __init__(self, cycle: RequestResponseCycle) -> None:
        self._cycle = cycle
        self.is_broken = False
        """What came is no body of HTTP: no more of it will come."""

    def break_off(self) -> None:
        """Wakes whoever waits for the body; the connection ends with the answer."""
        self.is_broken = True
        cycle = self._cycle
        cycle.keep_alive = False
        cycle.message_event.set()
        if cycle.response_complete:
            cycle.transport.close()

    def body(self) -> bytes | None:
        """Returns the body if all of it has come, None while it has not."""
        cycle = self._cycle
        return None if cycle.more_body or cycle.disconnected else bytes(cycle.body)

    def answer(
        self, status: int, headers: Iterable[tuple[bytes, bytes]], constant: bytes, body: bytes
    ) -> bool:
        """Sends an answer that is complete.

        Args:
            status: Of HTTP.
            headers: Its own; Content-Length is one of them.
            constant: Headers as they are sent, each with its line break.
            body: All of it.

        Returns:
            Whether it was sent; False where that takes more than writing it.
        """
        cycle, own = self._cycle, dict(headers)
        lines = [b"%b: %b\r\n" % header for header in (*cycle.default_headers, *headers)]
        head = b"".join(lines)
        is_simple = (
            cycle.scope["method"] != "HEAD"
            and cycle.keep_alive
            and b"connection" not in own
            and not (cycle.response_started or cycle.disconnected or cycle.flow.write_paused)
            and own.get(b"content-length") == b"%d" % len(body)
            and head.count(b"\n") == len(lines)  # no value begins another line
        )
        if is_simple:
            cycle.response_started = cycle.response_complete = True
            cycle.transport.write(b"".join((STATUS_LINE[status], head, constant, b"\r\n", body)))
            cycle.message_event.set()
            cycle.on_response()
        return is_simple
