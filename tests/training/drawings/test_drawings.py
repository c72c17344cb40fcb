"""Strokes become drawings, and drawings become digits to train on."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from model import vocabulary
from model.config import ReaderConfig
from model.errors import ConfigError
from model.ink import normalise
from training.data import Digits
from training.drawings.others import Others
from training.drawings.pool import PoolOptions, StrokeDigit, make_pool
from training.drawings.scenes import SCENES, SceneKind, render_scene
from training.drawings.skeleton import skeleton_strokes, thin
from training.drawings.strokes import DrawingOptions, Glyph, Warp, draw_grid, warp

CONFIG = ReaderConfig()
SEVEN = (np.array([(0, 0), (10, 0), (4, 20)], np.float32),)
TEN_PRINTED = Glyph(
    tuple(
        np.array([(low, low), (low, high), (high, high), (high, low), (low, low)], np.float32)
        for low, high in ((0, 10), (3, 7))
    )
)
TEN = (
    np.array([(0, 0), (0, 20)], np.float32),
    np.array([(5, 0), (12, 10), (5, 20), (5, 0)], np.float32),
)


def random(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def draw(hand: DrawingOptions, seed: int = 0, cell_px: int = 100) -> NDArray[np.uint8]:
    return draw_grid(
        [SEVEN, TEN, None, SEVEN],
        rows=2,
        columns=2,
        cell_px=cell_px,
        hand=hand,
        random=random(seed),
    )


@pytest.mark.parametrize("seed", range(8))
def test_digits_stay_in_their_cells_and_within_the_limits_of_size(seed: int) -> None:
    picture = draw(DrawingOptions(pen=(0.04, 0.06), size=(0.3, 0.5)), seed)
    assert not picture[100:, :100].any()
    for cell in (picture[:100, :100], picture[:100, 100:], picture[100:, 100:]):
        rows, columns = np.nonzero(cell > 128)
        assert 28 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 52


def test_the_pen_is_as_wide_as_asked_for() -> None:
    bar = (np.array([(0, 0), (0, 20)], np.float32),)
    hand = DrawingOptions(pen=(0.08, 0.08), size=(0.8, 0.8))
    picture = draw_grid([bar] * 4, rows=2, columns=2, cell_px=100, hand=hand, random=random())
    assert abs((picture[:100, :100] > 128).sum(axis=1).max() - 8) <= 1


def test_corner_digits_are_pushed_aside() -> None:
    places = []
    for seed in range(20):
        cell = draw(SCENES["corner"].hand, seed)[:100, :100]
        rows, columns = np.nonzero(cell)
        places.append((np.median(rows), np.median(columns)))
    assert np.abs(np.array(places) - 50).mean() > 22


def test_a_warp_changes_a_digit_and_keeps_what_it_is() -> None:
    one, other = (warp(TEN, Warp(), random(seed)) for seed in (1, 2))
    assert len(one) == len(other) == 2
    assert not np.allclose(one[0], other[0])
    assert [len(stroke) for stroke in one] == [2, 4]
    still = warp(TEN, Warp(rotation=0, shear=0, stretch=0, bend=0, tremor=0, polygons=0), random())
    shape = np.ptp(np.concatenate(still), axis=0) / np.ptp(np.concatenate(TEN), axis=0)
    assert shape[0] == pytest.approx(shape[1])


@pytest.mark.parametrize("hand", [{"pen": (0.0, 0.1)}, {"size": (0.5, 0.4)}, {"edge": 2.0}])
def test_impossible_hands_are_refused(hand: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="expected"):
        DrawingOptions(**hand)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", list(SCENES))
def test_every_scene_has_its_polarity_and_is_found_again(kind: SceneKind) -> None:
    found = 0
    for seed in range(10):
        picture = render_scene(kind, [SEVEN, TEN, SEVEN, TEN], CONFIG, random(seed))
        normal = normalise(picture, CONFIG)
        assert normal.is_inverted == SCENES[kind].is_dark_on_light
        found += all(cell.box is not None for cell in normal.cells)
    assert found >= 9


def test_centre_lines_are_one_pixel_wide_and_drawn_again_give_the_digit(
    training_digits: Digits,
) -> None:
    pictures = training_digits.pictures[:50].numpy()
    skeleton = thin(pictures > 100)
    assert skeleton.any(axis=(1, 2)).all()
    # No block of two by two is left, but for a knot here and there.
    blocks = skeleton[:, 1:, 1:] & skeleton[:, 1:, :-1] & skeleton[:, :-1, 1:]
    blocks &= skeleton[:, :-1, :-1]
    assert blocks.sum(axis=(1, 2)).mean() < 0.5
    hand = DrawingOptions(pen=(0.1, 0.1), size=(20 / 28, 20 / 28))
    overlaps = []
    for picture, lines in zip(pictures, skeleton_strokes(pictures), strict=True):
        drawn = draw_grid([lines] * 4, rows=2, columns=2, cell_px=56, hand=hand, random=random())
        again = normalise(drawn, CONFIG).picture[:28, :28].astype(float)
        norms = np.linalg.norm(again) * np.linalg.norm(picture.astype(float))
        overlaps.append((again * picture).sum() / norms)
    assert np.mean(overlaps) > 0.75
    assert np.min(overlaps) > 0.5


def test_a_pool_is_the_same_every_time_and_kept(tmp_path: Path) -> None:
    written = [StrokeDigit(SEVEN, 7), StrokeDigit(TEN, 0, weight=3.0)]
    options = PoolOptions(grids=128)
    pool = make_pool([(written, 1.0)], options, seed=0, folder=tmp_path)
    assert pool.pictures.shape[1:] == (28, 28)
    assert len(pool) == len(pool.labels) > 450
    share = (pool.labels == 0).float().mean().item()
    assert share == pytest.approx(0.75, abs=0.1)
    (kept,) = tmp_path.iterdir()
    before = kept.stat().st_mtime_ns
    again = make_pool([(written, 1.0)], options, seed=0, folder=tmp_path)
    assert kept.stat().st_mtime_ns == before
    assert torch.equal(again.pictures, pool.pictures)
    make_pool([(written, 1.0)], options, seed=1, folder=tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_pool_holds_the_share_of_other_ink_that_was_asked_for(tmp_path: Path) -> None:
    written = [StrokeDigit(SEVEN, 7), StrokeDigit(TEN, 0)]
    spoilt = [(SEVEN, label) for label in range(10)]
    others = Others([(TEN, 1.0)], spoilt, [TEN_PRINTED])
    options = PoolOptions(
        grids=128, others=0.25, other_grids=0, canvas=1, page=0, corner=0, paper=0, distant=0
    )
    pool = make_pool([(written, 1.0)], options, others=others, seed=0, folder=tmp_path)
    share = (pool.labels == vocabulary.OTHER).float().mean().item()
    assert share == pytest.approx(0.25, abs=0.06)
    all_others = dataclasses.replace(options, other_grids=1.0)
    pool = make_pool([(written, 1.0)], all_others, others=others, seed=0, folder=tmp_path)
    assert (pool.labels == vocabulary.OTHER).all()


def test_outlines_are_filled_and_keep_their_holes() -> None:
    hand = DrawingOptions(size=(0.8, 0.8))
    picture = draw_grid(
        [TEN_PRINTED] * 4, rows=2, columns=2, cell_px=100, hand=hand, random=random()
    )
    cell = picture[:100, :100] > 128
    rows, columns = np.nonzero(cell)
    box = cell[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    assert box.shape == pytest.approx((80, 80), abs=2)
    assert box[:16].all()
    assert not box[32:48, 32:48].any()


def test_shares_that_do_not_add_up_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"expected a sum of 1, got 1\.1"):
        PoolOptions(canvas=0.4)
