"""Sheets for tests: pictures of them, and a stand-in for what the service answers."""

import io
from collections.abc import Callable, Collection
from typing import Any
from urllib.parse import parse_qs, urlparse

from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Page, Route, expect

SUDOKU = "53__7____6__195____98____6_8___6___34__8_3__17___2___6_6____28____419__5____8__79"
CELL_PX = 60
MARGIN_PX = 40
Quad = list[list[float]]


def quads_of(rows: int, columns: int) -> list[Quad]:
    """The cells of ``picture_of``, clockwise from the upper left."""
    return [
        [
            [MARGIN_PX + CELL_PX * (column + x), MARGIN_PX + CELL_PX * (row + y)]
            for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))
        ]
        for row in range(rows)
        for column in range(columns)
    ]


def picture_of(rows: int, columns: int, digits: str) -> bytes:
    """A printed sheet on paper, as PNG."""
    size = [2 * MARGIN_PX + CELL_PX * count for count in (columns, rows)]
    picture = Image.new("RGB", (size[0], size[1]), (236, 232, 222))
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(size=36)
    for quad, digit in zip(quads_of(rows, columns), digits, strict=True):
        (left, top), _, (right, bottom), _ = quad
        draw.rectangle((left, top, right, bottom), outline=(90, 90, 90), width=2)
        if digit != "_":
            draw.text(((left + right) / 2, (top + bottom) / 2), digit, (20, 20, 60), font, "mm")
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def answer_of(
    rows: int, columns: int, digits: str, unsure: Collection[int] = (), *, has_layout: bool = False
) -> dict[str, Any]:
    """What the service answers; in ``digits`` `_` is a blank and `?` ink that is no digit."""
    cells = []
    for cell, sign in enumerate(digits):
        kind = {"_": "blank", "?": "other"}.get(sign, "digit")
        symbol = {"_": 10, "?": 11}.get(sign) if kind != "digit" else int(sign)
        assert symbol is not None
        probabilities = [0.0] * 12
        probabilities[symbol] = 0.55 if cell in unsure else 0.998
        probabilities[1 if symbol != 1 else 7] = 1 - probabilities[symbol]
        cells.append(
            {
                "row": cell // columns,
                "column": cell % columns,
                "kind": kind,
                "digit": int(sign) if kind == "digit" else None,
                "confidence": probabilities[symbol],
                "probabilities": probabilities,
                "ink_box": None,
            }
        )
    warnings = []
    if unsure:
        detail = "less than 90% sure"
        warnings.append({"code": "low_confidence", "detail": detail, "cells": list(unsure)})
    lines = [digits[start : start + columns] for start in range(0, len(digits), columns)]
    answer: dict[str, Any] = {
        "rows": rows,
        "columns": columns,
        "digits": [cell["digit"] for cell in cells],
        "reading": "\n".join(lines),
        "confidence": 0.83,
        "cells": cells,
        "alternatives": [],
        "warnings": warnings,
        "model": {"name": "digit-grid-reader", "sha256": "0" * 64},
        "timing_ms": {"decode": 1, "ink": 1, "network": 1, "second_look": 0},
    }
    if has_layout:
        quads = quads_of(rows, columns)
        answer["layout"] = {"found_by": "lines", "rotation": 0.4, "cells": quads, "sheet": None}
    return answer


def answer_sheets(page: Page, answer: Callable[[], dict[str, Any]]) -> list[dict[str, list[str]]]:
    """Answers for the service; returns the queries, which grow as the page asks."""
    asked: list[dict[str, list[str]]] = []

    def fulfil(route: Route) -> None:
        asked.append(parse_qs(urlparse(route.request.url).query))
        route.fulfill(json=answer())

    page.route("**/predict?*", fulfil)
    return asked


def choose_grid(page: Page, words: str) -> None:
    page.get_by_test_id("grid").select_option(words)


def open_sheet(page: Page, digits: str = SUDOKU, unsure: tuple[int, ...] = ()) -> list[Any]:
    """Opens the picture of a sheet of nine by nine; returns the queries sent."""
    asked = answer_sheets(page, lambda: answer_of(9, 9, digits, unsure, has_layout=True))
    choose_grid(page, "9x9")
    file = {"name": "sheet.png", "mimeType": "image/png", "buffer": picture_of(9, 9, digits)}
    page.get_by_test_id("upload").set_input_files(file)
    expect(page.get_by_test_id("digit-0")).to_have_text(digits[0])
    return asked
