"""What is decoded of each kind of picture, before anything is read in it."""

import io
import struct
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from app.reading.images import Picture, decode_opened, open_picture
from app.settings import Settings
from model.errors import PictureError

RED, PAPER = (200, 30, 40), (250, 240, 200)


def coloured(width: int = 200, height: int = 120) -> Image.Image:
    """Yellowish paper with red in its upper left corner."""
    picture = Image.new("RGB", (width, height), PAPER)
    picture.paste(RED, (0, 0, width // 3, height // 3))
    return picture


def encoded(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def decoded(data: bytes) -> Picture:
    return decode_opened(open_picture(data, Settings()))


def corner(pixels: NDArray[np.uint8]) -> NDArray[np.int_]:
    return pixels[8, 8].astype(int)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "AVIF", "HEIF"])
def test_colour_is_kept_in_every_format(kind: str) -> None:
    for side in (200, 3000):
        pixels = decoded(encoded(coloured(side, side), kind)).pixels
        assert pixels.ndim == 3
        assert pixels.shape[2] == 3
        np.testing.assert_allclose(corner(pixels), RED, atol=12)
        np.testing.assert_allclose(pixels[-9, -9].astype(int), PAPER, atol=12)


@pytest.mark.parametrize("mode", ["P", "CMYK", "RGBA", "YCbCr", "LAB"])
def test_colour_is_kept_from_every_mode(mode: str) -> None:
    from PIL import ImageCms

    if mode == "LAB":
        profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        picture = ImageCms.profileToProfile(coloured(), *profiles, outputMode="LAB")
        assert picture is not None
    else:
        picture = coloured().convert(mode)
    pixels = decode_opened(picture).pixels
    np.testing.assert_allclose(corner(pixels), RED, atol=50)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "RGB", "RGBA", "P"])
def test_what_has_no_colour_is_grey(mode: str) -> None:
    picture = Image.linear_gradient("L").convert(mode)
    expected = np.asarray(picture.convert("L"))
    for data in (encoded(picture), encoded(picture, "WEBP", lossless=True)):
        assert np.array_equal(decoded(data).pixels, expected)


def test_the_paper_of_a_transparent_picture_has_the_colour_of_its_opaque_part() -> None:
    layers = coloured().convert("RGBA")
    layers.paste((0, 0, 0, 0), (150, 80, 200, 120))
    pixels = decoded(encoded(layers)).pixels
    assert tuple(corner(pixels)) == RED
    assert tuple(pixels[100, 180]) == PAPER


@pytest.mark.parametrize("side", [200, 3000])
def test_alpha_that_is_nowhere_opaque_says_nothing(side: int) -> None:
    layers = coloured(side, side).convert("RGBA")
    layers.putalpha(0)
    pixels = layers.tobytes("raw", "BGRA")
    masks = 0xFF0000, 0xFF00, 0xFF, 0xFF000000
    head = struct.pack("<IiiHHIIiiII", 108, side, -side, 1, 32, 3, len(pixels), 0, 0, 0, 0)
    head += struct.pack("<4I", *masks) + bytes(52)
    bitmap = b"BM" + struct.pack("<IHHI", 14 + len(head) + len(pixels), 0, 0, 14 + len(head))
    settings = Settings(max_picture_bytes=10**8)
    for data in (encoded(layers), bitmap + head + pixels):
        found = decode_opened(open_picture(data, settings)).pixels
        assert tuple(corner(found)) == RED


@pytest.mark.parametrize("bits", range(8, 17))
def test_sixteen_bits_use_the_range_that_is_used(bits: int) -> None:
    grey = np.asarray(Image.linear_gradient("L")).astype(np.uint16)
    wide = (grey.astype(float) / 255 * (2**bits - 1)).round().astype(np.uint16)
    for times in (1, 10):
        large = np.kron(wide, np.ones((times, times), np.uint16))
        found = decoded(encoded(Image.fromarray(large))).pixels
        assert (int(found.min()), int(found.max())) == (0, 255)
        if times == 1:
            np.testing.assert_allclose(found.astype(int), grey.astype(int), atol=1)


@pytest.mark.parametrize("bits", [10, 12, 14, 16])
def test_sixteen_bits_a_colour_use_the_range_that_is_used(bits: int) -> None:
    levels = np.asarray(coloured(), np.float64)[..., ::-1] / 255 * (2**bits - 1)
    data = cv2.imencode(".png", levels.round().astype(np.uint16))[1].tobytes()
    pixels = decoded(data).pixels
    np.testing.assert_allclose(corner(pixels), RED, atol=256 >> (bits - 8))


def test_a_plain_sheet_of_sixteen_bits_stays_plain() -> None:
    noise = np.random.default_rng(0).integers(-40, 40, (99, 99))
    assert np.ptp(decoded(encoded(Image.fromarray((3000 + noise).astype(np.uint16)))).pixels) < 8


@pytest.mark.parametrize("kind", ["MPO", "HEIF"])
def test_a_preview_is_no_frame(kind: str) -> None:
    picture = coloured()
    data = encoded(picture, kind, save_all=True, append_images=[picture.resize((50, 30))])
    found = decoded(data)
    assert (found.width, found.height) == picture.size
    assert not found.notices


@pytest.mark.parametrize("kind", ["AVIF", "HEIF"])
def test_what_is_left_of_a_file_is_refused(kind: str) -> None:
    data = encoded(coloured(), kind)
    for length in (13, 60, len(data) // 2, len(data) - 40):
        with pytest.raises(PictureError):
            decoded(data[:length])


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF", "HEIF"])
def test_the_limit_of_pixels_holds_before_anything_is_decoded(kind: str) -> None:
    data = encoded(coloured(), kind)
    with pytest.raises(PictureError, match="at most 23999 pixels, got 200x120"):
        open_picture(data, Settings(max_picture_pixels=23_999))


@pytest.mark.parametrize("size", [(4960, 7016), (8192, 6144)])
def test_scans_and_photographs_of_today_are_taken(size: tuple[int, int]) -> None:
    found = decoded(encoded(Image.new("1", size, 1)))
    assert (found.width, found.height) == size
    assert max(found.pixels.shape) <= 1120
