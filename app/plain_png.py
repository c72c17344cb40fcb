"""The short way into the simplest of pictures, which costs half of what Pillow's readers take.

A small PNG with one stretch of pixels and nothing beside it needs no reader of chunks. Whatever is
not exactly that, or is damaged, is left to Pillow, which also says what is wrong with it.

Reference: PNG (Third Edition), sections 5 and 11.
"""

import struct
import zlib

from PIL import Image

_START = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"
_END = b"\0\0\0\0IEND\xaeB`\x82"
# Size, bits of a channel, colour, compression, filter, interlacing, checksum; length of the pixels.
_HEADER = struct.Struct(">IIBBBBBII")
_PIXELS = len(_START) + _HEADER.size + len(b"IDAT")
_MODES = {0: "L", 2: "RGB", 6: "RGBA"}
# What is decoded on the event loop: see ``app.pipeline``.
MOST_PIXELS = 40_000


def read_plain_png(data: bytes) -> Image.Image | None:
    """Decodes a small PNG of 8 bits a channel that consists of header, pixels and end alone.

    Args:
        data: Any file.

    Returns:
        The picture as Pillow decodes it; None where the file is anything else.
    """
    if not data.startswith(_START) or data[_PIXELS - 4 : _PIXELS] != b"IDAT":
        return None
    width, height, bits, colour, *methods, checksum, length = _HEADER.unpack_from(data, len(_START))
    mode = _MODES.get(colour)
    is_plain = (
        mode is not None
        and bits == 8
        and not any(methods)
        and 0 < width * height <= MOST_PIXELS
        and checksum == zlib.crc32(data[12:29])
        and data[_PIXELS + length + 4 :] == _END
    )
    if mode is None or not is_plain:
        return None
    try:
        pixels = data[_PIXELS : _PIXELS + length]
        return Image.frombytes(mode, (width, height), pixels, "zip", mode, False)
    except ValueError:
        return None
