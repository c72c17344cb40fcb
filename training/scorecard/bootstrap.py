"""Confidence intervals of shares by a cluster bootstrap, as answers are not independent.

A hundred digits of one writer say less than a hundred digits of a hundred writers, whose mistakes
are independent. So what is sampled with replacement is not digits but their sources (the clusters):
writers, or grids.

Reference: Efron & Tibshirani, "An Introduction to the Bootstrap", 1993, chapters 8 and 13.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_SEED = 0
_SAMPLES = 2000
_PASS = 100  # samples drawn at a time, which bounds memory


class Share(NamedTuple):
    """A share with its 95 % interval."""

    share: float
    low: float
    high: float


def shares(
    amounts: list[tuple[NDArray[np.float64], NDArray[np.float64]]], sources: NDArray[np.int64]
) -> list[Share]:
    """Returns shares, each of some amount in a whole, with their 95 % intervals.

    Args:
        amounts: Pairs of amount and whole for each of N things, both (N,).
        sources: (N,): things of one source are sampled together.
    """
    _, numbers = np.unique(sources, return_inverse=True)
    count = int(numbers.max()) + 1
    # (sources, 2 * pairs)
    sums = np.stack([np.bincount(numbers, part) for pair in amounts for part in pair], axis=1)
    random = np.random.default_rng(_SEED)
    even = np.full(count, 1 / count)
    drawn = np.concatenate(
        [random.multinomial(count, even, _PASS) @ sums for _ in range(_SAMPLES // _PASS)]
    )
    found = []
    for number in range(len(amounts)):
        amount, whole = drawn[:, 2 * number], drawn[:, 2 * number + 1]
        # A wrong grid takes more from the writer that it is charged to than his part of it.
        drawn_shares = np.clip(amount[whole > 0] / whole[whole > 0], 0, 1)
        low, high = np.percentile(drawn_shares, (2.5, 97.5))
        total = sums[:, 2 * number].sum() / sums[:, 2 * number + 1].sum()
        found.append(Share(*(float(np.clip(share, 0, 1)) for share in (total, low, high))))
    return found


def digits_and_grids(
    cells: NDArray[np.bool_],
    grids: NDArray[np.bool_],
    is_digit: NDArray[np.bool_],
    sources: NDArray[np.int64],
) -> tuple[Share, Share]:
    """Returns the share of digits that are right, and of grids.

    A grid may have several writers. It counts in equal parts for each of them; a wrong grid counts
    as wrong in equal parts for those whose cells were read wrongly.

    Args:
        cells: (M, C): which are right.
        grids: (M,): which are right.
        is_digit: (M, C): the cells that the first share is of.
        sources: (M, C).
    """
    wrong = ~cells
    # All cells right but <finish> misplaced: counts as wrong for all writers.
    wrong[~grids & cells.all(axis=1)] = True
    charged = wrong / np.maximum(wrong.sum(axis=1, keepdims=True), 1) * ~grids[:, None]
    part = np.full(cells.shape, 1 / cells.shape[1])
    digits, grid = shares(
        [
            ((cells & is_digit).ravel().astype(float), is_digit.ravel().astype(float)),
            ((part - charged).ravel(), part.ravel()),
        ],
        sources.ravel(),
    )
    return digits, grid
