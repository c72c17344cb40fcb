"""The scorecard: a reader measured through the service, on data that had no part in training."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from model import vocabulary
from model.config import ReaderConfig
from training import plots, scoring
from training.scorecard import bootstrap
from training.scorecard.row import Row
from training.scorecard.service import ServiceAnswers, read_with_service

# Warnings that something in the picture was seen and not used, or that there is no grid.
ALARMS = frozenset({"faint", "line_left", "cut_off", "several_digits", "not_a_grid"})
_CALIBRATION_BINS = 15
_RISK = 0.001  # of the cells that coverage counts
_WORST = 48


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class RowResult:
    """A row of the scorecard with what the service answered."""

    row: Row
    served: ServiceAnswers

    @property
    def correctness(self) -> scoring.Correctness:
        """Which answers are right."""
        return scoring.compare(
            torch.from_numpy(self.served.symbols), torch.from_numpy(self.row.labels)
        )

    @property
    def read(self) -> NDArray[np.int64]:
        """What was read in the cells: (M, C)."""
        return self.served.symbols[:, :-1]

    @property
    def is_right(self) -> NDArray[np.bool_]:
        """Which grids are right, (M,); where a warning is the right answer, which got it."""
        if self.row.expected_warning is not None:
            return np.array([self.row.expected_warning in one for one in self.served.warnings])
        grids: NDArray[np.bool_] = self.correctness.grids.numpy()
        return grids

    @property
    def is_silently_wrong(self) -> NDArray[np.bool_]:
        """Which answers, (M,), are wrong without any warning; a refusal is not silent."""
        is_warned = np.array([bool(one) for one in self.served.warnings])
        silent: NDArray[np.bool_] = ~self.is_right & ~is_warned & ~self.served.is_refused
        return silent

    @property
    def is_alarmed(self) -> NDArray[np.bool_]:
        """Which answers, (M,), have one of the warnings of ``ALARMS``."""
        return np.array([not one.isdisjoint(ALARMS) for one in self.served.warnings])

    def to_dict(self) -> dict[str, Any]:
        """Returns the row's figures as plain JSON values; shares, not percentages."""
        correctness, labels = self.correctness, self.row.labels
        cells, grids = correctness.cells.numpy(), correctness.grids.numpy()
        is_blank = labels == vocabulary.BLANK
        # Where there is no digit, the first share is of blanks.
        is_counted = ~is_blank if not is_blank.all() else is_blank
        digits, whole = bootstrap.digits_and_grids(cells, grids, is_counted, self.row.sources)
        figures: dict[str, Any] = {
            "key": self.row.key,
            "name": self.row.title,
            "num_grids": len(grids),
            "num_digits": int((~is_blank).sum()),
            "num_sources": len(np.unique(self.row.sources)),
            "digits": digits._asdict(),
            "grids": whole._asdict(),
            "finish_in_place": float(correctness.finish.float().mean()),
            "num_refused": int(self.served.is_refused.sum()),
            "silently_wrong": float(self.is_silently_wrong.mean()),
            "alarmed": float(self.is_alarmed.mean()),
            "positions": cells.mean(axis=0).tolist(),
            "honesty": measure_calibration(self.served.confidence, cells, self.served.is_warned),
            "confusion": confusion_matrix(labels, self.read).tolist(),
        }
        if not is_blank.all():
            read_as_blank = self.read[~is_blank] == vocabulary.BLANK
            figures["digit_read_as_blank"] = float(read_as_blank.mean())
        if is_blank.any():
            figures["blank_read_as_digit"] = float((self.read[is_blank] != vocabulary.BLANK).mean())
        if (labels == vocabulary.OTHER).any():
            figures["others"] = self._others()
        if self.row.expected_warning is not None:
            figures["expected_warning"] = self.row.expected_warning
            figures["warned_as_expected"] = float(self.is_right.mean())
        if self.row.groups is not None:
            figures["groups"] = self._groups(cells, grids, ~is_blank)
        return figures

    def _others(self) -> dict[str, float]:
        """Shares of the cells of ink that is no digit: said to be none, and that or warned of."""
        is_other = self.row.labels == vocabulary.OTHER
        is_said = self.read[is_other] == vocabulary.OTHER
        return {
            "num_cells": int(is_other.sum()),
            "said": float(is_said.mean()),
            "said_or_warned": float((is_said | self.served.is_warned[is_other]).mean()),
        }

    def _groups(
        self, cells: NDArray[np.bool_], grids: NDArray[np.bool_], is_digit: NDArray[np.bool_]
    ) -> dict[str, dict[str, float]]:
        """The shares of each group; those of grids only where no grid is of several groups."""
        groups = self.row.groups
        assert groups is not None
        have_one_group = bool((groups == groups[:, :1]).all())
        found = {}
        for name in dict.fromkeys(sorted(groups.ravel().tolist())):
            is_counted = (groups == name) & is_digit
            if not is_counted.any():  # of few grids, with blanks
                continue
            found[name] = {
                "num_digits": int(is_counted.sum()),
                "digits": float(cells[is_counted].mean()),
            }
            if have_one_group:
                found[name]["grids"] = float(grids[groups[:, 0] == name].mean())
        return found


