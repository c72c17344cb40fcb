"""Photographs of paper: uneven light, shadows, ruled lines, dividers, frames, noise."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from model.config import ReaderConfig
from model.ink import NormalForm, normalise
from training.drawings.camera import Camera, photograph

CONFIG = ReaderConfig()
SIDE = 320


def page(*, pen: int = 8) -> NDArray[np.uint8]:
    """Ink coverage of 7, 2, blank, 0 as a ruler and compasses would draw them."""
    picture = Image.new("L", (SIDE, SIDE))
    draw = ImageDraw.Draw(picture)
    draw.line([(45, 40), (110, 40), (70, 125)], 255, pen, "curve")
    draw.line([(210, 50), (265, 45), (270, 75), (205, 125), (280, 125)], 255, pen, "curve")
    draw.ellipse((205, 200, 275, 290), outline=255, width=pen)
    return np.asarray(picture)


def photographed(
    ink: NDArray[np.uint8], paper: NDArray[np.float64] | float = 210.0, tone: float = 0.3
) -> NDArray[np.uint8]:
    """Ink on paper of some brightness, with a camera's noise."""
    noise = np.random.default_rng(0).normal(0, 2, ink.shape)
    covered = ink / 255 * (1 - tone)
    return np.clip(paper * (1 - covered) + noise, 0, 255).astype(np.uint8)


def cells(normal: NormalForm) -> NDArray[np.int64]:
    tiles = normal.picture.reshape(2, 28, 2, 28).swapaxes(1, 2)
    return tiles.reshape(4, 28, 28).astype(np.int64)


def assert_same_digits(found: NormalForm, *, tolerance: float = 24) -> None:
    """What was found is what the clean page gives, but for its edges."""
    expected = normalise(page(), CONFIG)
    assert [cell.box is None for cell in found.cells] == [False, False, True, False]
    difference = np.abs(cells(found) - cells(expected)).mean(axis=(1, 2))
    assert difference.max() < tolerance, difference


def test_a_clean_photograph_gives_what_the_drawing_gives() -> None:
    found = normalise(photographed(page()), CONFIG)
    assert found.is_inverted
    assert_same_digits(found)


def test_light_may_fall_off_by_half() -> None:
    gradient = np.linspace(230, 115, SIDE)[None, :] * np.ones((SIDE, 1))
    assert_same_digits(normalise(photographed(page(), gradient), CONFIG))


@pytest.mark.parametrize("depth", [0.8, 0.55])
def test_a_sharp_shadow_is_no_ink(depth: float) -> None:
    y, x = np.mgrid[:SIDE, :SIDE]
    paper = np.where(x + y > 1.1 * SIDE, 220 * depth, 220.0)
    assert_same_digits(normalise(photographed(page(), paper), CONFIG), tolerance=30)


def test_ruled_lines_are_no_ink() -> None:
    paper = np.full((SIDE, SIDE), 215.0)
    paper[10::24] = 150
    paper[11::24] = 150
    assert_same_digits(normalise(photographed(page(), paper), CONFIG))


