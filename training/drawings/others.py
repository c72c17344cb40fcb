"""Ink that is no digit, as people leave it in cells: the reader learns to say so.

Letters and symbols that people wrote, printed letters of many scripts, invented characters,
scribbles, shapes, remains of lines, hatching, and spoilt digits: two over each other, crossed out,
mirrored and turned. Digits that are cut are left out: what is left of one is often another digit.
"""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from training.drawings.strokes import Glyph, Ink, Strokes

# Letters and symbols that are digits by their shape, or specks: no more can be asked of a reader.
LOOK_ALIKES = frozenset("OoIl|ZzSsBqg" + "/\\()!'`,.;:")
LETTERS = "ACEFHKLMNPRTUVWXYacdefhkmnprtuvwxy"
"""Those that are no digits by their shape in any hand or font."""
SCRIPTS = (
    "ΓΔΛΞΠΣΦΨΩαβγζηκλμξπφχψω"  # Greek
    "АБДЖИЙЛПФЦШЩЫЭЮЯвджиклптфцшщъыюя"
    "אבגהחטכלמנפצקשת"
    "بتثجحخدذسشصضطظفقكلني"
    "ԱԲԳԴԵԸԺԽԾՀՄՅՊՌՎՔաբեըժխծհձմյպռվտքև"
    "დეიკლჟრტფქღყშჩცძწჭხჯჰ"
    "あいえおかきけさしすせたちとなにぬねのはひふほまみむめもやゆよりれわを"
    "アイウエオカキケサシスセソタチツテトナネハヒホマミムメモヤユヨラリルレ"
    "人大小山川水火木金土田月耳手足車門雨本文字学校年中国上下左右天気男女"
)
"""Of other scripts, without those that are digits by their shape."""
# What is mirrored or turned by a half or a quarter must not be a digit again.
_MIRRORED, _UPSIDE_DOWN, _ON_ITS_SIDE = (2, 3, 4, 5, 6, 7, 9), (3, 4, 7), (2, 3, 4, 5, 6, 7, 9)
# A scribble has at least this many turns.
_LEAST_TURNS = 5
# Of an invented character: its shortest stroke, shares of its side, and the fewest of them.
_SHORTEST, _LEAST_STROKES = 0.3, 4


class Others:
    """Draws ink that is no digit.

    Args:
        characters: What people wrote that is no digit, with its weight in sampling.
        digits: Strokes of digits, with their labels, to spoil.
        printed: Printed letters.
    """

    def __init__(
        self,
        characters: Sequence[tuple[Strokes, float]],
        digits: Sequence[tuple[Strokes, int]],
        printed: Sequence[Glyph],
    ) -> None:
        self._characters = [strokes for strokes, _ in characters]
        weights = np.array([weight for _, weight in characters])
        self._ends = np.cumsum(weights / weights.sum())
        self._digits = digits
        self._by_label = [[s for s, label in digits if label == wanted] for wanted in range(10)]
        self._printed = printed
        self._kinds: Sequence[tuple[Callable[[np.random.Generator], Ink], float]] = (
            (self._character, 0.45),
            (self._printed_letter, 0.1),
            (self._overlaid, 0.06),
            (self._mirrored, 0.11),
            (self._turned, 0.06),
            (scribble, 0.06),
            (shape, 0.08),
            (invented, 0.04),
            (hatching, 0.02),
            (line_remains, 0.02),
        )

    def draw(self, random: np.random.Generator) -> Ink:
        """Draws one."""
        shares = np.array([share for _, share in self._kinds])
        kind = int(random.choice(len(shares), p=shares / shares.sum()))
        return self._kinds[kind][0](random)

    def sources(self) -> Iterable[Ink]:
        """Returns all that is drawn from."""
        return (*self._characters, *(strokes for strokes, _ in self._digits), *self._printed)

    def _character(self, random: np.random.Generator) -> Ink:
        pick = int(np.searchsorted(self._ends, random.random()))
        return self._characters[min(pick, len(self._characters) - 1)]

    def _printed_letter(self, random: np.random.Generator) -> Ink:
        return self._printed[int(random.integers(len(self._printed)))]

    def _digit(self, labels: Sequence[int], random: np.random.Generator) -> Strokes:
        of_label = self._by_label[labels[int(random.integers(len(labels)))]]
        return of_label[int(random.integers(len(of_label)))]

    def _mirrored(self, random: np.random.Generator) -> Ink:
        return mirrored(self._digits, random)

    def _turned(self, random: np.random.Generator) -> Ink:
        if random.random() < 0.4:
            return _transform(self._digit(_UPSIDE_DOWN, random), -np.eye(2))
        side = random.choice((-1, 1))
        return _transform(self._digit(_ON_ITS_SIDE, random), np.array([[0, -side], [side, 0]]))

    def _overlaid(self, random: np.random.Generator) -> Ink:
        """Two digits over each other, or one crossed out."""
        first = _unit(self._digit(range(10), random))
        if random.random() < 0.35:
            return (*first, *_crossing_out(random))
        second = _unit(self._digit(range(2, 10), random))
        shift = random.uniform(-0.45, 0.45, 2) * (1, 0.4)
        return (*first, *(stroke + shift.astype(np.float32) for stroke in second))


