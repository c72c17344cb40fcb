"""Ink as contrast to what surrounds it, in colour: no matter how the ground is lit or tinted."""

import functools
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

# Ink differs from the mean over a window of this share of the longer side.
_WINDOW = 0.2
_COARSE_SIDE = 48
# Of a picture, strokes are narrower than this share of its shorter side; where this share of it is
# so many times as dark as the rest, there is a shadow.
_WIDEST, _SHADE, _DARKER = 0.12, 0.05, 1.3
# The ground in full light is this quantile of it, without this share of a side around, which may be
# of something else; in a shadow it is at most so much darker.
_LIT, _AROUND, _DARKEST = 0.9, 0.2, 5.0
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


def even_contrast(
    picture: NDArray[np.uint8], reach: int, are_inverted: Sequence[bool]
) -> NDArray[np.uint8]:
    """The contrast that ink would have in even light: in a shadow the same ink differs less.

    What a surface reflects is a share of the light on it, so a difference to the ground is taken
    for the share of the ground that it is.

    Args:
        picture: (h, w) or (h, w, 3), uint8.
        reach: As ``ink_contrast`` takes it.
        are_inverted: Of each channel, whether ink is darker than the ground in it.

    Returns:
        (h, w), uint8: of the channel that differs most.
    """
    contrasts = []
    for channel, is_inverted in zip(cv2.split(picture), are_inverted, strict=True):
        ground, times = _light(channel, reach, is_inverted=is_inverted)
        contrast = cv2.absdiff(ground, channel)
        if times is not None:
            contrast = np.minimum(contrast * times, 255).astype(np.uint8)
        contrasts.append(contrast)
    return np.asarray(functools.reduce(cv2.max, contrasts), np.uint8)


def even_light(picture: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Lights a picture evenly: shadows are made lighter; None where there are none.

    Args:
        picture: (h, w) or (h, w, 3), uint8.
    """
    is_inverted = is_ink_darker(picture)
    reach = round(_WIDEST * min(picture.shape[:2]))
    _, times = _light(picture, reach, is_inverted=is_inverted)
    if times is None or np.quantile(times[::8, ::8], 1 - _SHADE) < _DARKER:
        return None
    return np.asarray(np.minimum(picture * times, 255), np.uint8)


def _light(
    picture: NDArray[np.uint8], reach: int, *, is_inverted: bool
) -> tuple[NDArray[np.uint8], NDArray[np.float32] | None]:
    """The ground, and how many times as light it is where it is lit; None where all of it is."""
    square = cv2.getStructuringElement(cv2.MORPH_RECT, (reach | 1, reach | 1))
    operation = cv2.MORPH_CLOSE if is_inverted else cv2.MORPH_OPEN
    ground = np.asarray(cv2.morphologyEx(picture, operation, square), np.uint8)
    down, across = (int(_AROUND * length) for length in picture.shape[:2])
    middle = ground[down : len(ground) - down : 4, across : ground.shape[1] - across : 4]
    lit = np.quantile(middle, _LIT, axis=(0, 1), keepdims=True)
    if (ground.min(axis=(0, 1), keepdims=True) * _EVEN >= lit).all():
        return ground, None
    times = np.asarray(lit / np.maximum(ground, 1), np.float32)
    return ground, np.asarray(times.clip(1, _DARKEST))


def is_ink_darker(picture: NDArray[np.uint8]) -> bool:
    """Tells whether ink is darker than the ground in most of a picture, (h, w) or (h, w, 3)."""
    return float(ink_darkness(picture).sum()) >= 0


def ink_darkness(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Tells by their signs in which channels ink is darker than the ground: positive ones.

    It is the sum of cubed differences to the mean around each pixel: by cubes strong differences,
    as of strokes, weigh more than the noise of the ground; those on both sides of a shadow's edge
    cancel out.

    Args:
        picture: (h, w) or (h, w, 3), uint8.

    Returns:
        (1,) or (3,).
    """
    height, width = picture.shape[:2]
    factor = max(1, min(height, width) // _COARSE_SIDE)
    size = width // factor, height // factor
    whole = picture[: size[1] * factor, : size[0] * factor]
    coarse = cv2.resize(whole, size, interpolation=cv2.INTER_AREA) if factor > 1 else whole
    side = round(_WINDOW * max(size)) | 1
    around = cv2.blur(coarse, (side, side), borderType=cv2.BORDER_REPLICATE)
    darker = cv2.subtract(around, coarse, dtype=cv2.CV_32F)
    cubes = cv2.multiply(cv2.multiply(darker, darker), darker)
    return np.array(cv2.sumElems(cubes)[: 1 if cubes.ndim == 2 else 3])
