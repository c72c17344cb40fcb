"""Ink as contrast to what surrounds it, in colour: no matter how the ground is lit or tinted."""

import functools

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

# Ink differs from the mean over a window of this share of the longer side.
_WINDOW = 0.15
_COARSE_SIDE = 48
# Of a picture, strokes are narrower than this share of its shorter side; where this share of it is
# so many times as dark as the rest, there is a shadow.
_WIDEST, _SHADE, _DARKER = 0.12, 0.05, 1.3
# The ground in full light is this quantile of it, without this share of a side around, which may be
# of something else; in a shadow it is at most so much darker.
_LIT, _AROUND, _DARKEST = 0.9, 0.2, 3.5
# So much of a drawing has one colour.
_ONE_COLOUR = 0.4
# Light is even where no ground is darker by more than this factor.
_EVEN = 1.1

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


def ground_of(
    channel: NDArray[np.uint8], reach: int, *, is_inverted: bool, is_photograph: bool = True
) -> NDArray[np.uint8]:
    """The ground under ink, as ``ink_contrast`` takes it, of one channel, (h, w).

    In a photograph what ends at the edge of the picture goes on beyond, so that no end of a shadow
    is a stroke; in a drawing strokes end there.
    """
    square = cv2.getStructuringElement(cv2.MORPH_RECT, (reach | 1, reach | 1))
    operation = cv2.MORPH_CLOSE if is_inverted else cv2.MORPH_OPEN
    if not is_photograph:
        return np.asarray(cv2.morphologyEx(channel, operation, square), np.uint8)
    around = cv2.copyMakeBorder(channel, reach, reach, reach, reach, cv2.BORDER_REPLICATE)
    return np.asarray(cv2.morphologyEx(around, operation, square)[reach:-reach, reach:-reach])


def in_even_light(contrast: NDArray[np.uint8], ground: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The contrast that ink would have in even light: in a shadow the same ink differs less.

    What a surface reflects is a share of the light on it, so a difference to the ground is taken
    for the share of the ground that it is.

    Args:
        contrast: (h, w), uint8: of a channel to its ground.
        ground: (h, w), uint8.

    Returns:
        (h, w), uint8.
    """
    times = _times_as_light(ground)
    if times is None:
        return contrast
    return np.asarray(np.minimum(contrast * times, 255), np.uint8)


def even_light(picture: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Lights a picture evenly: shadows are made lighter; None where there are none.

    Args:
        picture: (h, w) or (h, w, 3), uint8.
    """
    is_inverted = is_ink_darker(picture)
    reach = round(_WIDEST * min(picture.shape[:2]))
    channels = [
        _times_as_light(ground_of(np.asarray(channel), reach, is_inverted=is_inverted))
        for channel in cv2.split(picture)
    ]
    found = [times for times in channels if times is not None]
    if not found:
        return None
    times = functools.reduce(np.minimum, found)  # a tint is darker in some channels only
    if len(found) < len(channels) or np.quantile(times[::8, ::8], 1 - _SHADE) < _DARKER:
        return None
    times = times if picture.ndim == 2 else times[..., np.newaxis]
    return np.asarray(np.minimum(picture * times, 255), np.uint8)


def _times_as_light(ground: NDArray[np.uint8]) -> NDArray[np.float32] | None:
    """How many times as light the ground, (h, w), is where it is lit; None where all of it is."""
    down, across = (int(_AROUND * length) for length in ground.shape)
    middle = ground[down : len(ground) - down : 4, across : ground.shape[1] - across : 4]
    place = int(_LIT * middle.size)
    lit = float(np.partition(middle, place, axis=None)[place])
    if float(ground.min()) * _EVEN >= lit:
        return None
    return np.asarray((lit / np.maximum(ground, 1)).clip(1, _DARKEST), np.float32)


def is_ink_darker(picture: NDArray[np.uint8]) -> bool:
    """Tells whether ink is darker than the ground in most of a picture, (h, w) or (h, w, 3)."""
    height, width = picture.shape[:2]
    coarse = shrink(picture, max(1, min(height, width) // _COARSE_SIDE))
    side = round(_WINDOW * max(coarse.shape[:2])) | 1
    around = cv2.blur(coarse, (side, side), borderType=cv2.BORDER_REPLICATE)
    return float(_cubes(around, coarse).sum()) >= 0


def is_drawing(picture: NDArray[np.uint8]) -> bool:
    """Tells whether a picture was drawn on a screen: much of it has one colour."""
    few = np.ascontiguousarray(picture[::2, ::2]).reshape(-1)
    most = cv2.calcHist([few], [0], None, [256], (0, 256)).max()
    return bool(most > _ONE_COLOUR * few.size)


def cubed_differences(picture: NDArray[np.uint8], reach: int) -> NDArray[np.float32]:
    """Cubed differences to the median around each pixel, positive where it is darker.

    Strong differences, as of strokes, weigh more than the noise of the ground. The edge of a shadow
    does not move the median.

    Args:
        picture: (h, w) or (h, w, 3), uint8.
        reach: Of what is around a pixel, pixels.

    Returns:
        The shape of the picture.
    """
    around = cv2.copyMakeBorder(picture, reach, reach, reach, reach, cv2.BORDER_REPLICATE)
    return _cubes(cv2.medianBlur(around, 2 * reach + 1)[reach:-reach, reach:-reach], picture)


def shrink(picture: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Averages blocks of so many pixels a side; incomplete ones at the ends are left out.

    Args:
        picture: (h, w) or (h, w, 3), uint8.
        factor: At most the shorter side, for more than nothing to be left.
    """
    if factor == 1:
        return picture
    size = max(1, picture.shape[1] // factor), max(1, picture.shape[0] // factor)
    # A multiple of the factor is averaged four times as fast.
    whole = picture[: size[1] * factor, : size[0] * factor]
    return np.asarray(cv2.resize(whole, size, interpolation=cv2.INTER_AREA), np.uint8)


def shrink_to(
    picture: NDArray[np.uint8], side: int
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Shrinks a picture whose longer side is more than this; returns how many times, (x, y)."""
    factor = max(1.0, max(picture.shape[:2]) / side)
    size = max(1, round(picture.shape[1] / factor)), max(1, round(picture.shape[0] / factor))
    small = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    return small, np.array(picture.shape[1::-1]) / size


def _cubes(around: MatLike, picture: MatLike) -> NDArray[np.float32]:
    darker = cv2.subtract(around, picture, dtype=cv2.CV_32F)
    return np.asarray(cv2.multiply(cv2.multiply(darker, darker), darker), np.float32)
