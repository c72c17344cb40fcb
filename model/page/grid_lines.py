"""Fits a mesh to the lines of a grid, and says how much of them is there."""

import functools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.page.contrast import ink_contrast, is_ink_darker
from model.page.mesh import Mesh, Quads, quads_of, rectify

# Lines are fitted at this many pixels a cell, with so much around the grid, shares of a cell.
_CELL, _MARGIN = 40, 0.35
# Strokes and lines are narrower than this share of a cell.
MAX_STROKE = 0.36
# A line lies within this share of a cell of where the mesh has it, at the first fit and the next.
_REACHES = (0.3, 0.15)
# Slopes that a line may have against the mesh.
_SLOPES = np.linspace(-0.3, 0.3, 13)
# Contrast beyond this makes a line no clearer, grey levels.
_CLEAR = 60.0
# A piece of line is half a cell long; its contrast is what this share of its pixels exceed.
_COVERED = 0.6
# A line moves the mesh from this contrast up: grey levels, and shares of the clearest line inside
# and, where it is an outer edge, of the weakest inside.
_LEAST, _OF_CLEAREST, _OF_WEAKEST = 4.0, 0.35, 0.6
# A grid has lines where the weakest between two cells has this contrast, grey levels.
_LEAST_INNER = 6.0
# Paper is ruled where lines through the cells have this share of the contrast of those between.
_RULED = 0.8
# Edges of cells are moved at this many pixels a cell, and at most so far, shares of it, to lines of
# this share of the typical one's contrast.
_EDGE_CELL, _EDGE_REACH, _OF_TYPICAL_EDGE = 80, 0.12, 0.5
# A cell has ink where something in it has this share of the contrast of the lines.
_INK_OF_LINE = 0.5


class FittedMesh(NamedTuple):
    """A mesh whose edges lie on lines, where there are any."""

    mesh: Mesh
    score: float
    """The more the better do the edges of the mesh lie on lines, and the more cells have ink; 0
    where there are none, or they are no lines between cells."""


class _Line(NamedTuple):
    contrast: float
    start: float  # from the edge of the mesh at its first corner, rectified pixels
    end: float


