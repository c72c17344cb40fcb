"""What a request sends becomes the bytes of pictures: three forms, all of them kept in memory."""

import asyncio
import base64
import binascii
import re
from collections.abc import Iterable, Iterator

import orjson
from starlette.requests import ClientDisconnect, Request

from app.errors import (
    BodyContentError,
    BodyMalformedError,
    BodyTooLargeError,
    MediaTypeError,
    ReceiveTimeoutError,
    printable,
)
from app.query import NAMES
from app.state import Service
from app.traffic import exchange_of
from app.whole import Whole

PICTURE_TYPES = ("image/png", "image/jpeg", "image/webp", "image/bmp", "image/gif")
MULTIPART = "multipart/form-data"
JSON = "application/json"

_BOUNDARY = re.compile(r';\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE)
_FIELD_NAME = re.compile(rb';\s*name=(?:"([^"]*)"|([^\s;"]+))', re.IGNORECASE)
_SPACE = str.maketrans("", "", " \t\r\n")
_MOST_PARTS = 2048
# JSON of more bytes than this is taken apart beside the event loop.
_INLINE_BYTES = 64_000
_MOST_REASON_CHARACTERS = 200
_JSON_NAMES = {
    dict: "an object",
    list: "an array",
    str: "a string",
    bool: "a boolean",
    int: "a number",
    float: "a number",
    type(None): "null",
}


async def receive_picture(request: Request, service: Service) -> bytes:
    """Receives one picture: field ``file`` of a form, the body itself, or JSON.

    Raises:
        RequestError: The body is of another type, malformed, too large or too late.
    """
    headers = _headers(request)
    content_type, media_type = _content_type(headers)
    if media_type in PICTURE_TYPES:
        return await _receive(request, headers, service)
    if media_type == MULTIPART:
        parts = list(_parts(await _receive(request, headers, service), content_type))
        files = [data for name, data in parts if name == "file"]
        if len(files) != 1:
            raise BodyContentError(
                "expected one field 'file' that holds a picture, got "
                + (f"{len(files)} of them" if files else _names(parts))
            )
        _refuse_others("file", (name for name, _ in parts))
        return files[0]
    if media_type == JSON:
        body = await _receive(request, headers, service)
        if len(body) <= _INLINE_BYTES:
            return _from_json(body)
        return await asyncio.get_running_loop().run_in_executor(service.executor, _from_json, body)
    raise MediaTypeError(
        f"expected Content-Type {', '.join((MULTIPART, JSON, *PICTURE_TYPES))}; "
        f"got {printable(media_type) or 'none'}"
    )


async def receive_pictures(request: Request, service: Service) -> list[bytes]:
    """Receives several pictures: repeated field ``files`` of a form.

    Raises:
        RequestError: The body is of another type, malformed, too large or too late.
    """
    headers = _headers(request)
    content_type, media_type = _content_type(headers)
    if media_type != MULTIPART:
        raise MediaTypeError(
            f"expected Content-Type {MULTIPART}, got {printable(media_type) or 'none'}"
        )
    parts = list(_parts(await _receive(request, headers, service), content_type))
    files = [data for name, data in parts if name == "files"]
    if not files:
        raise BodyContentError(
            f"expected fields 'files' that hold one picture each, got {_names(parts)}"
        )
    _refuse_others("files", (name for name, _ in parts))
    most = service.settings.max_batch_pictures
    if len(files) > most:
        raise BodyContentError(f"expected at most {most} pictures, got {len(files)}")
    return files


def _headers(request: Request) -> dict[bytes, bytes]:
    """The headers of a request; of those that came twice, the first."""
    return dict(reversed(request.scope["headers"]))


def _content_type(headers: dict[bytes, bytes]) -> tuple[str, str]:
    """Content-Type as it came, and the media type in it."""
    content_type = headers.get(b"content-type", b"").decode("latin-1")
    return content_type, content_type.partition(";")[0].strip().lower()


async def _receive(request: Request, headers: dict[bytes, bytes], service: Service) -> bytes:
    """Receives a body, however it is sent, within the limits of size and time."""
    limit = service.settings.max_request_bytes
    coding = headers.get(b"content-encoding", b"identity").strip().lower()
    if coding != b"identity":
        name = printable(coding.decode("latin-1"))
        raise MediaTypeError(f"expected a body as it is, got Content-Encoding {name}")
    announced = headers.get(b"content-length", b"")
    if announced.isdigit() and int(announced) > limit:
        raise BodyTooLargeError(
            f"expected a body of at most {limit} bytes, got {announced.decode()}"
        )
    whole: Whole | None = request.scope["state"].get("whole")
    body = None if whole is None else whole.body()
    if body is None:
        return await _receive_pieces(request, whole, service)
    service.switchboard.hold(exchange_of(request), len(body))
    if len(body) > limit:
        raise BodyTooLargeError(f"expected a body of at most {limit} bytes, got more")
    return body


async def _receive_pieces(request: Request, whole: Whole | None, service: Service) -> bytes:
    """Receives a body that has not all come with its head."""
    limit = service.settings.max_request_bytes
    seconds = service.settings.receive_timeout_seconds
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(seconds):
            while True:
                message = await request.receive()
                if message["type"] == "http.disconnect":
                    raise ClientDisconnect
                if whole is not None and whole.is_broken:
                    raise BodyMalformedError("expected chunks of HTTP/1.1, got something else")
                chunk: bytes = message.get("body", b"")
                size += len(chunk)
                service.switchboard.hold(exchange_of(request), len(chunk))
                if size > limit:
                    raise BodyTooLargeError(f"expected a body of at most {limit} bytes, got more")
                chunks.append(chunk)
                if not message.get("more_body", False):
                    return chunks[0] if len(chunks) == 1 else b"".join(chunks)
    except TimeoutError as error:
        raise ReceiveTimeoutError(
            f"expected the whole body within {seconds:g} s, got {size} bytes"
        ) from error


def _parts(body: bytes, content_type: str) -> Iterator[tuple[str, bytes]]:
    """Yields name and content of each part of a form.

    Reference: RFC 7578; RFC 2046, section 5.1.1.

    Raises:
        BodyMalformedError: The body is no such form.
    """
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise BodyMalformedError(f"expected a boundary in the Content-Type {MULTIPART}, got none")
    delimiter = b"\r\n--" + (found[1] or found[2]).encode("latin-1")
    # The first delimiter may stand at the very start, without its line break.
    position = len(delimiter) - 2 if body.startswith(delimiter[2:]) else -1
    if position < 0:
        position = body.find(delimiter)
        if position < 0:
            raise BodyMalformedError("expected a form that begins with its boundary, got none")
        position += len(delimiter)
    for _ in range(_MOST_PARTS):
        if body[position : position + 2] == b"--":
            return
        line_end = body.find(b"\r\n", position)
        if line_end < 0 or body[position:line_end].strip(b" \t"):
            raise BodyMalformedError("expected a line break after a boundary of the form")
        # A part without headers has its empty line at once.
        head_end = body.find(b"\r\n\r\n", line_end)
        end = body.find(delimiter, max(head_end, line_end) + 2)
        if head_end < 0 or end < 0:
            raise BodyMalformedError(
                "expected a form that ends with its boundary, got a part of it"
            )
        yield _field_name(body[line_end + 2 : head_end]), body[head_end + 4 : end]
        position = end + len(delimiter)
    raise BodyMalformedError(f"expected a form of at most {_MOST_PARTS} parts, got more")


def _field_name(head: bytes) -> str:
    for line in head.split(b"\r\n"):
        if line[:20].lower() == b"content-disposition:":
            found = _FIELD_NAME.search(line)
            if found is not None:
                return (found[1] or found[2] or b"").decode("utf-8", "replace")
    raise BodyMalformedError("expected a name in the Content-Disposition of a part, got none")


def _from_json(body: bytes) -> bytes:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        reason = printable(str(error), _MOST_REASON_CHARACTERS)
        raise BodyMalformedError(f"expected JSON: {reason}") from error
    image = value.get("image") if isinstance(value, dict) else None
    if not isinstance(image, str):
        if not isinstance(value, dict):
            came = _JSON_NAMES[type(value)]
        else:
            came = f"{_JSON_NAMES[type(image)]} in 'image'" if "image" in value else "no 'image'"
        raise BodyContentError(
            f"expected a JSON object whose 'image' is a string (base64 or a data URL), got {came}"
        )
    _refuse_others("image", value)
    text = image
    if text[:5].lower() == "data:":
        head, comma, text = text.partition(",")
        if not comma or not head.lower().endswith(";base64"):
            raise BodyContentError("expected a data URL of base64: data:image/png;base64,...")
    try:
        return base64.b64decode(text.translate(_SPACE), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BodyContentError(f"expected base64 in 'image': {error}") from error


def _names(parts: list[tuple[str, bytes]]) -> str:
    names = ", ".join(repr(printable(name)) for name, _ in parts[:5])
    return f"the fields {names}" if names else "no field"


def _refuse_others(expected: str, came: Iterable[str]) -> None:
    """Refuses fields that would be passed over, and says where an option belongs."""
    others = sorted(set(came) - {expected})
    if not others:
        return
    message = f"expected '{expected}' alone, got also {', '.join(map(printable, others[:5]))}"
    if options := [name for name in NAMES if name in others]:
        message += f"; in the query it would be an option: ?{options[0]}=..."
    raise BodyContentError(message)
