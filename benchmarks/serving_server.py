"""A server under measurement: started on one core, loaded by wrk, stopped."""

import contextlib
import dataclasses
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).with_name("serving_load.lua")
START_LIMIT_SECONDS = 60.0


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Service:
    """A service and how it is sent pictures."""

    name: str
    command: tuple[str, ...]
    """Of Python, with ``PORT`` where the port goes."""
    form: str = "multipart"
    """``multipart`` or ``raw``."""


@dataclasses.dataclass(frozen=True, slots=True)
class Load:
    """What wrk measured."""

    per_second: float
    p50_ms: float
    p99_ms: float


class Server:
    """A running service."""

    def __init__(self, service: Service, port: int, pid: int, start_seconds: float) -> None:
        self.service = service
        self.start_seconds = start_seconds
        """From the start of the process to its first answer."""
        self._port = port
        self._pid = pid

    def ask(self, picture: bytes) -> dict[str, Any]:
        """Posts one picture and returns the answer."""
        return _post(self._port, self.service.form, picture)

    def load(self, pictures: list[Path], connections: int, seconds: float, core: int) -> Load:
        """Has wrk post pictures from another core.

        Raises:
            RuntimeError: A request failed, or none was answered.
        """
        command = (
            *("taskset", "--cpu-list", str(core), "wrk", "--threads", "1"),
            *("--connections", str(connections), "--duration", f"{seconds:g}s"),
            *("--timeout", "20s", "--script", str(SCRIPT)),
            *(f"http://127.0.0.1:{self._port}/predict", "--", self.service.form),
            *map(str, pictures),
        )
        for _ in range(3):  # on a busy machine a short load may end before the first answer
            output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            figures = json.loads(output.splitlines()[-1])
            if figures["errors"]:
                break
            if figures["requests"]:
                return Load(
                    figures["requests"] / figures["seconds"], figures["p50_ms"], figures["p99_ms"]
                )
        raise RuntimeError(f"{self.service.name}: {output}")

    def memory_mb(self) -> float:
        """Resident memory of the process and all its children, in 10^6 bytes."""
        parents = {}
        for status in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):  # it may end meanwhile
                after_name = status.read_text().rpartition(")")[2].split()
                parents[int(status.parent.name)] = int(after_name[1])
        family = {self._pid}
        while children := {pid for pid, parent in parents.items() if parent in family} - family:
            family |= children
        pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in family)
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@contextlib.contextmanager
def run_server(service: Service, core: int, picture: bytes, log: Path) -> Iterator[Server]:
    """Starts a service on one core and stops it at the end.

    Raises:
        RuntimeError: It does not answer.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = (argument.replace("PORT", str(port)) for argument in service.command)
    started = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(
            ("taskset", "--cpu-list", str(core), sys.executable, *arguments),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        while True:
            try:
                _post(port, service.form, picture)
                break
            except (OSError, http.client.HTTPException):
                late = time.perf_counter() - started > START_LIMIT_SECONDS
                if late or process.poll() is not None:
                    raise RuntimeError(
                        f"{service.name} does not answer:\n{log.read_text()[-2000:]}"
                    ) from None
                time.sleep(0.01)
        yield Server(service, port, process.pid, time.perf_counter() - started)
    finally:
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        with contextlib.suppress(ProcessLookupError):  # its children, if any are left
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _post(port: int, form: str, picture: bytes) -> dict[str, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        content_type, body = "image/png", picture
        if form == "multipart":
            content_type = "multipart/form-data; boundary=of-the-picture"
            body = (
                b"--of-the-picture\r\n"
                b'Content-Disposition: form-data; name="file"; filename="grid.png"\r\n'
                b"Content-Type: image/png\r\n\r\n" + picture + b"\r\n--of-the-picture--\r\n"
            )
        connection.request("POST", "/predict", body, {"Content-Type": content_type})
        response = connection.getresponse()
        content = response.read()
        if response.status != 200:
            raise http.client.HTTPException(f"{response.status}: {content[:200]!r}")
        answer: dict[str, Any] = json.loads(content)
        return answer
    finally:
        connection.close()
