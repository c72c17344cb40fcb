"""Grids on a surface: where their cells are, and the lines around and between them."""

import dataclasses
from collections.abc import Sequence
from typing import Literal

import numpy as np

from model.config import ReaderConfig
from training.drawings.surroundings.surfaces import Box, Colour, Surface, pick
from training.drawings.surroundings.writing import (
    Digits,
    Hand,
    Pen,
    by_hand,
    draw_hand,
    draw_pen,
    write_digits,
)

Frame = Literal["frame", "divider", "none"]
"""Which lines a grid has: all, those between its cells, or none."""

FRAMES: Sequence[Frame] = ("frame", "divider", "none")


@dataclasses.dataclass(frozen=True, slots=True)
class Layout:
    """Where a grid stands on a surface.

    Attributes:
        outer: All of it.
        cells: Each cell, in reading order.
    """

    outer: Box
    cells: list[Box]

    @property
    def cell_side(self) -> float:
        """The shorter side of a cell, pixels."""
        return min(self.cells[0].width, self.cells[0].height)


def lay_out(
    left: float,
    top: float,
    cell_width: float,
    cell_height: float,
    config: ReaderConfig,
    *,
    gap: float = 0.0,
) -> Layout:
    """Lays a grid out.

    Args:
        left: Of the grid.
        top: Of the grid.
        cell_width: Of each cell, pixels.
        cell_height: Of each cell, pixels.
        config: Rows and columns.
        gap: Between cells, pixels.
    """
    cells = []
    for row in range(config.rows):
        for column in range(config.columns):
            x, y = left + column * (cell_width + gap), top + row * (cell_height + gap)
            cells.append(Box(x, y, x + cell_width, y + cell_height))
    return Layout(Box(left, top, cells[-1].right, cells[-1].bottom), cells)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class LineStyle:
    """Lines of a grid.

    Attributes:
        pen: Printed, or the pen that they are drawn with.
        width: Pixels.
        wobble: Of a hand, pixels; 0 where printed.
    """

    pen: Pen
    width: float
    wobble: float = 0.0


def draw_line_style(
    layout: Layout, random: np.random.Generator, *, pen: Pen | None = None
) -> LineStyle:
    """Draws how lines look: printed, or by hand with the pen of the digits or another.

    Args:
        layout: Of the grid.
        random: Draws the style.
        pen: Of the digits, which is used for half of the lines drawn by hand.
    """
    side = layout.cell_side
    if random.random() < 0.5:
        tones: list[Colour] = [
            (0, 0, 0),
            (40, 40, 40),
            (90, 90, 90),
            (130, 130, 135),
            (40, 60, 120),
        ]
        printed = Pen(colour=pick(tones, random))
        return LineStyle(pen=printed, width=max(random.uniform(0.005, 0.03) * side, 1))
    if pen is None or random.random() < 0.4:
        pen = draw_pen(random)
    return LineStyle(
        pen=pen,
        width=max(random.uniform(0.012, 0.045) * side, 1),
        wobble=random.uniform(0.004, 0.018) * side,
    )


def draw_lines(
    surface: Surface,
    layout: Layout,
    style: LineStyle,
    config: ReaderConfig,
    random: np.random.Generator,
    *,
    has_frame: bool = True,
    has_divider: bool = True,
) -> None:
    """Draws a frame around a grid and the lines between its cells."""
    outer = layout.outer
    ends: list[tuple[tuple[float, float], tuple[float, float]]] = []
    if has_divider:
        for row in range(1, config.rows):
            y = outer.top + outer.height * row / config.rows
            ends.append(((outer.left, y), (outer.right, y)))
        for column in range(1, config.columns):
            x = outer.left + outer.width * column / config.columns
            ends.append(((x, outer.top), (x, outer.bottom)))
    if has_frame:
        corners = outer.corners()
        ends += list(zip(corners, [*corners[1:], corners[0]], strict=True))
    if not has_frame and has_divider and random.random() < 0.4:  # a cross shorter than the grid
        share = random.uniform(0.02, 0.12)
        ends = [_shorten(start, end, share) for start, end in ends]
    for start, end in ends:
        points = by_hand(start, end, style.wobble, random) if style.wobble else [start, end]
        surface.line(points, style.pen.colour, style.width, opacity=style.pen.opacity)
    if has_frame and not style.wobble:  # square corners
        frame = outer.inset(-style.width / 2)
        surface.outline(frame, style.pen.colour, style.width)


def _shorten(
    start: tuple[float, float], end: tuple[float, float], share: float
) -> tuple[tuple[float, float], tuple[float, float]]:
    first, last = np.array(start), np.array(end)
    step = (last - first) * share
    (x0, y0), (x1, y1) = (first + step).tolist(), (last - step).tolist()
    return (x0, y0), (x1, y1)


def draw_boxes(
    surface: Surface,
    cells: Sequence[Box],
    colour: Colour,
    width: float,
    *,
    radius: float = 0.0,
    ground: Colour | None = None,
) -> None:
    """Draws a box for each cell, its border inside of it, filled where a ground is given."""
    for cell in cells:
        if ground is not None:
            surface.fill(cell, ground, radius=radius)
        surface.outline(cell, colour, width, radius=radius)


def write_grid(
    surface: Surface,
    layout: Layout,
    digits: Digits,
    config: ReaderConfig,
    random: np.random.Generator,
    *,
    frame: Frame,
    pens: Sequence[Pen] | None = None,
    style: LineStyle | None = None,
    hand: Hand | None = None,
) -> None:
    """Draws the lines of a grid and writes its digits.

    Args:
        surface: What is written on.
        layout: Where the cells are.
        digits: For each cell.
        config: Rows and columns.
        random: Draws what is not given.
        frame: Which lines there are.
        pens: Of the digits, as ``write_digits`` takes them; an ordinary one where None.
        style: Of the lines.
        hand: How digits are written.
    """
    pens = pens or [draw_pen(random)]
    if frame != "none":
        style = style or draw_line_style(layout, random, pen=pens[0])
        draw_lines(surface, layout, style, config, random, has_frame=frame == "frame")
    hand = hand or draw_hand(random)
    write_digits(surface, digits, layout.cells, pens, hand, random)
