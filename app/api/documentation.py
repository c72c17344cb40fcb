"""The parts of the OpenAPI document that signatures cannot express."""

import base64
import json
from collections.abc import Iterable
from http import HTTPStatus
from importlib.resources import files
from typing import Any

from app.api.bodies import JSON, PICTURE_TYPES
from app.api.forms import MULTIPART
from app.api.problems import KINDS, MEDIA_TYPE, Problem
from app.api.schemas import PictureBody
from app.reading.example import EXAMPLE_PNG

HERE = "http://localhost:8000"
# Of what each operation answers, by its path.
EXAMPLES: dict[str, Any] = json.loads(files("app.api").joinpath("examples.json").read_text("utf-8"))
_PICTURE = {"type": "string", "format": "binary"}
_HEADERS = {"X-Request-ID": {"schema": {"type": "string"}, "description": "As in the log."}}


def predict_body() -> dict[str, Any]:
    """Returns the body of a prediction, in its three forms."""
    image = {"image": base64.b64encode(EXAMPLE_PNG).decode("ascii")}
    return _body(
        {
            JSON: {"schema": PictureBody.model_json_schema(), "example": image},
            **_form("file", {**_PICTURE, "description": "The picture."}),
            **{media_type: {"schema": _PICTURE} for media_type in PICTURE_TYPES},
        }
    )


def batch_body(max_pictures: int) -> dict[str, Any]:
    """Returns the body of a batch of at most ``max_pictures`` pictures."""
    files = {"type": "array", "minItems": 1, "maxItems": max_pictures, "items": _PICTURE}
    return _body(_form("files", {**files, "description": "The pictures."}))


def _body(content: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": content}}


def _form(field: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        MULTIPART: {
            "schema": {
                "type": "object",
                "required": [field],
                "additionalProperties": False,
                "properties": {field: schema},
            }
        }
    }


def describe(sentence: str, *arguments: str) -> str:
    """Returns the description of an operation, with a line that runs it in a shell."""
    return f"{sentence}\n\n```\ncurl {' '.join(arguments)}\n```\n"


def answers(path: str, model: Any, kinds: Iterable[str]) -> dict[int | str, dict[str, Any]]:
    """Returns what an operation answers: ``model``, None where it is text, or these problems."""
    media_type = JSON if model else "text/plain"
    example = {"example": EXAMPLES[path]} if path in EXAMPLES else {}
    good = {"description": "OK", "content": {media_type: example}}
    found: dict[int | str, dict[str, Any]] = {200: good | ({"model": model} if model else {})}
    for problem in (Problem(name, KINDS[name]["example"]) for name in kinds):
        phrase = HTTPStatus(problem.status).phrase
        schema = {"$ref": "#/components/schemas/ProblemAnswer"}
        content: dict[str, Any] = {MEDIA_TYPE: {"schema": schema, "examples": {}}}
        answer = found.setdefault(problem.status, {"description": phrase, "content": content})
        value = problem.to_dict("9f0c6d1e2b3a4c5d8e7f60718293a4b5")
        example = {"summary": value["title"], "value": value}
        answer["content"][MEDIA_TYPE]["examples"][problem.name] = example
    return {status: answer | {"headers": _HEADERS} for status, answer in found.items()}
