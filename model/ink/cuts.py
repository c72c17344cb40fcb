"""Where the cells of a grid are, and which piece of ink belongs to which."""

import dataclasses

import numpy as np
from numpy.typing import NDArray

from model.ink.form import Box
from model.ink.light import Ink
from model.ink.lines import Line
from model.ink.marks import Marks

# The middle of the picture is left for a gap in the ink that is at most this far off, shares.
_FURTHEST = 0.17
# Lines closer than this are one, a frame is at least so long, and has so much of the ink within.
_SAME_LINE, _LEAST_FRAME, _FRAMED_SHARE = 0.06, 0.6, 0.97
# A piece of ink belongs to one cell whole where this share of it lies there.
_WHOLE_SHARE = 0.75
# The level that counts as full ink: this quantile of a cell's ink. A photographed stroke is uneven.
_FULL_FLAT, _FULL_UNEVEN = 0.95, 0.6
# Ink of at least this share of full ink is within its box.
_EDGE_FLAT, _EDGE_UNEVEN = 0.12, 0.3


@dataclasses.dataclass(frozen=True, slots=True)
class Cuts:
    """The edges of a grid's cells along one axis, in pixels: start, inner cuts, end."""

    edges: tuple[float, ...]
    is_drawn: bool
    """Lines that divide the grid were found."""


def find_cuts(profile: NDArray[np.int64], lines: list[Line], count: int) -> Cuts:
    """Divides one axis of a picture into cells.

    Drawn lines decide, where there are as many as a divider or a frame has; else the picture is
    divided evenly, and a cut through ink moves to a gap near by.

    Args:
        profile: (length,): pixels of ink across each place along the axis, without lines.
        lines: Lines across the axis.
        count: Cells along it.
    """
    length = len(profile)
    drawn = _from_lines(_places(lines, length), profile, count)
    if drawn is not None:
        return Cuts(drawn, True)
    edges = [length * number / count for number in range(count + 1)]
    reach = int(_FURTHEST * 2 * length / count)
    for number in range(1, count):
        edges[number] = _nearest_gap(profile, edges[number], reach)
    return Cuts(tuple(edges), False)


def _places(lines: list[Line], length: int) -> list[float]:
    """Where lines stand, in order; a line that was found twice, askew, counts once."""
    places: list[float] = []
    for line in lines:  # the clearest first
        if all(abs(line.at + 0.5 - place) > _SAME_LINE * length for place in places):
            places.append(line.at + 0.5)
    return sorted(places)


def _from_lines(
    places: list[float], profile: NDArray[np.int64], count: int
) -> tuple[float, ...] | None:
    """Edges by drawn lines, a divider, a frame or both; None where the lines are neither."""
    length = len(profile)
    slack = _FURTHEST * 2 * length / count
    even = [length * number / count for number in range(1, count)]
    if len(places) == count - 1 and _agree(places, even, slack):
        return (0.0, *places, float(length))
    if len(places) not in (2, count + 1):
        return None
    first, last = places[0], places[-1]
    inside = profile[max(0, int(first)) : int(last) + 1].sum()
    if last - first < _LEAST_FRAME * length or inside < _FRAMED_SHARE * profile.sum():
        return None
    even = [first + (last - first) * number / count for number in range(1, count)]
    if len(places) == 2:
        return (first, *even, last)
    return tuple(places) if _agree(places[1:-1], even, slack / 2) else None


def _agree(places: list[float], others: list[float], slack: float) -> bool:
    return all(abs(one - other) < slack for one, other in zip(places, others, strict=True))


def _nearest_gap(profile: NDArray[np.int64], even: float, reach: int) -> float:
    """The middle of the gap nearest to an even cut, where that one goes through ink."""
    at = min(int(even), len(profile) - 1)
    if not profile[max(0, at - 1) : at + 1].any():
        return even
    low, high = max(0, at - reach), min(len(profile), at + reach + 1)
    free = np.flatnonzero(profile[low:high] == 0) + low
    if not len(free):
        return even
    # Gaps are runs of free places; one that is wide beats one that is a little nearer.
    splits = np.flatnonzero(np.diff(free) > 1) + 1
    gaps = [(int(gap[0]), int(gap[-1]) + 1) for gap in np.split(free, splits)]

    def cost(gap: tuple[int, int]) -> float:
        distance = max(gap[0] - even, even - gap[1], 0.0)
        return distance - 0.5 * min(gap[1] - gap[0], reach)

    first, last = (float(edge) for edge in min(gaps, key=cost))
    margin = min(2.0, (last - first) / 2)
    cut: float = max(first + margin, min(even, last - margin))
    return cut


