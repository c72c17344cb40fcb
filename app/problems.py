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

from app import errors
from model.errors import PictureError, ReaderError

MEDIA_TYPE = "application/problem+json"


@dataclasses.dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem."""

    name: str
    status: int
    title: str

    @property
    def uri(self) -> str:
        """Where the kind is described, relative to the service."""
        return f"/problems#{self.name}"


INTERNAL = Kind("internal", 500, "The service failed")
INVALID_PARAMETER = Kind("invalid-parameter", 422, "A parameter has a value that it cannot take")
TIMEOUT = Kind("timeout", 408, "The request did not arrive in time")
INVALID_HTTP = Kind("invalid-http", 400, "This is not HTTP")

# The first class that an error is an instance of says its kind.
KINDS: dict[type[Exception], Kind] = {
    errors.PictureTooLargeError: Kind("picture-too-large", 413, "The picture is too large"),
    errors.PictureFormatError: Kind("picture-format", 415, "The picture is of no format read here"),
    PictureError: Kind("picture-unreadable", 422, "The picture cannot be read"),
    errors.BodyMalformedError: Kind("body-malformed", 400, "The body is not what its type says"),
    errors.BodyContentError: Kind("body-content", 422, "The body holds something else"),
    errors.BodyTooLargeError: Kind("body-too-large", 413, "The body is too large"),
    errors.MediaTypeError: Kind("media-type", 415, "The body is of no type read here"),
    errors.ReceiveTimeoutError: TIMEOUT,
    errors.OverloadedError: Kind("overloaded", 503, "Too many requests at once"),
    errors.DrainingError: Kind("stopping", 503, "The service is about to stop"),
}
ALL_KINDS = (*KINDS.values(), INVALID_PARAMETER, INVALID_HTTP, INTERNAL)

# Refused before all of the body was read: what is still to come is of no use.
_CLOSING = frozenset({"body-too-large", "timeout", "overloaded"})


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
        if isinstance(self.kind, Kind):
            if self.kind.name in _CLOSING:
                extra["Connection"] = "close"
            if self.kind.status == HTTPStatus.SERVICE_UNAVAILABLE:
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


async def _on_error(request: Request, error: Exception) -> Response:
    problem = to_problem(error)
    if problem.kind is INTERNAL:
        raise error  # is logged and answered in app.middleware
    request.state.notes["problem"] = problem.to_dict(None)["type"].rpartition("#")[2]
    return problem.respond()


async def _on_invalid_parameter(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    # Neither the input nor the context is repeated: they may hold what JSON cannot.
    found = tuple(
        {"parameter": ".".join(map(str, one["loc"][1:])), "detail": str(one["msg"])}
        for one in error.errors()
    )
    request.state.notes["problem"] = INVALID_PARAMETER.name
    detail = "; ".join(f"{one['parameter']}: {one['detail']}" for one in found)
    return Problem(INVALID_PARAMETER, detail, found).respond()


async def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    details = {
        HTTPStatus.NOT_FOUND: "there is nothing here; /docs says what there is",
        HTTPStatus.METHOD_NOT_ALLOWED: (
            f"expected {(error.headers or {}).get('Allow', 'another method')}, got {request.method}"
        ),
    }
    return Problem(status, details.get(status, status.description or status.phrase)).respond(
        error.headers
    )
