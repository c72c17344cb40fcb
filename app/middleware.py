"""What every request meets on its way in and out: its id, its log line, its headers."""

import sys
import time
from typing import Any

from asgi_correlation_id import correlation_id
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import OverloadedError
from app.logs import get_log
from app.metrics import Metrics
from app.problems import INTERNAL, to_problem
from model.errors import ReaderError

_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "manifest-src 'self'; worker-src 'self'"
)
# Swagger's page styles its elements one by one.
_DOCS_CSP = _CSP.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")

_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"camera=(self), microphone=(), geolocation=(), payment=(), usb=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
)
_PAGE_HEADERS = (*_HEADERS, (b"content-security-policy", _CSP.encode()))
_DOCS_HEADERS = (*_HEADERS, (b"content-security-policy", _DOCS_CSP.encode()))

# A client that has gone gets no answer; the log and the metrics say so with nginx's number.
_CLIENT_GONE = 499


class Switchboard:
    """What changes while a process serves: how much it is doing, and whether it will go on."""

    def __init__(self) -> None:
        self.in_flight = 0
        """Predictions being worked on."""
        self.is_draining = False
        """SIGTERM came: no new work is wanted."""


class Observe:
    """Logs, counts and bounds requests, sets headers, and answers what nobody else could.

    Args:
        app: The app behind.
        metrics: Counts.
        switchboard: Counts what is in flight.
        routes: Paths by whose name a request is logged and counted; others are named ``other``.
        max_concurrent: Most predictions worked on at once.
    """

    def __init__(
        self,
        app: ASGIApp,
        metrics: Metrics,
        switchboard: Switchboard,
        routes: frozenset[str],
        max_concurrent: int,
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._switchboard = switchboard
        self._routes = routes
        self._max_concurrent = max_concurrent
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
        headers = _DOCS_HEADERS if route == "/docs" else _PAGE_HEADERS
        # Notes of the handlers for the log line; numbers and names, nothing that was sent.
        notes: dict[str, Any] = {}
        scope.setdefault("state", {})["notes"] = notes
        status = _CLIENT_GONE
        switchboard = self._switchboard

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), *headers]
                if switchboard.is_draining:
                    message["headers"].append((b"connection", b"close"))
            await send(message)

        is_prediction = route.startswith("/predict") and scope["method"] == "POST"
        switchboard.in_flight += is_prediction
        try:
            if is_prediction and switchboard.in_flight > self._max_concurrent:
                notes["problem"] = "overloaded"
                refusal = to_problem(
                    OverloadedError(f"expected at most {self._max_concurrent} predictions at once")
                ).respond()
                await refusal(scope, receive, send_with_headers)
            else:
                await self._app(scope, receive, send_with_headers)
        except ClientDisconnect:
            status = _CLIENT_GONE
        except Exception as error:
            self._log.error("failed", request_id=correlation_id.get(), route=route, exc_info=error)
            if status != _CLIENT_GONE:
                raise  # an answer has begun: the connection has to be cut
            notes["problem"] = INTERNAL.name
            await to_problem(error).respond()(scope, receive, send_with_headers)
        finally:
            switchboard.in_flight -= is_prediction
            seconds = time.perf_counter() - started
            self._metrics.observe_request(route, status, seconds)
            self._log.info(
                "request",
                request_id=correlation_id.get(),
                method=scope["method"][:10],
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


def _in_one_line(send: Send) -> Send:
    """Lets a start that fails for a known reason say it in one line instead of a traceback."""

    async def send_reason(message: Message) -> None:
        error = sys.exception()
        if message["type"] == "lifespan.startup.failed" and isinstance(error, ReaderError):
            message["message"] = f"cannot start: {error}"
        await send(message)

    return send_reason
