"""What is seen in blank cells: a blank is sure only where the ground is plain."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from model.ink.form import CellInk, InkWarning
from model.ink.ink_warnings import warn_of_cells
from model.page.contrast import ink_contrast
from model.page.mesh import Quads, rectify

# Side of a rectified cell, pixels, and the share of it that is left out on each side.
_CELL, _EDGE = 48, 0.1
# Strokes are narrower than this share of a cell.
_MAX_STROKE = 0.3
# What is seen differs from the ground by at least so many grey levels, and so many times the
# typical contrast; its extent is at least this share of a cell.
_LEAST, _OF_TYPICAL, _LEAST_EXTENT = 8, 5, 0.2
# On a screen, where no more than this share of a cell differs from its ground, it is so many.
_FLAT, _LEAST_FLAT = 0.2, 2


def warn_of_unread(
    picture: NDArray[np.uint8], quads: Quads, cells: Sequence[CellInk]
) -> tuple[InkWarning, ...]:
    """Warns of blank cells whose ground is not plain.

    Args:
        picture: (h, w) or (h, w, 3), uint8.
        quads: The cells.
        cells: What was read of each.
    """
    blanks = [number for number, cell in enumerate(cells) if cell.box is None]
    if not blanks:
        return ()
    tiles = rectify(picture, quads[blanks], (_CELL, _CELL), 0)
    edge = round(_EDGE * _CELL)
    inside = tiles[:, edge:-edge, edge:-edge]
    unread = [number for number, tile in zip(blanks, inside, strict=True) if not _is_plain(tile)]
    return warn_of_cells({"faint": unread} if unread else {})


def _is_plain(tile: NDArray[np.uint8]) -> bool:
    for is_inverted in (True, False):
        contrast = ink_contrast(tile, round(_MAX_STROKE * _CELL), is_inverted=is_inverted)
        is_flat = np.count_nonzero(contrast) < _FLAT * contrast.size
        least = _LEAST_FLAT if is_flat else _LEAST
        is_seen = contrast > max(least, _OF_TYPICAL * float(np.median(contrast)))
        _, _, stats, _ = cv2.connectedComponentsWithStats(is_seen.view(np.uint8))
        starts, sizes = stats[1:, :2], stats[1:, 2:4]
        is_inside = (starts > 0).all(axis=1) & (starts + sizes < len(tile)).all(axis=1)
        if (is_inside & (sizes.max(axis=1) >= _LEAST_EXTENT * _CELL)).any():
            return False
    return True