def mirrored(digits: Sequence[tuple[Strokes, int]], random: np.random.Generator) -> Strokes:
    """Mirrors one of the digits that are none in a mirror."""
    while True:
        strokes, label = digits[int(random.integers(len(digits)))]
        if label in _MIRRORED:
            return _transform(strokes, np.array([[-1, 0], [0, 1]]))


def scribble(random: np.random.Generator) -> Strokes:
    """Draws what a pen leaves that goes to and fro, round and round, or anywhere."""
    kind = random.integers(4)
    if kind == 0:  # through points anywhere
        return (_smooth(random.uniform(0, 1, (int(random.integers(7, 16)), 2))),)
    turns = int(random.integers(_LEAST_TURNS, 12))
    if kind == 1:  # to and fro
        across = np.linspace(0, 1, turns) * random.uniform(0.4, 1.2)
        up = np.where(np.arange(turns) % 2, 1.0, 0.0) + random.normal(0, 0.08, turns)
        points = np.column_stack((across, up))
        points = points if random.random() < 0.6 else _straighten(points)
        turn = _turn(random.uniform(0, np.pi))
        return (_smooth(points @ turn.T),)
    along = np.linspace(0, 2 * np.pi * turns / 2, 24 * turns)
    if kind == 2:  # a spiral, or a knot of loops
        radius = np.linspace(random.uniform(0, 0.4), 1, len(along))
        radius = radius * (1 + 0.25 * np.sin(along * random.uniform(0.2, 0.8)))
        points = np.column_stack((np.cos(along), np.sin(along))) * radius[:, None]
        return (points.astype(np.float32),)
    drift = along / along[-1] * random.uniform(0.5, 3)  # loops beside each other
    points = np.column_stack((np.cos(along) + drift, np.sin(along) * random.uniform(0.6, 1.4)))
    return (points.astype(np.float32),)


def shape(random: np.random.Generator) -> Strokes:
    """Draws a shape that people draw: a triangle, star, heart, tick, cross, arrow, a face."""
    draw = _SHAPES[int(random.integers(len(_SHAPES)))]
    strokes = draw(random)
    stretch = np.exp(random.uniform(-0.25, 0.25))
    turn = _turn(random.uniform(-0.15, 0.15)) @ np.diag((stretch, 1 / stretch))
    return tuple(_dense(stroke @ turn.T) for stroke in strokes)


def invented(random: np.random.Generator) -> Strokes:
    """Draws a character of no script: a few lines, hooks and arcs that touch or cross."""
    strokes = []
    for _ in range(int(random.integers(4, 8))):
        start, end = random.choice(np.linspace(0, 1, 4), (2, 2))
        length = float(np.hypot(*(end - start)))
        if length < _SHORTEST:
            continue
        along = np.linspace(0, 1, 16)[:, None]
        aside = np.array([start[1] - end[1], end[0] - start[0]])
        bend = random.choice((0.0, random.uniform(-0.6, 0.6)))
        line = start + (end - start) * along + aside * bend * np.sin(np.pi * along)
        strokes.append((line + random.normal(0, 0.03, 2)).astype(np.float32))
    # What is left of too few strokes may be a digit.
    return tuple(strokes) if len(strokes) >= _LEAST_STROKES else invented(random)


