"""Strokes: warped, and drawn as grids with a round pen, as the page draws them.

A drawing is coverage by ink, bright on dark; ``scenes`` adds colours, paper and a camera.
"""

import dataclasses

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from model.errors import ConfigError

Strokes = tuple[NDArray[np.float32], ...]
"""Points (P, 2) of each stroke: x to the right, y down, one scale for both."""


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Glyph:
    """A printed character: its outlines, filled; a contour inside another one is a hole."""

    contours: Strokes


Ink = Strokes | Glyph
"""What is drawn in a cell."""

# Drawn at this multiple of the resolution and averaged, for smooth edges.
_OVERSAMPLING = 2


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class DrawingOptions:
    """How a grid is drawn. Values are drawn uniformly between limits."""

    pen: tuple[float, float] = (0.03, 0.08)
    """Width of the pen, shares of a cell; the same in all cells of a grid."""
    size: tuple[float, float] = (0.25, 0.85)
    """Longer side of a digit, shares of its cell."""
    edge: float = 0.0
    """Position of a digit: 0 anywhere in its cell, 1 always in a corner."""

    def __post_init__(self) -> None:
        for name in ("pen", "size"):
            low, high = getattr(self, name)
            if not 0 < low <= high <= 1:
                raise ConfigError(f"{name}: expected 0 < low <= high <= 1, got {low}, {high}")
        if not 0 <= self.edge <= 1:
            raise ConfigError(f"edge: expected a share, got {self.edge}")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Warp:
    """Limits of the random warp of strokes: each drawing of a digit is different."""

    rotation: float = 8.0
    """Degrees, at most."""
    shear: float = 0.2
    """Sideways for each unit of height, at most."""
    stretch: float = 0.2
    """Natural logarithm of width over height, at most."""
    bend: float = 0.05
    """Standard deviation of slow waves along and across, shares of the digit's size."""
    tremor: float = 0.008
    """Standard deviation of a hand's tremor, shares of the digit's size."""
    polygons: float = 0.25
    """Share of the digits of which points are dropped, as a slow mouse gives few of them."""


def warp(ink: Ink, amounts: Warp, random: np.random.Generator) -> Ink:
    """Rotates, shears, stretches, bends and shakes strokes, all of a digit together.

    Outlines are neither shaken nor do they lose points.
    """
    if isinstance(ink, Glyph):
        still = dataclasses.replace(amounts, tremor=0, polygons=0)
        return Glyph(_warp(ink.contours, still, random))
    return _warp(ink, amounts, random)


def _warp(strokes: Strokes, amounts: Warp, random: np.random.Generator) -> Strokes:
    points = np.concatenate(strokes)
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    size = float(max(np.ptp(points, axis=0).max(), 1e-6))
    angle = np.deg2rad(random.uniform(-1, 1) * amounts.rotation)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    stretch = np.exp(random.uniform(-0.5, 0.5) * amounts.stretch)
    shape = np.array([[stretch, random.uniform(-1, 1) * amounts.shear], [0, 1 / stretch]])
    placed = (points - middle) / size
    waves = random.normal(size=(2, 2, 2)) * amounts.bend / 2
    phases = random.uniform(0, 2 * np.pi, (2, 2, 2))
    for wave, axis in np.ndindex(2, 2):
        other = placed[:, 1 - axis] if wave == 0 else placed[:, axis]
        for part in range(2):
            placed[:, axis] += waves[wave, axis, part] * np.sin(
                2 * np.pi * (0.7 + 0.6 * part) * other + phases[wave, axis, part]
            )
    placed = placed @ (turn @ shape).T
    if amounts.tremor and len(placed) > 4:
        shaking = random.normal(size=placed.shape)
        shaking[1:-1] = (shaking[:-2] + shaking[1:-1] + shaking[2:]) / np.sqrt(3)
        placed += shaking * amounts.tremor * random.uniform(0, 1.5)
    drops_points = random.random() < amounts.polygons
    apart = random.uniform(0.03, 0.12)
    parts = np.split(placed, np.cumsum([len(stroke) for stroke in strokes])[:-1])
    return tuple(
        (_drop_close_points(part, apart) if drops_points else part).astype(np.float32)
        for part in parts
    )


