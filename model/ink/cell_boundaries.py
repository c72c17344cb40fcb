"""Candidates for the boundaries of a grid's cells, along one axis."""

import numpy as np
from numpy.typing import NDArray

from model.ink.lines import Line

# A boundary moves to a gap in the ink that is at most this far from the even division, shares.
_MAX_OFFSET = 0.17
# Gaps that are tried, the widest first.
_MAX_GAPS = 3
# Lines closer than this are one; a frame has at least this length and this share of the ink.
_MIN_DISTANCE, _MIN_FRAME, _FRAMED_SHARE = 0.06, 0.6, 0.97

Boundaries = tuple[float, ...]
"""Boundaries of a grid's cells along one axis, in pixels: start, inner ones, end."""


def find_cell_boundaries(
    profile: NDArray[np.int64], lines: list[Line], count: int, *, is_flat: bool
) -> list[Boundaries]:
    """Divides one axis of a picture into cells.

    Drawn lines decide where there are as many as a divider or a frame has. Otherwise the picture is
    divided evenly; and where an even boundary runs through ink, or in a photograph, which may show
    more than the grid, gaps in the ink are candidates too.

    Args:
        profile: (length,): projection profile of the ink on the axis, lines removed.
        lines: Lines across the axis.
        count: Cells along it.
        is_flat: The picture was drawn on a screen.

    Returns:
        Candidates, the likeliest first.
    """
    length = len(profile)
    drawn = _from_lines(_places(lines, length), profile, count)
    if drawn is not None:
        return [drawn]
    even = tuple(length * number / count for number in range(count + 1))
    reach = int(_MAX_OFFSET * 2 * length / count)
    gaps = [_gaps(profile, cut, reach, is_flat=is_flat) for cut in even[1:-1]]
    moved = [
        (0.0, *(one[min(rank, len(one) - 1)] for one in gaps), float(length))
        for rank in range(max(map(len, gaps), default=0))
    ]
    return [even, *(edges for edges in moved if edges != even)]


def _places(lines: list[Line], length: int) -> list[float]:
    """Positions of lines, in order; a slanted line that was found twice counts once."""
    places: list[float] = []
    for line in lines:  # the clearest first
        if all(abs(line.at + 0.5 - place) > _MIN_DISTANCE * length for place in places):
            places.append(line.at + 0.5)
    return sorted(places)


def _from_lines(places: list[float], profile: NDArray[np.int64], count: int) -> Boundaries | None:
    """Boundaries by drawn lines, a divider, a frame or both; None where they are neither."""
    length = len(profile)
    slack = _MAX_OFFSET * 2 * length / count
    even = [length * number / count for number in range(1, count)]
    if len(places) == count - 1 and _are_close(places, even, slack):
        return (0.0, *places, float(length))
    if len(places) not in (2, count + 1):
        return None
    first, last = places[0], places[-1]
    inside = profile[max(0, int(first)) : int(last) + 1].sum()
    if last - first < _MIN_FRAME * length or inside < _FRAMED_SHARE * profile.sum():
        return None
    even = [first + (last - first) * number / count for number in range(1, count)]
    if len(places) == 2:
        return (first, *even, last)
    return tuple(places) if _are_close(places[1:-1], even, slack / 2) else None


def _are_close(places: list[float], others: list[float], slack: float) -> bool:
    return all(abs(one - other) < slack for one, other in zip(places, others, strict=True))


def _gaps(profile: NDArray[np.int64], even: float, reach: int, *, is_flat: bool) -> list[float]:
    """Positions for a boundary, the best first: the even one, or gaps in the ink near it."""
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
    return [min(max(even, start + 0.5), end + 0.5) for start, end in runs[:_MAX_GAPS]]