def hatching(random: np.random.Generator) -> Strokes:
    """Draws parallel lines, or two sets of them that cross."""
    first = random.uniform(0, np.pi)
    angles = [first] if random.random() < 0.5 else [first, first + random.uniform(1, 2)]
    strokes = []
    for angle in angles:
        for place in np.linspace(-0.5, 0.5, int(random.integers(4, 9))):
            line = np.array([(-0.5, place), (0.5, place)]) + random.normal(0, 0.03, (2, 2))
            strokes.append(_dense(line @ _turn(angle).T))
    return tuple(strokes)


def line_remains(random: np.random.Generator) -> Strokes:
    """Draws what is left of a form's lines: a corner, a crossing, a tee, or parts of a frame."""
    kind, up = random.integers(4), random.uniform(0.5, 1.5)
    corner = [np.array([(0, up), (0, 0), (1, 0)])]
    tee = [np.array([(0, 0), (1, 0)]), np.array([(0.5, 0), (0.5, up)])]
    crossing = [np.array([(0, up / 2), (1, up / 2)]), np.array([(0.5, 0), (0.5, up)])]
    three_sides = [np.array([(0, up), (0, 0), (1, 0), (1, up)])]
    lines = (corner, tee, crossing, three_sides)[kind]
    turn = _turn(float(random.integers(4)) * np.pi / 2 + random.normal(0, 0.04))
    if kind == 0 and turn[0, 1] > 0.5:  # that one may be a seven
        turn = turn.T
    return tuple(_dense(line @ turn.T) for line in lines)


def _crossing_out(random: np.random.Generator) -> Strokes:
    ends = [np.array([(-0.15, 0.1), (1.1, 0.9)]), np.array([(1.1, 0.1), (-0.15, 0.9)])]
    chosen = ends if random.random() < 0.6 else [np.array([(-0.2, 0.3), (1.2, 0.35)])]
    if random.random() < 0.3:
        chosen = [*chosen, np.array([(-0.2, 0.6), (1.2, 0.62)])]
    return tuple(_dense(line + random.normal(0, 0.06, (2, 2))) for line in chosen)


def _polygon(corners: int, first: float = 0.0) -> NDArray[np.float64]:
    angles = np.linspace(0, 2 * np.pi, corners + 1) + first
    return np.column_stack((np.sin(angles), -np.cos(angles)))


def _circle(x: float = 0, y: float = 0, radius: float = 1) -> NDArray[np.float64]:
    return _polygon(40) * radius + (x, y)


def _star(random: np.random.Generator) -> list[NDArray[np.float64]]:
    if random.random() < 0.5:
        return [_polygon(5)[[0, 2, 4, 1, 3, 0]]]
    points = int(random.integers(4, 8))
    radius = np.where(np.arange(2 * points + 1) % 2, random.uniform(0.35, 0.55), 1.0)
    return [_polygon(2 * points) * radius[:, None]]


def _heart(_: np.random.Generator) -> list[NDArray[np.float64]]:
    t = np.linspace(0, 2 * np.pi, 60)
    y = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return [np.column_stack((16 * np.sin(t) ** 3, -y)) / 16]


def _arrow(random: np.random.Generator) -> list[NDArray[np.float64]]:
    turn = _turn(float(random.integers(8)) * np.pi / 4).T
    head = np.array([(0.4, -0.5), (1, 0), (0.4, 0.5)])
    return [np.array([(-1.0, 0), (1, 0)]) @ turn, head @ turn]


def _face(random: np.random.Generator) -> list[NDArray[np.float64]]:
    mouth = _polygon(40)[13:28] * (0.55, 0.55 * random.choice((1, -0.5)))
    return [_circle(), _circle(-0.35, -0.3, 0.08), _circle(0.35, -0.3, 0.08), mouth]


def _tick(_: np.random.Generator) -> list[NDArray[np.float64]]:
    return [np.array([(-1, 0.1), (-0.4, 0.8), (1, -0.9)])]


