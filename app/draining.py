"""The end of a process, announced before it comes."""

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from app.traffic import Switchboard


@contextmanager
def draining(switchboard: Switchboard, drain_seconds: float) -> Iterator[None]:
    """Announces the end before it comes: SIGTERM first turns readiness to 503.

    From then on connections are closed after their answer; after ``drain_seconds`` the server
    gets the signal: it accepts no more, answers what is in flight, and ends. A second SIGTERM
    reaches it at once. Does nothing where no server has a handler, as in most tests.
    """
    is_main = threading.current_thread() is threading.main_thread()
    stop = signal.getsignal(signal.SIGTERM) if is_main else None
    if not callable(stop):
        yield
        return
    loop = asyncio.get_running_loop()

    def announce(number: int, frame: FrameType | None) -> None:
        if switchboard.is_draining:
            stop(number, frame)
            return
        switchboard.is_draining = True
        # A signal comes between any two instructions of the loop.
        loop.call_soon_threadsafe(loop.call_later, drain_seconds, stop, number, frame)

    signal.signal(signal.SIGTERM, announce)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, stop)
