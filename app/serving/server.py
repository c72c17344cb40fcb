"""The server under the app: uvicorn in one process or several."""

import asyncio
import os
import signal
import socket
import sys
import tempfile
from functools import partial
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

    def __init__(self, settings: Settings, factory: str) -> None:
        super().__init__(
            uvicorn.Config(
                factory,
                factory=True,
                host=settings.host,
                port=settings.port,
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
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts the app, then listens: several times, where no other worker does.

        uvloop takes one connection from each listening socket and then turns to what the others
        have sent. Where each turn reads a batch of pictures, the last of many that come together
        would wait for as many batches. Several workers listen once each: a connection accepted by
        one cannot move to another.
        """
        await super().startup(sockets)
        loop = asyncio.get_running_loop()
        state = self.lifespan.state
        self._loop, self._service = loop, state["service"]
        if sockets is not None:
            return
        protocol = partial(Protocol, self.config, self.server_state, state)
        for listener in [listener for server in self.servers for listener in server.sockets]:
            for _ in range(_LISTENERS - 1):
                same = socket.socket(fileno=os.dup(listener.fileno()))
                # All of them share one queue; its length is that of the last call.
                server = await loop.create_server(protocol, sock=same, backlog=self.config.backlog)
                self.servers.append(server)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Drains at the first SIGTERM: /readyz answers 503, connections close after an answer.

        ``drain_seconds`` later the server stops: it accepts no more, answers what is in flight, and
        ends. A second signal, or one of another kind, stops it at once.
        """
        if sig != signal.SIGTERM or not self.started or self._service.is_draining:
            super().handle_exit(sig, frame)
            return
        self._service.is_draining = True
        delay, stop = self._service.settings.drain_seconds, super().handle_exit
        # A signal comes between any two instructions of the loop.
        self._loop.call_soon_threadsafe(self._loop.call_later, delay, stop, sig, frame)


def serve(settings: Settings, factory: str) -> int:
    """Serves the app that ``factory`` makes ("module:function"), and returns the exit code.

    Raises:
        ReaderError: The reader or the page cannot be loaded, where there are several workers; a
            single one logs it and ends with status 3.
    """
    configure_logs(settings)
    server = Server(settings, factory)
    # uvicorn raises the signal again after it has stopped; that is no failure.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    if settings.workers == 1:
        server.run()
        return 0
    check_page(settings)  # say what is wrong once, not in every worker
    load_engine(settings)
    # A second more: what stops in time should not be killed while it says so.
    stop_seconds = settings.drain_seconds + settings.shutdown_timeout_seconds + 1
    with tempfile.TemporaryDirectory(prefix="reader-metrics-") as folder:
        os.environ[SHARED_FOLDER] = folder
        listener = server.config.bind_socket()
        work = partial(run_worker, settings, factory, listener)
        return Supervisor(settings.workers, work, listener, stop_seconds).run()


def run_worker(settings: Settings, factory: str, listener: socket.socket) -> None:
    """Serves in this process, on a socket that other workers share."""
    Server(settings, factory).run([listener])
