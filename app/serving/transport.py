"""A transport that joins the writes of a turn of the event loop and leaves closing to others."""

import asyncio
from collections.abc import Callable
from typing import Any


class ProtocolTransport:
    """Stands between uvicorn's protocol and the transport of a connection.

    uvicorn writes the head of an answer and its body apart: two system calls and two packets. And
    it closes connections in many places; here all of them call ``close``, the protocol's.
    """

    def __init__(self, transport: asyncio.Transport, close: Callable[[], None]) -> None:
        self.close = close
        self.is_half_closed = False
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._unwritten: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Writes with all else that is written in this turn."""
        if not self._unwritten:
            self._loop.call_soon(self.flush)
        self._unwritten.append(data)

    def flush(self) -> None:
        """Writes what waits to be written."""
        if self._unwritten and not self.is_closing():
            self._transport.write(b"".join(self._unwritten))
        self._unwritten.clear()

    def is_closing(self) -> bool:
        """Whether no more may be written."""
        return self.is_half_closed or self._transport.is_closing()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
