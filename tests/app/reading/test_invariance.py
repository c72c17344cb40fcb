"""One grid in many files: whatever the format, size and polarity, the same digits."""

import io
from collections.abc import Callable

import httpx
import numpy as np
import pytest
from PIL import Image

from model.config import ReaderConfig
from tests.app.running import PNG
from training.data import Digits
from training.scoring import disjoint_grids

NUM_GRIDS = 100
# Of the largest pictures fewer, for the time it takes to make them.
NUM_LARGE_GRIDS = 20

Picture = Image.Image


def encoded(picture: Picture, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, compress_level=1, **options)
    return file.getvalue()


def resized(picture: Picture, side: int) -> Picture:
    """As an enlarged picture looks: smooth."""
    return picture.resize((side, side), Image.Resampling.BICUBIC)


def inverted(picture: Picture) -> Picture:
    return Image.fromarray(255 - np.asarray(picture))


def with_alpha(picture: Picture) -> Picture:
    """Black ink on nothing."""
    layers = Image.new("RGBA", picture.size, (0, 0, 0, 0))
    layers.putalpha(picture)
    return layers


def turned_by_exif(picture: Picture, kind: str) -> bytes:
    """Lies on its side in the file; EXIF says how it stands."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return encoded(picture.transpose(Image.Transpose.ROTATE_90), kind, exif=exif, quality=95)


# The same 56x56 grid as other files, held to what its PNG is read as.
FORMS: dict[str, Callable[[Picture], bytes]] = {
    "JPEG at quality 95": lambda p: encoded(p, "JPEG", quality=95),
    "inverted": lambda p: encoded(inverted(p)),
    "with alpha": lambda p: encoded(with_alpha(p)),
    "RGB": lambda p: encoded(p.convert("RGB")),
    "turned by EXIF": lambda p: turned_by_exif(p, "PNG"),
    "turned by EXIF, JPEG": lambda p: turned_by_exif(p, "JPEG"),
    "280 pixels": lambda p: encoded(resized(p, 280)),
    "560 pixels": lambda p: encoded(resized(p, 560)),
    "2,000 pixels": lambda p: encoded(resized(p, 2000)),
    "280 pixels, JPEG, inverted": lambda p: encoded(inverted(resized(p, 280)), "JPEG", quality=95),
    "560 pixels, with alpha": lambda p: encoded(with_alpha(resized(p, 560))),
    "2,000 pixels, JPEG, turned": lambda p: turned_by_exif(resized(p, 2000), "JPEG"),
}


@pytest.fixture(scope="module")
def grids(test_digits: Digits) -> list[Picture]:
    pictures = disjoint_grids(test_digits, ReaderConfig(), seed=11).pictures[:NUM_GRIDS].numpy()
    return [Image.fromarray(picture) for picture in pictures]


@pytest.fixture(scope="module")
def expected(grids: list[Picture], client: httpx.Client) -> list[list[int | None]]:
    return [read(client, encoded(grid)) for grid in grids]


def read(client: httpx.Client, data: bytes) -> list[int | None]:
    answer = client.post("/predict", content=data, headers=PNG)
    assert answer.status_code == 200, answer.text
    digits: list[int | None] = answer.json()["digits"]
    return digits


@pytest.mark.parametrize("form", FORMS)
def test_a_grid_has_the_same_digits_in_every_form(
    form: str, grids: list[Picture], expected: list[list[int | None]], client: httpx.Client
) -> None:
    if form.startswith("2,000"):
        grids, expected = grids[:NUM_LARGE_GRIDS], expected[:NUM_LARGE_GRIDS]
    wrong = [
        f"grid {number}: {found} instead of {digits}"
        for number, (grid, digits) in enumerate(zip(grids, expected, strict=True))
        if (found := read(client, FORMS[form](grid))) != digits
    ]
    assert not wrong, f"{len(wrong)} of {len(grids)}: " + "; ".join(wrong[:10])
