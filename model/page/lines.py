"""Removal of long straight lines: ruled paper, dividers, the frame of a grid."""

import math

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

# A line wobbles by so many pixels, and has one of these slopes.
_WOBBLE, _SLOPES = 2, np.linspace(-0.12, 0.12, 7)


def remove_lines(
    is_ink: NDArray[np.uint8], may_be_line: NDArray[np.uint8], length: int, thickness: float
) -> NDArray[np.uint8] | None:
    """Clears lines, upright or level within seven degrees, but not the strokes that cross them.

    Args:
        is_ink: (h, w), 1 where there is ink, else 0; it is changed.
        may_be_line: (h, w): ink, and what may be a paler line.
        length: Of the shortest line, pixels.
        thickness: Of the thickest, pixels.

    Returns:
        (h, w), 1 near lines; None where there are none.
    """
    found: NDArray[np.uint8] | None = None
    for turn in (np.asarray, np.transpose):
        near = find_lines(np.ascontiguousarray(turn(may_be_line)), length)
        if near is None:
            continue
        ink = np.ascontiguousarray(turn(is_ink))
        of_lines = turn(may_be_line) & near
        num_runs = np.count_nonzero(of_lines[0]) + np.count_nonzero(of_lines[1:] > of_lines[:-1])
        typical = min(float(np.count_nonzero(of_lines)) / max(int(num_runs), 1), thickness)
        tall = _open(ink, (math.ceil(typical) + 2, 1))
        turn(is_ink)[(ink & near) > tall] = 0
        found = turn(near) if found is None else found | turn(near)
    return found


def find_lines(is_ink: NDArray[np.uint8], length: int) -> NDArray[np.uint8] | None:
    """Finds lines from left to right, level within seven degrees.

    Args:
        is_ink: (h, w), 1 where there may be a line, else 0.
        length: Of the shortest, pixels.

    Returns:
        (h, w), 1 near lines; None where there are none.
    """
    height, width = is_ink.shape
    thick = cv2.dilate(is_ink, np.ones((2 * _WOBBLE + 1, 1), np.uint8))
    near: NDArray[np.uint8] | None = None
    for slope in _SLOPES:
        shear = np.array([[1, 0, 0], [slope, 1, -slope * width / 2]])
        straight = cv2.warpAffine(thick, shear, (width, height), flags=cv2.INTER_NEAREST)
        long = _open(straight, (1, length))
        if cv2.countNonZero(long):
            flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
            back = np.asarray(cv2.warpAffine(long, shear, (width, height), flags=flags), np.uint8)
            near = back if near is None else near | back
    return near


def _open(is_ink: MatLike, shape: tuple[int, int]) -> NDArray[np.uint8]:
    """Morphological opening; beyond the picture there is no ink."""
    kernel = np.ones(shape, np.uint8)
    opened = cv2.morphologyEx(
        is_ink, cv2.MORPH_OPEN, kernel, borderType=cv2.BORDER_CONSTANT, borderValue=(0,)
    )
    return np.asarray(opened, np.uint8)
