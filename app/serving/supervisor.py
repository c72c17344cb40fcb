"""Several workers behind one socket: starts them, replaces those that die, ends them all."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from socket import socket

from uvicorn.config import STARTUP_FAILURE

from app.logs import get_log
from app.metrics import forget_worker


class Supervisor:
    """Runs ``work`` in some processes until it is told to stop; they share ``listener``.

    It waits for deaths and signals alone, so that no worker, starting, busy or stuck, holds it up.
    A worker that dies is replaced; one that could not start ends the service; one that does not
    end ``stop_seconds`` after it was told to is killed.
    """

    def __init__(
        self, num_workers: int, work: Callable[[], None], listener: socket, stop_seconds: float
    ) -> None:
        self._num_workers = num_workers
        self._work = work
        self._listener = listener
        self._stop_seconds = stop_seconds
        # A byte for each signal that asks the service to end.
        self._signals, self._signal_writer = os.pipe()

    def run(self) -> int:
        """Returns the exit code of the service once all workers have ended."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: os.write(self._signal_writer, b"x"))
        self._workers = [self._start() for _ in range(self._num_workers)]
        exit_code = self._watch()
        self._listener.close()  # new clients are refused at once instead of waiting in the queue
        self._stop()
        return exit_code

    def _start(self) -> SpawnProcess:
        worker = multiprocessing.get_context("spawn").Process(target=_run, args=(self._work,))
        # A terminal sends SIGINT to a worker too, which then ends with a traceback unless it is
        # ignored already: it begins with what is blocked here.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            worker.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return worker

    def _watch(self) -> int:
        """Replaces workers that die, until a signal comes or one cannot start."""
        while True:
            ready = wait([self._signals, *(worker.sentinel for worker in self._workers)])
            if self._signals in ready:
                os.read(self._signals, 1)
                return 0
            for number, worker in enumerate(self._workers):
                if worker.sentinel not in ready:
                    continue
                worker.join()
                forget_worker(worker.pid)
                if worker.exitcode == STARTUP_FAILURE:
                    return STARTUP_FAILURE  # it has said why
                get_log().warning("worker died", pid=worker.pid, exit_code=worker.exitcode)
                self._workers[number] = self._start()

    def _stop(self) -> None:
        """Ends all workers."""
        deadline = time.monotonic() + self._stop_seconds
        for worker in self._workers:
            worker.terminate()
        while alive := [worker for worker in self._workers if worker.is_alive()]:
            sentinels = [worker.sentinel for worker in alive]
            ready = wait([self._signals, *sentinels], max(deadline - time.monotonic(), 0))
            if self._signals in ready:
                os.read(self._signals, 1)
                for worker in alive:
                    worker.terminate()  # a second one ends the draining
            elif not ready:
                get_log().error("workers killed: they did not end in time", count=len(alive))
                for worker in alive:
                    worker.kill()
                break
        for worker in self._workers:
            worker.join()


def _run(work: Callable[[], None]) -> None:
    """A worker's process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # SIGTERM follows
    threading.Thread(target=_end_with_the_supervisor, daemon=True).start()
    work()


def _end_with_the_supervisor() -> None:
    supervisor = multiprocessing.parent_process()
    assert supervisor is not None
    supervisor.join()
    os.kill(os.getpid(), signal.SIGTERM)
