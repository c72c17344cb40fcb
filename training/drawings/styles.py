"""Rare ways of writing a digit (allographs), given to digits that lack them.

The few sites that training learns from lack many countries' hands: a one with a long upstroke, a
foot or a loop; a slashed or narrow zero; fours like a flash, in one sweep, with a low bar, a short
leg, or closed with a long stem; sixes that curl round at the top; wavy and barred sevens; nines
with a curled loop or a tail swept to the left. Each is a change of pen strokes, or new ones that
take the place and the proportions of those recorded.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from training.drawings.strokes import Strokes

# A recorded digit has at most this many strokes; a skeleton has many short ones.
_RECORDED = 6
# A one of a single stroke is a plain stem where it is narrower than this, heights.
_STEM = 0.4


class _Box(NamedTuple):
    """Where a digit stands: its upper left corner and its size."""

    corner: NDArray[np.float64]
    size: NDArray[np.float64]

    def at(self, x: float, y: float) -> tuple[float, float]:
        """A place in the box: shares of its width and height."""
        return float(self.corner[0] + x * self.size[0]), float(self.corner[1] + y * self.size[1])


Change = Callable[[Strokes, _Box, np.random.Generator], Strokes | None]
"""Writes a digit in another way; None where that does not suit it."""


class Form(NamedTuple):
    """A way of writing."""

    label: int
    change: Change
    share: float = 1.0
    """Of the probability that ``restyle`` is called with."""


def restyle(strokes: Strokes, label: int, share: float, random: np.random.Generator) -> Strokes:
    """Writes a digit in rare ways, or leaves it as it is.

    Args:
        strokes: Of the digit.
        label: 0 to 9.
        share: Probability of each way of writing that suits the digit.
        random: Draws which, and how.
    """
    for form in FORMS.values():
        if form.label == label and random.random() < share * form.share:
            strokes = write_as(form, strokes, random) or strokes
    return strokes


def write_as(form: Form, strokes: Strokes, random: np.random.Generator) -> Strokes | None:
    """Writes a digit in one way; None where that does not suit it."""
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    box = _Box(low.astype(np.float64), np.maximum(high - low, 1e-3).astype(np.float64))
    return form.change(strokes, box, random)


def _slashed(strokes: Strokes, box: _Box, random: np.random.Generator) -> Strokes | None:
    if 1 < len(strokes) <= _RECORDED:  # it has one
        return None
    x, y = random.uniform(0.25, 0.7), random.uniform(0.25, 0.65)
    return (*strokes, _line(box.at(0.5 - x, 0.5 + y), box.at(0.5 + x, 0.5 - y)))


def _narrow(strokes: Strokes, box: _Box, random: np.random.Generator) -> Strokes:
    wanted = random.uniform(0.22, 0.45) * box.size[1]
    factor = min(1.0, wanted / box.size[0])
    middle = box.corner[0] + box.size[0] / 2
    return tuple(
        np.column_stack(((stroke[:, 0] - middle) * factor + middle, stroke[:, 1])).astype(
            np.float32
        )
        for stroke in strokes
    )


def _with_upstroke(strokes: Strokes, box: _Box, random: np.random.Generator) -> Strokes | None:
    """As on the continent: straight or bent, short or down to the line."""
    stem = _stem(strokes, box)
    if stem is None:
        return None
    length = random.uniform(0.2, 1.0) * box.size[1]
    angle = np.deg2rad(random.uniform(14, 60) * (1 if length < 0.8 * box.size[1] else 0.7))
    start = stem[0] + length * np.array((-np.sin(angle), np.cos(angle)))
    middle = (start + stem[0]) / 2 + random.uniform(-0.12, 0.12) * length * np.array((1, 0.3))
    return (np.concatenate((_curve(start, middle, stem[0]), stem)),)


def _looped(strokes: Strokes, box: _Box, random: np.random.Generator) -> Strokes | None:
    """The upstroke goes over into the stem by a loop."""
    stem = _stem(strokes, box)
    if stem is None:
        return None
    length = random.uniform(0.3, 0.7) * box.size[1]
    angle = np.deg2rad(random.uniform(20, 50))
    start = stem[0] + length * np.array((-np.sin(angle), np.cos(angle)))
    loop = random.uniform(0.06, 0.14) * box.size[1]
    turn = np.linspace(np.pi, -0.2 * np.pi, 14)
    arc = stem[0] + loop * np.column_stack((np.cos(turn) - 0.3, -np.sin(turn) - 0.4))
    return (np.concatenate((_line(start, arc[0]), arc, stem)).astype(np.float32),)


def _with_foot(strokes: Strokes, box: _Box, random: np.random.Generator) -> Strokes | None:
    if len(strokes) != 1 or box.size[0] > box.size[1]:
        return None
    x, y = strokes[0][strokes[0][:, 1].argmax()].tolist()
    left, right = random.uniform(0.12, 0.4, 2) * box.size[1]
    tilt = random.uniform(-0.06, 0.06) * box.size[1]
    return (*strokes, _line((x - left, y + tilt), (x + right, y - tilt)))


def _with_serif(strokes: Strokes, box: _Box, random: np.random.Generator) -> Strokes | None:
    """A short tick at the top, and a foot, as in print."""
    stem = _stem(strokes, box)
    if stem is None:
        return None
    reach = random.uniform(0.1, 0.25) * box.size[1]
    tick = _line(stem[0] + np.array((-reach, random.uniform(0.2, 0.7) * reach)), stem[0])
    return _with_foot((np.concatenate((tick, stem)),), box, random)


def _flash(_: Strokes, box: _Box, random: np.random.Generator) -> Strokes:
    """In one stroke, as lightning: down to the left, across, and down again."""
    bar = random.uniform(0.45, 0.7)
    return (
        _through(
            box,
            random,
            (random.uniform(0.35, 0.7), 0),
            (random.uniform(0, 0.1), bar + random.uniform(-0.03, 0.08)),
            (random.uniform(0.8, 1), bar + random.uniform(-0.12, 0.03)),
            (random.uniform(0.35, 0.65), 1),
        ),
    )


def _one_sweep(_: Strokes, box: _Box, random: np.random.Generator) -> Strokes:
    """Open, and the pen is not lifted: down, across, up and down the stem."""
    bar, stem = random.uniform(0.4, 0.65), random.uniform(0.65, 0.95)
    return (
        _through(
            box,
            random,
            (random.uniform(0.1, 0.35), 0),
            (random.uniform(0, 0.12), bar),
            (stem - random.uniform(0, 0.1), bar - random.uniform(0, 0.1)),
            (stem + random.uniform(0, 0.05), random.uniform(0, 0.25)),
            (stem - random.uniform(0, 0.2), 1),
        ),
    )


def _four(
    box: _Box,
    random: np.random.Generator,
    *,
    bar: float,
    top: float,
    stem_top: float,
    bar_end: float,
) -> Strokes:
    """A four of two strokes; where the two meet at the top it is closed."""
    stem = random.uniform(0.6, 0.8)
    first = _through(
        box,
        random,
        (top, 0),
        (random.uniform(0, 0.08), bar),
        (bar_end, bar + random.uniform(-0.05, 0.05)),
    )
    return first, _through(box, random, (stem, stem_top), (stem - random.uniform(0, 0.15), 1))


def _low_bar(_: Strokes, box: _Box, random: np.random.Generator) -> Strokes:
    """The leg below the bar is short."""
    return _four(
        box,
        random,
        bar=random.uniform(0.72, 0.9),
        top=random.uniform(0.2, 0.75),
        stem_top=random.uniform(0, 0.45),
        bar_end=random.uniform(0.9, 1.1),
    )


def _closed(_: Strokes, box: _Box, random: np.random.Generator) -> Strokes:
    """Closed at the top, with a long stem."""
    stem = random.uniform(0.6, 0.85)
    bar = random.uniform(0.32, 0.5)
    lean = random.uniform(0, 0.15)
    return (
        _through(
            box,
            random,
            (stem, 0),
            (random.uniform(0, 0.1), bar),
            (min(1.0, stem + random.uniform(0, 0.3)), bar + random.uniform(-0.04, 0.04)),
        ),
        _through(box, random, (stem, 0), (stem - lean, 1.15)),
    )


def _bar_moved(strokes: Strokes, box: _Box, random: np.random.Generator) -> Strokes | None:
    """The second stroke of a four stands apart."""
    if not 1 < len(strokes) <= _RECORDED:
        return None
    shift = np.array((random.uniform(0, 0.15) * box.size[0], 0.0), np.float32)
    return (*strokes[:-1], strokes[-1] + shift)


def _top_moved(strokes: Strokes, box: _Box, random: np.random.Generator) -> Strokes | None:
    """The top of a five stands apart."""
    if not 1 < len(strokes) <= _RECORDED:
        return None
    moved = int(np.argmin([float(stroke[:, 1].mean()) for stroke in strokes]))
    if np.ptp(strokes[moved][:, 1]) > 0.4 * box.size[1]:
        return None
    shift = random.uniform(0, 0.25) * box.size[0], -random.uniform(0, 0.15) * box.size[1]
    return tuple(
        stroke + np.array(shift, np.float32) if number == moved else stroke
        for number, stroke in enumerate(strokes)
    )


def _curled_top(strokes: Strokes, box: _Box, random: np.random.Generator) -> Strokes | None:
    """The stroke of a six begins with a curl to the right and down."""
    if len(strokes) > _RECORDED or strokes[0][0, 1] > box.corner[1] + 0.4 * box.size[1]:
        return None
    start = strokes[0][0]
    radius = random.uniform(0.08, 0.2) * box.size[1]
    turn = np.linspace(random.uniform(0.5, 1.15) * np.pi, 0, 14)
    curl = start + radius * np.column_stack((np.sin(turn), 1 - np.cos(turn)))
    return (np.concatenate((curl, strokes[0])).astype(np.float32), *strokes[1:])


def _barred(strokes: Strokes, box: _Box, random: np.random.Generator) -> Strokes | None:
    """A bar across the stem, high or low."""
    if len(strokes) != 1:
        return None
    height = box.corner[1] + random.uniform(0.38, 0.78) * box.size[1]
    middle = float(strokes[0][np.abs(strokes[0][:, 1] - height).argmin(), 0])
    half = random.uniform(0.15, 0.32) * float(box.size.max())
    rise = random.uniform(-0.12, 0.12) * half
    return (*strokes, _line((middle - half, height + rise), (middle + half, height - rise)))


def _ticked(strokes: Strokes, box: _Box, random: np.random.Generator) -> Strokes | None:
    """The top of a seven begins with a stroke from below."""
    if len(strokes) > _RECORDED:
        return None
    start = strokes[0][0]
    down = random.uniform(0.08, 0.3) * box.size[1]
    side = random.uniform(-0.08, 0.05) * box.size[0]
    tick = _line(start + np.array((side, down)), start)
    return (np.concatenate((tick, strokes[0])), *strokes[1:])


def _wavy(strokes: Strokes, box: _Box, random: np.random.Generator) -> Strokes | None:
    """The top of a seven is a wave, and the whole slants."""
    if len(strokes) > _RECORDED:
        return None
    height, lean = random.uniform(0.04, 0.12) * box.size[1], random.uniform(0, 0.35)
    phase = random.uniform(-0.5, 0.5)
    changed = []
    for stroke in strokes:
        x, y = ((stroke - box.corner) / box.size).T
        wave = height * np.sin(2 * np.pi * x + phase) * np.clip(1 - y / 0.35, 0, 1)
        changed.append(
            np.column_stack((stroke[:, 0] - lean * y * box.size[1], stroke[:, 1] - wave))
        )
    return tuple(stroke.astype(np.float32) for stroke in changed)


def _curled_loop(strokes: Strokes, box: _Box, random: np.random.Generator) -> Strokes | None:
    """The loop of a nine begins with a curl inside it."""
    start = strokes[0][0]
    if len(strokes) > _RECORDED or start[1] > box.corner[1] + 0.45 * box.size[1]:
        return None
    middle = np.array(box.at(random.uniform(0.4, 0.55), random.uniform(0.22, 0.32)))
    arm = start - middle
    turn = np.linspace(random.uniform(0.7, 1.4) * np.pi, 0, 16)
    shrink = np.linspace(random.uniform(0.2, 0.45), 1, 16)[:, None]
    spiral = np.column_stack(
        (
            arm[0] * np.cos(turn) - arm[1] * np.sin(turn),
            arm[0] * np.sin(turn) + arm[1] * np.cos(turn),
        )
    )
    return (np.concatenate((middle + shrink * spiral, strokes[0])).astype(np.float32), *strokes[1:])


def _swept_tail(strokes: Strokes, box: _Box, random: np.random.Generator) -> Strokes | None:
    """The tail of a nine is swept to the left, as far as below its loop, or curls up there."""
    if len(strokes) > _RECORDED:
        return None
    sweep, curl = (
        random.uniform(0.3, 1.1) * box.size[0],
        random.choice((0, random.uniform(0, 0.25))),
    )
    begin = random.uniform(0.5, 0.7)
    changed = []
    for stroke in strokes:
        y = (stroke[:, 1] - box.corner[1]) / box.size[1]
        low = np.clip((y - begin) / (1 - begin), 0, 1) ** 2
        shifted = (stroke[:, 0] - sweep * low, stroke[:, 1] - curl * box.size[1] * low**3)
        changed.append(np.column_stack(shifted).astype(np.float32))
    return tuple(changed)


FORMS: Mapping[str, Form] = {
    "zero with a slash": Form(0, _slashed),
    "narrow zero": Form(0, _narrow),
    "one with a long upstroke": Form(1, _with_upstroke, 1.4),
    "one with a loop": Form(1, _looped, 0.4),
    "one with a serif and a foot": Form(1, _with_serif, 0.5),
    "one with a foot": Form(1, _with_foot, 0.5),
    "four like a flash": Form(4, _flash, 0.5),
    "four in one sweep": Form(4, _one_sweep, 0.5),
    "four with a low bar": Form(4, _low_bar, 0.5),
    "four, closed, with a long stem": Form(4, _closed, 0.5),
    "four, its stem apart": Form(4, _bar_moved, 0.6),
    "five, its top apart": Form(5, _top_moved),
    "six that curls round at the top": Form(6, _curled_top, 1.2),
    "seven with a bar": Form(7, _barred),
    "seven with a tick": Form(7, _ticked, 0.5),
    "seven with a wavy top": Form(7, _wavy, 0.8),
    "nine with a curled loop": Form(9, _curled_loop, 0.8),
    "nine with its tail swept left": Form(9, _swept_tail, 1.2),
}


def _stem(strokes: Strokes, box: _Box) -> NDArray[np.float32] | None:
    """The only stroke of a plain one, from its upper end; None where it is none."""
    if len(strokes) != 1 or box.size[0] > _STEM * box.size[1]:
        return None
    stem = strokes[0]
    return stem if stem[0, 1] < stem[-1, 1] else stem[::-1]


def _line(*points: tuple[float, float] | NDArray[np.floating]) -> NDArray[np.float32]:
    """A stroke through points, with more of them between, as a pen would leave."""
    ends = np.array(points, np.float64)
    steps = np.linspace(0, len(ends) - 1, 12 * (len(ends) - 1) + 1)
    places = np.arange(len(ends))
    return np.column_stack([np.interp(steps, places, ends[:, axis]) for axis in (0, 1)]).astype(
        np.float32
    )


def _curve(
    start: NDArray[np.floating], middle: NDArray[np.floating], end: NDArray[np.floating]
) -> NDArray[np.float32]:
    """A bent stroke: a quadratic Bézier curve by way of ``middle``."""
    t = np.linspace(0, 1, 14)[:, None]
    by = 2 * middle - (start + end) / 2
    return ((1 - t) ** 2 * start + 2 * t * (1 - t) * by + t**2 * end).astype(np.float32)


def _through(
    box: _Box, random: np.random.Generator, *places: tuple[float, float]
) -> NDArray[np.float32]:
    """A stroke through places of a box, its corners sharp or rounded."""
    points = _line(*[box.at(*place) for place in places]).astype(np.float64)
    rounds = int(random.integers(0, 3))
    for _ in range(rounds):
        inner = (points[:-2] + 2 * points[1:-1] + points[2:]) / 4
        points = np.vstack((points[:1], inner, points[-1:]))
    return points.astype(np.float32)
