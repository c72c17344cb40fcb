"""Test-time augmentation: doubtful pictures are read again, shifted by a pixel, and averaged.

After a shift the borders between patches cross a digit elsewhere, so that a mistake caused by one
border is outvoted. Few pictures are doubtful, and the others cost nothing more.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from model import vocabulary
from model.config import ReaderConfig
from model.reading import DOUBTED, Answers

_SHIFTS = ((1, 1), (1, -1), (-1, 1), (-1, -1))  # of the ink within its cell: pixels down, right


def average_over_shifts(
    pictures: NDArray[np.uint8],
    answers: Answers,
    read: Callable[[NDArray[np.uint8]], NDArray[np.float32]],
    config: ReaderConfig,
) -> Answers:
    """Reads pictures again, shifted, that have a cell less confident than ``DOUBTED``.

    Args:
        pictures: (B, H, W), uint8, in the normal form.
        answers: What was read in them without a shift; not modified.
        read: Returns the probabilities, (B, C, 12), of pictures.
        config: Of the reader.

    Returns:
        The answers. Those of doubtful pictures have the mean of all five probabilities and the
        symbols that are most probable by it; attention stays that of the unshifted picture.
    """
    num_cells = config.num_cells
    is_doubtful = (answers.probabilities.max(axis=2) < DOUBTED).any(axis=1)
    # Averaging cannot help where <start> or <finish> was read in place of a cell.
    is_doubtful &= (answers.symbols[:, :num_cells] < vocabulary.NUM_CLASSES).all(axis=1)
    if not is_doubtful.any():
        return answers
    doubtful = pictures[is_doubtful]
    shifted = read(np.concatenate([_shift_ink(doubtful, *shift, config) for shift in _SHIFTS]))
    by_shift = shifted.reshape(len(_SHIFTS), *answers.probabilities[is_doubtful].shape)
    probabilities, symbols = answers.probabilities.copy(), answers.symbols.copy()
    probabilities[is_doubtful] += by_shift.sum(axis=0)
    probabilities[is_doubtful] /= 1 + len(_SHIFTS)
    symbols[is_doubtful, :num_cells] = probabilities[is_doubtful].argmax(axis=2)
    return Answers(symbols, probabilities, answers.attention)


def _shift_ink(
    pictures: NDArray[np.uint8], down: int, right: int, config: ReaderConfig
) -> NDArray[np.uint8]:
    """Shifts the ink of every cell by a pixel; what would leave its cell is dropped."""
    size = config.cell_size
    cells = pictures.reshape(-1, config.rows, size, config.columns, size)
    moved = np.zeros_like(cells)
    rows_from, rows_to = _overlap(size, down)
    columns_from, columns_to = _overlap(size, right)
    moved[:, :, rows_to, :, columns_to] = cells[:, :, rows_from, :, columns_from]
    return moved.reshape(pictures.shape)


def _overlap(size: int, shift: int) -> tuple[slice, slice]:
    """Returns source and target slices of the pixels that a shift keeps within ``size``."""
    return slice(max(0, -shift), size - max(0, shift)), slice(max(0, shift), size + min(0, shift))