@pytest.mark.parametrize("slope", [0.0, 0.05])
def test_a_drawn_divider_and_frame_are_no_ink(slope: float) -> None:
    lines = Image.new("L", (SIDE, SIDE))
    draw = ImageDraw.Draw(lines)
    for at in (14, SIDE // 2, SIDE - 14):
        draw.line([(8, at - slope * 150), (SIDE - 8, at + slope * 150)], 200, 3)
        draw.line([(at + slope * 150, 8), (at - slope * 150, SIDE - 8)], 200, 3)
    ink = np.maximum(page(), np.asarray(lines))
    assert_same_digits(normalise(photographed(ink), CONFIG))


def test_a_stroke_that_crosses_a_line_stays_whole() -> None:
    """A one through a ruled line: the line goes, the one does not break."""
    ink = np.zeros((SIDE, SIDE), np.uint8)
    ink[30:130, 76:84] = 255
    with_line = ink.copy()
    with_line[80:83] = 255
    plain, ruled = (normalise(255 - picture, CONFIG) for picture in (ink, with_line))
    tall, whole = (np.flatnonzero(cells(form)[0].max(axis=1) > 128) for form in (plain, ruled))
    assert len(whole) == whole[-1] - whole[0] + 1
    assert abs(len(whole) - len(tall)) <= 2
    assert ruled.cells[1].box is None


def test_noise_and_grain_are_no_ink() -> None:
    noise = np.random.default_rng(1).normal(200, 9, (SIDE, SIDE)).clip(0, 255).astype(np.uint8)
    found = normalise(noise, CONFIG)
    assert [cell.box for cell in found.cells] == [None] * 4


def test_chalk_on_a_blackboard_is_light_on_dark() -> None:
    board = 255 - photographed(page())
    found = normalise(board, CONFIG)
    assert not found.is_inverted
    assert_same_digits(found)


@pytest.mark.parametrize("quality", [95, 40])
def test_jpeg_leaves_the_digits_as_they_are(quality: int, tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "page.jpg"
    Image.fromarray(photographed(page())).save(path, quality=quality)
    assert_same_digits(normalise(np.asarray(Image.open(path).convert("L")), CONFIG))


def test_a_grid_that_does_not_fill_the_picture_is_found() -> None:
    """The cut moves from the middle of the picture to the gap between the digits."""
    small = np.asarray(Image.fromarray(page()).resize((224, 224)))
    ink = np.zeros((SIDE, SIDE), np.uint8)
    ink[20:244, 10:234] = small
    found = normalise(photographed(ink), CONFIG)
    assert [cell.box is None for cell in found.cells] == [False, False, True, False]
    assert_same_digits(found, tolerance=24)


@pytest.mark.parametrize("is_board", [False, True])
@pytest.mark.parametrize("place", [0.7, 0.9, 1.1, 1.3])
@pytest.mark.parametrize("pen", [5, 8])
def test_a_deep_shadow_does_not_turn_ink_and_paper_round(
    pen: int, place: float, is_board: bool
) -> None:
    """The lit part of a page is no ink, however much brighter it is than the ink is dark."""
    y, x = np.mgrid[:SIDE, :SIDE]
    paper = np.where(x + 0.6 * y > place * SIDE, 230.0, 120.0)
    picture = photographed(page(pen=pen), paper, tone=0.7)
    found = normalise(255 - picture if is_board else picture, CONFIG)
    assert found.is_inverted is not is_board
    assert [cell.box is None for cell in found.cells] == [False, False, True, False]


@pytest.mark.parametrize("slope", [0.0, 0.02, 0.05])
@pytest.mark.parametrize("width", [4, 10, 20, 35])
@pytest.mark.parametrize("turns", range(4))
def test_a_dark_strip_at_the_border_hides_no_digit(width: int, slope: float, turns: int) -> None:
    """The edge of the table beside the sheet."""
    y, x = np.mgrid[:SIDE, :SIDE]
    is_table = np.rot90(x < width + slope * y, turns)
    found = normalise(np.where(is_table, 40, photographed(page())).astype(np.uint8), CONFIG)
    assert [cell.box is None for cell in found.cells] == [False, False, True, False]


def test_a_blank_sheet_is_blank_whatever_light_falls_on_it() -> None:
    plain = Camera(ruled_share=0, divider_share=0, frame_share=0)
    for seed in range(40):
        random = np.random.default_rng((8, seed))
        sheet = np.zeros((240, 240), np.uint8)
        found = normalise(photograph(sheet, random, camera=plain).picture, CONFIG)
        assert [cell.box for cell in found.cells] == [None] * 4, seed
        assert found.warnings == (), seed


@pytest.mark.parametrize("grey_levels", [14, 18])
def test_ink_that_the_paper_nearly_hides_is_read_and_announced(grey_levels: int) -> None:
    found = normalise(photographed(page(), tone=1 - grey_levels / 210), CONFIG)
    assert_same_digits(found, tolerance=30)
    assert [warning.code for warning in found.warnings] == ["faint"]


def test_ink_that_is_left_out_is_announced() -> None:
    """A hairline beside digits of a broad pen may be a one, or a scratch."""
    ink = page(pen=16).copy()
    ink[200:250, 60:62] = 255
    found = normalise(photographed(ink), CONFIG)
    assert found.cells[2].box is None
    assert ["cell 3" in warning.detail for warning in found.warnings] == [True]
    assert found.warnings[0].code == "faint"
