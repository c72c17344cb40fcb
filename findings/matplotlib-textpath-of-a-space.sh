#!/usr/bin/env bash
# matplotlib 3.10.0 to 3.11.2: TextPath of a text that shows nothing, such as a space, raises AttributeError.
#
# Expected: a path without vertices, as 3.9.4 returns: who takes outlines character by character meets spaces,
# and glyphs that a font holds but leaves empty.
# Seen: AttributeError: 'list' object has no attribute 'flags'; beside a visible character a space does no harm.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
outlines() {
  python3 -m venv "$folder/$1"
  "$folder/$1/bin/pip" install --quiet --disable-pip-version-check "matplotlib==$1"
  "$folder/$1/bin/python" - "$1" "$2" "$3" <<'PYTHON'
import sys

from matplotlib.textpath import TextPath

version, *expected = sys.argv[1:]
seen = []
for text in (" ", "a b"):
    try:
        seen.append("empty" if not len(TextPath((0, 0), text, size=10).vertices) else "outline")
    except AttributeError as error:
        seen.append("AttributeError")
        print(f"matplotlib {version}: TextPath of {text!r}: {error}")
print(f"matplotlib {version}: TextPath of ' ' and 'a b': {seen}")
sys.exit(seen != expected)
PYTHON
}
outlines 3.9.4 empty outline
outlines 3.11.2 AttributeError outline
