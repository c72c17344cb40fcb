"""ASGI middleware around the API: access log, error handling, calls from other origins."""

import sys
import time
from functools import partial
from random import getrandbits

from asgi_correlation_id import correlation_id
from asgi_correlation_id.middleware import is_valid_uuid4
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.context import CLIENT_CLOSED_REQUEST, RequestContext
from app.api.predictions import PREDICTION_PATHS, predict_one
from app.api.problems import KINDS, Problem, to_problem
from app.logs import get_log
from app.metrics import Metrics
from app.serving.admission import AdmissionControl, Permit
from app.serving.security_headers import DOCS_HEADERS, HEADERS
from model.errors import ReaderError


class AccessLogMiddleware:
    """Makes the context of each request; logs and counts it; sets the headers of every answer.

    It answers HEAD as GET, and stands around everything else. A request is logged and counted by
    its path where that is one of ``routes``, else as ``other``.
    """

    def __init__(
        self, app: ASGIApp, metrics: Metrics, admission: AdmissionControl, routes: frozenset[str]
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._admission = admission
        self._routes = routes
        self._log = get_log()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles a request, or the start and end of the app."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, partial(_say_why, send))
            return
        if scope["type"] != "http":
            return
        started = time.perf_counter()
        route = self._route(scope["path"])
        method = scope["method"]
        is_head = method == "HEAD" and route in self._routes and route not in PREDICTION_PATHS
        if is_head:
            scope = {**scope, "method": "GET"}
        permit = Permit(self._admission)
        context = RequestContext(_request_id(scope), permit.admit, permit.hold)
        scope["state"]["context"] = context
        correlation_id.set(context.request_id)
        headers = DOCS_HEADERS if route == "/docs" else HEADERS

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                context.status = message["status"]
                own = [(b"x-request-id", context.request_id.encode("latin-1"))]
                if scope["state"]["service"].is_draining:
                    own.append((b"connection", b"close"))
                message["headers"] = [*message.get("headers", ()), *own, *headers]
            elif is_head:
                message["body"] = b""
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except ClientDisconnect:
            context.status = CLIENT_CLOSED_REQUEST
        finally:
            permit.release()
            seconds = time.perf_counter() - started
            self._metrics.observe_request(route, context.status, seconds)
            self._log.info(
                "request",
                request_id=context.request_id,
                method=method[:10],
                route=route,
                status=context.status,
                milliseconds=round(seconds * 1000, 2),
                **context.log_fields,
            )

    def _route(self, path: str) -> str:
        if path in self._routes:
            return path
        top = "/" + path[1:].partition("/")[0]
        return top if top in {"/static", "/docs"} else "other"


class ErrorHandlingMiddleware:
    """Admits predictions, answers the plain ones, and errors that the app itself did not answer.

    Finding the route, its dependencies and its parameters costs a quarter of a small prediction;
    one without parameters is answered past FastAPI's routing: see decision 0009.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        context: RequestContext = scope["state"]["context"]
        try:
            is_prediction = scope["method"] == "POST" and scope["path"] in PREDICTION_PATHS
            if is_prediction:
                context.admit(1)
            if is_prediction and scope["path"] == "/predict" and not scope["query_string"]:
                response = await predict_one(Request(scope, receive), scope["state"]["service"])
                await response(scope, receive, send)
            else:
                await self._app(scope, receive, send)
        except ClientDisconnect:
            raise
        except Exception as error:
            problem = to_problem(error)
            context.log_fields["problem"] = problem.name
            if problem.name == "internal":
                get_log().error("failed", request_id=context.request_id, exc_info=error)
            if context.status == CLIENT_CLOSED_REQUEST:  # no answer has begun
                await problem.respond()(scope, receive, send)
            elif context.status != problem.status:
                raise  # the connection has to be cut


class ProblemCORSMiddleware(CORSMiddleware):
    """Lets pages of other origins call the service; refuses as all else does: by a problem."""

    def preflight_response(self, request_headers: Headers) -> Response:
        """Answers what a browser asks before it lets a page send a request."""
        answer = super().preflight_response(request_headers)
        if answer.status_code < 400:
            return answer
        headers = {name: value for name, value in answer.headers.items() if "content" not in name}
        return Problem("origin", KINDS["origin"]["example"]).respond(headers)


def _request_id(scope: Scope) -> str:
    """The id that came with a request, if it is one, or a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and is_valid_uuid4(came := value.decode("latin-1")):
            return str(came)
    return f"{getrandbits(128):032x}"  # unique, and no secret: the kernel need not be asked


async def _say_why(send: Send, message: Message) -> None:
    """Has a start that fails for a known reason say it in one line instead of a traceback."""
    error = sys.exception()
    if message["type"] == "lifespan.startup.failed" and isinstance(error, ReaderError):
        message["message"] = f"cannot start: {error}"
    await send(message)
