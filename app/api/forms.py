"""Multipart forms, taken apart in memory by python-multipart.

Reference: RFC 7578; RFC 2046, section 5.1.1.
"""

from collections.abc import Sequence

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from app.api.errors import BodyMalformedError
from app.reading.errors import printable

MULTIPART = "multipart/form-data"

_MAX_PARTS = 2048
_MAX_REASON_CHARACTERS = 200


def read_form(body: bytes, content_type: str) -> Sequence[tuple[str, bytes]]:
    """Returns name and content of each part of a form, in order.

    Args:
        body: All of it.
        content_type: The header, which names the boundary.

    Raises:
        BodyMalformedError: The body is no such form.
    """
    boundary = parse_options_header(content_type)[1].get(b"boundary")
    if not boundary:
        raise BodyMalformedError(f"expected a boundary in the Content-Type {MULTIPART}, got none")
    # What stands before the first boundary is no part; the parser takes it for a broken one.
    start = body.find(b"--" + boundary)
    if start < 0:
        raise BodyMalformedError("expected a form that begins with its boundary, got none")
    form = _Form()
    try:
        parser = MultipartParser(
            boundary,
            {
                "on_part_begin": form.begin_part,
                "on_header_field": form.add_header_name,
                "on_header_value": form.add_header_value,
                "on_header_end": form.end_header,
                "on_part_data": form.add_content,
                "on_part_end": form.end_part,
                "on_end": form.end,
            },
        )
        parser.write(body[start:] if start else body)
    except FormParserError as error:
        reason = printable(str(error), _MAX_REASON_CHARACTERS)
        raise BodyMalformedError(
            f"expected a form of parts between boundaries: {reason}"
        ) from error
    if not form.is_complete:
        raise BodyMalformedError("expected a form that ends with its boundary, got a part of it")
    return form.parts


class _Form:
    """The parts of a form as the parser tells of them."""

    def __init__(self) -> None:
        self.parts: list[tuple[str, bytes]] = []
        self.is_complete = False
        self._name: bytes | None = None
        self._header_name = self._header_value = b""
        self._content: list[bytes] = []

    def begin_part(self) -> None:
        if len(self.parts) == _MAX_PARTS:
            raise BodyMalformedError(f"expected a form of at most {_MAX_PARTS} parts, got more")
        self._name = None
        self._content = []

    def add_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def add_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def end_header(self) -> None:
        if self._header_name.lower() == b"content-disposition":
            self._name = parse_options_header(self._header_value)[1].get(b"name")
        self._header_name = self._header_value = b""

    def add_content(self, data: bytes, start: int, end: int) -> None:
        self._content.append(data[start:end])

    def end_part(self) -> None:
        if self._name is None:
            raise BodyMalformedError(
                "expected a name in the Content-Disposition of a part, got none"
            )
        self.parts.append((self._name.decode("utf-8", "replace"), b"".join(self._content)))

    def end(self) -> None:
        self.is_complete = True
