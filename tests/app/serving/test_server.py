"""The server under the app."""

import asyncio
import contextlib
import socket

import uvloop

from app.serving import server
from app.settings import Settings
from tests.waiting import PATIENCE

CONNECTIONS = 300  # more than asyncio would let wait
TURNS = CONNECTIONS // 8


def test_connections_that_come_together_are_accepted_together() -> None:
    """One at a turn of the event loop, the last would wait for as many batches of pictures."""
    assert uvloop.run(accepted_in_turns()) == CONNECTIONS


async def accepted_in_turns() -> int:
    settings = Settings(host="127.0.0.1", port=0)
    serving = server.Server(settings, "app.main:application")
    serving.config.load()
    serving.lifespan = serving.config.lifespan_class(serving.config)
    await serving.startup()
    address = serving.servers[0].sockets[0].getsockname()
    try:
        with contextlib.ExitStack() as clients:
            for _ in range(CONNECTIONS):  # the kernel lets them connect before they are accepted
                clients.enter_context(socket.create_connection(address, timeout=PATIENCE))
            for _ in range(TURNS):
                await asyncio.sleep(0)
            return len(serving.server_state.connections)
    finally:
        await serving.shutdown()
