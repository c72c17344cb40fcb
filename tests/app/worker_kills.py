"""Kills both workers of a service again and again: how long until it answers, and stops.

make worker-kills ARGS="--times 50 --busy"
"""

import argparse
import contextlib
import multiprocessing
import os
import signal
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx

from tests.app.running import GRID, PNG, Server

LIMIT_SECONDS = 120.0


def children_of(pid: int) -> list[int]:
    """Processes that a process started."""
    try:
        return [int(pid) for pid in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def workers_of(server: Server) -> list[int]:
    """The processes of a server that answer requests."""
    return [pid for pid in children_of(server.process.pid) if b"spawn_main" in command_of(pid)]


def command_of(pid: int) -> bytes:
    """The command line of a process; nothing where it has ended meanwhile."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def seconds_until(is_so: Callable[[], bool]) -> float:
    started = time.monotonic()
    while not is_so():
        if time.monotonic() - started > LIMIT_SECONDS:
            raise TimeoutError
        time.sleep(0.02)
    return time.monotonic() - started


def reads(server: Server) -> bool:
    """Whether a new connection is answered with a reading."""
    with contextlib.suppress(httpx.TransportError):
        return httpx.post(f"{server.url}/predict", content=GRID, headers=PNG).status_code == 200
    return False


def kill_workers(server: Server) -> None:
    for pid in workers_of(server):
        os.kill(pid, signal.SIGKILL)


def spin() -> None:
    while True:
        pass


@contextlib.contextmanager
def busy(count: int) -> Iterator[None]:
    """Keeps so many cores busy."""
    processes = [multiprocessing.Process(target=spin, daemon=True) for _ in range(count)]
    for process in processes:
        process.start()
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.join()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--stops", type=int, default=5, help="times that SIGTERM comes with a kill")
    parser.add_argument("--busy", action="store_true", help="two other processes work meanwhile")
    arguments = parser.parse_args()
    back: list[float] = []
    ended: list[float] = []
    with tempfile.TemporaryDirectory() as folder, busy(2 if arguments.busy else 0):
        log = Path(folder) / "log"
        with Server(log, WORKERS="2") as server:
            for _ in range(arguments.times):
                kill_workers(server)
                back.append(seconds_until(lambda: reads(server)))
                seconds_until(lambda: len(workers_of(server)) == 2)
        for _ in range(arguments.stops):
            with Server(log, WORKERS="2") as server:
                kill_workers(server)
                started = time.monotonic()
                server.stop()
                ended.append(time.monotonic() - started)
    for what, seconds in (("answers again after", back), ("has stopped after", ended)):
        print(
            f"{what} {statistics.median(seconds):.2f} s in the median, "
            f"{max(seconds):.2f} s at worst, of {len(seconds)}"
        )


if __name__ == "__main__":
    main()
