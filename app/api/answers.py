"""A reading becomes the JSON of an answer, straight from the arrays."""

import base64
import math
from collections.abc import Collection
from http import HTTPStatus
from typing import Any, Literal

import numpy as np
import orjson
from numpy.typing import NDArray
from starlette.responses import Response

from app.reading.images import encode_png
from app.reading.pipeline import Read
from app.reading.tables import doubtful_to_csv, find_doubtful, to_csv, to_text
from app.state import Service
from model.ink import GridLayout, NormalForm
from model.reading import best_alternatives
from model.reading.tiles import cut

Explain = Literal["attention", "normal_form", "ink", "layout", "doubtful"]


class ArrayResponse(Response):
    """JSON in which NumPy arrays and scalars may stand, serialised without a detour."""

    def __init__(self, content: Any) -> None:
        self.status_code = HTTPStatus.OK
        self.background = None
        self.body = orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)
        self.raw_headers = [
            (b"content-length", b"%d" % len(self.body)),
            (b"content-type", b"application/json"),
        ]


class TableResponse(Response):
    """A reading as comma-separated values, its warnings in a field of the head."""

    media_type = "text/csv"

    def __init__(self, read: Read, explain: Collection[Explain]) -> None:
        reading = read.reading
        table = doubtful_to_csv(reading) if "doubtful" in explain else to_csv(reading)
        codes = ", ".join(dict.fromkeys(warning.code for warning in reading.warnings))
        super().__init__(table, headers={"X-Warnings": codes} if codes else None)


def answer(
    read: Read, service: Service, explain: Collection[Explain], num_alternatives: int
) -> dict[str, Any]:
    """Returns the answer for one picture, as ``app.api.schemas.ReadingAnswer`` describes it."""
    reading, config = read.reading, service.engine.header.config
    others = best_alternatives(reading, num_alternatives) if num_alternatives else []
    content: dict[str, Any] = {
        "rows": reading.rows,
        "columns": reading.columns,
        "digits": reading.digits,
        "reading": to_text(reading, reading.text, config),
        "confidence": np.float32(reading.confidence),
        "cells": [
            cell._asdict()
            | {
                "confidence": np.float32(cell.confidence),
                "probabilities": np.ascontiguousarray(cell.probabilities),
            }
            for cell in reading.cells
        ],
        "alternatives": [
            {
                "digits": other.digits,
                "reading": to_text(reading, other.text, config),
                "probability": np.float32(other.probability),
            }
            for other in others
        ],
        "warnings": [warning._asdict() for warning in reading.warnings],
    }
    if "attention" in explain and reading.attention is not None:
        weights = np.ascontiguousarray(reading.attention)
        content["attention"] = {
            "steps": weights.shape[0],
            "layers": weights.shape[1],
            "heads": weights.shape[2],
            "rows": config.height // config.patch_size,
            "columns": config.width // config.patch_size,
            "weights": weights,
        }
    if "normal_form" in explain:
        seen = read.normal.picture
        if len(reading.cells) <= config.num_cells:  # the picture that the cells were put into
            (seen,) = cut(read.normal, read.look.grid, config).pictures
        png = base64.b64encode(encode_png(seen)).decode("ascii")
        content["normal_form"] = f"data:image/png;base64,{png}"
    if "ink" in explain:
        content["ink"] = _ink(read.normal)
    if "layout" in explain:
        content["layout"] = _layout(read.normal.layout)
    if "doubtful" in explain:
        content["doubtful"] = [cell._asdict() for cell in find_doubtful(reading)]
    content["model"] = service.model
    content["timing_ms"] = read.timing._asdict()
    return content


def _ink(normal: NormalForm) -> dict[str, Any]:
    """What was done to the ink."""
    return {
        "polarity": "dark_on_light" if normal.is_inverted else "light_on_dark",
        "grid_box": normal.grid_box,
        "cells": [
            {
                "box": cell.box,
                "scale": _rounded(cell.scale),
                "shift": None if cell.box is None else [_rounded(part) for part in cell.shift],
                "stroke_width": _rounded(cell.stroke_width),
                "restroked": _rounded(cell.restroked),
            }
            for cell in normal.cells[: len(normal.layout.quads)]
        ],
    }


def _layout(layout: GridLayout) -> dict[str, Any]:
    """Where the cells were found."""
    right = (layout.quads[:, :, 1] - layout.quads[:, :, 0]).mean(axis=(0, 1))
    return {
        "found_by": layout.found_by,
        "rotation": round(math.degrees(math.atan2(right[1], right[0])), 1),
        "cells": [_corners(quad) for quad in layout.quads],
        "sheet": None if layout.sheet is None else _corners(layout.sheet),
    }


def _corners(quad: NDArray[np.float64]) -> list[list[float]]:
    """Corners (2, 2, 2) clockwise from the upper left."""
    around: list[list[float]] = quad.reshape(4, 2)[[0, 1, 3, 2]].round(1).tolist()
    return around


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 4)
