"""Sends large bodies that are refused before they have come, with many clients.

    make refusals ARGS="--times 50"

Many clients send all of a body before they look for an answer; where a server closes its connection
meanwhile, they see a reset in place of the refusal.
"""

import argparse
import collections
import itertools
import json
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import requests

from tests.app.running import Server

MEGABYTE = 1_000_000
SMALL, LARGE = 3 * MEGABYTE, 40 * MEGABYTE
PIECE = 100_000


class Refusal(NamedTuple):
    """A request that is refused whatever its body is."""

    path: str
    content_type: str
    status: int


REFUSALS = {
    "unknown parameter": Refusal("/predict?explian=ink", "image/png", 422),
    "wrong type": Refusal("/predict", "text/plain", 415),
    "no such path": Refusal("/nothing", "image/png", 404),
    "too large": Refusal("/predict", "image/png", 413),
}
Client = Callable[[str, Refusal, int], int]
"""Posts a body of so many bytes to a server; returns the status that it was answered."""


def pieces(size: int) -> Iterator[bytes]:
    for start in range(0, size, PIECE):
        yield bytes(min(PIECE, size - start))


def with_urllib(url: str, refusal: Refusal, size: int, *, is_chunked: bool = False) -> int:
    headers = {"Content-Type": refusal.content_type}
    if is_chunked:
        headers["Transfer-Encoding"] = "chunked"
    body: bytes | Iterable[bytes] = pieces(size) if is_chunked else bytes(size)
    request = urllib.request.Request(url + refusal.path, body, headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def with_requests(url: str, refusal: Refusal, size: int, *, is_chunked: bool = False) -> int:
    body = pieces(size) if is_chunked else bytes(size)
    headers = {"Content-Type": refusal.content_type}
    return requests.post(url + refusal.path, body, headers=headers, timeout=60).status_code


def with_httpx(url: str, refusal: Refusal, size: int, *, is_chunked: bool = False) -> int:
    body = pieces(size) if is_chunked else bytes(size)
    headers = {"Content-Type": refusal.content_type}
    return httpx.post(url + refusal.path, content=body, headers=headers, timeout=60).status_code


def with_curl(*options: str) -> Client:
    def post(url: str, refusal: Refusal, size: int) -> int:
        with tempfile.NamedTemporaryFile() as file:
            file.truncate(size)
            command = ("curl", "--silent", "--show-error", "--max-time", "60", *options)
            request = (
                "--data-binary",
                f"@{file.name}",
                "-H",
                f"Content-Type: {refusal.content_type}",
            )
            result = ("--output", "/dev/null", "--write-out", "%{json}", url + refusal.path)
            ended = subprocess.run((*command, *request, *result), capture_output=True, text=True)
        if ended.returncode:
            raise OSError(ended.stderr.strip())
        return int(json.loads(ended.stdout)["http_code"])

    return post


def by_hand(
    version: str = "1.1", *, seconds: float = 0, broken: bool = False, headers: str = ""
) -> Client:
    """Sends all of a request, slowly or in broken chunks, and only then looks for an answer."""

    def post(url: str, refusal: Refusal, size: int) -> int:
        length = "Transfer-Encoding: chunked" if broken else f"Content-Length: {size}"
        head = (
            f"POST {refusal.path} HTTP/{version}\r\nHost: a\r\n{length}\r\n{headers}"
            f"Content-Type: {refusal.content_type}\r\n\r\n"
        )
        address = urllib.parse.urlsplit(url)
        with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
            connection.sendall(head.encode() + (b"ZZ\r\n" if broken else b""))
            for piece in pieces(size):
                connection.sendall(piece)
                time.sleep(seconds / (size / PIECE))
            return int(connection.recv(65536).split()[1])

    return post


CLIENTS: dict[str, Client] = {
    "urllib": with_urllib,
    "urllib, chunked": lambda *request: with_urllib(*request, is_chunked=True),
    "requests": with_requests,
    "requests, chunked": lambda *request: with_requests(*request, is_chunked=True),
    "httpx": with_httpx,
    "httpx, chunked": lambda *request: with_httpx(*request, is_chunked=True),
    "curl": with_curl(),
    "curl, no Expect": with_curl("-H", "Expect:"),
    "curl, chunked": with_curl("-H", "Transfer-Encoding: chunked"),
    "curl, HTTP/1.0": with_curl("--http1.0"),
    "HTTP/1.0, all sent first": by_hand("1.0"),
    "all sent first": by_hand(),
    "all sent first, close": by_hand(headers="Connection: close\r\n"),
    "slow": by_hand(seconds=2, headers="Connection: close\r\n"),
}
BROKEN = {"broken chunks": by_hand(broken=True)}


def cases() -> Iterator[tuple[str, Client, str, Refusal, int]]:
    """Each client with each refusal, of a small and a large body."""
    for (client, post), (name, refusal) in itertools.product(CLIENTS.items(), REFUSALS.items()):
        for size in (LARGE,) if name == "too large" else (SMALL, LARGE):
            yield client, post, name, refusal, size
    for client, post in BROKEN.items():
        for size in (SMALL, LARGE):
            yield client, post, client, Refusal("/predict", "image/png", 400), size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=50, help="each request is sent")
    times = parser.parse_args().times
    heard: collections.Counter[str] = collections.Counter()
    sent: collections.Counter[str] = collections.Counter()
    with tempfile.TemporaryDirectory() as folder, Server(Path(folder) / "log") as server:
        for client, post, name, refusal, size in cases():
            for _ in range(times):
                sent[client] += 1
                try:
                    status = post(server.url, refusal, size)
                except (OSError, httpx.TransportError, requests.RequestException) as error:
                    print(f"{client}, {name}, {size // MEGABYTE} MB: {error!r}", flush=True)
                    continue
                if status == refusal.status:
                    heard[client] += 1
                else:
                    print(f"{client}, {name}, {size // MEGABYTE} MB: {status}", flush=True)
    for client, count in sent.items():
        print(f"{client}: {heard[client]} of {count} refusals heard")


if __name__ == "__main__":
    main()
