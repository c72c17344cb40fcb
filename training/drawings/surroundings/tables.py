"""Printed forms: tables with borders, and separate boxes."""

import numpy as np
from numpy.typing import NDArray

from model.config import ReaderConfig
from training.drawings.surroundings.borders import Layout, draw_boxes, lay_out
from training.drawings.surroundings.optics import Exposure, Pose
from training.drawings.surroundings.sheets import photograph
from training.drawings.surroundings.surfaces import (
    Box,
    Colour,
    Surface,
    paper_colour,
    pick,
    to_colour,
)
from training.drawings.surroundings.writing import Digits, draw_hand, draw_pen, write_digits

_BORDERS: tuple[Colour, ...] = (
    (0, 0, 0),
    (30, 30, 30),
    (90, 90, 90),
    (140, 140, 140),
    (40, 70, 140),
)


def make_tabulated(
    digits: Digits, config: ReaderConfig, random: np.random.Generator
) -> NDArray[np.uint8]:
    """A table with all its borders, outer and inner, 0.5 to 5 % of its side thick."""
    side = random.uniform(220, 620)
    thick = max(random.uniform(0.005, 0.05) * side, 1)
    aspect = random.uniform(0.85, 1.2)
    cell = side / max(config.rows, config.columns)
    surface, layout = _form(
        cell, cell * aspect, 0, random.uniform(0.02, 0.25) * side, config, random
    )
    colour = pick(_BORDERS, random)
    outer = thick * (random.uniform(1.3, 2) if random.random() < 0.25 else 1)
    _rule_table(surface, layout, colour, thick, min(outer, 0.05 * side), config)
    inside = [cell.inset(thick) for cell in layout.cells]
    write_digits(surface, digits, inside, [draw_pen(random)], draw_hand(random), random)
    return _show(surface, layout.outer, random)


def _rule_table(
    surface: Surface,
    layout: Layout,
    colour: Colour,
    thick: float,
    outer: float,
    config: ReaderConfig,
) -> None:
    box = layout.outer
    for row in range(1, config.rows):
        y = box.top + box.height * row / config.rows
        surface.fill(Box(box.left, y - thick / 2, box.right, y + thick / 2), colour)
    for column in range(1, config.columns):
        x = box.left + box.width * column / config.columns
        surface.fill(Box(x - thick / 2, box.top, x + thick / 2, box.bottom), colour)
    surface.outline(box.inset(-outer / 2), colour, outer)


def make_boxes(
    digits: Digits, config: ReaderConfig, random: np.random.Generator
) -> NDArray[np.uint8]:
    """A box for each digit, gaps of 0 to 15 % of a box between them, corners square or round."""
    cell = random.uniform(100, 320)
    gap = random.uniform(0, 0.15) * cell
    aspect = random.uniform(0.85, 1.2)
    margin = random.uniform(0.05, 0.4) * cell
    surface, layout = _form(cell, cell * aspect, gap, margin, config, random)
    thick = max(random.uniform(0.006, 0.05) * cell, 1)
    radius = random.uniform(0.03, 0.2) * cell if random.random() < 0.4 else 0
    colour = pick(_BORDERS, random)
    ground = (255, 255, 255) if random.random() < 0.3 else None
    draw_boxes(surface, layout.cells, colour, thick, radius=radius, ground=ground)
    inside = [box.inset(1.2 * thick) for box in layout.cells]
    write_digits(surface, digits, inside, [draw_pen(random)], draw_hand(random), random)
    return _show(surface, layout.outer, random)


def _form(
    width: float,
    height: float,
    gap: float,
    margin: float,
    config: ReaderConfig,
    random: np.random.Generator,
) -> tuple[Surface, Layout]:
    """Returns a page that a grid nearly fills, and the grid's layout."""
    around = margin + random.uniform(0, 0.3, 2) * margin
    layout = lay_out(float(around[0]), float(around[1]), width, height, config, gap=gap)
    page = paper_colour(random) if random.random() < 0.7 else to_colour(np.full(3, 235))
    right = round(layout.outer.right + margin)
    return Surface(right, round(layout.outer.bottom + margin), page), layout


def _show(surface: Surface, target: Box, random: np.random.Generator) -> NDArray[np.uint8]:
    """Returns a form as a program shows it, or photographed from near by."""
    if random.random() < 0.5:
        return np.asarray(surface.image)
    # The paper goes on around what is in the picture.
    room = max(surface.width, surface.height)
    corner = surface.image.getpixel((0, 0))
    assert isinstance(corner, tuple)
    sheet = Surface(
        surface.width + 2 * room, surface.height + 2 * room, (corner[0], corner[1], corner[2])
    )
    sheet.image.paste(surface.image, (room, room))
    moved = Box(target.left + room, target.top + room, target.right + room, target.bottom + room)
    scale = 1 / random.uniform(0.7, 0.92)
    width, height = (round(scale * max(moved.width, moved.height)),) * 2
    if random.random() < 0.5:
        width = round(width * 4 / 3)
    return photograph(
        sheet, moved, width, height, random, Pose(share=(0.7, 0.92), tilt=(0, 6)), Exposure()
    )