def _house(_: np.random.Generator) -> list[NDArray[np.float64]]:
    walls = np.array([(-0.8, 0.0), (-0.8, 1), (0.8, 1), (0.8, 0), (-0.8, 0), (0, -0.8), (0.8, 0)])
    return [walls]


def _crosses(random: np.random.Generator) -> list[NDArray[np.float64]]:
    lines = [np.array([(-1.0, -1), (1, 1)]), np.array([(1.0, -1), (-1, 1)])]
    if random.random() < 0.4:
        lines = [line @ _turn(np.pi / 4).T for line in lines]
    if random.random() < 0.3:
        lines.append(np.array([(-1.2, 0), (1.2, 0)]))
    return lines


def _ringed(random: np.random.Generator) -> list[NDArray[np.float64]]:
    inner = (
        _polygon(int(random.integers(3, 6))) * 0.5 if random.random() < 0.5 else _circle(0, 0, 0.4)
    )
    return [_circle(), inner]


def _wave(random: np.random.Generator) -> list[NDArray[np.float64]]:
    along = np.linspace(0, 1, 60)
    height = random.uniform(0.15, 0.35) * np.sin(2 * np.pi * along * random.integers(2, 5))
    return [np.column_stack((2 * along, height))]


def _equals(_: np.random.Generator) -> list[NDArray[np.float64]]:
    return [np.array([(0, 0), (1.0, 0)]), np.array([(0, 0.5), (1.0, 0.5)])]


def _dash(random: np.random.Generator) -> list[NDArray[np.float64]]:
    return [np.array([(0, 0), (1.0, random.uniform(-0.1, 0.1))])]


def _moon(_: np.random.Generator) -> list[NDArray[np.float64]]:
    outer = _polygon(40)[3:38]
    return [np.vstack((outer * (-1, 1), outer[::-1] * (-0.45, 0.95)))]


def _cornered(random: np.random.Generator) -> list[NDArray[np.float64]]:
    corners = int(random.integers(3, 5))
    return [_polygon(corners, random.uniform(0, 2 * np.pi))]


def _grid_of_boxes(_: np.random.Generator) -> list[NDArray[np.float64]]:
    box = np.array([(-1.0, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)])
    return [box, np.array([(-1.0, 0), (1, 0)]), np.array([(0.0, -1), (0, 1)])]


_SHAPES = (
    _cornered, _cornered, _star, _heart, _arrow, _face, _tick, _house, _crosses, _ringed, _wave,
    _equals, _dash, _moon, _grid_of_boxes,
)  # fmt: skip


def _turn(angle: float) -> NDArray[np.float64]:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def _transform(strokes: Strokes, matrix: NDArray[np.floating]) -> Strokes:
    return tuple((stroke @ matrix.T).astype(np.float32) for stroke in strokes)


def _unit(strokes: Strokes) -> Strokes:
    """Brings strokes to the unit square, their shape kept."""
    points = np.concatenate(strokes)
    low, size = points.min(axis=0), max(float(np.ptp(points, axis=0).max()), 1e-6)
    return tuple(((stroke - low) / size).astype(np.float32) for stroke in strokes)


def _dense(points: NDArray[np.floating]) -> NDArray[np.float32]:
    """Puts points between the corners of a line, as a pen would leave."""
    lengths = np.hypot(*np.diff(points, axis=0).T)
    along = np.concatenate(([0], np.cumsum(lengths)))
    wanted = np.linspace(0, along[-1], max(8, int(along[-1] / 0.08)))
    return np.column_stack([np.interp(wanted, along, points[:, axis]) for axis in (0, 1)]).astype(
        np.float32
    )


def _smooth(points: NDArray[np.floating]) -> NDArray[np.float32]:
    """Rounds the corners of a line by Chaikin's corner cutting."""
    for _ in range(3):
        before, after = points[:-1], points[1:]
        cut = np.stack((0.75 * before + 0.25 * after, 0.25 * before + 0.75 * after), axis=1)
        points = np.vstack((points[:1], cut.reshape(-1, 2), points[-1:]))
    return points.astype(np.float32)


def _straighten(points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Puts points between, so that corners stay sharp when they are rounded."""
    return np.asarray(_dense(points), np.float64)