@dataclasses.dataclass(frozen=True, slots=True)
class Piece:
    """The ink of one cell, cut out of the picture."""

    levels: NDArray[np.float32]
    """(h, w): ink in [0, 1]; every side touches ink."""
    left: int
    """Where it was cut out, pixels."""
    top: int
    cell: tuple[float, float, float, float]
    """x0, y0, x1, y1 of its cell, pixels."""

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

    def __init__(self, marks: Marks, across: Cuts, down: Cuts) -> None:
        self.marks, self.across, self.down = marks, across, down
        height, width = marks.shape
        columns = np.searchsorted(across.edges[1:-1], np.arange(width) + 0.5)
        rows = np.searchsorted(down.edges[1:-1], np.arange(height) + 0.5)
        self._rows, self._columns = rows, columns
        self.num_columns = len(across.edges) - 1
        self.num_cells = self.num_columns * (len(down.edges) - 1)
        x0, y0, x1, y1 = marks.boxes.T
        first = rows[y0] * self.num_columns + columns[x0]
        last = rows[y1 - 1] * self.num_columns + columns[x1 - 1]
        # The cell of each mark; ``num_cells`` for one that is cut.
        self._owners: NDArray[np.int32] = first.astype(np.int32)
        self.crossing: list[int] = []
        over_edge = np.flatnonzero((first != last) | (columns[x0] != columns[x1 - 1]))
        for mark in over_edge.tolist():
            self._settle(mark)
        painted = marks.paint(self._owners)
        own = self._rows[:, None] * self.num_columns + self._columns
        self._painted = (
            np.where(painted == self.num_cells, own, painted) if self.crossing else painted
        )

    def _settle(self, mark: int) -> None:
        """Decides about a mark that lies over an edge."""
        counts = np.zeros(self.num_cells, np.int64)
        for row, start, end in self.marks.runs[self.marks.runs[:, 3] == mark, :3].tolist():
            cells = self._rows[row] * self.num_columns + self._columns[start:end]
            counts += np.bincount(cells, minlength=self.num_cells)
        owner = int(counts.argmax())
        share = counts[owner] / counts.sum()
        self._owners[mark] = owner if share >= _WHOLE_SHARE else self.num_cells
        self.crossing.append(mark)

    def cells_of(self, mark: int) -> set[int]:
        """The cells that a mark lies in."""
        x0, y0, x1, y1 = self.marks.boxes[mark]
        return {
            int(row * self.num_columns + column)
            for row in range(self._rows[y0], self._rows[y1 - 1] + 1)
            for column in range(self._columns[x0], self._columns[x1 - 1] + 1)
        }

    def cell_box(self, number: int) -> tuple[float, float, float, float]:
        """Edges of a cell: x0, y0, x1, y1, pixels."""
        row, column = divmod(number, self.num_columns)
        across, down = self.across.edges, self.down.edges
        return across[column], down[row], across[column + 1], down[row + 1]

    def grid_box(self, factor: int, shape: tuple[int, ...]) -> Box:
        """Where the grid stands in a picture (height, width) ``factor`` times as large."""
        edges = (self.across.edges[0], self.down.edges[0])
        ends = (self.across.edges[-1], self.down.edges[-1])
        x0, y0 = (max(0, round(edge * factor)) for edge in edges)
        x1, y1 = (
            whole if end >= small else min(whole, round(end * factor))
            for end, small, whole in zip(ends, self.marks.shape[::-1], shape[::-1], strict=True)
        )
        return x0, y0, x1, y1

    def cut_out(self, number: int, ink: Ink) -> Piece | None:
        """Cuts the ink of a cell out, with its soft edge and nothing of its neighbours'.

        Returns:
            None where the cell has no ink.
        """
        is_candidate = (self._owners == number) | (self._owners == self.num_cells)
        if not is_candidate.any():
            return None
        height, width = self.marks.shape
        boxes = self.marks.boxes[is_candidate]
        left, top = (max(0, int(edge) - 1) for edge in boxes[:, :2].min(axis=0))
        right, bottom = (
            min(side, int(edge) + 1)
            for side, edge in zip((width, height), boxes[:, 2:].max(axis=0), strict=True)
        )
        is_own = self._painted[top:bottom, left:right] == number
        if not is_own.any():
            return None
        levels = ink.levels[top:bottom, left:right]
        inside = levels[is_own]
        place = int((_FULL_FLAT if ink.is_flat else _FULL_UNEVEN) * (len(inside) - 1))
        full = np.partition(inside, place)[place]
        soft = np.minimum(levels / full, 1) * _grown(is_own)
        is_seen = soft > (_EDGE_FLAT if ink.is_flat else _EDGE_UNEVEN)
        rows, columns = np.flatnonzero(is_seen.any(axis=1)), np.flatnonzero(is_seen.any(axis=0))
        y0, y1, x0, x1 = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
        return Piece(soft[y0:y1, x0:x1], left + int(x0), top + int(y0), self.cell_box(number))


def _grown(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Marks a mask's pixels and their eight neighbours."""
    tall = mask.copy()
    tall[1:] |= mask[:-1]
    tall[:-1] |= mask[1:]
    wide = tall.copy()
    wide[:, 1:] |= tall[:, :-1]
    wide[:, :-1] |= tall[:, 1:]
    return wide
