#!/usr/bin/env bash
# uvloop 0.23.0 accepts one connection from a listening socket in each turn of its event loop.
#
# Expected: as asyncio's own loop does, all that wait are accepted at once, up to the backlog.
# Seen: of 60 connections that wait, the last is accepted some 60 turns later. Where each turn does
# work (a batch of pictures), it waits for as much work as all before it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check uvloop==0.23.0
"$folder/venv/bin/python" - <<'PYTHON'
import asyncio
import contextlib
import socket
import sys

import uvloop

CONNECTIONS = 60


async def turns_until_all_are_accepted() -> int:
    accepted = []

    class Protocol(asyncio.Protocol):
        def connection_made(self, transport):
            accepted.append(transport)

    server = await asyncio.get_running_loop().create_server(Protocol, "127.0.0.1", 0, backlog=128)
    with contextlib.ExitStack() as clients:
        for _ in range(CONNECTIONS):
            clients.enter_context(socket.create_connection(server.sockets[0].getsockname()))
        turns = 0
        while len(accepted) < CONNECTIONS:
            await asyncio.sleep(0)
            turns += 1
        for transport in accepted:
            transport.abort()
    server.close()
    return turns


plain, with_uvloop = asyncio.run(turns_until_all_are_accepted()), uvloop.run(turns_until_all_are_accepted())
print(f"turns until {CONNECTIONS} are accepted: asyncio {plain}, uvloop {with_uvloop}")
sys.exit(not (plain < CONNECTIONS / 4 and with_uvloop >= CONNECTIONS))
PYTHON
