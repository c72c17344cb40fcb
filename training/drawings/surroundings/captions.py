"""A grid with a line of text above or below it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model.config import ReaderConfig
from training.drawings.strokes import Strokes
from training.drawings.surroundings.borders import write_grid
from training.drawings.surroundings.optics import Pose
from training.drawings.surroundings.sheets import draw_sheet, draw_size, photograph
from training.drawings.surroundings.surfaces import Box, Surface, mix
from training.drawings.surroundings.writing import (
    Digits,
    Pen,
    draw_pen,
    make_text,
    print_text,
    write_text,
)


def make_captioned(
    digits: Digits, config: ReaderConfig, random: np.random.Generator
) -> NDArray[np.uint8]:
    """A framed grid with a caption, printed or by hand: photographed, or from a document."""
    width, height = draw_size(random)
    sheet, layout = draw_sheet(width, height, config, random)
    pen = draw_pen(random)
    write_grid(sheet, layout, digits, config, random, frame="frame", pens=[pen])
    _write_caption(sheet, layout.outer, pen, [one for one in digits if one is not None], random)
    if random.random() < 0.4:
        left, top = (sheet.width - width) // 2, (sheet.height - height) // 2
        return np.asarray(sheet.image.crop((left, top, left + width, top + height)))
    return photograph(sheet, layout.outer, width, height, random, Pose(share=(0.5, 0.7)))


def _write_caption(
    surface: Surface,
    outer: Box,
    pen: Pen,
    signs: Sequence[Strokes],
    random: np.random.Generator,
) -> None:
    """Writes a caption; by hand it is of the grid's own digits, turned and stretched."""
    size = random.uniform(0.05, 0.11) * outer.height
    distance = random.uniform(0.05, 0.12) * outer.height
    is_above = random.random() < 0.4
    top = outer.top - distance - size if is_above else outer.bottom + distance
    left = outer.left + random.uniform(0, 0.3) * outer.width
    if not signs or random.random() < 0.5:
        tone = mix((20, 20, 24), (110, 110, 115), random.random())
        text = make_text(random, int(random.integers(1, 5)))
        print_text(surface, text, left, top, size, tone)
        return
    words = [
        [_disguise(signs[index], random) for index in random.integers(len(signs), size=letters)]
        for letters in random.integers(2, 6, size=random.integers(1, 4))
    ]
    write_text(surface, words, Box(left, top, outer.right, top + size), pen, random)


def _disguise(strokes: Strokes, random: np.random.Generator) -> Strokes:
    """Makes a sign that could be a letter of a digit: mirrored, turned, or as it is."""
    kind = random.integers(4)
    if kind == 0:
        return strokes
    turn = (
        np.array([[0, -1], [1, 0]], np.float32) if kind == 1 else np.diag([-1, 1 - 2 * (kind > 2)])
    )
    return tuple((stroke @ turn).astype(np.float32) for stroke in strokes)
