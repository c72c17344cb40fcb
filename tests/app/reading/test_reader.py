"""The reader without a server: arrays, bytes and files."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from app.reading.reader import Reader
from model.errors import CheckpointFormatError, PictureError
from tests.app.running import DIGITS, GRID
from tests.conftest import RELEASED, ROOT

FILE = ROOT / "docs" / "grid.png"


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader.load()


def pixels(mode: str) -> Any:
    return np.asarray(Image.open(FILE).convert(mode))


@pytest.mark.parametrize(
    "picture", [FILE, str(FILE), GRID, pixels("L"), pixels("RGB"), pixels("RGBA")]
)
def test_files_bytes_and_arrays_of_one_picture_are_read_alike(reader: Reader, picture: Any) -> None:
    reading = reader.read(picture)
    expected = reader.read(FILE)
    assert reading.digits == expected.digits == DIGITS
    assert reading.confidence == expected.confidence
    assert [cell.ink_box for cell in reading.cells] == [cell.ink_box for cell in expected.cells]


def test_arrays_may_be_views_large_and_of_either_polarity(reader: Reader) -> None:
    large = np.kron(255 - pixels("L"), np.ones((20, 20), np.uint8))
    assert large.shape == (3360, 3360)
    for picture in (large, large[::-1, ::-1][::-1, ::-1], np.asfortranarray(large)):
        assert reader.read(picture).digits == DIGITS
    mirrored_twice = np.ascontiguousarray(large[:, ::-1])[:, ::-1]
    assert reader.read(mirrored_twice).digits == DIGITS


def test_an_array_is_left_as_it_is(reader: Reader) -> None:
    picture = pixels("RGB").copy()
    before = picture.copy()
    reader.read(picture)
    assert np.array_equal(picture, before)


@pytest.mark.parametrize(
    ("picture", "got"),
    [
        (np.zeros((56, 56)), r"got float64 \(56, 56\)"),
        (np.zeros(56, np.uint8), r"got uint8 \(56,\)"),
        (np.zeros((56, 56, 2), np.uint8), r"got uint8 \(56, 56, 2\)"),
        (np.zeros((1, 56, 56, 3), np.uint8), r"got uint8 \(1, 56, 56, 3\)"),
        (np.zeros((0, 56), np.uint8), r"got uint8 \(0, 56\)"),
        (np.zeros((5, 5), np.uint8), "at least 28x28 pixels, got 5x5"),
        (b"no picture", "got 10 bytes of something else"),
        (ROOT / "docs" / "none.png", "the file cannot be read: No such file"),
    ],
)
def test_what_is_no_picture_is_refused_with_what_came(
    reader: Reader, picture: Any, got: str
) -> None:
    with pytest.raises(PictureError, match=got):
        reader.read(picture)


def test_weights_are_the_released_ones_or_those_named(tmp_path: Path) -> None:
    assert Reader.load(str(RELEASED)).read(FILE).digits == DIGITS
    with pytest.raises(CheckpointFormatError, match=r"none\.safetensors"):
        Reader.load(tmp_path / "none.safetensors")


def test_the_environment_names_other_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEIGHTS", str(tmp_path / "none.safetensors"))
    with pytest.raises(CheckpointFormatError):
        Reader.load()
    assert Reader.load(RELEASED).read(FILE).digits == DIGITS
