"""Image operations that several steps use: downscaling and dilation."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Pixel = TypeVar("Pixel", np.float32, np.bool_)

# Pictures are downscaled by whole factors, to cells of at least this and less than twice it,
# pixels; those of fewer than two cells a side as if they had two.
_MIN_CELL = 80


def downscale(picture: NDArray[np.uint8], cells: int = 2) -> tuple[NDArray[np.uint8], int]:
    """Downscales a picture to the resolution at which ink is found.

    Args:
        picture: (height, width).
        cells: In the longer of a grid's rows and columns.

    Returns:
        The picture, its longer side 80 to 159 pixels for each cell, or less, and the factor.
    """
    factor = max(1, max(picture.shape) // (_MIN_CELL * max(2, cells)))
    return (picture if factor == 1 else block_means(picture, factor)), factor


def block_means(picture: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Averages blocks of ``factor`` by ``factor`` pixels; incomplete ones are dropped."""
    height, width = (side // factor for side in picture.shape)
    kind = np.uint16 if factor <= 16 else np.uint32
    # Adding whole rows takes half the time of adding trimmed ones.
    trimmed = picture[: height * factor]
    rows = trimmed[::factor].astype(kind)
    for row in range(1, factor):
        np.add(rows, trimmed[row::factor], out=rows)
    total = np.full((height, width), factor * factor // 2, kind)
    for column in range(factor):
        np.add(total, rows[:, column : width * factor : factor], out=total)
    return (total // (factor * factor)).astype(np.uint8)


def dilate(pixels: NDArray[Pixel], *, with_corners: bool) -> NDArray[Pixel]:
    """Returns the maximum of each pixel (h, w) and its four neighbours, or eight."""
    tall = pixels.copy()
    np.maximum(tall[1:], pixels[:-1], out=tall[1:])
    np.maximum(tall[:-1], pixels[1:], out=tall[:-1])
    source = tall if with_corners else pixels
    wide = tall.copy() if with_corners else tall
    np.maximum(wide[:, 1:], source[:, :-1], out=wide[:, 1:])
    np.maximum(wide[:, :-1], source[:, 1:], out=wide[:, :-1])
    return wide
