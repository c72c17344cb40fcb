"""The fifteen kinds of corruption of MNIST-C, under which people still read every digit.

Written from the paper's descriptions: figures on the published pictures would be similar, not
equal. Strengths are those of ImageNet-C (Hendrycks & Dietterich 2019) for the kinds that come from
there, and otherwise chosen by eye so that a person can read every digit. Each is stated with its
kind.

Reference: Mu & Gilmer, "MNIST-C: A Robustness Benchmark for Computer Vision", 2019, section 2.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model.errors import ConfigError

Floats = NDArray[np.float32]

_SIZE = 28
# Digits corrupted at a time, which bounds memory to some hundred MB.
_CHUNK = 1000
_PLACES = np.arange(_SIZE, dtype=np.float32)


def corrupt(digits: NDArray[np.uint8], kind: str, random: np.random.Generator) -> NDArray[np.uint8]:
    """Corrupts digits, each one differently where the kind is random.

    Args:
        digits: (M, 28, 28), uint8, ink bright on dark.
        kind: One of ``KINDS``.
        random: Where all chance comes from.

    Returns:
        The corrupted digits, (M, 28, 28), uint8.

    Raises:
        ConfigError: No such kind, or the digits have another shape or type.
    """
    if kind not in _KINDS:
        raise ConfigError(f"expected a kind of {KINDS}, got {kind!r}")
    if digits.dtype != np.uint8 or digits.ndim != 3 or digits.shape[1:] != (_SIZE, _SIZE):
        raise ConfigError(f"expected digits (M, 28, 28), uint8, got {digits.shape}, {digits.dtype}")
    corrupted = np.empty_like(digits)
    for start in range(0, len(digits), _CHUNK):
        chunk = digits[start : start + _CHUNK] * np.float32(1 / 255)
        changed = np.clip(_KINDS[kind](chunk, random), 0, 1)
        corrupted[start : start + _CHUNK] = np.rint(changed * 255)
    return corrupted


# Each of the following takes and returns digits (M, 28, 28), float32, 0 to 1; what they return is
# clipped to that.


def _shot_noise(digits: Floats, random: np.random.Generator) -> Floats:
    """Few photons: on average three for a pixel of full brightness."""
    return (random.poisson(digits * 3) / 3).astype(np.float32)


def _impulse_noise(digits: Floats, random: np.random.Generator) -> Floats:
    """Every sixth pixel (17 %) is black or white instead."""
    chance = random.random(digits.shape, dtype=np.float32)
    return np.where(chance < 0.085, 0, np.where(chance > 1 - 0.085, 1, digits))


def _glass_blur(digits: Floats, random: np.random.Generator) -> Floats:
    """Frosted glass: blurred, pixels swapped with neighbours twice over, blurred again."""
    blurred = _blur(digits, 0.7)
    which = np.arange(len(digits))
    for _ in range(2):
        for y in range(_SIZE - 2, 0, -1):
            for x in range(_SIZE - 2, 0, -1):
                across, down = random.integers(-1, 2, size=(2, len(digits)))
                here = blurred[:, y, x].copy()
                blurred[:, y, x] = blurred[which, y + down, x + across]
                blurred[which, y + down, x + across] = here
    return _blur(blurred, 0.7)


def _motion_blur(digits: Floats, random: np.random.Generator) -> Floats:
    """Moved while the shutter was open: a trail of up to 10 pixels, within 45° of level."""
    angle = np.deg2rad(random.uniform(-45, 45, len(digits)))
    weights = np.exp(-(np.arange(11) ** 2) / (2 * 3.0**2))
    weights /= weights.sum()
    # Room for the trail on every side, and for the digit not to wrap around.
    side = 48
    trail = np.zeros((len(digits), side, side), dtype=np.float32)
    which = np.arange(len(digits))
    for step, weight in enumerate(weights):
        x, y = step * np.cos(angle), step * np.sin(angle)
        left, top = np.floor(x).astype(int), np.floor(y).astype(int)
        for column, row in ((0, 0), (1, 0), (0, 1), (1, 1)):
            share = (1 - abs(x - left - column)) * (1 - abs(y - top - row))
            trail[which, (top + row) % side, (left + column) % side] += weight * share
    moved = np.fft.irfft2(
        np.fft.rfft2(digits, s=(side, side)) * np.fft.rfft2(trail), s=(side, side)
    )
    return moved[:, :_SIZE, :_SIZE].astype(np.float32)


def _shear(digits: Floats, random: np.random.Generator) -> Floats:
    """Leaning left or right: by 0.4 pixels a row."""
    lean = 0.4 * random.choice([-1, 1], len(digits))
    return _warp(digits, [np.array([[1, a], [0, 1]]) for a in lean])


def _scale(digits: Floats, random: np.random.Generator) -> Floats:  # noqa: ARG001
    """Smaller: 0.7 of its size."""
    return _warp(digits, [np.eye(2) / 0.7] * len(digits))


def _rotate(digits: Floats, random: np.random.Generator) -> Floats:
    """Turned left or right: by 0.4 radians (23°)."""
    cosine, sine = np.cos(0.4), np.sin(0.4)
    turns = random.choice([-1, 1], len(digits))
    return _warp(digits, [np.array([[cosine, t * sine], [-t * sine, cosine]]) for t in turns])


def _brightness(digits: Floats, random: np.random.Generator) -> Floats:  # noqa: ARG001
    """Brighter by half of the range: the ground is grey, and bright ink is saturated."""
    return digits + np.float32(0.5)


def _translate(digits: Floats, random: np.random.Generator) -> Floats:
    """Pushed towards a corner: by the 4 pixels that MNIST leaves free on every side."""
    shifts = 4 * random.choice([-1, 1], (len(digits), 2))
    return _warp(digits, [np.eye(2)] * len(digits), shifts)


def _stripe(digits: Floats, random: np.random.Generator) -> Floats:  # noqa: ARG001
    """The middle half of the columns is inverted."""
    striped = digits.copy()
    striped[:, :, _SIZE // 4 : -_SIZE // 4] = 1 - striped[:, :, _SIZE // 4 : -_SIZE // 4]
    return striped


def _fog(digits: Floats, random: np.random.Generator) -> Floats:
    """Twice as much fog as light, in clouds of every size, coarse ones the strongest."""
    fog = np.zeros(digits.shape, dtype=np.float32)
    for octave in range(5):
        cells = 2**octave + 1
        stretch = _stretch(cells)
        noise = random.uniform(-1, 1, (len(digits), cells, cells)).astype(np.float32)
        fog += (stretch @ noise @ stretch.T) / 2**octave
    fog -= fog.min(axis=(1, 2), keepdims=True)
    fog /= fog.max(axis=(1, 2), keepdims=True)
    return (digits + 2 * fog) / np.float32(3)


def _spatter(digits: Floats, random: np.random.Generator) -> Floats:
    """Specks of mud, dark grey, with soft edges, hide what is under them."""
    noise = _blur(random.standard_normal(digits.shape, dtype=np.float32), 1.0)
    mud = _blur((noise > 0).astype(np.float32), 1.5)
    mud[mud < 0.8] = 0
    return (digits * (1 - mud) + mud * (63 / 255)).astype(np.float32)


def _dotted_line(digits: Floats, random: np.random.Generator) -> Floats:
    """A white dashed line across the picture, anywhere near its middle."""
    along, across = _line_coordinates(len(digits), random)
    period = random.uniform(4, 6, (len(digits), 1, 1)).astype(np.float32)
    start = random.uniform(0, 6, (len(digits), 1, 1)).astype(np.float32)
    is_dash = (along + start) % period < 0.5 * period
    return np.maximum(digits, _stroke(abs(across)) * is_dash)


def _zigzag(digits: Floats, random: np.random.Generator) -> Floats:
    """A white zigzag across the picture, anywhere near its middle."""
    along, across = _line_coordinates(len(digits), random)
    height, period = 2.0, 5.0  # pixels either side of the line, and from peak to peak
    start = random.random((len(digits), 1, 1), dtype=np.float32)
    phase = (along / period + start) % 1
    wave = height * (4 * abs(phase - 0.5) - 1)
    # A slope makes what is measured across longer than the distance to the line.
    distance = abs(across - wave) / np.hypot(1, 4 * height / period)
    return np.maximum(digits, _stroke(distance))


def _canny_edges(digits: Floats, random: np.random.Generator) -> Floats:  # noqa: ARG001
    """Nothing but the outline: Canny's edges (1986), white, after a blur of one pixel."""
    padded = np.pad(_blur(digits, 1.0), ((0, 0), (1, 1), (1, 1)), mode="edge")
    smooth_x = padded[:, :, :-2] + 2 * padded[:, :, 1:-1] + padded[:, :, 2:]
    smooth_y = padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]
    across = (smooth_y[:, :, 2:] - smooth_y[:, :, :-2]) / 4
    down = (smooth_x[:, 2:] - smooth_x[:, :-2]) / 4
    slope = np.hypot(across, down)
    # Only ridges of the slope: no neighbour along the gradient, of four directions, is steeper.
    direction = np.rint(np.arctan2(down, across) / (np.pi / 4)).astype(int) % 4
    around = np.pad(slope, ((0, 0), (1, 1), (1, 1)))
    is_ridge = np.zeros(slope.shape, dtype=bool)
    for number, (x, y) in enumerate(((1, 0), (1, 1), (0, 1), (-1, 1))):
        ahead, behind = _shifted(around, x, y), _shifted(around, -x, -y)
        is_ridge |= (direction == number) & (slope >= ahead) & (slope > behind)
    weak, edges = is_ridge & (slope > 0.1), is_ridge & (slope > 0.2)
    while True:
        # Weak edges count where they continue strong ones.
        around = np.pad(edges, ((0, 0), (1, 1), (1, 1)))
        near = np.zeros_like(edges)
        for x in (-1, 0, 1):
            for y in (-1, 0, 1):
                near |= _shifted(around, x, y)
        grown = near & weak
        if np.array_equal(grown, edges):
            return edges.astype(np.float32)
        edges = grown


