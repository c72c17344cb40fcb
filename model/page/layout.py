"""Finds the cells of a grid by the lines that divide or enclose them."""

import dataclasses
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from model.page.closed_cells import ClosedCells, find_closed_cells
from model.page.contrast import ink_contrast, is_ink_darker, shrink_to
from model.page.grid_lines import fit_mesh
from model.page.ink_lattice import find_ink_lattice
from model.page.mesh import Mesh, Quads, even_mesh, mesh_of, quads_of, side_of, to_cells

# Lines are searched for in a picture whose longer side is at most this, pixels.
_SEARCH_SIDE = 400
# Lines are narrower than this share of the shorter side.
_MAX_LINE = 0.06
# A line is at least this much, grey levels, and exceeds the typical contrast so many times; holes
# are looked for in what exceeds that this many times.
_LEAST, _OF_TYPICAL, _THRESHOLDS = 5.0, 3.0, (1.0, 1.7, 3.0, 6.0)
# Lines that cross are looked for in what exceeds it so many times; they have this length, as a
# share of the shorter side, and take up less than this share of the box around them.
_CROSSING, _SHORTEST, _SPARSE = 1.7, 0.2, 0.5
# Their ends are so near to that box, shares of its shorter side.
_BOX = 0.03
# Cells are the same where their corners differ by less than this share of a side.
_SAME = 0.08
# Lines broken by less than this share of the shorter side are closed.
_GAP = 0.015
# Cells that lines enclose are so many times as likely as an even division.
_CLOSED = 1.5
# Cells that lines enclose by chance are less regular than this, on a screen and in a photograph.
_REGULAR_FLAT, _REGULAR = 0.8, 0.6
# Cells are not expected to be longer than this times their width.
_SQUARISH = 2.0
# Cells whose sides are less than this share of those of the mesh are boxes apart from each other.
_APART = 0.93


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Layout:
    """Where the cells of a grid are in a picture."""

    quads: Quads
    """In reading order, pixels."""
    is_inverted: bool
    """Lines and ink are darker than the ground."""


def find_layouts(
    picture: NDArray[np.uint8], rows: int, columns: int, *, is_inverted: bool | None = None
) -> list[Layout]:
    """Finds the cells of a grid by its lines.

    Every candidate, cells that lines enclose or crossing lines divide and an even division of the
    picture, is fitted to the lines near it; the one on the clearest lines is the grid most likely.
    Where lines as dark or light as most of the ink make no grid, others may enclose cells.

    Args:
        picture: (h, w) or (h, w, 3), uint8.
        rows: Of the grid.
        columns: Of the grid.
        is_inverted: Of a drawing on a screen, whether its ink is darker than its ground: only cells
            that lines enclose are looked for. None for a photograph, which may hold both.

    Returns:
        The most likely first; empty where no lines divide the picture into so many cells.
    """
    small, scale = shrink_to(picture, _SEARCH_SIDE)
    found: list[tuple[float, Layout]] = []
    is_flat = is_inverted is not None
    likely = is_ink_darker(small) if is_inverted is None else is_inverted
    for polarity in (likely,) if is_flat else (likely, not likely):
        if found:
            break
        only_enclosed = is_flat or polarity != likely
        for candidate, closed in _candidates(
            small, rows, columns, is_inverted=polarity, only_enclosed=only_enclosed
        ):
            if closed is not None and closed.regularity < (_REGULAR_FLAT if is_flat else _REGULAR):
                continue
            fitted = fit_mesh(small, candidate, is_inverted=polarity)
            score = fitted.score * _plausibility(fitted.mesh, small.shape)
            if closed is not None:
                score *= _CLOSED * closed.regularity**2
            if score > 0:
                are_apart = closed is not None and _share(closed.quads, fitted.mesh) < _APART
                quads = closed.quads if closed is not None and are_apart else quads_of(fitted.mesh)
                found.append((score, Layout(quads * scale, polarity)))
    layouts: list[Layout] = []
    for _, layout in sorted(found, key=lambda one: -one[0]):
        if not any(are_alike(layout, other) for other in layouts):
            layouts.append(layout)
    return layouts


