"""What every request meets on its way in and out: its id, its log line, its headers, its limits."""

import sys
import time
from random import getrandbits

from asgi_correlation_id import correlation_id
from asgi_correlation_id.middleware import is_valid_uuid4
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.headers import DOCS_HEADERS, HEADERS
from app.logs import get_log
from app.metrics import Metrics
from app.problems import INTERNAL, ORIGIN, Problem, to_problem
from app.traffic import CLIENT_GONE, Exchange, Switchboard
from app.whole import Whole
from model.errors import ReaderError

_RENDERED = {
    headers: b"".join(b"%b: %b\r\n" % header for header in headers)
    for headers in (HEADERS, DOCS_HEADERS)
}


class Observe:
    """Gives requests their ids, logs and counts them, sets the headers of every answer.

    It answers HEAD as GET, and stands around everything else: what frameworks put around an app of
    their own costs a small prediction more than reading its body.

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
        method = scope["method"]
        is_head = method == "HEAD" and route in self._routes and not is_prediction(route)
        if is_head:
            scope = {**scope, "method": "GET"}
        exchange = Exchange(_request_id(scope))
        scope.setdefault("state", {})["exchange"] = exchange
        correlation_id.set(exchange.request_id)
        try:
            await self._app(scope, receive, self._answering(scope, exchange, route, send, is_head))
        except ClientDisconnect:
            exchange.status = CLIENT_GONE
        finally:
            seconds = time.perf_counter() - started
            self._metrics.observe_request(route, exchange.status, seconds)
            self._log.info(
                "request",
                request_id=exchange.request_id,
                method=method[:10],
                route=route,
                status=exchange.status,
                milliseconds=round(seconds * 1000, 2),
                **exchange.notes,
            )

    def _answering(
        self, scope: Scope, exchange: Exchange, route: str, send: Send, is_head: bool
    ) -> Send:
        """The way out: the head of an answer waits for the first piece of its body."""
        constant = DOCS_HEADERS if route == "/docs" else HEADERS
        rendered = _RENDERED[constant]
        request_id = (b"x-request-id", exchange.request_id.encode("latin-1"))
        whole: Whole | None = scope["state"].get("whole")
        head: Message | None = None

        async def send_with_headers(message: Message) -> None:
            nonlocal head
            if message["type"] == "http.response.start":
                head = message
                return
            body = message.get("body", b"")
            if head is not None:
                beginning, head = head, None
                status = exchange.status = beginning["status"]
                headers = [*beginning.get("headers", ()), request_id]
                if self._switchboard.is_draining:
                    headers.append((b"connection", b"close"))
                is_whole = not message.get("more_body", False)
                if whole and is_whole and whole.answer(status, headers, rendered, body):
                    return
                await send({**beginning, "headers": [*headers, *constant]})
            await send({**message, "body": b""} if is_head else message)

        return send_with_headers

    def _route(self, path: str) -> str:
        if path in self._routes:
            return path
        top = "/" + path[1:].partition("/")[0]
        return top if top in {"/static", "/docs"} else "other"


class Guard:
    """Bounds predictions, and answers what nobody else could.

    Args:
        app: The app behind.
        switchboard: Says how much is too much.
    """

    def __init__(self, app: ASGIApp, switchboard: Switchboard) -> None:
        self._app = app
        self._switchboard = switchboard
        self._log = get_log()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange: Exchange = scope["state"]["exchange"]
        try:
            if scope["method"] == "POST" and is_prediction(scope["path"]):
                self._switchboard.admit(exchange, 1)
            await self._app(scope, receive, send)
        except ClientDisconnect:
            raise
        except Exception as error:
            problem = to_problem(error)
            exchange.notes["problem"] = problem.name
            if problem.kind is INTERNAL:
                self._log.error("failed", request_id=exchange.request_id, exc_info=error)
            if exchange.status != CLIENT_GONE:
                raise  # an answer has begun: the connection has to be cut
            await problem.respond()(scope, receive, send)
        finally:
            if exchange.num_pictures:
                self._switchboard.release(exchange)


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


def _request_id(scope: Scope) -> str:
    """The id that came with a request, if it is one, or a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            came: str = value.decode("latin-1")
            return came if is_valid_uuid4(came) else _new_id()
    return _new_id()


def _new_id() -> str:
    """Unique, and no secret: the kernel need not be asked for each."""
    return f"{getrandbits(128):032x}"


def _in_one_line(send: Send) -> Send:
    """Lets a start that fails for a known reason say it in one line instead of a traceback."""

    async def send_reason(message: Message) -> None:
        error = sys.exception()
        if message["type"] == "lifespan.startup.failed" and isinstance(error, ReaderError):
            message["message"] = f"cannot start: {error}"
        await send(message)

    return send_reason
