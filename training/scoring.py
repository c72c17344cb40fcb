"""Comparison of readings with labels, for validation and scorecard; decoding is always greedy."""

import dataclasses
from collections.abc import Iterator

import torch
from torch import Tensor

from model import vocabulary
from model.config import ReaderConfig
from model.decoding import GreedyDecoding, decode_greedily
from model.reader import GridReader
from training.data import Digits, tile


@dataclasses.dataclass(frozen=True, slots=True)
class Grids:
    """Pictures (M, H, W), uint8, ink bright on dark, with their labels (M, C), int64."""

    pictures: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def batches(self, size: int) -> Iterator["Grids"]:
        """Cuts the grids into batches of at most ``size``, in order."""
        for start in range(0, len(self), size):
            rows = slice(start, start + size)
            yield Grids(self.pictures[rows], self.labels[rows])


@dataclasses.dataclass(frozen=True, slots=True)
class Correctness:
    """Which answers are right.

    Attributes:
        cells: (M, C) bool.
        finish: (M,) bool: ``<finish>`` came after the last cell and nowhere else.
    """

    cells: Tensor
    finish: Tensor

    @property
    def grids(self) -> Tensor:
        """(M,) bool: every cell right and ``<finish>`` in place."""
        return self.cells.all(dim=1) & self.finish


def disjoint_grids(digits: Digits, config: ReaderConfig, *, seed: int) -> Grids:
    """Shuffles digits and lays them out as grids, each used once; a remainder is left out."""
    order = torch.randperm(len(digits), generator=torch.Generator().manual_seed(seed))
    count = len(digits) // config.num_cells
    return _grids(digits, order[: count * config.num_cells].view(count, -1), config)


def sample_grids(digits: Digits, config: ReaderConfig, *, count: int, seed: int) -> Grids:
    """Samples digits with replacement and lays them out as ``count`` grids."""
    return _grids(digits, sample_indices(digits, config, count=count, seed=seed), config)


def sample_indices(digits: Digits, config: ReaderConfig, *, count: int, seed: int) -> Tensor:
    """Returns which digits ``sample_grids`` samples: (count, C)."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(len(digits), (count, config.num_cells), generator=generator)


def with_blanks(grids: Grids, config: ReaderConfig, *, seed: int) -> Grids:
    """Blanks cells of each grid at random: at least one, at most all but one."""
    generator = torch.Generator().manual_seed(seed)
    size, cells = grids.labels.shape
    count = torch.randint(1, max(2, cells), (size, 1), generator=generator)
    is_blank = torch.rand(size, cells, generator=generator).argsort(dim=1) < count
    side = config.cell_size
    pixels = is_blank.view(size, config.rows, config.columns)
    pixels = pixels.repeat_interleave(side, dim=1).repeat_interleave(side, dim=2)
    return Grids(
        grids.pictures.masked_fill(pixels, 0), grids.labels.masked_fill(is_blank, vocabulary.BLANK)
    )


def read_grids(reader: GridReader, grids: Grids, *, batch_size: int = 250) -> GreedyDecoding:
    """Reads grids by greedy decoding on the reader's device; the results are on the CPU."""
    device = next(reader.parameters()).device
    with torch.inference_mode():
        parts = [
            decode_greedily(reader, batch.pictures.to(device).float() / 255)
            for batch in grids.batches(batch_size)
        ]
    return GreedyDecoding(*(torch.cat(tensors).cpu() for tensors in zip(*parts, strict=True)))


def compare(symbols: Tensor, labels: Tensor) -> Correctness:
    """Compares symbols (M, T) with labels (M, C)."""
    cells = symbols[:, : labels.shape[1]]
    is_early = (cells == vocabulary.FINISH).any(dim=1)
    return Correctness(cells == labels, ~is_early & (symbols[:, -1] == vocabulary.FINISH))


def _grids(digits: Digits, picks: Tensor, config: ReaderConfig) -> Grids:
    return Grids(tile(digits.pictures[picks], config), digits.labels[picks])
