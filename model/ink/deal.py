"""Which piece of ink belongs to which cell."""

import dataclasses
import functools
import itertools
import statistics
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model.ink.cuts import Edges
from model.ink.form import Box
from model.ink.light import Ink, levels_on
from model.ink.marks import Marks

# A piece of ink belongs to one cell whole where this share of it lies there ...
_WHOLE_SHARE = 0.75
# ... unless the rest reaches so far, shares of a cell, into one that has no ink of its own.
_OWN_SHARE = 0.25
# It is said to lie across an edge where more than this share does.
_STICKS_OUT = 0.04
# Ink this large, shares of the typical digit, may be one.
_LEAST_OF_TYPICAL = 0.45
# The level that counts as full ink: this quantile of a cell's ink. A photographed stroke is uneven.
_FULL_FLAT, _FULL_UNEVEN = 0.95, 0.6
# Ink whose longer side is at most this many shrunk pixels is cut out of the whole picture.
_SMALL = 48
# Ink of at least this share of full ink is within its box.
_EDGE_FLAT, _EDGE_UNEVEN = 0.12, 0.3


@dataclasses.dataclass(frozen=True, slots=True)
class Piece:
    """The ink of one cell, cut out of the picture."""

    levels: NDArray[np.float32]
    """(h, w): ink in [0, 1]; every side touches ink."""
    left: int
    """Where it was cut out, in pixels of its own."""
    top: int
    cell: tuple[float, float, float, float]
    """x0, y0, x1, y1 of its cell, in pixels of its own."""
    factor: int
    """Pixels of the whole picture, a side, for each of its own."""

    @property
    def size_in_cell(self) -> float:
        """Its longer side as a share of its cell's."""
        x0, y0, x1, y1 = self.cell
        longer: int = max(self.levels.shape)
        return longer / max(x1 - x0, y1 - y0)


