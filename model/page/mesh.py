"""Cells of a grid as quadrilaterals in a picture, and the picture as seen through them."""

import functools
import math

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

Mesh = NDArray[np.float64]
"""(R + 1, C + 1, 2): x and y of the corners of R by C cells, pixels; edges are whole numbers."""
Quads = NDArray[np.float64]
"""(N, 2, 2, 2): x and y of the corners of N cells, by row and column of the corner."""
# Sampled more coarsely than this, pixels would be skipped.
_SAMPLED = 0.67


def even_mesh(shape: tuple[int, ...], rows: int, columns: int) -> Mesh:
    """Divides a picture (height, width) evenly."""
    height, width = shape[:2]
    x, y = np.linspace(0, width, columns + 1), np.linspace(0, height, rows + 1)
    return np.stack(np.meshgrid(x, y), axis=2)


@functools.lru_cache(maxsize=64)
def even_quads(shape: tuple[int, int], rows: int, columns: int) -> Quads:
    """The cells of a picture (height, width) that is divided evenly."""
    return quads_of(even_mesh(shape, rows, columns))


def quads_of(mesh: Mesh) -> Quads:
    """Returns the cells of a mesh in reading order."""
    corners = [[mesh[:-1, :-1], mesh[:-1, 1:]], [mesh[1:, :-1], mesh[1:, 1:]]]
    quads = np.array(corners)  # (2, 2, R, C, 2)
    return quads.transpose(2, 3, 0, 1, 4).reshape(-1, 2, 2, 2)


def mesh_of(quads: Quads, rows: int, columns: int) -> Mesh:
    """Returns the mesh whose corners are the means of the cells that meet there."""
    total = np.zeros((rows + 1, columns + 1, 3))
    cells = np.concatenate([quads, np.ones((*quads.shape[:3], 1))], axis=3)
    grid = cells.reshape(rows, columns, 2, 2, 3)
    for down, across in np.ndindex(2, 2):
        part = total[down : down + rows, across : across + columns]
        part += grid[:, :, down, across]
    return total[..., :2] / total[..., 2:]


def side_of(quads: Quads) -> float:
    """The mean length of the cells' sides, pixels."""
    across = np.linalg.norm(quads[:, :, 1] - quads[:, :, 0], axis=-1).mean()
    down = np.linalg.norm(quads[:, 1] - quads[:, 0], axis=-1).mean()
    return math.sqrt(across * down)


def to_cells(quads: Quads) -> NDArray[np.float64]:
    """(N, 2, 2): from steps in the picture, pixels, to sides of each cell."""
    right = (quads[:, :, 1] - quads[:, :, 0]).mean(axis=1)
    below = (quads[:, 1] - quads[:, 0]).mean(axis=1)
    return np.linalg.pinv(np.stack([right, below], axis=2))


def quad_around(hull: MatLike) -> NDArray[np.float64]:
    """The narrowest quadrilateral around a convex outline: its corners, by row and column."""
    polygon = cv2.approxPolyN(hull, 4, approxCurve=None, epsilon_percentage=-1, ensure_convex=True)
    corners = np.asarray(polygon, np.float64).reshape(4, 2)
    apart = corners - corners.mean(axis=0)
    clockwise = corners[np.argsort(np.arctan2(apart[:, 1], apart[:, 0]))]
    a, b, c, d = np.roll(clockwise, -int(clockwise.sum(axis=1).argmin()), axis=0)
    return np.array([[a, b], [d, c]])


def rectify(
    picture: NDArray[np.uint8], quads: Quads, shape: tuple[int, int], margin: int
) -> NDArray[np.uint8]:
    """Samples cells as if each were an upright rectangle; beyond the picture its edge is repeated.

    Args:
        picture: (h, w) or (h, w, 3), uint8.
        quads: The N cells.
        shape: Height and width of a rectified cell, pixels.
        margin: Pixels of its surroundings on every side.

    Returns:
        (N, height + 2 margin, width + 2 margin) or that with 3 channels.
    """
    scale = (shape[0] * shape[1]) ** 0.5 / max(side_of(quads), 1e-6)
    picture, places = shrink_to_sample(picture, quads, scale)
    down, across = (_corner_weights(length, margin) for length in shape)
    maps = down @ places.transpose(3, 0, 1, 2) @ across.T  # (2, N, H, W)
    sampled = sample(picture, maps.reshape(2, -1, maps.shape[-1]))
    return sampled.reshape(*maps.shape[1:], *picture.shape[2:])


def shrink_to_sample(
    picture: NDArray[np.uint8], places: NDArray[np.float64], scale: float
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """A picture to be sampled at a scale, and places (..., 2) in it, float32.

    It is shrunk where sampling alone would skip pixels.
    """
    if scale >= _SAMPLED:
        return picture, places.astype(np.float32)
    size = tuple(max(1, round(side * scale * 1.2)) for side in picture.shape[1::-1])
    small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    return small, (places * (np.array(size) / picture.shape[1::-1])).astype(np.float32)


def sample(picture: NDArray[np.uint8], maps: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Samples a picture at x and y, (2, h, w); beyond its edge that is repeated."""
    x, y = (maps - 0.5).astype(np.float32)
    sampled = cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(sampled, np.uint8)


@functools.cache
def _corner_weights(length: int, margin: int) -> NDArray[np.float32]:
    """(length + 2 margin, 2): weights of a cell's two corners for each pixel along a side."""
    share = (np.arange(-margin, length + margin) + 0.5) / length
    return np.stack([1 - share, share], axis=1).astype(np.float32)
