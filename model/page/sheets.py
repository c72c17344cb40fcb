"""Finds what a grid may be drawn on, a sheet, a note, a board or a window, in its surroundings."""

import cv2
import numpy as np
from numpy.typing import NDArray

from model.page.contrast import ink_contrast, is_ink_darker, shrink_to
from model.page.mesh import Quads, quad_around, shrink_to_sample

# Sheets are searched for in a picture whose longer side is at most this, pixels.
_SEARCH_SIDE = 240
# Each channel is divided at so many levels between these quantiles.
_LEVELS, _QUANTILES = 5, (0.03, 0.97)
# A sheet takes these shares of the picture, and its outline this share of its quadrilateral.
_AREA, _FILL = (0.06, 0.93), 0.88
# No side of it is shorter than this share of the longest.
_LEAST_SIDE = 0.25
# Two sheets are one where their corners differ by less than this share of a side.
_SAME = 0.06
# At most so many are returned, and so much of their sides is taken off.
_COUNT, _INSET = 3, 0.012
# Ink has at least this contrast, grey levels, and so many times the typical one; its strokes are
# narrower than this, and its groups further apart than one of these, shares of the shorter side.
_LEAST, _OF_TYPICAL, _MAX_STROKE, _APART = 12, 4, 0.1, (0.04, 0.25)
# A group takes at most this share of the picture, and has at least that of its ink; this much of
# its size is left around it.
_GROUP_AREA, _GROUP_INK, _AROUND = 0.6, 0.4, 0.15
# It has so many pieces of ink, at either distance, of at least this share of its size: a lone digit
# is no grid.
_PIECES, _PIECE = (2, 3), 0.1
# Sheets are sampled so that their longer side is at most this, pixels.
_LONGEST = 1120


def find_sheets(picture: NDArray[np.uint8]) -> Quads:
    """Finds quadrilaterals of one tone or colour that stands out from what is around them.

    Args:
        picture: (h, w) or (h, w, 3), uint8.

    Returns:
        (N, 2, 2, 2), the clearest first, pixels; N may be 0.
    """
    small, scale = shrink_to(picture, _SEARCH_SIDE)
    channels = [small]
    if small.ndim == 3:
        lab = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2LAB), np.uint8)
        channels = [np.ascontiguousarray(lab[..., channel]) for channel in range(3)]
    found: list[tuple[float, NDArray[np.float64]]] = []
    for channel in channels:
        smooth = cv2.medianBlur(channel, 5)
        low, high = np.quantile(smooth, _QUANTILES)
        if high - low < 8:
            continue
        for level in np.linspace(low, high, _LEVELS + 2)[1:-1]:
            for is_sheet in (smooth > level, smooth < level):
                found += _quads_in(is_sheet.view(np.uint8))
    found.sort(key=lambda one: -one[0])
    sheets: list[NDArray[np.float64]] = []
    for _, quad in found:
        sides = max(np.ptp(quad.reshape(4, 2), axis=0))
        if all(np.abs(quad - other).max() > _SAME * sides for other in sheets):
            sheets.append(quad)
    quads: Quads = np.array(sheets[:_COUNT]).reshape(-1, 2, 2, 2)
    middles = quads.mean(axis=(1, 2), keepdims=True)
    return np.asarray((quads + _INSET * (middles - quads)) * scale)


