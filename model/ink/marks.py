"""Connected pieces of ink."""

import itertools
import statistics
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.ink.light import Ink
from model.ink.lines import Lifted, Line, are_near

# On photographs, less ink than this is dust or texture: pixels for each pixel of the picture, and
# for each of the largest mark.
_LEAST_OF_PICTURE, _LEAST_OF_LARGEST = 0.0003, 0.02
# What reaches the border of a photograph, and is not much, is the edge of something else.
_LEAST_AT_BORDER = 0.12
# A small piece, compared with the largest, is stray where it is so far from all that is five times
# as large: shares of the picture.
_SMALL, _STRAY = 0.08, 0.05
# A piece is written by the pen where it is at least so thick, shares of the pen's width.
_THINNEST_OF_PEN = 0.38
# On drawings, pieces of up to two pixels are specks where there are others of this many.
_LARGE = 60
# What lies this far in the neighbourhood of a line is a leftover of it.
_LEFTOVER_SHARE = 0.85
# A leftover is no thicker, across the line, than this: pixels.
_LEFTOVER_THICKEST = 7


class Marks(NamedTuple):
    """M connected pieces of ink, numbered from 0."""

    runs: NDArray[np.int32]
    """(R, 4): row, first column, column behind the last, and mark of each run of ink."""
    boxes: NDArray[np.int32]
    """(M, 4): x0, y0, x1, y1."""
    areas: NDArray[np.int64]
    """(M,): pixels."""
    shape: tuple[int, int]
    """(h, w) of the picture."""

    def pixels(self) -> tuple[NDArray[np.int_], NDArray[np.int32]]:
        """Returns each pixel's place in the flat picture, (P,), and each run's length, (R,)."""
        rows, first, last, _ = self.runs.T
        lengths = last - first
        starts = rows * self.shape[1] + first
        skipped = np.cumsum(lengths) - lengths
        return np.arange(lengths.sum()) + np.repeat(starts - skipped, lengths), lengths

    def paint(self, numbers: NDArray[np.int32]) -> NDArray[np.int16]:
        """Returns (h, w): ``numbers[mark]``, >= 0, on the pixels of each mark, -1 elsewhere."""
        pixels, lengths = self.pixels()
        painted = np.full(self.shape[0] * self.shape[1], -1, np.int16)
        painted[pixels] = np.repeat(numbers[self.runs[:, 3]], lengths)
        return painted.reshape(self.shape)

    def profile(self, *, axis: int) -> NDArray[np.int64]:
        """Counts the pixels of each row (axis 0, (h,)) or column (axis 1, (w,))."""
        rows, first, last, _ = self.runs.T
        if axis == 0:
            counts = np.bincount(rows, last - first, minlength=self.shape[0])
            return counts.astype(np.int64)
        starts = np.bincount(first, minlength=self.shape[1] + 1)
        ends = np.bincount(last, minlength=self.shape[1] + 1)
        return np.cumsum(starts - ends)[:-1]

    def share_near(self, lines: list[Line], *, axis: int) -> NDArray[np.float64]:
        """The share of each mark, (M,), that is close to lines across (axis 1) or down (axis 0)."""
        pixels, lengths = self.pixels()
        places = np.divmod(pixels, self.shape[1])  # rows, columns
        near = are_near(lines, places[1 - axis], places[axis], self.shape[axis])
        mark = np.repeat(self.runs[:, 3], lengths)
        return np.bincount(mark, near, minlength=len(self.areas)) / self.areas

    def select(self, is_kept: NDArray[np.bool_]) -> "Marks":
        """Returns some of the marks, (M,) bool, numbered anew."""
        number = np.cumsum(is_kept) - 1
        runs = self.runs[is_kept[self.runs[:, 3]]]
        runs[:, 3] = number[runs[:, 3]]
        return Marks(runs, self.boxes[is_kept], self.areas[is_kept], self.shape)

    def none(self) -> "Marks":
        """Returns no marks, of the same picture."""
        return Marks(self.runs[:0], self.boxes[:0], self.areas[:0], self.shape)


def find_marks(is_ink: NDArray[np.bool_]) -> Marks:
    """Finds the pieces of ink whose pixels touch, corners included.

    Runs of ink along rows are joined with those that they touch in the row above; each group takes
    the least number among its runs.

    Args:
        is_ink: (h, w).
    """
    height, width = is_ink.shape
    stride = width + 1  # a blank ends each row; one more comes before the first
    padded = np.zeros(height * stride + 1, np.bool_)
    padded[1:].reshape(height, stride)[:, :-1] = is_ink
    changes = np.flatnonzero(padded[1:] != padded[:-1])
    starts, ends = changes[::2], changes[1::2]
    rows = starts // stride
    first, last = starts - rows * stride, ends - rows * stride
    root = _joined(
        np.searchsorted(ends, starts - stride, "left"),
        np.searchsorted(starts, ends - stride, "right"),
    )
    is_root = root == np.arange(len(root))
    mark = (np.cumsum(is_root) - 1)[root]
    areas = np.bincount(mark, last - first).astype(np.int64)
    boxes = np.empty((len(areas), 4), np.int32)
    left, right = np.full(len(areas), width), np.zeros(len(areas), np.int64)
    np.minimum.at(left, mark, first)
    np.maximum.at(right, mark, last)
    boxes[:, 0], boxes[:, 2] = left, right
    boxes[:, 1] = rows[is_root]  # runs come row by row, the root first and the lowest last
    boxes[mark, 3] = rows + 1
    runs = np.array((rows, first, last, mark), np.int32).T
    return Marks(runs, boxes, areas, (height, width))


