"""One prediction: from a request to its answer, and the short way there."""

from collections.abc import Collection

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.answers import ArrayResponse, Explain, answer
from app.bodies import receive_picture
from app.state import Service
from app.traffic import exchange_of


async def predict_one(
    request: Request, service: Service, *, explain: Collection[Explain], num_alternatives: int
) -> Response:
    """Receives one picture, reads it and answers.

    Raises:
        RequestError: The body holds no picture that can be received.
        PictureError: The picture cannot be read.
    """
    data = await receive_picture(request, service)
    read = await service.pipeline.read(data, return_attention="attention" in explain)
    service.metrics.observe_picture(read.timing)
    timing = read.timing
    exchange_of(request).notes.update(
        decode_ms=timing.decode, ink_ms=timing.ink, network_ms=timing.network
    )
    config = service.engine.header.config
    return ArrayResponse(
        answer(read, config, service.model, explain=explain, num_alternatives=num_alternatives)
    )


class PlainPredictions:
    """Answers predictions that ask for nothing more than the reading, past FastAPI's routing.

    Finding the route, its dependencies and its parameters costs about as much as decoding a small
    picture. Where there are no parameters, there is nothing to find.

    Args:
        app: Answers everything else, and what has parameters.
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
        if not is_plain:
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        service: Service = scope["state"]["service"]
        response = await predict_one(request, service, explain=(), num_alternatives=0)
        await response(scope, receive, send)
