"""The picture of a grid with its cells upright, of one size, and side by side as they are."""

import functools
import itertools
import math
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from model.page.contrast import shrink
from model.page.mesh import Quads, even_quads, quads_of, sample, shrink_to_sample

Pixel = TypeVar("Pixel", np.uint8, np.float32)
Edges = list[tuple[int, int]]
"""First pixel of each row or column of cells, and the one after its last."""
# Rows or columns of one size differ in the shape of their cells by less than this factor.
_UNEVEN = 1.3


class GridImage(NamedTuple):
    """A rectified grid."""

    pixels: NDArray[np.uint8]
    """(h, w) or (h, w, 3): its cells and what is around them."""
    quads: Quads
    """The R by C cells in the picture that it was taken from."""
    down: Edges
    """Of the rows of cells."""
    across: Edges
    """Of the columns of cells."""
    scale: float
    """Its pixels for each pixel of the picture."""

    @property
    def cell(self) -> tuple[int, int]:
        """Height and width of the smallest cell, pixels."""
        return min(y1 - y0 for y0, y1 in self.down), min(x1 - x0 for x0, x1 in self.across)

    @property
    def num_channels(self) -> int:
        """1, or 3 in colour."""
        return self.pixels.shape[2] if self.pixels.ndim == 3 else 1

    def shrunk(self, factor: int) -> "GridImage":
        """Returns the grid with so many times fewer pixels on each side."""
        down, across = (
            [(start // factor, end // factor) for start, end in edges]
            for edges in (self.down, self.across)
        )
        scale = self.scale / factor
        return GridImage(shrink(self.pixels, factor), self.quads, down, across, scale)

    def inside(self, levels: NDArray[Pixel], share: float) -> NDArray[Pixel]:
        """Cuts the cells, less a share of them on every side, out of (h, w): (R * C, ...).

        Of larger cells it cuts the middle, of the size of the smallest.
        """
        height, width = self.cell
        top, left = round(share * height), round(share * width)
        down = [start + top + (end - start - height) // 2 for start, end in self.down]
        across = [start + left + (end - start - width) // 2 for start, end in self.across]
        height, width = height - 2 * top, width - 2 * left
        return np.array([levels[y : y + height, x : x + width] for y in down for x in across])

    @property
    def boxes(self) -> list[tuple[int, int, int, int]]:
        """First row, the one after the last, and the same of columns, of each cell."""
        return [(*y, *x) for y in self.down for x in self.across]

    def zones(self) -> list[tuple[int, int, int, int]]:
        """What is nearest to each cell, as ``boxes``; together the whole image."""
        height, width = self.pixels.shape[:2]
        down, across = zones_along(self.down, height), zones_along(self.across, width)
        return [(*y, *x) for y in down for x in across]

    def to_picture(self, places: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where places (N, P, 2), pixels, in each cell or near it are in the picture."""
        boxes = np.array(self.boxes, np.float64)[:, :, np.newaxis, np.newaxis]
        y0, y1, x0, x1 = boxes.transpose(1, 0, 2, 3)
        x, y = (places[..., :1] - x0) / (x1 - x0), (places[..., 1:] - y0) / (y1 - y0)
        (a, b), (c, d) = self.quads.transpose(1, 2, 0, 3)[:, :, :, np.newaxis]
        return np.asarray((1 - y) * ((1 - x) * a + x * b) + y * ((1 - x) * c + x * d))

    def with_boundaries(self, down: list[int], across: list[int]) -> "GridImage":
        """Returns the grid of an upright picture with other inner boundaries, pixels."""
        rows, columns = (
            list(itertools.pairwise([old[0][0], *inner, old[-1][1]]))
            for inner, old in ((down, self.down), (across, self.across))
        )
        y, x = (
            np.array([edges[0][0], *(end for _, end in edges)]) / self.scale
            for edges in (rows, columns)
        )
        # The last pixels of the picture may be no whole one of the grid's.
        x[-1], y[-1] = self.quads.max(axis=(0, 1, 2))
        quads = quads_of(np.stack(np.meshgrid(x, y), axis=2))
        return self._replace(quads=quads, down=rows, across=columns)


def zones_along(edges: Edges, length: int) -> list[tuple[int, int]]:
    """Start and end of what is nearest to each row or column of cells along an axis."""
    between = [(end + start) // 2 for (_, end), (start, _) in itertools.pairwise(edges)]
    return list(itertools.pairwise([0, *between, length]))


def even_grid_image(picture: NDArray[np.uint8], rows: int, columns: int, side: int) -> GridImage:
    """Divides a picture evenly; it is shrunk by a whole factor, if at all.

    Args:
        picture: (h, w) or (h, w, 3), uint8.
        rows: Of the grid.
        columns: Of the grid.
        side: Of a cell, pixels, as the square root of its area: at least this and less than twice
            it, or what the picture has.
    """
    height, width = picture.shape[:2]
    factor = max(1, int(math.sqrt(height * width / (rows * columns)) / side))
    small = shrink(picture, factor)
    down, across = (
        list(itertools.pairwise(round(length * number / count) for number in range(count + 1)))
        for length, count in zip(small.shape, (rows, columns), strict=False)
    )
    return GridImage(small, even_quads((height, width), rows, columns), down, across, 1 / factor)


def rectified_grid_image(
    picture: NDArray[np.uint8], quads: Quads, rows: int, columns: int, side: float, margin: float
) -> GridImage:
    """Samples a grid as if its cells were upright; beyond the picture its edge is repeated.

    Args:
        picture: (h, w) or (h, w, 3), uint8.
        quads: The R by C cells, in reading order.
        rows: R.
        columns: C.
        side: Of a cell, pixels, as the square root of its area.
        margin: Its surroundings on every side, shares of a cell.
    """
    places = quads.reshape(rows, columns, 2, 2, 2).transpose(0, 2, 1, 3, 4)
    tall = np.linalg.norm(places[:, 1] - places[:, 0], axis=-1).mean(axis=2)  # (R, C)
    wide = np.linalg.norm(places[:, :, :, 1] - places[:, :, :, 0], axis=-1).mean(axis=1)
    scale = side / max(math.sqrt(tall.mean() * wide.mean()), 1e-6)
    heights, widths = (
        np.maximum(8, np.rint(lengths * scale)).astype(int) for lengths in _sizes(tall, wide)
    )
    # Gaps between cells are as wide as between those of the picture.
    below = np.linalg.norm(places[1:, 0] - places[:-1, 1], axis=-1).mean(axis=(1, 2))
    right = np.linalg.norm(places[:, :, 1:, 0] - places[:, :, :-1, 1], axis=-1).mean(axis=(0, 1))
    around = [round(margin * int(lengths.min())) for lengths in (heights, widths)]
    down, across = (
        _edges(np.rint(gaps * scale).astype(int), lengths, before)
        for gaps, lengths, before in zip((below, right), (heights, widths), around, strict=True)
    )
    picture, knots = shrink_to_sample(picture, places.reshape(2 * rows, -1, 2), scale)
    weights = (
        _knot_weights(tuple(itertools.chain(*edges)), edges[-1][1] + before)
        for edges, before in zip((down, across), around, strict=True)
    )
    of_rows, of_columns = weights
    pixels = sample(picture, of_rows @ knots.transpose(2, 0, 1) @ of_columns.T)
    return GridImage(pixels, quads, down, across, scale)


def _sizes(
    tall: NDArray[np.float64], wide: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Heights of rows, (R,), and widths of columns, (C,), as they would be seen from above.

    Args:
        tall: (R, C): height of each cell, pixels.
        wide: (R, C): width of each cell, pixels.

    A camera makes cells that are further away smaller, and changes their shape little: so rows and
    columns differ in size where their cells differ in shape.
    """
    height, width = np.full(len(tall), tall.mean()), np.full(wide.shape[1], wide.mean())
    shapes = np.log(np.maximum(tall, 1e-6) / np.maximum(wide, 1e-6))
    of_rows, of_columns = (shapes.mean(axis=axis) - shapes.mean() for axis in (1, 0))
    if max(np.ptp(of_rows), np.ptp(of_columns)) < math.log(_UNEVEN):
        return height, width
    return height * np.exp(of_rows), width * np.exp(-of_columns)


def _edges(gaps: NDArray[np.int_], lengths: NDArray[np.int_], before: int) -> Edges:
    starts = before + np.concatenate([[0], np.cumsum(lengths[:-1] + gaps)])
    return list(zip(starts.tolist(), (starts + lengths).tolist(), strict=True))


@functools.lru_cache(maxsize=64)
def _knot_weights(knots: tuple[int, ...], length: int) -> NDArray[np.float32]:
    """(length, n): weights of n places along a side for each pixel, interpolated linearly."""
    at = np.arange(length) + 0.5
    places = np.array(knots, np.float64)
    first = np.searchsorted(places, at, "right") - 1
    first = first.clip(0, len(knots) - 2)
    share = (at - places[first]) / (places[first + 1] - places[first])
    weights = np.zeros((length, len(knots)), np.float32)
    rows = np.arange(length)
    weights[rows, first], weights[rows, first + 1] = 1 - share, share
    return weights