def draw_grid(
    digits: list[Ink | None],
    *,
    rows: int,
    columns: int,
    cell_px: int,
    hand: DrawingOptions,
    random: np.random.Generator,
) -> NDArray[np.uint8]:
    """Draws a grid.

    Args:
        digits: Ink for each cell in reading order; None leaves a cell blank.
        rows: Of the grid.
        columns: Of the grid.
        cell_px: Side of a cell, pixels.
        hand: Pen, sizes and places.
        random: Draws them.

    Returns:
        (rows * cell_px, columns * cell_px), uint8: how far each pixel is covered with ink.
    """
    if len(digits) != rows * columns:
        raise ConfigError(f"expected {rows * columns} digits, got {len(digits)}")
    cell = cell_px * _OVERSAMPLING
    picture = Image.new("L", (columns * cell, rows * cell))
    draw = ImageDraw.Draw(picture)
    pen = random.uniform(*hand.pen) * cell
    for number, ink in enumerate(digits):
        if ink is None:
            continue
        row, column = divmod(number, columns)
        corner = np.array((column * cell, row * cell), np.float32)
        if isinstance(ink, Glyph):
            placed = _place(ink.contours, cell, 0, hand, random)
            _fill(picture, [contour + corner for contour in placed])
        else:
            placed = _place(ink, cell, pen, hand, random)
            _draw(draw, [stroke + corner for stroke in placed], pen)
    return np.asarray(picture.reduce(_OVERSAMPLING))


def _place(
    strokes: Strokes, cell: float, pen: float, hand: DrawingOptions, random: np.random.Generator
) -> list[NDArray[np.float32]]:
    """Brings strokes to a size and a place in a cell whose corner is the origin."""
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    longer = float(max((high - low).max(), 1e-6))
    size = max(random.uniform(*hand.size) * cell - pen, 0.1 * cell)
    scale = size / longer
    free = np.maximum(cell - pen - (high - low) * scale, 0)
    share = random.uniform(0, 1, 2)
    if hand.edge:
        share = (1 - hand.edge) * share + hand.edge * (share > 0.5)
    corner = pen / 2 + free * share
    return [((stroke - low) * scale + corner).astype(np.float32) for stroke in strokes]


def _draw(draw: ImageDraw.ImageDraw, strokes: list[NDArray[np.float32]], pen: float) -> None:
    width, radius = max(1, round(pen)), pen / 2
    for stroke in strokes:
        if len(stroke) > 1:
            draw.line(stroke.ravel().tolist(), fill=255, width=width)
        # Round ends and joints; points closer than 0.6 of the radius need no circle each.
        last = None
        for x, y in stroke.tolist():
            if last is None or abs(x - last[0]) + abs(y - last[1]) > radius * 0.6:
                draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
                last = (x, y)
        x, y = stroke[-1].tolist()
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)


def _fill(picture: Image.Image, contours: list[NDArray[np.float32]]) -> None:
    mask = np.zeros((picture.height, picture.width), np.uint8)
    fixed_point = [np.rint(contour * 16).astype(np.int32) for contour in contours]
    cv2.fillPoly(mask, fixed_point, 255, shift=4)
    picture.paste(255, mask=Image.fromarray(mask))


def _drop_close_points(points: NDArray[np.float64], apart: float) -> NDArray[np.float64]:
    """Drops points that are closer than ``apart`` along the stroke; ends are kept."""
    if len(points) < 3:
        return points
    along = np.concatenate(([0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))))
    bins = np.floor(along / apart)
    is_kept = np.concatenate(([True], bins[1:] != bins[:-1]))
    is_kept[-1] = True
    return points[is_kept]
