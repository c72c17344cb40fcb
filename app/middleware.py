"""What every request meets on its way in and out: its id, its log line, its headers, its limits."""

import sys
import time
from typing import Any

from asgi_correlation_id import correlation_id
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import OverloadedError
from app.headers import DOCS_HEADERS, HEADERS
from app.logs import get_log
from app.metrics import Metrics
from app.problems import INTERNAL, ORIGIN, Problem, to_problem
from model.errors import ReaderError

# A client that has gone gets no answer; the log and the metrics say so with nginx's number.
_CLIENT_GONE = 499


class Switchboard:
    """What changes while a process serves: how much it is doing, and whether it will go on."""

    def __init__(self) -> None:
        self.in_flight = 0
        """Predictions being worked on."""
        self.held_bytes = 0
        """Of the bodies received for them."""
        self.is_draining = False
        """SIGTERM came: no new work is wanted."""


class Observe:
    """Logs and counts requests, sets the headers of every answer, and answers HEAD as GET.

    Args:
        app: The app behind.
        metrics: Counts.
        switchboard: Says whether connections are to be closed.
        routes: Paths by whose name a request is logged and counted; others are named ``other``.
    """

    def __init__(
        self, app: ASGIApp, metrics: Metrics, switchboard: Switchboard, routes: frozenset[str]
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._switchboard = switchboard
        self._routes = routes
        self._log = get_log()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles a request, or the start and end of the app."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, _in_one_line(send))
            return
        if scope["type"] != "http":
            return
        started = time.perf_counter()
        route = self._route(scope["path"])
        headers = DOCS_HEADERS if route == "/docs" else HEADERS
        # Notes of the handlers for the log line; numbers and names, nothing that was sent.
        notes: dict[str, Any] = {}
        scope.setdefault("state", {})["notes"] = notes
        method = scope["method"]
        is_head = method == "HEAD" and route in self._routes and not is_prediction(route)
        if is_head:
            scope = {**scope, "method": "GET"}
        status = _CLIENT_GONE
        switchboard = self._switchboard

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *headers]
                if switchboard.is_draining:
                    message["headers"].append((b"connection", b"close"))
            elif is_head:
                message = {**message, "body": b""}
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except ClientDisconnect:
            status = _CLIENT_GONE
        finally:
            seconds = time.perf_counter() - started
            self._metrics.observe_request(route, status, seconds)
            self._log.info(
                "request",
                request_id=correlation_id.get(),
                method=method[:10],
                route=route,
                status=status,
                milliseconds=round(seconds * 1000, 2),
                **notes,
            )

    def _route(self, path: str) -> str:
        if path in self._routes:
            return path
        top = "/" + path[1:].partition("/")[0]
        return top if top in {"/static", "/docs"} else "other"


class Guard:
    """Bounds predictions, and answers what nobody else could.

    Args:
        app: The app behind.
        metrics: Is told how many predictions are worked on.
        switchboard: Counts them.
        max_concurrent: Most predictions worked on at once.
    """

    def __init__(
        self, app: ASGIApp, metrics: Metrics, switchboard: Switchboard, max_concurrent: int
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._switchboard = switchboard
        self._max_concurrent = max_concurrent
        self._log = get_log()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def send_and_note(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        is_counted = scope["method"] == "POST" and is_prediction(scope["path"])
        self._count(is_counted)
        try:
            if is_counted and self._switchboard.in_flight > self._max_concurrent:
                raise OverloadedError(
                    f"expected at most {self._max_concurrent} predictions at once"
                )
            await self._app(scope, receive, send_and_note)
        except ClientDisconnect:
            raise
        except Exception as error:
            problem = to_problem(error)
            scope["state"]["notes"]["problem"] = problem.name
            if problem.kind is INTERNAL:
                self._log.error("failed", request_id=correlation_id.get(), exc_info=error)
            if has_begun:
                raise  # the connection has to be cut
            await problem.respond()(scope, receive, send)
        finally:
            self._count(-is_counted)
            self._switchboard.held_bytes -= scope["state"].pop("held_bytes", 0)

    def _count(self, change: int) -> None:
        if change:
            self._switchboard.in_flight += change
            self._metrics.set_in_flight(self._switchboard.in_flight)


class Cors(CORSMiddleware):
    """Lets pages of other origins call the service; says no in the form of every other error."""

    def preflight_response(self, request_headers: Headers) -> Response:
        """Answers what a browser asks before it lets a page send a request."""
        answer = super().preflight_response(request_headers)
        if answer.status_code < 400:
            return answer
        answer.headers.raw[:] = [
            (name, value)
            for name, value in answer.headers.raw
            if name not in {b"content-type", b"content-length"}
        ]
        detail = "expected an origin, a method and headers that CORS_ORIGINS and the API allow"
        return Problem(ORIGIN, detail).respond(dict(answer.headers))


def is_prediction(path: str) -> bool:
    """Whether a path is one of those that read pictures."""
    return path in {"/predict", "/predict/batch"}


def _in_one_line(send: Send) -> Send:
    """Lets a start that fails for a known reason say it in one line instead of a traceback."""

    async def send_reason(message: Message) -> None:
        error = sys.exception()
        if message["type"] == "lifespan.startup.failed" and isinstance(error, ReaderError):
            message["message"] = f"cannot start: {error}"
        await send(message)

    return send_reason
