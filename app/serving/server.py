"""The server under the app: uvicorn in one process or several."""

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
        run_worker(config)
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


def run_worker(config: uvicorn.Config, listener: socket.socket | None = None) -> None:
    """Serves in this process, on a socket that is bound already or on the configured address."""
    uvicorn.Server(config).run([listener] if listener else None)


def _exit(_: int, __: FrameType | None) -> None:
    sys.exit(0)
