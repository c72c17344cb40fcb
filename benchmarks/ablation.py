"""What each part of the recipe adds: short trainings with and without it, on the same budget.

    python -m benchmarks.ablation [--steps 2000] [--out runs/ablation] [--markdown docs/ablation.md]

Each training is a small part of the released recipe's and a good deal worse; what counts is the
difference between them. Read on the validation digits, which chose nothing here; the test digits
are for the scorecard. What is finished is kept, so that an interrupted run goes on.
"""

import argparse
import dataclasses
import json
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

from model.config import ReaderConfig
from training.augment import Augmentation
from training.data import load_mnist
from training.drawing import Warp
from training.loop import train
from training.options import TrainOptions
from training.pool import PoolOptions
from training.processes import Processes
from training.writers import training_pool, validation_pool

NO_WARP = Warp(rotation=0, shear=0, stretch=0, bend=0, tremor=0, polygons=0)
NO_AUGMENTATION = Augmentation(rotation=0, shear=0, scale=0, shift=0, elastic=0, stroke=0, gain=0)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Variant:
    """One training: its name, and what it changes in the recipe."""

    name: str
    drawn_share: float = TrainOptions().drawn_share
    pool: dict[str, object] = dataclasses.field(default_factory=dict)
    augmentation: Augmentation = dataclasses.field(default_factory=Augmentation)
    encoder_layers: int = ReaderConfig().encoder_layers
    decoder_layers: int = ReaderConfig().decoder_layers


VARIANTS = (
    Variant(name="MNIST alone", drawn_share=0),
    Variant(name="+ MNIST re-inked", pool={"reinked_share": 1.0}),
    Variant(name="+ real strokes", pool={"reinked_share": 0.0}),
    Variant(name="+ both: the recipe"),
    Variant(name="the recipe, strokes never warped", pool={"warp": NO_WARP}),
    Variant(name="the recipe, batches not augmented", augmentation=NO_AUGMENTATION),
    Variant(name="the recipe, 2 decoder layers", decoder_layers=2),
)


def run(variant: Variant, *, steps: int, grids: int, data_dir: Path, out: Path) -> dict[str, float]:
    """Trains one variant; returns its last look at validation."""
    folder = out / "".join(c if c.isalnum() else "-" for c in variant.name)
    kept = folder / "figures.json"
    if kept.exists():
        figures: dict[str, float] = json.loads(kept.read_text())
        return figures
    mnist = load_mnist(data_dir, "train")
    pool = PoolOptions(grids=grids, **variant.pool)  # type: ignore[arg-type]
    drawn = None
    if variant.drawn_share:
        drawn = training_pool(data_dir, mnist, pool, seed=0, folder=out)
    outcome = train(
        options=TrainOptions(
            steps=steps,
            batch_size=64,
            warmup_steps=steps // 10,
            average_decay=0.998,
            drawn_share=variant.drawn_share,
            augmentation=variant.augmentation,
            pool=pool,
            evaluate_every=steps,
        ),
        config=ReaderConfig(
            encoder_layers=variant.encoder_layers, decoder_layers=variant.decoder_layers
        ),
        training=mnist,
        drawn=drawn,
        validation={
            "mnist": load_mnist(data_dir, "validation"),
            "drawn": validation_pool(data_dir, grids=2000, seed=1, folder=out),
        },
        out=folder,
        processes=Processes(0, 1, torch.device("cpu")),
    )
    kept.write_text(json.dumps(outcome.progress.history[-1]))
    return outcome.progress.history[-1]


def main() -> None:
    """Runs all variants and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--grids", type=int, default=10_000, help="of each pool")
    parser.add_argument("--data-dir", type=Path, default=Path("data"))
    parser.add_argument("--out", type=Path, default=Path("runs/ablation"))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--markdown", type=Path, help="also write the table here")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    headings = ("training", "MNIST digits", "MNIST grids", "drawn digits", "drawn grids")
    rows = []
    for variant in VARIANTS:
        figures = run(
            variant,
            steps=options.steps,
            grids=options.grids,
            data_dir=options.data_dir,
            out=options.out,
        )
        names = ("mnist_digits", "mnist_grids", "drawn_digits", "drawn_grids")
        rows.append((variant.name, *(f"{100 * figures[name]:.2f}" for name in names)))
        table = Table(*headings, title="right on validation, %")
        for row in rows:
            table.add_row(*row)
        Console().print(table)
    if options.markdown:
        lines = [headings, ("---",) * len(headings), *rows]
        text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        options.markdown.write_text(f"{text}\n")


if __name__ == "__main__":
    main()
