"""The pool: synthetic training digits, drawn in scenes and brought to the normal form.

A pool is made once, before training: grids of strokes are rendered in every scene, brought to the
normal form as the service does, and divided into cells. Strokes are warped anew each time they are
drawn, so a pool holds many times more digits than there are recordings.
"""

import dataclasses
import hashlib
import json
import logging
import multiprocessing
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from model.config import ReaderConfig
from model.errors import ConfigError
from model.ink import normalise
from training.data import Digits
from training.drawings.scenes import SceneKind, render_scene
from training.drawings.strokes import Strokes, Warp, warp
from training.drawings.styles import restyle

logger = logging.getLogger(__name__)

_CHUNK = 128  # grids made with one stream of random numbers


class StrokeDigit(NamedTuple):
    """A digit as strokes, and its weight in sampling."""

    strokes: Strokes
    label: int
    weight: float = 1.0


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class PoolOptions:
    """What a pool is made of."""

    grids: int = 40_000
    """Grids drawn."""
    canvas: float = 0.3
    """Share of each scene: these four add up to 1."""
    page: float = 0.2
    corner: float = 0.2
    paper: float = 0.3
    reinked_share: float = 0.28
    """Share of the grids whose digits are MNIST's, re-inked; the others are recorded strokes."""
    reinked_digits: int = 12_000
    """Digits of MNIST that are re-inked."""
    styles: float = 0.25
    """Probability that a digit gets a rare way of writing: see ``styles``."""
    warp: Warp = dataclasses.field(default_factory=Warp)

    def __post_init__(self) -> None:
        if self.grids < 1:
            raise ConfigError(f"grids: expected at least 1, got {self.grids}")
        if not 0 <= self.reinked_share <= 1:
            raise ConfigError(f"reinked_share: expected a share, got {self.reinked_share}")
        if not 0 <= self.styles <= 1:
            raise ConfigError(f"styles: expected a probability, got {self.styles}")
        total = self.canvas + self.page + self.corner + self.paper
        if abs(total - 1) > 1e-6:
            raise ConfigError(f"canvas, page, corner, paper: expected a sum of 1, got {total}")

    @property
    def kinds(self) -> dict[SceneKind, float]:
        """The scenes with their shares."""
        return {
            "canvas": self.canvas,
            "page": self.page,
            "corner": self.corner,
            "paper": self.paper,
        }


def make_pool(
    groups: Sequence[tuple[Sequence[StrokeDigit], float]],
    options: PoolOptions,
    *,
    seed: int,
    folder: Path | None = None,
) -> Digits:
    """Makes a pool, or loads the one that an earlier call with the same arguments stored.

    Args:
        groups: Digits of one source each (recorded strokes, re-inked MNIST), with their shares of
            the grids: all digits of a grid are of one group.
        options: What is made.
        seed: The pool depends on it, and not on the number of processors.
        folder: Where the pool is stored; None stores it nowhere.

    Returns:
        The cells of all grids in which every digit was found.
    """
    path = None
    if folder is not None:
        path = folder / f"pool-{_digest(groups, options, seed)}.npz"
        if path.exists():
            with np.load(path) as kept:
                return Digits(torch.from_numpy(kept["pictures"]), torch.from_numpy(kept["labels"]))
    chunks = range(-(-options.grids // _CHUNK))
    workers = min(
        len(chunks), len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    )
    maker = _ChunkMaker(groups, options, seed)
    logger.info("drawing %d grids with %d processes", len(chunks) * _CHUNK, workers)
    # A fresh interpreter for each: a fork of a process that runs torch's threads may hang.
    context = multiprocessing.get_context("spawn")
    with context.Pool(workers, _set_chunk_maker, (maker,)) as pool:
        done = pool.imap(_make, chunks)
        parts = list(tqdm(done, total=len(chunks), unit="chunk", disable=None, desc="pool"))
    pictures = np.concatenate([part[0] for part in parts])
    labels = np.concatenate([part[1] for part in parts])
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.partial")
        with partial.open("wb") as file:
            np.savez(file, pictures=pictures, labels=labels)
        partial.replace(path)
    return Digits(torch.from_numpy(pictures), torch.from_numpy(labels))


class _ChunkMaker:
    """Makes chunks of a pool, each independent of the others."""

    def __init__(
        self,
        groups: Sequence[tuple[Sequence[StrokeDigit], float]],
        options: PoolOptions,
        seed: int,
    ) -> None:
        self.groups = [list(written) for written, _ in groups]
        shares = np.array([share for _, share in groups])
        self.shares = shares / shares.sum()
        self.weights = []
        for written in self.groups:
            weights = np.array([one.weight for one in written])
            self.weights.append(np.cumsum(weights / weights.sum()))
        self.options = options
        self.seed = seed

    def __call__(self, chunk: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """Returns the cells (M, 28, 28) of a chunk's grids, and their labels (M,)."""
        random = np.random.default_rng((self.seed, chunk))
        config = ReaderConfig()
        size, count = config.cell_size, config.num_cells
        kinds: list[SceneKind] = list(self.options.kinds)
        pictures, labels = [], []
        for _ in range(_CHUNK):
            group = int(random.choice(len(self.groups), p=self.shares))
            picks = np.searchsorted(self.weights[group], random.random(count))
            digits = [self.groups[group][min(pick, len(self.groups[group]) - 1)] for pick in picks]
            kind = kinds[int(random.choice(len(kinds), p=list(self.options.kinds.values())))]
            strokes = [self._vary(digit, random) for digit in digits]
            normal = normalise(render_scene(kind, list(strokes), config, random), config)
            if any(cell.box is None for cell in normal.cells):
                continue
            tiles = normal.picture.reshape(config.rows, size, config.columns, size).swapaxes(1, 2)
            pictures.append(tiles.reshape(count, size, size))
            labels += [digit.label for digit in digits]
        return np.concatenate(pictures), np.array(labels, np.int64)

    def _vary(self, digit: StrokeDigit, random: np.random.Generator) -> Strokes:
        """Restyles and warps a digit."""
        styled = digit.strokes
        if self.options.styles:
            styled = restyle(styled, digit.label, self.options.styles, random)
        return warp(styled, self.options.warp, random)


_chunk_maker: _ChunkMaker | None = (
    None  # of a process that makes chunks: sent to it once, not with each
)


def _set_chunk_maker(maker: _ChunkMaker) -> None:
    global _chunk_maker
    _chunk_maker = maker


def _make(chunk: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    assert _chunk_maker is not None
    return _chunk_maker(chunk)


def _digest(
    groups: Sequence[tuple[Sequence[StrokeDigit], float]], options: PoolOptions, seed: int
) -> str:
    """Names a pool by everything it depends on except the code."""
    sha256 = hashlib.sha256()
    sha256.update(json.dumps([dataclasses.asdict(options), seed]).encode())
    for written, share in groups:
        sha256.update(f"{share} {len(written)}".encode())
        for one in written:
            sha256.update(f"{one.label} {one.weight}".encode())
            for stroke in one.strokes:
                sha256.update(np.ascontiguousarray(stroke).tobytes())
    return sha256.hexdigest()[:16]
