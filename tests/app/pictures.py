"""Pictures, good and broken, for tests that make up requests."""

import base64
import io
import random

import numpy as np
from hypothesis import strategies as st
from PIL import Image

from tests.app.running import GRID

_MODES = {
    "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
    "JPEG": ("L", "RGB", "CMYK"),
    "WEBP": ("RGB", "RGBA"),
    "BMP": ("1", "L", "P", "RGB"),
    "GIF": ("L", "P", "RGB"),
    "AVIF": ("L", "RGB", "RGBA"),
    "HEIF": ("L", "RGB", "RGBA"),
}
_SIDES = (28, 29, 56, 57, 99, 168, 280)


def _saved(kind: str, mode: str, width: int, height: int, seed: int, orientation: int) -> bytes:
    random_pixels = np.random.default_rng(seed)
    channels = len(Image.new(mode, (1, 1)).getbands())
    if mode == "I;16":
        picture = Image.fromarray(random_pixels.integers(0, 65536, (height, width), np.uint16))
    elif seed % 2:
        shape = (height, width, channels)[: 2 + (channels > 1)]
        pixels = random_pixels.integers(0, 256, shape, np.uint8)
        picture = Image.fromarray(pixels) if channels == 1 else Image.fromarray(pixels, None)
        picture = picture.convert(mode)
    else:
        picture = Image.open(io.BytesIO(GRID)).convert(mode if mode != "P" else "L").convert(mode)
        picture = picture.resize((width, height))
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    picture.save(file, kind, **({"exif": exif.tobytes()} if kind not in {"BMP", "GIF"} else {}))
    return file.getvalue()


def _damaged(data: bytes, how: str, seed: int) -> bytes:
    chance = random.Random(seed)
    place = chance.randrange(len(data))
    if how == "cut":
        return data[:place]
    if how == "doubled":
        return data[:place] + data[place // 2 :]
    if how == "glued":
        return data + data[place:]
    changed = bytearray(data)
    for _ in range(chance.choice((1, 3, 30))):
        # Headers are where most harm is done.
        where = chance.randrange(min(len(data), chance.choice((32, 200, len(data)))))
        changed[where] = chance.choice((0, 1, 127, 128, 255, chance.randrange(256)))
    return bytes(changed)


def good_pictures() -> st.SearchStrategy[bytes]:
    """Files of every format and kind of pixels that are read."""
    kinds = st.sampled_from([(kind, mode) for kind, modes in _MODES.items() for mode in modes])
    return st.builds(
        lambda kind, width, height, seed, orientation: _saved(
            *kind, width, height, seed, orientation
        ),
        kinds,
        st.sampled_from(_SIDES),
        st.sampled_from(_SIDES),
        st.integers(0, 99),
        st.integers(0, 9),
    )


def broken_pictures() -> st.SearchStrategy[bytes]:
    """Files that were good until some of their bytes were lost, doubled or changed."""
    return st.builds(
        _damaged,
        good_pictures(),
        st.sampled_from(("cut", "doubled", "glued", "changed", "changed", "changed")),
        st.integers(0, 2**32 - 1),
    )


def any_pictures() -> st.SearchStrategy[bytes]:
    """Good ones, broken ones, and bytes that never were a picture."""
    return st.one_of(good_pictures(), broken_pictures(), st.binary(max_size=300))


def base64_pictures() -> st.SearchStrategy[str]:
    """The same in base64, plain or as data URLs."""
    return st.builds(
        lambda prefix, data: prefix + base64.b64encode(data).decode(),
        st.sampled_from(("", "", "data:image/png;base64,", "data:;base64,")),
        any_pictures(),
    )
