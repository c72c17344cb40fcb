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

# Connections that are accepted in a turn of the event loop.
_LISTENERS = 16


class Server(uvicorn.Server):
    """Accepts several connections in a turn of the event loop.

    uvloop takes one from each listening socket and then turns to what the others have sent. Where
    each turn reads a batch of pictures, the last of many that come together would wait for as many
    batches. So the socket is listened to several times. Several workers each take one: what one of
    them has taken, no other can.
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
                    await loop.create_server(self._protocol, sock=same, backlog=self.config.backlog)
                )

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
    # uvicorn sends itself the signal that it stopped for, once all is done.
    signal.signal(signal.SIGTERM, _exit)
    signal.signal(signal.SIGINT, _exit)
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
    uvicorn.Server(config).run([listener])


def _exit(_: int, __: FrameType | None) -> None:
    sys.exit(0)
