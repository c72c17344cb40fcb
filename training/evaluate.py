"""The scorecard: how well a reader reads digits that chose nothing, always free-running.

Row (a) uses each of MNIST's 10,000 test digits once, in 2,500 grids shuffled by a fixed seed.
Row (b) draws 10,000 grids with replacement, as the original demo was measured. Row (c) is row (a)
with one to three cells of each grid blanked.
"""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rich import box
from rich.table import Table
from torch import Tensor

from model import vocabulary
from model.config import ReaderConfig
from model.decoding import Greedy
from model.ink import normalise
from model.reader import GridReader
from training import plots, scoring
from training.data import Digits
from training.scoring import Grids, Right

_SHUFFLE_SEED = 0
_DEMO_SEED = 42
_DEMO_GRIDS = 10_000
_BOOTSTRAP_SEED = 0
_BOOTSTRAP_SAMPLES = 10_000


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """One row of the scorecard, with what pictures of its mistakes are made of."""

    name: str
    grids: Grids
    greedy: Greedy
    right: Right

    def to_dict(self) -> dict[str, Any]:
        """Returns the row's figures as plain JSON values; shares, not percentages."""
        cells, grids = self.right.cells.numpy(), self.right.grids.numpy()
        is_blank = self.grids.labels.numpy() == vocabulary.BLANK
        reads_blank = (self.greedy.symbols[:, : cells.shape[1]] == vocabulary.BLANK).numpy()
        digits = cells[~is_blank]
        figures: dict[str, Any] = {
            "name": self.name,
            "num_grids": len(grids),
            "num_digits": len(digits),
            "digits": _share(digits),
            "grids": _share(grids),
            "finish_in_place": float(self.right.finish.float().mean()),
            "positions": cells.mean(axis=0).tolist(),
            "confusion": confusion(self.grids.labels, self.greedy.symbols).tolist(),
        }
        if is_blank.any():
            figures["blank_read_as_digit"] = float((is_blank & ~reads_blank).sum() / is_blank.sum())
            figures["digit_read_as_blank"] = float(
                (~is_blank & reads_blank).sum() / (~is_blank).sum()
            )
        return figures


def evaluate(
    reader: GridReader, test: Digits, *, report: Callable[[str], None] = lambda _: None
) -> list[Row]:
    """Reads all rows of the scorecard, each picture through the normal form first.

    Args:
        reader: In evaluation mode.
        test: MNIST's test digits.
        report: Is told the name of each row before it is read.
    """
    rows = []
    for name, grids in scorecard_grids(test, reader.config).items():
        report(name)
        pictures = np.stack([normalise(p, reader.config).picture for p in grids.pictures.numpy()])
        greedy = scoring.read_grids(reader, Grids(torch.from_numpy(pictures), grids.labels))
        rows.append(Row(name, grids, greedy, scoring.mark(greedy.symbols, grids.labels)))
    return rows


def scorecard_grids(test: Digits, config: ReaderConfig) -> dict[str, Grids]:
    """Makes the grids of every row, the same ones every time."""
    disjoint = scoring.disjoint_grids(test, config, seed=_SHUFFLE_SEED)
    return {
        "(a) MNIST test, disjoint grids": disjoint,
        "(b) MNIST test, drawn with replacement": scoring.drawn_grids(
            test, config, count=_DEMO_GRIDS, seed=_DEMO_SEED
        ),
        "(c) as (a), some cells blank": scoring.with_blanks(disjoint, config, seed=_SHUFFLE_SEED),
    }


def confusion(labels: Tensor, symbols: Tensor) -> NDArray[np.int64]:
    """Counts answers: (11, 13), a row for what stood there, a column for what was read."""
    matrix = np.zeros((vocabulary.NUM_ANSWERS, vocabulary.NUM_SYMBOLS), np.int64)
    read = symbols[:, : labels.shape[1]]
    np.add.at(matrix, (labels.flatten().numpy(), read.flatten().numpy()), 1)
    return matrix


def table(rows: list[dict[str, Any]]) -> Table:
    """Lays the scorecard out for the terminal; rows go by their letter."""
    answer = Table("", title="scorecard, free-running, in %", box=box.SIMPLE_HEAD)
    for heading in ("grids", "digits right", "grids right", "<finish>", "by position"):
        answer.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        answer.add_row(
            row["name"][:3],
            str(row["num_grids"]),
            percent(row["digits"]),
            percent(row["grids"]),
            f"{100 * row['finish_in_place']:.2f}",
            " ".join(f"{100 * share:.1f}" for share in row["positions"]),
        )
    return answer


def percent(share: dict[str, float]) -> str:
    """Writes a share and its interval in per cent, as in ``99.52 (99.37-99.65)``."""
    low, high = (100 * share[key] for key in ("low", "high"))
    return f"{100 * share['share']:.2f} ({low:.2f}-{high:.2f})"


def _share(right: NDArray[np.bool_]) -> dict[str, float]:
    """Returns the share of right answers with its 95 % interval by bootstrap.

    Drawing n answers with replacement from n of which k are right gives a binomial number of
    right ones, so the resamples are drawn as such.

    Reference: Efron & Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13.
    """
    random = np.random.default_rng(_BOOTSTRAP_SEED)
    resampled = random.binomial(len(right), right.mean(), _BOOTSTRAP_SAMPLES) / len(right)
    low, high = np.percentile(resampled, (2.5, 97.5))
    return {"share": float(right.mean()), "low": float(low), "high": float(high)}


def write_pictures(rows: list[Row], out: Path) -> list[Path]:
    """Writes each row's confusion matrix and its worst examples as PNG files.

    The pictures hold data-set digits: they go to an output folder and into no repository.
    """
    written = []
    for row in rows:
        letter = row.name[1]
        matrix, worst = (out / f"{kind}_{letter}.png" for kind in ("confusion", "worst"))
        plots.confusion(confusion(row.grids.labels, row.greedy.symbols), row.name, matrix)
        plots.contact_sheet(*_worst(row), worst)
        written += [matrix, worst]
    return written


def text(symbols: Tensor) -> str:
    """Writes symbols (C,) as people read them: digits, and ``_`` for a blank."""
    names = (vocabulary.NAMES[symbol] for symbol in symbols.tolist())
    return "".join("_" if name == "<blank>" else name for name in names)


def _worst(row: Row, count: int = 48) -> tuple[Tensor, list[str]]:
    """The grids whose true reading was least probable, and what stood there and was read."""
    labels = row.grids.labels
    true = row.greedy.probabilities.gather(2, labels[..., None])[..., 0].prod(dim=1)
    order = true.argsort()[:count]

    captions = [
        f"{text(labels[i])} read {text(row.greedy.symbols[i, : labels.shape[1]])}"
        for i in order.tolist()
    ]
    return row.grids.pictures[order], captions
