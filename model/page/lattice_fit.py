"""A lattice of cells fitted to those of them that are known: a homography, and how paper bends."""

import dataclasses

import cv2
import numpy as np
from numpy.typing import NDArray

from model.page.cell_holes import Block, area_of
from model.page.mesh import Quads

Floats = NDArray[np.float64]
# A corner fits a homography where it is off by less than this share of a cell.
_OFF = 0.12
# Paper bends where corners of so many cells fit; places are moved to where a polynomial of this
# degree has them.
_BENDS, _DEGREE, _RIDGE = 12, 3, 0.001
# Cells are spaced evenly where steps between them differ by less than this share from the typical.
_EVEN = 0.15
# Where more than this share of them are, the others are errors.
_MOSTLY = 0.7
# A row or column that is further than this share of a cell from the one before is of another sheet.
_APART = 0.2


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class LatticeFit:
    """Where the cells of a lattice are; those beyond it are spaced as they are."""

    x: Floats
    """(2 C,): left and right sides of its columns, as boxes may stand apart."""
    y: Floats
    """(2 R,): of its rows."""
    homography: Floats
    bend: "_Bend | None"

    def cells(self, start: tuple[int, int], size: tuple[int, int]) -> Quads:
        """Cells of so many rows and columns from a place on, in reading order, pixels."""
        y, x = (
            _sides(at, first, count)
            for at, first, count in zip((self.y, self.x), start, size, strict=True)
        )
        flat = np.stack(np.meshgrid(x, y), axis=2).reshape(-1, 2)
        mesh = cv2.perspectiveTransform(flat[np.newaxis], self.homography)[0]
        if self.bend is not None:
            mesh = mesh + self.bend.at(flat)
        grid = mesh.reshape(size[0], 2, size[1], 2, 2).transpose(0, 2, 1, 3, 4)
        return np.ascontiguousarray(grid.reshape(-1, 2, 2, 2))

    def divided(self, count: int) -> "LatticeFit":
        """Divides each cell into so many rows and columns."""
        shares = np.arange(count + 1) / count
        x, y = (
            np.stack([ends[:, :-1], ends[:, 1:]], axis=2).ravel()
            for at in (self.x, self.y)
            for ends in [at[::2, np.newaxis] * (1 - shares) + at[1::2, np.newaxis] * shares]
        )
        return dataclasses.replace(self, x=x, y=y)

    def is_even(self, axis: int) -> bool:
        """Tells whether rows (axis 0) or columns (axis 1) are spaced evenly."""
        at = (self.y, self.x)[axis]
        steps = np.diff(at.reshape(-1, 2).mean(axis=1))
        if not len(steps):
            return True
        return float(np.abs(steps / np.median(steps) - 1).max()) < _EVEN

    def numbers(self, axis: int) -> NDArray[np.int_]:
        """Rows (axis 0) or columns (axis 1) counted as most are spaced; -1: it is not as they are.

        Two that a broken line has made one, or one that a crease has made two, are none. Where
        others are not as most are, all are counted as they stand.
        """
        sides = (self.y, self.x)[axis].reshape(-1, 2)
        widths = sides[:, 1] - sides[:, 0]
        as_they_stand = np.arange(len(sides))
        is_typical = np.abs(widths / np.median(widths) - 1) < _EVEN
        if np.count_nonzero(is_typical) < max(3, _MOSTLY * len(sides)):
            return as_they_stand
        typical = np.flatnonzero(is_typical)
        middles = sides.mean(axis=1)
        pitch = float(np.median(np.diff(middles)))
        counts = np.diff(middles[typical]) / pitch
        # What stands at the ends, too, is as wide as so many of the others.
        outer = np.array([sides[typical[0], 0] - sides[0, 0], sides[-1, 1] - sides[typical[-1], 1]])
        counts = np.concatenate([counts, outer / pitch])
        whole = np.rint(counts).astype(int)
        if (np.abs(counts - whole) > _EVEN).any() or (whole[:-2] < 1).any():
            return as_they_stand
        numbers = np.full(len(sides), -1)
        numbers[typical] = np.cumsum([0, *whole[:-2].tolist()])
        return numbers

    def breaks(self, axis: int) -> list[int]:
        """Rows (axis 0) or columns (axis 1) that stand apart from the one before, unlike others."""
        at = (self.y, self.x)[axis]
        gaps, typical = at[2::2] - at[1:-1:2], float(np.median(at[1::2] - at[::2]))
        if len(gaps) < 2:
            return []
        is_apart = gaps > np.median(gaps) + _APART * typical
        return (np.flatnonzero(is_apart) + 1).tolist()


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class _Bend:
    low: Floats
    high: Floats
    weights: Floats

    def terms(self, places: Floats) -> Floats:
        scaled = 2 * (places - self.low) / np.maximum(self.high - self.low, 1e-6) - 1
        x, y = scaled.clip(-1, 1).T  # beyond what is known it goes on as it is there
        powers = [x**i * y**j for i in range(_DEGREE + 1) for j in range(_DEGREE + 1 - i)]
        return np.stack(powers, axis=1)

    def at(self, places: Floats) -> Floats:
        return np.asarray(self.terms(places) @ self.weights, np.float64)


