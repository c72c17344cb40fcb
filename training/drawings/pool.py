"""The pool: synthetic training digits, drawn in scenes and brought to the normal form.

A pool is made once, before training: grids of strokes are rendered in every scene, brought to the
normal form as the service does, and divided into cells. Strokes are warped anew each time they are
drawn, so a pool holds many times more digits than there are recordings. Some cells hold ink that is
no digit (``others``).
"""

import dataclasses
import hashlib
import io
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

from model import checkpoint, vocabulary
from model.config import ReaderConfig
from model.errors import ConfigError
from model.ink import NormalForm, normalise
from training.data import Digits
from training.drawings.others import Others
from training.drawings.scenes import SceneKind, render_scene
from training.drawings.strokes import Glyph, Ink, Warp, warp
from training.drawings.styles import restyle

logger = logging.getLogger(__name__)

_CHUNK = 128  # grids made with one stream of random numbers
# The middle of a cell's ink is so far from the middle of its cell at most, cells.
_ASTRAY = 0.55


class StrokeDigit(NamedTuple):
    """A digit as strokes or outlines, and its weight in sampling."""

    ink: Ink
    label: int
    weight: float = 1.0


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class PoolOptions:
    """What a pool is made of."""

    grids: int = 48_000
    """Grids drawn."""
    canvas: float = 0.3
    """Share of each scene: these five add up to 1."""
    page: float = 0.15
    corner: float = 0.2
    paper: float = 0.25
    distant: float = 0.1
    reinked_share: float = 0.28
    """Share of the grids whose digits are MNIST's, re-inked; the others are recorded strokes."""
    reinked_digits: int = 12_000
    """Digits of MNIST that are re-inked."""
    printed_share: float = 0.14
    """Share of the grids whose digits are printed: fonts that imitate handwriting, others, and
    seven-segment displays."""
    printed_distant: float = 0.5
    """Share of those that are shown distant, as forms and newspapers are, before the scenes above
    are drawn from."""
    others: float = 0.28
    """Probability that a cell holds ink that is no digit."""
    other_grids: float = 0.04
    """Share of the grids whose cells all do."""
    styles: float = 0.25
    """Probability that a digit gets a rare way of writing: see ``styles``."""
    warp: Warp = dataclasses.field(default_factory=Warp)

    def __post_init__(self) -> None:
        if self.grids < 1:
            raise ConfigError(f"grids: expected at least 1, got {self.grids}")
        shares = ("reinked_share", "printed_share", "printed_distant")
        for name in (*shares, "others", "other_grids", "styles"):
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"{name}: expected 0 to 1, got {getattr(self, name)}")
        if self.reinked_share + self.printed_share > 1:
            raise ConfigError("reinked_share, printed_share: expected a sum of at most 1")
        total = sum(self.kinds.values())
        if abs(total - 1) > 1e-6:
            raise ConfigError(f"{', '.join(self.kinds)}: expected a sum of 1, got {total}")

    @property
    def kinds(self) -> dict[SceneKind, float]:
        """The scenes with their shares."""
        return {
            "canvas": self.canvas,
            "page": self.page,
            "corner": self.corner,
            "paper": self.paper,
            "distant": self.distant,
        }


