"""Pictures in colour become grey ones in which ink is as strong as its colour differs."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from model.page.colour import to_ink_contrast

WHITE, BLACK = (255, 255, 255), (0, 0, 0)


def strokes_on(ground: NDArray[np.uint8], *inks: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Draws an upright stroke of each colour, side by side."""
    picture = ground.copy()
    width = picture.shape[1] // len(inks)
    for number, ink in enumerate(inks):
        x = number * width + width // 2
        cv2.line(picture, (x, 60), (x, 140), ink, 8)
    return picture


def plain(colour: tuple[int, int, int]) -> NDArray[np.uint8]:
    return np.full((200, 200, 3), colour, np.uint8)


def contrast(grey: NDArray[np.uint8], x: int) -> int:
    """Of a stroke through the middle of the picture to the ground above it."""
    return abs(int(grey[100, x]) - int(grey[10, x]))


@pytest.mark.parametrize(
    ("ground", "ink", "expected"),
    [
        (WHITE, (255, 255, 0), 215),  # a highlighter differs in blue alone
        (BLACK, (0, 0, 128), 128),
        ((200, 0, 0), (0, 117, 0), 200),  # of nearly equal brightness
    ],
)
def test_ink_is_as_strong_as_it_differs_in_any_channel(
    ground: tuple[int, int, int], ink: tuple[int, int, int], expected: int
) -> None:
    grey = to_ink_contrast(strokes_on(plain(ground), ink))
    assert grey.shape == (200, 200)
    assert contrast(grey, 100) == expected


def test_pens_of_several_colours_in_one_picture_are_alike() -> None:
    grey = to_ink_contrast(strokes_on(plain(WHITE), (10, 10, 10), (230, 230, 20), (20, 20, 250)))
    strengths = [contrast(grey, x) for x in (33, 99, 165)]
    assert min(strengths) > 0.9 * max(strengths)


def test_uneven_light_in_colour_is_no_ink() -> None:
    light = np.linspace(1, 0.6, 200)[:, np.newaxis, np.newaxis]
    lit = (light * np.full((200, 200, 3), (250, 235, 200))).astype(np.uint8)
    grey = to_ink_contrast(strokes_on(lit, (30, 40, 160)))
    assert np.ptp(grey[5:50].astype(int)) < 12
    assert contrast(grey, 100) > 120


@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 200, 3), (28, 28, 3)])
def test_small_and_narrow_pictures_keep_their_size(shape: tuple[int, int, int]) -> None:
    assert to_ink_contrast(np.zeros(shape, np.uint8)).shape == shape[:2]
