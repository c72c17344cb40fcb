"""The fifteen kinds of MNIST-C: each does what its name says and leaves a digit to be read."""

import numpy as np
import pytest
from numpy.typing import NDArray

from model.errors import ConfigError
from tests.conftest import make_bar_digits
from training.data import Digits
from training.scorecard.corruptions import KINDS, corrupt

Pictures = NDArray[np.uint8]


@pytest.fixture(scope="module")
def digits() -> Pictures:
    """A vertical bar 4 wide and 20 high in the middle, as often as chance needs to even out."""
    digits = np.zeros((200, 28, 28), np.uint8)
    digits[:, 4:24, 12:16] = 255
    return digits


def corrupted(digits: Pictures, kind: str, seed: int = 0) -> Pictures:
    return corrupt(digits, kind, np.random.default_rng(seed))


def middles(pictures: Pictures) -> NDArray[np.float64]:
    """Where the ink's weight lies, (M, 2): x and y from the middle."""
    places = np.arange(28) - 13.5
    weight = pictures.sum(axis=(1, 2))
    x = (pictures.sum(axis=1) * places).sum(axis=1) / weight
    y = (pictures.sum(axis=2) * places).sum(axis=1) / weight
    return np.column_stack([x, y])


def test_there_are_the_fifteen_kinds_of_the_paper() -> None:
    assert KINDS == (
        "shot_noise", "impulse_noise", "glass_blur", "motion_blur", "shear", "scale", "rotate",
        "brightness", "translate", "stripe", "fog", "spatter", "dotted_line", "zigzag",
        "canny_edges",
    )  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_changes_digits_the_same_way_for_the_same_chance(kind: str) -> None:
    digits = make_bar_digits().pictures.numpy()
    before = digits.copy()
    first = corrupted(digits, kind)
    assert first.shape == digits.shape
    assert first.dtype == np.uint8
    assert np.array_equal(digits, before)
    assert (first != digits).any(axis=(1, 2)).mean() > 0.9
    assert np.array_equal(first, corrupted(digits, kind))
    has_chance = kind not in {"scale", "brightness", "stripe", "canny_edges"}
    assert np.array_equal(first, corrupted(digits, kind, 1)) != has_chance


@pytest.mark.parametrize(
    "kind", sorted({*KINDS} - {"scale", "brightness", "stripe", "canny_edges"})
)
def test_no_two_digits_get_the_same_chance(digits: Pictures, kind: str) -> None:
    few = {"shear": 2, "rotate": 2, "translate": 4}
    assert len(np.unique(corrupted(digits, kind), axis=0)) >= few.get(kind, 190)


# The others move the digit, or turn most of it dark on light.
@pytest.mark.parametrize("kind", sorted({*KINDS} - {"scale", "translate", "stripe"}))
def test_classes_stay_what_they_are(test_digits: Digits, kind: str) -> None:
    """The mean of a class, corrupted, looks more like its original than like another's."""
    pictures, labels = test_digits.pictures.numpy()[:3000], test_digits.labels.numpy()[:3000]

    def means(of: Pictures) -> NDArray[np.float32]:
        flat = np.stack([of[labels == label].mean(axis=0).ravel() for label in range(10)])
        centred: NDArray[np.float32] = (flat - flat.mean(axis=0)).astype(np.float32)
        return centred

    alike = means(pictures) @ means(corrupted(pictures, kind)).T
    assert (alike.argmax(axis=0) == np.arange(10)).sum() >= 8


def test_shot_noise_touches_ink_alone_and_keeps_its_mean(digits: Pictures) -> None:
    noisy = corrupted(digits, "shot_noise") / 255
    assert not noisy[digits == 0].any()
    counts = noisy[digits == 255] * 3
    assert np.allclose(counts, np.rint(counts), atol=0.02)
    # A Poisson variable of mean 3, clipped at 3.
    assert counts.mean() == pytest.approx(2.328, abs=0.02)


def test_impulse_noise_replaces_a_pixel_in_six(digits: Pictures) -> None:
    noisy = corrupted(digits, "impulse_noise")
    assert (noisy[digits == 0] == 255).mean() == pytest.approx(0.085, abs=0.003)
    assert (noisy[digits == 255] == 0).mean() == pytest.approx(0.085, abs=0.005)


def test_glass_blur_scatters_ink_without_losing_any(digits: Pictures) -> None:
    blurred = corrupted(digits, "glass_blur")
    assert blurred.sum() == pytest.approx(int(digits.sum()), rel=0.01)
    assert blurred[:, :, 12:16].sum() < 0.9 * blurred.sum()
    assert blurred[:, :, 8:20].sum() > 0.97 * blurred.sum()
    assert abs(middles(blurred).mean(axis=0)).max() < 0.5


def test_motion_blur_trails_along_a_line_within_45_degrees_of_level(digits: Pictures) -> None:
    dot = np.zeros_like(digits)
    dot[:, 14, 8] = 255
    blurred = corrupted(dot, "motion_blur")
    assert blurred.sum() == pytest.approx(int(dot.sum()), rel=0.05)
    assert not blurred[:, :, :8].any()
    x, y = (middles(blurred) - middles(dot)).T
    assert 1.2 < x.min() < x.max() < 3.5
    assert abs(np.rad2deg(np.arctan2(y, x))).max() < 48
    assert y.min() < -0.5 < 0.5 < y.max()


