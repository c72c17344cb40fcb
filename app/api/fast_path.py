"""Predictions without parameters, answered past FastAPI's routing: see decision 0009."""

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.predictions import predict_one


class PredictFastPath:
    """Answers ``POST /predict`` where there is no query, and leaves the rest to the app.

    Finding the route, its dependencies and its parameters costs a quarter of a small prediction.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles a request."""
        is_plain = (
            scope["type"] == "http"
            and scope["path"] == "/predict"
            and scope["method"] == "POST"
            and not scope["query_string"]
        )
        if is_plain:
            response = await predict_one(Request(scope, receive), scope["state"]["service"])
            await response(scope, receive, send)
        else:
            await self._app(scope, receive, send)
