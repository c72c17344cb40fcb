"""Sheets of paper: scanned, photographed, lying on a table, sticking to it."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from model.config import ReaderConfig
from training.drawings.surroundings.borders import Frame, Layout, lay_out, write_grid
from training.drawings.surroundings.optics import (
    Exposure,
    Matrix,
    Pose,
    add_noise,
    expose,
    find_view,
    project,
    see,
    store_as_jpeg,
    turn,
)
from training.drawings.surroundings.surfaces import (
    Box,
    Colour,
    Surface,
    make_table,
    paper_colour,
    pick,
    rule_paper,
    to_colour,
)
from training.drawings.surroundings.writing import Digits

Picture = NDArray[np.uint8]
Ruling = Literal["plain", "ruled", "squared"]

# Width and height of an A4 page in inches.
_A4 = (8.27, 11.69)
# Width and height of photographs, as telephones and chats leave them.
_SIZES = ((1024, 768), (1280, 960), (1600, 1200), (2048, 1536))
_TWELVE_MEGAPIXELS = (4032, 3024)


def make_scan(
    digits: Digits, config: ReaderConfig, random: np.random.Generator, *, frame: Frame
) -> Picture:
    """A page scanned at 150 to 300 dots an inch; the grid is in a quarter of it, anywhere."""
    dots = random.uniform(150, 300)
    width, height = (round(inches * dots) for inches in _A4)
    page = Surface(width, height, paper_colour(random))
    side = random.uniform(0.28, 0.46) * width
    margin = 0.06 * width
    aspect = random.uniform(0.85, 1.15)
    cell = side / max(config.rows, config.columns)
    left = random.uniform(margin, width - margin - config.columns * cell)
    top = random.uniform(margin, height - margin - config.rows * cell * aspect)
    layout = lay_out(left, top, cell, cell * aspect, config)
    write_grid(page, layout, digits, config, random, frame=frame)
    turn(page, random.uniform(-2, 2))
    if random.random() < 0.25:  # the lid lets light in beside the page
        _shade_an_edge(page, random)
    if random.random() < 0.5:
        page.roughen(random.uniform(0.002, 0.008), random)
    is_grey = random.random() < 0.4
    pixels = np.asarray(page.image.convert("L") if is_grey else page.image)
    pixels = add_noise(pixels, random.uniform(0.3, 2.5), random)
    if random.random() < 0.6:
        pixels = store_as_jpeg(pixels, int(random.integers(60, 95)))
    return pixels


def _shade_an_edge(page: Surface, random: np.random.Generator) -> None:
    reach = np.linspace(0, 1, 400, dtype=np.float32)
    edge = 1 - random.uniform(0.1, 0.6) * np.exp(-reach / random.uniform(0.004, 0.02))
    light = np.broadcast_to(edge[:, None], (400, 400)).astype(np.float32)
    page.dim(np.ascontiguousarray(np.rot90(light, int(random.integers(4)))))


def make_photograph(
    digits: Digits,
    config: ReaderConfig,
    random: np.random.Generator,
    *,
    frame: Frame,
    ruling: Ruling = "plain",
) -> Picture:
    """A photograph of a sheet that fills it, 4:3 or 3:4; the grid is 50 to 85 % of its height."""
    width, height = draw_size(random)
    sheet, layout = draw_sheet(width, height, config, random)
    if ruling != "plain":
        layout = _rule(sheet, layout, ruling, config, random)
    write_grid(sheet, layout, digits, config, random, frame=frame)
    return photograph(sheet, layout.outer, width, height, random, Pose(share=(0.5, 0.85)))


def photograph(
    sheet: Surface,
    target: Box,
    width: int,
    height: int,
    random: np.random.Generator,
    pose: Pose,
    exposure: Exposure | None = None,
) -> Picture:
    """Photographs part of a sheet of paper that lies on a table."""
    sheet.roughen(random.uniform(0.002, 0.012), random)
    view = find_view(target.inset(-0.02 * target.width), width, height, pose, random)
    return expose(see(sheet, view, _around(sheet, view, width, height, random)), random, exposure)


def _around(
    sheet: Surface, view: Matrix, width: int, height: int, random: np.random.Generator
) -> Surface:
    """Returns the table around a sheet; it takes no time where the sheet fills the picture."""
    corners = np.array(Box(0, 0, width, height).corners(), float)
    seen = project(np.linalg.inv(view).astype(np.float64), corners)
    if (seen > 1).all() and (seen < (sheet.width - 1, sheet.height - 1)).all():
        return Surface(width, height, (0, 0, 0))
    return make_table(width, height, random)


def draw_size(random: np.random.Generator) -> tuple[int, int]:
    """Returns width and height of a photograph, 4:3 or 3:4."""
    width, height = pick(_SIZES, random)
    return (height, width) if random.random() < 0.5 else (width, height)


def draw_sheet(
    width: int, height: int, config: ReaderConfig, random: np.random.Generator
) -> tuple[Surface, Layout]:
    """Returns paper larger than a picture, and the place of a grid in its middle."""
    side = 0.68 * min(width, height)
    sheet = Surface(round(1.6 * width), round(1.6 * height), paper_colour(random))
    cell = side / max(config.rows, config.columns)
    tall = cell * random.uniform(0.88, 1.12)
    left = (sheet.width - config.columns * cell) / 2
    top = (sheet.height - config.rows * tall) / 2
    return sheet, lay_out(left, top, cell, tall, config)


def _rule(
    sheet: Surface,
    layout: Layout,
    ruling: Ruling,
    config: ReaderConfig,
    random: np.random.Generator,
) -> Layout:
    """Rules a sheet; half of the time a grid on squared paper follows its lines."""
    squares = int(random.integers(3, 8))
    side = layout.cell_side
    spacing = side / squares
    outer = layout.outer
    through = (outer.left, outer.top)
    if ruling == "squared" and random.random() < 0.5:
        layout = lay_out(outer.left, outer.top, side, side, config)
    else:
        spacing *= random.uniform(0.9, 1.1)
        through = (outer.left + random.random() * spacing, outer.top + random.random() * spacing)
    rule_paper(sheet, spacing, random, is_squared=ruling == "squared", through=through)
    return layout


def make_perspective(digits: Digits, config: ReaderConfig, random: np.random.Generator) -> Picture:
    """A sheet on a table by a camera of 12 megapixels, held up to 25 degrees askew."""
    width, height = _TWELVE_MEGAPIXELS
    if random.random() < 0.5:
        width, height = height, width
    short = min(width, height)
    across, down = _A4 if random.random() < 0.7 else (random.uniform(4, 8), random.uniform(4, 8))
    share = random.uniform(0.7, 0.95) * short / max(across, down)
    sheet = Surface(round(across * share), round(down * share), paper_colour(random))
    side = random.uniform(0.45, 0.85) * min(sheet.width, sheet.height)
    cell = side / max(config.rows, config.columns)
    free = np.array([sheet.width - config.columns * cell, sheet.height - config.rows * cell])
    left, top = free * random.uniform(0.1, 0.9, 2)
    layout = lay_out(float(left), float(top), cell, cell, config)
    frame: Frame = "frame" if random.random() < 0.65 else "none"
    write_grid(sheet, layout, digits, config, random, frame=frame)
    whole = Box(0, 0, sheet.width, sheet.height)
    pose = Pose(share=(0.75, 1.1), tilt=(10, 25), turn=12, centring=0.5)
    sheet.roughen(random.uniform(0.002, 0.012), random)
    view = find_view(whole, width, height, pose, random)
    return expose(see(sheet, view, make_table(width, height, random)), random)


def make_note(digits: Digits, config: ReaderConfig, random: np.random.Generator) -> Picture:
    """A framed grid on a sticky note, yellow, pink, green, orange or blue, on a table."""
    width, height = draw_size(random)
    side = round(0.85 * min(width, height))
    papers: list[Colour] = [
        (250, 232, 110),
        (253, 240, 150),
        (250, 170, 190),
        (190, 230, 140),
        (250, 180, 100),
        (160, 210, 235),
    ]
    colour = papers[0] if random.random() < 0.4 else pick(papers, random)
    note = Surface(side, side, to_colour(np.array(colour) * random.uniform(0.9, 1.02)))
    # The glued edge bends towards the light or away from it.
    bend = np.linspace(random.uniform(0.82, 1), 1, 32, dtype=np.float32) ** 2
    note.dim(np.ascontiguousarray(np.broadcast_to(bend[:, None], (32, 32))))
    grid = random.uniform(0.6, 0.88) * side
    cell = grid / max(config.rows, config.columns)
    free = np.array([side - config.columns * cell, side - config.rows * cell])
    left, top = free * random.uniform(0.25, 0.75, 2)
    layout = lay_out(float(left), float(top), cell, cell, config)
    write_grid(note, layout, digits, config, random, frame="frame")
    whole = Box(0, 0, side, side)
    pose = Pose(share=(0.55, 0.92), tilt=(0, 15), turn=8)
    note.roughen(random.uniform(0.002, 0.01), random)
    view = find_view(whole, width, height, pose, random)
    return expose(see(note, view, make_table(width, height, random)), random)
