"""Sheets of any rows and columns: their answers, tables, and how they are counted."""

import csv
import io
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image, ImageDraw

from tests.app.running import DIGITS, GRID, PNG
from tests.waiting import PATIENCE

CELL = 84


def sheet(
    rows: int, columns: int, *, blanks: bool = True, lines: bool = False
) -> tuple[bytes, Any]:
    """A sheet of the digits of the documentation's grid, and what stands in it."""
    random = np.random.default_rng((rows, columns))
    grid = Image.open(io.BytesIO(GRID)).convert("L")
    picture = Image.new("L", (columns * CELL, rows * CELL), 255)
    digits: list[int | None] = []
    for row, column in np.ndindex(rows, columns):
        number = int(random.choice(4 if blanks else [0, 1, 3]))
        x, y = number % 2 * CELL, number // 2 * CELL
        part = grid.crop((x, y, x + CELL, y + CELL))
        picture.paste(part, (column * CELL, row * CELL))
        digits.append(DIGITS[number])
    if lines:
        around = Image.new("L", (picture.width + 120, picture.height + 120), 255)
        around.paste(picture, (60, 60))
        draw = ImageDraw.Draw(around)
        for row in range(rows + 1):
            y = 60 + row * CELL
            draw.line((60, y, 60 + columns * CELL, y), 60, 3)
        for column in range(columns + 1):
            x = 60 + column * CELL
            draw.line((x, 60, x, 60 + rows * CELL), 60, 3)
        picture = around
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue(), digits


def post(client: httpx.Client, data: bytes, accept: str = "*/*", **query: Any) -> httpx.Response:
    answer = client.post(
        "/predict", content=data, headers=PNG | {"Accept": accept}, params=query, timeout=PATIENCE
    )
    assert answer.status_code == 200, answer.text
    return answer


@pytest.mark.parametrize("shape", [(1, 1), (1, 6), (3, 3), (9, 9), (7, 2)])
@pytest.mark.parametrize("lines", [False, True])
def test_sheets_are_read_cell_by_cell(
    client: httpx.Client, shape: tuple[int, int], lines: bool
) -> None:
    rows, columns = shape
    data, digits = sheet(rows, columns, blanks=rows * columns > 2, lines=lines)
    answer = post(client, data, rows=rows, columns=columns, explain="layout").json()
    assert answer["digits"] == digits
    assert (answer["rows"], answer["columns"]) == shape
    places = [(cell["row"], cell["column"]) for cell in answer["cells"]]
    assert places == list(np.ndindex(rows, columns))
    assert len(answer["layout"]["cells"]) == rows * columns
    step = "\n" if rows * columns > 4 else ""
    signs = ["_" if digit is None else str(digit) for digit in digits]
    lines_read = ["".join(signs[row * columns : (row + 1) * columns]) for row in range(rows)]
    assert answer["reading"] == step.join(lines_read)


@pytest.mark.parametrize("shape", [(9, 9), (1, 6), (4, 5)])
def test_rows_and_columns_are_found(client: httpx.Client, shape: tuple[int, int]) -> None:
    for lines in (False, True):
        data, digits = sheet(*shape, blanks=lines, lines=lines)
        answer = post(client, data, layout="auto").json()
        assert (answer["rows"], answer["columns"]) == shape
        assert answer["digits"] == digits


def test_a_larger_sheet_than_was_asked_for_is_warned_of(client: httpx.Client) -> None:
    data, _ = sheet(9, 9, blanks=False, lines=True)
    for query in ({}, {"rows": 8, "columns": 8}):
        warnings = post(client, data, **query).json()["warnings"]
        (detail,) = [one["detail"] for one in warnings if one["code"] == "other_layout"]
        assert "9 rows and 9 columns" in detail


def test_boxes_of_ink_are_in_their_cells(client: httpx.Client) -> None:
    data, _ = sheet(3, 4)
    for cell in post(client, data, rows=3, columns=4).json()["cells"]:
        if cell["ink_box"] is not None:
            x0, y0, x1, y1 = np.array(cell["ink_box"]) / CELL
            assert cell["column"] <= x0 < x1 <= cell["column"] + 1
            assert cell["row"] <= y0 < y1 <= cell["row"] + 1


@pytest.mark.parametrize(
    ("accept", "is_table"),
    [
        ("text/csv", True),
        ("text/csv, */*;q=0.5", True),
        ("application/json, text/csv;q=0.9", False),
        ("text/csv;q=0", False),
        ("text/csv;q=x, application/json", False),
        ("*/*", False),
    ],
)
def test_a_table_is_sent_where_it_is_preferred(
    client: httpx.Client, accept: str, is_table: bool
) -> None:
    data, digits = sheet(3, 4)
    answer = post(client, data, accept, rows=3, columns=4)
    kind = answer.headers["content-type"].split(";")[0]
    assert kind == ("text/csv" if is_table else "application/json")
    if is_table:
        assert answer.text.endswith("\r\n")
        cells = [cell for row in csv.reader(io.StringIO(answer.text)) for cell in row]
        assert cells == ["" if digit is None else str(digit) for digit in digits]


def test_doubtful_cells_are_told_most_doubtful_first(client: httpx.Client) -> None:
    data, _ = sheet(3, 4, blanks=False)
    picture = Image.open(io.BytesIO(data))
    ImageDraw.Draw(picture).line((5, 5, 2 * CELL - 9, CELL - 8), 0, 7)
    file = io.BytesIO()
    picture.save(file, "PNG")
    query = {"rows": 3, "columns": 4, "explain": "doubtful"}
    found = post(client, file.getvalue(), **query).json()["doubtful"]
    assert (found[0]["row"], found[0]["column"] in (1, 2)) == (1, True)
    sure = [one["confidence"] for one in found]
    assert sure == sorted(sure)
    answer = post(client, file.getvalue(), "text/csv", **query)
    assert answer.headers["x-warnings"]
    table = list(csv.DictReader(io.StringIO(answer.text)))
    assert [(int(one["row"]), int(one["column"])) for one in table] == [
        (one["row"], one["column"]) for one in found
    ]


def test_alternatives_of_a_sheet_differ_in_one_cell(client: httpx.Client) -> None:
    data, _ = sheet(9, 9, blanks=False)
    answer = post(client, data, rows=9, columns=9, alternatives=5).json()
    assert len(answer["alternatives"]) == 5
    for other in answer["alternatives"]:
        assert len(other["reading"].split("\n")) == 9
        assert other["reading"] != answer["reading"]


def test_sheets_are_read_in_batches(client: httpx.Client) -> None:
    sheets = [sheet(3, 3), sheet(3, 3, lines=True)]
    files = [("files", (f"{number}.png", data)) for number, (data, _) in enumerate(sheets)]
    query = {"rows": 3, "columns": 3}
    answers = client.post("/predict/batch", files=files, params=query).json()
    assert [one["digits"] for one in answers] == [digits for _, digits in sheets]


def test_the_largest_sheet_is_read(client: httpx.Client) -> None:
    data, digits = sheet(32, 32)
    assert post(client, data, rows=32, columns=32).json()["digits"] == digits
