"""Lines where cells should have their sides, by the contrast along the whole of a side."""

import cv2
import numpy as np
from numpy.typing import NDArray

from model.page.mesh import Quads, rectify

# Cells are sampled at so many pixels a side; their sides are looked for so far off, as a share.
_CELL, _REACH = 32, 0.17
# So many cells are sampled at once; OpenCV samples pictures of at most 32,767 rows.
_AT_ONCE = 400
# This share of a side is not counted at its ends; a line covers all but this share of the rest.
_ENDS, _UNCOVERED = 0.1, 0.3
# A side is a line where it stands out from what is beside it by at least this, grey levels, and by
# this share of the typical line.
_LEAST, _OF_TYPICAL = 2.5, 0.3
# What is less than this below the clearest is as clear, grey levels.
_FLAT = 0.5


def measure_sides(
    contrast: NDArray[np.uint8], quads: Quads, is_known: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Tells at which sides of cells there are lines, and how far they are off.

    Args:
        contrast: (h, w), uint8: contrast of ink to its ground.
        quads: The N cells.
        is_known: (N,): those that have lines at all sides, as the others would have.

    Returns:
        (N, 4) of the upper, lower, left and right sides, and (N, 4), shares of a cell right or down
        of where lines are at the sides of cells that are known.
    """
    # Lines may lean a little from where they are expected.
    thick = np.asarray(cv2.dilate(contrast, np.ones((3, 3), np.uint8)), np.uint8)
    reach = round(_REACH * _CELL)
    margin = 2 * reach + 1
    tiles = np.concatenate(
        [
            rectify(thick, quads[first : first + _AT_ONCE], (_CELL, _CELL), margin)
            for first in range(0, len(quads), _AT_ONCE)
        ]
    )
    skipped = margin + round(_ENDS * _CELL)
    profiles = []
    for levels in (tiles, tiles.transpose(0, 2, 1)):
        part = levels[:, :, skipped:-skipped]
        place = int(_UNCOVERED * part.shape[2])
        covered = np.partition(part, place, axis=2)[..., place].astype(np.float64)  # (N, H)
        around = np.pad(covered, ((0, 0), (1, 1)), mode="edge")
        smooth = (around[:, :-2] + 2 * covered + around[:, 2:]) / 4
        ends = (margin, margin + _CELL)
        profiles += [smooth[:, at - 2 * reach : at + 2 * reach + 1] for at in ends]
    profile = np.stack(profiles, axis=1)  # (N, 4, 4 reach + 1)
    band = slice(reach, -reach)
    # What is darker than lines, as a digit on one may be, is as dark as they are.
    level = np.median(profile[is_known][..., band].max(axis=2))
    profile = np.minimum(profile, level)
    near = profile[..., band]
    peak = near.max(axis=2)
    clear = peak - np.median(profile, axis=2)
    is_peak = near >= peak[..., np.newaxis] - _FLAT
    off = (is_peak * np.arange(-reach, reach + 1)).sum(axis=2) / is_peak.sum(axis=2) / _CELL
    # Holes end at the edges of lines, not in their middle.
    off -= np.median(off[is_known], axis=0)
    least = max(_LEAST, _OF_TYPICAL * float(np.quantile(clear[is_known], 0.3)))
    return clear > least, off


def move_sides(quads: Quads, off: NDArray[np.float64]) -> Quads:
    """Moves the sides of cells, as ``measure_sides`` says how far they are off."""
    up, low, left, right = off.T[..., np.newaxis, np.newaxis]  # (N, 1, 1) each
    across = quads[:, :, 1] - quads[:, :, 0]  # (N, 2, 2): by row of corner
    down = quads[:, 1] - quads[:, 0]  # (N, 2, 2): by column
    moved = quads.copy()
    moved[:, 0] += up * down
    moved[:, 1] += low * down
    moved[:, :, 0] += left * across
    moved[:, :, 1] += right * across
    return moved
