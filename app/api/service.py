"""The endpoints by which the service tells of itself."""

import dataclasses
from typing import Any

from fastapi import FastAPI
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import JSONResponse, PlainTextResponse, Response

from app.api import documentation
from app.api.answers import ArrayResponse
from app.api.errors import RequestError
from app.api.problems import KINDS
from app.api.schemas import HealthAnswer, KindAnswer, ModelAnswer
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
            "temperature": header.temperature,
            "thresholds": dataclasses.asdict(header.thresholds),
            "scores": header.scores,
        }
    )


async def livez() -> Response:
    """The process runs."""
    return ArrayResponse({"status": "ok"})


async def readyz(service: ServiceDependency) -> Response:
    """The reader is loaded and requests are welcome; 503 from SIGTERM on."""
    if service.is_draining:
        raise RequestError("stopping", "the service was told to stop; send requests elsewhere")
    return ArrayResponse({"status": "ok"})


async def metrics(service: ServiceDependency) -> Response:
    """Counters in the text format of Prometheus."""
    return Response(service.metrics.render(), headers={"Content-Type": CONTENT_TYPE_LATEST})


async def problems() -> Response:
    """The kinds of problems that errors are of."""
    return ArrayResponse(
        [
            {"type": f"/problems#{name}", "status": kind["status"], "title": kind["title"]}
            for name, kind in KINDS.items()
        ]
    )


def add_service_routes(app: FastAPI) -> None:
    """Adds the endpoints."""
    operations: list[tuple[Any, ...]] = [
        ("/model", model_card, "Model card", ModelAnswer),
        ("/livez", livez, "Is it alive?", HealthAnswer),
        ("/readyz", readyz, "Is it ready?", HealthAnswer, "stopping"),
        ("/healthz", readyz, "Is it ready? (its older name)", HealthAnswer, "stopping"),
        ("/metrics", metrics, "Metrics", None),
        ("/problems", problems, "Kinds of problems", list[KindAnswer]),
    ]
    for path, endpoint, summary, model, *kinds in operations:
        app.add_api_route(
            path,
            endpoint,
            tags=["service"],
            summary=summary,
            description=documentation.describe(endpoint.__doc__, documentation.HERE + path),
            response_class=JSONResponse if model else PlainTextResponse,
            response_model=None,
            responses=documentation.answers(path, model, ("internal", *kinds)),
        )
