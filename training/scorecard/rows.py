"""The rows of the scorecard: the pictures that a reader is measured on, the same every time.

None had a part in training or in choosing weights: MNIST's test digits, and UNIPEN's test writers,
whose sites are in no other split. Labels are used as they are, wrong ones included.

Each digit of the test writers is used once in each cell of a grid, each time in a new drawing. The
digits of a grid are picked at random, whoever wrote them.
"""

import functools
import logging
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from model import vocabulary
from model.config import ReaderConfig
from model.errors import ConfigError, DataError
from training import scoring
from training.data import Digits, load_mnist
from training.drawings.glyphs import HAND_LIKE_TEST, hand_like_fonts
from training.drawings.scenes import SceneKind, render_scene
from training.drawings.unipen import PenDigit
from training.drawings.writer_splits import load_writer_split
from training.scorecard.corruptions import KINDS, corrupt
from training.scorecard.other_rows import NEED_FONTS, OTHER_ROWS, other_row
from training.scorecard.row import Row, arrange_in_grids
from training.scorecard.sudoku_rows import SUDOKU_ROWS, load_sudokus, sudoku_row
from training.scorecard.surrounding_rows import (
    CONTROL_ROWS,
    SURROUNDING_ROWS,
    control_row,
    surrounding_row,
)
from training.scoring import Grids

logger = logging.getLogger(__name__)

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
_DIGIT_ROWS = (*MNIST_ROWS, *DRAWN_ROWS, "mnist_c")
KEYS = (*_DIGIT_ROWS, *OTHER_ROWS)
"""What a checkpoint is measured on when it is exported."""
ROW_GROUPS: Mapping[str, tuple[str, ...]] = {
    "digits": _DIGIT_ROWS,
    "others": tuple(OTHER_ROWS),
    "surroundings": (*SURROUNDING_ROWS, *CONTROL_ROWS),
    "sudokus": tuple(SUDOKU_ROWS),
}
"""Every row, by what is asked of it: digits in a grid alone, grids in whole pictures, windows of
photographed sudokus."""
ALL_KEYS = tuple(key for keys in ROW_GROUPS.values() for key in keys)
_CORRUPTED_GRIDS = 500

_SEED = 0
_DEMO_SEED = 42
_DEMO_GRIDS = 10_000
_DRAWING_SEED = 20_260


def make_rows(data_dir: Path, config: ReaderConfig, keys: Collection[str] = KEYS) -> list[Row]:
    """Makes rows, in the order of ``ALL_KEYS``; no picture is made yet.

    Rows of sudokus, and of fonts that imitate handwriting, are left out, and a line of the log says
    so, where the photographs or fonts are missing.

    Args:
        data_dir: Holds ``MNIST/``, ``unipen/`` and ``sudoku/``, as far as the rows need them.
        config: Rows and columns of a grid.
        keys: Some of ``ALL_KEYS``, or groups of them: ``ROW_GROUPS``.

    Raises:
        ConfigError: No such row.
        DataError: Data are missing and could not be fetched, or are damaged.
    """
    chosen = {key for name in keys for key in ROW_GROUPS.get(name, (name,))}
    if unknown := chosen - set(ALL_KEYS):
        raise ConfigError(
            f"expected rows of {', '.join((*ROW_GROUPS, *ALL_KEYS))}, "
            f"got {', '.join(sorted(unknown))}"
        )
    rows: list[Row] = []
    if not chosen.isdisjoint((*MNIST_ROWS, "mnist_c")):
        test = load_mnist(data_dir, "test")
        rows += [_mnist_row(key, test, config) for key in MNIST_ROWS if key in chosen]
    if not chosen.isdisjoint((*DRAWN_ROWS, *SURROUNDING_ROWS)):
        written = load_writer_split(data_dir, "test")
        rows += [drawn_row(key, written, config) for key in DRAWN_ROWS if key in chosen]
    if "mnist_c" in chosen:
        rows.append(_corrupted_row(test, config))
    if not (chosen.isdisjoint(NEED_FONTS) or hand_like_fonts(HAND_LIKE_TEST)):
        chosen -= NEED_FONTS
    rows += [other_row(key, data_dir, config) for key in OTHER_ROWS if key in chosen]
    rows += [surrounding_row(key, written, config) for key in SURROUNDING_ROWS if key in chosen]
    rows += [control_row(key, config) for key in CONTROL_ROWS if key in chosen]
    if not chosen.isdisjoint(SUDOKU_ROWS):
        try:
            sudokus = load_sudokus(data_dir)
        except DataError as error:
            logger.warning("left out: windows of sudokus (%s)", error)
        else:
            rows += [sudoku_row(key, sudokus, config) for key in SUDOKU_ROWS if key in chosen]
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
