"""Assignment of connected components to cells."""

import dataclasses
import functools
import itertools
import statistics
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model.ink.background import Ink, ink_levels
from model.ink.cell_boundaries import Boundaries
from model.ink.components import Components
from model.ink.form import Box
from model.ink.image_operations import dilate

# A component belongs to one cell as a whole where at least this share of it lies there ...
_WHOLE_SHARE = 0.75
# ... unless the rest extends this far, shares of a cell, into a cell that has no other ink.
_OWN_SHARE = 0.25
# A component of which more than this share lies in a second cell is said to cross the boundary.
_CROSSING_SHARE = 0.04
# Ink of at least this size, as a share of the median, may be a digit.
_MIN_DIGIT_SIZE = 0.45
# Full ink is this quantile of a cell's ink levels. A photographed stroke is uneven.
_FULL_FLAT, _FULL_UNEVEN = 0.95, 0.6
# Ink whose longer side is at most this many downscaled pixels is cropped at full resolution.
_SMALL = 48
# The box of a cell's ink holds all ink of at least this share of full ink.
_EDGE_FLAT, _EDGE_UNEVEN = 0.12, 0.3


@dataclasses.dataclass(frozen=True, slots=True)
class InkCrop:
    """The ink of one cell, cropped; places are in pixels of the resolution it was cropped at."""

    levels: NDArray[np.float32]
    """(h, w): ink in [0, 1]; every side touches ink."""
    left: int
    """First column in the picture."""
    top: int
    """First row in the picture."""
    cell: tuple[float, float, float, float]
    """x0, y0, x1, y1 of its cell."""
    factor: int
    """The original picture's sides are so many times as long."""

    @property
    def size_in_cell(self) -> float:
        """The longer side of the ink as a share of the longer side of its cell."""
        x0, y0, x1, y1 = self.cell
        longer: int = max(self.levels.shape)
        return longer / max(x1 - x0, y1 - y0)


