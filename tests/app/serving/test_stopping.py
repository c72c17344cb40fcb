"""SIGTERM under load, with one worker and with several: announced, then answered, then gone."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.app.running import DIGITS, GRID, PNG, Server
from tests.app.worker_kills import kill_workers, workers_of


async def load(server: Server, seconds_before: float) -> tuple[list[str], list[int]]:
    """Asks without pause until the server is gone; meanwhile tells it to stop.

    Returns:
        What became of each prediction, and each status of /readyz after the signal.
    """
    outcomes: list[str] = []
    readiness: list[int] = []
    is_told = asyncio.Event()

    async def ask(client: httpx.AsyncClient) -> None:
        while True:
            try:
                answer = await client.post("/predict", content=GRID, headers=PNG)
            except (httpx.ConnectError, httpx.ReadError, httpx.RemoteProtocolError) as error:
                # Refused, or closed before it was read: a client may send it again elsewhere.
                outcomes.append(type(error).__name__)
                return
            outcomes.append("read" if answer.json().get("digits") == DIGITS else answer.text)

    async def watch(client: httpx.AsyncClient) -> None:
        await is_told.wait()
        while True:
            try:
                readiness.append((await client.get("/readyz")).status_code)
            except httpx.TransportError:
                return
            await asyncio.sleep(0.02)

    async with (
        httpx.AsyncClient(base_url=server.url, timeout=30) as client,
        asyncio.TaskGroup() as tasks,
    ):
        for _ in range(8):
            tasks.create_task(ask(client))
        tasks.create_task(watch(client))
        await asyncio.sleep(seconds_before)
        server.process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.5)  # a supervisor looks for signals twice a second
        is_told.set()
    return outcomes, readiness


@pytest.mark.parametrize("workers", ["1", "2"])
def test_sigterm_under_load_is_announced_and_everything_is_answered(
    workers: str, tmp_path: Path
) -> None:
    with Server(tmp_path / "log", WORKERS=workers, DRAIN_SECONDS="1.5") as server:
        # One request is half sent when the signal comes; its rest comes after it.
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as slow:
            slow.sendall(
                b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\n"
                b"Content-Length: %d\r\n\r\n" % len(GRID) + GRID[:100]
            )
            outcomes, readiness = asyncio.run(load(server, 0.7))
            slow.sendall(GRID[100:])
            answer = b""
            while more := slow.recv(65536):
                answer += more
        assert server.process.wait(20) == 0
    assert answer.startswith(b"HTTP/1.1 200"), answer[:300]
    assert b'"reading":"71_4"' in answer
    # On a busy machine the signal may take a moment more to be heard by all.
    assert readiness[-2:] == [503, 503]
    assert outcomes.count("read") > 20
    # Each of the eight ended once; none of them in the middle of an answer.
    ended = [outcome for outcome in outcomes if outcome != "read"]
    assert len(ended) <= 8
    assert set(ended) <= {"ConnectError", "ReadError", "RemoteProtocolError"}
    statuses = {line["status"] for line in server.lines() if line["event"] == "request"}
    assert statuses == {200, 503}


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_service_stops_with_code_0_and_no_traceback(
    workers: str, number: int, tmp_path: Path
) -> None:
    server = Server(tmp_path / "log", WORKERS=workers, DRAIN_SECONDS="0")
    started = time.monotonic()
    assert server.stop(number) == 0
    assert time.monotonic() - started < 8
    assert "Traceback" not in server.log.read_text()
    server.lines()  # all of it is JSON


def test_several_workers_answer_and_count_together_and_are_replaced(tmp_path: Path) -> None:
    with Server(tmp_path / "log", WORKERS="2", DRAIN_SECONDS="0") as server:
        # New connections, so that both get some.
        with httpx.Client(base_url=server.url, headers={"Connection": "close"}) as client:
            for _ in range(40):
                answer = client.post("/predict", content=GRID, headers=PNG)
                assert answer.json()["digits"] == DIGITS
            # A worker counts an answer when it is sent; the other may be asked before that.
            wait_until(lambda: counted(client.get("/metrics").text))
        assert len([line for line in server.lines() if line["event"] == "request"]) >= 40
        assert workers_of(server)
        for pid in workers_of(server):  # in the middle of a prediction
            with socket.create_connection(("127.0.0.1", server.port)) as held:
                held.sendall(b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\n")
                held.sendall(b"Content-Length: 9\r\n\r\n")
                time.sleep(0.2)
                os.kill(pid, signal.SIGKILL)
        assert_is_answering(server)


def counted(metrics: str) -> bool:
    """Whether all forty predictions are counted, and none as being worked on."""
    return all(
        line in metrics
        for line in (
            'requests_total{route="/predict",status="200"} 40.0',
            'stage_seconds_count{stage="network"} 40.0',
            "predictions_in_flight 0.0",
        )
    )


def wait_until(is_so: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def assert_is_answering(server: Server) -> None:
    """Soon, and nothing that died is counted as being worked on."""
    with httpx.Client(base_url=server.url, headers={"Connection": "close"}, timeout=30) as client:
        deadline = time.monotonic() + 30
        while True:
            try:
                answer = client.post("/predict", content=GRID, headers=PNG)
                text = client.get("/metrics").text
                if "predictions_in_flight 0.0" in text:
                    break
            except httpx.TransportError:
                pass
            assert time.monotonic() < deadline
            time.sleep(0.2)
    assert answer.json()["digits"] == DIGITS


def test_workers_that_are_starting_hold_up_neither_a_stop_nor_each_other(tmp_path: Path) -> None:
    with Server(tmp_path / "log", WORKERS="2", DRAIN_SECONDS="0") as server:
        kill_workers(server)
        wait_until(lambda: len(workers_of(server)) == 2, 20)  # which have only just been started
        started = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - started < 20


def test_a_worker_that_does_not_end_is_killed(tmp_path: Path) -> None:
    with Server(
        tmp_path / "log", WORKERS="2", DRAIN_SECONDS="0", SHUTDOWN_TIMEOUT_SECONDS="1"
    ) as server:
        os.kill(workers_of(server)[0], signal.SIGSTOP)
        assert server.stop() == 0


def test_a_supervisor_that_is_killed_takes_its_workers_along(tmp_path: Path) -> None:
    with Server(tmp_path / "log", WORKERS="2", DRAIN_SECONDS="0") as server:
        workers = workers_of(server)
        server.process.kill()
        wait_until(lambda: not any(is_running(pid) for pid in workers), 30)


def is_running(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
