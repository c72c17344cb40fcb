"""Labels that do not fit their ink: judged by networks that saw none of the writer."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from model import vocabulary
from training import suspects
from training.data import Digits
from training.drawings import writer_splits


def probabilities(*likeliest: tuple[int, float]) -> torch.Tensor:
    """Rows in which one class has a probability, and the others share the rest."""
    rows = torch.zeros(len(likeliest), vocabulary.NUM_CLASSES)
    for row, (symbol, probability) in zip(rows, likeliest, strict=True):
        row += (1 - probability) / (len(row) - 1)
        row[symbol] = probability
    return rows


def test_what_is_surely_another_digit_is_suspicious() -> None:
    labels = torch.tensor([8, 8, 8, vocabulary.OTHER, 1, 8])
    found = probabilities(
        (0, 0.99), (0, 0.5), (vocabulary.OTHER, 0.99), (0, 0.99), (7, 0.99), (8, 0.99)
    )
    # Not the doubtful one, not what may be no digit, and not a one that is written as a seven.
    assert suspects.suspicious(found, labels) == [0, 3]


def test_a_network_judges_none_of_the_writers_that_taught_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(suspects, "_STEPS", 1)
    monkeypatch.setattr(suspects, "_BATCH", 8)
    # The writer is the grey level of all that one wrote.
    writers = torch.arange(9).repeat_interleave(4)
    pictures = writers.to(torch.uint8)[:, None, None].expand(-1, 28, 28).contiguous()
    taught: list[set[int]] = []
    judged: list[set[int]] = []

    def teach(cells: Digits, *, seed: int) -> torch.nn.Module:
        taught.append(set(cells.pictures[:, 0, 0].tolist()))
        judged.append(set())

        class Judge(torch.nn.Module):
            def forward(self, pictures: torch.Tensor) -> torch.Tensor:
                judged[-1] |= set((pictures[:, 0, 0, 0] * 255).round().int().tolist())
                return torch.zeros(len(pictures), vocabulary.NUM_CLASSES)

        return Judge()

    monkeypatch.setattr(suspects, "_teach", teach)
    cells = Digits(pictures, torch.tensor([0, 1, 2, vocabulary.OTHER] * 9))
    found = suspects.held_out_probabilities(cells, writers)
    assert torch.allclose(found, torch.full_like(found, 1 / vocabulary.NUM_CLASSES))
    assert set.union(*judged) == set(range(9))
    assert all(not one & other for one, other in zip(taught, judged, strict=True))


def test_networks_learn_from_all_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suspects, "_STEPS", 40)
    monkeypatch.setattr(suspects, "_BATCH", 32)
    labels = torch.tensor([0, 1, vocabulary.OTHER]).repeat(30)
    pictures = torch.zeros(90, 28, 28, dtype=torch.uint8)
    pictures[labels == 0, 4:24, 6:10] = 255
    pictures[labels == 1, 12:16, 4:24] = 255
    pictures[labels == vocabulary.OTHER, 4:24, 4:24] = 255
    found = suspects.held_out_probabilities(Digits(pictures, labels), torch.arange(90) // 3)
    assert (found.argmax(dim=1) == labels).float().mean() > 0.9


def test_each_ink_is_drawn_once_and_in_order() -> None:
    upright = (np.array([(0, 0), (0, 9)], np.float32),)
    level = (np.array([(0, 0), (9, 0)], np.float32),)
    cells = suspects.draw_cells([upright, level, upright, level, level])
    assert cells.shape == (5, 28, 28)
    heights = [np.ptp(np.flatnonzero(cell.max(axis=1) > 100)) for cell in cells]
    assert [height > 10 for height in heights] == [True, False, True, False, False]


def test_training_leaves_out_the_suspects_and_nothing_else(unipen_dir: Path) -> None:
    digits, characters = writer_splits.load_recordings(unipen_dir, "train")
    listed = json.loads(writer_splits.SUSPECTS.read_text())
    kept = writer_splits.load_character_split(unipen_dir, "train")
    assert len(kept) == len(characters) - len(listed["characters"])
    for one, number in ((digits, "digits"), (characters, "characters")):
        assert min(listed[number]) >= 0
        assert max(listed[number]) < len(one)
    written = writer_splits.load_writer_split(unipen_dir, "train")
    expected = [
        digit
        for number, digit in enumerate(digits)
        if number not in listed["digits"] and not writer_splits.has_lost_a_stroke(digit)
    ]
    assert [digit.label for digit in written] == [digit.label for digit in expected]