def fit_lattice(block: Block) -> LatticeFit | None:
    """Fits a lattice to cells of which rows and columns are known."""
    corners = np.array([[(0, 0), (1, 0)], [(0, 1), (1, 1)]])
    x, y = (_first_sides(block, axis) for axis in (1, 0))
    ends = 2 * block.places[:, np.newaxis, np.newaxis, ::-1] + corners  # (M, 2, 2, 2)
    points = block.quads.reshape(-1, 2)
    at_x, at_y = ends[..., 0].ravel(), ends[..., 1].ravel()
    off = _OFF * float(np.sqrt(np.maximum(area_of(block.quads), 1)).mean())
    homography = np.eye(3)
    for _ in range(3):
        source = np.column_stack([x[at_x], y[at_y]])
        found, _ = cv2.findHomography(source, points, cv2.RANSAC, off, maxIters=300)
        if found is None or abs(np.linalg.det(found)) < 1e-9:
            return None
        homography = np.asarray(found, np.float64)
        back = cv2.perspectiveTransform(points[np.newaxis], np.linalg.inv(homography))[0]
        x, y = _medians(x, at_x, back[:, 0]), _medians(y, at_y, back[:, 1])
    source = np.column_stack([x[at_x], y[at_y]])
    expected = cv2.perspectiveTransform(source[np.newaxis], homography)[0]
    fit = LatticeFit(x, y, homography, _fit_bend(source, points - expected, off))
    return fit if (area_of(fit.cells((0, 0), block.shape)) > 1).all() else None


def _first_sides(block: Block, axis: int) -> Floats:
    """Both sides of each row (axis 0) or column (axis 1), by the sizes of its cells alone."""
    quads = block.quads if axis else block.quads.transpose(0, 2, 1, 3)
    places = block.places if axis else block.places[:, ::-1]
    count = int(places[:, 1].max()) + 1
    starts, ends = quads[:, :, 0].mean(axis=1), quads[:, :, 1].mean(axis=1)
    numbers = {place: number for number, place in enumerate(map(tuple, places.tolist()))}
    pairs = [
        (number, numbers[row, column + 1])
        for (row, column), number in numbers.items()
        if (row, column + 1) in numbers
    ]
    sizes, gaps = np.full(count, np.nan), np.full(max(count - 1, 0), np.nan)
    lengths = np.linalg.norm(ends - starts, axis=1)
    for column in np.unique(places[:, 1]).tolist():
        sizes[column] = np.median(lengths[places[:, 1] == column])
    if pairs:
        one, other = np.array(pairs).T
        along = (ends - starts)[one] / np.maximum(lengths[one], 1e-6)[:, np.newaxis]
        apart = ((starts[other] - ends[one]) * along).sum(axis=1)
        for column in np.unique(places[one, 1]).tolist():
            gaps[column] = max(0.0, float(np.median(apart[places[one, 1] == column])))
    sizes = np.where(np.isnan(sizes), np.nanmedian(sizes), sizes)
    gaps = np.where(np.isnan(gaps), np.nanmedian(gaps) if pairs else 0.0, gaps)
    at = np.concatenate([[0.0], np.cumsum(sizes[:-1] + gaps)])
    return np.stack([at, at + sizes], axis=1).ravel() / float(np.mean(sizes))


def _sides(at: Floats, first: int, count: int) -> Floats:
    """Both sides of rows or columns from one on, also of those before the first or after the last.

    Args:
        at: (2 n,), both sides of those that are known.
        first: Number of the first that is wanted.
        count: How many are wanted.
    """
    sides = at.reshape(-1, 2)
    known = len(sides)
    pitch = sides[1:, 0] - sides[:-1, 0] if known > 1 else sides[:, 1] - sides[:, 0]
    numbers = np.arange(first, first + count)
    nearest = numbers.clip(0, known - 1)
    beyond = (numbers - nearest) * float(np.median(pitch))
    return np.asarray((sides[nearest] + beyond[:, np.newaxis]).ravel())


def _medians(before: Floats, numbers: NDArray[np.int_], values: Floats) -> Floats:
    """Places of lines along a side; those without a value go with the nearest that have one."""
    after = before.copy()
    for side in (0, 1):
        known = np.unique(numbers[numbers % 2 == side])
        medians = np.array([np.median(values[numbers == number]) for number in known])
        moved = np.interp(before[side::2], before[known], medians - before[known])
        after[side::2] += moved
    return after if (np.diff(after) > -0.3).all() else before


def _fit_bend(source: Floats, residuals: Floats, off: float) -> _Bend | None:
    """How far paper that is bent is from the plane."""
    is_near = np.linalg.norm(residuals, axis=1) < 2 * off
    if np.count_nonzero(is_near) < 4 * _BENDS:
        return None
    bend = _Bend(source[is_near].min(axis=0), source[is_near].max(axis=0), np.zeros(()))
    weights = np.zeros(())
    for _ in range(3):  # what a bend brings near counts in the next round
        system, right = bend.terms(source[is_near]), residuals[is_near]
        ridge = _RIDGE * len(system) * np.eye(system.shape[1])
        weights = np.linalg.solve(system.T @ system + ridge, system.T @ right)
        left = residuals - bend.terms(source) @ weights
        is_near = np.linalg.norm(left, axis=1) < 2 * off
        if np.count_nonzero(is_near) < 4 * _BENDS:
            return None
    low, high = source[is_near].min(axis=0), source[is_near].max(axis=0)
    system, right = (_Bend(low, high, weights).terms(source[is_near]), residuals[is_near])
    ridge = _RIDGE * len(system) * np.eye(system.shape[1])
    return _Bend(low, high, np.linalg.solve(system.T @ system + ridge, system.T @ right))
