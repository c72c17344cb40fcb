"""Connected components of ink."""

import itertools
import statistics
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.ink.background import Ink
from model.ink.form import enclose_ink
from model.ink.lines import Line, LineRemoval, are_near_lines

# On photographs, a component of a smaller area than this is dust or texture: as a share of the
# picture, and of the largest component.
_MIN_SHARE_OF_PICTURE, _MIN_SHARE_OF_LARGEST = 0.0003, 0.02
# At the border of a photograph a component smaller than this is part of something outside.
_MIN_SHARE_AT_BORDER = 0.12
# A component that is small, as a share of the largest, is stray where it is this far, as a share of
# the picture, from all that are five times as large.
_SMALL, _STRAY_DISTANCE = 0.08, 0.05
# A component was drawn by the pen where it is at least this thick, as a share of the pen's width.
_MIN_SHARE_OF_PEN = 0.38
# A digit is at least as large, as a share of the picture's shorter side.
_DIGIT = 0.05
# On drawings, components of up to two pixels are specks where the largest has at least this many.
_MIN_LARGEST = 60
# A component is a remnant of a line where at least this share of it is near the line ...
_REMNANT_SHARE = 0.85
# ... and it is at most this thick across the line, pixels.
_REMNANT_MAX_THICKNESS = 7


class Components(NamedTuple):
    """M connected components, numbered from 0."""

    runs: NDArray[np.int32]
    """(R, 4): row, first column, column after the last, and component of each run of ink."""
    boxes: NDArray[np.int32]
    """(M, 4): x0, y0, x1, y1."""
    areas: NDArray[np.int64]
    """(M,): pixels."""
    shape: tuple[int, int]
    """(h, w) of the picture."""

    def pixels(self) -> tuple[NDArray[np.int_], NDArray[np.int32]]:
        """Returns each pixel's index in the flat picture, (P,), and each run's length, (R,)."""
        rows, first, last, _ = self.runs.T
        lengths = last - first
        starts = rows * self.shape[1] + first
        skipped = np.cumsum(lengths) - lengths
        return np.arange(lengths.sum()) + np.repeat(starts - skipped, lengths), lengths

    def label_image(self, numbers: NDArray[np.int32]) -> NDArray[np.int16]:
        """Returns (h, w): ``numbers[component]``, >= 0, on each component's pixels, else -1."""
        pixels, lengths = self.pixels()
        labels = np.full(self.shape[0] * self.shape[1], -1, np.int16)
        labels[pixels] = np.repeat(numbers[self.runs[:, 3]], lengths)
        return labels.reshape(self.shape)

    def profile(self, *, axis: int) -> NDArray[np.int64]:
        """Counts the pixels of each row (axis 0, (h,)) or column (axis 1, (w,))."""
        rows, first, last, _ = self.runs.T
        if axis == 0:
            counts = np.bincount(rows, last - first, minlength=self.shape[0])
            return counts.astype(np.int64)
        starts = np.bincount(first, minlength=self.shape[1] + 1)
        ends = np.bincount(last, minlength=self.shape[1] + 1)
        return np.cumsum(starts - ends)[:-1]

    def share_near_lines(self, lines: list[Line], *, axis: int) -> NDArray[np.float64]:
        """Returns which share of each component, (M,), is near lines across (1) or down (0)."""
        pixels, lengths = self.pixels()
        places = np.divmod(pixels, self.shape[1])  # rows, columns
        near = are_near_lines(lines, places[1 - axis], places[axis], self.shape[axis])
        component = np.repeat(self.runs[:, 3], lengths)
        return np.bincount(component, near, minlength=len(self.areas)) / self.areas

    def select(self, is_kept: NDArray[np.bool_]) -> "Components":
        """Returns the components marked in ``is_kept``, (M,), renumbered."""
        number = np.cumsum(is_kept) - 1
        runs = self.runs[is_kept[self.runs[:, 3]]]
        runs[:, 3] = number[runs[:, 3]]
        return Components(runs, self.boxes[is_kept], self.areas[is_kept], self.shape)

    def none(self) -> "Components":
        """Returns the same picture without components."""
        return Components(self.runs[:0], self.boxes[:0], self.areas[:0], self.shape)


