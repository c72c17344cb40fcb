"""Batches: every digit once in a pass, blanks, slices, augmentation."""

import pytest
import torch
from torch.nn import functional as F

from model import vocabulary
from model.config import ReaderConfig
from model.errors import ConfigError
from training.augment import Augmentation, _dilate, augment, draw_random_numbers
from training.batches import GridBatches, MixedBatches
from training.data import Digits
from training.options import TrainOptions


def batches(digits: Digits, **changes: object) -> GridBatches:
    options: dict[str, object] = {
        "config": ReaderConfig(),
        "batch_size": 8,
        "blank_grids": 0.25,
        "augmentation": Augmentation(),
        "seed": 5,
    }
    return GridBatches(digits, **(options | changes))  # type: ignore[arg-type]


def test_every_pass_has_every_digit_once_and_shuffles_anew(bar_digits: Digits) -> None:
    grids = batches(bar_digits, batch_size=10)  # 40 digits a batch, 200 in the split
    passes = [
        torch.cat([grids.indices(step).flatten() for step in range(5 * number, 5 * number + 5)])
        for number in range(2)
    ]
    for indices in passes:
        assert torch.equal(indices.sort().values, torch.arange(200))
    assert not torch.equal(*passes)


def test_a_batch_may_span_passes(bar_digits: Digits) -> None:
    grids = batches(bar_digits, batch_size=80)  # 320 digits a batch
    indices = torch.cat([grids.indices(step).flatten() for step in range(5)])
    assert torch.equal(indices.bincount(), torch.full((200,), 8))


def test_a_batch_depends_on_seed_and_step_alone(bar_digits: Digits) -> None:
    first, again, other = (batches(bar_digits, seed=seed).at(7) for seed in (5, 5, 6))
    assert torch.equal(first.pictures, again.pictures)
    assert torch.equal(first.labels, again.labels)
    assert not torch.equal(first.pictures, other.pictures)


