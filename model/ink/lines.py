"""Long straight lines: ruled paper, a drawn divider, the frame of a grid. They are no digits."""

import functools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.ink.light import Ink

# A line is looked for in this many strips across it, at slopes of up to six degrees.
_STRIPS = 12
_SLOPES = np.linspace(-0.108, 0.108, 19)
# It is one where in so many strips in a row this share of the strip's length is ink ...
_LEAST_STRIPS, _LEAST_COVER = 7, 0.8
# ... within so many rows of a straight line: people draw lines by hand.
_STRAY = 2
# A line is thinner than this share of the picture.
_THICKEST = 0.03
_MOST_LINES = 40


class Line(NamedTuple):
    """A line from left to right: ``at + slope * (x - width / 2)`` between two columns."""

    at: float
    slope: float
    thickness: int
    """Pixels."""
    start: int
    """First column."""
    end: int
    """Column behind the last."""


class Lifted(NamedTuple):
    """Ink without its long lines."""

    is_ink: NDArray[np.bool_]
    """(h, w)."""
    horizontal: list[Line]
    vertical: list[Line]


def lift_lines(ink: Ink) -> Lifted:
    """Takes long lines off, and leaves the strokes that cross them."""
    is_ink, may_be_line = ink.is_ink, ink.may_be_line
    horizontal, vertical = find_lines(may_be_line), find_lines(may_be_line.T)
    if not (horizontal or vertical):
        return Lifted(is_ink, horizontal, vertical)
    left = is_ink.copy()
    for line in horizontal:
        lift_line(is_ink, line, left)
    if vertical:
        turned, left = is_ink.T.copy(), left.T.copy()
        for line in vertical:
            lift_line(turned, line, left)
        left = left.T.copy()
    # Where lines cross each other, each looks like a stroke that crosses the other.
    for one in horizontal:
        for other in vertical:
            _lift_crossing(left, one, other)
    return Lifted(left, horizontal, vertical)


def find_lines(is_ink: NDArray[np.bool_]) -> list[Line]:
    """Finds lines that go across most of a picture from left to right, give or take six degrees.

    Args:
        is_ink: (h, w); transposed for lines from top to bottom.
    """
    height, width = is_ink.shape
    if width < _STRIPS:
        return []
    thick = _spread_rows(is_ink.view(np.uint8), 1)  # a line may climb a row within its strip
    # So many strips in a row always go over the middle ones: soon seen where no line is.
    if not _covered(thick, _STRIPS - _LEAST_STRIPS, _LEAST_STRIPS).any(axis=0).all():
        return []
    is_line = _covered(thick, 0, _STRIPS)
    if np.count_nonzero(is_line.any(axis=0)) < _LEAST_STRIPS:
        return []
    edges, _, _ = _strips(width)
    run, meets = _longest_runs(_spread_rows(is_line.view(np.uint8), _STRAY), width)
    lines: list[Line] = []
    most = max(3, round(_THICKEST * max(height, width)))
    while len(lines) < _MOST_LINES and run.max() >= _LEAST_STRIPS:
        number, row = np.unravel_index(int(run.argmax()), run.shape)
        best = run[number] == run[number, row]
        first = last = int(row)
        while last < height - 1 and best[last + 1]:
            last += 1
        # Less what was spread above and below.
        thickness = max(1, last - first + 1 - 2 * (_STRAY + 1))
        middle = (first + last) // 2
        if thickness <= most:
            strips = np.flatnonzero(meets[:, number, middle])
            lines.append(
                Line(
                    at=(first + last) / 2,
                    slope=float(_SLOPES[number]),
                    thickness=thickness,
                    start=edges[max(0, strips[0] - 1)],
                    end=edges[min(_STRIPS, strips[-1] + 2)],
                )
            )
        run[:, max(0, first - _STRAY - 1) : last + _STRAY + 2] = 0
    return lines


def lift_line(is_ink: NDArray[np.bool_], line: Line, left: NDArray[np.bool_]) -> None:
    """Takes what belongs to a line alone out of ``left``, (h, w); strokes that cross it stay.

    Of the ink along the line that is what is, from top to bottom, hardly thicker than the line.
    """
    height, width = is_ink.shape
    thickest = line.thickness + 2
    reach = thickest + _STRAY
    columns = np.arange(line.start, line.end)
    middle = np.rint(line.at + line.slope * (columns - width / 2)).astype(int)
    rows = middle + np.arange(-reach - 1, reach + 2)[:, None]
    inside = (rows >= 0) & (rows < height)
    pixels = rows * width + columns
    window = is_ink.take(pixels, mode="clip") & inside  # (2 * reach + 3, columns)
    # Ink in the outermost rows goes on beyond the window.
    runs = np.concatenate((window[:1].repeat(thickest, 0), window, window[-1:].repeat(thickest, 0)))
    # An opening leaves what is in runs of more than the thickest.
    for combine in (np.logical_and, np.logical_or):
        length = 1
        while length < thickest + 1:
            step = min(length, thickest + 1 - length)
            runs = combine(runs[step:], runs[:-step])
            length += step
        if combine is np.logical_and:
            none = np.zeros((thickest, len(columns)), np.bool_)
            runs = np.concatenate((none, runs, none))
    np.put(left, pixels[window & ~runs[thickest:-thickest]], False)


