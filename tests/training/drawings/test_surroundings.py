"""Whole pictures with a grid in them: the same every time, and the grid is in the picture."""

import numpy as np
import pytest
from PIL import Image

from model.config import ReaderConfig
from model.errors import ConfigError
from training.drawings.strokes import Strokes
from training.drawings.surroundings import CONTROLS, SURROUNDINGS, render_surroundings
from training.drawings.surroundings.borders import draw_boxes, lay_out
from training.drawings.surroundings.optics import Pose, add_noise, find_view, project, turn
from training.drawings.surroundings.surfaces import Box, Surface, mix
from training.drawings.surroundings.writing import Hand, Pen, by_hand, write_digits

CONFIG = ReaderConfig()
SEVEN: Strokes = (np.array([(0, 0), (10, 0), (4, 20)], np.float32),)
RING: Strokes = (
    np.array([(10 * np.cos(a), 10 * np.sin(a)) for a in np.linspace(0, 6.3, 30)], np.float32),
)
DIGITS = [SEVEN, RING, RING, SEVEN]


def random(*seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("kind", [*SURROUNDINGS, *CONTROLS])
def test_a_picture_follows_from_its_seed(kind: str) -> None:
    first, again = (render_surroundings(kind, DIGITS, CONFIG, random(4)) for _ in range(2))
    assert first.dtype == np.uint8
    assert first.ndim == 2 or first.shape[2:] == (3,)
    assert min(first.shape[:2]) >= 90
    assert np.array_equal(first, again)


@pytest.mark.parametrize("kind", ["scan_plain", "table", "shade", "mixed_pens", "photo_plain"])
def test_other_digits_and_other_seeds_give_other_pictures(kind: str) -> None:
    pictures = [
        render_surroundings(kind, digits, CONFIG, random(seed))
        for digits, seed in ((DIGITS, 5), ([None] * 4, 5), (DIGITS, 6))
    ]
    for number, other in ((0, 1), (0, 2)):
        one, two = pictures[number], pictures[other]
        assert one.shape != two.shape or not np.array_equal(one, two)


def test_pictures_have_the_size_of_what_made_them() -> None:
    for seed in range(2):
        scan = render_surroundings("scan_framed", DIGITS, CONFIG, random(seed))
        assert scan.shape[0] / scan.shape[1] == pytest.approx(297 / 210, abs=0.01)
        assert 150 * 8.2 < scan.shape[1] < 300 * 8.3
    sheet = render_surroundings("photo_perspective", DIGITS, CONFIG, random(0))
    assert sorted(sheet.shape[:2]) == [3024, 4032]


def test_another_layout_is_rendered_as_well() -> None:
    config = ReaderConfig(rows=3, columns=2)
    for kind in ("photo_framed", "table", "boxes", "window_shadow", "note"):
        picture = render_surroundings(kind, [SEVEN] * 6, config, random(1))
        assert picture.size


def test_what_is_no_kind_or_no_digit_for_each_cell_is_refused() -> None:
    with pytest.raises(ConfigError, match="got 'fax'"):
        render_surroundings("fax", DIGITS, CONFIG, random(0))
    with pytest.raises(ConfigError, match="expected 4 digits, got 3"):
        render_surroundings("table", DIGITS[:3], CONFIG, random(0))


@pytest.mark.parametrize("seed", range(30))
def test_all_that_is_photographed_is_in_the_picture_in_its_size(seed: int) -> None:
    target = Box(300, 200, 900, 750)
    pose = Pose(share=(0.5, 0.85), tilt=(0, 25), turn=12)
    seen = project(
        find_view(target, 1000, 750, pose, random(seed)), np.array(target.corners(), float)
    )
    assert (seen >= 0).all()
    assert (seen <= (1000, 750)).all()
    assert 0.5 * 750 - 1 <= np.ptp(seen, axis=0).max() <= 0.85 * 750 + 1


def test_a_camera_held_straight_over_a_surface_only_scales_it() -> None:
    target = Box(100, 100, 300, 300)
    pose = Pose(share=(0.5, 0.5), tilt=(0, 0), turn=0, centring=1)
    seen = project(find_view(target, 800, 800, pose, random(0)), np.array(target.corners(), float))
    np.testing.assert_allclose(seen, [(200, 200), (600, 200), (600, 600), (200, 600)], atol=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_digits_stay_inside_their_cells(seed: int) -> None:
    layout = lay_out(20, 10, 100, 130, CONFIG, gap=30)
    surface = Surface(300, 320, (255, 255, 255))
    hand = Hand(pen=0.06, size=(0.5, 0.9), spread=1, margin=0.05)
    write_digits(surface, DIGITS, layout.cells, [Pen(colour=(0, 0, 0))], hand, random(seed))
    ink = np.asarray(surface.image.convert("L")) < 128
    for cell in layout.cells:
        rows, columns = (
            slice(int(cell.top), int(cell.bottom)),
            slice(int(cell.left), int(cell.right)),
        )
        assert ink[rows, columns].any()
        ink[rows, columns] = False
    assert not ink.any()


def test_each_cell_can_have_its_own_pen() -> None:
    layout = lay_out(0, 0, 100, 100, CONFIG)
    surface = Surface(200, 200, (255, 255, 255))
    colours = [(200, 0, 0), (0, 200, 0), (0, 0, 200), (0, 0, 0)]
    pens = [Pen(colour=colour) for colour in colours]
    hand = Hand(pen=0.1, size=(0.6, 0.6))
    write_digits(surface, DIGITS, layout.cells, pens, hand, random(0))
    pixels = np.asarray(surface.image)
    for cell, colour in zip(layout.cells, colours, strict=True):
        part = pixels[int(cell.top) : int(cell.bottom), int(cell.left) : int(cell.right)]
        assert (part == colour).all(axis=2).any()


def test_faint_ink_is_as_much_darker_as_its_opacity_says() -> None:
    full = np.full((50, 50), 255, np.uint8)
    assert Pen(opacity=0.2).apply(full, random(0)).max() == 51
    uneven = Pen(opacity=0.2, unevenness=0.5, grain=0.3).apply(full, random(0))
    assert uneven.max() <= 51
    assert uneven.std() > 2


def test_borders_are_inside_of_boxes_and_boxes_apart() -> None:
    layout = lay_out(10, 10, 60, 60, CONFIG, gap=8)
    surface = Surface(150, 150, (255, 255, 255))
    draw_boxes(surface, layout.cells, (0, 0, 0), 4)
    dark = np.asarray(surface.image.convert("L")) < 128
    assert dark[40, 10:14].all()
    assert dark[40, 66:70].all()
    assert not dark[40, 14:66].any()
    assert not dark[40, 70:78].any()
    assert not dark[:10].any()


def test_a_line_by_hand_is_near_the_straight_one() -> None:
    for seed in range(10):
        points = np.array(by_hand((0, 50), (200, 50), 2.0, random(seed)))
        assert abs(points[:, 1] - 50).max() < 15
        assert abs(points[0, 0]) < 12
        assert abs(points[-1, 0] - 200) < 12


def test_noise_of_a_large_picture_has_the_deviation_asked_for() -> None:
    grey = np.full((1000, 1700, 3), 128, np.uint8)
    noise = add_noise(grey, 3, random(0)).astype(float) - 128
    assert noise.std() == pytest.approx(3, abs=0.1)
    assert abs(noise.mean()) < 0.05


def test_what_is_turned_keeps_its_ground() -> None:
    surface = Surface(100, 100, (200, 210, 220))
    surface.fill(Box(45, 10, 55, 50), (0, 0, 0))
    turn(surface, 90)
    assert surface.image.getpixel((1, 98)) == (200, 210, 220)
    assert surface.image.getpixel((20, 50)) == (0, 0, 0)
    assert isinstance(surface.image, Image.Image)
    assert mix((0, 0, 0), (200, 100, 50), 0.5) == (100, 50, 25)
