"""Sensitivity of a reader to one parameter at a time: pen, size, offset, rotation and blur.

The digits are the test writers', drawn light on dark as on the page, and read by the service. Every
point of a sweep has the same digits, so that points and readers can be compared.
"""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from model.config import ReaderConfig
from training.drawings.strokes import DrawingOptions, Strokes, draw_grid
from training.drawings.unipen import PenDigit
from training.scorecard import bootstrap
from training.scorecard.bootstrap import Share
from training.scorecard.row import arrange_in_grids
from training.scorecard.service import read_with_service

_CELL_PX = 140
_SEED = 7


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """How a grid is drawn; the defaults are for what a sweep does not change."""

    pen: float = 5.0
    """Width, per cent of a cell."""
    size: float = 50.0
    """Longer side of a digit, per cent of its cell."""
    offset: float = 0.0
    """From the middle of its cell, in any direction, per cent of a cell."""
    rotation: float = 0.0
    """Of every digit, clockwise, degrees."""
    blur: float = 0.0
    """Standard deviation, per cent of a cell."""


class Sweep(NamedTuple):
    """A parameter and the values that it takes."""

    field: str
    label: str
    values: tuple[float, ...]
    setting: Setting = Setting()
    """The other parameters."""


SWEEPS: Mapping[str, Sweep] = {
    "stroke-width": Sweep(
        "pen", "width of the pen, % of a cell", (1, 2, 3, 4, 5, 6, 8, 10, 12, 14)
    ),
    "digit-size": Sweep(
        "size",
        "longer side of a digit, % of its cell (pen: 2.5 %)",
        (10, 15, 20, 25, 30, 40, 55, 70, 85, 95),
        # With a pen of half its size a digit is a dot.
        Setting(pen=2.5),
    ),
    "offset": Sweep(
        "offset", "distance from the middle of the cell, % of a cell", (0, 5, 10, 15, 20, 25)
    ),
    "rotation": Sweep(
        "rotation",
        "rotation of the digits, degrees clockwise",
        (-45, -35, -25, -15, -7.5, 0, 7.5, 15, 25, 35, 45),
    ),
    "blur": Sweep("blur", "blur (standard deviation), % of a cell", (0, 1, 2, 3, 4, 5, 6, 7, 8)),
}


def sweep(
    which: Sweep,
    written: Sequence[PenDigit],
    readers: Sequence[Path],
    config: ReaderConfig,
    *,
    grids: int,
) -> list[list[Share]]:
    """Measures readers along a sweep.

    Args:
        which: The parameter.
        written: Digits to draw.
        readers: Checkpoints.
        config: Of all readers.
        grids: Drawn at each point; a digit is used at most once in each cell.

    Returns:
        For each reader, for each value: the share of digits that are right, with its interval by
        bootstrap over writers.
    """
    random = np.random.default_rng(_SEED)
    picks = arrange_in_grids(len(written), config.num_cells, random)[:grids]
    labels = np.array([digit.label for digit in written], np.int64)[picks]
    _, writers = np.unique([digit.writer for digit in written], return_inverse=True)
    strokes = [[written[pick].strokes for pick in grid] for grid in picks.tolist()]
    settings = [
        dataclasses.replace(which.setting, **{which.field: float(value)}) for value in which.values
    ]

    def pictures() -> Iterator[NDArray[np.uint8]]:
        for setting in settings:
            for index, grid in enumerate(strokes):
                yield draw(grid, setting, config, np.random.default_rng((_SEED, index)))

    answers = []
    for served in read_with_service(pictures(), suffix=".png", readers=readers, config=config):
        right = served.symbols[:, :-1].reshape(len(settings), *labels.shape) == labels
        answers.append(
            [
                bootstrap.shares(
                    [(cells.ravel().astype(float), np.ones(cells.size))], writers[picks].ravel()
                )[0]
                for cells in right
            ]
        )
    return answers


def draw(
    digits: Sequence[Strokes], setting: Setting, config: ReaderConfig, random: np.random.Generator
) -> NDArray[np.uint8]:
    """Draws a grid, light on dark: (H, W), uint8.

    Args:
        digits: One for each cell, in reading order.
        setting: How.
        config: Rows and columns.
        random: Draws the direction of each digit's offset.
    """
    side = _CELL_PX
    page = np.zeros((config.rows * side, config.columns * side), np.uint8)
    for number, strokes in enumerate(digits):
        ink = _ink(_rotate(strokes, setting.rotation), setting)
        size = np.array(ink.shape)
        angle = random.uniform(0, 2 * np.pi)
        moved = np.array([np.sin(angle), np.cos(angle)]) * setting.offset / 100 * side
        corner = np.clip(np.rint((side - size) / 2 + moved).astype(int), 0, side - size)
        top, left = corner + np.array(divmod(number, config.columns)) * side
        page[top : top + size[0], left : left + size[1]] = ink
    if not setting.blur:
        return page
    radius = setting.blur / 100 * side
    return np.asarray(Image.fromarray(page).filter(ImageFilter.GaussianBlur(radius)))


def _ink(strokes: Strokes, setting: Setting) -> NDArray[np.uint8]:
    """Draws one digit and returns the box of its ink."""
    # In a cell twice as large as the digit, so that all of it is inside.
    cell_px = round(2 * setting.size / 100 * _CELL_PX)
    pen = setting.pen / (2 * setting.size)
    hand = DrawingOptions(pen=(pen, pen), size=(0.5, 0.5))
    ink = draw_grid(
        [strokes], rows=1, columns=1, cell_px=cell_px, hand=hand, random=np.random.default_rng(0)
    )
    down, across = (np.flatnonzero(ink.any(axis=axis)) for axis in (1, 0))
    return ink[down[0] : down[-1] + 1, across[0] : across[-1] + 1][:_CELL_PX, :_CELL_PX]


def _rotate(strokes: Strokes, degrees: float) -> Strokes:
    angle = np.deg2rad(degrees)
    # y points down: this turns clockwise.
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return tuple((stroke @ turn.T).astype(np.float32) for stroke in strokes)
