"""Removal of long straight lines: ruled paper, dividers, the frame of a grid."""

import math

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

# A line wobbles by so many pixels; pieces of it, of this share of its length, are straight and have
# about one of these slopes.
_WOBBLE, _PIECE, _SLOPES = 2, 0.7, (0.0, -0.1, 0.1)


def remove_lines(
    is_ink: NDArray[np.uint8], may_be_line: NDArray[np.uint8], length: int, thickness: float
) -> NDArray[np.uint8] | None:
    """Clears lines, about upright or level, but not the strokes that cross them.

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
        near = _find_lines(np.ascontiguousarray(turn(may_be_line)), length)
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


def _find_lines(is_ink: NDArray[np.uint8], length: int) -> NDArray[np.uint8] | None:
    """Finds lines of at least this length from left to right: (h, w), 1 near them."""
    height, width = is_ink.shape
    thick = cv2.dilate(is_ink, np.ones((2 * _WOBBLE + 1, 1), np.uint8))
    near = np.zeros_like(is_ink)
    for slope in _SLOPES:
        shear = np.array([[1, 0, 0], [slope, 1, -slope * width / 2]])
        level = cv2.warpAffine(thick, shear, (width, height), flags=cv2.INTER_NEAREST)
        straight = _open(level, (1, max(3, round(_PIECE * length))))
        flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
        near |= np.asarray(cv2.warpAffine(straight, shear, (width, height), flags=flags), np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(near)
    is_line = stats[:, cv2.CC_STAT_WIDTH] >= length
    is_line[0] = False
    return is_line.view(np.uint8)[labels] if is_line.any() else None


def _open(is_ink: MatLike, shape: tuple[int, int]) -> NDArray[np.uint8]:
    """Morphological opening; beyond the picture there is no ink."""
    kernel = np.ones(shape, np.uint8)
    opened = cv2.morphologyEx(
        is_ink, cv2.MORPH_OPEN, kernel, borderType=cv2.BORDER_CONSTANT, borderValue=(0,)
    )
    return np.asarray(opened, np.uint8)
