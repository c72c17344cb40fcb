"""The body of a request becomes the bytes of pictures: three forms, all of them kept in memory."""

import asyncio
import base64
import binascii
from collections.abc import Iterable

import orjson
from starlette.requests import ClientDisconnect, Request

from app.api.context import context_of
from app.api.errors import RequestError, malformed, too_large, unexpected
from app.api.forms import MULTIPART, Parts, read_form
from app.api.query import NAMES
from app.reading.errors import printable
from app.state import Service

# As the documentation lists them. Any image/... is taken as well: what it is, its bytes say.
OCTETS = "application/octet-stream"
PICTURE_TYPES = (
    *(f"image/{name}" for name in ("png", "jpeg", "webp", "bmp", "gif", "avif", "heic")),
    OCTETS,
)
JSON = "application/json"
# Key in the scope's state: the RequestError of a body that the server has given up on.
BODY_ERROR = "body_error"

# The alphabet for URLs becomes the other, and what stands between its characters is left out.
_BASE64 = str.maketrans("-_", "+/", " \t\r\n")
# JSON of more bytes than this is decoded beside the event loop.
_INLINE_BYTES = 64_000
_JSON_NAMES = {
    dict: "an object",
    list: "an array",
    str: "a string",
    bool: "a boolean",
    type(None): "null",
}


async def receive_picture(request: Request, service: Service) -> bytes:
    """Receives one picture: field ``file`` of a form, the body itself, or JSON.

    Raises:
        RequestError: The body is of another type, malformed, too large or too late.
    """
    headers, content_type, media_type = _headers(request)
    if media_type == OCTETS or media_type.startswith("image/"):
        return await _receive(request, headers, service)
    if media_type == MULTIPART:
        parts = read_form(await _receive(request, headers, service), content_type)
        files = _files("file", parts)
        if len(files) != 1:
            came = f"{len(files)} of them" if files else _names(parts)
            raise unexpected(f"expected one field 'file' that holds a picture, got {came}")
        return files[0]
    if media_type == JSON:
        body = await _receive(request, headers, service)
        if len(body) <= _INLINE_BYTES:
            return _from_json(body)
        return await asyncio.get_running_loop().run_in_executor(service.executor, _from_json, body)
    raise _wrong_type(media_type, MULTIPART, JSON, *PICTURE_TYPES)


async def receive_pictures(request: Request, service: Service) -> list[bytes]:
    """Receives several pictures: repeated field ``files`` of a form.

    Raises:
        RequestError: The body is of another type, malformed, too large or too late.
    """
    headers, content_type, media_type = _headers(request)
    if media_type != MULTIPART:
        raise _wrong_type(media_type, MULTIPART)
    parts = read_form(await _receive(request, headers, service), content_type)
    files = _files("files", parts)
    if not files:
        raise unexpected(f"expected fields 'files' that hold one picture each, got {_names(parts)}")
    limit = service.settings.max_batch_pictures
    if len(files) > limit:
        raise unexpected(f"expected at most {limit} pictures, got {len(files)}")
    return files


def _headers(request: Request) -> tuple[dict[bytes, bytes], str, str]:
    """Headers, of those that came twice the first; Content-Type; the media type in it."""
    headers = dict(reversed(request.scope["headers"]))
    content_type = headers.get(b"content-type", b"").decode("latin-1")
    return headers, content_type, content_type.partition(";")[0].strip().lower()


def _wrong_type(media_type: str, *expected: str) -> RequestError:
    came = printable(media_type) or "none"
    return RequestError("media-type", f"expected Content-Type {', '.join(expected)}; got {came}")


async def _receive(request: Request, headers: dict[bytes, bytes], service: Service) -> bytes:
    """Receives a body, however it is sent, within the limit of size."""
    limit = service.settings.max_request_bytes
    coding = headers.get(b"content-encoding", b"identity").strip().lower()
    if coding != b"identity":
        came = printable(coding.decode("latin-1"))
        raise RequestError("media-type", f"expected a body as it is, got Content-Encoding {came}")
    announced = headers.get(b"content-length", b"")
    if announced.isdigit() and int(announced) > limit:
        raise too_large(f"expected a body of at most {limit} bytes, got {announced.decode()}")
    context = context_of(request)
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
        context.hold(len(chunk))
        if size > limit:
            raise too_large(f"expected a body of at most {limit} bytes, got more")
        chunks.append(chunk)
        if not message.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _from_json(body: bytes) -> bytes:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise malformed(f"expected JSON: {printable(str(error), 200)}") from error
    image = value.get("image") if isinstance(value, dict) else None
    if not isinstance(image, str):
        came = _JSON_NAMES.get(type(image if isinstance(value, dict) else value), "a number")
        if isinstance(value, dict):
            came = f"{came} in 'image'" if "image" in value else "no 'image'"
        raise unexpected(
            f"expected a JSON object whose 'image' is a string (base64 or a data URL), got {came}"
        )
    _refuse_others("image", value)
    text = image
    if text[:5].lower() == "data:":
        head, comma, text = text.partition(",")
        if not comma or not head.lower().endswith(";base64"):
            raise unexpected("expected a data URL of base64: data:image/png;base64,...")
    try:
        text = text.translate(_BASE64).rstrip("=")
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise unexpected(f"expected base64 in 'image': {error}") from error


def _files(field: str, parts: Parts) -> list[bytes]:
    """The contents of a field; none where it is missing, whatever else there is."""
    files = [content for name, content in parts if name == field]
    if 0 < len(files) < len(parts):
        _refuse_others(field, (name for name, _ in parts))
    return files


def _names(parts: Parts) -> str:
    names = ", ".join(repr(printable(name)) for name, _ in parts[:5])
    return f"the fields {names}" if names else "no field"


def _refuse_others(expected: str, came: Iterable[str]) -> None:
    """Refuses fields that would be passed over, and says where an option belongs."""
    if not (others := sorted(set(came) - {expected})):
        return
    message = f"expected '{expected}' alone, got also {', '.join(map(printable, others[:5]))}"
    if options := [name for name in NAMES if name in others]:
        message += f"; in the query it would be an option: ?{options[0]}=..."
    raise unexpected(message)
