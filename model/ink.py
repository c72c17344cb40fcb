"""Any grey picture of a grid becomes the picture that the network expects: ink bright on dark."""

import dataclasses

import numpy as np
from numpy.typing import NDArray

from model.config import ReaderConfig
from model.errors import PictureError

# Fewer grey levels between ink and background than this is no ink: sensor noise, JPEG, dust.
_LEAST_CONTRAST = 24
# Pixels of at least this share of a cell's strongest ink are within its ``ink_box``.
_INK_SHARE = 0.25

Box = tuple[int, int, int, int]


@dataclasses.dataclass(frozen=True, slots=True)
class NormalForm:
    """The picture that the network sees, and what was done to make it."""

    picture: NDArray[np.uint8]  # (H, W) of the config: ink bright on dark
    is_inverted: bool  # the ink was darker than its background
    # Where each cell's ink stands in the original: x0, y0, x1, y1 in pixels, ends excluded;
    # None for a cell with no ink.
    ink_boxes: tuple[Box | None, ...]


def normalise(picture: NDArray[np.uint8], config: ReaderConfig) -> NormalForm:
    """Brings a picture to the normal form.

    The background is the median of the picture's rim. The picture is divided into cells of equal
    size; each is shrunk by averaging areas, keeping its shape, and its ink stretched to white.
    A grid of MNIST digits comes out as it went in.

    Args:
        picture: (height, width), uint8, the whole grid, of any polarity and any size from half
            the network's picture up.
        config: Rows, columns and the size of a cell.

    Raises:
        PictureError: The array has another shape or type, or the picture is too small.
    """
    if picture.ndim != 2 or picture.dtype != np.uint8:
        raise PictureError(
            f"expected grey pixels (height, width) uint8, got {picture.shape} {picture.dtype}"
        )
    height, width = picture.shape
    if height < config.height // 2 or width < config.width // 2:
        raise PictureError(
            f"expected a picture of at least {config.width // 2}x{config.height // 2} pixels, "
            f"got {width}x{height}"
        )
    rim = np.concatenate((picture[0], picture[-1], picture[:, 0], picture[:, -1]))
    background = np.float32(np.median(rim))
    is_inverted = bool(background > 127)
    levels = picture.astype(np.float32)
    ink = np.maximum(background - levels if is_inverted else levels - background, 0)

    normal = np.zeros((config.height, config.width), np.uint8)
    boxes: list[Box | None] = []
    size = config.cell_size
    ys = [round(height * row / config.rows) for row in range(config.rows + 1)]
    xs = [round(width * column / config.columns) for column in range(config.columns + 1)]
    for row, column in np.ndindex(config.rows, config.columns):
        cell = ink[ys[row] : ys[row + 1], xs[column] : xs[column + 1]]
        if cell.max() < _LEAST_CONTRAST:
            boxes.append(None)
            continue
        boxes.append(_ink_box(cell, xs[column], ys[row]))
        top, left = row * size, column * size
        normal[top : top + size, left : left + size] = _fit(cell, size)
    return NormalForm(normal, is_inverted, tuple(boxes))


def _fit(cell: NDArray[np.float32], size: int) -> NDArray[np.uint8]:
    """Shrinks or grows a cell to ``size`` pixels a side, keeping its shape; brightest ink white."""
    side = max(cell.shape)
    if cell.shape != (size, size):
        down, across = (_coverage(length, side, size) for length in cell.shape)
        cell = (down @ cell @ across.T).astype(np.float32, copy=False)
    white: NDArray[np.float32] = cell * (np.float32(255) / cell.max())
    return white.round().astype(np.uint8)


def _coverage(length: int, side: int, size: int) -> NDArray[np.float32]:
    """Averages areas along one axis: (size, length), how much of each pixel each output covers.

    ``length`` pixels stand in the middle of ``side``; pixels beyond them are background.
    """
    edges = np.linspace(0, side, size + 1, dtype=np.float32) - (side - length) / 2
    pixels = np.arange(length, dtype=np.float32)
    starts = np.maximum(edges[:-1, None], pixels)
    ends = np.minimum(edges[1:, None], pixels + 1)
    covered: NDArray[np.float32] = np.maximum(ends - starts, 0) * np.float32(size / side)
    return covered


def _ink_box(cell: NDArray[np.float32], left: int, top: int) -> Box:
    is_ink = cell >= _INK_SHARE * cell.max()
    rows, columns = np.flatnonzero(is_ink.any(axis=1)), np.flatnonzero(is_ink.any(axis=0))
    x0, x1, y0, y1 = columns[0], columns[-1] + 1, rows[0], rows[-1] + 1
    return left + int(x0), top + int(y0), left + int(x1), top + int(y1)