def find_components(is_ink: NDArray[np.bool_]) -> Components:
    """Finds the components of ink, of which pixels have eight neighbours.

    Runs of ink along rows are grouped with those that they touch in the row above; a group has the
    smallest number among its runs.

    Args:
        is_ink: (h, w).
    """
    height, width = is_ink.shape
    stride = width + 1  # background ends each row, and comes before the first
    padded = np.zeros(height * stride + 1, np.bool_)
    padded[1:].reshape(height, stride)[:, :-1] = is_ink
    changes = np.flatnonzero(padded[1:] != padded[:-1])
    starts, ends = changes[::2], changes[1::2]
    rows = starts // stride
    first, last = starts - rows * stride, ends - rows * stride
    root = _group_runs(
        np.searchsorted(ends, starts - stride, "left"),
        np.searchsorted(starts, ends - stride, "right"),
    )
    is_root = root == np.arange(len(root))
    component = (np.cumsum(is_root) - 1)[root]
    areas = np.bincount(component, last - first).astype(np.int64)
    boxes = np.empty((len(areas), 4), np.int32)
    left, right = np.full(len(areas), width), np.zeros(len(areas), np.int64)
    np.minimum.at(left, component, first)
    np.maximum.at(right, component, last)
    boxes[:, 0], boxes[:, 2] = left, right
    boxes[:, 1] = rows[is_root]  # runs come row by row, the root first and the lowest last
    boxes[component, 3] = rows + 1
    runs = np.array((rows, first, last, component), np.int32).T
    return Components(runs, boxes, areas, (height, width))


def _group_runs(low: NDArray[np.int_], high: NDArray[np.int_]) -> NDArray[np.int_]:
    """Groups runs of ink (union-find); each touches runs ``low`` to ``high``, exclusive, above it.

    Args:
        low: (R,).
        high: (R,): at most ``low`` where a run touches none.

    Returns:
        The smallest number among the runs of each run's group, (R,).
    """
    touching = high - low
    # Most runs touch one above: these are grouped at once, and few are left for the loop.
    root = _compress_paths(np.where(touching > 0, low, np.arange(len(low))))
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
        root = _compress_paths(root)


def _compress_paths(root: NDArray[np.int_]) -> NDArray[np.int_]:
    """Replaces each parent by its parent until all are roots."""
    while True:
        further = root[root]
        if (further == root).all():
            return root
        root = further


def remove_specks(found: Components, ink: Ink, lines: LineRemoval) -> tuple[Components, Components]:
    """Removes components that are too small for a pen, and remnants of lines.

    Returns:
        What is kept; and, of photographs, what is discarded without being a remnant of a line.
    """
    for axis, parallel in ((1, lines.horizontal), (0, lines.vertical)):
        is_remnant = found.boxes[:, axis + 2] - found.boxes[:, axis] <= _REMNANT_MAX_THICKNESS
        if parallel and is_remnant.any():
            thin = found.select(is_remnant)
            is_remnant[is_remnant] = thin.share_near_lines(parallel, axis=axis) >= _REMNANT_SHARE
            found = found.select(~is_remnant)
    if not len(found.areas):
        return found, found
    sizes = (found.boxes[:, 2:] - found.boxes[:, :2]).max(axis=1)
    found = found.select(~enclose_ink(found.boxes, sizes >= _DIGIT * min(found.shape)))
    if ink.is_flat:
        is_large = (found.areas > 2) | (found.areas.max() < _MIN_LARGEST)
    else:
        is_large = _is_pen_stroke(found, ink.levels.size)
    if is_large.all():
        return found, found.none()
    return found.select(is_large), found.none() if ink.is_flat else found.select(~is_large)


def _is_pen_stroke(components: Components, num_pixels: int) -> NDArray[np.bool_]:
    """Tells pen strokes on a photograph from dust, edges and bits of lines: (M,)."""
    largest = int(components.areas.argmax())
    area = components.areas[largest]
    x0, y0, x1, y1 = components.boxes.T
    is_at_border = (x0 == 0) | (y0 == 0) | (x1 == components.shape[1]) | (y1 == components.shape[0])
    least = max(4.0, _MIN_SHARE_OF_PICTURE * num_pixels, _MIN_SHARE_OF_LARGEST * area)
    is_enough = components.areas >= np.where(is_at_border, _MIN_SHARE_AT_BORDER * area, least)
    # The pen's width is the median length of runs; what is much thinner is printed or ruled.
    _, first, last, component = components.runs.T
    pen = statistics.median((last - first)[component == largest].tolist())
    thickness = components.areas / np.maximum(x1 - x0, y1 - y0)
    is_enough &= ~_is_stray(components, is_enough)
    is_written: NDArray[np.bool_] = is_enough & np.greater_equal(thickness, _MIN_SHARE_OF_PEN * pen)
    return is_written


def _is_stray(components: Components, is_candidate: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tells which candidates are small and far from all larger components: (M,)."""
    is_stray = np.zeros(len(components.areas), np.bool_)
    is_small = is_candidate & (components.areas < _SMALL * components.areas.max())
    for component in np.flatnonzero(is_small).tolist():
        larger = components.boxes[components.areas > 5 * components.areas[component]]
        box = components.boxes[component]
        apart = np.maximum(larger[:, :2] - box[2:], box[:2] - larger[:, 2:]).max(axis=1)
        is_stray[component] = apart.min() > _STRAY_DISTANCE * max(components.shape)
    return is_stray
