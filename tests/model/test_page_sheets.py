"""Sheets, notes and windows in their surroundings."""

import cv2
import numpy as np
import pytest

from model.page.sheets import find_sheets, rectify_sheet, sheet_homography

SHAPE = (480, 640)
CORNERS = np.array([[(150, 90), (470, 110)], [(140, 400), (500, 380)]], np.float64)


def scene(sheet: tuple[int, int, int], ground: tuple[int, int, int]) -> np.ndarray:
    """A sheet seen at an angle on a noisy ground, with a cross drawn on it."""
    picture = np.full((*SHAPE, 3), ground, np.uint8)
    outline = CORNERS.reshape(4, 2)[[0, 1, 3, 2]].astype(np.int32)
    cv2.fillConvexPoly(picture, outline, sheet)
    cv2.line(picture, (310, 120), (310, 370), (30, 30, 30), 3)
    cv2.line(picture, (170, 240), (460, 245), (30, 30, 30), 3)
    noise = np.random.default_rng(2).normal(0, 4, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("sheet", "ground"),
    [((245, 243, 240), (120, 90, 60)), ((255, 235, 90), (225, 225, 225)), ((40,) * 3, (200,) * 3)],
)
def test_a_sheet_is_found_by_its_tone_or_its_colour(
    sheet: tuple[int, int, int], ground: tuple[int, int, int]
) -> None:
    found = find_sheets(scene(sheet, ground))
    assert min(np.abs(quad - CORNERS).max() for quad in found) < 10


def test_a_plain_picture_holds_no_sheet() -> None:
    noise = np.random.default_rng(3).normal(230, 3, SHAPE)
    assert not len(find_sheets(noise.astype(np.uint8)))


def test_a_rectified_sheet_is_upright() -> None:
    seen, shape = rectify_sheet(scene((245, 243, 240), (120, 90, 60)), CORNERS)
    assert seen.shape[:2] == shape
    assert np.mean(seen[5:-5, 5:-5] > 200) > 0.95


def test_straight_lines_stay_straight_and_divide_as_they_do_in_space() -> None:
    """The cross of a sheet seen at an angle is where its diagonals meet."""
    corners = np.array([[(200, 150), (400, 150)], [(100, 400), (540, 400)]], np.float64)
    (a, b), (c, d) = corners
    share = np.linalg.solve(np.column_stack([d - a, b - c]), b - a)[0]
    cross = a + share * (d - a)
    picture = np.full(SHAPE, 220, np.uint8)
    cv2.circle(picture, tuple(cross.round().astype(int).tolist()), 4, (20,), -1)
    seen, (height, width) = rectify_sheet(picture, corners)
    y, x = np.argwhere(seen < 100).mean(axis=0)
    assert abs(x + 0.5 - width / 2) < 1.5
    assert abs(y + 0.5 - height / 2) < 1.5
    middle = np.array([[[width / 2, height / 2]]])
    found = cv2.perspectiveTransform(middle, sheet_homography(corners, (height, width)))
    assert np.abs(found.ravel() - cross).max() < 0.1
