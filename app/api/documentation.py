"""What the OpenAPI document says beside the signatures."""

import base64
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI

from app.api.bodies import JSON, PICTURE_TYPES
from app.api.forms import MULTIPART
from app.api.problems import MEDIA_TYPE, Kind
from app.api.schemas import BatchError, PictureBody, ProblemAnswer, ReadingAnswer
from app.reading.example import EXAMPLE_PNG

HERE = "http://localhost:8000"
BatchAnswer = list[ReadingAnswer | BatchError]

METRICS_ANSWER: dict[str, Any] = {
    "description": "Counters",
    "content": {
        "text/plain": {
            "schema": {"type": "string"},
            "example": 'requests_total{route="/predict",status="200"} 2.0\n',
        }
    },
}
HEALTH_EXAMPLE: dict[str, Any] = {"application/json": {"example": {"status": "ok"}}}
KINDS_EXAMPLE: dict[str, Any] = {
    "application/json": {
        "example": [
            {
                "type": "/problems#picture-too-large",
                "status": 413,
                "title": "The picture is too large",
            }
        ]
    }
}

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
                    "additionalProperties": False,
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
                    "ink_box": None if digit is None else [84 * (number % 2) + 20, 15, 64, 72],
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
                        "additionalProperties": False,
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


_READING: dict[str, Any] = PREDICT_EXAMPLE["application/json"]["example"]
BATCH_EXAMPLE: dict[str, Any] = {
    "application/json": {
        "example": [
            _READING,
            {
                "error": {
                    "type": "/problems#picture-unreadable",
                    "title": "The picture cannot be read",
                    "status": 422,
                    "detail": "the picture is damaged: image file is truncated",
                }
            },
        ]
    }
}


def describe(sentence: str, *arguments: str) -> str:
    """Returns the description of an operation, with a line that runs it in a shell."""
    return f"{sentence}\n\n```\ncurl {' '.join(arguments)}\n```\n"


def answers(good: dict[str, Any], kinds: Iterable[Kind]) -> dict[int | str, dict[str, Any]]:
    """Returns what an operation answers: the good answer, and the problems that it may have."""
    id_header = {"X-Request-ID": {"schema": {"type": "string"}, "description": "As in the log."}}
    found: dict[int | str, dict[str, Any]] = {200: {"description": "OK", **good}}
    for kind in kinds:
        problem = found.setdefault(
            kind.status,
            {
                "description": HTTPStatus(kind.status).phrase,
                "content": {
                    MEDIA_TYPE: {
                        "schema": {"$ref": "#/components/schemas/ProblemAnswer"},
                        "examples": {},
                    }
                },
            },
        )
        problem["content"][MEDIA_TYPE]["examples"][kind.name] = {
            "summary": kind.title,
            "value": {
                "type": kind.uri,
                "title": kind.title,
                "status": kind.status,
                "detail": kind.example,
                "request_id": "9f0c6d1e2b3a4c5d8e7f60718293a4b5",
            },
        }
    for answer in found.values():
        answer["headers"] = id_header
    return found


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
