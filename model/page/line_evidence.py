"""Lines where cells should have their sides, by the contrast along the whole of a side."""

import cv2
import numpy as np
from numpy.typing import NDArray

from model.page.mesh import Quads, rectify

# Cells are sampled at so many pixels a side; their sides are looked for so far off, as a share.
_CELL, _REACH = 32, 0.17
# This share of a side is not counted at its ends; a line covers all but this share of the rest.
_ENDS, _UNCOVERED = 0.1, 0.3
# A side is a line where it stands out from what is beside it by at least this, grey levels, and by
# this share of the typical line.
_LEAST, _OF_TYPICAL = 2.5, 0.3


def measure_sides(
    contrast: NDArray[np.uint8], quads: Quads
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Measures how clearly there are lines near the sides of cells, and how far they are off.

    Args:
        contrast: (h, w), uint8: contrast of ink to its ground.
        quads: The N cells.

    Returns:
        (N, 4), grey levels, and (N, 4), shares of a cell right or down of where it is expected, of
        the upper, lower, left and right sides.
    """
    reach = round(_REACH * _CELL)
    margin = 2 * reach
    # Lines may lean a little from where they are expected.
    thick = np.asarray(cv2.dilate(contrast, np.ones((3, 3), np.uint8)), np.uint8)
    tiles = rectify(thick, quads, (_CELL, _CELL), margin)
    skipped = margin + round(_ENDS * _CELL)
    clear, off = np.zeros((2, len(quads), 4))
    for axis, levels in enumerate((tiles, tiles.transpose(0, 2, 1))):
        part = levels[:, :, skipped:-skipped]
        place = int(_UNCOVERED * part.shape[2])
        covered = np.partition(part, place, axis=2)[..., place].astype(np.float64)  # (N, H)
        smooth = covered.copy()
        smooth[:, 1:-1] = (covered[:, :-2] + 2 * covered[:, 1:-1] + covered[:, 2:]) / 4
        for end, at in enumerate((margin, margin + _CELL)):
            band = smooth[:, at - reach : at + reach + 1]
            around = smooth[:, at - 2 * reach : at + 2 * reach + 1]
            peak = band.max(axis=1)
            # The middle of what is as high as the peak
            is_peak = band >= peak[:, np.newaxis] - 0.5
            number = 2 * axis + end
            steps = np.arange(-reach, reach + 1)
            off[:, number] = (is_peak * steps).sum(axis=1) / is_peak.sum(axis=1) / _CELL
            clear[:, number] = peak - np.median(around, axis=1)
    return clear, off


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


def least_clear(known: NDArray[np.float64]) -> float:
    """How clear a side must be to be one, by the sides of cells that are known, (N, 4)."""
    return max(_LEAST, _OF_TYPICAL * float(np.quantile(known, 0.3)))
