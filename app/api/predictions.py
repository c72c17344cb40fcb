"""The endpoints that read pictures."""

import asyncio
from collections.abc import Collection
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, Query, Request, Response

from app.api import documentation
from app.api.answers import ArrayResponse, Explain, TableResponse, answer
from app.api.bodies import receive_picture, receive_pictures
from app.api.context import context_of
from app.api.problems import BATCH_KINDS, PREDICT_KINDS, to_problem
from app.api.query import check_query, wanted_grid, wants_table
from app.api.schemas import BatchAnswer, ReadingAnswer
from app.reading.looks import MOST_CELLS, MOST_LINES, Wanted
from app.reading.pipeline import Read
from app.settings import Settings
from app.state import Service, ServiceDependency
from model.errors import PictureError

# Their requests are admitted one by one.
PREDICTION_PATHS = frozenset({"/predict", "/predict/batch"})


async def predict_one(
    request: Request,
    service: Service,
    wanted: Wanted | None = None,
    explain: Collection[Explain] = (),
    num_alternatives: int = 0,
) -> Response:
    """Receives one picture, reads it and answers.

    Raises:
        RequestError: The body holds no picture that can be received.
        PictureError: The picture cannot be read.
    """
    picture = await receive_picture(request, service)
    read = await _read(picture, service, wanted, explain)
    for stage, milliseconds in read.timing._asdict().items():
        context_of(request).log_fields[f"{stage}_ms"] = milliseconds
    if wants_table(request.headers.get("accept", "")):
        return TableResponse(read, explain)
    return ArrayResponse(answer(read, service, explain, num_alternatives))


async def _read(
    picture: bytes, service: Service, wanted: Wanted | None, explain: Collection[Explain]
) -> Read:
    read = await service.pipeline.read(
        picture, wanted=wanted, return_attention="attention" in explain
    )
    service.metrics.observe_picture(read.timing)
    return read


def add_prediction_routes(app: FastAPI, settings: Settings) -> None:
    """Adds the endpoints; limits are part of their documentation."""
    text = (
        "What to add: where it looked, what the network saw, what was done to the ink, where the "
        "cells were found, which of them are doubtful."
    )
    explain_query = Query(description=text)
    text = "How many other readings to add."
    alternatives_query = Query(ge=0, le=settings.max_alternatives, description=text)
    text = (
        f"Rows of the grid; with its columns at most {MOST_CELLS} cells. A lone digit has 1 row "
        "and 1 column. Without it as many as the reader's own grid has."
    )
    rows_query = Query(ge=1, le=MOST_LINES, description=text)
    text = "Columns of the grid. Without it as many as the reader's own grid has."
    columns_query = Query(ge=1, le=MOST_LINES, description=text)
    text = "auto: rows and columns are counted in the picture, by its lines or its digits."
    layout_query = Query(description=text)
    checks = [Depends(check_query)]
    post = partial(app.post, tags=["reading"], dependencies=checks, response_model=None)
    path = "/predict"

    @post(
        path,
        summary="Read a picture",
        description=documentation.describe(
            "Reads one picture of a grid, sent in any of three forms: as field `file` of a "
            "multipart form, as the body itself, or in JSON as base64; the answer is the same. "
            "Any size, dark on light or light on dark; nothing of it is kept. A parameter or a "
            "field that is not named here is refused.",
            f"-F file=@docs/grid.png {documentation.HERE}{path}",
        ),
        openapi_extra=documentation.predict_body(),
        responses=documentation.answers(path, ReadingAnswer, PREDICT_KINDS),
    )
    async def predict(
        request: Request,
        service: ServiceDependency,
        explain: Annotated[list[Explain], explain_query] = [],  # noqa: B006  (FastAPI copies it)
        alternatives: Annotated[int, alternatives_query] = 0,
        rows: Annotated[int | None, rows_query] = None,
        columns: Annotated[int | None, columns_query] = None,
        layout: Annotated[Literal["auto"] | None, layout_query] = None,
    ) -> Response:
        wanted = wanted_grid(service.engine.header.config, rows, columns, layout)
        return await predict_one(request, service, wanted, explain, alternatives)

    path = "/predict/batch"

    @post(
        path,
        summary="Read several pictures",
        description=documentation.describe(
            "Reads several pictures, sent as repeated field `files` of a multipart form. The "
            "answers stand in the order of the pictures. For a picture that cannot be read there "
            "is an object with the problem in its place.",
            f"-F files=@docs/grid.png -F files=@README.md {documentation.HERE}{path}",
        ),
        openapi_extra=documentation.batch_body(settings.max_batch_pictures),
        responses=documentation.answers(path, BatchAnswer, BATCH_KINDS),
    )
    async def predict_batch(
        request: Request,
        service: ServiceDependency,
        explain: Annotated[list[Explain], explain_query] = [],  # noqa: B006
        alternatives: Annotated[int, alternatives_query] = 0,
        rows: Annotated[int | None, rows_query] = None,
        columns: Annotated[int | None, columns_query] = None,
        layout: Annotated[Literal["auto"] | None, layout_query] = None,
    ) -> Response:
        wanted = wanted_grid(service.engine.header.config, rows, columns, layout)
        pictures = await receive_pictures(request, service)
        context_of(request).admit(len(pictures))

        async def read_or_problem(picture: bytes) -> dict[str, Any]:
            try:
                read = await _read(picture, service, wanted, explain)
                return answer(read, service, explain, alternatives)
            except PictureError as error:
                return {"error": to_problem(error).to_dict(None)}

        content = await asyncio.gather(*map(read_or_problem, pictures))
        context_of(request).log_fields["pictures"] = len(pictures)
        return ArrayResponse(content)