def test_shear_and_rotate_lean_the_bar_either_way(digits: Pictures) -> None:
    for kind, lean in (("shear", 0.4 * 16), ("rotate", np.tan(0.4) * 16)):
        changed = corrupted(digits, kind)
        assert abs(middles(changed)).max() < 0.1
        upper = (changed[:, 5, :] * np.arange(28.0)).sum(1) / changed[:, 5, :].sum(1)
        lower = (changed[:, 21, :] * np.arange(28.0)).sum(1) / changed[:, 21, :].sum(1)
        assert abs(upper - lower) == pytest.approx(lean, abs=0.6)
        assert 0.3 < (upper > lower).mean() < 0.7


def test_scale_shrinks_to_seven_tenths_about_the_middle(digits: Pictures) -> None:
    small = corrupted(digits[:1], "scale")
    assert small.sum() == pytest.approx(0.49 * int(digits[:1].sum()), rel=0.05)
    assert abs(middles(small)).max() < 0.1
    assert (small[0].max(axis=1) > 127).sum() == 14


def test_brightness_lifts_the_ground_and_saturates_ink(digits: Pictures) -> None:
    assert set(np.unique(corrupted(digits, "brightness"))) == {128, 255}


def test_translate_moves_four_pixels_both_ways_and_loses_no_ink(digits: Pictures) -> None:
    moved = corrupted(digits, "translate")
    assert np.array_equal(np.unique(middles(moved).round(3), axis=0), [
        [-4, -4], [-4, 4], [4, -4], [4, 4],
    ])  # fmt: skip
    assert (moved.sum(axis=(1, 2)) == digits.sum(axis=(1, 2))).all()


def test_stripe_inverts_the_middle_columns(digits: Pictures) -> None:
    striped = corrupted(digits, "stripe")
    assert np.array_equal(striped[:, :, 7:21], 255 - digits[:, :, 7:21])
    assert np.array_equal(striped[:, :, :7], digits[:, :, :7])
    assert np.array_equal(striped[:, :, 21:], digits[:, :, 21:])


def test_fog_is_smooth_and_leaves_contrast(digits: Pictures) -> None:
    foggy = corrupted(digits, "fog").astype(int)
    ground = foggy[:, :, :12]
    assert abs(np.diff(ground, axis=1)).mean() < 15
    assert np.median(np.ptp(ground, axis=(1, 2))) > 80
    edge = foggy[:, 6:22, 12] - foggy[:, 6:22, 11]
    assert edge.mean() == pytest.approx(85, abs=5)


def test_spatter_hides_ink_under_grey(digits: Pictures) -> None:
    spattered = corrupted(digits, "spatter")
    ground = spattered[digits == 0]
    assert 0.05 < (ground > 0).mean() < 0.4
    assert ground.max() <= 63
    assert 0.05 < (spattered[digits == 255] < 128).mean() < 0.4


@pytest.mark.parametrize("kind", ["dotted_line", "zigzag"])
def test_a_line_crosses_the_picture_and_takes_no_ink_away(digits: Pictures, kind: str) -> None:
    lined = corrupted(digits, kind)
    assert (lined >= digits).all()
    added = (lined.astype(int) - digits).clip(0)
    reach = np.maximum((added.max(axis=1) > 127).sum(axis=1), (added.max(axis=2) > 127).sum(axis=1))
    assert reach.mean() > 10
    assert 0.01 < (added > 127).mean() < 0.15


def test_a_zigzag_has_more_ink_than_a_dotted_line(digits: Pictures) -> None:
    empty = np.zeros_like(digits)
    assert corrupted(empty, "zigzag").mean() > 1.5 * corrupted(empty, "dotted_line").mean()


def test_canny_edges_are_the_outline_thin_and_closed(digits: Pictures) -> None:
    edges = corrupted(digits[:1], "canny_edges")[0]
    assert set(np.unique(edges)) == {0, 255}
    across = np.flatnonzero(edges[14])
    assert len(across) == 2  # one line on either side of the bar, one pixel wide
    assert across[0] in {11, 12}
    assert across[1] in {15, 16}
    assert not edges[8:20, 13:15].any()


def test_an_empty_picture_has_no_edges_and_no_batch_is_too_small() -> None:
    assert not corrupted(np.zeros((3, 28, 28), np.uint8), "canny_edges").any()
    for kind in KINDS:
        assert corrupted(np.zeros((0, 28, 28), np.uint8), kind).shape == (0, 28, 28)


def test_what_is_no_kind_or_no_digit_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"expected a kind of .*got 'snow'"):
        corrupted(np.zeros((1, 28, 28), np.uint8), "snow")
    for wrong in (np.zeros((28, 28), np.uint8), np.zeros((1, 56, 56), np.uint8)):
        with pytest.raises(ConfigError, match=r"expected digits \(M, 28, 28\)"):
            corrupted(wrong, "fog")
