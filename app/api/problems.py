"""Errors become answers: the only place that knows which status an error has.

Every error is ``application/problem+json``.

Reference: RFC 9457, Problem Details for HTTP APIs.
"""

import dataclasses
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson
from asgi_correlation_id import correlation_id
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.api import errors
from app.api.context import context_of
from app.reading.errors import PictureFormatError, PictureTooLargeError
from model.errors import PictureError, ReaderError

MEDIA_TYPE = "application/problem+json"


@dataclasses.dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem."""

    name: str
    status: int
    title: str
    example: str
    """A detail, as the documentation shows it."""

    @property
    def uri(self) -> str:
        """Where the kind is described, relative to the service."""
        return f"/problems#{self.name}"


INTERNAL = Kind(
    "internal",
    500,
    "The service failed",
    "an unexpected error; the log has it under this request id",
)
INVALID_PARAMETER = Kind(
    "invalid-parameter",
    422,
    "A parameter is unknown or has a value that it cannot take",
    "alternatives: Input should be a valid integer, unable to parse string as an integer",
)
TIMEOUT = Kind(
    "timeout",
    408,
    "The request did not arrive in time",
    "expected the whole body within 20 s, got 1024 bytes",
)
INVALID_HTTP = Kind(
    "invalid-http", 400, "This is not HTTP", "expected a request in HTTP/1.1, got something else"
)
HEAD_TOO_LARGE = Kind(
    "head-too-large",
    431,
    "The head of the request is too large",
    "expected the head of a request within 65536 bytes, got more",
)
ORIGIN = Kind(
    "origin",
    400,
    "Pages of this origin may not send this",
    "expected an origin, a method and headers that CORS_ORIGINS and the API allow",
)
STOPPING = Kind(
    "stopping",
    503,
    "The service is about to stop",
    "the service was told to stop; send requests elsewhere",
)

_OF_A_PICTURE: dict[type[Exception], Kind] = {
    PictureTooLargeError: Kind(
        "picture-too-large",
        413,
        "The picture is too large",
        "expected a picture of at most 25000000 pixels, got 20000x20000",
    ),
    PictureFormatError: Kind(
        "picture-format",
        415,
        "The picture is of no format read here",
        "expected a picture (PNG, JPEG, WEBP, BMP, GIF), got 1024 bytes of something else",
    ),
    PictureError: Kind(
        "picture-unreadable",
        422,
        "The picture cannot be read",
        "the picture is damaged: image file is truncated",
    ),
}
_OF_A_BODY: dict[type[Exception], Kind] = {
    errors.BodyMalformedError: Kind(
        "body-malformed",
        400,
        "The body is not what its type says",
        "expected a form that ends with its boundary, got a part of it",
    ),
    errors.BodyContentError: Kind(
        "body-content",
        422,
        "The body holds something else",
        "expected one field 'file' that holds a picture, got the fields 'picture'",
    ),
    errors.BodyTooLargeError: Kind(
        "body-too-large",
        413,
        "The body is too large",
        "expected a body of at most 32000000 bytes, got 40000000",
    ),
    errors.MediaTypeError: Kind(
        "media-type",
        415,
        "The body is of no type read here",
        "expected Content-Type multipart/form-data, application/json, image/png; got text/plain",
    ),
    errors.ReceiveTimeoutError: TIMEOUT,
    errors.OverloadedError: Kind(
        "overloaded",
        503,
        "Too many requests at once",
        "expected at most 512 pictures at once",
    ),
}
# The first class that an error is an instance of says its kind.
KINDS = {**_OF_A_PICTURE, **_OF_A_BODY, errors.DrainingError: STOPPING}
ALL_KINDS = (*KINDS.values(), INVALID_PARAMETER, INVALID_HTTP, HEAD_TOO_LARGE, ORIGIN, INTERNAL)
# What a prediction may answer. In a batch, the problems of a picture stand in its place.
BATCH_KINDS = (*_OF_A_BODY.values(), INVALID_PARAMETER, INTERNAL)
PREDICT_KINDS = (*_OF_A_PICTURE.values(), *BATCH_KINDS)


@dataclasses.dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong with one request."""

    kind: Kind | HTTPStatus
    """A kind of this service, or a status that says all (404, 405)."""
    detail: str
    errors: tuple[Mapping[str, str], ...] = ()
    """One a parameter, where parameters are wrong."""

    @property
    def status(self) -> int:
        """The status of the answer."""
        return self.kind.status if isinstance(self.kind, Kind) else self.kind.value

    @property
    def name(self) -> str:
        """What logs call it."""
        return self.kind.name if isinstance(self.kind, Kind) else self.kind.phrase.lower()

    def to_dict(self, request_id: str | None) -> dict[str, Any]:
        """Returns the members of the answer."""
        is_kind = isinstance(self.kind, Kind)
        content: dict[str, Any] = {
            "type": self.kind.uri if isinstance(self.kind, Kind) else "about:blank",
            "title": self.kind.title if isinstance(self.kind, Kind) else self.kind.phrase,
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors and is_kind:
            content["errors"] = self.errors
        if request_id is not None:
            content["request_id"] = request_id
        return content

    def to_json(self, request_id: str | None) -> bytes:
        """Returns the body of the answer; never fails, whatever the texts hold."""
        return orjson.dumps(self.to_dict(request_id), default=repr)

    def respond(self, headers: Mapping[str, str] | None = None) -> Response:
        """Returns the answer."""
        extra = dict(headers or {})
        if self.status == HTTPStatus.SERVICE_UNAVAILABLE:
            extra["Retry-After"] = "1"
        return Response(
            self.to_json(correlation_id.get()), self.status, headers=extra, media_type=MEDIA_TYPE
        )


def to_problem(error: Exception) -> Problem:
    """Returns the problem that an error is."""
    for one, kind in KINDS.items():
        if isinstance(error, one):
            return Problem(kind, str(error))
    return Problem(INTERNAL, "an unexpected error; the log has it under this request id")


def install_handlers(app: FastAPI) -> None:
    """Makes an app answer with problems."""
    app.add_exception_handler(ReaderError, _on_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_parameter)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(Exception, _on_error)


async def _on_error(request: Request, error: Exception) -> Response:
    problem = to_problem(error)
    context_of(request).log_fields["problem"] = problem.name
    return problem.respond()


async def _on_invalid_parameter(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    # Neither the input nor the context is repeated: they may hold what JSON cannot.
    found = tuple(
        {"parameter": ".".join(map(str, one["loc"][1:])), "detail": str(one["msg"])}
        for one in error.errors()
    )
    context_of(request).log_fields["problem"] = INVALID_PARAMETER.name
    detail = "; ".join(f"{one['parameter']}: {one['detail']}" for one in found)
    return Problem(INVALID_PARAMETER, detail, found).respond()


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    headers = dict(error.headers or {})
    detail = status.description or status.phrase
    if status is HTTPStatus.NOT_FOUND:
        detail = "there is nothing here; /docs says what there is"
    elif status is HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = {method.strip() for method in headers.pop("Allow", "").split(",")} - {""}
        # GET's answers are those of HEAD too, and everything can be asked what it allows.
        allowed |= {"OPTIONS"} | ({"HEAD"} if "GET" in allowed else set())
        headers["Allow"] = ", ".join(sorted(allowed))
        if request.method == "OPTIONS":
            return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)
        detail = f"expected {headers['Allow']}; got {request.method}"
    return Problem(status, detail).respond(headers)
