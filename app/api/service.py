"""The endpoints by which the service tells of itself."""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import FastAPI
from starlette.responses import JSONResponse, PlainTextResponse, Response

from app.api import documentation
from app.api.answers import ArrayResponse
from app.api.errors import DrainingError
from app.api.problems import KINDS
from app.api.schemas import HealthAnswer, KindAnswer, ModelAnswer
from app.metrics import CONTENT_TYPE
from app.state import ServiceDependency
from model import vocabulary


async def model_card(service: ServiceDependency) -> Response:
    """The model card: architecture, where the reader comes from, how good it is."""
    header = service.engine.header
    return ArrayResponse(
        {
            **service.model,
            "engine": service.settings.engine,
            "config": header.config.to_dict(),
            "vocabulary": vocabulary.NAMES,
            "provenance": header.provenance,
            "calibration": header.calibration,
            "scores": header.scores,
        }
    )


async def livez() -> Response:
    """The process runs."""
    return ArrayResponse({"status": "ok"})


async def readyz(service: ServiceDependency) -> Response:
    """The reader is loaded and requests are welcome; 503 from SIGTERM on."""
    if service.lifecycle.is_draining:
        raise DrainingError("the service was told to stop; send requests elsewhere")
    return ArrayResponse({"status": "ok"})


async def metrics(service: ServiceDependency) -> Response:
    """Counters in the text format of Prometheus."""
    return Response(service.metrics.render(), headers={"Content-Type": CONTENT_TYPE})


async def problems() -> Response:
    """The kinds of problems that errors are of."""
    return ArrayResponse(
        [{"type": kind.uri, "status": kind.status, "title": kind.title} for kind in KINDS.values()]
    )


def add_service_routes(app: FastAPI) -> None:
    """Adds the endpoints."""

    def add(
        path: str,
        endpoint: Callable[..., Awaitable[Response]],
        summary: str,
        model: Any,
        *kinds: str,
    ) -> None:
        app.add_api_route(
            path,
            endpoint,
            tags=["service"],
            summary=summary,
            description=documentation.describe(endpoint.__doc__ or "", documentation.HERE + path),
            response_class=JSONResponse if model else PlainTextResponse,
            response_model=None,
            responses=documentation.answers(path, model, ("internal", *kinds)),
        )

    add("/model", model_card, "Model card", ModelAnswer)
    add("/livez", livez, "Is it alive?", HealthAnswer)
    add("/readyz", readyz, "Is it ready?", HealthAnswer, "stopping")
    older = "Is it ready? (the same under its older name)"
    add("/healthz", readyz, older, HealthAnswer, "stopping")
    add("/metrics", metrics, "Metrics", None)
    add("/problems", problems, "Kinds of problems", list[KindAnswer])
