"""Ink as contrast to its ground, in light and shadow."""

import numpy as np

from model.ink import CellInk
from model.ink.pieces import enclose_ink
from model.page.contrast import even_light, ground_of, in_even_light

# A sheet in full light whose right half is in a shadow; a stroke of dark ink in either half.
LIGHT, SHADOW, INK = 230, 0.35, 0.3
STROKES = (slice(20, 80), slice(30, 36)), (slice(20, 80), slice(70, 76))


def sheet() -> np.ndarray:
    reflected = np.ones((100, 100))
    for stroke in STROKES:
        reflected[stroke] = INK
    lit = np.full(100, float(LIGHT))
    lit[50:] *= SHADOW
    return (reflected * lit).astype(np.uint8)


def test_ink_has_the_same_contrast_in_light_and_in_a_shadow() -> None:
    ground = ground_of(sheet(), 21, is_inverted=True)
    contrast = in_even_light(ground - sheet(), ground)
    bright, shadowed = (float(np.median(contrast[stroke])) for stroke in STROKES)
    assert abs(bright - shadowed) < 8
    assert np.median(contrast) == 0
    assert contrast[50, 46:54].max() < 8  # the edge of the shadow is no ink


def test_a_shadow_is_made_lighter_and_an_even_sheet_is_left() -> None:
    lit = even_light(sheet())
    assert lit is not None
    assert np.ptp([np.median(lit[:, :25]), np.median(lit[:, 80:])]) < 8
    assert even_light(sheet()[:, :48]) is None


def test_a_frame_has_a_digit_inside_and_a_dot_makes_none() -> None:
    boxes = np.array([(0, 0, 60, 60), (20, 15, 40, 45), (28, 28, 31, 31)], np.int32)
    assert enclose_ink(boxes).tolist() == [True, False, False]


def test_an_area_is_no_stroke() -> None:
    assert CellInk((0, 0, 20, 20), 1.0, stroke_width=10).is_solid
    assert not CellInk((0, 0, 20, 30), 1.0, stroke_width=4).is_solid
    assert not CellInk().is_solid
