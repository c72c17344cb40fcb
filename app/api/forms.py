"""Multipart forms, taken apart in memory by python-multipart.

Reference: RFC 7578; RFC 2046, section 5.1.1.
"""

import re

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, MultipartState, parse_options_header

from app.api.errors import malformed
from app.reading.errors import printable

MULTIPART = "multipart/form-data"
_MAX_PARTS = 2048
_MAX_HEADERS = 64
_MAX_HEADER_BYTES = 8192

Parts = list[tuple[str, bytes]]
"""Name and content of each part of a form, in order."""


def read_form(body: bytes, content_type: str) -> Parts:
    """Takes a form apart, whose boundary the header ``content_type`` names.

    Raises:
        RequestError: The body is no such form.
    """
    boundary = parse_options_header(content_type)[1].get(b"boundary")
    if not boundary:
        raise malformed(f"expected a boundary in the Content-Type {MULTIPART}, got none")
    if not body.startswith(b"--%b\r\n" % boundary):
        body = _from_first_boundary(body, boundary)
    form = _Form()
    parser = MultipartParser(
        boundary,
        {
            "on_header_field": form.on_header_name,
            "on_header_value": form.on_header_value,
            "on_part_data": form.on_content,
            "on_part_end": form.on_part_end,
        },
        max_header_count=_MAX_HEADERS,
        max_header_size=_MAX_HEADER_BYTES,
    )
    try:
        parser.write(body)
    except FormParserError as error:
        raise malformed(f"expected a form: {printable(str(error), 200)}") from error
    if parser.state != MultipartState.END:
        raise malformed("expected a form that ends with its boundary, got a part of it")
    return form.parts


def _from_first_boundary(body: bytes, boundary: bytes) -> bytes:
    """Leaves out text before the first boundary and spaces behind it, which the parser refuses."""
    first = re.search(rb"(?:^|\r\n)(--%b)(--|[ \t]*(?=\r\n))" % re.escape(boundary), body)
    if first is None:
        raise malformed("expected a form that begins with its boundary, got none")
    return first[1] + first[2].strip() + body[first.end() :]


class _Form:
    """Collects parts from the parser's callbacks.

    The form is written to it in one piece, so each name and value comes in one callback.
    """

    def __init__(self) -> None:
        self.parts: Parts = []
        self._is_disposition = False
        self._name: bytes | None = None
        self._content: list[bytes] = []

    def on_header_name(self, data: bytes, start: int, end: int) -> None:
        self._is_disposition = data[start:end].lower() == b"content-disposition"

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        if self._is_disposition:
            self._name = parse_options_header(data[start:end])[1].get(b"name")

    def on_content(self, data: bytes, start: int, end: int) -> None:
        self._content.append(data[start:end])

    def on_part_end(self) -> None:
        if self._name is None:
            raise malformed("expected a name in the Content-Disposition of a part, got none")
        if len(self.parts) == _MAX_PARTS:
            raise malformed(f"expected a form of at most {_MAX_PARTS} parts, got more")
        self.parts.append((self._name.decode("utf-8", "replace"), b"".join(self._content)))
        self._name, self._content = None, []
