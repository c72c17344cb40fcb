"""``python -m app read FOLDER --table FILE``, as a person uses it."""

import csv
import json
import os
import pty
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from pillow_heif import register_heif_opener

from app.files.order import Place
from app.files.rows import Row
from app.files.workers import Workers
from app.reading.reader import Reader
from model.errors import ReaderError
from tests.app.files.documents import grid, locked_pdf, page, write_folder, write_pages
from tests.app.read_kills import finish, growing, kill_at_random, start, values, wait_for_rows
from tests.app.running import DIGITS, GRID
from tests.app.worker_kills import children_of, command_of
from tests.conftest import ROOT
from tests.waiting import wait_until

READING = "71_4"


def read(*arguments: str | Path, **environment: str) -> tuple[int, str]:
    return finish(start(*arguments, **environment))


def rows_of(table: Path) -> list[dict[str, str]]:
    with table.open(newline="") as file:
        return list(csv.DictReader(file, strict=True))


def test_each_page_of_each_format_is_a_row(tmp_path: Path) -> None:
    register_heif_opener()
    folder = tmp_path / "scans"
    (folder / "more").mkdir(parents=True)
    kinds = ("png", "jpg", "webp", "bmp", "gif", "avif", "heic", "tif")
    for kind in kinds:
        grid().save(folder / "more" / f"grid.{kind}")
    write_pages(folder / "scan.tiff", grid(), page(), grid())
    write_pages(folder / "scan.pdf", page(), grid())
    (folder / "notes.txt").write_text("no picture")
    table = tmp_path / "out.csv"
    code, said = read(folder, "--csv", table, "--workers", "2")
    assert (code, said) == (0, f"10 files read into {table}; rows with an error: 0\n")
    blank = "____"
    expected = [(f"more/grid.{kind}", 1, READING, None) for kind in sorted(kinds)]
    expected += [("scan.pdf", number, text, None) for number, text in ((1, blank), (2, READING))]
    expected += [("scan.tiff", 1 + n, t, None) for n, t in enumerate((READING, blank, READING))]
    assert values(table) == [(f"{folder}/{name}", *others) for name, *others in expected]
    first = rows_of(table)[0]
    assert json.loads(first["digits"]) == DIGITS
    assert (first["rows"], first["columns"], first["pages"]) == ("2", "2", "1")
    assert 0.9 < float(first["confidence"]) < 1


def test_what_cannot_be_read_is_a_row_with_an_error_and_exit_code_1(tmp_path: Path) -> None:
    folder = tmp_path / "scans"
    write_folder(folder, 4)
    grid(5).save(folder / "tiny.png")
    (folder / "cut.png").write_bytes(GRID[:500])
    (folder / "locked.pdf").write_bytes(locked_pdf())
    (folder / "text.jpg").write_text("no picture")
    (folder / "away.png").symlink_to("nowhere")
    os.mkfifo(folder / "pipe.png")
    table = tmp_path / "out.csv"
    code, said = read(folder, "--csv", table)
    assert code == 1
    assert said.endswith("10 files read into " + f"{table}; rows with an error: 6\n")
    bad = {Path(row["file"]).name: row["error"] for row in rows_of(table) if row["error"]}
    assert sorted(bad) == [
        *("away.png", "cut.png", "locked.pdf", "pipe.png", "text.jpg", "tiny.png")
    ]
    assert bad["locked.pdf"] == "the PDF is protected by a password"
    assert [row["reading"] for row in rows_of(table) if not row["error"]] == [READING] * 4
    # It tells what the table holds, also where it had nothing to read.
    code, said = read(folder, "--csv", table)
    assert code == 1
    assert said == (
        f"10 of 10 files stand in {table} already\n"
        f"0 files read into {table}; rows with an error: 6\n"
    )


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_the_same_command_reads_only_what_is_new(kind: str, tmp_path: Path) -> None:
    folder = tmp_path / "scans"
    names = write_folder(folder, 3)
    table = tmp_path / f"out.{kind}"
    assert read(folder, "--table", table)[0] == 0
    before = table.read_bytes()
    assert read(folder, "--table", table)[0] == 0
    assert table.read_bytes() == before
    Path(names[0]).unlink()
    (folder / "000 new.png").write_bytes(GRID)
    code, said = read(folder, "--table", table)
    assert code == 0
    assert f"2 of 3 files stand in {table} already\n1 files read" in said
    assert [row[0] for row in values(table)] == [*names, str(folder / "000 new.png")]


@pytest.mark.long
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_run_that_is_killed_again_and_again_ends_with_the_table_of_one_left_alone(
    kind: str, tmp_path: Path
) -> None:
    folder = tmp_path / "scans"
    write_folder(folder, 60)
    write_pages(folder / "010.tif", *[grid(), page()] * 10)
    alone, killed = tmp_path / f"alone.{kind}", tmp_path / f"killed.{kind}"
    assert read(folder, "--table", alone)[0] == 0
    assert kill_at_random(folder, killed, 4, random.Random(0)) == 3
    assert values(killed) == values(alone)
    if kind == "csv":
        assert killed.read_bytes() == alone.read_bytes()


