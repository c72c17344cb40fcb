"""Ink as contrast to what surrounds it, in colour: no matter how the ground is lit or tinted."""

import functools

import cv2
import numpy as np
from numpy.typing import NDArray

# The ground of a coarse picture is the median over a window of this share of its shorter side.
_WINDOW = 0.3
_COARSE_SIDE = 48

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
