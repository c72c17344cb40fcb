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
                "on_header_field": form.on_header_name,
                "on_header_value": form.on_header_value,
                "on_part_data": form.on_content,
                "on_part_end": form.on_part_end,
                "on_end": form.on_end,
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
    """The parts of a form as the parser tells of them.

    It is given the whole body at once, so names and values of headers come whole as well.
    """

    def __init__(self) -> None:
        self.parts: list[tuple[str, bytes]] = []
        self.is_complete = False
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
            raise BodyMalformedError(
                "expected a name in the Content-Disposition of a part, got none"
            )
        if len(self.parts) == _MAX_PARTS:
            raise BodyMalformedError(f"expected a form of at most {_MAX_PARTS} parts, got more")
        self.parts.append((self._name.decode("utf-8", "replace"), b"".join(self._content)))
        self._name, self._content = None, []

    def on_end(self) -> None:
        self.is_complete = True
