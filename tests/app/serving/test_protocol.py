"""What is no request, or one in pieces, is answered once and holds nothing up."""

import re
import socket
import threading
import time
from pathlib import Path

import httpx
import pytest

from tests.app.running import GRID, PNG, Server, assert_is_problem
from tests.waiting import PATIENCE, wait_until


def raw(server: Server, *parts: bytes) -> bytes:
    """Sends bytes as they are; returns all that comes until the server closes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
        for data in parts:
            connection.sendall(data)
        answer = b""
        while more := connection.recv(65536):
            answer += more
    return answer


def parsed(answer: bytes) -> httpx.Response:
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    return httpx.Response(
        int(first.split()[1]), headers=[tuple(line.split(": ", 1)) for line in lines], content=body
    )


@pytest.mark.parametrize(
    ("sent", "kind", "status"),
    [
        (b"\x16\x03\x01 hello over TLS\r\n\r\n", "invalid-http", 400),
        (b"BREW /pot HTTP/1.1\r\n\r\n", "invalid-http", 400),
        (b"GET /\xff HTTP/1.1\r\n\r\n", "invalid-http", 400),
        (b"GET / HTTP/1.1\r\nA: " + b"a" * 70_000 + b"\r\n\r\n", "head-too-large", 431),
        (b"GET / HTTP/1.1\r\n" + b"A: a\r\n" * 12_000, "head-too-large", 431),
        (b"GET / HTTP/1.1\r\nHost: a\r\nSlow", "timeout", 408),
        (b"", "timeout", 408),
    ],
)
def test_what_never_becomes_a_request_is_answered_and_logged(
    sent: bytes, kind: str, status: int, strict_server: Server
) -> None:
    answer = parsed(raw(strict_server, sent))
    found = assert_is_problem(answer, status)
    assert found["type"] == f"/problems#{kind}"
    assert strict_server.line_of(answer)["problem"] == kind


def test_a_blank_line_does_not_keep_a_connection(tmp_path: Path) -> None:
    with (
        Server(tmp_path / "log", KEEP_ALIVE_SECONDS="1") as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection,
    ):
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        connection.sendall(b"\r\n")
        assert connection.recv(1) == b""


def test_what_is_no_request_is_answered_behind_one_that_was(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
        connection.sendall(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        connection.sendall(b"GET /\xff HTTP/1.1\r\n\r\n")
        answer = parsed(b"".join(iter(lambda: connection.recv(65536), b"")))
    assert assert_is_problem(answer, 400)["type"] == "/problems#invalid-http"


CHUNKED = b"Host: a\r\nContent-Type: image/png\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("pause", [0, 0.1])
@pytest.mark.parametrize("sent", [b"ZZ\r\n", b"3\r\nabcde", b"3\r\nabc\r\nZZ\r\n" + b"a" * 100_000])
def test_a_body_of_broken_chunks_is_answered_once_and_logged_once(
    sent: bytes, pause: float, server: Server
) -> None:
    """It comes with its head or after it."""
    server.line_of(httpx.get(f"{server.url}/livez", timeout=PATIENCE))  # all before it is logged
    before = len(server.lines())
    head = b"POST /predict HTTP/1.1\r\n" + CHUNKED
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
        for data in (head, sent) if pause else (head + sent,):
            connection.sendall(data)
            time.sleep(pause)
        come = b"".join(iter(lambda: connection.recv(65536), b""))
    answer = parsed(come)
    found = assert_is_problem(answer, 400)
    assert found["type"] == "/problems#body-malformed"
    assert found["detail"] == "expected chunks of HTTP/1.1, got something else"
    assert answer.headers["connection"] == "close"
    assert come.count(b"HTTP/1.1 ") == 1
    assert server.line_of(answer)["problem"] == "body-malformed"
    assert [line["status"] for line in server.lines()[before:] if "status" in line] == [400]
    assert httpx.get(f"{server.url}/livez", timeout=PATIENCE).status_code == 200


def test_broken_chunks_after_the_answer_get_no_other(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
        connection.sendall(b"POST /nothing HTTP/1.1\r\n" + CHUNKED)
        come = connection.recv(65536)
        connection.sendall(b"ZZ\r\n")
        come += b"".join(iter(lambda: connection.recv(65536), b""))
    assert come.count(b"HTTP/1.1 ") == 1
    assert come.startswith(b"HTTP/1.1 404")


def test_broken_chunks_behind_another_request_are_answered_after_it(server: Server) -> None:
    first = b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\n"
    first += b"Content-Length: %d\r\n\r\n%s" % (len(GRID), GRID)
    come = raw(server, first + b"POST /predict HTTP/1.1\r\n" + CHUNKED + b"ZZ\r\n")
    assert re.findall(rb"HTTP/1\.1 (\d+)", come) == [b"200", b"400"]


def test_a_body_that_does_not_come_in_time_is_given_up(strict_server: Server) -> None:
    head = b"POST /predict HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\n"
    answer = parsed(raw(strict_server, head + b"Content-Length: 100\r\n\r\nabc"))
    found = assert_is_problem(answer, 408)
    assert found["detail"] == "expected the whole body within 0.5 s, got 3 bytes"


def test_a_body_that_nobody_waits_for_does_not_hold_its_connection(strict_server: Server) -> None:
    """It trickles on after its answer."""
    with socket.create_connection(
        ("127.0.0.1", strict_server.port), timeout=PATIENCE
    ) as connection:
        connection.sendall(b"POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 999\r\n\r\n")
        stop = threading.Event()

        def trickle() -> None:
            while not stop.wait(0.1):
                try:
                    connection.send(b"x")
                except OSError:
                    return

        thread = threading.Thread(target=trickle)
        thread.start()
        answer = b""
        try:
            while more := connection.recv(65536):
                answer += more
        except ConnectionResetError:
            pass
        finally:
            stop.set()
            thread.join()
        assert answer.startswith(b"HTTP/1.1 404")


def test_a_connection_goes_on_after_a_body_that_was_too_large(server: Server) -> None:
    with httpx.Client(base_url=server.url, timeout=PATIENCE) as one:
        for _ in range(3):
            assert one.post("/predict", content=bytes(40_000_000), headers=PNG).status_code == 413
            assert one.get("/livez").status_code == 200


def test_offers_of_another_protocol_are_passed_over(client: httpx.Client) -> None:
    offer = PNG | {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "A"}
    for _ in range(2):
        assert client.post("/predict", content=GRID, headers=offer).status_code == 200


GET = b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.mark.parametrize(
    "line", [b"CONNECT a:1", b"GET http:///x", b"GET http://a:99999/", b"GET http://[::1/"]
)
@pytest.mark.parametrize("is_first", [True, False])
def test_a_target_that_cannot_be_parsed_is_answered(
    line: bytes, is_first: bool, server: Server
) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
        if not is_first:
            connection.sendall(GET)
            assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        connection.sendall(line + b" HTTP/1.1\r\nHost: a\r\n\r\n")
        answer = parsed(b"".join(iter(lambda: connection.recv(65536), b"")))
    assert assert_is_problem(answer, 400)["type"] == "/problems#invalid-http"
    assert "Traceback" not in server.log.read_text()


def test_a_half_closed_connection_ends_without_a_traceback(server: Server) -> None:
    """It may be answered, or be taken for that of a client that has left; either way it ends."""
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
            connection.sendall(GET)
            connection.shutdown(socket.SHUT_WR)
            come = b"".join(iter(lambda: connection.recv(65536), b""))
        assert come[:12] in (b"", b"HTTP/1.1 200")
    assert httpx.get(f"{server.url}/livez", timeout=PATIENCE).status_code == 200
    assert "Traceback" not in server.log.read_text()


def test_a_request_that_is_followed_by_something_else_is_answered(server: Server) -> None:
    come = raw(server, GET + b"\x16\x03\x01 hello\r\n\r\n")
    assert come.startswith(b"HTTP/1.1 200")
    assert "Traceback" not in server.log.read_text()


def test_a_client_that_never_closes_does_not_keep_its_refused_connection(
    strict_server: Server,
) -> None:
    """Its second head is too large; nobody waits longer than for any head."""
    large = b"GET / HTTP/1.1\r\nA: " + b"a" * 70_000 + b"\r\n\r\n"
    address = "127.0.0.1", strict_server.port
    with socket.create_connection(address, timeout=PATIENCE) as connection:
        connection.sendall(GET)
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        connection.sendall(large)
        come = b"".join(iter(lambda: connection.recv(65536), b""))
        assert come.startswith(b"HTTP/1.1 431")
        wait_until(lambda: has_ended(connection))


def has_ended(connection: socket.socket) -> bool:
    """Whether the other side takes no more, either."""
    try:
        connection.send(b"x")
    except OSError:
        return True
    return False
