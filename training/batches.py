"""Training batches: digits arranged in grids, augmented, a batch at a time.

Batch ``step`` depends on the seed and on ``step`` alone. So no state has to be saved to resume, and
every process of a distributed run can make its own part of the same batch.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from model.config import ReaderConfig
from model.errors import ConfigError
from training.augment import Augmentation, augment, draw_random_numbers
from training.data import Digits, blank_out, check_cell_size, tile

# A stream of random numbers for each purpose, so that they are independent.
_SHUFFLE, _BLANKS, _AUGMENT = range(3)


class Batch(NamedTuple):
    """Pictures (B, H, W), float in [0, 1], and labels (B, C), int64, on the loop's device."""

    pictures: Tensor
    labels: Tensor


class MixedBatches:
    """Batches that are concatenated from parts, each with digits of its own.

    Of the grids of a batch, numbered through all parts, a process makes every ``world_size``-th.
    So all processes make equally many, and together the batch that one alone would make.

    Args:
        parts: In the order of concatenation.
        rank, world_size: Which of each batch's grids this process makes.

    Raises:
        ConfigError: The grids of a batch cannot be shared out evenly.
    """

    def __init__(
        self, parts: Sequence["GridBatches"], *, rank: int = 0, world_size: int = 1
    ) -> None:
        check_shares(sum(part.batch_size for part in parts), world_size)
        self.parts = parts
        self.rank = rank
        self.world_size = world_size

    def at(self, step: int, strength: float = 1.0) -> Batch:
        """Makes this process's grids of batch ``step``: see ``GridBatches.at``."""
        made = []
        offset = 0
        for part in self.parts:
            share = slice((self.rank - offset) % self.world_size, None, self.world_size)
            offset += part.batch_size
            if share.start < part.batch_size:
                made.append(part.at(step, strength, share))
        return Batch(
            torch.cat([batch.pictures for batch in made]),
            torch.cat([batch.labels for batch in made]),
        )


def check_shares(batch_size: int, world_size: int) -> None:
    """Raises ConfigError where processes would have to make unequal numbers of a batch's grids.

    Gradients are averaged over processes, in which each grid counts alike only if all have as many.
    """
    if batch_size < 1 or batch_size % world_size:
        raise ConfigError(
            f"batch_size: expected a multiple of the {world_size} processes, got {batch_size}"
        )


class GridBatches:
    """Shuffles digits into grids; an epoch uses every digit once.

    Args:
        digits: Of a split.
        config: Gives rows, columns and the size of a cell.
        batch_size: Grids a batch, at least 1.
        blank_grids: Share of the grids in which 1 to all cells are blank.
        augmentation: Its limits, or None for none.
        seed: Of shuffling, blanks and augmentation.
        device: Where the batches are made.

    Raises:
        ConfigError: The digits are not of the size of a cell.
    """

    def __init__(
        self,
        digits: Digits,
        *,
        config: ReaderConfig,
        batch_size: int,
        blank_grids: float,
        augmentation: Augmentation | None,
        seed: int,
        device: torch.device | None = None,
    ) -> None:
        check_cell_size(digits, config)
        self.device = device or torch.device("cpu")
        self.config = config
        self.batch_size = batch_size
        self.blank_grids = blank_grids
        self.augmentation = augmentation
        self.seed = seed
        self._digits = Digits(digits.pictures.to(self.device), digits.labels.to(self.device))

    def indices(self, step: int) -> Tensor:
        """Returns the digits of a batch: (B, C), indices into the split."""
        cells = self.batch_size * self.config.num_cells
        first, last = step * cells, (step + 1) * cells
        size = len(self._digits)
        permutations = [
            torch.randperm(size, generator=self._generator(_SHUFFLE, epoch))
            for epoch in range(first // size, math.ceil(last / size))
        ]
        skipped = first // size * size
        indices = torch.cat(permutations)[first - skipped : last - skipped]
        return indices.view(self.batch_size, self.config.num_cells)

    def at(self, step: int, strength: float = 1.0, share: slice = slice(None)) -> Batch:
        """Makes batch ``step``, augmented with a strength in [0, 1].

        Args:
            step: Number of the batch.
            strength: Of augmentation.
            share: Which of its grids are made.
        """
        indices = self.indices(step)[share].to(self.device)
        pictures = self._digits.pictures[indices].float() / 255  # (B, C, 28, 28)
        labels = self._digits.labels[indices]
        if self.augmentation is not None and strength > 0:
            numbers = draw_random_numbers(
                self.batch_size * self.config.num_cells, self._generator(_AUGMENT, step)
            ).view(self.batch_size, self.config.num_cells, -1)
            changed = augment(
                pictures.flatten(0, 1),
                numbers[share].flatten(0, 1).to(self.device),
                self.augmentation,
                strength,
            )
            pictures = changed.view_as(pictures)
        is_blank = self._blank_mask(step)[share].to(self.device)
        pictures, labels = blank_out(pictures, labels, is_blank)
        return Batch(tile(pictures, self.config), labels)

    def _blank_mask(self, step: int) -> Tensor:
        """Picks cells to blank out, (B, C) bool: in some grids, 1 to C cells at random."""
        generator = self._generator(_BLANKS, step)
        size, cells = self.batch_size, self.config.num_cells
        has_blanks = torch.rand(size, 1, generator=generator) < self.blank_grids
        count = torch.randint(1, cells + 1, (size, 1), generator=generator)
        rank = torch.rand(size, cells, generator=generator).argsort(dim=1).argsort(dim=1)
        return has_blanks & (rank < count)

    def _generator(self, stream: int, number: int) -> torch.Generator:
        seed = np.random.SeedSequence((self.seed, stream, number)).generate_state(1, np.uint64)[0]
        # torch takes seeds of 63 bits.
        return torch.Generator().manual_seed(int(seed >> np.uint64(1)))
