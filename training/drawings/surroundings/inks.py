"""Inks: faint pencil, pens of several colours in one grid, colours whose greys are alike."""

import dataclasses

import numpy as np
from numpy.typing import NDArray

from model.config import ReaderConfig
from training.drawings.surroundings.borders import (
    FRAMES,
    Frame,
    Layout,
    LineStyle,
    lay_out,
    write_grid,
)
from training.drawings.surroundings.optics import LIGHT, Exposure, Pose
from training.drawings.surroundings.sheets import draw_sheet, draw_size, photograph
from training.drawings.surroundings.surfaces import Colour, Surface, pick, to_colour
from training.drawings.surroundings.writing import Digits, Hand, Pen, draw_hand, draw_pen

# Ink on ground. In grey many of these are close to each other, or close to the ground.
_COLOURS: tuple[tuple[Colour, Colour], ...] = (
    ((250, 240, 40), (255, 255, 255)),  # highlighter
    ((255, 225, 70), (250, 250, 245)),
    ((170, 240, 130), (255, 255, 255)),
    ((255, 170, 205), (255, 255, 255)),
    ((150, 225, 250), (255, 255, 255)),
    ((20, 30, 90), (0, 0, 0)),  # navy on black
    ((30, 45, 130), (10, 10, 12)),
    ((200, 30, 30), (30, 130, 50)),  # red on green
    ((220, 60, 50), (60, 140, 60)),
    ((40, 80, 200), (60, 62, 66)),  # blue on dark grey
    ((0, 110, 60), (140, 30, 40)),
    ((235, 120, 30), (70, 140, 225)),
    ((120, 60, 180), (30, 90, 90)),
    ((230, 40, 120), (120, 120, 125)),
)
_PALE: tuple[Colour, ...] = (
    (255, 240, 60),
    (255, 160, 205),
    (160, 235, 140),
    (190, 190, 190),
    (150, 205, 255),
    (255, 175, 70),
)


def make_pencil(
    digits: Digits, config: ReaderConfig, random: np.random.Generator
) -> NDArray[np.uint8]:
    """Faint pencil, 8 to 25 % darker than the paper; lines in pencil, in another pen, or none.

    The contrast is the mean of the strokes, before the camera's blur.
    """
    unevenness, grain = random.uniform(0, 0.25), random.uniform(0.1, 0.4)
    # Half of the unevenness and a third of the grain are missing on average; full ink takes 0.9.
    left = 0.9 * (1 - unevenness / 2) * (1 - grain / 3)
    opacity = random.uniform(0.08, 0.25) / left
    pencil = Pen(colour=(25, 25, 30), opacity=opacity, unevenness=unevenness, grain=grain)
    width, height = draw_size(random)
    sheet, layout = draw_sheet(width, height, config, random)
    style = None
    if random.random() < 0.6:
        wobble = random.uniform(0.004, 0.015) * layout.cell_side
        thick = random.uniform(0.015, 0.035) * layout.cell_side
        style = LineStyle(pen=pencil, width=thick, wobble=wobble)
    frame = pick(FRAMES, random)
    write_grid(sheet, layout, digits, config, random, frame=frame, pens=[pencil], style=style)
    calm = Exposure(
        light=dataclasses.replace(LIGHT, light_gradient=(0, 0.2), shadow_share=0.15),
        noise=(0.3, 2.0),
        jpeg_quality=(75, 95),
    )
    return photograph(sheet, layout.outer, width, height, random, Pose(share=(0.5, 0.9)), calm)


def make_mixed_pens(
    digits: Digits, config: ReaderConfig, random: np.random.Generator
) -> NDArray[np.uint8]:
    """Digits of one grid in dark and in pale pens, on a screen or on paper by a camera."""
    count = int(random.integers(1, max(config.num_cells, 2)))
    is_pale = random.permutation(config.num_cells) < count
    dark, colour = draw_pen(random), pick(_PALE, random)
    pale = Pen(colour=colour)
    if random.random() < 0.25:  # a pencil beside a pen
        pale = Pen(colour=(60, 60, 66), opacity=random.uniform(0.25, 0.5), grain=0.3)
    pens = [pale if one else dark for one in is_pale.tolist()]
    frame = pick(FRAMES, random)
    if random.random() < 0.5:
        screen, layout, hand = draw_screen((255, 255, 255), config, random)
        flat = [dataclasses.replace(pen, unevenness=0) for pen in pens]
        write_grid(screen, layout, digits, config, random, frame=frame, pens=flat, hand=hand)
        return np.asarray(screen.image)
    width, height = draw_size(random)
    sheet, layout = draw_sheet(width, height, config, random)
    write_grid(sheet, layout, digits, config, random, frame=frame, pens=pens)
    pose, exposure = Pose(share=(0.6, 0.92)), Exposure(grey_share=0)
    return photograph(sheet, layout.outer, width, height, random, pose, exposure)


def make_coloured(
    digits: Digits, config: ReaderConfig, random: np.random.Generator
) -> NDArray[np.uint8]:
    """Ink and ground that differ in colour more than in grey."""
    ink, ground = (
        to_colour(np.array(colour) + random.uniform(-8, 8, 3)) for colour in pick(_COLOURS, random)
    )
    pen = Pen(colour=ink, opacity=random.uniform(0.9, 1))
    frame: Frame = "divider" if random.random() < 0.3 else "none"
    if min(ground) > 200 and random.random() < 0.5:  # highlighter on paper, by a camera
        width, height = draw_size(random)
        sheet, layout = draw_sheet(width, height, config, random)
        wide = Hand(pen=random.uniform(0.06, 0.11), size=(0.5, 0.85))
        write_grid(sheet, layout, digits, config, random, frame=frame, pens=[pen], hand=wide)
        pose, mild = Pose(share=(0.6, 0.92)), Exposure(grey_share=0, noise=(0.5, 2.5))
        return photograph(sheet, layout.outer, width, height, random, pose, mild)
    screen, layout, hand = draw_screen(ground, config, random)
    write_grid(screen, layout, digits, config, random, frame=frame, pens=[pen], hand=hand)
    return np.asarray(screen.image)


def draw_screen(
    ground: Colour, config: ReaderConfig, random: np.random.Generator
) -> tuple[Surface, Layout, Hand]:
    """Returns a drawing area that a grid fills, and a hand that draws on it."""
    cell = int(random.integers(90, 300))
    margin = random.uniform(0, 0.15) * cell
    width, height = (round(count * cell + 2 * margin) for count in (config.columns, config.rows))
    layout = lay_out(margin, margin, cell, cell, config)
    return Surface(width, height, ground), layout, draw_hand(random)
