"""The short way into a PNG gives Pillow's pixels, or leaves the file to Pillow."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from app.reading.plain_png import read_plain_png


def noise(mode: str, side: int = 40) -> Image.Image:
    channels = len(mode)
    shape = (side, side + 3, channels) if channels > 1 else (side, side + 3)
    smooth = np.add.outer(np.arange(side), np.arange(side + 3)) * 2
    dots = np.random.default_rng(0).integers(0, 40, shape)
    levels = dots + (smooth[..., None] if channels > 1 else smooth)
    return Image.fromarray((levels % 256).astype(np.uint8), mode)


def png(picture: Image.Image, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG", **options)
    return file.getvalue()


def filtered(kind: int, num_rows: int = 20) -> bytes:
    """A grey PNG whose rows are all filtered in one way, whatever that makes of them."""
    side = 20
    rows = np.random.default_rng(kind).integers(0, 256, (side, side), np.uint8)[:num_rows]
    pixels = zlib.compress(b"".join(bytes([kind]) + row.tobytes() for row in rows))
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)),
        (b"IDAT", pixels),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


PLAIN = {
    "as Pillow writes": png(noise("L")),
    **{f"filter {kind}": filtered(kind) for kind in range(5)},
}


@pytest.mark.parametrize("name", PLAIN)
def test_a_plain_png_is_decoded_as_pillow_does(name: str) -> None:
    data = PLAIN[name]
    found = read_plain_png(data)
    assert found is not None
    with Image.open(io.BytesIO(data)) as expected:
        assert found.dtype == np.uint8
        np.testing.assert_array_equal(found, np.asarray(expected))


@pytest.mark.parametrize("rows", [1, 10, 19])
def test_rows_that_are_missing_are_black(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not what another picture left in memory: Pillow takes such a file, and so must this."""

    def used(shape: tuple[int, ...], dtype: type) -> np.ndarray:
        return np.full(shape, 171, dtype)

    data = filtered(0, rows)
    with Image.open(io.BytesIO(data)) as expected:
        pixels = np.asarray(expected)
    assert not pixels[rows:].any()
    monkeypatch.setattr(np, "empty", used)
    found = read_plain_png(data)
    assert found is not None
    np.testing.assert_array_equal(found, pixels)


def text() -> PngInfo:
    information = PngInfo()
    information.add_text("a", "b")
    return information


@pytest.mark.parametrize(
    "data",
    [
        b"",
        png(noise("L"))[:-30],
        png(noise("L"))[:40],
        png(noise("L")) + b"\0",
        png(noise("L"))[:29] + bytes(4) + png(noise("L"))[33:],
        png(noise("L"))[:41] + bytes(20) + png(noise("L"))[61:],
        png(noise("L", 300)),
        png(noise("L"), pnginfo=text()),
        png(noise("L"), transparency=0),
        png(noise("RGB")),
        png(noise("RGBA")),
        png(noise("L").convert("P")),
        png(noise("L").convert("1")),
        png(Image.fromarray(np.zeros((30, 30), np.uint16))),
    ],
)
def test_everything_else_is_left_to_pillow(data: bytes) -> None:
    assert read_plain_png(data) is None
