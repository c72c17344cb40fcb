"""Grids that are turned: a little, as a sheet lies or a picture is pasted, or by right angles."""

import numpy as np
from numpy.typing import NDArray

from model.config import ReaderConfig
from training.drawings.surroundings.borders import FRAMES, lay_out, write_grid
from training.drawings.surroundings.optics import Pose, turn
from training.drawings.surroundings.sheets import draw_sheet, draw_size, make_photograph, photograph
from training.drawings.surroundings.surfaces import Colour, Surface, pick
from training.drawings.surroundings.writing import Digits, Pen, draw_pen


def make_turned(
    digits: Digits,
    config: ReaderConfig,
    random: np.random.Generator,
    *,
    degrees: tuple[float, float],
) -> NDArray[np.uint8]:
    """A grid turned either way, its lines with its digits: drawn on a screen, or on a sheet."""
    angle = random.uniform(*degrees) * random.choice([-1, 1])
    frame = pick(FRAMES, random)
    if random.random() < 0.5:
        cell = random.uniform(90, 260)
        slant = np.deg2rad(abs(angle))
        longer = cell * max(config.rows, config.columns)
        side = round(longer * (np.cos(slant) + np.sin(slant)) * random.uniform(1.01, 1.2))
        is_light = random.random() < 0.5
        ground: Colour = (255, 255, 255) if is_light else (0, 0, 0)
        screen = Surface(side, side, ground)
        left, top = (side - config.columns * cell) / 2, (side - config.rows * cell) / 2
        pens = [draw_pen(random) if is_light else Pen(colour=(255, 255, 255))]
        layout = lay_out(left, top, cell, cell, config)
        write_grid(screen, layout, digits, config, random, frame=frame, pens=pens)
        turn(screen, angle)
        return np.asarray(screen.image)
    width, height = draw_size(random)
    sheet, layout = draw_sheet(width, height, config, random)
    write_grid(sheet, layout, digits, config, random, frame=frame)
    turn(sheet, angle)
    # The turned grid's corners lie outside of its upright box.
    slack = 0.5 * layout.outer.width * np.sin(np.deg2rad(abs(angle)))
    pose = Pose(share=(0.7, 0.95), tilt=(0, 5), turn=0.0)
    return photograph(sheet, layout.outer.inset(-slack), width, height, random, pose)


def make_quarter_turned(
    digits: Digits, config: ReaderConfig, random: np.random.Generator, *, quarters: int
) -> NDArray[np.uint8]:
    """A whole photograph turned by right angles, as a telephone held askew stores it."""
    if quarters % 2:
        quarters = int(random.choice([quarters, quarters + 2]))
    frame = pick(FRAMES, random)
    picture = make_photograph(digits, config, random, frame=frame)
    return np.ascontiguousarray(np.rot90(picture, quarters))
