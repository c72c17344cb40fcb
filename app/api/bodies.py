"""The body of a request becomes the bytes of pictures: three forms, all of them kept in memory."""

import asyncio
import base64
import binascii
from collections.abc import Iterable, Sequence

import orjson
from starlette.requests import ClientDisconnect, Request

from app.api.context import context_of
from app.api.errors import (
    BodyContentError,
    BodyMalformedError,
    BodyTooLargeError,
    MediaTypeError,
)
from app.api.forms import MULTIPART, read_form
from app.api.query import NAMES
from app.reading.errors import printable
from app.state import Service

PICTURE_TYPES = ("image/png", "image/jpeg", "image/webp", "image/bmp", "image/gif")
JSON = "application/json"
# Of the scope's state: the RequestError that the server found in a body of which no more will come.
BODY_ERROR = "body_error"

_SPACE = str.maketrans("", "", " \t\r\n")
# JSON of more bytes than this is decoded beside the event loop.
_INLINE_BYTES = 64_000
_MAX_REASON_CHARACTERS = 200
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
        parts = read_form(await _receive(request, headers, service), content_type)
        files = _files("file", parts)
        if len(files) != 1:
            came = f"{len(files)} of them" if files else _names(parts)
            raise BodyContentError(f"expected one field 'file' that holds a picture, got {came}")
        return files[0]
    if media_type == JSON:
        body = await _receive(request, headers, service)
        if len(body) <= _INLINE_BYTES:
            return _from_json(body)
        return await asyncio.get_running_loop().run_in_executor(service.executor, _from_json, body)
    expected = ", ".join((MULTIPART, JSON, *PICTURE_TYPES))
    raise MediaTypeError(f"expected Content-Type {expected}; got {printable(media_type) or 'none'}")


async def receive_pictures(request: Request, service: Service) -> list[bytes]:
    """Receives several pictures: repeated field ``files`` of a form.

    Raises:
        RequestError: The body is of another type, malformed, too large or too late.
    """
    headers = _headers(request)
    content_type, media_type = _content_type(headers)
    if media_type != MULTIPART:
        came = printable(media_type) or "none"
        raise MediaTypeError(f"expected Content-Type {MULTIPART}, got {came}")
    parts = read_form(await _receive(request, headers, service), content_type)
    files = _files("files", parts)
    if not files:
        raise BodyContentError(
            f"expected fields 'files' that hold one picture each, got {_names(parts)}"
        )
    limit = service.settings.max_batch_pictures
    if len(files) > limit:
        raise BodyContentError(f"expected at most {limit} pictures, got {len(files)}")
    return files


def _headers(request: Request) -> dict[bytes, bytes]:
    """The headers of a request; of those that came twice, the first."""
    return dict(reversed(request.scope["headers"]))


def _content_type(headers: dict[bytes, bytes]) -> tuple[str, str]:
    """Content-Type as it came, and the media type in it."""
    content_type = headers.get(b"content-type", b"").decode("latin-1")
    return content_type, content_type.partition(";")[0].strip().lower()


async def _receive(request: Request, headers: dict[bytes, bytes], service: Service) -> bytes:
    """Receives a body, however it is sent, within the limit of size."""
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
    permit = context_of(request).permit
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        if error := request.scope["state"].get(BODY_ERROR):
            raise error
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        permit.hold(len(chunk))
        if size > limit:
            raise BodyTooLargeError(f"expected a body of at most {limit} bytes, got more")
        chunks.append(chunk)
        if not message.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _from_json(body: bytes) -> bytes:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        reason = printable(str(error), _MAX_REASON_CHARACTERS)
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


def _files(field: str, parts: Sequence[tuple[str, bytes]]) -> list[bytes]:
    """The contents of a field; none where it is missing, whatever else there is."""
    files = [content for name, content in parts if name == field]
    if files:
        _refuse_others(field, (name for name, _ in parts))
    return files


def _names(parts: Sequence[tuple[str, bytes]]) -> str:
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
