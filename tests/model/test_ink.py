"""The normal form: MNIST passes unchanged, other pictures become like it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from model.config import ReaderConfig
from model.errors import PictureError
from model.ink import normalise
from training.data import Digits
from training.scoring import disjoint_grids

CONFIG = ReaderConfig()


def drawing(side: int = 280) -> NDArray[np.uint8]:
    """A bar in the first cell and a ring in the last, light on dark."""
    picture = np.zeros((side, side), np.uint8)
    unit = side // 28
    picture[3 * unit : 11 * unit, 6 * unit : 8 * unit] = 255
    y, x = np.mgrid[:side, :side]
    distance = np.hypot(y - 21 * unit, x - 21 * unit)
    picture[(distance > 3 * unit) & (distance < 5 * unit)] = 255
    return picture


def test_mnist_grids_pass_unchanged(test_digits: Digits) -> None:
    grids = disjoint_grids(test_digits, CONFIG, seed=0).pictures.numpy()
    change = [np.abs(normalise(grid, CONFIG).picture.astype(int) - grid) for grid in grids]
    # One digit in ten is 254 at its brightest and becomes 255; nothing else changes.
    assert np.max(change) == 1


def test_dark_on_light_is_read_as_light_on_dark() -> None:
    light, dark = normalise(drawing(), CONFIG), normalise(255 - drawing(), CONFIG)
    assert (light.is_inverted, dark.is_inverted) == (False, True)
    np.testing.assert_array_equal(light.picture, dark.picture)
    assert light.ink_boxes == dark.ink_boxes


def test_grey_background_and_faint_ink_are_brought_to_black_and_white() -> None:
    faint = (drawing() // 4 + 60).astype(np.uint8)
    difference = normalise(faint, CONFIG).picture.astype(int) - normalise(drawing(), CONFIG).picture
    assert np.abs(difference).max() <= 5


@pytest.mark.parametrize("side", [56, 84, 280, 561, 2000])
def test_size_does_not_matter(side: int) -> None:
    large = Image.fromarray(drawing()).resize((side, side), Image.Resampling.BOX)
    found = normalise(np.asarray(large), CONFIG).picture.astype(int)
    assert np.abs(found - normalise(drawing(), CONFIG).picture).mean() < 6


def test_a_wide_picture_keeps_the_shape_of_its_digits() -> None:
    """Cells of 100 by 200: a box of 50 by 100 stays twice as tall as wide."""
    tall = np.zeros((400, 200), np.uint8)
    tall[50:150, 25:75] = 255
    tall[60:140, 35:65] = 0
    cell = normalise(tall, CONFIG).picture[:28, :28]
    rows, columns = np.flatnonzero(cell.any(axis=1)), np.flatnonzero(cell.any(axis=0))
    assert abs(len(rows) - 20) <= 1
    assert abs(len(columns) - 10) <= 1


def test_ink_boxes_are_measured_in_the_picture_that_came_in() -> None:
    boxes = normalise(drawing(), CONFIG).ink_boxes
    assert boxes == ((60, 30, 80, 110), None, None, (161, 161, 260, 260))


def test_a_cell_without_ink_stays_empty() -> None:
    noise = np.random.default_rng(0).integers(0, 20, (280, 280)).astype(np.uint8)
    normal = normalise(noise, CONFIG)
    assert not normal.picture.any()
    assert normal.ink_boxes == (None,) * 4


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        (np.zeros((27, 56), np.uint8), "at least 28x28 pixels, got 56x27"),
        (np.zeros((56, 56, 3), np.uint8), r"expected grey pixels .* got \(56, 56, 3\)"),
        (np.zeros((56, 56), np.float32), "uint8, got .* float32"),
    ],
)
def test_what_is_no_picture_of_a_grid_is_refused(picture: NDArray[np.uint8], message: str) -> None:
    with pytest.raises(PictureError, match=message):
        normalise(picture, CONFIG)


@given(
    st.integers(28, 90),
    st.integers(28, 90),
    st.integers(0, 2**32 - 1),
    st.sampled_from([0, 3, 120, 255]),
)
def test_any_pixels_give_a_picture_of_the_right_shape(
    height: int, width: int, seed: int, spread: int
) -> None:
    random = np.random.default_rng(seed)
    pixels = random.integers(0, spread + 1, (height, width)).astype(np.uint8)
    normal = normalise(pixels, CONFIG)
    assert normal.picture.shape == (56, 56)
    assert normal.picture.dtype == np.uint8
    for box in normal.ink_boxes:
        if box is not None:
            x0, y0, x1, y1 = box
            assert 0 <= x0 < x1 <= width
            assert 0 <= y0 < y1 <= height
