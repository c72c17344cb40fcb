"""What is more than can be worked on is sent away."""

import socket

import httpx
import pytest

from app.errors import OverloadedError
from app.metrics import Metrics
from app.settings import Settings
from app.traffic import Exchange, Switchboard
from tests.app.serving import GRID, PNG, Server, assert_is_problem


def test_more_predictions_than_can_be_worked_on_are_sent_away(strict_server: Server) -> None:
    held = []
    head = (
        b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\nContent-Length: 9\r\n\r\n"
    )
    try:
        for _ in range(4):
            connection = socket.create_connection(("127.0.0.1", strict_server.port))
            connection.sendall(head)
            held.append(connection)
        for _ in range(50):
            answer = httpx.post(f"{strict_server.url}/predict", content=GRID, headers=PNG)
            if answer.status_code == 503:
                break
        found = assert_is_problem(answer, 503)
        assert found["type"] == "/problems#overloaded"
        assert answer.headers["retry-after"] == "1"
        assert httpx.get(f"{strict_server.url}/livez").status_code == 200
    finally:
        for connection in held:
            connection.close()


def test_each_picture_of_a_batch_counts_as_one_that_is_worked_on() -> None:
    switchboard = Switchboard(Settings(max_concurrent_requests=4), Metrics())
    batch, one, later = Exchange("batch"), Exchange("one"), Exchange("later")
    switchboard.admit(batch, 1)
    switchboard.admit(one, 1)
    switchboard.admit(batch, 3)  # its body has come
    with pytest.raises(OverloadedError, match="expected at most 4 pictures at once"):
        switchboard.admit(later, 1)
    switchboard.release(batch)
    switchboard.admit(later, 64)  # larger than what is left, but not held up for ever
    with pytest.raises(OverloadedError):
        switchboard.admit(batch, 1)
