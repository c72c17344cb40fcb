"""One line a request, and nothing of what it holds is kept anywhere."""

import base64
import re
from pathlib import Path

import httpx

from tests.app.running import GRID, PNG, Server
from tests.waiting import PATIENCE

MARK = "mark-of-the-sender"


def test_a_request_is_one_line_with_id_status_and_times(
    client: httpx.Client, server: Server
) -> None:
    line = server.line_of(client.post("/predict", content=GRID, headers=PNG))
    assert line["event"] == "request"
    assert line["method"] == "POST"
    assert line["route"] == "/predict"
    assert line["status"] == 200
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", line["timestamp"])
    for name in ("milliseconds", "decode_ms", "ink_ms", "network_ms"):
        assert 0 <= line[name] < 60_000
    refused = server.line_of(client.post("/predict", content=b"x", headers=PNG))
    assert (refused["status"], refused["problem"]) == (415, "picture-format")
    batch = server.line_of(client.post("/predict/batch", files=[("files", GRID)] * 3))
    assert (batch["status"], batch["pictures"]) == (200, 3)
    missing = server.line_of(client.get(f"/{MARK}"))
    assert (missing["status"], missing["route"]) == (404, "other")


def test_nothing_of_a_request_is_kept(tmp_path: Path) -> None:
    """Pictures, names of files, queries, headers: no log line and no file holds any of them."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    mark = MARK.encode()
    pictures = [GRID, GRID[:400] + mark + GRID[400:], mark * 300, GRID + bytes(3_000_000) + mark]
    log = tmp_path / "log"
    with (
        Server(log, TMPDIR=str(folder), LOG_LEVEL="debug", DRAIN_SECONDS="0") as server,
        httpx.Client(base_url=server.url, headers={"User-Agent": MARK}, timeout=PATIENCE) as client,
    ):
        for data in pictures:
            encoded = base64.b64encode(data).decode()
            client.post("/predict", content=data, headers=PNG, params={"explain": MARK})
            client.post("/predict", content=data, headers=PNG, params={MARK: MARK})
            client.post("/predict", files={"file": (MARK, data)})
            client.post("/predict", files={MARK: (MARK, data)})
            client.post("/predict", json={"image": encoded})
            client.post("/predict", json={"image": encoded, MARK: 1})
            client.post("/predict/batch", files=[("files", (MARK, data))] * 3)
        client.get(f"/{MARK}")
        client.get("/livez", headers={"X-Request-ID": MARK})
    assert list(folder.iterdir()) == []
    text = log.read_text()
    assert MARK not in text
    assert base64.b64encode(GRID[:30]).decode() not in text
    assert "PNG" not in text
    requests = [line for line in server.lines() if line["event"] == "request"]
    assert len(requests) >= 7 * len(pictures) + 2
    assert len({line["request_id"] for line in requests}) == len(requests)


def test_metrics_count_requests_and_pictures(client: httpx.Client) -> None:
    def counts() -> dict[str, float]:
        lines = client.get("/metrics").text.splitlines()
        return {
            name: float(value)
            for line in lines
            if not line.startswith("#")
            for name, _, value in [line.rpartition(" ")]
        }

    before = counts()
    for _ in range(3):
        client.post("/predict", content=GRID, headers=PNG)
    client.post("/predict", content=b"x", headers=PNG)
    client.get("/one"), client.get("/two")
    after = counts()

    def risen(name: str) -> float:
        return after[name] - before.get(name, 0)

    assert risen('requests_total{route="/predict",status="200"}') == 3
    assert risen('requests_total{route="/predict",status="415"}') == 1
    assert risen('requests_total{route="other",status="404"}') == 2
    assert risen('stage_seconds_count{stage="network"}') == 3
    assert risen("batch_pictures_sum") == 3
    assert after["predictions_in_flight"] == 0
