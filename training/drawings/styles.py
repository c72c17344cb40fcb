"""Rare ways of writing a digit (allographs), added to digits that lack them.

A zero with a slash, a seven with a bar or a tick, a one with a long upstroke or a foot, a five with
a separate bar, an open four. So training sees more ways of writing than its few sites have.
"""

import numpy as np
from numpy.typing import NDArray

from training.drawings.strokes import Strokes

# A recorded digit has at most this many strokes; a skeleton has many short ones.
_RECORDED = 6


def restyle(strokes: Strokes, label: int, share: float, random: np.random.Generator) -> Strokes:
    """Adds rare ways of writing to a digit.

    Args:
        strokes: Of the digit.
        label: 0 to 9.
        share: Probability of each way of writing that fits the digit.
        random: Draws which, and how.
    """
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    box = np.array((low, np.maximum(high - low, 1e-3)))
    is_recorded = len(strokes) <= _RECORDED
    if label == 0 and (len(strokes) == 1 or not is_recorded) and random.random() < share:
        return (*strokes, _slash(box, random))
    if label == 7 and is_recorded:
        if len(strokes) == 1 and random.random() < share:
            strokes = (*strokes, _bar(strokes[0], box, random))
        if random.random() < share / 2:
            strokes = (_tick(strokes[0], box, random), *strokes[1:])
    if label == 1 and len(strokes) == 1 and box[1, 0] < 0.4 * box[1, 1]:
        if random.random() < share:
            strokes = (_upstroke(strokes[0], box, random),)
        if random.random() < share / 2:
            strokes = (*strokes, _foot(strokes[0], box, random))
    if label in (4, 5) and 1 < len(strokes) <= _RECORDED and random.random() < share:
        return _apart(strokes, label, box, random)
    return strokes


def _line(*points: tuple[float, float] | NDArray[np.floating]) -> NDArray[np.float32]:
    """A stroke through points, with more of them between, as a pen would leave."""
    ends = np.array(points, np.float64)
    steps = np.linspace(0, len(ends) - 1, 12 * (len(ends) - 1) + 1)
    places = np.arange(len(ends))
    return np.column_stack([np.interp(steps, places, ends[:, axis]) for axis in (0, 1)]).astype(
        np.float32
    )


def _at(box: NDArray[np.floating], x: float, y: float) -> tuple[float, float]:
    """A place in the digit's box: shares of its width and height from the upper left."""
    return float(box[0, 0] + x * box[1, 0]), float(box[0, 1] + y * box[1, 1])


def _slash(box: NDArray[np.floating], random: np.random.Generator) -> NDArray[np.float32]:
    reach_x, reach_y = random.uniform(0.25, 0.7), random.uniform(0.25, 0.65)
    return _line(_at(box, 0.5 - reach_x, 0.5 + reach_y), _at(box, 0.5 + reach_x, 0.5 - reach_y))


def _bar(
    stem: NDArray[np.float32], box: NDArray[np.floating], random: np.random.Generator
) -> NDArray[np.float32]:
    height = box[0, 1] + random.uniform(0.4, 0.65) * box[1, 1]
    middle = float(stem[np.abs(stem[:, 1] - height).argmin(), 0])
    half = random.uniform(0.15, 0.3) * float(box[1].max())
    rise = random.uniform(-0.1, 0.1) * half
    return _line((middle - half, height + rise), (middle + half, height - rise))


def _tick(
    stroke: NDArray[np.float32], box: NDArray[np.floating], random: np.random.Generator
) -> NDArray[np.float32]:
    x, y = stroke[0].tolist()
    down = random.uniform(0.1, 0.3) * box[1, 1]
    side = random.uniform(-0.08, 0.05) * box[1, 0]
    return np.concatenate((_line((x + side, y + down), (x, y)), stroke)).astype(np.float32)


def _upstroke(
    stem: NDArray[np.float32], box: NDArray[np.floating], random: np.random.Generator
) -> NDArray[np.float32]:
    down = stem if stem[0, 1] < stem[-1, 1] else stem[::-1]
    x, y = down[0].tolist()
    length = random.uniform(0.2, 0.75) * float(box[1, 1])
    angle = np.deg2rad(random.uniform(20, 60))  # from the vertical
    start = (x - length * np.sin(angle), y + length * np.cos(angle))
    return np.concatenate((_line(start, (x, y)), down)).astype(np.float32)


def _foot(
    stem: NDArray[np.float32], box: NDArray[np.floating], random: np.random.Generator
) -> NDArray[np.float32]:
    x, y = stem[stem[:, 1].argmax()].tolist()
    left, right = random.uniform(0.15, 0.4, 2) * float(box[1, 1])
    return _line((x - left, y), (x + right, y))


def _apart(
    strokes: Strokes, label: int, box: NDArray[np.floating], random: np.random.Generator
) -> Strokes:
    """Moves the bar of a five up and away, or the second stroke of a four to the right."""
    moved = len(strokes) - 1
    if label == 5:
        tops = [float(stroke[:, 1].mean()) for stroke in strokes]
        moved = int(np.argmin(tops))
        if np.ptp(strokes[moved][:, 1]) > 0.4 * box[1, 1]:
            return strokes
        shift = (random.uniform(0, 0.25) * box[1, 0], -random.uniform(0, 0.15) * box[1, 1])
    else:
        shift = (random.uniform(0, 0.15) * box[1, 0], 0.0)
    return tuple(
        (stroke + np.array(shift, np.float32)).astype(np.float32) if number == moved else stroke
        for number, stroke in enumerate(strokes)
    )
