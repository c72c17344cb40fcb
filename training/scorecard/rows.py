"""The rows of the scorecard: the pictures that a reader is measured on, the same every time.

None had a part in training or in choosing weights: MNIST's test digits, and UNIPEN's test writers,
whose sites are in no other split. Labels are used as they are, wrong ones included.

Each digit of the test writers is used once in each cell of a grid, each time in a new drawing. The
digits of a grid are picked at random, whoever wrote them.
"""

import dataclasses
import functools
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from model import vocabulary
from model.config import ReaderConfig
from model.errors import ConfigError
from training import scoring
from training.data import Digits, load_mnist
from training.drawings.scenes import SceneKind, render_scene
from training.drawings.unipen import PenDigit
from training.drawings.writer_splits import load_writer_split
from training.scorecard.corruptions import KINDS, corrupt
from training.scoring import Grids

Suffix = Literal[".png", ".jpg"]

MNIST_ROWS: Mapping[str, str] = {
    "mnist": "MNIST test, 2,500 disjoint grids",
    "demo": "MNIST test, 10,000 grids with replacement",
    "mnist_blanks": "MNIST test, one to three cells blank",
}
DRAWN_ROWS: Mapping[str, str] = {
    "canvas": "canvas: drawn, light on dark",
    "page": "page: drawn, dark on light",
    "corner": "corner: drawn small, pushed aside",
    "paper": "paper: photographed",
    "blanks": "canvas and page, one to three cells blank",
}
KEYS = (*MNIST_ROWS, *DRAWN_ROWS, "mnist_c")
_CORRUPTED_GRIDS = 500

_SEED = 0
_DEMO_SEED = 42
_DEMO_GRIDS = 10_000
_DRAWING_SEED = 20_260


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Row:
    """What a row of the scorecard is measured on.

    Attributes:
        key: One of ``KEYS``.
        title: For people.
        labels: (M, C), int64: what stands in the cells.
        sources: (M, C), int64: the cluster of each cell, a writer or a grid, which is what the
            bootstrap samples.
        picture: Makes the picture (H, W), uint8, of a grid, given its number.
        suffix: Of the kind of file that the service gets.
        groups: (M, C): names of groups whose shares are also given, such as the writers' sites.
    """

    key: str
    title: str
    labels: NDArray[np.int64]
    sources: NDArray[np.int64]
    picture: Callable[[int], NDArray[np.uint8]]
    suffix: Suffix = ".png"
    groups: NDArray[np.str_] | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def first(self, count: int) -> "Row":
        """Returns the row with its first ``count`` grids alone."""
        groups = None if self.groups is None else self.groups[:count]
        return dataclasses.replace(
            self, labels=self.labels[:count], sources=self.sources[:count], groups=groups
        )


def make_rows(data_dir: Path, config: ReaderConfig, keys: Collection[str] = KEYS) -> list[Row]:
    """Makes rows, in the order of ``KEYS``; no picture is made yet.

    Args:
        data_dir: Holds ``MNIST/`` and ``unipen/``.
        config: Rows and columns of a grid.
        keys: Some of ``KEYS``.

    Raises:
        ConfigError: No such row.
        DataError: Data are missing and could not be fetched, or are damaged.
    """
    if unknown := set(keys) - set(KEYS):
        raise ConfigError(f"expected rows of {', '.join(KEYS)}, got {', '.join(sorted(unknown))}")
    rows: list[Row] = []
    if not set(keys).isdisjoint((*MNIST_ROWS, "mnist_c")):
        test = load_mnist(data_dir, "test")
        rows += [_mnist_row(key, test, config) for key in MNIST_ROWS if key in keys]
    if not set(keys).isdisjoint(DRAWN_ROWS):
        written = load_writer_split(data_dir, "test")
        rows += [drawn_row(key, written, config) for key in DRAWN_ROWS if key in keys]
    if "mnist_c" in keys:
        rows.append(_corrupted_row(test, config))
    return rows


def mnist_grids(test: Digits, config: ReaderConfig) -> dict[str, Grids]:
    """Makes the grids of the rows of ``MNIST_ROWS``."""
    disjoint = scoring.disjoint_grids(test, config, seed=_SEED)
    return {
        "mnist": disjoint,
        "demo": scoring.sample_grids(test, config, count=_DEMO_GRIDS, seed=_DEMO_SEED),
        "mnist_blanks": scoring.with_blanks(disjoint, config, seed=_SEED),
    }


