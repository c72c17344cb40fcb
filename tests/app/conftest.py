"""One server for most tests, another that pages of one origin may call and whose limits are low."""

from collections.abc import Iterator

import httpx
import pytest
from pillow_heif import register_heif_opener

from tests.app.running import Server
from tests.waiting import PATIENCE

# Longer than a client of these tests keeps one: a connection is never closed as it is used again.
KEEP_ALIVE_SECONDS = "600"

register_heif_opener()  # Pillow writes the pictures of these tests


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("server") / "log"
    with Server(log, DRAIN_SECONDS="0", KEEP_ALIVE_SECONDS=KEEP_ALIVE_SECONDS) as server:
        yield server


@pytest.fixture(scope="session")
def client(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=PATIENCE) as client:
        yield client


# Pages of one origin may call it, and its limits are low.
STRICT = {
    "CORS_ORIGINS": "https://pages.example, https://other.example",
    "MAX_PICTURE_BYTES": "20000",
    "MAX_PICTURE_PIXELS": "100000",
    "MAX_REQUEST_BYTES": "100000",
    "MAX_BATCH_PICTURES": "3",
    "MAX_CONCURRENT_REQUESTS": "4",
    "DRAIN_SECONDS": "0",
    "KEEP_ALIVE_SECONDS": KEEP_ALIVE_SECONDS,
}


@pytest.fixture(scope="session")
def strict_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Waits for half a second only: not for tests of anything else."""
    log = tmp_path_factory.mktemp("impatient") / "log"
    with Server(log, RECEIVE_TIMEOUT_SECONDS="0.5", **STRICT) as server:
        yield server


@pytest.fixture(scope="session")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    log = tmp_path_factory.mktemp("strict") / "log"
    with (
        Server(log, **STRICT) as server,
        httpx.Client(base_url=server.url, timeout=PATIENCE) as client,
    ):
        yield client
