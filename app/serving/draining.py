"""Draining: readiness turns to 503 and connections are closed before the server stops."""

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from app.state import Lifecycle


@contextmanager
def draining(lifecycle: Lifecycle, drain_seconds: float) -> Iterator[None]:
    """Makes the first SIGTERM begin draining, and stop the server ``drain_seconds`` later.

    While it drains, requests are answered and each connection is closed after its answer. Then the
    server gets the signal: it accepts no more, answers what is in flight, and ends. A second
    SIGTERM reaches it at once. Does nothing where no server has a handler, as in most tests.
    """
    is_main = threading.current_thread() is threading.main_thread()
    stop = signal.getsignal(signal.SIGTERM) if is_main else None
    if not callable(stop):
        yield
        return
    loop = asyncio.get_running_loop()

    def drain(number: int, frame: FrameType | None) -> None:
        if lifecycle.is_draining:
            stop(number, frame)
            return
        lifecycle.is_draining = True
        # A signal comes between any two instructions of the loop.
        loop.call_soon_threadsafe(loop.call_later, drain_seconds, stop, number, frame)

    signal.signal(signal.SIGTERM, drain)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, stop)
