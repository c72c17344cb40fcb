"""Ink in colour is as strong as it differs from its ground in any channel."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from model.ink.grid_ink import GridInk, find_ink
from model.page.cell_contrast import measure_contrast
from model.page.grid_image import even_grid_image

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


def ink_of(picture: NDArray[np.uint8], columns: int) -> GridInk:
    """The ink of a picture of cells side by side, at half its size."""
    image = even_grid_image(picture, 1, columns, 80)
    return find_ink(image, measure_contrast(image, has_lines=False))


def contrast_of(picture: NDArray[np.uint8], columns: int = 1) -> NDArray[np.uint8]:
    """The contrast of a picture of cells side by side, at half its size."""
    return ink_of(picture, columns).contrast.levels


@pytest.mark.parametrize(
    ("ground", "ink", "expected"),
    [
        (WHITE, (255, 255, 0), 255),  # a highlighter differs in blue alone
        (BLACK, (0, 0, 128), 128),
        ((200, 0, 0), (0, 117, 0), 200),  # of nearly equal brightness
    ],
)
def test_ink_is_as_strong_as_it_differs_in_any_channel(
    ground: tuple[int, int, int], ink: tuple[int, int, int], expected: int
) -> None:
    contrast = contrast_of(strokes_on(plain(ground), ink))
    assert contrast.shape == (100, 100)
    assert contrast[5, 50] == 0
    assert contrast[50, 50] == expected


def test_pens_of_several_colours_in_one_picture_are_found() -> None:
    pens = (10, 10, 10), (230, 230, 20), (20, 20, 250)
    picture = strokes_on(np.full((200, 600, 3), WHITE, np.uint8), *pens)
    found = ink_of(picture, 3)
    assert [crop is not None and abs(len(crop.levels) - 40) <= 8 for crop in found.crops] == [
        True
    ] * 3
    assert found.warnings == ()


def test_uneven_light_in_colour_is_no_ink() -> None:
    light = np.linspace(1, 0.6, 200)[:, np.newaxis, np.newaxis]
    lit = (light * np.full((200, 200, 3), (250, 235, 200))).astype(np.uint8)
    contrast = contrast_of(strokes_on(lit, (30, 40, 160)))
    assert contrast[3:25].max() < 12
    assert contrast[50, 50] > 120