def find_layout_by_ink(
    picture: NDArray[np.uint8], rows: int, columns: int, *, may_be_even: bool = False
) -> Layout | None:
    """Finds the cells of a grid by its digits, as they lie in rows and columns.

    Args:
        picture: (h, w) or (h, w, 3), uint8.
        rows: Of the grid.
        columns: Of the grid.
        may_be_even: Also where each digit stands in its cell of an even division of the picture.

    Returns:
        None where digits are missing.
    """
    small, scale = shrink_to(picture, _SEARCH_SIDE)
    lattice = find_ink_lattice(small, rows, columns)
    if lattice is None:
        return None
    in_cells = np.floor(lattice.middles * (columns, rows) / small.shape[1::-1])
    is_even = (in_cells == np.array(list(np.ndindex(rows, columns)))[:, ::-1]).all()
    if is_even and not may_be_even:
        return None
    is_inverted = is_ink_darker(small)
    mesh = fit_mesh(small, lattice.mesh, is_inverted=is_inverted).mesh if is_even else lattice.mesh
    return Layout(quads_of(mesh) * scale, is_inverted)


def are_alike(one: Layout, other: Layout) -> bool:
    """Tells whether the middle of each cell of ``other`` is in the same cell of ``one``."""
    apart = other.quads.mean(axis=(1, 2)) - one.quads.mean(axis=(1, 2))
    return bool((np.abs(to_cells(one.quads) @ apart[..., None]) < 0.5).all())


def _candidates(
    small: NDArray[np.uint8],
    rows: int,
    columns: int,
    *,
    is_inverted: bool,
    only_enclosed: bool,
) -> Iterator[tuple[Mesh, ClosedCells | None]]:
    """Meshes that the grid may have, with the cells that lines enclose."""
    if not only_enclosed:
        yield even_mesh(small.shape, rows, columns), None
    shorter = min(small.shape[:2])
    contrast = ink_contrast(small, max(3, int(_MAX_LINE * shorter)), is_inverted=is_inverted)
    least = max(_LEAST, _OF_TYPICAL * float(np.median(contrast[::3, ::3])) + 2)
    square = np.ones((max(3, int(_GAP * shorter) | 1),) * 2, np.uint8)
    before: NDArray[np.bool_] | None = None
    found: list[Quads] = []
    for times in _THRESHOLDS:
        is_dark = contrast > int(least * times)
        if before is not None and np.array_equal(is_dark, before):
            continue  # as on a screen, where lines have one colour
        before = is_dark
        is_line = is_dark.view(np.uint8)
        is_line = np.asarray(cv2.morphologyEx(is_line, cv2.MORPH_CLOSE, square), np.uint8)
        closed = find_closed_cells(is_line, rows, columns)
        is_whole = closed is not None
        if not is_whole and times == _CROSSING and not only_enclosed:
            closed = find_closed_cells(_boxed(is_line), rows, columns)
        if closed is None or any(_are_same(closed.quads, other) for other in found):
            continue
        found.append(closed.quads)
        yield mesh_of(closed.quads, rows, columns), closed if is_whole else None


def _are_same(quads: Quads, others: Quads) -> bool:
    return bool(np.abs(quads - others).max() < _SAME * side_of(quads))


def _boxed(is_line: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Lines with the boxes around them, which close cells that dividers or broken frames leave."""
    least = _SHORTEST * min(is_line.shape)
    boxed = is_line.copy()
    _, _, stats, _ = cv2.connectedComponentsWithStats(is_line, connectivity=8)
    for x, y, width, height, area in stats[1:].tolist():
        shorter = min(width, height)
        if shorter >= least and area < _SPARSE * width * height:
            thickness = 1 + 2 * round(_BOX * shorter)
            cv2.rectangle(boxed, (x, y), (x + width - 1, y + height - 1), (1,), thickness)
    return boxed


def _plausibility(mesh: Mesh, shape: tuple[int, ...]) -> float:
    """The more the larger a mesh is in the picture, and the squarer its cells are."""
    quads = quads_of(mesh)
    across = float(np.linalg.norm(quads[:, :, 1] - quads[:, :, 0], axis=-1).mean())
    down = float(np.linalg.norm(quads[:, 1] - quads[:, 0], axis=-1).mean())
    area = across * down * len(quads) / (shape[0] * shape[1])
    aspect_ratio = max(across, down) / max(min(across, down), 1e-6)
    return float(min(1.0, area) ** 0.25 * min(1.0, _SQUARISH / aspect_ratio))


def _share(closed: Quads, mesh: Mesh) -> float:
    """Which share of the sides of a mesh's cells the closed cells have."""
    return side_of(closed) / side_of(quads_of(mesh))
