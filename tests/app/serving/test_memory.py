"""What all requests together may take up is bounded, and given back."""

import io
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from PIL import Image

from app.reading.example import EXAMPLE_PNG
from tests.app.running import Server
from tests.waiting import PATIENCE, wait_until

KIND = {"Content-Type": "image/png"}


def test_bodies_held_at_once_are_bounded_and_given_back(tmp_path: Path) -> None:
    limits = {
        "MAX_HELD_BYTES": "200000",
        "RECEIVE_TIMEOUT_SECONDS": str(PATIENCE),
        "DRAIN_SECONDS": "0",
    }
    with (
        Server(tmp_path / "log", **limits) as server,
        httpx.Client(base_url=server.url, timeout=PATIENCE) as client,
    ):

        def predict(body: bytes) -> httpx.Response:
            return client.post("/predict", content=body, headers=KIND)

        def refused() -> httpx.Response | None:
            answer = predict(bytes(20_000))
            return answer if answer.status_code == 503 else None

        def taken() -> httpx.Response | None:
            answer = predict(bytes(20_000))
            return answer if answer.status_code != 503 else None

        with socket.create_connection(("127.0.0.1", server.port)) as slow:
            head = b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\n"
            slow.sendall(head + b"Content-Length: 190001\r\n\r\n" + bytes(190_000))
            problem = wait_until(refused).json()
            assert problem["type"] == "/problems#overloaded"
            assert "200000 bytes" in problem["detail"]
            assert predict(EXAMPLE_PNG).status_code == 200  # small ones still fit
        assert wait_until(taken).status_code == 415
        for _ in range(30):  # what was answered is not counted for ever
            assert predict(bytes(20_000)).status_code == 415


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_large_pictures_are_decoded_one_at_a_time(tmp_path: Path) -> None:
    file = io.BytesIO()
    Image.new("RGB", (8192, 6144), "white").save(file, "PNG", compress_level=1)
    one_megabytes = 8192 * 6144 * 4 / 1e6

    with Server(tmp_path / "log", DECODE_THREADS="4", DRAIN_SECONDS="0") as server:

        def most_megabytes() -> float:
            status = Path(f"/proc/{server.process.pid}/status").read_text()
            found = re.search(r"VmHWM:\s+(\d+) kB", status)
            assert found
            return int(found[1]) * 1024 / 1e6

        def predict(_: int) -> int:
            url = f"{server.url}/predict"
            content = file.getvalue()
            return httpx.post(url, content=content, headers=KIND, timeout=PATIENCE).status_code

        before = most_megabytes()
        with ThreadPoolExecutor(4) as clients:
            assert list(clients.map(predict, range(4))) == [200] * 4
        assert most_megabytes() - before < 1.6 * one_megabytes
