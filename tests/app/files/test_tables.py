"""Tables that were cut anywhere go on, and those of others are left alone."""

import csv
import io
import json
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from app.files.errors import TableError
from app.files.rows import Page, Row
from app.files.tables import open_table
from model.errors import ConfigError
from model.reading import Notice

KINDS = ["csv", "jsonl", "parquet"]
MAKER = "0 weights rows=2 columns=2"
WARNINGS = [Notice("low_confidence", 'unsure of "1", 2', (0, 1)), Notice("faint", "pale")]
ROWS = [
    Row("a, b.png", 1, 1, 2, 2, "71_?", [7, 1, None, None], 0.5, WARNINGS, None, MAKER),
    Row('line\nbreak "x".png', 1, 1, 1, 1, "7", [7], 1.0, [], None, MAKER),
    Row.of_error(Page("bad.png", 1, 1), 'no "picture"\nat all', MAKER),
    Row("scan.tif", 1, 2, 2, 2, "____", [None] * 4, 0.25, [], None, MAKER),
    Row.of_error(Page("scan.tif", 2, 2), "damaged", MAKER),
    Row("é.png", 1, 1, 2, 2, "1234", [1, 2, 3, 4], 0.9, [], None, MAKER),
]


def write(path: Path, rows: list[Row], *, is_finished: bool = True) -> None:
    table = open_table(path, MAKER)
    table.append(rows)
    if is_finished:
        table.finish()
    table.close()


def missing(path: Path) -> list[Row]:
    """The rows that a run that goes on would read."""
    table = open_table(path, MAKER)
    done, begun = table.progress.done, table.progress.begun
    table.close()
    return [
        row
        for row in ROWS
        if row.file not in done and row.page >= begun.get(row.file, (1, row.pages))[0]
    ]


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_table_that_was_cut_at_any_byte_is_completed_to_the_same_table(
    kind: str, tmp_path: Path
) -> None:
    whole = tmp_path / f"whole.{kind}"
    write(whole, ROWS)
    data = whole.read_bytes()
    of_whole_rows = set()
    for count in range(len(ROWS)):
        part = tmp_path / f"{count}.{kind}"
        write(part, ROWS[:count])
        of_whole_rows.add(part.read_bytes())
    cut = tmp_path / f"cut.{kind}"
    for end in range(len(data)):
        cut.write_bytes(data[:end])
        left = missing(cut)
        assert left  # the last row is never whole
        # Its file may be gone by now, and then nothing is written over what was left of it.
        assert cut.read_bytes() in of_whole_rows
        write(cut, left)
        assert cut.read_bytes() == data, end


def test_rows_of_a_parquet_file_that_were_cut_at_any_byte_are_completed(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    write(path, ROWS, is_finished=False)
    rows = tmp_path / "table.parquet.unfinished.jsonl"
    data = rows.read_bytes()
    for end in range(0, len(data), 7):
        rows.write_bytes(data[:end])
        write(path, missing(path))
        assert not rows.exists()
        assert [row["file"] for row in pq.read_table(path).to_pylist()] == [r.file for r in ROWS]
        path.unlink()


def test_csv_is_as_the_standard_has_it(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    write(path, ROWS)
    data = path.read_bytes()
    assert data.endswith(b"\r\n")
    records = list(csv.DictReader(io.StringIO(data.decode(), newline=""), strict=True))
    assert list(records[0]) == list(Row._fields)
    assert [record["file"] for record in records] == [row.file for row in ROWS]
    assert json.loads(records[0]["digits"]) == [7, 1, None, None]
    assert records[0]["warnings"] == 'low_confidence: unsure of "1", 2; faint: pale'
    assert (records[2]["reading"], records[2]["confidence"]) == ("", "")
    assert records[2]["error"] == 'no "picture"\nat all'


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_json_and_parquet_have_the_same_values(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"table.{kind}"
    write(path, ROWS)
    if kind == "parquet":
        found = pq.read_table(path).to_pylist()
    else:
        found = list(map(json.loads, path.read_text().splitlines()))
    warnings = [one._asdict() | {"cells": list(one.cells)} for one in WARNINGS]
    assert found[0] == ROWS[0]._asdict() | {"warnings": warnings}
    assert found[2] == ROWS[2]._asdict()
    assert list(found[0]) == list(Row._fields)


@pytest.mark.parametrize("kind", KINDS)
def test_later_rows_stand_behind_earlier_ones(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"table.{kind}"
    write(path, ROWS[:3])
    assert missing(path) == ROWS[3:]
    write(path, ROWS[3:])
    assert missing(path) == []
    write(path, [])
    whole = tmp_path / f"whole.{kind}"
    write(whole, ROWS)
    if kind == "parquet":
        assert pq.read_table(path).equals(pq.read_table(whole))
    else:
        assert path.read_bytes() == whole.read_bytes()
    assert sorted(file.name for file in tmp_path.iterdir()) == [path.name, whole.name]


def test_rows_that_a_kill_left_beside_a_finished_parquet_file_are_not_added_again(
    tmp_path: Path,
) -> None:
    path = tmp_path / "table.parquet"
    write(path, ROWS[:3])
    write(path, ROWS[3:], is_finished=False)
    rows = tmp_path / "table.parquet.unfinished.jsonl"
    left = rows.read_bytes()
    write(path, [])
    rows.write_bytes(left)  # as if it had been killed before it removed them
    assert missing(path) == []
    write(path, [])
    assert pq.read_table(path).column("file").to_pylist() == [row.file for row in ROWS]
    assert not rows.exists()


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_of_other_weights_or_options_is_not_continued(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"table.{kind}"
    write(path, ROWS)
    before = path.read_bytes()
    with pytest.raises(TableError, match=f"was made by '{MAKER}', and this run is 'others'"):
        open_table(path, "others")
    assert path.read_bytes() == before


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "content",
    [
        b"name,age\r\nAnn,7\r\n",
        b"name,age",
        b'{"name": "Ann"}\n',
        b'{"name": "Ann"}',
        b"[1, 2]\n",
        b"\0\1\2\xff\n\xfe",
        b"PAR1 and so on",
        b"x" * 5000,
    ],
)
def test_a_file_of_something_else_is_left_as_it_is(
    kind: str, content: bytes, tmp_path: Path
) -> None:
    path = tmp_path / f"table.{kind}"
    path.write_bytes(content)
    with pytest.raises(TableError, match="name another file, or remove that one"):
        open_table(path, MAKER)
    assert path.read_bytes() == content
    assert [file for file in tmp_path.iterdir() if file.stat().st_size] == [path]


def test_a_row_that_was_spoilt_by_hand_is_said(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    write(path, ROWS)
    path.write_bytes(path.read_bytes().replace(b"bad.png,1,", b"bad.png,one,"))
    with pytest.raises(TableError, match="a row of it cannot be read"):
        open_table(path, MAKER)


@pytest.mark.parametrize("kind", KINDS)
def test_two_runs_do_not_write_one_table(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"table.{kind}"
    table = open_table(path, MAKER)
    with pytest.raises(TableError, match="another run is writing it"):
        open_table(path, MAKER)
    table.close()
    open_table(path, MAKER).close()


def test_other_endings_and_folders_that_are_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"ends in \.csv, \.jsonl or \.parquet, got table\.xlsx"):
        open_table(tmp_path / "table.xlsx", MAKER)
    with pytest.raises(TableError, match="cannot be written: No such file"):
        open_table(tmp_path / "none" / "table.csv", MAKER)


def test_parquet_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ConfigError, match=r"needs pyarrow, which is not installed.*\[files\]"):
        open_table(tmp_path / "table.parquet", MAKER)