def are_near(
    lines: list[Line], rows: NDArray[np.int_], columns: NDArray[np.int_], width: int
) -> NDArray[np.bool_]:
    """Tells which pixels are close to lines, or to where they may go on: there are leftovers.

    Args:
        lines: From left to right.
        rows: (P,): of the pixels.
        columns: (P,).
        width: Of the picture.
    """
    near = np.zeros(len(rows), np.bool_)
    further = width // _STRIPS
    for line in lines:
        middle = np.rint(line.at + line.slope * (columns - width / 2))
        is_along = (columns >= line.start - further) & (columns < line.end + further)
        near |= is_along & (np.abs(rows - middle) <= line.thickness + _STRAY + 2)
    return near


def _lift_crossing(is_ink: NDArray[np.bool_], horizontal: Line, vertical: Line) -> None:
    height, width = is_ink.shape
    x = vertical.at
    y = horizontal.at + horizontal.slope * (x - width / 2)
    x = vertical.at + vertical.slope * (y - height / 2)
    if not (horizontal.start <= x <= horizontal.end and vertical.start <= y <= vertical.end):
        return
    across, down = vertical.thickness / 2 + 2, horizontal.thickness / 2 + 2
    is_ink[
        max(0, round(y - down)) : max(0, round(y + down + 1)),
        max(0, round(x - across)) : max(0, round(x + across + 1)),
    ] = False


@functools.cache
def _strips(width: int) -> tuple[list[int], NDArray[np.float32], NDArray[np.float64]]:
    """The strips' edges; which column is in which, (width, strips); the least cover of each."""
    edges = np.linspace(0, width, _STRIPS + 1).astype(int)
    columns = np.arange(width)[:, None]
    is_in_strip = (columns >= edges[:-1]) & (columns < edges[1:])
    return edges.tolist(), is_in_strip.astype(np.float32), _LEAST_COVER * np.diff(edges)


def _covered(ink: NDArray[np.uint8], start: int, end: int) -> NDArray[np.bool_]:
    """Where ink covers enough of a strip's width to be a line there: (h, end - start)."""
    edges, is_in_strip, least = _strips(ink.shape[1])
    columns = slice(edges[start], edges[end])
    cover: NDArray[np.float32] = (
        ink[:, columns].astype(np.float32) @ is_in_strip[columns, start:end]
    )
    return cover >= least[start:end]


def _spread_rows(marks: NDArray[np.uint8], reach: int) -> NDArray[np.uint8]:
    """Marks what is within ``reach`` rows of a mark."""
    spread = marks.copy(order="K")  # transposed, it stays so
    for step in range(1, reach + 1):
        spread[step:] |= marks[:-step]
        spread[:-step] |= marks[step:]
    return spread


@functools.cache
def _offsets(width: int) -> tuple[NDArray[np.int_], int]:
    """By how much lines have moved in each strip, (strips, slopes), from the least; and that."""
    edges = np.array(_strips(width)[0])
    middles = (edges[:-1] + edges[1:] - width) / 2
    reach = int(np.ceil(_SLOPES[-1] * width / 2)) + 1
    return np.rint(middles[:, None] * _SLOPES).astype(int) + reach, reach


def _longest_runs(
    is_line: NDArray[np.uint8], width: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Looks along straight lines for marks in neighbouring strips.

    Args:
        is_line: (h, strips): marks.
        width: Of the picture.

    Returns:
        Most marks in a row, (slopes, h), by the row that a line has in the middle; and whether
        there is a mark, (strips, slopes, h).
    """
    height = len(is_line)
    offsets, reach = _offsets(width)
    padded = np.zeros((_STRIPS, height + 2 * reach), np.uint8)
    padded[:, reach:-reach] = is_line.T
    # (strips, offsets, h): what sliding_window_view gives, at a tenth of its cost.
    shape, strides = (_STRIPS, 2 * reach + 1, height), (padded.strides[0], 1, 1)
    moved = np.ndarray(shape, np.uint8, padded, strides=strides)
    meets = moved[np.arange(_STRIPS)[:, None], offsets]
    longest = np.zeros(meets.shape[1:], np.uint8)
    run = np.zeros_like(longest)
    for met in meets:
        run += 1
        run *= met
        np.maximum(longest, run, out=longest)
    return longest, meets