def test_ctrl_c_stops_with_a_word_and_the_same_command_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "scans"
    names = write_folder(folder, 100)
    table = tmp_path / "out.csv"
    process = start(folder, "--csv", table, "--workers", "2")
    assert wait_for_rows(table, process)
    os.killpg(process.pid, signal.SIGINT)  # what a terminal does
    code, said = finish(process)
    assert (code, said) == (130, f"stopped; the same command goes on with {table}\n")
    assert 0 < len(rows_of(table)) < len(names)
    assert read(folder, "--csv", table)[0] == 0
    assert [row[0] for row in values(table)] == names


def test_ctrl_c_while_processes_start_stops_as_quietly(tmp_path: Path) -> None:
    folder = tmp_path / "scans"
    write_folder(folder, 100)
    table = tmp_path / "out.csv"
    process = start(folder, "--csv", table, "--workers", "2")
    wait_until(lambda: [p for p in children_of(process.pid) if b"spawn_main" in command_of(p)])
    os.killpg(process.pid, signal.SIGINT)
    code, said = finish(process)
    assert (code, said) == (130, f"stopped; the same command goes on with {table}\n")


def test_processes_that_read_end_when_the_first_one_is_killed(tmp_path: Path) -> None:
    folder = tmp_path / "scans"
    write_folder(folder, 100)
    process = start(folder, "--csv", tmp_path / "out.csv", "--workers", "2")
    assert wait_for_rows(tmp_path / "out.csv", process)

    def readers() -> list[int]:
        return [pid for pid in children_of(process.pid) if b"spawn_main" in command_of(pid)]

    wait_until(lambda: len(readers()) == 2)
    workers = readers()
    process.kill()
    process.communicate()
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))


def test_a_page_that_ends_the_process_that_reads_it_is_an_error_and_no_more(
    tmp_path: Path,
) -> None:
    names = write_folder(tmp_path / "scans", 3)
    sha256 = Reader.load().engine.sha256
    with Workers(1, sha256, None, "made by") as workers:

        def read_one(number: int, *, is_to_die: bool = False) -> Row:
            if is_to_die:  # it gets the page, and does not come to read it
                (worker,) = workers.processes
                os.kill(worker, signal.SIGSTOP)
            workers.give(Place(names[number], 1, None))
            if is_to_die:
                os.kill(worker, signal.SIGKILL)
            while workers.is_reading():
                for _, row in workers.wait():
                    return row
            raise AssertionError

        assert read_one(0).reading == READING
        dead = read_one(1, is_to_die=True)
        assert (dead.reading, dead.error) == (None, "the process that read it ended (SIGKILL)")
        assert read_one(2).reading == READING


def test_weights_that_are_exchanged_meanwhile_are_not_read_with(tmp_path: Path) -> None:
    (name,) = write_folder(tmp_path / "scans", 1)
    with Workers(1, "of others", None, "made by") as workers:
        workers.give(Place(name, 1, None))
        with pytest.raises(ReaderError, match="exchanged while they were in use"):
            list(workers.wait())


def test_a_table_of_other_weights_is_not_continued(
    tmp_path: Path, without_fours: dict[str, str]
) -> None:
    (name,) = write_folder(tmp_path / "scans", 1)
    table = tmp_path / "out.csv"
    assert read(name, "--table", table)[0] == 0
    before = table.read_bytes()
    code, said = read(name, "--table", table, **without_fours)
    assert code == 2
    assert said.startswith(f"error: {table} was made by '0.1.0 ")
    assert said.endswith("name another file, or remove that one\n")
    assert table.read_bytes() == before


def test_what_cannot_begin_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    table = tmp_path / "out.csv"
    (name,) = write_folder(tmp_path / "scans", 1)
    for arguments, environment in (
        ((tmp_path / "scams", "--csv", table), {}),
        ((name, "--table", tmp_path / "out.xlsx"), {}),
        ((name, "--table", table), {"WEIGHTS": str(tmp_path / "none.safetensors")}),
    ):
        code, said = read(*arguments, **environment)
        assert code == 2
        assert said.startswith("error: ")
        assert said.count("\n") == 1
    assert not table.exists()
    assert read(name, "--json", "--csv", table)[0] == 2
    assert read(name, "--workers", "2")[0] == 2


def test_a_bar_is_drawn_in_a_terminal_alone(tmp_path: Path) -> None:
    write_folder(tmp_path / "scans", 2)
    ours, its = pty.openpty()
    command = [sys.executable, "-m", "app", "read", tmp_path / "scans", "--csv", tmp_path / "a.csv"]
    with subprocess.Popen(command, cwd=ROOT, stderr=its, env=os.environ | {"TERM": "xterm"}):
        os.close(its)
        shown = b""
        while data := _read_terminal(ours):
            shown += data
    os.close(ours)
    assert b"2/2" in shown
    assert b"2/2" not in read(tmp_path / "scans", "--csv", tmp_path / "b.csv")[1].encode()


def _read_terminal(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 1000)
    except OSError:  # how Linux says that nobody writes any more
        return b""


def test_rows_are_in_the_file_before_the_run_ends(tmp_path: Path) -> None:
    folder = tmp_path / "scans"
    write_folder(folder, 100)
    table = tmp_path / "out.parquet"
    process = start(folder, "--table", table)
    assert wait_for_rows(table, process)
    process.kill()
    process.communicate()
    assert not table.exists()
    assert json.loads(growing(table).read_text().splitlines()[0])["reading"] == READING