def _joined(low: NDArray[np.int_], high: NDArray[np.int_]) -> NDArray[np.int_]:
    """Groups runs of ink, each of which touches the runs from ``low`` to before ``high`` above it.

    Args:
        low: (R,).
        high: (R,): no more than ``low`` where a run touches none.

    Returns:
        The least number among the runs of each run's group, (R,).
    """
    touching = high - low
    # Most runs touch one above: trees of these are made at once, and few are left to be joined.
    root = _shortened(np.where(touching > 0, low, np.arange(len(low))))
    forks = np.flatnonzero(touching > 1)
    below = np.repeat(forks, touching[forks] - 1)
    ranges = map(range, (low[forks] + 1).tolist(), high[forks].tolist())
    above = np.array(list(itertools.chain.from_iterable(ranges)), int)
    while True:
        one, other = root[below], root[above]
        if (one == other).all():
            return root
        least = np.minimum(one, other)
        np.minimum.at(root, one, least)
        np.minimum.at(root, other, least)
        root = _shortened(root)


def _shortened(root: NDArray[np.int_]) -> NDArray[np.int_]:
    """Goes from each run's root to that one's root, until there is no further one."""
    while True:
        further = root[root]
        if (further == root).all():
            return root
        root = further


def without_specks(marks: Marks, ink: Ink, lifted: Lifted) -> tuple[Marks, Marks]:
    """Leaves out pieces that are too small for a pen, and what lines have left of themselves.

    Returns:
        What a pen has written, and, on photographs, what is left out although it is no bit of a
        line.
    """
    for axis, lines in ((1, lifted.horizontal), (0, lifted.vertical)):
        thickness = marks.boxes[:, axis + 2] - marks.boxes[:, axis]
        is_along = thickness <= _LEFTOVER_THICKEST
        if lines and is_along.any():
            thin = marks.select(is_along)
            is_along[is_along] = thin.share_near(lines, axis=axis) >= _LEFTOVER_SHARE
            marks = marks.select(~is_along)
    if not len(marks.areas):
        return marks, marks
    if ink.is_flat:
        is_large = (marks.areas > 2) | (marks.areas.max() < _LARGE)
    else:
        is_large = _is_written(marks, ink.levels.size)
    if is_large.all():
        return marks, marks.none()
    return marks.select(is_large), marks.none() if ink.is_flat else marks.select(~is_large)


def _is_written(marks: Marks, num_pixels: int) -> NDArray[np.bool_]:
    """Tells what a pen has written on a photograph from dust, edges and bits of lines: (M,)."""
    largest = int(marks.areas.argmax())
    area = marks.areas[largest]
    x0, y0, x1, y1 = marks.boxes.T
    is_at_border = (x0 == 0) | (y0 == 0) | (x1 == marks.shape[1]) | (y1 == marks.shape[0])
    least = max(4.0, _LEAST_OF_PICTURE * num_pixels, _LEAST_OF_LARGEST * area)
    is_enough = marks.areas >= np.where(is_at_border, _LEAST_AT_BORDER * area, least)
    # A pen is as wide as most of its runs are long; what is much thinner is printed or ruled.
    _, first, last, mark = marks.runs.T
    pen = statistics.median((last - first)[mark == largest].tolist())
    thickness = marks.areas / np.maximum(x1 - x0, y1 - y0)
    is_enough &= ~_is_stray(marks, is_enough)
    is_written: NDArray[np.bool_] = is_enough & np.greater_equal(thickness, _THINNEST_OF_PEN * pen)
    return is_written


def _is_stray(marks: Marks, is_candidate: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Marks small pieces, of those that may be written, that are far from all larger ones: (M,)."""
    is_stray = np.zeros(len(marks.areas), np.bool_)
    is_small = is_candidate & (marks.areas < _SMALL * marks.areas.max())
    for mark in np.flatnonzero(is_small).tolist():
        larger = marks.boxes[marks.areas > 5 * marks.areas[mark]]
        box = marks.boxes[mark]
        apart = np.maximum(larger[:, :2] - box[2:], box[:2] - larger[:, 2:]).max(axis=1)
        is_stray[mark] = apart.min() > _STRAY * max(marks.shape)
    return is_stray
