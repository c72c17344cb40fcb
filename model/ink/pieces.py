"""Connected components of ink in a grid."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from model.page.cell_contrast import CORE
from model.page.grid_image import GridImage

# A component may be ink where its extent is this share of a cell; it may be a digit, or enclose
# one, where it is that.
_LEAST_EXTENT, DIGIT = 0.03, 0.15
# What runs along the picture's edge for this share of a cell, and takes that share of its box, is
# something outside.
_ALONG_EDGE, _SOLID = 0.8, 0.4
# A frame has ink of this share of its height inside: digits are tall, the bars of fives are not.
_ENCLOSED = 0.3
# A drawn box has at least this share of a cell, its hole that share of it, and its corners are so
# near to those of a rectangle, shares of its shorter side; those of a zero are not.
_BOX, _HOLLOW, _CORNER = 0.4, 0.5, 0.08
# A component is of the grid with this share of it there and, where lines enclose cells, that in
# their cores.
_INSIDE, _IN_CORE = 0.5, 0.25


class Pieces(NamedTuple):
    """M connected components in a grid of N cells; the first is the ground."""

    labels: NDArray[np.int32]
    """(h, w): the number of the component that each pixel is of."""
    boxes: NDArray[np.int32]
    """(M, 4): x0, y0, x1, y1."""
    areas: NDArray[np.int32]
    """(M,): pixels."""
    extents: NDArray[np.int32]
    """(M,): the longer sides."""
    counts: NDArray[np.int_]
    """(M, N + 1): pixels in each cell, and in none."""

    def in_cells(self, image: GridImage) -> "Pieces":
        """Returns the same pieces in the cells of another grid."""
        num_pieces = len(self.areas)
        counts = np.empty((num_pieces, len(image.quads) + 1), np.int_)
        for number, (y0, y1, x0, x1) in enumerate(image.boxes):
            in_cell = self.labels[y0:y1, x0:x1].ravel()
            counts[:, number] = np.bincount(in_cell, minlength=num_pieces)
        counts[:, -1] = self.areas - counts[:, :-1].sum(axis=1)
        return self._replace(counts=counts)

    def window(self, piece: int) -> NDArray[np.int32]:
        """The numbers of the components in the box of one."""
        x0, y0, x1, y1 = self.boxes[piece].tolist()
        return self.labels[y0:y1, x0:x1]

    def may_be_ink(self, side: int) -> NDArray[np.bool_]:
        """(M,): neither the ground, nor specks, frames, or edges of something, by a cell's side."""
        sizes = self.boxes[:, 2:] - self.boxes[:, :2]
        along = np.where(self.are_at_edges(), sizes[:, ::-1], 0).max(axis=1)
        is_solid = self.areas >= _SOLID * sizes.prod(axis=1)
        may_be = self.extents >= _LEAST_EXTENT * side
        may_be &= ~(is_solid & (along >= _ALONG_EDGE * side))
        may_be[0] = False
        large = np.flatnonzero(may_be & (self.extents >= DIGIT * side))
        may_be[large[enclose_ink(self.boxes[large])]] = False
        boxes = [
            piece
            for piece in np.flatnonzero(may_be & (sizes.min(axis=1) >= _BOX * side)).tolist()
            if is_box(self.window(piece) == piece)
        ]
        if len(boxes) > 1:  # one alone may be a zero
            may_be[boxes] = False
        return np.asarray(may_be)

    def are_at_edges(self) -> NDArray[np.bool_]:
        """(M, 2): touches the left or right edge of the image, and the upper or lower one."""
        height, width = self.labels.shape
        return np.asarray((self.boxes[:, :2] == 0) | (self.boxes[:, 2:] == (width, height)))

    def nearest_cells(self, image: GridImage) -> NDArray[np.int_]:
        """(M,): the cell whose middle is next to each component's."""
        cells = np.array(image.boxes, np.float64)
        middles = np.column_stack([cells[:, 2:].sum(axis=1), cells[:, :2].sum(axis=1)]) / 2
        own = (self.boxes[:, np.newaxis, :2] + self.boxes[:, np.newaxis, 2:]) / 2
        return np.asarray(np.abs(own - middles).max(axis=2).argmin(axis=1))

    def are_inside(self, image: GridImage) -> NDArray[np.bool_]:
        """(M,): is of the grid, not of what is around it or along the lines between its cells."""
        in_core = np.zeros(len(self.areas), np.int_)
        down, across = (round(CORE * length) for length in image.cell)
        for y0, y1, x0, x1 in image.boxes:
            core = self.labels[y0 + down : y1 - down, x0 + across : x1 - across]
            in_core += np.bincount(core.ravel(), minlength=len(in_core))
        is_outside = self.counts[:, -1] >= (1 - _INSIDE) * self.areas
        return np.asarray(~is_outside & (in_core >= _IN_CORE * self.areas))


def find_pieces(is_ink: NDArray[np.uint8], image: GridImage) -> Pieces:
    """Finds the connected components of ink, of which pixels have eight neighbours.

    Args:
        is_ink: (h, w), 1 where there is ink, else 0.
        image: The grid.
    """
    _, found, stats, _ = cv2.connectedComponentsWithStats(is_ink, connectivity=8)
    labels = np.asarray(found, np.int32)
    starts, sizes = stats[:, :2], stats[:, 2:4]
    boxes = np.concatenate((starts, starts + sizes), axis=1)
    areas = np.asarray(stats[:, cv2.CC_STAT_AREA], np.int32)
    return Pieces(labels, boxes, areas, sizes.max(axis=1), np.zeros(0, np.int_)).in_cells(image)


def is_box(is_ink: NDArray[np.bool_]) -> bool:
    """Tells whether a component, (h, w), is the closed outline of a rectangle."""
    contours, _ = cv2.findContours(is_ink.view(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    hulls = [cv2.convexHull(contour) for contour in contours]
    areas = sorted(map(cv2.contourArea, hulls))
    if len(areas) < 2 or areas[-2] < _HOLLOW * areas[-1]:
        return False
    hull = max(hulls, key=cv2.contourArea)
    rectangle = cv2.minAreaRect(hull)
    apart = cv2.boxPoints(rectangle)[:, np.newaxis] - hull.reshape(1, -1, 2)
    gaps = np.linalg.norm(apart, axis=2).min(axis=1)
    return float(gaps.max()) <= _CORNER * min(rectangle[1])


def enclose_ink(boxes: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Tells which components are frames: a large one, for its size, is well inside of the box.

    Args:
        boxes: (M, 4): x0, y0, x1, y1 of components that may be digits.

    Returns:
        (M,).
    """
    heights = boxes[:, 3] - boxes[:, 1]
    is_inside = (boxes[:, :2] > boxes[:, np.newaxis, :2]).all(axis=2)
    is_inside &= (boxes[:, 2:] < boxes[:, np.newaxis, 2:]).all(axis=2)
    is_inside &= heights >= _ENCLOSED * heights[:, np.newaxis]
    return np.asarray(is_inside.any(axis=1))
