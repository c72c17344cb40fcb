#!/usr/bin/env bash
# uvicorn 0.54.0 (httptools): an answer that is sent before a large body has come is lost for clients
# that ask to close the connection, as Python's urllib does with every request.
#
# Expected: the client sees the answer (RFC 9112, section 9.6: half-close, read on, then close).
# Seen: the connection is closed with bytes unread, so the kernel resets it: "Connection reset by peer"
# or "Broken pipe" in place of the 413. A client that keeps its connection open sees the answer.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"; kill "${server:-}" 2>/dev/null || true' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'uvicorn==0.54.0' 'httptools==0.9.0'
cat >"$folder/refusing.py" <<'PYTHON'
async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 413, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})
PYTHON
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$folder/venv/bin/uvicorn" --app-dir "$folder" --port "$port" --lifespan off --log-level error \
  --http httptools refusing:app &
server=$!
"$folder/venv/bin/python" - "$port" <<'PYTHON'
import http.client
import sys
import time
import urllib.error
import urllib.request

port, body = int(sys.argv[1]), bytes(20_000_000)


def kept_open() -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("POST", "/", body)
        return str(connection.getresponse().status)
    finally:
        connection.close()


def to_be_closed() -> str:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", body, timeout=20)
    except urllib.error.HTTPError as error:
        return str(error.code)
    except OSError as error:
        return repr(error)
    return "another answer"


for _ in range(200):
    try:
        http.client.HTTPConnection("127.0.0.1", port, timeout=5).connect()
        break
    except OSError:
        time.sleep(0.1)
open_answers, answers = [kept_open() for _ in range(10)], [to_be_closed() for _ in range(10)]
print(f"kept open: {open_answers.count('413')} of 10 answers heard")
print(f"Connection: close: {answers.count('413')} of 10 answers heard; {sorted({*answers} - {'413'})}")
sys.exit(not (open_answers.count("413") == 10 and answers.count("413") < 10))
PYTHON
