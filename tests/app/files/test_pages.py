"""Pages of pictures, TIFF and PDF files."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from app.files.pages import DOTS_PER_INCH, Pages, open_pages
from app.reading.reader import Reader
from app.settings import Settings
from model.errors import ConfigError, PictureError
from tests.app.files.documents import grid, locked_pdf, page, write_pages
from tests.app.running import DIGITS, GRID


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader.load()


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., Pages]]:
    with contextlib.ExitStack() as stack:

        def opened(name: str, content: bytes | None = None, **settings: int) -> Pages:
            if content is not None:
                (tmp_path / name).write_bytes(content)
            pages = open_pages(str(tmp_path / name), Settings(**settings))  # type: ignore[arg-type]
            stack.callback(pages.close)
            return pages

        yield opened


def digits(reader: Reader, pages: Pages) -> list[list[int | None]]:
    numbers = range(1, pages.count + 1)
    return [reader.read(pages.picture(number)).digits for number in numbers]


@pytest.mark.parametrize("suffix", ["tif", "pdf"])
def test_each_page_of_a_document_is_read(
    suffix: str, opened: Callable[..., Pages], reader: Reader, tmp_path: Path
) -> None:
    write_pages(tmp_path / f"scan.{suffix}", grid(), page(), grid(500))
    assert digits(reader, opened(f"scan.{suffix}")) == [DIGITS, [None] * 4, DIGITS]


@pytest.mark.parametrize(
    ("mode", "options"),
    [
        ("1", {"compression": "group4"}),
        ("L", {"compression": "tiff_lzw"}),
        ("L", {"compression": "jpeg"}),
        ("RGB", {"compression": "tiff_deflate"}),
        ("RGB", {"compression": "packbits"}),
        ("RGBA", {}),
        ("CMYK", {}),
        ("P", {}),
        ("I;16", {}),
        ("I;16B", {}),
        ("L", {"big_tiff": True}),
    ],
)
def test_kinds_of_tiff_that_scanners_write_are_read(
    mode: str,
    options: dict[str, object],
    opened: Callable[..., Pages],
    reader: Reader,
    tmp_path: Path,
) -> None:
    picture = grid()
    if mode.startswith("I;16"):
        wide = np.asarray(picture).astype(">u2" if mode == "I;16B" else "<u2") * 257
        picture = Image.frombytes(mode, picture.size, wide.tobytes())
    else:
        picture = picture.convert(mode)
    picture.save(tmp_path / "scan.tif", **options)
    assert digits(reader, opened("scan.tif")) == [DIGITS]


def test_a_page_that_was_scanned_on_its_side_is_turned(
    opened: Callable[..., Pages], tmp_path: Path
) -> None:
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[274] = 6  # Orientation: the upper edge is on the right
    upright = grid(400).crop((0, 0, 400, 200))
    upright.rotate(90, expand=True).save(tmp_path / "scan.tif", tiffinfo=tags)
    assert np.array_equal(opened("scan.tif").picture(1), np.asarray(upright))


def test_previews_and_masks_in_a_tiff_are_no_pages(
    opened: Callable[..., Pages], tmp_path: Path
) -> None:
    with TiffImagePlugin.AppendingTiffWriter(tmp_path / "scan.tif", True) as file:
        for side, kind in ((300, 0), (30, 1), (310, 2), (310, 4)):
            tags = TiffImagePlugin.ImageFileDirectory_v2()
            tags[254] = kind
            grid(side).save(file, "TIFF", tiffinfo=tags)
            file.newFrame()
    pages = opened("scan.tif")
    sides = [np.shape(pages.picture(number))[0] for number in range(1, pages.count + 1)]
    assert sides == [300, 310]


def test_a_page_of_a_pdf_is_drawn_as_finely_as_scanners_scan_unless_it_is_a_poster(
    opened: Callable[..., Pages], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pages(tmp_path / "scan.pdf", grid(300))  # three inches a side
    drawn: list[Image.Image] = []

    def keep(picture: Image.Image, _: int):  # type: ignore[no-untyped-def]
        drawn.append(picture)
        raise PictureError("seen")

    monkeypatch.setattr("app.files.pages.decode_opened", keep)
    for limit in (52_000_000, 90_000):
        with pytest.raises(PictureError, match="seen"):
            opened("scan.pdf", max_picture_pixels=limit).picture(1)
    # A page may begin or end within a pixel.
    assert [pytest.approx(3 * DOTS_PER_INCH, abs=1)] * 2 == list(drawn[0].size)
    assert [pytest.approx(300, abs=1)] * 2 == list(drawn[1].size)


def test_what_a_file_is_follows_from_its_content_and_not_from_its_name(
    opened: Callable[..., Pages], reader: Reader, tmp_path: Path
) -> None:
    write_pages(tmp_path / "scan.pdf", grid(), grid())
    (tmp_path / "scan.pdf").rename(tmp_path / "scan.jpg")
    assert digits(reader, opened("scan.jpg")) == [DIGITS, DIGITS]
    assert digits(reader, opened("grid.pdf", GRID)) == [DIGITS]


def test_a_page_that_is_damaged_does_not_spoil_the_others(
    opened: Callable[..., Pages], reader: Reader, tmp_path: Path
) -> None:
    path = tmp_path / "scan.tif"
    pages = [grid(), grid(310), grid()]
    pages[0].save(path, save_all=True, append_images=pages[1:], compression="tiff_lzw")
    with Image.open(path) as file:
        file.seek(1)
        start = file.tag_v2[273][0]  # type: ignore[attr-defined]
    data = bytearray(path.read_bytes())
    data[start : start + 2000] = bytes(2000)
    read = opened("scan.tif", bytes(data))
    with pytest.raises(PictureError, match="damaged"):
        read.picture(2)
    assert [reader.read(read.picture(number)).digits for number in (1, 3)] == [DIGITS, DIGITS]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (locked_pdf(), "the PDF is protected by a password"),
        (b"%PDF-1.7\n" + b"x" * 300, "the PDF is damaged: "),
        (b"II*\0" + b"\xff" * 300, "the TIFF cannot be opened: "),
        (b"MM\0*", "the TIFF cannot be opened: "),
    ],
)
def test_documents_that_cannot_be_opened_say_why(
    content: bytes, message: str, opened: Callable[..., Pages]
) -> None:
    with pytest.raises(PictureError, match=message):
        opened("scan", content)


@pytest.mark.parametrize("cut", range(0, 100, 9))
@pytest.mark.parametrize("suffix", ["tif", "pdf"])
def test_documents_that_were_cut_have_readable_pages_or_say_why(
    suffix: str, cut: int, opened: Callable[..., Pages], tmp_path: Path
) -> None:
    write_pages(tmp_path / f"scan.{suffix}", grid(), page())
    data = (tmp_path / f"scan.{suffix}").read_bytes()
    with contextlib.suppress(PictureError):  # nothing else may come
        pages = opened(f"cut.{suffix}", data[: len(data) * cut // 100] or b"II*\0")
        for number in range(1, pages.count + 1):
            assert np.ndim(pages.picture(number)) == 2


def test_pages_of_too_many_pixels_and_files_of_too_many_bytes_are_refused(
    opened: Callable[..., Pages], tmp_path: Path
) -> None:
    write_pages(tmp_path / "scan.tif", page())
    with pytest.raises(PictureError, match="at most 1000 pixels, got 300x300"):
        opened("scan.tif", max_picture_pixels=1000).picture(1)
    with pytest.raises(PictureError, match=f"at most 100 bytes, got {len(GRID)}"):
        opened("grid.png", GRID, max_picture_bytes=100)


def test_numbers_of_32_bits_are_refused_instead_of_cut_off(
    opened: Callable[..., Pages], tmp_path: Path
) -> None:
    Image.fromarray(np.asarray(grid()).astype(np.float32) / 255).save(tmp_path / "scan.tif")
    with pytest.raises(PictureError, match="got numbers of 32 bits"):
        opened("scan.tif").picture(1)


def test_what_is_no_file_is_not_waited_for(opened: Callable[..., Pages], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    for name in ("pipe.png", "."):
        with pytest.raises(PictureError, match="expected a file, found"):
            opened(name)
    with pytest.raises(PictureError, match="the file cannot be read: No such file"):
        opened("none.png")


def test_pdf_says_what_to_install(
    opened: Callable[..., Pages], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    with pytest.raises(ConfigError, match=r"needs pypdfium2, which is not installed.*\[files\]"):
        opened("scan.pdf", b"%PDF-1.7")
