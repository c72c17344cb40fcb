"""Makes a grey picture of one in colour, in which ink is as strong as its colour differs."""

import functools

import cv2
import numpy as np
from numpy.typing import NDArray

# The ground is the median over a window of this share of the shorter side: more than a stroke.
_WINDOW = 0.3
# It is smooth, so it is estimated on a picture of about this shorter side, in pixels.
_COARSE_SIDE = 96
# Grey level of the ground under dark ink; under light ink it is as far from black. Clipped at
# white, the noise of a photographed ground would look like that of a flat one.
_LIGHT_GROUND = np.int16(215)

# Pictures are read side by side already; OpenCV's own threads would only wait for each other.
cv2.setNumThreads(1)


def to_ink_contrast(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Makes a grey picture in which ink differs from its ground by as much as in any channel.

    Brightness alone would lose yellow on white, which differs in blue, and navy on black. The
    ground, whatever its colour and light, becomes one dark grey under light ink and one light grey
    under dark ink.

    Args:
        picture: (height, width, 3), uint8, RGB.

    Returns:
        (height, width), uint8.
    """
    channels = cv2.split(cv2.subtract(_ground(picture), picture, dtype=cv2.CV_16S))
    most, least = functools.reduce(cv2.max, channels), functools.reduce(cv2.min, channels)
    darker = np.where(most >= -least, most, least)
    # By cubes large differences weigh most, not the noise of the ground.
    few = darker[::2, ::2].astype(np.float32)
    is_ink_darker = float(np.vdot(few * few, few)) > 0
    ground = _LIGHT_GROUND if is_ink_darker else 255 - _LIGHT_GROUND
    return np.clip(ground - darker, 0, 255).astype(np.uint8)


def _ground(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The median colour around each pixel, (height, width, 3)."""
    height, width = picture.shape[:2]
    factor = max(1.0, min(height, width) / _COARSE_SIDE)
    size = max(1, round(width / factor)), max(1, round(height / factor))
    coarse = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    reach = max(1, round(_WINDOW * min(coarse.shape[:2]) / 2))
    around = cv2.copyMakeBorder(coarse, reach, reach, reach, reach, cv2.BORDER_REFLECT_101)
    median = cv2.medianBlur(around, 2 * reach + 1)[reach:-reach, reach:-reach]
    return np.asarray(cv2.resize(median, (width, height)), np.uint8)
