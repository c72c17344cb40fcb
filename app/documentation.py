"""What the OpenAPI document says beside the signatures, and the page that shows it."""

import base64
from collections.abc import Iterable
from http import HTTPStatus
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

from app.bodies import JSON, MULTIPART, PICTURE_TYPES
from app.images import encode_png
from app.problems import MEDIA_TYPE
from app.schemas import BatchError, PictureBody, ProblemAnswer, ReadingAnswer

BatchAnswer = list[ReadingAnswer | BatchError]

METRICS_ANSWER: dict[str, Any] = {
    "description": "Counters",
    "content": {"text/plain": {"schema": {"type": "string"}}},
}


def _example_png() -> bytes:
    """A picture to try the service with: a 7, a 1, nothing, and a 4, of straight strokes."""
    pixels = np.zeros((56, 56), np.uint8)
    strokes = (
        *((7, 5, 19, 5), (19, 5, 12, 22)),
        (42, 5, 42, 22),
        *((38, 33, 36, 42), (36, 42, 47, 42), (45, 33, 43, 50)),
    )
    for x0, y0, x1, y1 in strokes:
        steps = max(abs(x1 - x0), abs(y1 - y0)) + 1
        x = np.linspace(x0, x1, steps).astype(int)
        y = np.linspace(y0, y1, steps).astype(int)
        for down, right in np.ndindex(2, 2):
            pixels[y + down, x + right] = 255
    return encode_png(pixels)


EXAMPLE_PNG = _example_png()

_PICTURE = {"type": "string", "format": "binary"}

PREDICT_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {
                "schema": PictureBody.model_json_schema(),
                "example": {"image": base64.b64encode(EXAMPLE_PNG).decode("ascii")},
            },
            MULTIPART: {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {**_PICTURE, "description": "The picture."}},
                }
            },
            **{media_type: {"schema": _PICTURE} for media_type in PICTURE_TYPES},
        },
    }
}

PREDICT_EXAMPLE: dict[str, Any] = {
    "application/json": {
        "example": {
            "digits": [7, 1, None, 4],
            "reading": "71_4",
            "confidence": 0.972,
            "cells": [
                {
                    "row": number // 2,
                    "column": number % 2,
                    "digit": digit,
                    "confidence": 0.99,
                    "probabilities": [
                        0.99 if symbol == (10 if digit is None else digit) else 0.001
                        for symbol in range(11)
                    ],
                    "ink_box": None if digit is None else [7 + 28 * (number % 2), 5, 21, 24],
                }
                for number, digit in enumerate((7, 1, None, 4))
            ],
            "alternatives": [{"digits": [7, 1, None, 9], "probability": 0.011}],
            "warnings": [],
            "model": {"name": "digit-grid-reader", "sha256": "dc07…"},
            "timing_ms": {"decode": 0.06, "ink": 0.1, "network": 0.5},
        }
    }
}


def batch_body(most: int) -> dict[str, Any]:
    """Returns the body of a batch of at most ``most`` pictures."""
    return {
        "requestBody": {
            "required": True,
            "content": {
                MULTIPART: {
                    "schema": {
                        "type": "object",
                        "required": ["files"],
                        "properties": {
                            "files": {
                                "type": "array",
                                "minItems": 1,
                                "maxItems": most,
                                "items": _PICTURE,
                                "description": "The pictures.",
                            }
                        },
                    }
                }
            },
        }
    }


def answers(good: dict[str, Any], statuses: Iterable[int]) -> dict[int | str, dict[str, Any]]:
    """Returns what an operation answers: the good answer, and a problem for each status."""
    problem: dict[int | str, dict[str, Any]] = {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemAnswer"}}},
        }
        for status in statuses
    }
    return {200: {"description": "OK", **good}, **problem}


def install_document(app: FastAPI) -> None:
    """Makes the OpenAPI document hold the schema of problems."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = generate()
            schema = ProblemAnswer.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            schemas.update(schema.pop("$defs", {}))
            schemas["ProblemAnswer"] = schema
            for unused in ("HTTPValidationError", "ValidationError"):
                schemas.pop(unused, None)
        assert app.openapi_schema is not None
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def add_documentation_routes(app: FastAPI) -> None:
    """Adds ``/docs``, with all that it shows served from here."""
    page = get_swagger_ui_html(
        openapi_url="/openapi.json",
        title=app.title,
        swagger_js_url="/docs/assets/swagger-ui-bundle.js",
        swagger_css_url="/docs/assets/swagger-ui.css",
        swagger_favicon_url="/static/icon.svg",
    )
    # The page's own script stands in the page; the content security policy wants it in a file.
    text = bytes(page.body).decode()
    head, _, rest = text.partition("<script>")
    script, _, tail = rest.partition("</script>")
    html = f'{head}<script src="/docs/start.js"></script>{tail}'

    async def docs() -> Response:
        return HTMLResponse(html)

    async def start_script() -> Response:
        return Response(script, media_type="text/javascript")

    app.add_api_route("/docs", docs, methods=["GET"], include_in_schema=False)
    app.add_api_route("/docs/start.js", start_script, methods=["GET"], include_in_schema=False)
    assets = Path(str(files("fastapi_offline"))) / "static"
    app.mount("/docs/assets", StaticFiles(directory=assets))