class Deal:
    """Pieces of ink dealt out to the cells of a grid.

    A piece that lies almost whole in one cell goes there with what sticks out of it; another is cut
    where the cells meet.

    Attributes:
        crossing: The marks of which more than a little lies in a second cell.
    """

    def __init__(self, marks: Marks, across: Edges, down: Edges) -> None:
        self.marks, self.across, self.down = marks, across, down
        self.num_columns = len(across) - 1
        self.num_cells = self.num_columns * (len(down) - 1)
        # First and last column and row of cells that each mark lies in, (M, 2).
        corners = marks.boxes + np.array((0.5, 0.5, -0.5, -0.5))
        columns = np.searchsorted(across[1:-1], corners[:, ::2])
        rows = np.searchsorted(down[1:-1], corners[:, 1::2])
        first = rows[:, 0] * self.num_columns + columns[:, 0]
        # The cell of each mark; ``num_cells`` for one that is cut.
        self._owners: NDArray[np.int32] = first.astype(np.int32)
        is_over_edge = (rows[:, 0] != rows[:, 1]) | (columns[:, 0] != columns[:, 1])
        over_edge: list[int] = np.flatnonzero(is_over_edge).tolist()
        self.crossing: list[int] = []
        if over_edge:
            has_ink = np.bincount(first[~is_over_edge], minlength=self.num_cells) > 0
            for mark in over_edge:
                self._settle(mark, has_ink)

    @functools.cached_property
    def _columns(self) -> NDArray[np.int_]:
        """The column of cells that each pixel of a row lies in, (w,)."""
        return np.searchsorted(self.across[1:-1], np.arange(self.marks.shape[1]) + 0.5)

    @functools.cached_property
    def _rows(self) -> NDArray[np.int_]:
        """The row of cells that each pixel of a column lies in, (h,)."""
        return np.searchsorted(self.down[1:-1], np.arange(self.marks.shape[0]) + 0.5)

    @functools.cached_property
    def _painted(self) -> NDArray[np.int16]:
        """The cell of each pixel of ink (h, w), -1 elsewhere."""
        painted = self.marks.paint(self._owners)
        if not (self._owners == self.num_cells).any():
            return painted
        own = self._rows[:, None] * self.num_columns + self._columns
        return np.where(painted == self.num_cells, own, painted).astype(np.int16, copy=False)

    @functools.cached_property
    def _extents(self) -> list[Box]:
        """The box of the marks that each cell has a part in; x1 is 0 where there is none."""
        low = np.full((self.num_cells + 1, 2), max(self.marks.shape), np.int32)
        high = np.zeros_like(low)
        np.minimum.at(low, self._owners, self.marks.boxes[:, :2])
        np.maximum.at(high, self._owners, self.marks.boxes[:, 2:])
        # What is cut may have a part in any.
        low, high = np.minimum(low, low[-1]), np.maximum(high, high[-1])
        return [(*start, *end) for start, end in zip(low.tolist(), high.tolist(), strict=True)]

    def _settle(self, mark: int, has_other_ink: NDArray[np.bool_]) -> None:
        """Decides which cell a mark that lies over an edge belongs to."""
        x0, y0, x1, y1 = self.marks.boxes[mark].tolist()
        runs = self.marks.runs[self.marks.runs[:, 3] == mark] - (y0, x0, x0, 0)
        alone = self.marks._replace(runs=runs, shape=(y1 - y0, x1 - x0))
        pixels = alone.paint(np.zeros(mark + 1, np.int32)) == 0
        parts = self._rows[y0:y1, None] * self.num_columns + self._columns[x0:x1]
        counts = np.bincount(parts[pixels], minlength=self.num_cells)
        owner = int(counts.argmax())
        outside = 1 - counts[owner] / counts.sum()
        if outside > _STICKS_OUT:
            self.crossing.append(mark)
        # What sticks out far into a cell that has no ink besides is that cell's own.
        height, width = self.marks.shape
        far = _OWN_SHARE * max(height / (len(self.down) - 1), width / (len(self.across) - 1))
        is_own = False
        for other in np.flatnonzero(counts).tolist():
            if other != owner and not has_other_ink[other]:
                y, x = np.nonzero(pixels & (parts == other))
                is_own |= bool(max(np.ptp(y), np.ptp(x)) + 1 >= far)
        is_cut = is_own or outside > 1 - _WHOLE_SHARE
        self._owners[mark] = self.num_cells if is_cut else owner

    @property
    def fitness(self) -> tuple[int, int]:
        """How well the cells fit the ink: cells with a digit's worth of it, less marks cut."""
        sizes = np.zeros(self.num_cells)
        is_whole = self._owners < self.num_cells
        boxes = self.marks.boxes[is_whole]
        longer = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
        np.maximum.at(sizes, self._owners[is_whole], longer)
        filled = sizes[sizes > 0].tolist()
        typical = statistics.median(filled) if filled else 0.0
        num_filled = int(np.count_nonzero(sizes > _LEAST_OF_TYPICAL * typical))
        num_cut = int(np.count_nonzero(~is_whole))
        return num_filled + num_cut, -num_cut

    def cells_of(self, mark: int, marks: Marks | None = None) -> set[int]:
        """The cells that a mark lies in, of the marks dealt out or of others."""
        x0, y0, x1, y1 = (marks or self.marks).boxes[mark]
        return {
            int(row * self.num_columns + column)
            for row in range(self._rows[y0], self._rows[y1 - 1] + 1)
            for column in range(self._columns[x0], self._columns[x1 - 1] + 1)
        }

    def boxes_together(self) -> dict[int, NDArray[np.int32]]:
        """The boxes, (m, 4), of the marks of each cell that has more than one to itself."""
        counts = np.bincount(self._owners)[: self.num_cells]
        return {
            cell: self.marks.boxes[self._owners == cell]
            for cell in np.flatnonzero(counts > 1).tolist()
        }

    def cell_box(self, number: int) -> tuple[float, float, float, float]:
        """Edges of a cell: x0, y0, x1, y1, pixels."""
        row, column = divmod(number, self.num_columns)
        across, down = self.across, self.down
        return across[column], down[row], across[column + 1], down[row + 1]

    def grid_box(self, factor: int, shape: tuple[int, ...]) -> Box:
        """Where the grid stands in a picture (height, width) ``factor`` times as large."""
        edges = (self.across[0], self.down[0])
        ends = (self.across[-1], self.down[-1])
        x0, y0 = (max(0, round(edge * factor)) for edge in edges)
        x1, y1 = (
            whole if end >= small else min(whole, round(end * factor))
            for end, small, whole in zip(ends, self.marks.shape[::-1], shape[::-1], strict=True)
        )
        return x0, y0, x1, y1

    def cut_out(
        self, number: int, ink: Ink, picture: NDArray[np.uint8], factor: int
    ) -> Piece | None:
        """Cuts the ink of a cell out, with its soft edge and nothing of its neighbours'.

        Args:
            number: Of the cell, in reading order.
            ink: Of the shrunk picture, which the marks are of.
            picture: The whole one, from which small ink is taken, as it has more to show.
            factor: How many times as large that is.

        Returns:
            None where the cell has no ink.
        """
        x0, y0, x1, y1 = self._extents[number]
        if x1 <= x0:
            return None
        height, width = self.marks.shape
        left, top, right, bottom = (
            max(0, x0 - 1),
            max(0, y0 - 1),
            min(width, x1 + 1),
            min(height, y1 + 1),
        )
        is_own = self._painted[top:bottom, left:right] == number
        if not is_own.any():
            return None
        zoom = factor if ink.is_flat and max(is_own.shape) <= _SMALL else 1
        levels = ink.levels[top:bottom, left:right]
        if zoom > 1 and ink.background is not None:
            left, top, right, bottom = (zoom * edge for edge in (left, top, right, bottom))
            window = picture[top:bottom, left:right]
            levels = levels_on(ink.background, window, is_inverted=ink.is_inverted)
            is_own = is_own.repeat(zoom, axis=0).repeat(zoom, axis=1)
        inside = levels[is_own]
        place = int((_FULL_FLAT if ink.is_flat else _FULL_UNEVEN) * (len(inside) - 1))
        inside.partition(place)
        full = int(inside[place] or inside.max())  # a lone pixel in its block
        soft = levels * _grown(is_own)
        is_seen = soft > int((_EDGE_FLAT if ink.is_flat else _EDGE_UNEVEN) * full)
        y0, y1 = _ends(np.logical_or.reduce(is_seen, axis=1))
        x0, x1 = _ends(np.logical_or.reduce(is_seen, axis=0))
        cell_left, cell_top, cell_right, cell_bottom = self.cell_box(number)
        return Piece(
            levels=np.minimum(soft[y0:y1, x0:x1] / np.float32(full), np.float32(1)),
            left=left + x0,
            top=top + y0,
            cell=(cell_left * zoom, cell_top * zoom, cell_right * zoom, cell_bottom * zoom),
            factor=factor // zoom,
        )


def best_deal(marks: Marks, across: Sequence[Edges], down: Sequence[Edges]) -> Deal:
    """Deals the marks out by the cuts that fit best, the first of all that fit alike."""
    deals = [Deal(marks, *cuts) for cuts in itertools.product(across, down)]
    if len(deals) == 1:
        return deals[0]
    return max(deals, key=lambda deal: deal.fitness)


def _ends(marks: NDArray[np.bool_]) -> tuple[int, int]:
    """The first that is marked, and the one behind the last."""
    return int(marks.argmax()), len(marks) - int(marks[::-1].argmax())


def _grown(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Marks a mask's pixels and their eight neighbours."""
    tall = mask.copy()
    tall[1:] |= mask[:-1]
    tall[:-1] |= mask[1:]
    wide = tall.copy()
    wide[:, 1:] |= tall[:, :-1]
    wide[:, :-1] |= tall[:, 1:]
    return wide
