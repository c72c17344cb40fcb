#!/usr/bin/env bash
# uvicorn 0.54.0 with --workers: workers live on and answer when their supervisor is killed.
#
# Expected: they end with it, as gunicorn's do, so that whoever restarts the service finds its port free.
# Seen: they go on; nobody will ever stop or replace them.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"; pkill -KILL -f "$folder" 2>/dev/null || true' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'uvicorn==0.54.0'
cat >"$folder/answering.py" <<'PYTHON'
async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})
PYTHON
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$folder/venv/bin/uvicorn" --app-dir "$folder" --port "$port" --lifespan off --log-level error \
  --workers 2 answering:app &
supervisor=$!
answers() { python3 -c "import urllib.request as r; r.urlopen('http://127.0.0.1:$port/', timeout=2)" 2>/dev/null; }
for _ in $(seq 100); do answers && break || sleep 0.2; done
workers=$(cat "/proc/$supervisor/task/$supervisor/children")
kill -KILL "$supervisor"
wait "$supervisor" 2>/dev/null || true
for _ in $(seq 50); do answers || break; sleep 0.2; done
if answers; then
  echo "ten seconds after its supervisor was killed the service still answers"
  kill -KILL $workers
else
  echo "the workers have ended with their supervisor"
  exit 1
fi