def drawn_row(key: str, written: list[PenDigit], config: ReaderConfig) -> Row:
    """Makes a row of ``DRAWN_ROWS`` of digits: as many grids as there are digits."""
    number = list(DRAWN_ROWS).index(key)
    random = np.random.default_rng((_DRAWING_SEED, number))
    picks = arrange_in_grids(len(written), config.num_cells, random)
    labels = np.array([digit.label for digit in written], np.int64)[picks]
    if key == "blanks":
        count = random.integers(1, max(2, config.num_cells), (len(picks), 1))
        is_blank = random.random(picks.shape).argsort(axis=1) < count
        labels = np.where(is_blank, vocabulary.BLANK, labels)
    _, writers = np.unique([digit.writer for digit in written], return_inverse=True)

    def picture(index: int) -> NDArray[np.uint8]:
        kinds: Mapping[str, SceneKind] = {"page": "page", "corner": "corner", "paper": "paper"}
        kind = kinds.get(key, "canvas")
        if key == "blanks" and index % 2:
            kind = "page"
        strokes = [
            None if label == vocabulary.BLANK else written[pick].strokes
            for pick, label in zip(picks[index].tolist(), labels[index].tolist(), strict=True)
        ]
        return render_scene(
            kind, strokes, config, np.random.default_rng((_DRAWING_SEED, number, index))
        )

    return Row(
        key=key,
        title=DRAWN_ROWS[key],
        labels=labels,
        sources=writers.astype(np.int64)[picks],
        picture=picture,
        suffix=".jpg" if key == "paper" else ".png",
        groups=np.array([digit.site for digit in written])[picks],
    )


def arrange_in_grids(count: int, cells: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Arranges ``count`` things in as many grids: (count, cells), each once in each cell.

    No grid holds one thing twice where there are at least as many things as cells.
    """
    order = random.permutation(count)
    shifts = random.permutation(count)[:cells] if count >= cells else np.arange(cells)
    return np.stack([np.roll(order, shift) for shift in shifts], axis=1).astype(np.int64)


def _mnist_row(key: str, test: Digits, config: ReaderConfig) -> Row:
    grids = mnist_grids(test, config)[key]
    sources = _by_grid(len(grids), config)
    if key == "demo":  # a digit may be in several grids
        sources = scoring.sample_indices(test, config, count=_DEMO_GRIDS, seed=_DEMO_SEED).numpy()
    return Row(key, MNIST_ROWS[key], grids.labels.numpy(), sources, _picture_getter(grids.pictures))


def _corrupted_row(test: Digits, config: ReaderConfig) -> Row:
    """Each kind of corruption on the same digits, one kind behind the other."""
    order = torch.randperm(len(test), generator=torch.Generator().manual_seed(_SEED))
    digits = test.select(order[: _CORRUPTED_GRIDS * config.num_cells])
    count = len(digits) // config.num_cells

    @functools.cache
    def grids(kind: str) -> Grids:
        random = np.random.default_rng((_SEED, KINDS.index(kind)))
        pictures = torch.from_numpy(corrupt(digits.pictures.numpy(), kind, random))
        return scoring.disjoint_grids(Digits(pictures, digits.labels), config, seed=_SEED)

    # By turns, so that the first grids of the row have every kind among them.
    kinds = np.tile(KINDS, count)
    labels = scoring.disjoint_grids(digits, config, seed=_SEED).labels.numpy()

    def picture(index: int) -> NDArray[np.uint8]:
        pixels: NDArray[np.uint8] = grids(kinds[index]).pictures[index // len(KINDS)].numpy()
        return pixels

    return Row(
        key="mnist_c",
        title="MNIST-C: MNIST test, corrupted, mean of fifteen kinds",
        labels=np.repeat(labels, len(KINDS), axis=0),
        sources=np.repeat(_by_grid(count, config), len(KINDS), axis=0),
        picture=picture,
        groups=np.repeat(kinds[:, None], config.num_cells, axis=1),
    )


def _by_grid(count: int, config: ReaderConfig) -> NDArray[np.int64]:
    return np.repeat(np.arange(count)[:, None], config.num_cells, axis=1)


def _picture_getter(pictures: Tensor) -> Callable[[int], NDArray[np.uint8]]:
    def picture(index: int) -> NDArray[np.uint8]:
        pixels: NDArray[np.uint8] = pictures[index].numpy()
        return pixels

    return picture
