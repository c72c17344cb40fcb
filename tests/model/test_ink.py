"""The normal form: MNIST passes unchanged, other pictures become like it."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from model.config import ReaderConfig
from model.errors import PictureError
from model.ink import normalise
from model.ink.mnist_form import measure_ink
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
    assert np.max(change) == 0


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


def stroke(*points: tuple[int, int], pen: int = 14, side: int = 280) -> NDArray[np.uint8]:
    """One line, light on dark."""
    picture = Image.new("L", (side, side))
    ImageDraw.Draw(picture).line(list(points), 255, pen, "curve")
    return np.asarray(picture)


@pytest.mark.parametrize("place", [(20, 20), (60, 40), (90, 70)])
@pytest.mark.parametrize("height", [35, 60, 110])
def test_place_and_size_in_the_cell_do_not_matter(place: tuple[int, int], height: int) -> None:
    x, y = place[0], min(place[1], 135 - height)
    normal = normalise(stroke((x, y), (x + height // 3, y + height), pen=8), CONFIG)
    cell = normal.picture[:28, :28].astype(float)
    rows, columns = np.indices(cell.shape)
    assert abs((cell * rows).sum() / cell.sum() - 14) < 0.75
    assert abs((cell * columns).sum() / cell.sum() - 14) < 0.75
    ink = np.flatnonzero((cell > 25).any(axis=1))
    assert 18 <= ink[-1] - ink[0] + 1 <= 21
    assert not normal.picture[:, 28:].any()


@pytest.mark.parametrize("pen", [2, 4, 8, 16, 24])
def test_strokes_come_into_mnists_range_of_widths(pen: int) -> None:
    normal = normalise(stroke((30, 20), (80, 120), pen=pen), CONFIG)
    width = measure_ink(normal.picture[:28, :28].astype(np.float32) / 255)[2]
    assert 1.5 < width < 4.5
    assert normal.cells[0].stroke_width == pytest.approx(pen, rel=0.35, abs=1)


def test_it_says_what_it_did_in_pixels_of_the_picture() -> None:
    (cell, *others) = normalise(stroke((60, 40), (60, 120), pen=10), CONFIG).cells
    assert cell.box is not None
    assert np.abs(np.array(cell.box) - (55, 40, 66, 121)).max() <= 6
    assert cell.scale == pytest.approx(20 / 85, rel=0.1)
    assert cell.shift == pytest.approx((60 / 140 - 0.5, 80 / 140 - 0.5), abs=0.02)
    assert all(other.box is None and other.scale is None for other in others)


def test_a_stroke_that_sticks_out_of_its_cell_stays_whole() -> None:
    picture = np.maximum(stroke((60, 60), (160, 80)), stroke((200, 40), (210, 120)))
    picture = np.maximum(picture, stroke((145, 230), (230, 200)))  # no other gap for the cut
    normal = normalise(picture, CONFIG)
    assert normal.cells[0].box is not None
    assert normal.cells[0].box[2] > 160
    assert normal.cells[1].box is not None
    assert normal.cells[1].box[0] > 185
    assert normal.cells[3].box is not None
    assert [warning.code for warning in normal.warnings] == ["ink_across_divider"]
    assert "1, 2" in normal.warnings[0].detail


def test_ink_over_the_middle_belongs_to_both_cells() -> None:
    normal = normalise(stroke((70, 60), (210, 60)), CONFIG)
    boxes = [cell.box for cell in normal.cells]
    assert boxes[0] is not None
    assert boxes[1] is not None
    assert abs(boxes[0][2] - 140) <= 6
    assert abs(boxes[1][0] - 140) <= 6


@pytest.mark.parametrize(
    ("picture", "code"),
    [
        (stroke((40, 40), (60, 110)) // 7, "faint"),
        (stroke((60, 60), (64, 68), pen=5), "tiny"),
        (stroke((20, 20), (260, 260)), "not_a_grid"),
        (stroke((140, 40), (140, 240), pen=160), "not_a_grid"),
        (stroke((40, 30), (40, 110)) | stroke((90, 45), (90, 120)), "several_digits"),
    ],
)
def test_doubtful_ink_is_announced(picture: NDArray[np.uint8], code: str) -> None:
    warnings = normalise(picture, CONFIG).warnings
    assert code in [warning.code for warning in warnings]


@pytest.mark.parametrize(
    "picture",
    [
        # A five with a bar of its own, and a seven crossed by a stroke that does not touch it.
        stroke((40, 30), (40, 70)) | stroke((40, 70), (60, 110)) | stroke((52, 28), (90, 30)),
        stroke((90, 30), (60, 120)) | stroke((30, 70), (55, 70)),
        # A one in each of two cells.
        stroke((70, 30), (70, 110)) | stroke((210, 30), (210, 110)),
    ],
)
def test_strokes_of_one_digit_are_not_several_digits(picture: NDArray[np.uint8]) -> None:
    assert "several_digits" not in [one.code for one in normalise(picture, CONFIG).warnings]


def test_clean_digits_give_no_warning(test_digits: Digits) -> None:
    for grid in disjoint_grids(test_digits, CONFIG, seed=0).pictures.numpy()[:50]:
        large = np.asarray(Image.fromarray(grid).resize((280, 280), Image.Resampling.BICUBIC))
        assert normalise(large, CONFIG).warnings == ()


def test_a_grid_of_other_rows_and_columns_is_cut_as_its_config_says() -> None:
    config = ReaderConfig(rows=3, columns=4)
    picture = np.zeros((300, 400), np.uint8)
    for row, column in np.ndindex(3, 4):
        picture[100 * row + 30 : 100 * row + 70, 100 * column + 45 : 100 * column + 53] = 255
    normal = normalise(picture, config)
    assert normal.picture.shape == (84, 112)
    assert len(normal.cells) == 12
    assert all(cell.box is not None for cell in normal.cells)


def test_cells_of_a_larger_grid_are_looked_at_as_closely() -> None:
    """The same digits in four by four cells and in two by two come out alike."""
    large = np.tile(drawing(320), (2, 2))
    forms = normalise(large, ReaderConfig(rows=4, columns=4)).picture
    np.testing.assert_array_equal(forms, np.tile(normalise(drawing(320), CONFIG).picture, (2, 2)))


@pytest.mark.parametrize("grey_levels", [4, 10, 20])
def test_ink_too_faint_to_be_found_is_announced(grey_levels: int) -> None:
    normal = normalise((drawing() // 255 * grey_levels).astype(np.uint8), CONFIG)
    assert normal.ink_boxes == (None,) * 4
    assert [warning.code for warning in normal.warnings] == ["faint"]


@pytest.mark.parametrize("grey", [0, 30, 255])
def test_a_blank_canvas_gives_no_warning(grey: int) -> None:
    assert normalise(np.full((280, 280), grey, np.uint8), CONFIG).warnings == ()


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        (np.zeros((27, 56), np.uint8), "at least 28x28 pixels, got 56x27"),
        (np.zeros((28, 600), np.uint8), "more than 20 times as long as wide, got 21 times"),
        (np.zeros((4000, 28), np.uint8), "got 143 times"),
        (np.zeros((56, 56, 4), np.uint8), r"expected pixels .* got \(56, 56, 4\)"),
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
@example(28, 560, 0, 120)
@example(1120, 56, 0, 120)
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
