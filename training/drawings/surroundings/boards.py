"""Boards: a white one that reflects a lamp or a window, a black one with chalk."""

import dataclasses

import numpy as np
from numpy.typing import NDArray

from model.config import ReaderConfig
from training.drawings.paper import Floats, smooth_noise
from training.drawings.surroundings.borders import Frame, Layout, LineStyle, lay_out, write_grid
from training.drawings.surroundings.optics import LIGHT, Exposure, Pose, expose, find_view, see
from training.drawings.surroundings.sheets import draw_size
from training.drawings.surroundings.surfaces import Colour, Surface, pick, to_colour
from training.drawings.surroundings.writing import Digits, Pen, draw_hand

_MARKERS: tuple[Colour, ...] = (
    (25, 25, 30),
    (25, 25, 30),
    (30, 50, 150),
    (170, 35, 45),
    (20, 110, 60),
)


def make_whiteboard(
    digits: Digits, config: ReaderConfig, random: np.random.Generator
) -> NDArray[np.uint8]:
    """A whiteboard with a bright reflection over part of the grid, and traces of wiped ink."""
    width, height = draw_size(random)
    tone = random.uniform(215, 240)
    board, layout = _board(width, height, to_colour((tone, tone, tone + 3)), config, random)
    _leave_traces(board, (90, 95, 110), random.uniform(0, 0.05), random)
    pen = Pen(
        colour=pick(_MARKERS, random),
        opacity=random.uniform(0.75, 0.98),
        unevenness=random.uniform(0.05, 0.35),
    )
    _write(board, layout, digits, pen, config, random)
    view = find_view(layout.outer, width, height, Pose(share=(0.5, 0.85), tilt=(0, 15)), random)
    seen = see(board, view, Surface(width, height, (150, 150, 150)))
    light = dataclasses.replace(LIGHT, light_gradient=(0.05, 0.4), shadow_share=0.15)
    # Light is lost first, and a reflection added to what is left.
    seen.dim(np.full((2, 2), np.float32(random.uniform(0.6, 0.85))))
    _reflect(seen, random)
    return expose(seen, random, Exposure(light=light, brightness=(0.85, 1.0)))


def make_blackboard(
    digits: Digits, config: ReaderConfig, random: np.random.Generator
) -> NDArray[np.uint8]:
    """Chalk on a black or green board that has been wiped before."""
    width, height = draw_size(random)
    grounds: list[Colour] = [(38, 42, 42), (35, 62, 50), (45, 75, 60), (28, 30, 32)]
    ground = pick(grounds, random)
    board, layout = _board(width, height, ground, config, random)
    _leave_traces(board, (200, 205, 200), random.uniform(0.03, 0.16), random)
    chalks: list[Colour] = [(240, 240, 235), (240, 240, 235), (245, 225, 120), (240, 170, 180)]
    chalk = Pen(
        colour=pick(chalks, random),
        opacity=random.uniform(0.7, 0.95),
        unevenness=random.uniform(0.1, 0.4),
        grain=random.uniform(0.3, 0.7),
    )
    _write(board, layout, digits, chalk, config, random)
    view = find_view(layout.outer, width, height, Pose(share=(0.5, 0.85), tilt=(0, 12)), random)
    return expose(see(board, view, Surface(width, height, ground)), random)


def _board(
    width: int, height: int, colour: Colour, config: ReaderConfig, random: np.random.Generator
) -> tuple[Surface, Layout]:
    board = Surface(round(1.6 * width), round(1.6 * height), colour)
    cell = 0.68 * min(width, height) / max(config.rows, config.columns)
    tall = cell * random.uniform(0.85, 1.15)
    left = (board.width - config.columns * cell) / 2
    top = (board.height - config.rows * tall) / 2
    return board, lay_out(left, top, cell, tall, config)


def _write(
    board: Surface,
    layout: Layout,
    digits: Digits,
    pen: Pen,
    config: ReaderConfig,
    random: np.random.Generator,
) -> None:
    frames: list[Frame] = ["frame", "frame", "divider", "none"]
    side = layout.cell_side
    style = LineStyle(
        pen=pen,
        width=random.uniform(0.02, 0.05) * side,
        wobble=random.uniform(0.006, 0.02) * side,
    )
    write_grid(
        board,
        layout,
        digits,
        config,
        random,
        frame=pick(frames, random),
        pens=[pen],
        style=style,
        hand=draw_hand(random, margin=0.07),
    )


def _leave_traces(
    board: Surface, colour: Colour, strength: float, random: np.random.Generator
) -> None:
    """Leaves the clouds and streaks of a sponge on a board."""
    height, width = board.height // 4, board.width // 4
    clouds = smooth_noise(6, height, width, random) * smooth_noise(14, height, width, random)
    streaks = smooth_noise(40, height, width // 8 + 1, random)
    wide = np.repeat(streaks, 8, axis=1)[:, :width]
    traces = Surface(width, height, (0, 0, 0)).image.convert("L")
    level: Floats = np.clip(strength * (1.2 * clouds + 0.5 * wide), 0, 1)
    traces.frombytes(np.rint(255 * level).astype(np.uint8).tobytes())
    board.lay(traces.resize(board.image.size), colour)


def _reflect(seen: Surface, random: np.random.Generator) -> None:
    """Adds the reflection of a lamp (round) or a window (a slanted band) to a picture."""
    scale = 256 / max(seen.image.size)
    width, height = round(seen.width * scale), round(seen.height * scale)
    x = np.linspace(-1, 1, width, dtype=np.float32) - np.float32(random.uniform(-0.6, 0.6))
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None] - np.float32(
        random.uniform(-0.6, 0.6)
    )
    angle = random.uniform(0, np.pi)
    across = np.float32(np.cos(angle)) * x + np.float32(np.sin(angle)) * y
    along = np.float32(-np.sin(angle)) * x + np.float32(np.cos(angle)) * y
    if random.random() < 0.5:
        spread = random.uniform(0.12, 0.4, 2)
        glare = np.exp(-((across / spread[0]) ** 2 + (along / spread[1]) ** 2) / 2)
    else:
        half, soft = random.uniform(0.06, 0.3), random.uniform(0.02, 0.15)
        glare = np.clip((half - abs(across)) / soft + 0.5, 0, 1)
        glare *= np.clip((random.uniform(0.4, 1.5) - abs(along)) / soft + 0.5, 0, 1)
    level = np.rint(255 * random.uniform(0.35, 0.72) * glare).astype(np.uint8)
    mask = Surface(width, height, (0, 0, 0)).image.convert("L")
    mask.frombytes(level.tobytes())
    seen.lay(mask.resize(seen.image.size), (255, 255, 255))