def find_groups(picture: NDArray[np.uint8]) -> Quads:
    """Finds where ink is dense on a picture that is empty elsewhere.

    Args:
        picture: (h, w) or (h, w, 3), uint8.

    Returns:
        (N, 2, 2, 2), upright boxes, that of most ink first, pixels; N may be 0.
    """
    small, scale = shrink_to(picture, 2 * _SEARCH_SIDE)
    shorter = min(small.shape[:2])
    contrast = ink_contrast(small, round(_MAX_STROKE * shorter), is_inverted=is_ink_darker(small))
    is_ink = contrast > max(_LEAST, _OF_TYPICAL * float(np.median(contrast)))
    _, pieces, of_pieces, _ = cv2.connectedComponentsWithStats(is_ink.view(np.uint8))
    groups = []
    for apart, least in zip(_APART, _PIECES, strict=True):
        square = np.ones((round(apart * shorter) | 1,) * 2, np.uint8)
        count, labels = cv2.connectedComponents(cv2.dilate(is_ink.view(np.uint8), square))
        labels[~is_ink] = 0
        amounts = np.bincount(labels.ravel(), minlength=count)
        for number in np.argsort(-amounts[1:])[:_COUNT] + 1:
            is_group = (labels == number).view(np.uint8)
            x, y, width, height = cv2.boundingRect(is_group)
            around = _AROUND * max(width, height)
            if width * height > _GROUP_AREA * is_ink.size:
                continue
            if amounts[number] < _GROUP_INK * amounts[1:].sum():
                continue
            inside = of_pieces[np.unique(pieces[is_group.view(np.bool_)]), 2:4]
            if np.count_nonzero(inside.max(axis=1) > _PIECE * max(width, height)) < least:
                continue
            x0, y0 = max(0.0, x - around), max(0.0, y - around)
            x1, y1 = (
                min(small.shape[1], x + width + around),
                min(small.shape[0], y + height + around),
            )
            group = [[(x0, y0), (x1, y0)], [(x0, y1), (x1, y1)]]
            if group not in groups:
                groups.append(group)
    quads: Quads = np.array(groups, np.float64).reshape(-1, 2, 2, 2)
    return np.asarray(quads * scale)


def rectify_sheet(
    picture: NDArray[np.uint8], quad: NDArray[np.float64]
) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """Samples a sheet, (2, 2, 2), as if it were upright; returns it with its height and width."""
    width = np.linalg.norm(quad[:, 1] - quad[:, 0], axis=-1).mean()
    height = np.linalg.norm(quad[1] - quad[0], axis=-1).mean()
    factor = min(1.0, _LONGEST / max(width, height))
    shape = max(1, round(height * factor)), max(1, round(width * factor))
    picture, places = shrink_to_sample(picture, quad, factor)
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])  # pixels' middles, not their corners
    to_picture = np.linalg.inv(half) @ sheet_homography(places, shape) @ half
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    seen = cv2.warpPerspective(
        picture, to_picture, shape[::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(seen, np.uint8), shape


def sheet_homography(quad: NDArray[np.floating], shape: tuple[int, int]) -> NDArray[np.float64]:
    """The homography, (3, 3), from a rectified sheet (height, width) to the picture it is in.

    Reference: Hartley and Zisserman, "Multiple View Geometry", 2nd edition, 2004, section 4.1.
    """
    height, width = shape
    corners = np.array([(0, 0), (width, 0), (0, height), (width, height)], np.float32)
    return np.asarray(cv2.getPerspectiveTransform(corners, quad.reshape(4, 2).astype(np.float32)))


def _quads_in(is_sheet: NDArray[np.uint8]) -> list[tuple[float, NDArray[np.float64]]]:
    """Quadrilaterals that regions fill, with how well they do times their share of the picture."""
    square = np.ones((3, 3), np.uint8)
    opened = cv2.morphologyEx(is_sheet, cv2.MORPH_OPEN, square)
    contours, _ = cv2.findContours(opened, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for contour in contours:
        area = cv2.contourArea(contour)
        if area < _AREA[0] * is_sheet.size:
            continue
        hull = cv2.convexHull(contour)
        if len(hull) < 4:
            continue
        quad = quad_around(hull)
        corners = quad.reshape(4, 2)[[0, 1, 3, 2]]
        whole = cv2.contourArea(corners.astype(np.float32))
        sides = np.linalg.norm(corners - np.roll(corners, 1, axis=0), axis=1)
        fill = area / max(whole, 1.0)
        if fill < _FILL or whole > _AREA[1] * is_sheet.size:
            continue
        if sides.min() < _LEAST_SIDE * sides.max():
            continue
        found.append((fill**4 * (whole / is_sheet.size) ** 0.5, quad + 0.5))
    return found
