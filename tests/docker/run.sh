#!/usr/bin/env bash
# Both images for real: built, run as docker-compose.yml says, asked, trained in, restarted.
#
#   tests/docker/run.sh        needs a Docker engine, docker compose, curl and a free port 8000
#
# Variables: BUILD_NETWORK, PYTHON_IMAGE and TORCH_INDEX_URL as in docker-compose.yml; DATA_DIR, a
# folder with MNIST and UNIPEN, without which they are downloaded; STEPS of training (20). Containers
# and volumes are a project of their own and are removed at the end; the images stay.
set -euo pipefail
cd "$(dirname "$0")/../.."

export COMPOSE_PROJECT_NAME=digit-grid-reader-test
export RUN=test EXPORT_ARGS=--no-measure
base=${PYTHON_IMAGE:-$(sed -n 's/^ARG PYTHON_IMAGE=//p' Dockerfile)}
address=http://127.0.0.1:8000
work=$(mktemp -d)

compose() {
  if docker compose version >/dev/null 2>&1; then docker compose "$@"; else docker-compose "$@"; fi
}

finish() {
  compose --profile train down --volumes --timeout 5 >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap finish EXIT

say() { printf '\n== %s\n' "$*"; }
fail() { printf 'FAILED: %s\n' "$*" >&2; compose logs --tail 20 web >&2 || true; exit 1; }
bytes() { docker image inspect --format '{{.Size}}' "$1"; }
in_web() { compose exec -T web "$@"; }

wait_until_healthy() {
  local state
  for _ in $(seq 60); do
    state=$(docker inspect --format '{{.State.Health.Status}}' "$(compose ps -q web)")
    [ "$state" = healthy ] && { echo "healthy"; return; }
    sleep 1
  done
  fail "web is $state"
}

served_sha256() { curl -fsS "$address/model" | sed -E 's/.*"sha256":"([0-9a-f]{64})".*/\1/'; }

predict() {
  curl -fsS --form "file=@$work/grid.png" "$address/predict" | tee "$work/answer.json" | cut -c 1-160
  grep -q '"digits":\[' "$work/answer.json" || fail "no digits in the answer"
}

say "build"
compose --profile train build
added=$((($(bytes digit-grid-reader) - $(bytes "$base")) / 1000000))
echo "base $(($(bytes "$base") / 1000000)) MB, service $(($(bytes digit-grid-reader) / 1000000)) MB," \
  "training $(($(bytes digit-grid-reader:training) / 1000000)) MB; the service adds $added MB"
[ "$added" -le 350 ] || fail "the service adds more than 350 MB to its base"

say "up"
compose up -d web
wait_until_healthy
[ "$(docker port "$(compose ps -q web)")" = "8000/tcp -> 127.0.0.1:8000" ] || fail "published elsewhere"

say "a prediction through the published port"
in_web python -c '
import sys
from PIL import Image, ImageDraw
grid = Image.new("L", (280, 280))
draw = ImageDraw.Draw(grid)
draw.line((70, 25, 70, 115), fill=255, width=14)
draw.ellipse((180, 30, 240, 115), outline=255, width=14)
draw.line((210, 165, 210, 255), fill=255, width=14)
grid.save(sys.stdout.buffer, "PNG")' >"$work/grid.png"
predict
released=$(served_sha256)

say "confinement"
in_web id
[ "$(in_web id -u)" != 0 ] || fail "it runs as root"
in_web sh -c '! touch /app/written 2>/dev/null && ! touch /weights/written 2>/dev/null && touch /tmp/written' \
  || fail "the root is writable, or /tmp is not"
[ "$(in_web sed -n 's/^CapEff:\t*//p' /proc/1/status | tr -d 0)" = "" ] || fail "it has capabilities"
in_web grep -q 'NoNewPrivs:.*1' /proc/1/status || fail "it may gain privileges"
in_web python -c '
import importlib.util as util, pathlib, sys
found = [name for name in ("torch", "torchvision", "onnx", "matplotlib", "training") if util.find_spec(name)]
rooms = sorted(path.name for path in pathlib.Path("/app").iterdir())
print("in the image:", *rooms, "| of training:", *found or ["nothing"])
sys.exit(bool(found) or rooms != ["app", "model", "static"])' || fail "there is more in the image than is served"

say "train a few steps"
compose run --rm train --steps "${STEPS:-20}" --pool-grids 512 --evaluate-every 20 --save-every 20 --threads 1

say "restart"
compose restart web
wait_until_healthy
trained=$(served_sha256)
echo "released $released"
echo "trained  $trained"
[ "$released" != "$trained" ] || fail "the weights that were trained are not served"
predict

say "a weights folder that is broken stops the start"
compose run --rm --no-deps -T --entrypoint sh train -c 'rm /weights/current/reader.onnx'
compose restart web
sleep 5  # starts, and gives up
if curl -fsS "$address/readyz" >/dev/null 2>&1; then fail "it serves something else instead"; fi
compose logs --tail 20 web >"$work/log"
grep -m 1 'cannot start' "$work/log" || fail "it does not say why"

say "SIGTERM"
compose run --rm --no-deps -T --entrypoint sh train -c 'rm /weights/current'
compose up -d --force-recreate web
wait_until_healthy
[ "$(served_sha256)" = "$released" ] || fail "without trained weights the released ones are served"
container=$(compose ps -q web)
compose stop web
state=$(docker inspect --format '{{.State.ExitCode}}' "$container")
[ "$state" = 0 ] || fail "it ends with $state"
echo "ended with 0"

say "all is well"
