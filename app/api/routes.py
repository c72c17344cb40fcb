"""The endpoints that answer in JSON."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from app.api import documentation
from app.api.answers import ArrayResponse, Explain, answer
from app.api.bodies import receive_pictures
from app.api.context import context_of
from app.api.errors import DrainingError
from app.api.fast_path import predict_one
from app.api.problems import (
    ALL_KINDS,
    BATCH_KINDS,
    INTERNAL,
    PREDICT_KINDS,
    STOPPING,
    Kind,
    to_problem,
)
from app.api.query import check_query
from app.api.schemas import HealthAnswer, KindAnswer, ModelAnswer, ReadingAnswer
from app.metrics import CONTENT_TYPE
from app.reading.pipeline import Read
from app.settings import Settings
from app.state import ServiceDependency
from model import vocabulary
from model.errors import PictureError

# What reads pictures; its requests are admitted one by one.
PREDICTION_PATHS = frozenset({"/predict", "/predict/batch"})

_Handler = Callable[..., Awaitable[Response]]


def add_prediction_routes(app: FastAPI, settings: Settings) -> None:
    """Adds what reads pictures."""
    # The limit is part of the document, so the signature is made here.
    explain_query = Query(
        description="What to add: where it looked, what the network saw, what was done to the ink."
    )
    alternatives_query = Query(
        ge=0, le=settings.max_alternatives, description="How many other readings to add."
    )

    async def predict(
        request: Request,
        service: ServiceDependency,
        explain: Annotated[list[Explain], explain_query] = [],  # noqa: B006  (FastAPI copies it)
        alternatives: Annotated[int, alternatives_query] = 0,
    ) -> Response:
        """Reads one picture: see its description in the document."""
        return await predict_one(request, service, explain=explain, num_alternatives=alternatives)

    async def predict_batch(
        request: Request,
        service: ServiceDependency,
        explain: Annotated[list[Explain], explain_query] = [],  # noqa: B006
        alternatives: Annotated[int, alternatives_query] = 0,
    ) -> Response:
        """Reads several pictures: see its description in the document."""
        pictures = await receive_pictures(request, service)
        context_of(request).permit.admit(len(pictures))
        config = service.engine.header.config

        async def read_or_problem(data: bytes) -> Read | PictureError:
            try:
                return await service.pipeline.read(data, return_attention="attention" in explain)
            except PictureError as error:
                return error

        content: list[dict[str, Any]] = []
        for read in await asyncio.gather(*map(read_or_problem, pictures)):
            if isinstance(read, PictureError):
                content.append({"error": to_problem(read).to_dict(None)})
                continue
            service.metrics.observe_picture(read.timing)
            content.append(
                answer(read, config, service.model, explain=explain, num_alternatives=alternatives)
            )
        context_of(request).log_fields["pictures"] = len(pictures)
        return ArrayResponse(content)

    app.add_api_route(
        "/predict",
        predict,
        methods=["POST"],
        tags=["reading"],
        summary="Read a picture",
        description=documentation.describe(
            "Reads one picture of a grid, sent in any of three forms: as field `file` of a "
            "multipart form, as the body itself, or in JSON as base64; the answer is the same. "
            "Any size, dark on light or light on dark; nothing of it is kept. A parameter or a "
            "field that is not named here is refused.",
            "-F file=@docs/grid.png",
            f"{documentation.HERE}/predict",
        ),
        dependencies=[Depends(check_query)],
        response_model=None,
        openapi_extra=documentation.PREDICT_BODY,
        responses=documentation.answers(
            {"model": ReadingAnswer, "content": documentation.PREDICT_EXAMPLE}, PREDICT_KINDS
        ),
    )
    app.add_api_route(
        "/predict/batch",
        predict_batch,
        methods=["POST"],
        tags=["reading"],
        summary="Read several pictures",
        description=documentation.describe(
            "Reads several pictures, sent as repeated field `files` of a multipart form. The "
            "answers stand in the order of the pictures. For a picture that cannot be read there "
            "is an object with the problem in its place.",
            "-F files=@docs/grid.png -F files=@README.md",
            f"{documentation.HERE}/predict/batch",
        ),
        dependencies=[Depends(check_query)],
        response_model=None,
        openapi_extra=documentation.batch_body(settings.max_batch_pictures),
        responses=documentation.answers(
            {"model": documentation.BatchAnswer, "content": documentation.BATCH_EXAMPLE},
            BATCH_KINDS,
        ),
    )


def add_service_routes(app: FastAPI) -> None:
    """Adds what the service says about itself."""

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
        kinds = {kind.uri: kind for kind in ALL_KINDS}
        return ArrayResponse(
            [
                {"type": uri, "status": kind.status, "title": kind.title}
                for uri, kind in kinds.items()
            ]
        )

    def add(
        path: str,
        handler: _Handler,
        summary: str,
        good: dict[str, Any],
        kinds: tuple[Kind, ...] = (INTERNAL,),
        form: type[Response] = JSONResponse,
    ) -> None:
        app.add_api_route(
            path,
            handler,
            methods=["GET"],
            tags=["service"],
            summary=summary,
            description=documentation.describe(handler.__doc__ or "", documentation.HERE + path),
            response_class=form,
            response_model=None,
            responses=documentation.answers(good, kinds),
        )

    health = {"model": HealthAnswer, "content": documentation.HEALTH_EXAMPLE}
    ready = (INTERNAL, STOPPING)
    add("/model", model_card, "Model card", {"model": ModelAnswer})
    add("/livez", livez, "Is it alive?", health)
    add("/readyz", readyz, "Is it ready?", health, ready)
    add("/healthz", readyz, "Is it ready? (the same under its older name)", health, ready)
    add("/metrics", metrics, "Metrics", documentation.METRICS_ANSWER, form=PlainTextResponse)
    add(
        "/problems",
        problems,
        "Kinds of problems",
        {"model": list[KindAnswer], "content": documentation.KINDS_EXAMPLE},
    )
