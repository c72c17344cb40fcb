"""``python -m app read``, as a person uses it: another process, real files."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.__main__ import percent
from model.config import ReaderConfig
from tests.conftest import ROOT
from tests.waiting import PATIENCE
from training.data import Digits
from training.scoring import disjoint_grids

WITHOUT_TORCH = (
    "import sys, runpy; sys.modules['torch'] = None; "
    "sys.argv = ['app', *sys.argv[1:]]; runpy.run_module('app', run_name='__main__')"
)


def read(*arguments: str | Path, torch: bool = False, **environment: str):  # type: ignore[no-untyped-def]
    start = ["-m", "app"] if torch else ["-c", WITHOUT_TORCH]
    return subprocess.run(
        [sys.executable, *start, "read", *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


@pytest.fixture(scope="module")
def pictures(test_digits: Digits, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One grid as several files."""
    folder = tmp_path_factory.mktemp("pictures")
    grid = Image.fromarray(disjoint_grids(test_digits, ReaderConfig(), seed=7).pictures[5].numpy())
    large = grid.resize((560, 560), Image.Resampling.BICUBIC)
    files = {
        "small.png": grid,
        "large.png": large,
        "dark on light.jpg": Image.fromarray(255 - np.asarray(large)),
        "colour.webp": large.convert("RGB"),
    }
    for name, picture in files.items():
        picture.save(folder / name, quality=95)
    return {name: folder / name for name in files}


@pytest.fixture(scope="module")
def truth(test_digits: Digits) -> list[int]:
    labels: list[int] = disjoint_grids(test_digits, ReaderConfig(), seed=7).labels[5].tolist()
    return labels


def test_pictures_of_every_kind_are_read_without_torch(
    pictures: dict[str, Path], truth: list[int]
) -> None:
    answer = read("--json", *pictures.values())
    assert answer.returncode == 0, answer.stderr
    lines = [json.loads(line) for line in answer.stdout.splitlines()]
    assert [line["digits"] for line in lines] == [truth] * len(pictures)
    for line in lines:
        assert line["reading"] == "".join(map(str, truth))
        assert line["confidence"] == pytest.approx(
            np.prod([cell["confidence"] for cell in line["cells"]])
        )
        for cell in line["cells"]:
            assert cell["probabilities"][cell["digit"]] == cell["confidence"]


def test_the_table_shows_the_digits_and_how_sure_it_is(
    pictures: dict[str, Path], truth: list[int]
) -> None:
    answer = read(pictures["small.png"])
    assert answer.returncode == 0, answer.stderr
    assert "".join(map(str, truth)) in answer.stdout
    assert "%" in answer.stdout


def test_what_is_almost_certain_is_not_called_certain() -> None:
    shares = (0.99996, 0.999, 0.5, 0.0004, 0.0, 1.0)
    assert [percent(share) for share in shares] == [
        *("> 99.9 %", "99.9 %", "50.0 %", "< 0.1 %", "0.0 %", "100 %")
    ]
    answer = read(ROOT / "docs" / "grid.png")
    assert "> 99.9 %" in answer.stdout
    assert "100" not in answer.stdout


def test_torch_gives_the_same_answers(pictures: dict[str, Path]) -> None:
    graph = read("--json", *pictures.values())
    reference = read("--json", *pictures.values(), torch=True, ENGINE="torch")
    assert reference.returncode == 0, reference.stderr
    for one, other in zip(graph.stdout.splitlines(), reference.stdout.splitlines(), strict=True):
        found, expected = json.loads(one), json.loads(other)
        assert found["digits"] == expected["digits"]
        assert found["confidence"] == pytest.approx(expected["confidence"], abs=1e-4)


def test_a_picture_that_cannot_be_opened_does_not_stop_the_others(
    pictures: dict[str, Path], truth: list[int], tmp_path: Path
) -> None:
    rubbish = tmp_path / "rubbish.png"
    rubbish.write_bytes(b"no picture at all")
    cut = tmp_path / "cut.png"
    cut.write_bytes(pictures["large.png"].read_bytes()[:400])
    tiny = tmp_path / "tiny.png"
    Image.new("L", (5, 5)).save(tiny)
    bad = [rubbish, cut, tiny, tmp_path / "missing.png", tmp_path]
    answer = read(*bad, pictures["small.png"])
    assert answer.returncode == 1
    lines = answer.stderr.splitlines()
    assert len(lines) == len(bad)
    for line, path in zip(lines, bad, strict=True):
        assert line.startswith(f"error: {path}: ")
    assert "".join(map(str, truth)) in answer.stdout


