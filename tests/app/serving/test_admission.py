"""What is more than can be worked on is sent away."""

import contextlib
import socket
from pathlib import Path

import httpx
import pytest

from app.api.errors import RequestError
from app.metrics import Metrics
from app.serving.admission import AdmissionControl, Permit
from app.settings import Settings
from tests.app.running import GRID, PNG, Server, assert_is_problem
from tests.waiting import PATIENCE, wait_until

HEAD = b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\nContent-Length: 9\r\n\r\n"


def test_more_predictions_than_can_be_worked_on_are_sent_away(tmp_path: Path) -> None:
    limits = {
        "MAX_CONCURRENT_REQUESTS": "4",
        "RECEIVE_TIMEOUT_SECONDS": str(PATIENCE),
        "DRAIN_SECONDS": "0",
    }
    with (
        Server(tmp_path / "log", **limits) as server,
        httpx.Client(base_url=server.url, timeout=PATIENCE) as client,
        contextlib.ExitStack() as held,
    ):

        def refused() -> httpx.Response | None:
            answer = client.post("/predict", content=GRID, headers=PNG)
            return answer if answer.status_code == 503 else None

        for _ in range(4):
            connection = socket.create_connection(("127.0.0.1", server.port))
            held.enter_context(connection).sendall(HEAD)
        answer = wait_until(refused)
        found = assert_is_problem(answer, 503)
        assert found["type"] == "/problems#overloaded"
        assert answer.headers["retry-after"] == "1"
        assert client.get("/livez").status_code == 200


def test_each_picture_of_a_batch_counts_as_one_that_is_worked_on() -> None:
    control = AdmissionControl(Settings(max_concurrent_requests=4), Metrics())
    batch, one, later = Permit(control), Permit(control), Permit(control)
    batch.admit(1)
    one.admit(1)
    batch.admit(3)  # its body has come
    with pytest.raises(RequestError, match="expected at most 4 pictures at once"):
        later.admit(1)
    batch.release()
    later.admit(64)  # larger than what is left, but not held up for ever
    with pytest.raises(RequestError):
        batch.admit(1)