@pytest.mark.parametrize("world_size", [2, 3, 12])
def test_processes_make_the_same_batch_together_however_many_they_are(
    world_size: int, bar_digits: Digits
) -> None:
    """A twelfth of five grids of one part is none for most of twelve processes."""
    parts = [batches(bar_digits, batch_size=size, seed=size) for size in (7, 5)]
    whole = MixedBatches(parts)
    shares = [MixedBatches(parts, rank=rank, world_size=world_size) for rank in range(world_size)]
    for step in range(3):
        made = [share.at(step) for share in shares]
        assert {len(batch.labels) for batch in made} == {12 // world_size}
        alone = whole.at(step)
        order = torch.cat([torch.arange(12)[rank::world_size] for rank in range(world_size)])
        assert torch.equal(torch.cat([batch.labels for batch in made]), alone.labels[order])
        torch.testing.assert_close(
            torch.cat([batch.pictures for batch in made]), alone.pictures[order]
        )


def test_the_share_of_drawings_is_rounded_once() -> None:
    assert TrainOptions(drawn_share=0.4, batch_size=128).num_drawn_grids == 51


def test_blank_cells_are_empty_and_as_many_as_asked_for(bar_digits: Digits) -> None:
    batch = batches(bar_digits, batch_size=800, augmentation=None).at(0)
    is_blank = batch.labels == vocabulary.BLANK
    assert is_blank.any(dim=1).float().mean().item() == pytest.approx(0.25, abs=0.05)
    counts = is_blank.sum(dim=1)
    assert set(counts.tolist()) == {0, 1, 2, 3, 4}
    cells = batch.pictures.reshape(-1, 2, 28, 2, 28).transpose(2, 3).flatten(1, 2)
    assert cells[is_blank].eq(0).all()
    assert cells[~is_blank].flatten(1).amax(1).eq(1).all()


def test_labels_are_those_of_the_digits(bar_digits: Digits) -> None:
    grids = batches(bar_digits, blank_grids=0, augmentation=None)
    batch = grids.at(3)
    assert torch.equal(batch.labels, bar_digits.labels[grids.indices(3)])
    cells = batch.pictures.reshape(-1, 2, 28, 2, 28).transpose(2, 3).flatten(1, 2)
    assert torch.equal(cells * 255, bar_digits.pictures[grids.indices(3)].float())


def test_a_batch_that_cannot_be_shared_out_is_refused(bar_digits: Digits) -> None:
    with pytest.raises(ConfigError, match="a multiple of the 3 processes, got 8"):
        MixedBatches([batches(bar_digits)], world_size=3)


def test_without_strength_nothing_changes(bar_digits: Digits) -> None:
    digits = bar_digits.pictures[:10].float() / 255
    numbers = draw_random_numbers(10, torch.Generator().manual_seed(0))
    nothing = Augmentation(rotation=0, shear=0, scale=0, shift=0, elastic=0, stroke=0, gain=0)
    assert augment(digits, numbers, Augmentation(), strength=0) is digits
    torch.testing.assert_close(augment(digits, numbers, nothing, 1.0), digits, atol=1e-5, rtol=0)


def test_each_digit_changes_in_its_own_way_and_stays_a_picture(bar_digits: Digits) -> None:
    digits = bar_digits.pictures[3].float().expand(64, 28, 28) / 255
    numbers = draw_random_numbers(64, torch.Generator().manual_seed(0))
    changed = augment(digits, numbers, Augmentation(), 1.0)
    assert changed.min() >= 0
    assert changed.max() <= 1
    assert len(torch.unique(changed.flatten(1), dim=0)) == 64
    assert changed.flatten(1).amax(1).min() > 0.3  # no digit vanishes


def test_a_shift_moves_by_pixels_and_a_rotation_turns_by_degrees() -> None:
    dot = torch.zeros(1, 28, 28)
    dot[0, 14, 20] = 1
    numbers = torch.zeros_like(draw_random_numbers(1, torch.Generator()))
    shifted = numbers.clone()
    shifted[0, 4] = -1  # x
    limits = {"shear": 0, "scale": 0, "elastic": 0, "stroke": 0, "gain": 0}
    only_shift = Augmentation(rotation=0, shift=3, **limits)
    assert augment(dot, shifted, only_shift, 1.0)[0, 14, 23] == pytest.approx(1, abs=1e-4)
    turned = numbers.clone()
    turned[0, 0] = -1
    only_turn = Augmentation(rotation=90, shift=0, **limits)
    y, x = divmod(int(augment(dot, turned, only_turn, 1.0).argmax()), 28)
    assert (x, y) in {(13, 20), (14, 20)}  # right becomes down


def test_dilation_is_the_greatest_of_the_neighbourhood() -> None:
    pictures = torch.rand(5, 28, 28, generator=torch.Generator().manual_seed(0))
    expected = F.max_pool2d(pictures[:, None], 3, stride=1, padding=1)[:, 0]
    assert torch.equal(_dilate(pictures), expected)


@pytest.mark.parametrize("changes", [{"rotation": -1}, {"stroke": 1.5}, {"gain": float("nan")}])
def test_limits_out_of_range_are_refused(changes: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        Augmentation(**changes)


def test_a_mixed_batch_takes_each_part_from_its_own_digits(bar_digits: Digits) -> None:
    white = Digits(torch.full_like(bar_digits.pictures, 255), bar_digits.labels)
    parts = [
        GridBatches(
            digits,
            config=ReaderConfig(),
            batch_size=size,
            blank_grids=0,
            augmentation=None,
            seed=seed,
        )
        for digits, size, seed in ((bar_digits, 3, 0), (white, 5, 1))
    ]
    batch = MixedBatches(parts).at(7)
    assert batch.pictures.shape == (8, 56, 56)
    assert batch.labels.shape == (8, 4)
    assert (batch.pictures[3:] == 1).all()
    assert (batch.pictures[:3] < 1).any(dim=2).any(dim=1).all()
