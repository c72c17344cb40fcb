"""Every error is a problem: what was expected, what came, and the id of the request."""

import base64
import io
import struct
import zlib
from typing import Any

import httpx
import pytest
from PIL import Image

from app.api.problems import KINDS
from app.settings import Settings
from tests.app.running import DIGITS, GRID, PNG, assert_is_problem

FORM = {"Content-Type": "multipart/form-data; boundary=b"}
JSON = {"Content-Type": "application/json"}


def png(width: int, height: int) -> bytes:
    """The start of a picture of any size, with hardly any bytes."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunk = b"IHDR" + head
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", len(head))
        + chunk
        + struct.pack(">I", zlib.crc32(chunk))
        + struct.pack(">I", 0)
        + b"IDAT"
        + struct.pack(">I", zlib.crc32(b"IDAT"))
    )


def saved(side: int, kind: str) -> bytes:
    file = io.BytesIO()
    Image.new("L", (side, side)).save(file, kind)
    return file.getvalue()


def post(data: bytes, headers: dict[str, str] = PNG, path: str = "/predict", **query: Any) -> Any:
    return lambda client: client.post(path, content=data, headers=headers, params=query)


def as_json(data: bytes) -> Any:
    return post(data, JSON)


def part(name: bytes, data: bytes = GRID) -> bytes:
    return b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name, data)


GOOD = base64.b64encode(GRID)
REFUSED: dict[str, tuple[Any, str, int, str]] = {
    "not a picture": (post(b"rubbish"), "picture-format", 415, "got 7 bytes of something else"),
    "a format not read": (
        post(saved(56, "TIFF")),
        "picture-format",
        415,
        "(PNG, JPEG, WEBP, BMP, GIF, AVIF, HEIF), got TIFF: save the picture as PNG",
    ),
    "a document": (post(b"%PDF-1.7"), "picture-format", 415, "got PDF: export the page as PNG"),
    "a drawing": (
        post(b'<?xml version="1.0"?>\n<svg xmlns="...">', {"Content-Type": "image/svg+xml"}),
        "picture-format",
        415,
        "got SVG: export the drawing as PNG",
    ),
    "a film": (post(b"\0\0\0\x18ftypisom" + bytes(99)), "picture-format", 415, "got a film"),
    "base64 by itself": (post(GOOD), "picture-format", 415, "got text of base64: send it as JSON"),
    "a damaged HEIC": (
        post(b"\0\0\0\x18ftypheic" + bytes(99), {"Content-Type": "image/heic"}),
        "picture-unreadable",
        422,
        "its head is damaged",
    ),
    "no bytes": (post(b""), "picture-unreadable", 422, "got no bytes"),
    "truncated": (post(GRID[:-300]), "picture-unreadable", 422, "damaged"),
    "a header alone": (post(GRID[:20]), "picture-unreadable", 422, "cannot be opened"),
    "too small": (post(saved(3, "PNG")), "picture-unreadable", 422, "got 3x3"),
    "too many bytes": (post(GRID + bytes(30_000)), "picture-too-large", 413, "at most 20000 bytes"),
    "too many pixels": (post(png(60_000, 60_000)), "picture-too-large", 413, "got 60000x60000"),
    "body too large": (post(bytes(200_000)), "body-too-large", 413, "at most 100000 bytes"),
    "chunked body too large": (
        post(iter([bytes(50_000)] * 4)),  # type: ignore[arg-type]
        "body-too-large",
        413,
        "got more",
    ),
    "no type": (post(GRID, {}), "media-type", 415, "got none"),
    "another type": (post(GRID, {"Content-Type": "text/plain"}), "media-type", 415, "text/plain"),
    "compressed": (
        post(GRID, PNG | {"Content-Encoding": "gzip"}),
        "media-type",
        415,
        "Content-Encoding gzip",
    ),
    "batch of another type": (post(GRID, PNG, "/predict/batch"), "media-type", 415, "image/png"),
    "no boundary": (
        post(b"", {"Content-Type": "multipart/form-data"}),
        "body-malformed",
        400,
        "boundary",
    ),
    "not a form": (post(b"x", FORM), "body-malformed", 400, "begins with its boundary"),
    "form cut off": (post(part(b"file"), FORM), "body-malformed", 400, "ends with its boundary"),
    "part without name": (
        post(b"--b\r\nA: b\r\n\r\nx\r\n--b--", FORM),
        "body-malformed",
        400,
        "Content-Disposition",
    ),
    "part without head": (post(b"--b\r\n\r\nx\r\n--b--", FORM), "body-malformed", 400, "name"),
    "boundary of another form": (post(b"--bb\r\nx", FORM), "body-malformed", 400, "begins with"),
    "boundary glued to text": (post(b"--bb\r\n--b--", FORM), "body-content", 422, "no field"),
    "no part": (post(b"--b--", FORM), "body-content", 422, "no field"),
    "another field": (post(part(b"\xff\0") + b"--b--", FORM), "body-content", 422, "'file'"),
    "two pictures": (
        post(part(b"file") + part(b"file") + b"--b--", FORM),
        "body-content",
        422,
        "got 2",
    ),
    "batch without pictures": (
        post(part(b"file") + b"--b--", FORM, "/predict/batch"),
        "body-content",
        422,
        "'files'",
    ),
    "too many pictures": (
        post(part(b"files") * 4 + b"--b--", FORM, "/predict/batch"),
        "body-content",
        422,
        "at most 3 pictures, got 4",
    ),
    "not JSON": (as_json(b"{"), "body-malformed", 400, "expected JSON"),
    "NaN": (as_json(b'{"image": NaN}'), "body-malformed", 400, "expected JSON"),
    "binary in JSON": (as_json(b'{"image": "\xff\xfe"}'), "body-malformed", 400, "expected JSON"),
    "half a surrogate": (as_json(b'{"image": "\\ud800"}'), "body-malformed", 400, "JSON"),
    "deep JSON": (as_json(b"[" * 50_000), "body-malformed", 400, "expected JSON"),
    "a list": (as_json(b"[]"), "body-content", 422, "got an array"),
    "no image": (as_json(b"{}"), "body-content", 422, "got no 'image'"),
    "null": (as_json(b"null"), "body-content", 422, "got null"),
    "image of null": (as_json(b'{"image": null}'), "body-content", 422, "got null in 'image'"),
    "image of another type": (
        as_json(b'{"image": 1}'),
        "body-content",
        422,
        "got a number in 'image'",
    ),
    "true": (as_json(b'{"image": true}'), "body-content", 422, "got a boolean in 'image'"),
    "line break in JSON": (
        as_json(b'{"image": "%s\n"}' % GOOD[:76]),
        "body-malformed",
        400,
        "unexpected control character in string: line 1 column 88 (char 87)",
    ),
    "a number beyond all": (as_json(b'{"image": 1e400}'), "body-malformed", 400, "infinity"),
    "unknown field": (
        as_json(b'{"image": "%s", "a\\u0000b": 1}' % GOOD),
        "body-content",
        422,
        "got also ab",
    ),
    "an option in JSON": (
        as_json(b'{"image": "%s", "explain": "ink"}' % GOOD),
        "body-content",
        422,
        "got also explain; in the query it would be an option: ?explain=...",
    ),
    "an option in a form": (
        post(part(b"file") + part(b"alternatives", b"2") + b"--b--", FORM),
        "body-content",
        422,
        "got also alternatives; in the query it would be an option: ?alternatives=...",
    ),
    "another field beside it": (
        post(part(b"no\0te") + part(b"file") + b"--b--", FORM),
        "body-content",
        422,
        "expected 'file' alone, got also note",
    ),
    "another field in a batch": (
        post(part(b"file") + part(b"files") + b"--b--", FORM, "/predict/batch"),
        "body-content",
        422,
        "expected 'files' alone, got also file",
    ),
    "not base64": (as_json(b'{"image": "%%%"}'), "body-content", 422, "base64"),
    "letters beyond base64": (as_json('{"image": "äöü"}'.encode()), "body-content", 422, "base64"),
    "data URL of text": (as_json(b'{"image": "data:,hi"}'), "body-content", 422, "data URL"),
    "base64 of rubbish": (as_json(b'{"image": "AAAA"}'), "picture-format", 415, "3 bytes"),
    "alternatives NaN": (post(GRID, alternatives="NaN"), "invalid-parameter", 422, "alternatives"),
    "a misspelt parameter": (
        post(GRID, explian="attention", alternatives=2),
        "invalid-parameter",
        422,
        "explian: expected explain or alternatives or rows or columns or layout, got another name",
    ),
    "an unknown parameter of a batch": (
        post(part(b"files") + b"--b--", FORM, "/predict/batch", foo=1),
        "invalid-parameter",
        422,
        "foo: expected explain or alternatives or rows or columns or layout, got another name",
    ),
    "a parameter twice": (
        post(GRID, alternatives=[1, 2]),
        "invalid-parameter",
        422,
        "alternatives: expected once, got 2 of them",
    ),
    "alternatives too many": (post(GRID, alternatives=10**30), "invalid-parameter", 422, "20"),
    "binary in the query": (
        lambda client: client.post("/predict?explain=%ff%00&alternatives=%00", content=GRID),
        "invalid-parameter",
        422,
        "explain",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_request_is_refused_with_what_was_expected_and_what_came(
    name: str, strict: httpx.Client
) -> None:
    send, kind, status, detail = REFUSED[name]
    found = assert_is_problem(send(strict), status)
    assert found["type"] == f"/problems#{kind}"
    assert detail in found["detail"]
    assert strict.get("/livez").status_code == 200


def test_what_is_not_there_and_what_is_not_allowed(client: httpx.Client) -> None:
    for path in (
        "/nothing",
        "/predict/",
        "/static/none.js",
        "/static/%00",
        "/%ff",
        "/docs/assets/x",
    ):
        found = assert_is_problem(client.get(path), 404)
        assert found["type"] == "about:blank"
    for method, path, allowed in (
        ("GET", "/predict", "OPTIONS, POST"),
        ("DELETE", "/predict/batch", "OPTIONS, POST"),
        ("POST", "/livez", "GET, HEAD, OPTIONS"),
        ("PUT", "/", "GET, HEAD, OPTIONS"),
        ("POST", "/static/none.js", "GET, HEAD, OPTIONS"),
    ):
        answer = client.request(method, path)
        found = assert_is_problem(answer, 405)
        assert answer.headers["allow"] == allowed
        assert found["detail"] == f"expected {allowed}; got {method}"


def test_large_json_gives_the_same_answers(client: httpx.Client) -> None:
    """It is taken apart beside the event loop."""
    space = b" " * 200_000
    answer = client.post("/predict", content=b'{"image": "%s%s"}' % (GOOD, space), headers=JSON)
    assert answer.json()["digits"] == DIGITS
    refused = client.post("/predict", content=b'{"image": "%s!"}' % space, headers=JSON)
    assert assert_is_problem(refused, 422)["type"] == "/problems#body-content"


def test_problems_lists_every_kind_and_every_kind_is_provoked_here(strict: httpx.Client) -> None:
    listed = {one["type"].removeprefix("/problems#") for one in strict.get("/problems").json()}
    assert listed == set(KINDS)
    provoked = {kind for _, kind, _, _ in REFUSED.values()}
    elsewhere = {"invalid-http", "head-too-large", "timeout", "overloaded", "stopping", "origin"}
    assert listed - provoked - elsewhere == {"internal"}


def test_what_the_service_did_not_expect_is_500_without_a_word_of_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from fastapi.testclient import TestClient

    from app.main import create_app
    from app.reading.pipeline import Pipeline

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret")

    with TestClient(create_app(Settings()), raise_server_exceptions=False) as client:
        monkeypatch.setattr(Pipeline, "read", fail)
        answer = client.post("/predict", content=GRID, headers=PNG)
        assert client.get("/livez").status_code == 200
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    found = answer.json()
    assert found["type"] == "/problems#internal"
    assert found["request_id"] == answer.headers["x-request-id"]
    assert "secret" not in answer.text
