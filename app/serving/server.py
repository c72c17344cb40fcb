"""The server under the app: uvicorn in one process or several."""

import asyncio
import os
import signal
import socket
import sys
import tempfile
from types import FrameType

import uvicorn

from app.logs import configure_logs
from app.metrics import SHARED_FOLDER
from app.reading.engine import load_engine
from app.serving.pages import check_page
from app.serving.protocol import Protocol
from app.serving.supervisor import Supervisor
from app.settings import Settings

# Connections that a single worker accepts in a turn of the event loop.
_LISTENERS = 16


class Server(uvicorn.Server):
    """uvicorn's server, which drains before it stops and accepts connections that come together."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts the app, then listens: several times, where no other worker does.

        uvloop takes one connection from each listening socket and then turns to what the others
        have sent. Where each turn reads a batch of pictures, the last of many that come together
        would wait for as many batches. Several workers listen once each: a connection accepted by
        one cannot move to another.
        """
        await super().startup(sockets)
        loop = asyncio.get_running_loop()
        self._loop, self._service = loop, self.lifespan.state["service"]
        if sockets is not None:
            return
        for listener in [listener for server in self.servers for listener in server.sockets]:
            for _ in range(_LISTENERS - 1):
                same = socket.socket(fileno=os.dup(listener.fileno()))
                # All of them share one queue; its length is that of the last call.
                backlog = self.config.backlog
                self.servers.append(
                    await loop.create_server(self._protocol, sock=same, backlog=backlog)
                )

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Drains at the first SIGTERM: /readyz answers 503, connections close after an answer.

        ``drain_seconds`` later the server stops: it accepts no more, answers what is in flight, and
        ends. A second signal, or one of another kind, stops it at once.
        """
        if sig != signal.SIGTERM or not self.started or self._service.lifecycle.is_draining:
            super().handle_exit(sig, frame)
            return
        self._service.lifecycle.is_draining = True
        delay, stop = self._service.settings.drain_seconds, super().handle_exit
        # A signal comes between any two instructions of the loop.
        self._loop.call_soon_threadsafe(self._loop.call_later, delay, stop, sig, frame)

    def _protocol(self) -> Protocol:
        state = self.lifespan.state
        return Protocol(config=self.config, server_state=self.server_state, app_state=state)


def serve(settings: Settings, factory: str) -> int:
    """Serves until it is told to stop.

    Args:
        settings: Address, workers, times.
        factory: Where the function is that makes the app: ``"module:function"``.

    Returns:
        The exit code.

    Raises:
        ReaderError: The reader or the page cannot be loaded, where there are several workers; a
            single one logs it and ends with status 3.
    """
    configure_logs(settings)
    config = configure(settings, factory)
    # uvicorn raises the signal again after it has stopped; that is no failure.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    if settings.workers == 1:
        Server(config).run()
        return 0
    check_page(settings)  # say what is wrong once, not in every worker
    load_engine(settings)
    # A second more: what stops in time should not be killed while it says so.
    stop_seconds = settings.drain_seconds + settings.shutdown_timeout_seconds + 1
    with tempfile.TemporaryDirectory(prefix="reader-metrics-") as folder:
        os.environ[SHARED_FOLDER] = folder
        return Supervisor(config, run_worker, stop_seconds).run()


def configure(settings: Settings, factory: str) -> uvicorn.Config:
    """Returns how uvicorn is to serve the app that a factory makes."""
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


def run_worker(config: uvicorn.Config, listener: socket.socket) -> None:
    """Serves in this process, on a socket that other workers share."""
    config.configure_logging()
    Server(config).run([listener])