def _shifted(padded: NDArray[Any], x: int, y: int) -> NDArray[Any]:
    """Returns a picture's neighbours at (x, y), given the picture with a border of one."""
    return padded[:, 1 + y : 1 + y + _SIZE, 1 + x : 1 + x + _SIZE]


def _blur(digits: Floats, sigma: float) -> Floats:
    """Blurs by a Gaussian; pixels at the edges are repeated beyond them."""
    reach = np.arange(-16, _SIZE + 16)
    weights = np.exp(-((reach - _PLACES[:, None]) ** 2) / (2 * sigma**2)).astype(np.float32)
    matrix = np.zeros((_SIZE, _SIZE), dtype=np.float32)
    for place, weight in zip(np.clip(reach, 0, _SIZE - 1), weights.T, strict=True):
        matrix[:, place] += weight
    matrix /= matrix.sum(axis=1, keepdims=True)
    return (matrix @ digits @ matrix.T).astype(np.float32, copy=False)


def _stretch(cells: int) -> Floats:
    """Returns the matrix (28, cells) that stretches a row of values over a picture, linearly."""
    places = np.linspace(0, cells - 1, _SIZE)[:, None]
    return np.maximum(1 - abs(places - np.arange(cells)), 0).astype(np.float32)


def _warp(
    digits: Floats, matrices: list[NDArray[np.float64]], shifts: NDArray[np.int64] | None = None
) -> Floats:
    """Warps digits about their middles: ``matrices`` (2, 2) lead from new places to old ones."""
    middle = np.array([_SIZE / 2, _SIZE / 2])
    warped = np.empty_like(digits)
    for index, (digit, matrix) in enumerate(zip(digits, matrices, strict=True)):
        shift = middle - matrix @ middle
        if shifts is not None:
            shift = shift - matrix @ shifts[index]
        coefficients = (*matrix[0], shift[0], *matrix[1], shift[1])
        image = Image.fromarray(digit).transform(
            (_SIZE, _SIZE), Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR
        )
        warped[index] = np.asarray(image)
    return warped


