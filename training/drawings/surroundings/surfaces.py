"""Surfaces that people write on: paper, screens, boards, and the table that they lie on."""

import dataclasses
from collections.abc import Sequence
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw

from training.drawings.paper import Floats, paper_texture, smooth_noise

Colour = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""
Points = Sequence[tuple[float, float]]
"""x and y, in pixels from the surface's upper left edge."""

_OVERSAMPLING = 2
_LARGE_PX = 1600

Option = TypeVar("Option")


def pick(options: Sequence[Option], random: np.random.Generator) -> Option:
    """Returns one of several things, each as probable as the others."""
    return options[int(random.integers(len(options)))]


@dataclasses.dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a surface, in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """From left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """From top to bottom."""
        return self.bottom - self.top

    def inset(self, by: float) -> "Box":
        """Returns the box made smaller on every side, or larger where ``by`` is negative."""
        return Box(self.left + by, self.top + by, self.right - by, self.bottom - by)

    def corners(self) -> Points:
        """Clockwise from the upper left."""
        return [
            (self.left, self.top),
            (self.right, self.top),
            (self.right, self.bottom),
            (self.left, self.bottom),
        ]


class Surface:
    """A surface in colour, and what is laid on it.

    Attributes:
        image: RGB, in the pixels that a camera or a screen would give it.
    """

    def __init__(self, width: int, height: int, colour: Colour) -> None:
        self.image = Image.new("RGB", (width, height), colour)

    @property
    def width(self) -> int:
        """In pixels."""
        return self.image.width

    @property
    def height(self) -> int:
        """In pixels."""
        return self.image.height

    def lay(
        self, coverage: NDArray[np.uint8] | Image.Image, colour: Colour, left: int = 0, top: int = 0
    ) -> None:
        """Covers part of the surface with a colour.

        Args:
            coverage: (h, w), uint8: how far it hides what is below, 0 not, 255 wholly.
            colour: Of what is laid on.
            left: Where the coverage's corner lies.
            top: Where the coverage's corner lies.
        """
        mask = Image.fromarray(coverage) if isinstance(coverage, np.ndarray) else coverage
        self.image.paste(colour, (left, top, left + mask.width, top + mask.height), mask)

    def fill(self, box: Box, colour: Colour, *, radius: float = 0) -> None:
        """Fills a rectangle, with round corners where a radius is given."""
        with _Stencil(box) as stencil:
            stencil.draw.rounded_rectangle(stencil.place(box), radius * _OVERSAMPLING, fill=255)
        self.lay(stencil.coverage, colour, stencil.left, stencil.top)

    def outline(
        self,
        box: Box,
        colour: Colour,
        width: float,
        *,
        radius: float = 0,
        sides: Sequence[float] = (1, 1, 1, 1),
    ) -> None:
        """Draws the border of a rectangle, inside of it.

        Args:
            box: The rectangle, to the outer edge of its border.
            colour: Of the border.
            width: Of the border, pixels.
            radius: Of the corners; only where all sides are alike.
            sides: Width of the left, top, right and bottom side, shares of ``width``.
        """
        with _Stencil(box) as stencil:
            stencil.draw.rounded_rectangle(stencil.place(box), radius * _OVERSAMPLING, fill=255)
            inner = Box(
                box.left + width * sides[0],
                box.top + width * sides[1],
                box.right - width * sides[2],
                box.bottom - width * sides[3],
            )
            stencil.draw.rounded_rectangle(
                stencil.place(inner), max(radius - width, 0) * _OVERSAMPLING, fill=0
            )
        self.lay(stencil.coverage, colour, stencil.left, stencil.top)

    def line(self, points: Points, colour: Colour, width: float, *, opacity: float = 1) -> None:
        """Draws a line through points."""
        places = np.array(points)
        low, high = places.min(axis=0), places.max(axis=0)
        with _Stencil(Box(low[0], low[1], high[0], high[1]).inset(-width)) as stencil:
            stencil.draw.line(
                stencil.scale(points),
                fill=round(255 * opacity),
                width=max(round(_OVERSAMPLING * width), 1),
                joint="curve",
            )
        self.lay(stencil.coverage, colour, stencil.left, stencil.top)

    def polygon(self, points: Points, colour: Colour) -> None:
        """Fills a polygon."""
        places = np.array(points)
        low, high = places.min(axis=0), places.max(axis=0)
        with _Stencil(Box(low[0], low[1], high[0], high[1])) as stencil:
            stencil.draw.polygon(stencil.scale(points), fill=255)
        self.lay(stencil.coverage, colour, stencil.left, stencil.top)

    def dim(self, light: NDArray[np.floating]) -> None:
        """Multiplies by light (h, w) or (h, w, 3), 0 to 1, of any resolution."""
        levels = np.rint(np.clip(light, 0, 1) * 255).astype(np.uint8)
        shade = Image.fromarray(levels).resize(self.image.size, Image.Resampling.BICUBIC)
        self.image = ImageChops.multiply(self.image, shade.convert("RGB"))

    def roughen(self, strength: float, random: np.random.Generator) -> None:
        """Gives the surface the texture of paper: ``strength`` is its standard deviation."""
        # The fibres of a large picture are larger.
        scale = 1 + (max(self.image.size) > _LARGE_PX)
        texture = paper_texture(self.height // scale, self.width // scale, strength, random)
        self.dim(texture / texture.max())


class _Stencil:
    """A mask around a box, drawn at twice its size and averaged, for smooth edges."""

    def __init__(self, around: Box) -> None:
        self.left, self.top = int(np.floor(around.left)) - 1, int(np.floor(around.top)) - 1
        width = int(np.ceil(around.right)) + 1 - self.left
        height = int(np.ceil(around.bottom)) + 1 - self.top
        self.coverage = Image.new("L", (max(width, 1), max(height, 1)))
        self._large = self.coverage.resize(
            (self.coverage.width * _OVERSAMPLING, self.coverage.height * _OVERSAMPLING)
        )
        self.draw = ImageDraw.Draw(self._large)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.coverage = self._large.reduce(_OVERSAMPLING)

    def scale(self, points: Points) -> list[tuple[float, float]]:
        """Returns points in the pixels of the mask."""
        return [
            ((x - self.left) * _OVERSAMPLING, (y - self.top) * _OVERSAMPLING) for x, y in points
        ]

    def place(self, box: Box) -> tuple[float, float, float, float]:
        """Returns a box in the pixels of the mask; its last row and column are inside."""
        (left, top), (right, bottom) = self.scale([(box.left, box.top), (box.right, box.bottom)])
        return left, top, max(right - 1, left), max(bottom - 1, top)


def paper_colour(random: np.random.Generator, *, whitest: int = 255) -> Colour:
    """Returns the colour of ordinary paper: white, greyish, bluish or yellowish."""
    tone = random.uniform(0.86, 1.0) * whitest
    warmth = random.normal(0, 0.012)
    red, blue = tone * (1 + warmth), tone * (1 - 2 * warmth)
    return to_colour((red, tone, blue))


def to_colour(values: Sequence[float] | NDArray[np.floating]) -> Colour:
    """Returns three values as a colour."""
    red, green, blue = (round(min(max(float(value), 0), 255)) for value in values)
    return red, green, blue


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """Returns the colour between two, at a share of the way from the first to the second."""
    return to_colour(np.array(first) * (1 - share) + np.array(second) * share)


def make_table(
    width: int, height: int, random: np.random.Generator, *, wood_share: float = 0.6
) -> Surface:
    """Makes the table, desk or cloth below a sheet: its colour and texture differ from paper's."""
    woods: list[Colour] = [(150, 105, 65), (95, 60, 38), (190, 150, 105), (60, 42, 32)]
    plains: list[Colour] = [(70, 74, 80), (40, 42, 48), (120, 124, 128), (55, 80, 110)]
    is_wood = random.random() < wood_share
    colours = woods if is_wood else plains
    colour = to_colour(np.array(pick(colours, random)) * random.uniform(0.8, 1.15))
    table = Surface(width, height, colour)
    if is_wood:
        # Grain: noise that is much longer than wide.
        lengthwise = smooth_noise(9, height, width, random)
        y = np.linspace(0, random.uniform(12, 40), height, dtype=np.float32)[:, None]
        rings = np.sin(2 * np.pi * (y + 2 * lengthwise))
        few = random.random((max(height // 3, 2), 6)).astype(np.float32)
        fibres = np.asarray(Image.fromarray(few).resize((width, height), Image.Resampling.BILINEAR))
        grain: Floats = 1 - random.uniform(0.04, 0.16) * (rings + 1) / 2
        grain *= 1 - np.float32(random.uniform(0.05, 0.2)) * fibres
        if random.random() < 0.5:
            grain = np.ascontiguousarray(grain[:, ::-1])
        table.dim(grain)
    else:
        table.roughen(random.uniform(0.01, 0.06), random)
    return table


def rule_paper(
    surface: Surface,
    spacing: float,
    random: np.random.Generator,
    *,
    is_squared: bool,
    through: tuple[float, float],
) -> None:
    """Rules or squares all of a surface, as exercise books are.

    Args:
        surface: What to rule.
        spacing: Between lines, pixels.
        random: Draws colour and width.
        is_squared: Whether lines go down as well as across.
        through: x and y of two of the lines.
    """
    colours: list[Colour] = [(150, 180, 220), (120, 150, 200), (170, 170, 175), (190, 160, 200)]
    colour = pick(colours, random)
    opacity = random.uniform(0.35, 0.9)
    width = max(random.uniform(0.02, 0.07) * spacing, 0.7)
    for y in np.arange(through[1] % spacing, surface.height, spacing):
        surface.line([(0, y), (surface.width, y)], colour, width, opacity=opacity)
    if is_squared:
        for x in np.arange(through[0] % spacing, surface.width, spacing):
            surface.line([(x, 0), (x, surface.height)], colour, width, opacity=opacity)
    elif random.random() < 0.4:  # a margin
        x = random.uniform(0.05, 0.2) * surface.width
        surface.line([(x, 0), (x, surface.height)], (225, 120, 120), width, opacity=opacity)
