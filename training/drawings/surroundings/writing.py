"""Writing on a surface: digits in their cells, lines by hand, captions."""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from training.drawings.paper import smooth_noise, to_unit_range
from training.drawings.strokes import DrawingOptions, Strokes, draw_grid
from training.drawings.surroundings.surfaces import Box, Colour, Points, Surface, pick

Digits = Sequence[Strokes | None]
"""Strokes for each cell in reading order; None leaves a cell blank."""


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Pen:
    """What is written with.

    Attributes:
        colour: Where ink covers the surface.
        opacity: Of full ink: 1 hides the surface, 0.2 is a hard pencil.
        unevenness: Ink that is missing where the pen writes palest, as a share.
        grain: Ink that is missing in the surface's pores, as a share: pencil and chalk.
    """

    colour: Colour = (20, 20, 24)
    opacity: float = 1.0
    unevenness: float = 0.0
    grain: float = 0.0

    def apply(self, coverage: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
        """Returns coverage (h, w) as this pen would leave it."""
        height, width = coverage.shape
        flow = np.full((height, width), np.float32(self.opacity))
        if self.unevenness:
            cells = int(random.integers(2, 8))
            flow *= 1 - np.float32(self.unevenness) * smooth_noise(cells, height, width, random)
        if self.grain:
            half = (max(height // 2, 1), max(width // 2, 1))
            rough = Image.fromarray(random.integers(256, size=half, dtype=np.uint8))
            pores = to_unit_range(rough.resize((width, height), Image.Resampling.BILINEAR))
            flow *= 1 - np.float32(self.grain) * pores * pores
        flow *= coverage
        return np.rint(flow).astype(np.uint8)


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Hand:
    """How somebody fills cells.

    Attributes:
        pen: Width of the pen, as a share of a cell's shorter side.
        size: Longer side of the digits, as shares of that.
        spread: How far from the middle digits stand: 0 in the middle, 1 anywhere in the cell.
        margin: What is left free along a cell's edge, as a share.
    """

    pen: float
    size: tuple[float, float]
    spread: float = 0.6
    margin: float = 0.04


def draw_hand(random: np.random.Generator, *, margin: float = 0.04) -> Hand:
    """Draws the hand of a grid: its digits are about alike in size."""
    size = random.uniform(0.42, 0.82)
    return Hand(
        pen=random.uniform(0.03, 0.075),
        size=(0.85 * size, min(1.12 * size, 0.9)),
        spread=random.uniform(0.3, 0.9),
        margin=margin,
    )


def draw_pen(random: np.random.Generator) -> Pen:
    """Draws an ordinary pen: black, blue, now and then red or green, felt-tip or ballpoint."""
    inks: list[Colour] = [(18, 18, 22), (40, 42, 48), (28, 42, 120), (35, 60, 160), (15, 25, 70)]
    if random.random() < 0.12:
        inks = [(170, 30, 40), (20, 105, 60), (95, 40, 120)]
    return Pen(
        colour=pick(inks, random),
        opacity=random.uniform(0.75, 1.0),
        unevenness=random.uniform(0, 0.3),
    )


def write_digits(
    surface: Surface,
    digits: Digits,
    cells: Sequence[Box],
    pens: Sequence[Pen],
    hand: Hand,
    random: np.random.Generator,
) -> None:
    """Writes digits into their cells.

    Args:
        surface: What is written on.
        digits: One for each cell.
        cells: Where they go, in reading order.
        pens: One for each cell, or one for all of them.
        hand: How they are written.
        random: Draws sizes and places.
    """
    for number, (strokes, cell) in enumerate(zip(digits, cells, strict=True)):
        if strokes is None:
            continue
        inside = cell.inset(hand.margin * min(cell.width, cell.height))
        side = min(inside.width, inside.height)
        pen = pens[number % len(pens)]
        coverage = pen.apply(_digit(strokes, side, hand, random), random)
        free = np.array([inside.width - coverage.shape[1], inside.height - coverage.shape[0]])
        shift = 0.5 + 0.5 * hand.spread * random.uniform(-1, 1, 2)
        left, top = (np.array([inside.left, inside.top]) + free * shift).round().astype(int)
        surface.lay(coverage, pen.colour, int(left), int(top))


def _digit(
    strokes: Strokes, side: float, hand: Hand, random: np.random.Generator
) -> NDArray[np.uint8]:
    """Draws one digit and returns the box of its ink."""
    options = DrawingOptions(pen=(hand.pen, hand.pen), size=hand.size)
    ink = draw_grid(
        [strokes], rows=1, columns=1, cell_px=max(round(side), 8), hand=options, random=random
    )
    down, across = (np.flatnonzero(ink.any(axis=axis)) for axis in (1, 0))
    return ink[down[0] : down[-1] + 1, across[0] : across[-1] + 1]


def by_hand(
    start: tuple[float, float],
    end: tuple[float, float],
    wobble: float,
    random: np.random.Generator,
) -> Points:
    """Returns a line as a hand draws it: bent, shaky, a little too long or too short.

    Args:
        start: x and y.
        end: x and y.
        wobble: Standard deviation of its distance from a straight line, pixels.
        random: Draws it.
    """
    first, last = np.array(start, float), np.array(end, float)
    along = (last - first) / max(float(np.hypot(*(last - first))), 1e-6)
    first -= along * random.normal(0.5, 1.5) * wobble
    last += along * random.normal(0.5, 1.5) * wobble
    steps = np.linspace(0, 1, 33)
    across = np.array([-along[1], along[0]])
    shift = random.normal(0, 0.7 * wobble) + steps * random.normal(0, wobble)
    for waves in (1, 2, 3):
        shift = shift + random.normal(0, wobble / waves / 1.5) * np.sin(
            waves * np.pi * steps + random.uniform(0, 2 * np.pi)
        )
    points = first + (last - first) * steps[:, None] + across * shift[:, None]
    return [(float(x), float(y)) for x, y in points]


_WORDS = (
    *("Figure", "Table", "Exercise", "Page", "Sheet", "Result", "Name", "Date", "Answer", "Score"),
    *("grid", "digits", "numbers", "code", "my", "first", "test", "of", "Nr.", "No.", "group"),
    *("measured", "sample", "row", "please", "fill", "in", "by", "hand", "draft", "A", "B", "C"),
)


def make_text(random: np.random.Generator, words: int) -> str:
    """Returns words, now and then with a number, as captions and menus have them."""
    chosen = [pick(_WORDS, random) for _ in range(words)]
    if random.random() < 0.5:
        chosen.insert(int(random.integers(1, len(chosen) + 1)), f"{random.integers(1, 60)}")
    return " ".join(chosen)


def print_text(
    surface: Surface, text: str, left: float, top: float, height: float, colour: Colour
) -> float:
    """Prints a line of text and returns its width, in pixels.

    Args:
        surface: What is printed on.
        text: The line.
        left: Of the text.
        top: Of the text.
        height: Size of the letters, pixels.
        colour: Of the letters.
    """
    font = ImageFont.load_default(max(height, 6))
    ends = font.getbbox(text)
    size = (math.ceil(ends[2]) + 2, math.ceil(ends[3]) + 2)
    mask = Image.new("L", size)
    ImageDraw.Draw(mask).text((0, 0), text, fill=255, font=font)
    surface.lay(mask, colour, round(left), round(top))
    return float(size[0])


def write_text(
    surface: Surface,
    words: Sequence[Sequence[Strokes]],
    box: Box,
    pen: Pen,
    random: np.random.Generator,
) -> None:
    """Writes words by hand on a line, from the left of a box on.

    Args:
        surface: What is written on.
        words: The signs of each word.
        box: Its height is that of the signs; what does not fit its width is left out.
        pen: What is written with.
        random: Draws sizes and distances.
    """
    hand = Hand(pen=random.uniform(0.06, 0.12), size=(0.7, 0.98), spread=0.6, margin=0)
    left = box.left
    for word in words:
        for strokes in word:
            coverage = _digit(strokes, box.height, hand, random)
            if left + coverage.shape[1] > box.right:
                return
            top = box.bottom - coverage.shape[0] - random.uniform(0, 0.15) * box.height
            surface.lay(pen.apply(coverage, random), pen.colour, round(left), round(top))
            left += coverage.shape[1] + random.uniform(0.08, 0.3) * box.height
        left += random.uniform(0.4, 0.8) * box.height
