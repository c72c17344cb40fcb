"""Any grid as pictures that the network can see: its cells in tiles, and their answers joined.

A grid of the reader's own rows and columns is one picture. One of fewer cells fills the first
cells of a picture. Of a larger one, a sheet, the cells with ink fill as many pictures as they
need, in reading order; its blank cells share one answer, that of a picture of blanks.
"""

import dataclasses
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model import vocabulary
from model.config import ReaderConfig
from model.ink import NormalForm
from model.reading import Answers, GridAnswers

Read = Callable[[NDArray[np.uint8]], Answers]
"""Reads pictures (B, H, W), as an engine does."""


class _Tiles(NamedTuple):
    """What the network sees of a grid."""

    pictures: NDArray[np.uint8]  # (T, H, W)
    places: NDArray[np.int64]  # (C,): of each cell of the grid, its number among all tiles' cells


def read_grids(
    normals: Sequence[NormalForm], grids: Sequence[ReaderConfig], config: ReaderConfig, read: Read
) -> list[GridAnswers]:
    """Reads grids of any rows and columns.

    Args:
        normals: Their normal forms.
        grids: Rows and columns of each: the reader's config with others.
        config: Of the reader.
        read: Reads pictures of the reader's own rows and columns.
    """
    tiles = [cut(normal, grid, config) for normal, grid in zip(normals, grids, strict=True)]
    answers = read(np.concatenate([one.pictures for one in tiles]))
    found, first = [], 0
    for one in tiles:
        last = first + len(one.pictures)
        attention = None if answers.attention is None else answers.attention[first:last]
        of_grid = Answers(answers.symbols[first:last], answers.probabilities[first:last], attention)
        found.append(_join(of_grid, one.places))
        first = last
    return found


def with_shape(config: ReaderConfig, rows: int, columns: int) -> ReaderConfig:
    """A reader's config with the rows and columns of another grid."""
    return dataclasses.replace(config, rows=rows, columns=columns)


def cut(normal: NormalForm, grid: ReaderConfig, config: ReaderConfig) -> _Tiles:
    """Cuts the normal form of a grid into pictures of a reader's own rows and columns."""
    every = np.arange(grid.num_cells)
    if (grid.rows, grid.columns) == (config.rows, config.columns):
        return _Tiles(normal.picture[np.newaxis], every)
    size, num_cells = config.cell_size, config.num_cells
    by_place = normal.picture.reshape(grid.rows, size, grid.columns, size).swapaxes(1, 2)
    cells = by_place.reshape(-1, size, size)
    if grid.num_cells <= num_cells:
        shown, places = every, every
    else:
        has_ink = np.array([cell.box is not None for cell in normal.cells])
        shown = np.flatnonzero(has_ink)
        # Behind those with ink there is a picture of blanks.
        blank = -(-len(shown) // num_cells) * num_cells
        places = np.where(has_ink, np.cumsum(has_ink) - 1, blank)
    num_tiles = int(places.max()) // num_cells + 1
    filled = np.zeros((num_tiles * num_cells, size, size), np.uint8)
    filled[: len(shown)] = cells[shown]
    tiles = filled.reshape(num_tiles, config.rows, config.columns, size, size).swapaxes(2, 3)
    return _Tiles(tiles.reshape(num_tiles, config.height, config.width), places)


def _join(answers: Answers, places: NDArray[np.int64]) -> GridAnswers:
    """The answers for a grid from those for its tiles: a misplaced ``<finish>`` stays misplaced."""
    of_cells, last = answers.symbols[:, :-1], answers.symbols[:, -1]
    wrong = last[last != vocabulary.FINISH]
    end = wrong[:1] if len(wrong) else last[:1]
    attention = None
    if answers.attention is not None and len(answers.symbols) == 1:
        attention = answers.attention[0][places]
    probabilities = answers.probabilities.reshape(-1, answers.probabilities.shape[-1])
    symbols = np.concatenate([of_cells.reshape(-1)[places], end])
    return GridAnswers(symbols, probabilities[places], attention)
