"""ASGI middleware around the API: access log, error handling, calls from other origins."""

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

from app.api.context import CLIENT_CLOSED_REQUEST, RequestContext
from app.api.predictions import PREDICTION_PATHS
from app.api.problems import KINDS, Problem, to_problem
from app.logs import get_log
from app.metrics import Metrics
from app.serving.admission import AdmissionControl, Permit
from app.serving.security_headers import DOCS_HEADERS, HEADERS
from app.state import Lifecycle
from model.errors import ReaderError


class AccessLogMiddleware:
    """Makes the context of each request; logs and counts it; sets the headers of every answer.

    It answers HEAD as GET, and stands around everything else. A request is logged and counted by
    its path where that is one of ``routes``, else as ``other``.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        metrics: Metrics,
        admission: AdmissionControl,
        lifecycle: Lifecycle,
        routes: frozenset[str],
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._admission = admission
        self._lifecycle = lifecycle
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
        is_head = method == "HEAD" and route in self._routes and route not in PREDICTION_PATHS
        if is_head:
            scope = {**scope, "method": "GET"}
        context = RequestContext(_request_id(scope), Permit(self._admission))
        scope.setdefault("state", {})["context"] = context
        correlation_id.set(context.request_id)
        headers = DOCS_HEADERS if route == "/docs" else HEADERS

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                context.status = message["status"]
                own = [(b"x-request-id", context.request_id.encode("latin-1"))]
                if self._lifecycle.is_draining:
                    own.append((b"connection", b"close"))
                message["headers"] = [*message.get("headers", ()), *own, *headers]
            elif is_head:
                message["body"] = b""
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except ClientDisconnect:
            context.status = CLIENT_CLOSED_REQUEST
            context.log_fields.pop("problem", None)  # no error of ours
        finally:
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
    """Admits predictions, and answers errors that the app itself did not."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        context: RequestContext = scope["state"]["context"]
        try:
            if scope["method"] == "POST" and scope["path"] in PREDICTION_PATHS:
                context.permit.admit(1)
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
        finally:
            context.permit.release()


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


def _in_one_line(send: Send) -> Send:
    """Lets a start that fails for a known reason say it in one line instead of a traceback."""

    async def send_reason(message: Message) -> None:
        error = sys.exception()
        if message["type"] == "lifespan.startup.failed" and isinstance(error, ReaderError):
            message["message"] = f"cannot start: {error}"
        await send(message)

    return send_reason
