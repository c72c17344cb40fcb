"""The server under the app: uvicorn in one process or several, and a graceful end."""

import asyncio
import functools
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from types import FrameType
from typing import Any

import uvicorn
from uvicorn.supervisors.multiprocess import Multiprocess

from app.engine import load_engine
from app.logs import configure_logs
from app.main import create_app
from app.metrics import SHARED_FOLDER, forget_worker
from app.page import check_page
from app.protocol import Protocol
from app.settings import Settings

# What waits to be accepted is taken in by so many at a turn of the event loop.
_LISTENERS = 16


class Server(uvicorn.Server):
    """Accepts several connections at a turn of the event loop.

    uvloop takes one from each listening socket and then turns to what the others have sent. Where
    each turn reads a batch of pictures, the last of many that come together would wait for as many
    batches: half a second for 64. So the socket is listened to several times. Several workers each
    take one: what one of them has taken, no other can.
    """

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listens once it has started."""
        await super().startup(sockets)
        loop = asyncio.get_running_loop()
        for listener in [listener for server in self.servers for listener in server.sockets]:
            for _ in range(_LISTENERS - 1):
                same = socket.socket(fileno=os.dup(listener.fileno()))
                # The socket is one, and so is its queue: it gets the length that was named last.
                self.servers.append(
                    await loop.create_server(
                        self._make_protocol, sock=same, backlog=self.config.backlog
                    )
                )

    def _make_protocol(self) -> Protocol:
        return Protocol(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )


class _Supervisor(Multiprocess):
    """Starts workers and replaces those that die."""

    def keep_subprocess_alive(self) -> None:
        """Replaces dead workers, and forgets what they were doing."""
        before = {process.pid for process in self.processes}
        super().keep_subprocess_alive()
        for pid in before - {process.pid for process in self.processes}:
            forget_worker(pid)

    def terminate_all(self) -> None:
        """Tells all workers to stop, and lets go of the address as they do.

        A connection that nobody will accept must not seem to be one.
        """
        for listener in self.sockets:
            listener.close()
        super().terminate_all()


def serve(settings: Settings) -> None:
    """Serves until it is told to stop.

    Raises:
        ReaderError: The reader or the page cannot be loaded, where there are several workers; a
            single one logs it and ends with status 3.
    """
    configure_logs(settings)
    # uvicorn sends itself the signal that it stopped for, once all is done.
    signal.signal(signal.SIGTERM, _exit)
    signal.signal(signal.SIGINT, _exit)
    if settings.workers == 1:
        Server(configure(settings, functools.partial(create_app, settings))).run()
        return
    check_page(settings)  # say what is wrong once, not in every worker
    load_engine(settings)
    with tempfile.TemporaryDirectory(prefix="reader-metrics-") as folder:
        os.environ[SHARED_FOLDER] = folder
        config = configure(settings, "app.main:application")
        _Supervisor(config, sockets=[config.bind_socket()]).run()


def configure(settings: Settings, factory: Callable[..., Any] | str) -> uvicorn.Config:
    """Returns how uvicorn is to serve the app that a factory makes, or one that is named."""
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
        # Of the supervisor for its workers: uvicorn's 5 s kills them before they have started where
        # the machine is busy, again and again.
        timeout_worker_healthcheck=60,
    )


def _exit(_: int, __: FrameType | None) -> None:
    sys.exit(0)
