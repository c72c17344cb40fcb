#!/usr/bin/env bash
# python-multipart 0.0.34 refuses forms that RFC 2046 allows, at their first boundary alone.
#
# RFC 2046, section 5.1.1: text before the first boundary is a preamble, which is ignored; a boundary
# may be followed by spaces.
# Expected: both are read, as Python's email parser does.
# Seen: a preamble is an error, unless a line break comes before it; spaces are an error behind the
# first boundary, and taken behind every later one.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check python-multipart==0.0.34
"$folder/venv/bin/python" - <<'PYTHON'
import logging
import sys
from email.parser import BytesParser

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser

logging.disable()
PART = b'Content-Disposition: form-data; name="a"\r\n\r\nx\r\n'
FORMS = {
    "plain": (b"--b\r\n" + PART + b"--b--\r\n", 1, True),
    "preamble": (b"Sent by hand.\r\n--b\r\n" + PART + b"--b--\r\n", 1, False),
    "preamble after a line break": (b"\r\nSent by hand.\r\n--b\r\n" + PART + b"--b--\r\n", 1, True),
    "space behind the first boundary": (b"--b \r\n" + PART + b"--b--\r\n", 1, False),
    "space behind the second boundary": (b"--b\r\n" + PART + b"--b \r\n" + PART + b"--b--\r\n", 2, True),
}
has_changed = False
for name, (body, count, is_read_today) in FORMS.items():
    head = b"Content-Type: multipart/form-data; boundary=b\r\n\r\n"
    assert len(BytesParser().parsebytes(head + body).get_payload()) == count
    parts = []
    parser = MultipartParser(b"b", {"on_part_end": lambda parts=parts: parts.append(1)})
    try:
        parser.write(body)
        parser.finalize()
        seen = f"{len(parts)} of {count} parts"
        is_read = len(parts) == count
    except MultipartParseError as error:
        seen, is_read = f"error: {error}", False
    print(f"{name}: {seen}")
    has_changed |= is_read != is_read_today
sys.exit(has_changed)
PYTHON
