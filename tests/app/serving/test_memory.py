"""What all requests together may take up is bounded, and given back."""

import socket
import time
from pathlib import Path

import httpx

from app.reading.example import EXAMPLE_PNG
from tests.app.running import Server

KIND = {"Content-Type": "image/png"}


def test_bodies_held_at_once_are_bounded_and_given_back(tmp_path: Path) -> None:
    with Server(tmp_path / "log", MAX_HELD_BYTES="200000") as server:

        def predict(body: bytes) -> httpx.Response:
            return httpx.post(f"{server.url}/predict", content=body, headers=KIND)

        slow = socket.create_connection(("127.0.0.1", server.port))
        head = b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\n"
        slow.sendall(head + b"Content-Length: 190001\r\n\r\n" + bytes(190_000))
        for _ in range(100):
            refused = predict(bytes(20_000))
            if refused.status_code == 503:
                break
            time.sleep(0.02)
        assert refused.status_code == 503
        assert refused.json()["type"] == "/problems#overloaded"
        assert "200000 bytes" in refused.json()["detail"]
        assert predict(EXAMPLE_PNG).status_code == 200  # small ones still fit
        slow.close()
        for _ in range(100):
            answer = predict(bytes(20_000))
            if answer.status_code != 503:
                break
            time.sleep(0.02)
        assert answer.status_code == 415
        for _ in range(30):  # what was answered is not counted for ever
            assert predict(bytes(20_000)).status_code == 415
