"""Smaller pictures, by averaging."""

import numpy as np
from numpy.typing import NDArray

# Pictures are shrunk by whole factors, to cells of at least this and less than twice it, pixels;
# those of fewer than two cells a side as if they had two.
_WORKING_CELL = 80


def shrink(picture: NDArray[np.uint8], cells: int = 2) -> tuple[NDArray[np.uint8], int]:
    """Shrinks a picture to what finding ink needs.

    Args:
        picture: (height, width).
        cells: In the longer of a grid's rows and columns.

    Returns:
        The picture, its longer side 80 to 159 pixels for each cell, or less, and by which
        factor it was shrunk.
    """
    factor = max(1, max(picture.shape) // (_WORKING_CELL * max(2, cells)))
    return (picture if factor == 1 else block_means(picture, factor)), factor


def block_means(picture: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Averages blocks of ``factor`` by ``factor`` pixels; what is left at the ends is left out."""
    height, width = (side // factor for side in picture.shape)
    kind = np.uint16 if factor <= 16 else np.uint32
    # Whole rows are added up in half the time that trimmed ones take.
    trimmed = picture[: height * factor]
    rows = trimmed[::factor].astype(kind)
    for row in range(1, factor):
        np.add(rows, trimmed[row::factor], out=rows)
    total = np.full((height, width), factor * factor // 2, kind)
    for column in range(factor):
        np.add(total, rows[:, column : width * factor : factor], out=total)
    return (total // (factor * factor)).astype(np.uint8)
