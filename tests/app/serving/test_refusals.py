"""A refusal is heard by whatever client, also by one that sends all of its body first."""

import pytest

from tests.app.refusals import BROKEN, CLIENTS, LARGE, REFUSALS, SMALL, Refusal
from tests.app.running import Server


@pytest.mark.parametrize("client", CLIENTS)
def test_a_refusal_before_the_body_has_come_is_heard(client: str, server: Server) -> None:
    for name, refusal in REFUSALS.items():
        size = LARGE if name == "too large" else SMALL
        assert CLIENTS[client](server.url, refusal, size) == refusal.status, name


def test_a_refusal_of_broken_chunks_is_heard(server: Server) -> None:
    for post in BROKEN.values():
        assert post(server.url, Refusal("/predict", "image/png", 400), SMALL) == 400
