"""Ink that is no digit: letters of people, of fonts, scribbles, shapes and spoilt digits."""

from pathlib import Path

import numpy as np
import pytest

from training.drawings.glyphs import (
    _PRINTED,
    glyphs,
    hand_like_fonts,
    printed_fonts,
    seven_segments,
)
from training.drawings.others import hatching, line_remains, mirrored, scribble, shape
from training.drawings.strokes import DrawingOptions, Glyph, draw_grid
from training.drawings.writer_splits import load_others

SEVEN = (np.array([(0, 0), (10, 0), (4, 20)], np.float32),)
ZERO = (np.array([(5, 0), (0, 10), (5, 20), (10, 10), (5, 0)], np.float32),)


def random(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("draw", [scribble, shape, hatching, line_remains])
def test_what_is_drawn_differs_each_time_and_shows(draw: object) -> None:
    assert callable(draw)
    drawn = [draw(random(seed)) for seed in range(40)]
    assert len({np.concatenate(strokes).tobytes() for strokes in drawn}) == 40
    for strokes in drawn:
        points = np.concatenate(strokes)
        assert np.isfinite(points).all()
        assert np.ptp(points, axis=0).max() > 0.5


def test_only_digits_that_are_none_in_a_mirror_are_mirrored() -> None:
    for seed in range(20):
        strokes = mirrored([(ZERO, 0), (SEVEN, 7)], random(seed))
        np.testing.assert_array_equal(strokes[0], SEVEN[0] * (-1, 1))


def test_others_are_drawn_of_every_source(unipen_dir: Path) -> None:
    others = load_others(unipen_dir, "validation")
    drawn = [others.draw(random(seed)) for seed in range(300)]
    assert any(isinstance(ink, Glyph) for ink in drawn)
    sources = {id(ink) for ink in others.sources()}
    share = sum(id(ink) in sources for ink in drawn) / len(drawn)
    assert 0.4 < share < 0.65  # written and printed letters; the rest is made anew


def test_printed_fonts_are_there_wherever_training_runs() -> None:
    fonts = printed_fonts()
    assert len(fonts) == len(_PRINTED)
    drawn = glyphs(fonts, "0123456789")
    assert len(drawn) == 10 * len(fonts)
    zero = next(glyph for glyph, character in drawn if character == "0")
    assert len(zero.contours) >= 2  # a hole


def test_missing_packages_of_fonts_are_named(caplog: pytest.LogCaptureFixture) -> None:
    assert hand_like_fonts({"fonts-of-nobody": ("Nobody",)}) == []
    assert "fonts-of-nobody" in caplog.text


def test_a_font_without_digits_is_left_out(tmp_path: Path) -> None:
    sans = printed_fonts()[0]
    private = "".join(map(chr, range(0xF8C0, 0xF8CA)))  # all shown as the same box
    assert glyphs([sans], private) == []


def test_a_display_lights_the_segments_of_a_digit() -> None:
    for digit, most in enumerate((6, 2, 5, 5, 4, 5, 6, 4, 7, 6)):
        counts = {len(seven_segments(digit, random(seed))) for seed in range(30)}
        assert max(counts) == most
        assert min(counts) >= most - 1
    hand = DrawingOptions(size=(0.8, 0.8))
    eight = list(seven_segments(8, random()))
    assert draw_grid(
        [tuple(eight)], rows=1, columns=1, cell_px=80, hand=hand, random=random()
    ).any()