def evaluate(
    rows: Sequence[Row],
    weights: Path,
    config: ReaderConfig,
    *,
    report: Callable[[str], None] = lambda _: None,
) -> Iterator[RowResult]:
    """Has the pictures of rows read by the service, row by row.

    Args:
        rows: What to measure on.
        weights: A checkpoint; where its graph is beside it, that is what reads.
        config: Of the reader.
        report: Called with the title of each row before it is read.
    """
    for row in rows:
        report(row.title)
        pictures = tqdm(map(row.picture, range(len(row))), total=len(row), disable=None)
        (served,) = read_with_service(pictures, suffix=row.suffix, readers=[weights], config=config)
        yield RowResult(row, served)


def confusion_matrix(labels: NDArray[np.int64], read: NDArray[np.int64]) -> NDArray[np.int64]:
    """Counts answers: (12, 14), a row for each label, a column for each symbol read."""
    matrix = np.zeros((vocabulary.NUM_CLASSES, vocabulary.NUM_SYMBOLS), np.int64)
    np.add.at(matrix, (labels.ravel(), read.ravel()), 1)
    return matrix


def measure_calibration(
    confidence: NDArray[np.float32], right: NDArray[np.bool_], is_warned: NDArray[np.bool_]
) -> dict[str, float | None]:
    """Measures how well confidence predicts which cells are right.

    Args:
        confidence: Of each cell, (M, C), in [0, 1].
        right: Whether the cell was read rightly, (M, C).
        is_warned: Whether a warning names the cell, (M, C).

    Returns:
        ``calibration_error``: expected calibration error in 15 bins of equal width. ``warned``:
        share of the cells that a warning names. ``wrong_warned``: that share among the wrong cells,
        None where all are right. ``right_unwarned``: share of right cells among those not warned
        of. ``coverage``: share of the cells, the surest first, of which at most a thousandth is
        wrong. ``aurc``: area under the curve of that risk by coverage.

    References: Guo et al., "On Calibration of Modern Neural Networks", 2017, section 2; Geifman et
    al., "Bias-Reduced Uncertainty Estimation for Deep Neural Classifiers", 2019, section 2 (AURC).
    """
    sure = confidence.ravel().astype(float)
    is_right = right.ravel()
    bins = np.minimum((sure * _CALIBRATION_BINS).astype(int), _CALIBRATION_BINS - 1)
    gaps = np.bincount(bins, sure - is_right, _CALIBRATION_BINS)
    warned = is_warned.ravel()
    surest_first = np.argsort(-sure, kind="stable")
    risks = (~is_right[surest_first]).cumsum() / np.arange(1, len(sure) + 1)
    covered = np.flatnonzero(risks <= _RISK)
    return {
        "calibration_error": float(np.abs(gaps).sum() / len(sure)),
        "warned": float(warned.mean()),
        "wrong_warned": None if is_right.all() else float(warned[~is_right].mean()),
        "right_unwarned": None if warned.all() else float(is_right[~warned].mean()),
        "coverage": float((covered[-1] + 1) / len(sure)) if len(covered) else 0.0,
        "aurc": float(risks.mean()),
    }


def write_pictures(measured: RowResult, out: Path) -> list[Path]:
    """Writes a row's confusion matrix and its worst examples as PNG files.

    The pictures hold data-set digits: they go to an output folder and into no repository.
    """
    row = measured.row
    matrix, worst = (out / f"{kind}_{row.key}.png" for kind in ("confusion", "worst"))
    plots.confusion(confusion_matrix(row.labels, measured.read), row.title, matrix)
    true = np.take_along_axis(measured.served.probabilities, row.labels[..., None], axis=2)
    order = true[..., 0].prod(axis=1).argsort(kind="stable")[:_WORST].tolist()
    captions = [
        f"{symbols_text(row.labels[i])} read {symbols_text(measured.read[i])}" for i in order
    ]
    plots.contact_sheet([row.picture(i) for i in order], captions, worst)
    return [matrix, worst]


def symbols_text(symbols: NDArray[np.int64]) -> str:
    """Writes symbols (C,) as the service does: ``_`` for a blank, ``?`` for what is no digit."""
    return "".join(vocabulary.SIGNS[symbol] for symbol in symbols.tolist())