class Assignment:
    """Components of ink assigned to the cells of a grid.

    A component that lies almost entirely in one cell is assigned to it as a whole; any other is cut
    at the boundaries.

    Attributes:
        crossing: The components that cross a boundary by more than a little.
    """

    def __init__(self, components: Components, across: Boundaries, down: Boundaries) -> None:
        self.components, self.across, self.down = components, across, down
        self.num_columns = len(across) - 1
        self.num_cells = self.num_columns * (len(down) - 1)
        # (M, 2) each: first and last column, and row, of the cells that a component lies in.
        corners = components.boxes + np.array((0.5, 0.5, -0.5, -0.5))
        columns = np.searchsorted(across[1:-1], corners[:, ::2])
        rows = np.searchsorted(down[1:-1], corners[:, 1::2])
        first = rows[:, 0] * self.num_columns + columns[:, 0]
        # The cell of each component; ``num_cells`` for one that is cut.
        self._owners: NDArray[np.int32] = first.astype(np.int32)
        is_in_several = (rows[:, 0] != rows[:, 1]) | (columns[:, 0] != columns[:, 1])
        in_several: list[int] = np.flatnonzero(is_in_several).tolist()
        self.crossing: list[int] = []
        if in_several:
            has_ink = np.bincount(first[~is_in_several], minlength=self.num_cells) > 0
            for component in in_several:
                self._assign_crossing(component, has_ink)

    @functools.cached_property
    def _columns(self) -> NDArray[np.int_]:
        """(w,): the grid column of each pixel column."""
        return np.searchsorted(self.across[1:-1], np.arange(self.components.shape[1]) + 0.5)

    @functools.cached_property
    def _rows(self) -> NDArray[np.int_]:
        """(h,): the grid row of each pixel row."""
        return np.searchsorted(self.down[1:-1], np.arange(self.components.shape[0]) + 0.5)

    @functools.cached_property
    def _cell_image(self) -> NDArray[np.int16]:
        """(h, w): the cell that each pixel of ink is assigned to, -1 elsewhere."""
        labels = self.components.label_image(self._owners)
        if not (self._owners == self.num_cells).any():
            return labels
        surrounding = self._rows[:, None] * self.num_columns + self._columns
        return np.where(labels == self.num_cells, surrounding, labels).astype(np.int16, copy=False)

    @functools.cached_property
    def _ink_boxes(self) -> list[Box]:
        """The box of all components assigned to each cell, cut ones included; x1 is 0 for none."""
        low = np.full((self.num_cells + 1, 2), max(self.components.shape), np.int32)
        high = np.zeros_like(low)
        np.minimum.at(low, self._owners, self.components.boxes[:, :2])
        np.maximum.at(high, self._owners, self.components.boxes[:, 2:])
        # A component that is cut may have ink in any cell.
        low, high = np.minimum(low, low[-1]), np.maximum(high, high[-1])
        return [(*start, *end) for start, end in zip(low.tolist(), high.tolist(), strict=True)]

    def _assign_crossing(self, component: int, has_other_ink: NDArray[np.bool_]) -> None:
        """Assigns a component that lies in several cells to one of them, or has it cut."""
        x0, y0, x1, y1 = self.components.boxes[component].tolist()
        runs = self.components.runs[self.components.runs[:, 3] == component] - (y0, x0, x0, 0)
        alone = self.components._replace(runs=runs, shape=(y1 - y0, x1 - x0))
        pixels = alone.label_image(np.zeros(component + 1, np.int32)) == 0
        parts = self._rows[y0:y1, None] * self.num_columns + self._columns[x0:x1]
        counts = np.bincount(parts[pixels], minlength=self.num_cells)
        owner = int(counts.argmax())
        outside = 1 - counts[owner] / counts.sum()
        if outside > _CROSSING_SHARE:
            self.crossing.append(component)
        # A part that extends far into a cell without other ink is that cell's digit.
        height, width = self.components.shape
        far = _OWN_SHARE * max(height / (len(self.down) - 1), width / (len(self.across) - 1))
        is_digit_of_other = False
        for other in np.flatnonzero(counts).tolist():
            if other != owner and not has_other_ink[other]:
                y, x = np.nonzero(pixels & (parts == other))
                is_digit_of_other |= bool(max(np.ptp(y), np.ptp(x)) + 1 >= far)
        is_cut = is_digit_of_other or outside > 1 - _WHOLE_SHARE
        self._owners[component] = self.num_cells if is_cut else owner

    @property
    def fitness(self) -> tuple[int, int]:
        """How well the cells fit the ink: digits found, then as few components cut as possible."""
        sizes = np.zeros(self.num_cells)
        is_whole = self._owners < self.num_cells
        boxes = self.components.boxes[is_whole]
        longer = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
        np.maximum.at(sizes, self._owners[is_whole], longer)
        filled = sizes[sizes > 0].tolist()
        typical = statistics.median(filled) if filled else 0.0
        num_filled = int(np.count_nonzero(sizes > _MIN_DIGIT_SIZE * typical))
        num_cut = int(np.count_nonzero(~is_whole))
        return num_filled + num_cut, -num_cut

    def cells_of(self, boxes: NDArray[np.int32]) -> list[int]:
        """Returns the cells that boxes of ink, (m, 4), lie in, in order."""
        found = {
            int(row * self.num_columns + column)
            for x0, y0, x1, y1 in boxes
            for row in range(self._rows[y0], self._rows[y1 - 1] + 1)
            for column in range(self._columns[x0], self._columns[x1 - 1] + 1)
        }
        return sorted(found)

    def boxes_by_shared_cell(self) -> dict[int, NDArray[np.int32]]:
        """Returns, for each cell with several whole components, their boxes, (m, 4)."""
        counts = np.bincount(self._owners)[: self.num_cells]
        return {
            cell: self.components.boxes[self._owners == cell]
            for cell in np.flatnonzero(counts > 1).tolist()
        }

    def cell_box(self, number: int) -> tuple[float, float, float, float]:
        """Boundaries of a cell: x0, y0, x1, y1, pixels."""
        row, column = divmod(number, self.num_columns)
        x, y = self.across, self.down
        return x[column], y[row], x[column + 1], y[row + 1]

    def grid_box(self, factor: int, shape: tuple[int, ...]) -> Box:
        """Where the grid stands in a picture (height, width) ``factor`` times as large."""
        height, width = self.components.shape
        ends = (self.across[-1], self.down[-1])
        x0, y0 = (max(0, round(start * factor)) for start in (self.across[0], self.down[0]))
        x1, y1 = (
            whole if end >= small else min(whole, round(end * factor))
            for end, small, whole in zip(ends, (width, height), shape[::-1], strict=True)
        )
        return x0, y0, x1, y1

    def crop_cell(
        self, number: int, ink: Ink, picture: NDArray[np.uint8], factor: int
    ) -> InkCrop | None:
        """Crops the ink of a cell, with its soft edge and without ink of other cells.

        Args:
            number: Of the cell, in reading order.
            ink: Of the downscaled picture, in which the components were found.
            picture: The original, from which small ink is cropped, as it has more detail.
            factor: By which the picture was downscaled.

        Returns:
            None where the cell has no ink.
        """
        x0, y0, x1, y1 = self._ink_boxes[number]
        if x1 <= x0:
            return None
        height, width = self.components.shape
        left, top = max(0, x0 - 1), max(0, y0 - 1)
        right, bottom = min(width, x1 + 1), min(height, y1 + 1)
        is_own = self._cell_image[top:bottom, left:right] == number
        if not is_own.any():
            return None
        zoom = factor if ink.is_flat and max(is_own.shape) <= _SMALL else 1
        levels = ink.levels[top:bottom, left:right]
        if zoom > 1 and ink.background is not None:
            left, top, right, bottom = (zoom * edge for edge in (left, top, right, bottom))
            window = picture[top:bottom, left:right]
            levels = ink_levels(ink.background, window, is_inverted=ink.is_inverted)
            is_own = is_own.repeat(zoom, axis=0).repeat(zoom, axis=1)
        inside = levels[is_own]
        place = int((_FULL_FLAT if ink.is_flat else _FULL_UNEVEN) * (len(inside) - 1))
        inside.partition(place)
        full = int(inside[place] or inside.max())  # 0 where its downscaled pixel was one dot
        soft = levels * dilate(is_own, with_corners=True)
        is_seen = soft > int((_EDGE_FLAT if ink.is_flat else _EDGE_UNEVEN) * full)
        y0, y1 = _extent(np.logical_or.reduce(is_seen, axis=1))
        x0, x1 = _extent(np.logical_or.reduce(is_seen, axis=0))
        cell_left, cell_top, cell_right, cell_bottom = self.cell_box(number)
        return InkCrop(
            levels=np.minimum(soft[y0:y1, x0:x1] / np.float32(full), np.float32(1)),
            left=left + x0,
            top=top + y0,
            cell=(cell_left * zoom, cell_top * zoom, cell_right * zoom, cell_bottom * zoom),
            factor=factor // zoom,
        )


def best_assignment(
    components: Components, across: Sequence[Boundaries], down: Sequence[Boundaries]
) -> Assignment:
    """Assigns components by the boundaries that fit best, the first of those that fit alike."""
    assignments = [Assignment(components, *both) for both in itertools.product(across, down)]
    if len(assignments) == 1:
        return assignments[0]
    return max(assignments, key=lambda assignment: assignment.fitness)


def _extent(is_set: NDArray[np.bool_]) -> tuple[int, int]:
    """Returns the first index that is set, and the one after the last."""
    return int(is_set.argmax()), len(is_set) - int(is_set[::-1].argmax())