def fit_mesh(picture: NDArray[np.uint8], mesh: Mesh, *, is_inverted: bool) -> FittedMesh:
    """Moves the edges of a mesh to lines near them.

    Args:
        picture: (h, w) or (h, w, 3), uint8.
        mesh: Of R by C cells; its edges are about straight.
        is_inverted: Lines are darker than the ground.
    """
    rows, columns = mesh.shape[0] - 1, mesh.shape[1] - 1
    margin = round(_MARGIN * _CELL)
    inner = outer = [0.0]
    for reach in _REACHES:
        whole = quads_of(mesh[:: max(rows, 1), :: max(columns, 1)])
        shape = rows * _CELL, columns * _CELL
        (rectified,) = rectify(picture, whole, shape, margin)
        contrast = ink_contrast(rectified, round(MAX_STROKE * _CELL), is_inverted=is_inverted)
        contrast = np.maximum(contrast, np.uint8(np.median(contrast)))
        contrast -= contrast.min()
        down, across = (
            _find_lines(levels, count, margin, round(reach * _CELL))
            for levels, count in ((contrast, rows), (np.ascontiguousarray(contrast.T), columns))
        )
        inner = [line.contrast for line in (*down[1:-1], *across[1:-1])] or [0.0]
        outer = [line.contrast for line in (down[0], down[-1], across[0], across[-1])]
        corners = _cross(_accepted(down, inner), _accepted(across, inner), shape)
        mesh = _to_picture(corners, whole[0], shape)
    if min(inner) < _LEAST_INNER or is_ink_darker(rectified) != is_inverted:
        return FittedMesh(mesh, 0.0)  # no lines, or what lies between lines
    score = min(inner) + 0.5 * float(np.mean(inner)) + 0.25 * float(np.mean(outer))
    cells = contrast[margin:-margin, margin:-margin].reshape(rows, _CELL, columns, _CELL)
    inside = cells[:, _CELL // 5 : -_CELL // 5, :, _CELL // 5 : -_CELL // 5].max(axis=(1, 3))
    has_ink = inside > _INK_OF_LINE * np.mean(inner)
    score *= 1 + float(np.mean(has_ink))
    ruled = [
        line.contrast
        for levels, count in ((contrast, rows), (np.ascontiguousarray(contrast.T), columns))
        for line in _find_lines(levels, count - 1, margin, _CELL // 5, first=_CELL // 2, missing=0)
    ]
    if max(ruled, default=0.0) > _RULED * min(inner):
        score = 0.0  # lines of the paper, which run through the cells too
    return FittedMesh(mesh, score)


def _find_lines(
    contrast: NDArray[np.uint8],
    count: int,
    margin: int,
    reach: int,
    *,
    first: int = 0,
    missing: int = 1,
) -> list[_Line]:
    """The clearest line from left to right near each edge of ``count`` rows from ``first`` on.

    So many pieces of it may be missing.
    """
    length = contrast.shape[1] - 2 * margin
    pieces = max(2, 2 * length // _CELL)
    columns, shear = _shear(length, pieces)
    place = int((1 - _COVERED) * columns.shape[1])
    lines = []
    for edge in range(count + 1):
        at = margin + first + edge * _CELL
        rows = np.arange(max(0, at - reach), min(len(contrast), at + reach))
        # (slopes, rows, pieces, pixels of a piece)
        places = (rows[:, None, None] + shear[:, None]).clip(0, len(contrast) - 1)
        found = contrast[places, columns + margin]
        covered = np.partition(found, place, axis=3)[..., place].astype(np.float32)
        covered = np.sort(np.minimum(covered, _CLEAR), axis=2)
        clear = (covered.mean(axis=2) + covered[..., missing]) / 2
        slope, row = np.unravel_index(int(clear.argmax()), clear.shape)
        middle = rows[row] + 0.5 - at
        rise = float(_SLOPES[slope]) * length / 2
        lines.append(_Line(float(clear[slope, row]), middle - rise, middle + rise))
    return lines


@functools.lru_cache(maxsize=64)
def _shear(length: int, pieces: int) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    """Columns by piece, (pieces, n), and the rise of each slope there, (slopes, pieces, n)."""
    columns = np.arange(length // pieces * pieces).reshape(pieces, -1)
    rise = np.rint(_SLOPES[:, None, None] * (columns + 0.5 - length / 2)).astype(int)
    return columns, rise


def _accepted(lines: list[_Line], inner: list[float]) -> list[_Line]:
    """Lines that are none leave the mesh as it is."""
    least = max(_LEAST, _OF_CLEAREST * max(inner))
    least_outer = max(least, _OF_WEAKEST * min(inner))
    return [
        line
        if line.contrast >= (least if 0 < number < len(lines) - 1 else least_outer)
        else line._replace(start=0.0, end=0.0)
        for number, line in enumerate(lines)
    ]


def _cross(down: list[_Line], across: list[_Line], shape: tuple[int, int]) -> Mesh:
    """Where lines cross, rectified pixels."""
    height, width = shape
    corners = np.zeros((len(down), len(across), 2))
    for row, column in np.ndindex(len(down), len(across)):
        one, other = down[row], across[column]
        rise, lean = (one.end - one.start) / width, (other.end - other.start) / height
        left, top = column * _CELL + other.start, row * _CELL + one.start
        # y = top + rise * x and x = left + lean * y
        y = (top + rise * left) / (1 - rise * lean)
        corners[row, column] = left + lean * y, y
    return corners


def _to_picture(corners: Mesh, quad: NDArray[np.float64], shape: tuple[int, int]) -> Mesh:
    """Places of a rectified quadrilateral in the picture."""
    across, down = corners[..., :1] / shape[1], corners[..., 1:] / shape[0]
    top = (1 - across) * quad[0, 0] + across * quad[0, 1]
    bottom = (1 - across) * quad[1, 0] + across * quad[1, 1]
    return np.asarray((1 - down) * top + down * bottom)


def move_edges(
    picture: NDArray[np.uint8], quads: Quads, rows: int, columns: int, *, is_inverted: bool
) -> Quads:
    """Moves each edge of each cell to the line next to it, if there is one, as lines may bend.

    An outer line runs along all the cells there: along one alone it may be a stroke.

    Args:
        picture: (h, w) or (h, w, 3), uint8.
        quads: The R by C cells, in reading order.
        rows: R.
        columns: C.
        is_inverted: Lines are darker than the ground.
    """
    margin, reach = round(2 * _EDGE_REACH * _EDGE_CELL), round(_EDGE_REACH * _EDGE_CELL)
    tiles = rectify(picture, quads, (_EDGE_CELL, _EDGE_CELL), margin)
    stacked = tiles.reshape(-1, *tiles.shape[2:])
    contrast = ink_contrast(stacked, round(MAX_STROKE * _EDGE_CELL), is_inverted=is_inverted)
    contrast = contrast.reshape(tiles.shape[:3])
    offsets, clear = np.zeros((2, len(tiles), 2)), np.zeros((2, len(tiles), 2))
    for axis, levels in enumerate((contrast, contrast.transpose(0, 2, 1))):
        for end, at in enumerate((margin, margin + _EDGE_CELL)):
            band = levels[:, at - reach : at + reach, margin:-margin].astype(np.float32)
            profile = np.quantile(band, 1 - _COVERED, axis=2)  # (N, 2 reach)
            profile[:, 1:-1] = (profile[:, :-2] + 2 * profile[:, 1:-1] + profile[:, 2:]) / 4
            offsets[axis, :, end] = profile.argmax(axis=1) + 0.5 - reach
            clear[axis, :, end] = profile.max(axis=1)
    is_line = clear >= max(_LEAST, _OF_TYPICAL_EDGE * float(np.median(clear)))
    upright, level = is_line[1].reshape(rows, columns, 2), is_line[0].reshape(rows, columns, 2)
    for end, last in ((0, 0), (1, -1)):
        upright[:, last, end] &= upright[:, last, end].all()
        level[last, :, end] &= level[last, :, end].all()
    offsets[~is_line] = 0
    down, across = offsets / _EDGE_CELL  # (N, 2): of the first and the last edge
    right = (quads[:, :, 1] - quads[:, :, 0])[:, :, np.newaxis]  # (N, 2, 1, 2)
    below = (quads[:, 1] - quads[:, 0])[:, np.newaxis]  # (N, 1, 2, 2)
    return np.asarray(quads + across[:, None, :, None] * right + down[:, :, None, None] * below)
