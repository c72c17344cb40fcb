"""Headers: security everywhere, calls from other origins only where they are configured."""

import httpx
import pytest

from tests.app.running import GRID, PNG

EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
}
OURS, THEIRS = {"Origin": "https://pages.example"}, {"Origin": "https://evil.example"}
ASK = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}


def policy(answer: httpx.Response) -> dict[str, list[str]]:
    parts = [part.split() for part in answer.headers["content-security-policy"].split(";")]
    return {part[0]: part[1:] for part in parts}


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/docs",
        "/docs/start.js",
        "/livez",
        "/predict",
        "/nothing",
        "/openapi.json",
        "/static/x",
    ],
)
def test_every_answer_has_the_security_headers(path: str, client: httpx.Client) -> None:
    answer = client.get(path)
    assert EVERYWHERE.items() <= dict(answer.headers).items()
    assert "geolocation=()" in answer.headers["permissions-policy"]
    assert len(answer.headers.get_list("content-security-policy")) == 1
    rules = policy(answer)
    assert rules["default-src"] == ["'none'"]
    assert rules["frame-ancestors"] == rules["base-uri"] == rules["form-action"] == ["'none'"]
    assert rules["script-src"] == rules["connect-src"] == rules["manifest-src"] == ["'self'"]
    assert rules["img-src"] == ["'self'", "data:"]
    assert rules["worker-src"] == ["'self'"]
    # No scheme and no host: nothing is ever asked of another origin.
    allowed = {word for words in rules.values() for word in words}
    assert allowed <= {"'none'", "'self'", "data:", "'unsafe-inline'"}
    is_page = path != "/docs"
    assert rules["style-src"] == (["'self'"] if is_page else ["'self'", "'unsafe-inline'"])
    assert "server" not in answer.headers


def test_an_id_that_comes_is_used_if_it_is_one(client: httpx.Client) -> None:
    good = "0123456789abcdef0123456789abcdef"
    assert client.get("/livez", headers={"X-Request-ID": good}).headers["x-request-id"] == good
    for bad in ("a b", "x" * 5000, "\xff", '{"a": 1}'):
        answer = client.get("/livez", headers={"X-Request-ID": bad.encode("latin-1")})
        assert len(answer.headers["x-request-id"]) == 32


def test_head_is_answered_like_get_without_the_body(client: httpx.Client) -> None:
    for path in ("/livez", "/readyz", "/healthz", "/model", "/problems", "/openapi.json", "/docs"):
        got, head = client.get(path), client.head(path)
        assert head.status_code == 200
        assert head.content == b""
        for name in ("content-length", "content-type"):
            assert head.headers[name] == got.headers[name]
    assert client.head("/metrics").status_code == 200
    assert client.head("/predict").status_code == 405
    assert client.head("/nothing").status_code == 404


def test_options_says_what_is_allowed(client: httpx.Client) -> None:
    for path, allowed in (("/predict", "OPTIONS, POST"), ("/model", "GET, HEAD, OPTIONS")):
        answer = client.options(path)
        assert (answer.status_code, answer.headers["allow"]) == (204, allowed)
    assert client.options("/nothing").status_code == 404


def test_without_configuration_no_other_origin_is_let_in(client: httpx.Client) -> None:
    for answer in (
        client.post("/predict", content=GRID, headers=PNG | OURS),
        client.options("/predict", headers=OURS | ASK),
    ):
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_a_configured_origin_is_let_in(strict: httpx.Client) -> None:
    preflight = strict.options("/predict", headers=OURS | ASK)
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == OURS["Origin"]
    assert "POST" in preflight.headers["access-control-allow-methods"]
    answer = strict.post("/predict", content=GRID, headers=PNG | OURS)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == OURS["Origin"]
    assert answer.headers["access-control-expose-headers"] == "X-Request-ID"
    refused = strict.post("/predict", content=b"rubbish", headers=PNG | OURS)
    assert refused.headers["access-control-allow-origin"] == OURS["Origin"]


def test_another_origin_is_not_let_in_and_hears_it_as_a_problem(strict: httpx.Client) -> None:
    answer = strict.options("/predict", headers=THEIRS | ASK)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems#origin"
    assert "access-control-allow-origin" not in answer.headers
    assert EVERYWHERE.items() <= dict(answer.headers).items()
    got = strict.post("/predict", content=GRID, headers=PNG | THEIRS)
    assert "access-control-allow-origin" not in got.headers
