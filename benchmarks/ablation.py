"""What each part of the recipe adds: short trainings with and without it, on the same budget.

    python -m benchmarks.ablation [--steps 1500] [--out runs/ablation] [--markdown docs/ablation.md]

Each training is much shorter than the released recipe's and its reader worse; what counts is the
difference between them. Measured on MNIST's validation digits and on grids of the validation
writers, with and without the normal form. The figures of finished trainings are stored, so that an
interrupted run can be resumed.
"""

import argparse
import dataclasses
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from rich.console import Console
from rich.table import Table

from model import checkpoint
from model.config import ReaderConfig
from model.ink import normalise
from training import scoring
from training.augment import Augmentation
from training.data import load_mnist
from training.distributed import Processes
from training.drawings.pool import PoolOptions
from training.drawings.scenes import SCENES, render_scene
from training.drawings.strokes import Warp
from training.drawings.writer_splits import load_writer_split, training_pool, weight_by_writer
from training.loop import LAST, TrainingRun
from training.options import TrainOptions
from training.scoring import Grids

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


VALIDATION_GRIDS = 2000
ABOUT = """# What each part adds

Written by `python -m benchmarks.ablation`: {steps} steps of 64 grids each, a small part of the
released recipe, so every figure is below the released reader's.
Percent right of digits and of grids, on MNIST's validation digits and on drawings (canvas, page,
corner, paper in equal parts) of writers who are in no training set. "No normal form": the same
drawings no more than shrunk to the size of the network's picture, ink made bright on dark.

{table}

What a short training gains or loses by a part need not be so in the released recipe's 40,000 steps,
which see every drawing some fifty times: augmentation, rare ways of writing and warped strokes cost
a short run more than it has time to win back. Each training was run once; differences of half a
point may be chance. In full length one contrast was measured, on the test writers: MNIST alone, and
the recipe, side by side in the README.
"""
ON_SCREEN = {"canvas": 1.0, "page": 0.0, "corner": 0.0, "paper": 0.0, "distant": 0.0}
VARIANTS = (
    Variant(name="MNIST alone", drawn_share=0),
    Variant(name="MNIST and MNIST re-inked", pool={"reinked_share": 1.0}),
    Variant(name="MNIST and real strokes", pool={"reinked_share": 0.0}),
    Variant(name="the recipe: all three"),
    Variant(name="more drawings (0.6 of the grids)", drawn_share=0.6),
    Variant(name="no photographs, pages or corners", pool=ON_SCREEN),
    Variant(name="no rare ways of writing", pool={"styles": 0.0}),
    Variant(name="strokes never warped", pool={"warp": NO_WARP}),
    Variant(name="batches not augmented", augmentation=NO_AUGMENTATION),
    Variant(name="4 encoder layers", encoder_layers=4),
    Variant(name="2 decoder layers", decoder_layers=2),
)


@dataclasses.dataclass(frozen=True, slots=True)
class Drawings:
    """The same drawn grids twice: in the normal form, and only downscaled."""

    normal: Grids
    shrunk: Grids


def drawings(data_dir: Path, count: int) -> Drawings:
    """Draws grids of the validation writers' digits, in each of ``SCENES`` in turn."""
    config = ReaderConfig()
    random = np.random.default_rng(1)
    written = weight_by_writer(load_writer_split(data_dir, "validation"))
    weights = np.array([one.weight for one in written])
    normal, shrunk, labels = [], [], []
    for number in range(count):
        kind = list(SCENES)[number % len(SCENES)]
        picks = random.choice(len(written), config.num_cells, p=weights / weights.sum())
        picture = render_scene(kind, [written[pick].strokes for pick in picks], config, random)
        normal.append(normalise(picture, config).picture)
        small = Image.fromarray(picture).resize((config.width, config.height), Image.Resampling.BOX)
        # Ink bright on dark, as a demo can have it that knows its own colours.
        shrunk.append(255 - np.asarray(small) if np.median(picture) > 127 else np.asarray(small))
        labels.append([written[pick].label for pick in picks])
    targets = torch.tensor(labels)
    return Drawings(
        Grids(torch.from_numpy(np.stack(normal)), targets),
        Grids(torch.from_numpy(np.stack(shrunk)), targets),
    )


def run(
    variant: Variant, drawn_grids: Drawings, *, steps: int, grids: int, data_dir: Path, out: Path
) -> dict[str, float]:
    """Trains one variant; returns the shares that it read right."""
    name = "".join(c if c.isalnum() else "-" for c in variant.name)
    folder = out / f"{steps}-{grids}-{name}"
    kept = folder / "figures.json"
    if kept.exists():
        known: dict[str, float] = json.loads(kept.read_text())
        return known
    mnist = load_mnist(data_dir, "train")
    pool = PoolOptions(grids=grids, **variant.pool)  # type: ignore[arg-type]
    drawn = None
    if variant.drawn_share:
        drawn = training_pool(data_dir, mnist, pool, seed=0, folder=out)
    validation = load_mnist(data_dir, "validation")
    config = ReaderConfig(
        encoder_layers=variant.encoder_layers, decoder_layers=variant.decoder_layers
    )
    TrainingRun(
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
        config=config,
        training=mnist,
        drawn=drawn,
        validation={"mnist": validation},
        out=folder,
        processes=Processes(0, 1, torch.device("cpu")),
    ).run()
    reader = checkpoint.load(folder / LAST).reader()
    figures = {}
    for key, shown in (
        ("mnist", scoring.disjoint_grids(validation, config, seed=0)),
        ("drawn", drawn_grids.normal),
        ("shrunk", drawn_grids.shrunk),
    ):
        right = scoring.compare(scoring.read_grids(reader, shown).symbols, shown.labels)
        figures[f"{key}_digits"] = right.cells.float().mean().item()
        figures[f"{key}_grids"] = right.grids.float().mean().item()
    kept.write_text(json.dumps(figures))
    return figures


def main() -> None:
    """Runs all variants and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--grids", type=int, default=6000, help="of each pool")
    parser.add_argument("--data-dir", type=Path, default=Path("data"))
    parser.add_argument("--out", type=Path, default=Path("runs/ablation"))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--markdown", type=Path, help="also write the table here")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    headings = ("training", "MNIST", "grids", "drawn", "grids", "no normal form", "grids")
    keys = [f"{row}_{part}" for row in ("mnist", "drawn", "shrunk") for part in ("digits", "grids")]
    drawn_grids = drawings(options.data_dir, VALIDATION_GRIDS)
    rows = []
    for variant in VARIANTS:
        figures = run(
            variant,
            drawn_grids,
            steps=options.steps,
            grids=options.grids,
            data_dir=options.data_dir,
            out=options.out,
        )
        rows.append((variant.name, *(f"{100 * figures[key]:.2f}" for key in keys)))
        table = Table(*headings, title="right on validation, %")
        for row in rows:
            table.add_row(*row)
        Console().print(table)
    if options.markdown:
        lines = [headings, ("---",) * len(headings), *rows]
        table_text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        options.markdown.write_text(ABOUT.format(steps=options.steps, table=table_text))


if __name__ == "__main__":
    main()
