"""Pictures of training and evaluation, as PNG files."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl

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
    figure.savefig(path, dpi=120)
    plt.close(figure)
