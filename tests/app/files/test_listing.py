"""Which files are read."""

import os
from pathlib import Path

import pytest

from app.files.listing import SUFFIXES, list_files, name_of
from app.reading.formats import FORMATS
from model.errors import ConfigError


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def touch(*names: str) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()


def test_each_format_that_is_read_has_its_endings() -> None:
    assert set(SUFFIXES) == {*FORMATS, "TIFF", "PDF"}


def test_folders_are_searched_below_and_sorted_and_paths_begin_as_they_were_given(
    inside: Path,
) -> None:
    touch("scans/b.PNG", "scans/a/2.tiff", "scans/a/1.pdf", "scans/notes.txt", "scans/a.heic")
    found = ["scans/a.heic", "scans/a/1.pdf", "scans/a/2.tiff", "scans/b.PNG"]
    assert list_files([Path("scans/")]) == found
    assert list_files([Path()]) == found
    assert list_files([inside / "scans"]) == [str(inside / name) for name in found]


def test_what_is_given_keeps_its_order_and_is_read_once(inside: Path) -> None:
    touch("b/1.png", "a/1.png", "a/2.png", "picture")
    given = [Path("picture"), Path("b"), Path("a/2.png"), Path("a")]
    assert list_files(given) == ["picture", "b/1.png", "a/2.png", "a/1.png"]


def test_hidden_names_and_links_to_other_folders_are_left_out(inside: Path) -> None:
    touch("scans/1.png", "scans/._1.png", "scans/.trash/2.png", "other/3.png")
    Path("scans/more").symlink_to("../other")
    Path("scans/round").symlink_to(".")
    Path("scans/4.png").symlink_to("../other/3.png")
    assert list_files([Path("scans")]) == ["scans/1.png", "scans/4.png"]


def test_what_is_not_there_is_said_before_anything_is_read(inside: Path) -> None:
    touch("scans/notes.txt", "1.png")
    with pytest.raises(ConfigError, match=r"scams: expected a file or a folder, found none"):
        list_files([Path("1.png"), Path("scams")])
    with pytest.raises(ConfigError, match=r"expected files to read \(PNG, .*TIFF, PDF\)"):
        list_files([Path("scans")])


def test_a_name_that_is_no_text_is_written_out(inside: Path) -> None:
    path = os.fsdecode(b"caf\xe9.png")
    touch(path)
    assert [name_of(path) for path in list_files([Path(path)])] == ["caf\\xe9.png"]
    assert name_of("café.png") == "café.png"
