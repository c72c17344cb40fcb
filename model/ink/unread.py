"""What is seen in blank cells: a blank is sure only where the ground is plain."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from model.ink.form import CellInk, InkWarning
from model.ink.ink_warnings import warn_of_cells
from model.page.contrast import ink_contrast
from model.page.mesh import Quads, rectify

# Side of a rectified cell, pixels, and the pixels that are left out on each side.
_CELL, _EDGE = 48, 5
# Strokes are narrower than this share of a cell.
_MAX_STROKE = 0.3
# Something is seen where it differs from the ground by at least so many grey levels, and so many
# times the typical contrast; its extent is at least this share of a cell.
_LEAST, _OF_TYPICAL, _LEAST_EXTENT = 8, 5, 0.2
# More pieces than this are a texture. Where no more than this share of a cell differs from its
# ground at all, something is seen where it differs by so many grey levels.
_FEW, _FLAT, _LEAST_FLAT = 4, 0.2, 2
# Ground is plain where all but this share of it differs from even light by less than that share of
# its mean level (this one, where it is darker): the grain of paper and the noise of a camera do.
_OUTLIERS, _PLAIN, _LEAST_LIGHT = 0.08, 0.07, 100.0
# A shadow has soft edges of so many pixels, and mostly, by this share of it, is more than twice as
# wide; so is the light beside it. By more than the last of these, nothing is only shaded.
_SHADE_EDGE, _WIDE, _DARKEST = 4, 0.6, 0.9


def warn_of_unread(
    picture: NDArray[np.uint8],
    quads: Quads,
    cells: Sequence[CellInk],
    shape: tuple[int, int],
    *,
    is_flat: bool,
) -> tuple[InkWarning, ...]:
    """Warns of blank cells whose ground is not plain.

    Args:
        picture: (h, w) or (h, w, 3), uint8.
        quads: The cells.
        cells: What was read of each.
        shape: Rows and columns of the grid.
        is_flat: It was drawn on a screen, where there are no shadows.
    """
    blanks = [number for number, cell in enumerate(cells) if cell.box is None]
    if not blanks:
        return ()
    tiles = rectify(picture, quads[blanks], (_CELL, _CELL), 0)
    inside = np.ascontiguousarray(tiles[:, _EDGE:-_EDGE, _EDGE:-_EDGE])
    found: dict[str, list[int]] = {}
    for number, tile in zip(blanks, inside, strict=True):
        if (tile == tile[0, 0]).all():
            continue
        pieces, num_pieces = _find_pieces(tile, is_flat=is_flat)
        ground = cv2.erode(1 - pieces, np.ones((3, 3), np.uint8))
        channels = [np.asarray(channel, np.uint8) for channel in cv2.split(tile)]
        is_plain = num_pieces <= _FEW and all(
            _is_plain(one, np.asarray(ground), is_flat=is_flat) for one in channels
        )
        if not is_plain:
            found.setdefault("not_a_grid", []).append(number)
        elif pieces.any():
            found.setdefault("faint", []).append(number)
    return warn_of_cells(found, *shape)


def _is_plain(channel: NDArray[np.uint8], ground: NDArray[np.uint8], *, is_flat: bool) -> bool:
    """Whether a channel of a cell, (h, w), is in even light, or half in a shadow.

    Args:
        channel: Grey levels.
        ground: (h, w), 1 where to look, else 0.
        is_flat: It was drawn on a screen.
    """
    unevenness = _unevenness(channel, ground)
    if unevenness < _PLAIN:
        return True
    if is_flat or unevenness > _DARKEST:
        return False
    _, lit = cv2.threshold(channel, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    square = np.ones((2 * _SHADE_EDGE + 1,) * 2, np.uint8)
    for part in (np.asarray(lit, np.uint8), np.asarray(1 - lit, np.uint8)):
        if part.mean() < _OUTLIERS:
            continue
        inner = np.asarray(cv2.erode(part, square), np.uint8)
        if cv2.countNonZero(cv2.dilate(inner, square)) < _WIDE * cv2.countNonZero(part):
            return False  # strokes
        if _unevenness(channel, inner * ground) >= _PLAIN:
            return False
    return True


def _unevenness(channel: NDArray[np.uint8], where: NDArray[np.uint8]) -> float:
    """How much levels (h, w) differ from a quadratic surface, there, as a share of their mean."""
    height, width = channel.shape
    y, x = np.nonzero(where)
    if not len(y):
        return 0.0
    levels = channel[y, x].astype(np.float64)
    down, across = y / height - 0.5, x / width - 0.5
    terms = [np.ones(len(y)), across, down, across * down, across**2, down**2]
    light = np.stack(terms, axis=1)
    rest = levels - light @ np.linalg.solve(
        light.T @ light + 1e-9 * np.eye(len(terms)), light.T @ levels
    )
    low, high = np.quantile(rest, (_OUTLIERS, 1 - _OUTLIERS))
    return float(high - low) / max(float(levels.mean()), _LEAST_LIGHT)


def _find_pieces(tile: NDArray[np.uint8], *, is_flat: bool) -> tuple[NDArray[np.uint8], int]:
    """(h, w): 1 in pieces that may be digits in the middle of a cell, tile; and their number."""
    found, most = np.zeros(tile.shape[:2], np.uint8), 0
    for is_inverted in (True, False):
        contrast = ink_contrast(tile, round(_MAX_STROKE * _CELL), is_inverted=is_inverted)
        least = _LEAST
        if np.count_nonzero(contrast) < _FLAT * contrast.size:
            least = _LEAST_FLAT
        is_seen = contrast > max(least, _OF_TYPICAL * float(np.median(contrast)))
        _, labels, stats, _ = cv2.connectedComponentsWithStats(is_seen.view(np.uint8))
        starts, sizes = stats[:, :2], stats[:, 2:4]
        num_touched = (starts == 0).sum(axis=1) + (starts + sizes == len(tile)).sum(axis=1)
        # Lines end at two sides of a cell, shadows at any.
        is_piece = num_touched <= (1 if is_flat else 0)
        is_piece &= sizes.max(axis=1) >= _LEAST_EXTENT * _CELL
        is_piece[0] = False
        found |= is_piece[labels]
        most = max(most, int(np.count_nonzero(is_piece)))
    return found, most