def _line_coordinates(count: int, random: np.random.Generator) -> tuple[Floats, Floats]:
    """Returns every pixel's place along a random line, and across it, each (M, 28, 28)."""
    angle = random.uniform(0, np.pi, (count, 1, 1)).astype(np.float32)
    middle = (_SIZE - 1) / 2 + random.uniform(-5, 5, (2, count, 1, 1)).astype(np.float32)
    x, y = _PLACES[None, None, :] - middle[0], _PLACES[None, :, None] - middle[1]
    return x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)


def _stroke(distance: Floats) -> Floats:
    """Returns the ink of a pen of 1.5 pixels, given each pixel's distance from its path."""
    ink: Floats = np.clip(1.25 - distance, 0, 1)
    return ink


_KINDS: Mapping[str, Callable[[Floats, np.random.Generator], Floats]] = {
    "shot_noise": _shot_noise,
    "impulse_noise": _impulse_noise,
    "glass_blur": _glass_blur,
    "motion_blur": _motion_blur,
    "shear": _shear,
    "scale": _scale,
    "rotate": _rotate,
    "brightness": _brightness,
    "translate": _translate,
    "stripe": _stripe,
    "fog": _fog,
    "spatter": _spatter,
    "dotted_line": _dotted_line,
    "zigzag": _zigzag,
    "canny_edges": _canny_edges,
}
KINDS: tuple[str, ...] = tuple(_KINDS)
