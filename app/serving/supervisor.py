"""Several workers behind one socket: starts them, replaces those that die, ends them all."""

import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from socket import socket

import uvicorn
from uvicorn.config import STARTUP_FAILURE

from app.metrics import forget_worker

_SIGNALS = (signal.SIGTERM, signal.SIGINT)

logger = logging.getLogger("uvicorn.error")


class Supervisor:
    """Runs ``config.workers`` processes until it is told to stop.

    It waits for deaths and signals alone, so that no worker, starting, busy or stuck, holds it up.
    A worker that dies is replaced; one that could not start ends the service.

    Args:
        config: How each worker serves.
        run: Runs one worker, in its own process: a function of a module, of config and socket.
        stop_seconds: Time that the workers have to end by themselves once they are told to.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        run: Callable[[uvicorn.Config, socket], None],
        stop_seconds: float,
    ) -> None:
        self._config = config
        self._run = run
        self._stop_seconds = stop_seconds
        self._workers: list[SpawnProcess] = []

    def run(self) -> int:
        """Returns the exit code of the service once all workers have ended."""
        with _signals() as signals, self._config.bind_socket() as listener:
            self._workers = [self._start(listener) for _ in range(self._config.workers)]
            exit_code = self._watch(listener, signals)
            # A connection that nobody will accept must not seem to be one.
            listener.close()
            self._stop(signals)
        return exit_code

    def _start(self, listener: socket) -> SpawnProcess:
        worker = multiprocessing.get_context("spawn").Process(
            target=_work, args=(self._run, self._config, listener)
        )
        worker.start()
        return worker

    def _watch(self, listener: socket, signals: int) -> int:
        """Replaces workers that die, until a signal comes or one cannot start."""
        while True:
            ready = wait([signals, *(worker.sentinel for worker in self._workers)])
            if signals in ready:
                os.read(signals, 1)
                return 0
            for number, worker in enumerate(self._workers):
                if worker.sentinel not in ready:
                    continue
                worker.join()
                forget_worker(worker.pid)
                if worker.exitcode == STARTUP_FAILURE:
                    logger.error("a worker failed to start: the service ends")
                    return STARTUP_FAILURE
                logger.warning("a worker died: %s; another one starts", _end_of(worker))
                self._workers[number] = self._start(listener)

    def _stop(self, signals: int) -> None:
        """Ends all workers: those that do not end in time are killed."""
        deadline = time.monotonic() + self._stop_seconds
        self._tell(signal.SIGTERM)
        while alive := [worker.sentinel for worker in self._workers if worker.is_alive()]:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                logger.error("%d workers did not end in time: they are killed", len(alive))
                self._tell(signal.SIGKILL)
                break
            if signals in wait([signals, *alive], remaining):
                os.read(signals, 1)
                self._tell(signal.SIGTERM)  # a second one ends the draining
        for worker in self._workers:
            worker.join()

    def _tell(self, number: int) -> None:
        for worker in self._workers:
            if worker.is_alive():
                assert worker.pid is not None
                os.kill(worker.pid, number)


@contextmanager
def _signals() -> Iterator[int]:
    """Yields a file descriptor that has a byte for each signal that asks the service to end."""
    reading, writing = os.pipe()
    before = {
        number: signal.signal(number, lambda *_: os.write(writing, b"x")) for number in _SIGNALS
    }
    try:
        yield reading
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(reading)
        os.close(writing)


def _work(
    run: Callable[[uvicorn.Config, socket], None], config: uvicorn.Config, listener: socket
) -> None:
    """A worker's process."""
    threading.Thread(target=_end_with_the_supervisor, daemon=True).start()
    config.configure_logging()
    run(config, listener)


def _end_with_the_supervisor() -> None:
    supervisor = multiprocessing.parent_process()
    assert supervisor is not None
    supervisor.join()
    os.kill(os.getpid(), signal.SIGTERM)


def _end_of(worker: SpawnProcess) -> str:
    code = worker.exitcode
    assert code is not None
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
