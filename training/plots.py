"""Plots of training and evaluation, as PNG files."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from model import vocabulary
from model.checkpoint import replace_files
from training.scorecard.bootstrap import Share

mpl.use("agg")  # before pyplot: no display is needed
from matplotlib import pyplot as plt


def learning_curve(history: Sequence[dict[str, float]], path: Path) -> None:
    """Draws loss and errors on validation against the step."""
    steps = [entry["step"] for entry in history]
    figure, (losses, errors) = plt.subplots(2, 1, figsize=(8, 7), sharex=True, layout="tight")
    losses.plot(steps, [e["training_loss"] for e in history], label="training (augmented)")
    losses.plot(steps, [e["validation_loss"] for e in history], label="validation")
    losses.set_ylabel("cross-entropy, nats a symbol")
    for name, label in (("validation_digits", "digits"), ("validation_grids", "grids")):
        errors.plot(steps, [100 * (1 - e[name]) for e in history], label=label)
    errors.set_ylabel("read wrongly on validation, %")
    errors.set_xlabel("step")
    for axes in (losses, errors):
        axes.set_yscale("log")
        axes.grid(alpha=0.3)
        axes.legend()
    _write(figure, path)


def confusion(matrix: NDArray[np.int64], title: str, path: Path) -> None:
    """Draws a confusion matrix: mistakes shaded, every count written."""
    mistakes = matrix.astype(float)
    mistakes[np.diag_indices(len(matrix))] = 0
    figure, axes = plt.subplots(figsize=(9, 7.5), layout="tight")
    axes.imshow(mistakes, cmap="Blues")
    for (row, column), count in np.ndenumerate(matrix):
        if count:
            is_dark = mistakes[row, column] > mistakes.max() / 2
            axes.text(
                column,
                row,
                str(count),
                ha="center",
                va="center",
                color="white" if is_dark else "black",
                fontsize=8,
            )
    axes.set_xticks(range(matrix.shape[1]), vocabulary.NAMES, rotation=45)
    axes.set_yticks(range(matrix.shape[0]), vocabulary.NAMES[: len(matrix)])
    axes.set_xlabel("read")
    axes.set_ylabel("written")
    axes.set_title(title)
    _write(figure, path)


def sensitivity(
    values: Sequence[float], lines: Mapping[str, Sequence[Share]], label: str, path: Path
) -> None:
    """Draws the share of digits read rightly against what was changed, a line for each reader."""
    figure, axes = plt.subplots(figsize=(8, 4.5), layout="tight")
    # A palette for the colour-blind; markers and dashes tell the lines apart without colour.
    styles = (("#0072B2", "o", "-"), ("#D55E00", "s", "--"), ("#009E73", "^", ":"))
    for (name, shares), (colour, marker, dashes) in zip(lines.items(), styles, strict=False):
        low, high = ([100 * getattr(one, end) for one in shares] for end in ("low", "high"))
        axes.fill_between(values, low, high, color=colour, alpha=0.1, linewidth=0)
        middle = [100 * one.share for one in shares]
        axes.plot(values, middle, color=colour, marker=marker, linestyle=dashes, label=name)
    axes.set_ylim(bottom=max(0, axes.get_ylim()[0]), top=101)
    axes.set_xlabel(label)
    axes.set_ylabel("digits read rightly, %")
    axes.grid(alpha=0.3)
    axes.legend(loc="lower center")
    _write(figure, path)


def contact_sheet(
    pictures: Sequence[NDArray[np.uint8]], captions: Sequence[str], path: Path, columns: int = 8
) -> None:
    """Draws pictures (H, W), whatever their sizes, side by side, each with its caption."""
    rows = -(-len(pictures) // columns)
    figure, all_axes = plt.subplots(
        rows, columns, figsize=(1.5 * columns, 1.7 * rows), layout="tight", squeeze=False
    )
    for axes in all_axes.flat:
        axes.axis("off")
    for axes, picture, caption in zip(all_axes.flat, pictures, captions, strict=False):
        axes.imshow(picture, cmap="gray", vmin=0)
        axes.set_title(caption, fontsize=8)
    _write(figure, path)


def _write(figure: Figure, path: Path) -> None:
    content = io.BytesIO()
    figure.savefig(content, dpi=120, format="png")
    plt.close(figure)
    replace_files({path: content.getvalue()})
