"""Ink as contrast to what surrounds it, in colour: no matter how the ground is lit or tinted."""

import functools

import cv2
import numpy as np
from numpy.typing import NDArray

# The ground of a coarse picture is the median over a window of this share of its shorter side.
_WINDOW = 0.3
_COARSE_SIDE = 48
# Of a picture, strokes are narrower than this share of its shorter side; where this share of it is
# so many times as dark as the rest, there is a shadow.
_WIDEST, _SHADE, _DARKER = 0.12, 0.05, 1.3
# The ground in full light is this quantile of it, without this share of a side around, which may be
# of something else; in a shadow it is at most so much darker.
_LIT, _AROUND, _DARKEST = 0.9, 0.2, 5.0

# Pictures are read side by side already; OpenCV's own threads would only wait for each other.
cv2.setNumThreads(1)


def ink_contrast(picture: NDArray[np.uint8], reach: int, *, is_inverted: bool) -> NDArray[np.uint8]:
    """Contrast of each pixel to its ground, by the channel that differs most; 0 on the ground.

    The ground is a morphological closing (an opening under light ink): it follows shadows and
    tinted cells, and passes under all strokes and lines narrower than ``reach``.

    Args:
        picture: (h, w) or (h, w, 3), uint8.
        reach: Side of the closing's square, pixels; more than the width of a stroke.
        is_inverted: Ink is darker than the ground.

    Returns:
        (h, w), uint8.

    Reference: Serra, "Image Analysis and Mathematical Morphology", 1982 (top-hat transform).
    """
    square = cv2.getStructuringElement(cv2.MORPH_RECT, (reach | 1, reach | 1))
    operation = cv2.MORPH_BLACKHAT if is_inverted else cv2.MORPH_TOPHAT
    contrast = cv2.morphologyEx(picture, operation, square)
    if contrast.ndim == 3:
        contrast = functools.reduce(cv2.max, cv2.split(contrast))
    return np.asarray(contrast, np.uint8)


def even_contrast(tiles: NDArray[np.uint8], reach: int, *, is_inverted: bool) -> NDArray[np.uint8]:
    """The contrast that ink would have in even light: in a shadow the same ink differs less.

    What a surface reflects is a share of the light on it, so a difference to the ground is taken
    for the share of the ground that it is.

    Args:
        tiles: (N, h, w) or (N, h, w, 3), uint8: pictures, each in its own light.
        reach: As ``ink_contrast`` takes it.
        is_inverted: As there.

    Returns:
        (N, h, w), uint8.
    """
    ground, times = _light(tiles, reach, is_inverted=is_inverted)
    contrast = cv2.absdiff(ground, tiles) * times
    if contrast.ndim == 4:
        contrast = contrast.max(axis=3)
    return np.asarray(np.minimum(contrast, 255), np.uint8)


def even_light(picture: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Lights a picture evenly: shadows are made lighter; None where there are none.

    Args:
        picture: (h, w) or (h, w, 3), uint8.
    """
    is_inverted = ink_darkness(picture) >= 0
    reach = round(_WIDEST * min(picture.shape[:2]))
    _, (times,) = _light(picture[np.newaxis], reach, is_inverted=is_inverted)
    if np.quantile(times[::8, ::8], 1 - _SHADE) < _DARKER:
        return None
    return np.asarray(np.minimum(picture * times, 255), np.uint8)


def _light(
    tiles: NDArray[np.uint8], reach: int, *, is_inverted: bool
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """The ground of tiles, and how many times as light it is where it is lit."""
    square = cv2.getStructuringElement(cv2.MORPH_RECT, (reach | 1, reach | 1))
    operation = cv2.MORPH_CLOSE if is_inverted else cv2.MORPH_OPEN
    stacked = tiles.reshape(-1, *tiles.shape[2:])
    ground = np.asarray(cv2.morphologyEx(stacked, operation, square), np.uint8)
    ground = ground.reshape(tiles.shape)
    down, across = (int(_AROUND * length) for length in tiles.shape[1:3])
    middle = ground[:, down : tiles.shape[1] - down : 4, across : tiles.shape[2] - across : 4]
    lit = np.quantile(middle, _LIT, axis=(1, 2), keepdims=True)
    times = np.asarray(lit / np.maximum(ground, 1), np.float32)
    return ground, np.asarray(times.clip(1, _DARKEST))


def ink_darkness(picture: NDArray[np.uint8]) -> float:
    """Tells by its sign whether ink is darker than the ground: positive where it is.

    It is the sum of cubed differences to the median colour around each pixel, so that strong
    differences, as of strokes, weigh more than the noise of the ground and the edges of shadows.

    Args:
        picture: (h, w) or (h, w, 3), uint8.
    """
    height, width = picture.shape[:2]
    factor = max(1.0, min(height, width) / _COARSE_SIDE)
    size = max(1, round(width / factor)), max(1, round(height / factor))
    coarse = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    reach = max(1, round(_WINDOW * min(coarse.shape[:2]) / 2))
    around = cv2.copyMakeBorder(coarse, reach, reach, reach, reach, cv2.BORDER_REFLECT_101)
    ground = cv2.medianBlur(around, 2 * reach + 1)[reach:-reach, reach:-reach]
    darker = ground.astype(np.float32) - coarse
    return float(np.vdot(darker * darker, darker))
