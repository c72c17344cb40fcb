"""Errors become answers: the only place that knows which status an error has.

Every error is ``application/problem+json``; ``problems.toml`` holds the kinds.

Reference: RFC 9457, Problem Details for HTTP APIs.
"""

import dataclasses
import tomllib
from collections.abc import Mapping
from http import HTTPStatus
from importlib.resources import files
from typing import Any

import orjson
from asgi_correlation_id import correlation_id
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from app.api.context import context_of
from app.api.errors import RequestError
from app.reading.errors import PictureFormatError, PictureTooLargeError
from model.errors import PictureError

MEDIA_TYPE = "application/problem+json"

# By its name, each kind's status, its title, and a detail as an example.
KINDS: dict[str, Any] = tomllib.loads((files("app.api") / "problems.toml").read_text("utf-8"))
# The first class that an error is an instance of says its kind.
_KIND_OF_PICTURE: dict[type[Exception], str] = {
    PictureTooLargeError: "picture-too-large",
    PictureFormatError: "picture-format",
    PictureError: "picture-unreadable",
}
# What a prediction may answer. In a batch, the problems of a picture stand in its place.
_BODY_KINDS = ("body-malformed", "body-content", "body-too-large", "media-type", "timeout")
BATCH_KINDS = (*_BODY_KINDS, "overloaded", "invalid-parameter", "internal")
PREDICT_KINDS = (*_KIND_OF_PICTURE.values(), *BATCH_KINDS)


@dataclasses.dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong with one request."""

    name: str
    """Of its kind, or a status that says all: "404"."""
    detail: str
    errors: tuple[Mapping[str, str], ...] = ()
    """One a parameter, where parameters are wrong."""

    @property
    def status(self) -> int:
        """The status of the answer."""
        return int(KINDS[self.name]["status"] if self.name in KINDS else self.name)

    def to_dict(self, request_id: str | None) -> dict[str, Any]:
        """Returns the members of the answer."""
        kind = KINDS.get(self.name)
        content: dict[str, Any] = {
            "type": f"/problems#{self.name}" if kind else "about:blank",
            "title": kind["title"] if kind else HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors:
            content["errors"] = self.errors
        if request_id is not None:
            content["request_id"] = request_id
        return content

    def respond(self, headers: Mapping[str, str] | None = None) -> Response:
        """Returns the answer."""
        extra = dict(headers or {})
        if self.status == HTTPStatus.SERVICE_UNAVAILABLE:
            extra["Retry-After"] = "1"
        # Whatever the texts hold, this does not fail.
        body = orjson.dumps(self.to_dict(correlation_id.get()), default=repr)
        return Response(body, self.status, extra, MEDIA_TYPE)


def to_problem(error: Exception) -> Problem:
    """Returns the problem that an error is."""
    if isinstance(error, RequestError):
        return Problem(error.kind, str(error))
    for one, name in _KIND_OF_PICTURE.items():
        if isinstance(error, one):
            return Problem(name, str(error))
    return Problem("internal", KINDS["internal"]["example"])


async def _on_error(_: Request, error: Exception) -> Response:
    return to_problem(error).respond()


async def _on_invalid_parameter(request: Request, error: RequestValidationError) -> Response:
    # Neither the input nor the context is repeated: they may hold what JSON cannot.
    found = tuple(
        {"parameter": ".".join(map(str, one["loc"][1:])), "detail": str(one["msg"])}
        for one in error.errors()
    )
    detail = "; ".join(f"{one['parameter']}: {one['detail']}" for one in found)
    context_of(request).log_fields["problem"] = "invalid-parameter"
    return Problem("invalid-parameter", detail, found).respond()


async def _on_http_error(request: Request, error: HTTPException) -> Response:
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
    return Problem(str(status.value), detail).respond(headers)


# What answers an error that is raised behind a route, by its class.
HANDLERS: dict[int | type[Exception], Any] = {
    RequestValidationError: _on_invalid_parameter,
    HTTPException: _on_http_error,
    Exception: _on_error,
}
