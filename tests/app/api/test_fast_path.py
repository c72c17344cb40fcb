"""A prediction without parameters takes a way of its own; it has to lead to the same place."""

import base64
from typing import Any

import httpx
import pytest

from app.reading.example import EXAMPLE_PNG

PNG = {"Content-Type": "image/png"}
REQUESTS: dict[str, dict[str, Any]] = {
    "raw": {"content": EXAMPLE_PNG, "headers": PNG},
    "form": {"files": {"file": ("grid.png", EXAMPLE_PNG, "image/png")}},
    "json": {"json": {"image": base64.b64encode(EXAMPLE_PNG).decode()}},
    "nothing": {"content": b"", "headers": PNG},
    "no picture": {"content": b"text", "headers": PNG},
    "truncated": {"content": EXAMPLE_PNG[:-30], "headers": PNG},
    "another field": {"files": {"picture": ("grid.png", EXAMPLE_PNG, "image/png")}},
    "another type": {"content": b"text", "headers": {"Content-Type": "text/plain"}},
    "broken form": {"content": b"x", "headers": {"Content-Type": "multipart/form-data"}},
    "broken json": {"content": b"{", "headers": {"Content-Type": "application/json"}},
}


def comparable(response: httpx.Response) -> tuple[int, dict[str, str], dict[str, Any]]:
    """All that is the same for the same request."""
    own = {"x-request-id", "date", "content-length"}
    headers = {name: value for name, value in response.headers.items() if name not in own}
    body = response.json()
    for name in ("timing_ms", "request_id"):
        body.pop(name, None)
    return response.status_code, headers, body


@pytest.mark.parametrize("kind", REQUESTS)
def test_both_ways_give_the_same_answer(client: httpx.Client, kind: str) -> None:
    plain = client.post("/predict", **REQUESTS[kind])
    routed = client.post("/predict?alternatives=0", **REQUESTS[kind])
    assert comparable(plain) == comparable(routed)


def test_other_methods_are_refused_as_everywhere(client: httpx.Client) -> None:
    assert client.put("/predict", content=b"").status_code == 405
