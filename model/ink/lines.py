"""Removal of long straight lines: ruled paper, a drawn divider, the frame of a grid."""

import functools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.ink.background import Ink

# Lines are searched for in this many strips across them, at slopes of up to six degrees.
_STRIPS = 12
_SLOPES = np.linspace(-0.108, 0.108, 19)
# A line is where this many strips in a row are covered with ink over this share of their width ...
_MIN_STRIPS, _MIN_COVER = 7, 0.8
# ... within this many rows of a straight line, as people draw lines by hand.
_MAX_DEVIATION = 2
# A line is thinner than this share of the picture.
_MAX_THICKNESS = 0.03
_MAX_LINES = 40


class Line(NamedTuple):
    """A line from left to right: ``at + slope * (x - width / 2)`` between two columns."""

    at: float
    slope: float
    thickness: int
    """Pixels."""
    start: int
    """First column."""
    end: int
    """Column after the last."""


class LineRemoval(NamedTuple):
    """Ink without long lines, and the lines."""

    is_ink: NDArray[np.bool_]
    """(h, w)."""
    horizontal: list[Line]
    vertical: list[Line]


def remove_lines(ink: Ink) -> LineRemoval:
    """Removes long lines, and keeps the strokes that cross them."""
    is_ink, may_be_line = ink.is_ink, ink.may_be_line
    horizontal, vertical = find_lines(may_be_line), find_lines(may_be_line.T)
    if not (horizontal or vertical):
        return LineRemoval(is_ink, horizontal, vertical)
    left = is_ink.copy()
    for line in horizontal:
        remove_line(is_ink, line, left)
    if vertical:
        turned, left = is_ink.T.copy(), left.T.copy()
        for line in vertical:
            remove_line(turned, line, left)
        left = left.T.copy()
    # Where two lines cross, each was kept as a stroke that crosses the other.
    for one in horizontal:
        for other in vertical:
            _remove_crossing(left, one, other)
    return LineRemoval(left, horizontal, vertical)


def find_lines(is_ink: NDArray[np.bool_]) -> list[Line]:
    """Finds lines across most of a picture from left to right, within six degrees.

    Args:
        is_ink: (h, w); transposed for lines from top to bottom.
    """
    height, width = is_ink.shape
    if width < _STRIPS:
        return []
    thick = _dilate_rows(is_ink.view(np.uint8), 1)  # a line may climb a row within its strip
    # So many strips in a row always include the middle ones: a fast test that most pictures fail.
    if not _is_covered(thick, _STRIPS - _MIN_STRIPS, _MIN_STRIPS).any(axis=0).all():
        return []
    is_line = _is_covered(thick, 0, _STRIPS)
    if np.count_nonzero(is_line.any(axis=0)) < _MIN_STRIPS:
        return []
    edges, _, _ = _strips(width)
    run, meets = _longest_runs(_dilate_rows(is_line.view(np.uint8), _MAX_DEVIATION), width)
    lines: list[Line] = []
    most = max(3, round(_MAX_THICKNESS * max(height, width)))
    while len(lines) < _MAX_LINES and run.max() >= _MIN_STRIPS:
        number, row = np.unravel_index(int(run.argmax()), run.shape)
        best = run[number] == run[number, row]
        first = last = int(row)
        while last < height - 1 and best[last + 1]:
            last += 1
        # Less the rows added by both dilations.
        thickness = max(1, last - first + 1 - 2 * (_MAX_DEVIATION + 1))
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
        run[:, max(0, first - _MAX_DEVIATION - 1) : last + _MAX_DEVIATION + 2] = 0
    return lines


def remove_line(is_ink: NDArray[np.bool_], line: Line, left: NDArray[np.bool_]) -> None:
    """Clears in ``left``, (h, w), what belongs to a line alone; strokes that cross it stay.

    That is the ink along the line whose vertical runs are hardly longer than the line is thick.
    """
    height, width = is_ink.shape
    thickest = line.thickness + 2
    reach = thickest + _MAX_DEVIATION
    columns = np.arange(line.start, line.end)
    middle = np.rint(line.at + line.slope * (columns - width / 2)).astype(int)
    rows = middle + np.arange(-reach - 1, reach + 2)[:, None]
    inside = (rows >= 0) & (rows < height)
    pixels = rows * width + columns
    window = is_ink.take(pixels, mode="clip") & inside  # (2 * reach + 3, columns)
    # Ink in the outermost rows is taken to continue beyond the window.
    runs = np.concatenate((window[:1].repeat(thickest, 0), window, window[-1:].repeat(thickest, 0)))
    # A morphological opening keeps runs longer than the thickest line.
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


def are_near_lines(
    lines: list[Line], rows: NDArray[np.int_], columns: NDArray[np.int_], width: int
) -> NDArray[np.bool_]:
    """Tells which pixels are near lines or their extensions, where remnants of lines are.

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
        near |= is_along & (np.abs(rows - middle) <= line.thickness + _MAX_DEVIATION + 2)
    return near


def _remove_crossing(is_ink: NDArray[np.bool_], horizontal: Line, vertical: Line) -> None:
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
    """Edges of the strips; membership of columns, (width, strips); pixels that cover each strip."""
    edges = np.linspace(0, width, _STRIPS + 1).astype(int)
    columns = np.arange(width)[:, None]
    is_in_strip = (columns >= edges[:-1]) & (columns < edges[1:])
    return edges.tolist(), is_in_strip.astype(np.float32), _MIN_COVER * np.diff(edges)


def _is_covered(ink: NDArray[np.uint8], start: int, end: int) -> NDArray[np.bool_]:
    """Tells in which rows ink covers enough of a strip to be part of a line: (h, end - start)."""
    edges, is_in_strip, least = _strips(ink.shape[1])
    columns = slice(edges[start], edges[end])
    cover: NDArray[np.float32] = (
        ink[:, columns].astype(np.float32) @ is_in_strip[columns, start:end]
    )
    return cover >= least[start:end]


def _dilate_rows(mask: NDArray[np.uint8], reach: int) -> NDArray[np.uint8]:
    """Sets all pixels within ``reach`` rows of one that is set."""
    dilated = mask.copy(order="K")  # the memory order of a transposed array is kept
    for step in range(1, reach + 1):
        dilated[step:] |= mask[:-step]
        dilated[:-step] |= mask[step:]
    return dilated


@functools.cache
def _offsets(width: int) -> tuple[NDArray[np.int_], int]:
    """Rise of lines at the middle of each strip, (strips, slopes), plus the largest; and that."""
    edges = np.array(_strips(width)[0])
    middles = (edges[:-1] + edges[1:] - width) / 2
    reach = int(np.ceil(_SLOPES[-1] * width / 2)) + 1
    return np.rint(middles[:, None] * _SLOPES).astype(int) + reach, reach


def _longest_runs(
    is_line: NDArray[np.uint8], width: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Finds the longest run of covered strips along every straight line.

    Args:
        is_line: (h, strips): which strips are covered, per row.
        width: Of the picture.

    Returns:
        Length of the longest run, (slopes, h), by slope and row in the middle of the picture; and
        whether the line is covered in each strip, (strips, slopes, h).
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
