"""Pictures without a grid: what is answered with digits here is invented."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from training.drawings.paper import Floats, smooth_noise
from training.drawings.surroundings.optics import expose
from training.drawings.surroundings.sheets import draw_size
from training.drawings.surroundings.surfaces import (
    Box,
    Surface,
    make_table,
    paper_colour,
    pick,
    to_colour,
)


def make_no_grid(random: np.random.Generator) -> NDArray[np.uint8]:
    """Noise, stripes, a room, a table: no digit is to be seen."""
    kinds = (_noise, _stripes, _room, _bare_table, _clouds)
    return pick(kinds, random)(random)


def make_blank_sheet(random: np.random.Generator) -> NDArray[np.uint8]:
    """A sheet on which nothing stands, as it is or photographed."""
    width, height = draw_size(random)
    sheet = Surface(width, height, paper_colour(random))
    if random.random() < 0.4:
        return np.asarray(sheet.image)
    sheet.roughen(random.uniform(0.002, 0.012), random)
    return expose(sheet, random)


def _noise(random: np.random.Generator) -> NDArray[np.uint8]:
    shape = [int(side) for side in random.integers(100, 700, 2)]
    if random.random() < 0.5:
        shape.append(3)
    noise = random.integers(0, 256, shape, dtype=np.uint8)
    radius = pick((0, 0, 1, 2.5, 6), random)
    return np.asarray(Image.fromarray(noise).filter(ImageFilter.GaussianBlur(radius)))


def _stripes(random: np.random.Generator) -> NDArray[np.uint8]:
    height, width = (int(side) for side in random.integers(200, 900, 2))
    x, y = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)[:, None]
    angle = pick((0, np.pi / 2, random.uniform(0, np.pi)), random)
    period = random.uniform(6, 120)
    wave = np.sin(
        (np.float32(np.cos(angle)) * x + np.float32(np.sin(angle)) * y) * (6.283 / period)
    )
    if random.random() < 0.6:
        wave = np.sign(wave)
    if random.random() < 0.3:  # a chequerboard
        wave = wave * np.sin((x - y) * (6.283 / period))
    low, high = sorted(random.uniform(0, 255, 2))
    levels: Floats = low + (high - low) * (wave + 1) / 2
    return np.rint(levels).astype(np.uint8)


def _room(random: np.random.Generator) -> NDArray[np.uint8]:
    """Walls, floor, furniture and a window, out of focus or not."""
    width, height = draw_size(random)
    room = Surface(width, height, to_colour(random.uniform(120, 235) + random.normal(0, 10, 3)))
    floor = random.uniform(0.55, 0.8) * height
    floor_colour = to_colour(random.uniform(40, 150) + random.normal(0, 15, 3))
    room.polygon([(0, floor), (width, floor * 0.97), (width, height), (0, height)], floor_colour)
    for _ in range(random.integers(6, 25)):
        left, top = random.uniform(-0.1, 0.95) * width, random.uniform(-0.1, 0.9) * height
        across, down = random.uniform(0.03, 0.4, 2) * min(width, height)
        lean = random.uniform(-0.1, 0.1, 4) * across
        box = Box(left, top, left + across, top + down)
        corners = [
            (x + shift, y) for (x, y), shift in zip(box.corners(), lean.tolist(), strict=True)
        ]
        # Most things in a room are more grey than coloured.
        colour = to_colour(random.uniform(20, 240) + random.normal(0, 25, 3))
        room.polygon(corners, colour)
        if random.random() < 0.3:
            room.line(corners, to_colour(random.uniform(0, 90, 3)), random.uniform(1, 6))
    room.dim(1 - 0.3 * smooth_noise(12, height // 4, width // 4, random))
    room.image = room.image.filter(ImageFilter.GaussianBlur(random.uniform(0, 0.01) * height))
    room.roughen(random.uniform(0.005, 0.03), random)
    return expose(room, random)


def _bare_table(random: np.random.Generator) -> NDArray[np.uint8]:
    width, height = draw_size(random)
    return expose(make_table(width, height, random, wood_share=1), random)


def _clouds(random: np.random.Generator) -> NDArray[np.uint8]:
    """Texture of all sizes: foliage, gravel, cloth."""
    width, height = draw_size(random)
    levels = sum(
        smooth_noise(cells, height, width, random) / (1 + number)
        for number, cells in enumerate((4, 11, 35, 120))
    )
    surface = Surface(width, height, to_colour(random.uniform(90, 250, 3)))
    surface.dim(np.asarray(levels, np.float32) / np.float32(2.1))
    return expose(surface, random)
