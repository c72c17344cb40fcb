"""A grid to try the service with, drawn here from strokes: a 7, a 1, an empty cell and a 4."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from app.reading.images import encode_png

_SIDE = 168
_PEN = 9
# Drawn larger and shrunk, for smooth edges.
_OVERSAMPLING = 4
# Points of the pen's way in pixels of the whole grid.
_STROKES = (
    ((19, 17), (60, 17), (36, 68)),
    ((128, 15), (125, 68)),
    ((115, 102), (107, 133), (146, 133)),
    ((136, 102), (131, 152)),
)


def _draw() -> NDArray[np.uint8]:
    large = Image.new("L", (_SIDE * _OVERSAMPLING, _SIDE * _OVERSAMPLING), 255)
    draw = ImageDraw.Draw(large)
    radius = _PEN * _OVERSAMPLING / 2
    for stroke in _STROKES:
        points = [(x * _OVERSAMPLING, y * _OVERSAMPLING) for x, y in stroke]
        draw.line(points, fill=0, width=_PEN * _OVERSAMPLING)
        for x, y in points:  # round ends and corners
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=0)
    return np.asarray(large.reduce(_OVERSAMPLING))


EXAMPLE_PNG = encode_png(_draw())
"""As it lies in ``docs/grid.png``."""
