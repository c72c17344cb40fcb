"""SIGTERM under load, with one worker and with several: announced, then answered, then gone."""

import asyncio
import os
import signal
import socket
import time
from pathlib import Path

import httpx
import pytest

from tests.app.running import DIGITS, GRID, PNG, Server
from tests.app.worker_kills import kill_workers, reads, workers_of
from tests.waiting import PATIENCE, wait_until

HEAD = b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\nContent-Length: %d\r\n\r\n"
# Far more than a stop takes, and less than a worker that holds it up would make of it.
STOP_SECONDS = 30


async def load(server: Server) -> tuple[list[str], list[int]]:
    """Asks without pause until the server is gone; meanwhile tells it to stop.

    Returns:
        What became of each prediction, and each status of /readyz from the first 503 on.
    """
    outcomes: list[str] = []
    readiness: list[int] = []

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
        while True:
            try:
                status = (await client.get("/readyz")).status_code
            except httpx.TransportError:
                if readiness:
                    return
                continue  # a connection that was closed as it was used again
            if status != 200 or readiness:
                readiness.append(status)

    async with (
        httpx.AsyncClient(base_url=server.url, timeout=PATIENCE) as client,
        asyncio.TaskGroup() as tasks,
    ):
        for _ in range(8):
            tasks.create_task(ask(client))
        while outcomes.count("read") < 40:
            await asyncio.sleep(0.01)
        server.process.send_signal(signal.SIGTERM)
        tasks.create_task(watch(client))
    return outcomes, readiness


@pytest.mark.parametrize("workers", ["1", "2"])
def test_sigterm_under_load_is_announced_and_everything_is_answered(
    workers: str, tmp_path: Path
) -> None:
    with Server(tmp_path / "log", WORKERS=workers, DRAIN_SECONDS="5") as server:
        # One request is half sent when the signal comes; its rest comes after it.
        with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as slow:
            slow.sendall(HEAD % len(GRID) + GRID[:100])
            outcomes, readiness = asyncio.run(load(server))
            slow.sendall(GRID[100:])
            answer = b""
            while more := slow.recv(65536):
                answer += more
        assert server.process.wait(PATIENCE) == 0
    assert answer.startswith(b"HTTP/1.1 200"), answer[:300]
    assert b'"reading":"71_4"' in answer
    assert set(readiness) == {503}
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
    assert time.monotonic() - started < STOP_SECONDS
    assert "Traceback" not in server.log.read_text()
    server.lines()  # all of it is JSON


def test_several_workers_answer_and_count_together_and_are_replaced(tmp_path: Path) -> None:
    with Server(tmp_path / "log", WORKERS="2", DRAIN_SECONDS="0") as server:
        # New connections, so that both get some.
        closing = {"Connection": "close"}
        with httpx.Client(base_url=server.url, headers=closing, timeout=PATIENCE) as client:
            for _ in range(40):
                answer = client.post("/predict", content=GRID, headers=PNG)
                assert answer.json()["digits"] == DIGITS
            # A worker counts an answer when it is sent; the other may be asked before that.
            wait_until(lambda: is_counted(client.get("/metrics").text))
        assert len([line for line in server.lines() if line["event"] == "request"]) >= 40
        with socket.create_connection(("127.0.0.1", server.port)) as held:
            held.sendall(HEAD % len(GRID))
            wait_until(lambda: metric_of(server, "predictions_in_flight 1.0"))
            kill_workers(server)  # one of them in the middle of a prediction
        wait_until(lambda: reads(server))
        wait_until(lambda: len(workers_of(server)) == 2)
        # What died is not counted as being worked on.
        wait_until(lambda: metric_of(server, "predictions_in_flight 0.0"))


def is_counted(metrics: str) -> bool:
    """Whether all forty predictions are counted, and none as being worked on."""
    return all(
        line in metrics
        for line in (
            'requests_total{route="/predict",status="200"} 40.0',
            'stage_seconds_count{stage="network"} 40.0',
            "predictions_in_flight 0.0",
        )
    )


def metric_of(server: Server, line: str) -> bool:
    try:
        return line in httpx.get(f"{server.url}/metrics", timeout=PATIENCE).text
    except httpx.TransportError:
        return False


def test_workers_that_are_starting_do_not_hold_up_a_stop(tmp_path: Path) -> None:
    with Server(tmp_path / "log", WORKERS="2", DRAIN_SECONDS="0") as server:
        before = set(workers_of(server))
        kill_workers(server)
        wait_until(lambda: len(set(workers_of(server)) - before) == 2)
        started = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - started < STOP_SECONDS


def test_a_worker_that_does_not_end_is_killed(tmp_path: Path) -> None:
    settings = {"WORKERS": "2", "DRAIN_SECONDS": "0", "SHUTDOWN_TIMEOUT_SECONDS": "1"}
    with Server(tmp_path / "log", **settings) as server:
        worker = workers_of(server)[0]
        os.kill(worker, signal.SIGSTOP)
        # Of signals that wait for a process SIGTERM comes first, and would end one that starts.
        wait_until(lambda: state_of(worker) == "T")
        assert server.stop() == 0
    assert server.log.read_text().count("workers killed") == 1


def test_a_supervisor_that_is_killed_takes_its_workers_along(tmp_path: Path) -> None:
    with Server(tmp_path / "log", WORKERS="2", DRAIN_SECONDS="0") as server:
        workers = workers_of(server)
        server.process.kill()
        wait_until(lambda: {state_of(pid) for pid in workers} <= {"Z", ""})


def state_of(pid: int) -> str:
    """``T`` is stopped, ``Z`` ended and not yet waited for; empty where it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_client_that_does_not_close_does_not_hold_up_a_stop(workers: str, tmp_path: Path) -> None:
    """It has been refused, and what it might still send is waited for."""
    with Server(tmp_path / "log", WORKERS=workers, DRAIN_SECONDS="0") as server:
        address = "127.0.0.1", server.port
        with socket.create_connection(address, timeout=PATIENCE) as connection:
            connection.sendall(b"POST /nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n")
            connection.sendall(b"Content-Length: 9\r\n\r\n")
            assert connection.recv(65536).startswith(b"HTTP/1.1 404")
            started = time.monotonic()
            assert server.stop() == 0
            assert time.monotonic() - started < 15  # of the 20 that a body is waited for


def test_ctrl_c_reaches_all_workers_and_leaves_no_traceback(tmp_path: Path) -> None:
    with Server(tmp_path / "log", WORKERS="6") as server:  # most of which are starting
        os.killpg(server.process.pid, signal.SIGINT)
        assert server.process.wait(PATIENCE) == 0
    assert "Traceback" not in server.log.read_text()


def test_several_workers_log_a_request_once_and_nothing_of_what_it_holds(tmp_path: Path) -> None:
    with Server(tmp_path / "log", WORKERS="2") as server:
        answer = httpx.get(f"{server.url}/predict?secret=1", timeout=PATIENCE)
        assert server.line_of(answer)["status"] == 405
    assert "secret" not in server.log.read_text()
    assert "127.0.0.1:" not in server.log.read_text().partition("\n")[2]
