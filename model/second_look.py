"""What is doubtful is looked at again: a pixel further along each diagonal, and averaged.

The cuts between patches fall elsewhere then, and a digit that was read by what one cut happened to
hide is read by the rest of it. Few pictures need it, so that it costs the others nothing.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from model import vocabulary
from model.config import ReaderConfig
from model.reading import LOW_CONFIDENCE, Answers

_SHIFTS = ((1, 1), (1, -1), (-1, 1), (-1, -1))  # of the ink in each cell, pixels down and right


def look_again(
    pictures: NDArray[np.uint8],
    answers: Answers,
    read: Callable[[NDArray[np.uint8]], NDArray[np.float32]],
    config: ReaderConfig,
) -> Answers:
    """Reads again what has a cell less sure than ``LOW_CONFIDENCE``.

    Args:
        pictures: (B, H, W), uint8, in the normal form.
        answers: What was read in them; left as they are.
        read: Gives the probabilities, (B, C, 11), of pictures read once.
        config: Of the reader.

    Returns:
        The answers, of the doubtful pictures with the mean of all five probabilities and with the
        most probable digits by that; where the reader looked is that of its first look.
    """
    num_cells = config.num_cells
    is_doubtful = (answers.probabilities.max(axis=2) < LOW_CONFIDENCE).any(axis=1)
    # A reader that lost count of the cells is wrong in another way.
    is_doubtful &= (answers.symbols[:, :num_cells] < vocabulary.NUM_ANSWERS).all(axis=1)
    if not is_doubtful.any():
        return answers
    doubtful = pictures[is_doubtful]
    again = read(np.concatenate([_shifted(doubtful, *shift, config) for shift in _SHIFTS]))
    looks = again.reshape(len(_SHIFTS), *answers.probabilities[is_doubtful].shape)
    probabilities, symbols = answers.probabilities.copy(), answers.symbols.copy()
    probabilities[is_doubtful] += looks.sum(axis=0)
    probabilities[is_doubtful] /= 1 + len(_SHIFTS)
    symbols[is_doubtful, :num_cells] = probabilities[is_doubtful].argmax(axis=2)
    return Answers(symbols, probabilities, answers.attention)


def _shifted(
    pictures: NDArray[np.uint8], down: int, right: int, config: ReaderConfig
) -> NDArray[np.uint8]:
    """Moves the ink of every cell by a pixel; what leaves its cell is gone."""
    size = config.cell_size
    cells = pictures.reshape(-1, config.rows, size, config.columns, size)
    moved = np.zeros_like(cells)
    rows_from, rows_to = _overlap(size, down)
    columns_from, columns_to = _overlap(size, right)
    moved[:, :, rows_to, :, columns_to] = cells[:, :, rows_from, :, columns_from]
    return moved.reshape(pictures.shape)


def _overlap(size: int, shift: int) -> tuple[slice, slice]:
    """Which pixels stay within ``size`` when all move by ``shift``: before, and after."""
    return slice(max(0, -shift), size - max(0, shift)), slice(max(0, shift), size + min(0, shift))
