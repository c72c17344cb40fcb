"""The short way into the simplest of pictures, which costs half of what Pillow's readers take.

A small grey PNG with one stretch of pixels and nothing beside it needs no reader of chunks.
Whatever is not exactly that, or is damaged, is left to Pillow, which also says what is wrong.

Reference: PNG (Third Edition), sections 5 and 11.
"""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_START = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
_END = b"\0\0\0\0IEND\xaeB`\x82"
# Size, bits of a channel, colour, compression, filter, interlacing, checksum; length of the pixels.
_HEADER = struct.Struct(">IIBBBBBII")
_PIXELS = len(_START) + _HEADER.size + len(b"IDAT")
_GREY = 0
# What is decoded on the event loop: see ``app.reading.pipeline``.
MOST_PIXELS = 40_000


def read_plain_png(data: bytes) -> NDArray[np.uint8] | None:
    """Decodes a small grey PNG of 8 bits that consists of header, pixels and end alone.

    Returns:
        The pixels (height, width) that Pillow decodes; None where the file is anything else.
    """
    if not data.startswith(_START) or data[_PIXELS - 4 : _PIXELS] != b"IDAT":
        return None
    width, height, bits, colour, *methods, checksum, length = _HEADER.unpack_from(data, len(_START))
    is_plain = (
        colour == _GREY
        and bits == 8
        and not any(methods)
        and 0 < width * height <= MOST_PIXELS
        and checksum == zlib.crc32(data[12:29])
        and data[_PIXELS + length + 4 :] == _END
    )
    if not is_plain:
        return None
    # Pillow takes a stream that ends after any row, and leaves the rows behind it as they were.
    pixels = np.zeros((height, width), np.uint8)
    picture = Image.frombuffer("L", (width, height), pixels, "raw", "L", 0, 1)
    try:
        picture.frombytes(data[_PIXELS : _PIXELS + length], "zip", "L", False)
    except ValueError:
        return None
    # Read-only is what Pillow calls a picture whose memory is another's: here, the array's.
    return pixels if picture.readonly else np.asarray(picture)
