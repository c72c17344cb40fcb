"""Simulated paper: its texture, ruled lines, frame and divider."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Floats = NDArray[np.float32]


def corners_of(height: int, width: int) -> Floats:
    """Returns the corners (4, 2) of a picture: x and y, clockwise from the upper left."""
    return np.array([(0, 0), (width, 0), (width, height), (0, height)], dtype=np.float32)


def smooth_noise(cells: int, height: int, width: int, random: np.random.Generator) -> Floats:
    """Returns smooth noise (H, W) in [0, 1], with about ``cells`` maxima along a side."""
    few = Image.fromarray(random.integers(256, size=(cells, cells), dtype=np.uint8))
    return to_unit_range(few.resize((width, height), Image.Resampling.BICUBIC))


def to_unit_range(image: Image.Image) -> Floats:
    """Returns a grey picture with values in [0, 1] (H, W)."""
    return np.asarray(image) * np.float32(1 / 255)


def paper_texture(height: int, width: int, strength: float, random: np.random.Generator) -> Floats:
    """Returns the light that paper reflects (H, W): mean about 1, standard deviation as given."""
    # Fibres are finer or coarser, depending on how near the camera is.
    scale = random.uniform(1, 4)
    rough = random.integers(
        256, size=(int(height / scale) + 1, int(width / scale) + 1), dtype=np.uint8
    )
    fibres = to_unit_range(Image.fromarray(rough).resize((width, height), Image.Resampling.BICUBIC))
    # The standard deviation of a uniform distribution over [0, 1] is 0.29.
    paper: Floats = fibres * np.float32(-strength / 0.29)
    paper += smooth_noise(5, height, width, random) * np.float32(-strength)
    paper += np.float32(1 + strength)
    return paper


class Lines:
    """Lines on the paper, drawn at twice the picture's size so that they can be thin."""

    def __init__(
        self,
        height: int,
        width: int,
        to_picture: NDArray[np.float64],
        random: np.random.Generator,
    ) -> None:
        self.image = Image.new("L", (2 * width, 2 * height))
        self.draw = ImageDraw.Draw(self.image)
        self.height, self.width = height, width
        self.side = min(height, width)
        self.to_picture = to_picture
        self.random = random
        self.has_any = False

    def transmittance(self) -> Floats:
        """Returns the share of the light that the lines let pass (H, W)."""
        return 1 - to_unit_range(self.image.reduce(2))

    def rule(self, ink: float) -> None:
        """Draws ruled or squared lines over all the paper: fainter than ink, a little slanted."""
        random = self.random
        strength = random.uniform(0.1, 0.5) * ink
        spacing = random.uniform(0.035, 0.13) * self.side
        width = random.uniform(0.0015, 0.005) * self.side
        slope = np.tan(np.deg2rad(random.uniform(-2, 2)))
        shift = random.random() * spacing
        reach = (-self.width, 2 * self.width)
        for y in np.arange(shift - self.height, 2 * self.height, spacing):
            self._line([(x, y + slope * x) for x in reach], strength, width)
        if random.random() < 0.5:
            reach = (-self.height, 2 * self.height)
            for x in np.arange(shift - self.width, 2 * self.width, spacing):
                self._line([(x - slope * y, y) for y in reach], strength, width)

    def divide(self, ink: float, rows: int, columns: int) -> None:
        """Draws the lines between the cells."""
        strength, width, wobble = self._pen(ink)
        for row in range(1, rows):
            y = self.height * row / rows
            self._line(self._wobbly((0, y), (self.width, y), wobble), strength, width)
        for column in range(1, columns):
            x = self.width * column / columns
            self._line(self._wobbly((x, 0), (x, self.height), wobble), strength, width)

    def frame(self, ink: float) -> None:
        """Draws a frame along the grid's edge."""
        strength, width, wobble = self._pen(ink)
        corners = corners_of(self.height, self.width)
        # Just inside, so that a grid that fills the picture shows its frame.
        inset = self.random.uniform(0, 0.012) * self.side + width / 2
        corners += np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)], dtype=np.float32) * inset
        for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
            self._line(self._wobbly(tuple(start), tuple(end), wobble), strength, width)

    def _pen(self, ink: float) -> tuple[float, float, float]:
        random = self.random
        strength = min(random.uniform(0.4, 1.1) * ink, 0.97)
        width = random.uniform(0.002, 0.01) * self.side
        by_hand = random.random() < 0.5
        return strength, width, random.uniform(0.002, 0.006) * self.side if by_hand else 0

    def _wobbly(
        self, start: tuple[float, float], end: tuple[float, float], wobble: float
    ) -> list[tuple[float, float]]:
        points = np.linspace(start, end, 9 if wobble else 2)
        # A hand's line overshoots and leaves the straight line slowly.
        steps = self.random.normal(0, wobble, points.shape) if wobble else np.zeros(points.shape)
        return [(x, y) for x, y in points + steps]

    def _line(self, points: list[tuple[float, float]], strength: float, width: float) -> None:
        self.has_any = True
        placed = np.column_stack([np.array(points), np.ones(len(points))]) @ self.to_picture.T
        placed = 2 * placed[:, :2] / placed[:, 2:]
        self.draw.line(
            [(float(x), float(y)) for x, y in placed],
            fill=round(255 * strength),
            width=max(round(2 * width), 1),
            joint="curve",
        )
