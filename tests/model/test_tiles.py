"""Grids of any rows and columns as pictures of the reader's own, and their answers joined."""

import numpy as np
import pytest
from numpy.typing import NDArray

from model.config import ReaderConfig
from model.ink import NormalForm, normalise
from model.reading import Answers
from model.reading.tiles import cut, read_grids, with_shape
from model.vocabulary import BLANK, FINISH, NUM_CLASSES

CONFIG = ReaderConfig()
SIZE = CONFIG.cell_size


def form_of(levels: NDArray[np.uint8]) -> tuple[NormalForm, ReaderConfig]:
    """A normal form whose cells are filled with these levels, 0 for a blank one."""
    grid = with_shape(CONFIG, *levels.shape)
    normal = normalise(np.zeros((grid.height, grid.width), np.uint8), grid)
    cells = tuple(
        cell._replace(box=(0, 0, 1, 1)) if level else cell
        for cell, level in zip(normal.cells, levels.ravel(), strict=True)
    )
    picture = np.kron(levels, np.ones((SIZE, SIZE), np.uint8))
    return normal._replace(picture=picture, cells=cells), grid


def read(pictures: NDArray[np.uint8]) -> Answers:
    """Reads the level in the middle of a cell as the digit, none as a blank."""
    middles = pictures[:, SIZE // 2 :: SIZE, SIZE // 2 :: SIZE].reshape(len(pictures), -1)
    digits = np.where(middles, middles % 10, BLANK).astype(np.int64)
    probabilities = np.eye(NUM_CLASSES, dtype=np.float32)[digits]
    symbols = np.column_stack([digits, np.full(len(digits), FINISH)])
    attention = np.broadcast_to(np.arange(4.0)[:, None, None, None], (4, 1, 1, 16))
    return Answers(symbols, probabilities, np.array([attention] * len(pictures), np.float32))


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (1, 4), (2, 2), (1, 9), (7, 1), (3, 5), (9, 9)])
@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_every_cell_gets_its_own_answer(shape: tuple[int, int], share: float) -> None:
    random = np.random.default_rng(shape)
    levels = random.integers(11, 20, shape, np.uint8) * (random.random(shape) < share)
    normal, grid = form_of(levels.astype(np.uint8))
    (answers,) = read_grids([normal], [grid], CONFIG, read)
    expected = np.where(levels, levels % 10, BLANK).ravel()
    assert answers.symbols.tolist() == [*expected.tolist(), FINISH]
    assert answers.probabilities.argmax(axis=1).tolist() == expected.tolist()


def test_a_batch_of_several_grids_is_read_at_once() -> None:
    forms = [form_of(np.full(shape, 11 + shape[0], np.uint8)) for shape in ((1, 1), (2, 2), (5, 3))]
    sizes: list[int] = []

    def count(pictures: NDArray[np.uint8]) -> Answers:
        sizes.append(len(pictures))
        return read(pictures)

    normals, grids = zip(*forms, strict=True)
    found = read_grids(normals, grids, CONFIG, count)
    assert sizes == [1 + 1 + 4]
    assert [set(one.symbols[:-1].tolist()) for one in found] == [{2}, {3}, {6}]


def test_blank_cells_cost_one_picture_together() -> None:
    levels = np.zeros((9, 9), np.uint8)
    levels[4, 4] = 17
    normal, grid = form_of(levels)
    assert len(cut(normal, grid, CONFIG).pictures) == 2
    assert len(cut(*form_of(np.full((9, 9), 11, np.uint8)), CONFIG).pictures) == 21


def test_attention_is_that_of_a_single_picture() -> None:
    small, sheet = (form_of(np.full(shape, 12, np.uint8)) for shape in ((1, 3), (3, 3)))
    (of_small,) = read_grids([small[0]], [small[1]], CONFIG, read)
    (of_sheet,) = read_grids([sheet[0]], [sheet[1]], CONFIG, read)
    assert of_small.attention is not None
    assert of_small.attention[:, 0, 0, 0].tolist() == [0, 1, 2]
    assert of_sheet.attention is None


def test_a_finish_that_one_tile_lacks_is_lacking() -> None:
    def endless(pictures: NDArray[np.uint8]) -> Answers:
        answers = read(pictures)
        answers.symbols[1, -1] = 3
        return answers

    normal, grid = form_of(np.full((3, 3), 15, np.uint8))
    (answers,) = read_grids([normal], [grid], CONFIG, endless)
    assert answers.symbols.tolist() == [5] * 9 + [3]
