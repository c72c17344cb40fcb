"""Grounds of uneven tone: tinted cells, and a shadow over half of a sheet."""

import dataclasses

import numpy as np
from numpy.typing import NDArray

from model.config import ReaderConfig
from training.drawings.paper import Floats
from training.drawings.surroundings.borders import FRAMES, Frame, LineStyle, write_grid
from training.drawings.surroundings.inks import draw_screen
from training.drawings.surroundings.optics import (
    LIGHT,
    Exposure,
    Pose,
    expose,
    find_view,
    project,
    see,
)
from training.drawings.surroundings.sheets import draw_sheet, draw_size
from training.drawings.surroundings.surfaces import Colour, make_table, pick, to_colour
from training.drawings.surroundings.writing import Digits, Pen

_TINTS: tuple[Colour, ...] = (
    (255, 242, 204),
    (252, 213, 180),
    (255, 192, 0),
    (146, 208, 80),
    (141, 180, 226),
    (255, 160, 180),
    (255, 255, 0),
    (204, 192, 218),
)


def make_shaded(
    digits: Digits, config: ReaderConfig, random: np.random.Generator
) -> NDArray[np.uint8]:
    """Tinted cells, as in spreadsheets, on cards and on dark pages; ink is legible on each."""
    count = int(random.integers(1, max(config.num_cells, 2)))
    is_tinted = random.permutation(config.num_cells) < count
    is_dark_page = random.random() < 0.3
    if is_dark_page:
        page = to_colour(np.full(3, random.uniform(15, 50)) + random.uniform(0, 12, 3))
        tint = to_colour(np.array(page) + random.uniform(30, 90, 3))
        ink = to_colour(np.full(3, random.uniform(200, 255)))
    else:
        page, ink = (255, 255, 255), to_colour(np.full(3, random.uniform(0, 50)))
        if random.random() < 0.5:
            tint = to_colour(np.full(3, random.uniform(150, 230)))
        else:
            tint = pick(_TINTS, random)
    pens = [Pen(colour=ink)] * config.num_cells
    if not is_dark_page and random.random() < 0.25:  # white on blue, black on white
        tint = to_colour(np.array([40, 80, 160]) + random.uniform(-25, 40, 3))
        pens = [Pen(colour=(255, 255, 255) if one else ink) for one in is_tinted.tolist()]
    surface, layout, hand = draw_screen(page, config, random)
    inset = random.uniform(0, 0.05) * layout.cell_side if random.random() < 0.4 else 0
    radius = random.uniform(0, 0.12) * layout.cell_side if inset else 0
    for cell, is_it in zip(layout.cells, is_tinted.tolist(), strict=True):
        if is_it:
            surface.fill(cell.inset(inset), tint, radius=radius)
    frame: Frame = "none" if inset else pick(FRAMES, random)
    tone = to_colour(np.full(3, random.uniform(0, 210)))
    style = LineStyle(pen=Pen(colour=tone), width=max(1, 0.012 * layout.cell_side))
    write_grid(
        surface, layout, digits, config, random, frame=frame, pens=pens, style=style, hand=hand
    )
    return np.asarray(surface.image)


def make_shadowed(
    digits: Digits, config: ReaderConfig, random: np.random.Generator
) -> NDArray[np.uint8]:
    """A photographed sheet of which about half gets 25 to 40 % of the light."""
    width, height = draw_size(random)
    sheet, layout = draw_sheet(width, height, config, random)
    frame = pick(FRAMES, random)
    write_grid(sheet, layout, digits, config, random, frame=frame)
    sheet.roughen(random.uniform(0.002, 0.01), random)
    view = find_view(layout.outer, width, height, Pose(share=(0.55, 0.9)), random)
    seen = see(sheet, view, make_table(width, height, random))
    seen.dim(_shadow(width, height, project(view, np.array(layout.outer.corners())), random))
    light = dataclasses.replace(LIGHT, light_gradient=(0, 0.15), shadow_share=0)
    return expose(seen, random, Exposure(light=light, brightness=(0.85, 1)))


def _shadow(
    width: int, height: int, corners: NDArray[np.float64], random: np.random.Generator
) -> Floats:
    """Returns light (h, w): the edge, hard or soft, goes through the grid at ``corners``."""
    scale = 512 / max(width, height)
    x = np.arange(round(width * scale), dtype=np.float32) / scale
    y = np.arange(round(height * scale), dtype=np.float32)[:, None] / scale
    angle = random.uniform(0, 2 * np.pi)
    toward = np.array([np.cos(angle), np.sin(angle)])
    reach = corners @ toward
    edge = reach.min() + np.ptp(reach) * random.uniform(0.35, 0.65)
    bend = random.uniform(0, 0.06) * min(width, height)
    along = np.float32(-toward[1]) * x + np.float32(toward[0]) * y
    curve = bend * np.sin(along / (0.3 * min(width, height)) + random.uniform(0, 6))
    distance = np.float32(toward[0]) * x + np.float32(toward[1]) * y - np.float32(edge) + curve
    softness = 10 ** random.uniform(-2.3, -0.8) * min(width, height)
    inside = np.clip(distance / softness + 0.5, 0, 1)
    inside *= inside * (3 - 2 * inside)
    light: Floats = (1 - (1 - random.uniform(0.25, 0.4)) * inside).astype(np.float32)
    return light
