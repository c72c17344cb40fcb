"""The server under the app: uvicorn, with a deadline for a request's head and a graceful end."""

import asyncio
import functools
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from http import HTTPStatus
from types import FrameType
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.supervisors.multiprocess import Multiprocess

from app.engine import load_engine
from app.logs import configure_logs
from app.main import create_app
from app.metrics import SHARED_FOLDER
from app.problems import INVALID_HTTP, MEDIA_TYPE, TIMEOUT, Problem
from app.settings import Settings
from app.state import Service


class Protocol(HttpToolsProtocol):
    """HTTP whose requests have to begin, and to be told apart from noise, within a time."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Starts the clock of the first request."""
        super().connection_made(transport)
        service: Service = self.app_state["service"]
        self._timeout_seconds = service.settings.receive_timeout_seconds
        self._deadline: asyncio.TimerHandle | None = None
        self._start_clock()

    def on_message_begin(self) -> None:
        """Starts the clock of a later one."""
        super().on_message_begin()
        if self._deadline is None:
            self._start_clock()

    def on_headers_complete(self) -> None:
        """Stops it: the body has a deadline of its own, in ``app.bodies``."""
        self._stop_clock()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stops it."""
        self._stop_clock()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Answers what is not HTTP."""
        self._stop_clock()
        self._refuse(Problem(INVALID_HTTP, msg))

    def _start_clock(self) -> None:
        self._deadline = self.loop.call_later(self._timeout_seconds, self._on_deadline)

    def _stop_clock(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _on_deadline(self) -> None:
        self._deadline = None
        seconds = f"{self._timeout_seconds:g}"
        self._refuse(Problem(TIMEOUT, f"expected the head of a request within {seconds} s"))

    def _refuse(self, problem: Problem) -> None:
        if self.transport.is_closing():
            return
        is_answering = self.cycle is not None and not self.cycle.response_complete
        if not is_answering:
            body = problem.to_json(None)
            head = (
                f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}\r\n"
                f"content-type: {MEDIA_TYPE}\r\ncontent-length: {len(body)}\r\n"
                "connection: close\r\n\r\n"
            )
            self.transport.write(head.encode() + body)
        self.transport.close()


def serve(settings: Settings) -> None:
    """Serves until it is told to stop.

    Raises:
        ReaderError: The reader cannot be loaded, where there are several workers; a single one
            logs it and ends with status 3.
    """
    configure_logs(settings)
    # uvicorn sends itself the signal that it stopped for, once all is done.
    signal.signal(signal.SIGTERM, _exit)
    if settings.workers == 1:
        uvicorn.Server(_configure(settings, functools.partial(create_app, settings))).run()
        return
    load_engine(settings)  # say what is wrong once, not in every worker
    with tempfile.TemporaryDirectory(prefix="reader-metrics-") as folder:
        os.environ[SHARED_FOLDER] = folder
        config = _configure(settings, "app.main:application")
        Multiprocess(config, sockets=[config.bind_socket()]).run()


def _configure(settings: Settings, factory: Callable[..., Any] | str) -> uvicorn.Config:
    return uvicorn.Config(
        factory,
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        http=Protocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=settings.keep_alive_seconds,
        timeout_graceful_shutdown=settings.shutdown_timeout_seconds,
    )


def _exit(_: int, __: FrameType | None) -> None:
    sys.exit(0)
