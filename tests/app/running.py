"""A real server in another process, on a free port, as a person starts it."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from tests.conftest import ROOT
from tests.waiting import PATIENCE, wait_until

GRID = (ROOT / "docs" / "grid.png").read_bytes()
DIGITS = [7, 1, None, 4]
PNG = {"Content-Type": "image/png"}


class Server:
    """Starts ``python -m app serve`` and waits until it is ready.

    It is the leader of a process group of its own, so that all that it started ends with it.

    Args:
        log: File that takes what it prints.
        port: To listen on; 0 means any that is free.
        environment: Settings.
    """

    def __init__(self, log: Path, *, port: int = 0, **environment: str) -> None:
        self.log = log
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app", "serve", "--port", str(port)],
                cwd=ROOT,
                env=os.environ | environment,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self.url = wait_until(self._ready_url)
        except BaseException:
            self.kill()
            raise

    def _ready_url(self) -> str | None:
        text = self.log.read_text()
        assert self.process.poll() is None, text
        if found := re.search(r"http://127\.0\.0\.1:\d+", text):
            # Of several workers the address is known before they are ready.
            with (
                contextlib.suppress(OSError),
                urllib.request.urlopen(f"{found[0]}/readyz", timeout=PATIENCE),
            ):
                return found[0]
        return None

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def lines(self) -> list[dict[str, Any]]:
        """What it logged; every line has to be JSON."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def line_of(self, answer: httpx.Response) -> dict[str, Any]:
        """The one line that it logged about a request."""
        wanted = answer.headers["x-request-id"]

        def logged() -> list[dict[str, Any]]:
            return [line for line in self.lines() if line.get("request_id") == wanted]

        (line,) = wait_until(logged)
        return line

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Stops it and returns its exit code."""
        try:
            if self.process.poll() is None:
                self.process.send_signal(number)
            return self.process.wait(PATIENCE)
        finally:
            self.kill()

    def kill(self) -> None:
        """Ends what is still there of it at once, and waits until it is gone."""
        # Nothing may be left to be killed.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if error is None:
            self.stop()
        else:
            self.kill()


def refuse_to_start(*arguments: str, **environment: str) -> tuple[int, list[str]]:
    """Starts a server that cannot start: its exit code and all that it printed."""
    ended = subprocess.run(
        [sys.executable, "-m", "app", "serve", *(arguments or ("--port", "0"))],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
    )
    return ended.returncode, ended.stdout.splitlines()


def assert_is_problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """Returns the problem that an answer is, whole and with the headers of every answer."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert {"type", "title", "status", "detail", "request_id"} <= set(found)
    assert found["status"] == status
    assert found["request_id"] == answer.headers["x-request-id"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    return found
