"""Pictures in three forms, alone and in batches: the same answers."""

import base64
import io
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image, ImageDraw

from app.api.schemas import ReadingAnswer
from app.reading.example import EXAMPLE_PNG
from tests.app.running import DIGITS, GRID, PNG, Server
from tests.waiting import PATIENCE

Picture = Image.Image


def without_time(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "timing_ms"}


def read(client: httpx.Client, data: bytes, **query: Any) -> dict[str, Any]:
    answer = client.post("/predict", content=data, headers=PNG, params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def encoded(picture: Picture, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


@pytest.fixture(scope="module")
def grid() -> Picture:
    return Image.open(io.BytesIO(GRID)).convert("L")


def test_the_grid_of_the_documentation_is_the_one_of_the_service() -> None:
    assert GRID == EXAMPLE_PNG


def test_an_answer_is_as_the_contract_says(client: httpx.Client) -> None:
    answer = read(client, GRID, alternatives=3)
    assert list(answer) == [
        *("rows", "columns", "digits", "reading", "confidence", "cells", "alternatives"),
        *("warnings", "model", "timing_ms"),
    ]
    assert (answer["rows"], answer["columns"]) == (2, 2)
    assert answer["digits"] == DIGITS
    assert answer["reading"] == "71_4"
    sure = [cell["confidence"] for cell in answer["cells"]]
    assert answer["confidence"] == pytest.approx(np.prod(sure))
    for number, cell in enumerate(answer["cells"]):
        assert (cell["row"], cell["column"]) == divmod(number, 2)
        assert cell["digit"] == DIGITS[number]
        assert cell["kind"] == ("blank" if cell["digit"] is None else "digit")
        assert len(cell["probabilities"]) == 12
        assert sum(cell["probabilities"]) == pytest.approx(1, abs=1e-3)
        symbol = 10 if cell["digit"] is None else cell["digit"]
        assert cell["probabilities"][symbol] == cell["confidence"]
    assert answer["cells"][2]["ink_box"] is None
    x0, y0, x1, y1 = answer["cells"][3]["ink_box"]
    assert 84 <= x0 < x1 <= 168
    assert 84 <= y0 < y1 <= 168
    probabilities = [one["probability"] for one in answer["alternatives"]]
    assert probabilities == sorted(probabilities, reverse=True)
    assert DIGITS not in [one["digits"] for one in answer["alternatives"]]
    best = answer["alternatives"][0]["reading"]
    assert len(best) == 4
    assert set(best) <= set("0123456789_?")
    assert best != answer["reading"]
    assert set(answer["timing_ms"]) == {"decode", "ink", "network", "second_look"}


def test_ink_that_is_no_digit_is_an_answer_of_its_own(
    without_fours: dict[str, str], tmp_path: Path
) -> None:
    with (
        Server(tmp_path / "log", DRAIN_SECONDS="0", **without_fours) as server,
        httpx.Client(base_url=server.url, timeout=PATIENCE) as client,
    ):
        answer = read(client, GRID, alternatives=20)
    assert answer["digits"] == [7, 1, None, None]
    assert answer["reading"] == "71_?"
    assert [cell["kind"] for cell in answer["cells"]] == ["digit", "digit", "blank", "other"]
    cell = answer["cells"][3]
    assert cell["probabilities"][11] == cell["confidence"] > 0.99
    assert cell["ink_box"] is not None
    assert answer["warnings"] == [
        {"code": "not_a_digit", "detail": "cell 4 holds ink that is no digit", "cells": [3]}
    ]
    readings = [one["reading"] for one in answer["alternatives"]]
    assert len({*readings, answer["reading"]}) == 21
    ReadingAnswer.model_validate(answer)


def test_a_warning_names_its_cells_if_it_is_about_some(client: httpx.Client, grid: Picture) -> None:
    picture = grid.resize((400, 400))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((200, 0, 400, 200), fill=255)
    draw.line((300, 92, 300, 108), fill=0, width=8)
    warnings = {one["code"]: one for one in read(client, encoded(picture))["warnings"]}
    assert warnings["tiny"]["cells"] == [1]
    assert "cell 2" in warnings["tiny"]["detail"]
    seven = grid.crop((0, 0, grid.width // 2, grid.height // 2))
    warnings = {one["code"]: one for one in read(client, encoded(seven))["warnings"]}
    assert warnings["other_layout"]["cells"] == []


def test_three_forms_give_identical_answers(client: httpx.Client) -> None:
    query = {"explain": ["attention", "normal_form"], "alternatives": 5}
    text = base64.b64encode(GRID).decode()
    in_lines = "\r\n".join(text[start : start + 76] for start in range(0, len(text), 76))
    for_urls = str.maketrans("+/", "-_")
    boundary = {"Content-Type": 'multipart/form-data; boundary="b o"'}
    by_hand = (
        b"pre --b one\r\n--b o \r\ncontent-disposition: form-data; NAME=file\r\n\r\n%s\r\n--b o--"
    )
    answers = [
        client.post("/predict", content=GRID, headers=PNG, params=query),
        client.post("/predict", content=iter([GRID[:99], GRID[99:]]), headers=PNG, params=query),
        client.post("/predict", files={"file": ("a.png", GRID, "image/png")}, params=query),
        client.post("/predict", files={"file": ("ä.jpg", GRID)}, params=query),
        client.post("/predict", content=by_hand % GRID, headers=boundary, params=query),
        client.post("/predict", json={"image": text}, params=query),
        client.post("/predict", json={"image": in_lines}, params=query),
        client.post("/predict", json={"image": text.rstrip("=")}, params=query),
        client.post("/predict", json={"image": text.translate(for_urls)}, params=query),
        *(
            client.post("/predict", content=GRID, headers={"Content-Type": kind}, params=query)
            for kind in ("image/jpg", "image/x-png", "image/heic", "application/octet-stream")
        ),
        client.post("/predict", json={"image": f"data:image/png;base64,{text}"}, params=query),
    ]
    assert [answer.status_code for answer in answers] == [200] * len(answers)
    first, *others = [without_time(answer.json()) for answer in answers]
    assert first["digits"] == DIGITS
    for other in others:
        assert other == first


def test_attention_and_the_normal_form_come_only_when_asked_for(client: httpx.Client) -> None:
    assert not {"attention", "normal_form"} & set(read(client, GRID))
    answer = read(client, GRID, explain=["attention", "normal_form"])
    attention = answer["attention"]
    shape = tuple(attention[name] for name in ("steps", "layers", "heads"))
    weights = np.array(attention["weights"])
    assert weights.shape == (*shape, attention["rows"] * attention["columns"])
    np.testing.assert_allclose(weights.sum(axis=-1), 1, atol=1e-3)
    png = base64.b64decode(answer["normal_form"].removeprefix("data:image/png;base64,"))
    assert Image.open(io.BytesIO(png)).size == (56, 56)


def test_the_layout_is_where_the_grid_is(client: httpx.Client, grid: Picture) -> None:
    page = Image.new("L", (900, 700), 255)
    page.paste(grid.resize((300, 300)), (520, 90))
    answer = read(client, encoded(page), explain="layout")
    assert answer["digits"] == DIGITS
    layout = answer["layout"]
    corners = np.array(layout["cells"])
    assert corners.shape == (4, 4, 2)
    for cell, (x, y) in zip(corners, [(595, 165), (745, 165), (595, 315), (745, 315)], strict=True):
        assert np.abs(cell.mean(axis=0) - (x, y)).max() < 45
    assert abs(layout["rotation"]) < 10
    assert "layout" not in read(client, GRID)


@pytest.mark.parametrize("quarters", [1, 3])
def test_a_turned_picture_is_read_upright(
    client: httpx.Client, grid: Picture, quarters: int
) -> None:
    page = Image.new("L", (600, 600), 255)
    page.paste(grid.resize((400, 400)), (100, 100))
    answer = read(client, encoded(page.rotate(90 * quarters)), explain="layout")
    assert answer["digits"] == DIGITS
    expected = {1: -90, 3: 90}[quarters]  # PIL turns counterclockwise
    assert abs(answer["layout"]["rotation"] - expected) < 10
    assert answer["timing_ms"]["second_look"] > 0


@pytest.fixture(scope="module")
def seven(grid: Picture) -> Picture:
    """A lone digit."""
    return grid.crop((0, 0, grid.width // 2, grid.height // 2))


@pytest.mark.parametrize("side", [28, 56, 300, 1200])
@pytest.mark.parametrize("is_inverted", [False, True])
def test_a_lone_digit_is_warned_of_and_read_where_it_is_asked_for(
    client: httpx.Client, seven: Picture, side: int, is_inverted: bool
) -> None:
    picture = seven.resize((side, side), Image.Resampling.LANCZOS)
    if is_inverted:
        picture = picture.point(lambda value: 255 - value)
    data = encoded(picture)
    warnings = [warning["code"] for warning in read(client, data)["warnings"]]
    assert "other_layout" in warnings
    for query in ({"rows": 1, "columns": 1}, {"layout": "auto"}):
        answer = read(client, data, explain=["layout", "attention", "ink"], **query)
        assert (answer["digits"], answer["reading"]) == ([7], "7")
        assert answer["warnings"] == []
        cells = [part["cells"] for part in (answer, answer["layout"], answer["ink"])]
        assert [len(part) for part in cells] == [1, 1, 1]
        assert answer["attention"]["steps"] == 1


def test_a_row_of_the_grid_is_read_by_itself(client: httpx.Client, grid: Picture) -> None:
    row = grid.crop((0, 0, grid.width, grid.height // 2))
    answer = read(client, encoded(row), rows=1, columns=2)
    assert answer["digits"] == DIGITS[:2]
    assert [(cell["row"], cell["column"]) for cell in answer["cells"]] == [(0, 0), (0, 1)]


@pytest.mark.parametrize("blank", [(), (0, 3), (1, 2), (0, 1)])
def test_a_grid_is_no_lone_digit(
    client: httpx.Client, grid: Picture, blank: tuple[int, ...]
) -> None:
    picture = grid.resize((400, 400))
    for cell in blank:
        x, y = cell % 2 * 200, cell // 2 * 200
        picture.paste(255, (x, y, x + 200, y + 200))
    answer = read(client, encoded(picture), layout="auto")
    assert answer["digits"] == [None if cell in blank else DIGITS[cell] for cell in range(4)]
    assert "other_layout" not in {warning["code"] for warning in answer["warnings"]}


def test_a_very_thin_picture_is_refused_before_it_is_enlarged(client: httpx.Client) -> None:
    data = encoded(Image.new("L", (200_000, 14), 255))
    query = {"rows": 1, "columns": 1}
    answer = client.post("/predict", content=data, headers=PNG, params=query)
    assert answer.status_code == 422
    assert "20 times" in answer.json()["detail"]


@pytest.mark.parametrize(
    "query",
    [
        {"rows": 65},
        {"rows": 33, "columns": 32},
        {"columns": 0},
        {"layout": "3x3"},
        {"layout": "auto", "rows": 1},
    ],
)
def test_grids_that_cannot_be_read_are_refused(client: httpx.Client, query: dict[str, Any]) -> None:
    answer = client.post("/predict", content=GRID, headers=PNG, params=query)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == next(iter(query))


def test_a_batch_is_answered_in_order_with_problems_in_their_places(
    client: httpx.Client, grid: Picture
) -> None:
    turned = encoded(grid.rotate(180))
    mirrored = encoded(grid.transpose(Image.Transpose.FLIP_LEFT_RIGHT))
    pictures = [GRID, b"rubbish", turned, GRID[:500], b"", mirrored]
    files = [("files", (f"{i}.png", data)) for i, data in enumerate(pictures)]
    answer = client.post("/predict/batch", files=files, params={"alternatives": 2})
    assert answer.status_code == 200
    content = answer.json()
    assert len(content) == len(pictures)
    for one, data in zip(content, pictures, strict=True):
        alone = client.post("/predict", content=data, headers=PNG, params={"alternatives": 2})
        if alone.status_code == 200:
            for number, cell in enumerate(alone.json()["cells"]):
                np.testing.assert_allclose(
                    one["cells"][number].pop("probabilities"),
                    cell.pop("probabilities"),
                    atol=1e-5,
                )
            assert one["digits"] == alone.json()["digits"]
            assert [cell["ink_box"] for cell in one["cells"]] == [
                cell["ink_box"] for cell in alone.json()["cells"]
            ]
        else:
            problem = alone.json()
            del problem["request_id"]
            assert one == {"error": problem}
    assert [one["error"]["status"] for one in content if "error" in one] == [415, 422, 422]


def test_pictures_read_together_are_each_answered_their_own(
    client: httpx.Client, grid: Picture
) -> None:
    """A full batch of different pictures: each gets the answer that it gets when asked alone."""
    cells = [grid.crop((0, 0, 84, 84)), grid.crop((84, 0, 168, 84)), grid.crop((84, 84, 168, 168))]
    pictures, expected = [], []
    for number in range(64):
        picture = Image.new("L", (168, 168), 255)
        wanted: list[int | None] = []
        for place in range(4):
            choice = number // 4**place % 4
            wanted.append([7, 1, 4, None][choice])
            if choice < 3:
                picture.paste(cells[choice], (84 * (place % 2), 84 * (place // 2)))
        pictures.append(encoded(picture))
        expected.append(wanted)
    assert len(set(pictures)) == len(pictures)
    files = [("files", (f"{number}.png", data)) for number, data in enumerate(pictures)]
    content = client.post("/predict/batch", files=files).json()
    for one, data in zip(content, pictures, strict=True):
        alone = read(client, data)
        assert one["digits"] == alone["digits"]
        assert [cell["ink_box"] for cell in one["cells"]] == [
            cell["ink_box"] for cell in alone["cells"]
        ]
        for cell, other in zip(one["cells"], alone["cells"], strict=True):
            np.testing.assert_allclose(cell["probabilities"], other["probabilities"], atol=1e-5)
    right = [one["digits"] == wanted for one, wanted in zip(content, expected, strict=True)]
    assert sum(right) >= 60


def palette(picture: Picture) -> Picture:
    return picture.convert("P", palette=Image.Palette.ADAPTIVE, colors=16)


def sixteen_bits(picture: Picture) -> Picture:
    return Image.fromarray(np.asarray(picture).astype(np.uint16) * 257)


def ink_alone(picture: Picture, ink: int) -> Picture:
    """The ink on nothing, as a drawing program saves it."""
    layers = Image.new("RGBA", picture.size, (ink, ink, ink, 0))
    layers.putalpha(Image.fromarray(255 - np.asarray(picture)))
    return layers


def transparent_colour(picture: Picture) -> Picture:
    indexed = palette(picture)
    indexed.info["transparency"] = indexed.getpixel((0, 0))
    return indexed


KINDS: dict[str, tuple[Any, str]] = {
    "grey": (lambda p: p, "PNG"),
    "inverted": (lambda p: Image.fromarray(255 - np.asarray(p)), "PNG"),
    "RGB": (lambda p: p.convert("RGB"), "PNG"),
    "palette": (palette, "PNG"),
    "palette with a transparent colour": (transparent_colour, "PNG"),
    "16 bits": (sixteen_bits, "PNG"),
    "1 bit": (lambda p: p.convert("1"), "PNG"),
    "alpha, black ink": (lambda p: ink_alone(p, 0), "PNG"),
    "alpha, white ink": (lambda p: ink_alone(p, 255), "PNG"),
    "alpha, opaque": (lambda p: p.convert("RGBA"), "PNG"),
    "alpha, grey": (lambda p: ink_alone(p, 0).convert("LA"), "PNG"),
    "JPEG": (lambda p: p, "JPEG"),
    "CMYK": (lambda p: p.convert("CMYK"), "JPEG"),
    "WebP": (lambda p: ink_alone(p, 0), "WEBP"),
    "BMP": (lambda p: p.convert("RGB"), "BMP"),
    "AVIF": (lambda p: p.convert("RGB"), "AVIF"),
    "HEIC": (lambda p: p.convert("RGB"), "HEIF"),
    "HEIC, alpha": (lambda p: ink_alone(p, 0), "HEIF"),
    "HEIC, 10 bits": (sixteen_bits, "HEIF"),
    "GIF": (palette, "GIF"),
    "28 pixels a cell": (lambda p: p.resize((56, 56), Image.Resampling.LANCZOS), "PNG"),
    "large": (lambda p: p.resize((2000, 2000), Image.Resampling.LANCZOS), "PNG"),
    "large, alpha": (lambda p: ink_alone(p.resize((2400, 2400)), 0), "PNG"),
    "large, 16 bits": (lambda p: sixteen_bits(p.resize((2400, 2400))), "PNG"),
    "large JPEG": (lambda p: p.resize((3000, 3000)), "JPEG"),
}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_picture_is_read_the_same(
    name: str, client: httpx.Client, grid: Picture
) -> None:
    make, kind = KINDS[name]
    data = encoded(make(grid), kind)
    answer = client.post("/predict", content=data, headers=PNG)
    assert answer.status_code == 200, answer.text
    assert answer.json()["digits"] == DIGITS


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_as_exif_says(
    kind: str, orientation: int, client: httpx.Client, grid: Picture
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    wide = Image.new("L", (200, 168), 255)
    wide.paste(grid.crop((0, 0, 84, 168)), (8, 0))
    wide.paste(grid.crop((84, 0, 168, 168)), (108, 0))
    stored = wide.transpose(undo[orientation]) if orientation in undo else wide
    answer = read(client, encoded(stored, kind, exif=exif.tobytes(), quality=95))
    assert answer["digits"] == DIGITS
    upright = read(client, encoded(wide, kind, quality=95))
    for cell, expected in zip(answer["cells"], upright["cells"], strict=True):
        if expected["ink_box"] is None:
            assert cell["ink_box"] is None
        else:
            np.testing.assert_allclose(cell["ink_box"], expected["ink_box"], atol=3)


def test_damaged_exif_is_passed_over(client: httpx.Client, grid: Picture) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    good = encoded(grid, "JPEG", exif=exif)
    start = good.index(b"Exif\0\0") + 6
    damaged = good[:start] + b"\xff" * 12 + good[start + 12 :]
    assert read(client, damaged)["digits"] == DIGITS


def test_of_a_moving_picture_the_first_frame_is_read(client: httpx.Client, grid: Picture) -> None:
    blank = Image.new("L", grid.size, 255)
    for kind in ("GIF", "WEBP", "PNG", "AVIF"):
        data = encoded(grid, kind, save_all=True, append_images=[blank, blank])
        answer = read(client, data)
        assert answer["digits"] == DIGITS
        assert "many_frames" in [warning["code"] for warning in answer["warnings"]]


def test_cells_without_ink_are_blank(client: httpx.Client) -> None:
    pages = [
        Image.new("L", (200, 200), 255),
        Image.new("L", (56, 56), 0),
        Image.new("RGBA", (100, 100), (0, 0, 0, 0)),
        Image.new("RGBA", (100, 100), (9, 9, 9, 128)),
    ]
    for page in pages:
        assert read(client, encoded(page))["digits"] == [None] * 4


def test_model_says_which_reader_answers(client: httpx.Client) -> None:
    card = client.get("/model").json()
    assert {"name": card["name"], "sha256": card["sha256"]} == read(client, GRID)["model"]
    assert card["config"]["rows"] == card["config"]["columns"] == 2
    assert len(card["vocabulary"]) == 14
    assert card["calibration"] == {
        row["key"]: row["honesty"]["calibration_error"] for row in card["scores"]["rows"]
    }
