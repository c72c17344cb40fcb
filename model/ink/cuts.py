"""Where the cells of a grid may meet, along one axis."""

import numpy as np
from numpy.typing import NDArray

from model.ink.lines import Line

# The middle of the picture is left for a gap in the ink that is at most this far off, shares.
_FURTHEST = 0.17
# Gaps are tried, the widest first, up to so many.
_MOST_GAPS = 3
# Lines closer than this are one, a frame is at least so long, and has so much of the ink within.
_SAME_LINE, _LEAST_FRAME, _FRAMED_SHARE = 0.06, 0.6, 0.97

Edges = tuple[float, ...]
"""The edges of a grid's cells along one axis, in pixels: start, inner cuts, end."""


def find_cuts(
    profile: NDArray[np.int64], lines: list[Line], count: int, *, is_flat: bool
) -> list[Edges]:
    """Divides one axis of a picture into cells.

    Drawn lines decide, where there are as many as a divider or a frame has. Else the picture is
    divided evenly; and where a cut goes through ink, or a photograph may not show the grid alone,
    gaps in the ink are possible too.

    Args:
        profile: (length,): pixels of ink across each place along the axis, without lines.
        lines: Lines across the axis.
        count: Cells along it.
        is_flat: The picture was drawn on a screen.

    Returns:
        What is possible, the likeliest first.
    """
    length = len(profile)
    drawn = _from_lines(_places(lines, length), profile, count)
    if drawn is not None:
        return [drawn]
    even = tuple(length * number / count for number in range(count + 1))
    reach = int(_FURTHEST * 2 * length / count)
    gaps = [_gaps(profile, cut, reach, is_flat=is_flat) for cut in even[1:-1]]
    moved = [
        (0.0, *(one[min(rank, len(one) - 1)] for one in gaps), float(length))
        for rank in range(max(map(len, gaps), default=0))
    ]
    return [even, *(edges for edges in moved if edges != even)]


def _places(lines: list[Line], length: int) -> list[float]:
    """Where lines stand, in order; a line that was found twice, askew, counts once."""
    places: list[float] = []
    for line in lines:  # the clearest first
        if all(abs(line.at + 0.5 - place) > _SAME_LINE * length for place in places):
            places.append(line.at + 0.5)
    return sorted(places)


def _from_lines(places: list[float], profile: NDArray[np.int64], count: int) -> Edges | None:
    """Edges by drawn lines, a divider, a frame or both; None where the lines are neither."""
    length = len(profile)
    slack = _FURTHEST * 2 * length / count
    even = [length * number / count for number in range(1, count)]
    if len(places) == count - 1 and _agree(places, even, slack):
        return (0.0, *places, float(length))
    if len(places) not in (2, count + 1):
        return None
    first, last = places[0], places[-1]
    inside = profile[max(0, int(first)) : int(last) + 1].sum()
    if last - first < _LEAST_FRAME * length or inside < _FRAMED_SHARE * profile.sum():
        return None
    even = [first + (last - first) * number / count for number in range(1, count)]
    if len(places) == 2:
        return (first, *even, last)
    return tuple(places) if _agree(places[1:-1], even, slack / 2) else None


def _agree(places: list[float], others: list[float], slack: float) -> bool:
    return all(abs(one - other) < slack for one, other in zip(places, others, strict=True))


def _gaps(profile: NDArray[np.int64], even: float, reach: int, *, is_flat: bool) -> list[float]:
    """Places to cut instead of an even cut, best first, and that one where it needs no other."""
    at = min(int(even), len(profile) - 1)
    low, high = max(0, at - reach), min(len(profile), at + reach + 1)
    is_through_ink = profile[max(0, at - 1) : at + 1].any()
    if is_flat and not is_through_ink:
        return [even]
    free = np.flatnonzero(profile[low:high] == 0) + low
    if not len(free):
        return [even]
    breaks = np.flatnonzero(free[1:] - free[:-1] > 1)
    starts = [int(free[0]), *free[breaks + 1].tolist()]
    ends = [*free[breaks].tolist(), int(free[-1])]
    runs = sorted(zip(starts, ends, strict=True), key=lambda run: run[0] - run[1])
    return [min(max(even, start + 0.5), end + 0.5) for start, end in runs[:_MOST_GAPS]]