def make_pool(
    groups: Sequence[tuple[Sequence[StrokeDigit], float]],
    options: PoolOptions,
    *,
    seed: int,
    others: Others | None = None,
    folder: Path | None = None,
) -> Digits:
    """Makes a pool, or loads the one that an earlier call with the same arguments stored.

    Args:
        groups: Digits of one source each (recorded strokes, re-inked MNIST, printed ones), with
            their shares of the grids: all digits of a grid are of one group.
        options: What is made.
        seed: The pool depends on it, and not on the number of processors.
        others: Draws ink that is no digit; None: there is none in the pool.
        folder: Where the pool is stored; None stores it nowhere.

    Returns:
        The cells of all grids in which ink was found in every cell.
    """
    path = None
    if folder is not None:
        path = folder / f"pool-{_digest(groups, options, others, seed)}.npz"
        if path.exists():
            with np.load(path) as kept:
                return Digits(torch.from_numpy(kept["pictures"]), torch.from_numpy(kept["labels"]))
    chunks = range(-(-options.grids // _CHUNK))
    workers = min(
        len(chunks), len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    )
    maker = _ChunkMaker(groups, options, others, seed)
    logger.info("drawing %d grids with %d processes", len(chunks) * _CHUNK, workers)
    # A fresh interpreter for each: a fork of a process that runs torch's threads may hang.
    context = multiprocessing.get_context("spawn")
    with context.Pool(workers, _set_chunk_maker, (maker,)) as pool:
        done = pool.imap(_make, chunks)
        parts = list(tqdm(done, total=len(chunks), unit="chunk", disable=None, desc="pool"))
    pictures = np.concatenate([part[0] for part in parts])
    labels = np.concatenate([part[1] for part in parts])
    if path is not None:
        content = io.BytesIO()
        np.savez(content, pictures=pictures, labels=labels)
        checkpoint.replace_files({path: content.getvalue()})
    return Digits(torch.from_numpy(pictures), torch.from_numpy(labels))


class _ChunkMaker:
    """Makes chunks of a pool, each independent of the others."""

    def __init__(
        self,
        groups: Sequence[tuple[Sequence[StrokeDigit], float]],
        options: PoolOptions,
        others: Others | None,
        seed: int,
    ) -> None:
        self.groups = [list(written) for written, _ in groups]
        shares = np.array([share for _, share in groups])
        self.shares = shares / shares.sum()
        self.are_printed = [
            any(isinstance(one.ink, Glyph) for one in written) for written in self.groups
        ]
        self.weights = []
        for written in self.groups:
            weights = np.array([one.weight for one in written])
            self.weights.append(np.cumsum(weights / weights.sum()))
        self.options = options
        self.others = others
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
            drawn = self._draw(group, count, random)
            kind = kinds[int(random.choice(len(kinds), p=list(self.options.kinds.values())))]
            if self.are_printed[group] and random.random() < self.options.printed_distant:
                kind = "distant"
            picture = render_scene(kind, [ink for ink, _ in drawn], config, random)
            normal = normalise(picture, config)
            if not _is_in_place(normal, picture.shape, config):
                continue
            tiles = normal.picture.reshape(config.rows, size, config.columns, size).swapaxes(1, 2)
            pictures.append(tiles.reshape(count, size, size))
            labels += [label for _, label in drawn]
        return np.concatenate(pictures), np.array(labels, np.int64)

    def _draw(self, group: int, count: int, random: np.random.Generator) -> list[tuple[Ink, int]]:
        """Draws what a grid's cells hold, digits of one group, with its labels."""
        picks = np.searchsorted(self.weights[group], random.random(count))
        digits = [self.groups[group][min(pick, len(self.groups[group]) - 1)] for pick in picks]
        drawn = [(self._vary(digit, random), digit.label) for digit in digits]
        if self.others is None:
            return drawn
        share = 1.0 if random.random() < self.options.other_grids else self.options.others
        return [
            (warp(self.others.draw(random), self.options.warp, random), vocabulary.OTHER)
            if random.random() < share
            else digit
            for digit in drawn
        ]

    def _vary(self, digit: StrokeDigit, random: np.random.Generator) -> Ink:
        """Restyles and warps a digit."""
        styled = digit.ink
        if self.options.styles and not isinstance(styled, Glyph):
            styled = restyle(styled, digit.label, self.options.styles, random)
        return warp(styled, self.options.warp, random)


def _is_in_place(normal: NormalForm, shape: tuple[int, ...], config: ReaderConfig) -> bool:
    """Tells whether every cell holds ink of the part of the picture that it was drawn in."""
    height, width = shape
    for number, cell in enumerate(normal.cells):
        if cell.box is None:
            return False
        row, column = divmod(number, config.columns)
        x0, y0, x1, y1 = cell.box
        found = (y0 + y1) / 2 * config.rows / height, (x0 + x1) / 2 * config.columns / width
        if any(
            abs(at - 0.5 - drawn) > _ASTRAY for at, drawn in zip(found, (row, column), strict=True)
        ):
            return False
    return True


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
    groups: Sequence[tuple[Sequence[StrokeDigit], float]],
    options: PoolOptions,
    others: Others | None,
    seed: int,
) -> str:
    """Names a pool by everything it depends on except the code."""
    sha256 = hashlib.sha256()
    sha256.update(json.dumps([dataclasses.asdict(options), seed]).encode())
    for written, share in groups:
        sha256.update(f"{share} {len(written)}".encode())
        for one in written:
            sha256.update(f"{one.label} {one.weight}".encode())
            _add(sha256, one.ink)
    for ink in others.sources() if others else ():
        _add(sha256, ink)
    return sha256.hexdigest()[:16]


def _add(sha256: "hashlib._Hash", ink: Ink) -> None:
    for line in ink.contours if isinstance(ink, Glyph) else ink:
        sha256.update(np.ascontiguousarray(line).tobytes())
