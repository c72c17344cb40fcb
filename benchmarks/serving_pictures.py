"""The pictures that are posted: MNIST test grids, small and large."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from model.errors import ReaderError
from training.data import load_mnist

SIDES = (56, 560)


def write_pictures(folder: Path, data_dir: Path, count: int) -> tuple[dict[int, list[Path]], str]:
    """Writes the same grids as PNG files of each of ``SIDES``.

    Args:
        folder: Where to.
        data_dir: Holds MNIST; where it is absent and cannot be fetched, printed digits stand in.
        count: Grids.

    Returns:
        The files by side, and what is on them in words.
    """
    generator = np.random.default_rng(0)
    try:
        digits = load_mnist(data_dir, "test").pictures.numpy()
        source = "MNIST test digits"
    except ReaderError:
        digits = np.stack([_printed(digit) for digit in range(10)])
        source = "printed digits (no MNIST here)"
    files: dict[int, list[Path]] = {side: [] for side in SIDES}
    for number in range(count):
        first, second, third, fourth = digits[generator.integers(len(digits), size=4)]
        grid = Image.fromarray(np.block([[first, second], [third, fourth]]))
        for side in SIDES:
            picture = grid if side == 56 else grid.resize((side, side), Image.Resampling.BICUBIC)
            files[side].append(folder / f"{side}-{number}.png")
            picture.save(files[side][-1], "PNG")
    return files, source


def _printed(digit: int) -> NDArray[np.uint8]:
    cell = Image.new("L", (28, 28))
    font = ImageFont.load_default(24)
    ImageDraw.Draw(cell).text((14, 14), str(digit), fill=255, font=font, anchor="mm")
    return np.asarray(cell)