def test_ink_that_is_no_digit_is_told_from_a_blank(without_fours: dict[str, str]) -> None:
    grid = ROOT / "docs" / "grid.png"
    answer = json.loads(read("--json", grid, torch=True, **without_fours).stdout)
    assert answer["digits"] == [7, 1, None, None]
    assert answer["reading"] == "71_?"
    assert (answer["rows"], answer["columns"]) == (2, 2)
    assert [cell["kind"] for cell in answer["cells"]] == ["digit", "digit", "blank", "other"]
    assert len(answer["cells"][3]["probabilities"]) == 12
    assert answer["warnings"] == [
        {"code": "not_a_digit", "detail": "cell 4 holds ink that is no digit", "cells": [3]}
    ]
    table = read(grid, torch=True, COLUMNS="200", **without_fours).stdout
    assert "71_?" in table
    assert "? > 99.9 %" in table
    assert "cell 4 holds ink that is no digit" in table


def test_an_empty_page_is_four_blanks(tmp_path: Path) -> None:
    Image.new("L", (300, 300), 255).save(tmp_path / "page.png")
    answer = json.loads(read("--json", tmp_path / "page.png").stdout)
    assert answer["digits"] == [None] * 4
    assert answer["reading"] == "____"


def test_weights_that_cannot_be_used_give_one_clear_line(tmp_path: Path) -> None:
    answer = read(tmp_path / "a.png", WEIGHTS=str(tmp_path / "none.safetensors"))
    assert answer.returncode == 1
    assert answer.stderr.splitlines() == [
        f"error: {tmp_path / 'none.safetensors'}: expected a .safetensors file, found none"
    ]


def test_torch_is_asked_for_where_it_is_not_installed(tmp_path: Path) -> None:
    answer = read(tmp_path / "a.png", ENGINE="torch")
    assert answer.returncode == 1
    assert "ENGINE=torch needs torch, which is not installed here" in answer.stderr


SHEET = [[7, 1, None], [4, None, 7], [1, 4, 7], [None, 1, 1]]


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    """A picture of four rows and three columns of the digits of the documentation's grid."""
    grid = Image.open(ROOT / "docs" / "grid.png").convert("L")
    side = grid.width // 2
    corners = {7: (0, 0), 1: (side, 0), None: (0, side), 4: (side, side)}
    picture = Image.new("L", (3 * side, 4 * side), 255)
    for row, digits in enumerate(SHEET):
        for column, digit in enumerate(digits):
            x, y = corners[digit]
            picture.paste(grid.crop((x, y, x + side, y + side)), (column * side, row * side))
    picture.save(tmp_path / "sheet.png")
    return tmp_path / "sheet.png"


def test_the_cells_of_a_sheet_are_written_as_they_stand(sheet: Path, tmp_path: Path) -> None:
    expected = "7,1,\r\n4,,7\r\n1,4,7\r\n,1,1\r\n"
    asked = sheet, "--rows", "4", "--columns", "3"
    answer = read(*asked, "--csv", tmp_path / "cells.csv")
    assert answer.returncode == 0, answer.stderr
    assert (tmp_path / "cells.csv").read_bytes().decode() == expected
    answer = read(*asked, "--csv", "-", "--doubtful", tmp_path / "doubtful.csv")
    assert answer.stdout.replace("\r", "") == expected.replace("\r", "")
    head = (tmp_path / "doubtful.csv").read_text().splitlines()[0]
    assert head.startswith("row,column,reading,confidence")
    (line,) = read(*asked, "--json").stdout.splitlines()
    assert json.loads(line)["reading"] == "71_\n4_7\n147\n_11"


def test_a_table_of_a_sheet_that_cannot_be_written_is_an_error(sheet: Path) -> None:
    answer = read(sheet, "--rows", "4", "--columns", "3", "--csv", sheet.parent / "no" / "a.csv")
    assert answer.returncode == 1
    assert answer.stderr.startswith("error: ")
    assert len(answer.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "options",
    [
        ("--layout", "auto", "--rows", "4"),
        ("--rows", "64", "--columns", "64"),
        ("--rows", "0"),
        ("--csv", "a.csv", "--json"),
        ("--workers", "2"),
    ],
)
def test_options_that_do_not_go_together_are_refused(sheet: Path, options: tuple[str, ...]) -> None:
    answer = read(sheet, *options)
    assert answer.returncode == 2
    assert "Error" in answer.stderr


def test_a_folder_of_sheets_is_read_into_rows(sheet: Path) -> None:
    answer = read(sheet.parent, "--layout", "auto", "--csv", sheet.parent / "table.csv")
    assert answer.returncode == 0, answer.stderr
    assert "row" in (sheet.parent / "table.csv").read_text()
