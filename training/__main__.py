"""The command line of training: train, evaluate, export, look at the data."""

import dataclasses
import json
import logging
import os
import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from rich.console import Console

from model import checkpoint
from model.config import ReaderConfig
from model.errors import ConfigError, ReaderError
from model.header import read_header, sha256
from training import evaluate as scorecard
from training import export as release
from training import plots, report
from training.augment import Augmentation
from training.batches import GridBatches
from training.data import load_mnist
from training.loop import train as run_training
from training.options import TrainOptions
from training.processes import joined
from training.rows import KEYS, Row, make_rows
from training.sensitivity import SWEEPS, sweep
from training.writers import load_writers, training_pool, validation_pool

app = typer.Typer(no_args_is_help=True, pretty_exceptions_show_locals=False)

DataDir = Annotated[
    Path, typer.Option(envvar="DATA_DIR", help="Where data sets live, or are downloaded to.")
]


@app.callback()
def describe() -> None:
    """Train a reader of handwritten digit grids, measure it, and release it."""


_RECIPE = TrainOptions()
_NETWORK = ReaderConfig()
_VALIDATION_GRIDS, _VALIDATION_SEED = 2000, 1
_RELEASED = Path(__file__).parent.parent / "model" / "weights"


@app.command()
def train(
    out: Annotated[Path, typer.Option(help="Folder for checkpoints and event files.")] = Path(
        "runs/released"
    ),
    data_dir: DataDir = Path("data"),
    steps: Annotated[int, typer.Option(min=1, help="Optimizer steps.")] = _RECIPE.steps,
    batch_size: Annotated[
        int, typer.Option(min=1, help="Grids a step, over all processes.")
    ] = _RECIPE.batch_size,
    learning_rate: Annotated[float, typer.Option(help="Peak.")] = _RECIPE.learning_rate,
    warmup_steps: Annotated[int, typer.Option(min=0)] = _RECIPE.warmup_steps,
    drawn_share: Annotated[
        float, typer.Option(min=0, max=1, help="Share of grids from drawings; 0: MNIST alone.")
    ] = _RECIPE.drawn_share,
    pool_grids: Annotated[
        int, typer.Option(min=1, help="Grids drawn before training.")
    ] = _RECIPE.pool.grids,
    seed: Annotated[int, typer.Option(min=0)] = _RECIPE.seed,
    evaluate_every: Annotated[
        int, typer.Option(min=1, help="Steps between looks at validation.")
    ] = _RECIPE.evaluate_every,
    save_every: Annotated[
        int, typer.Option(min=1, help="Steps between saves.")
    ] = _RECIPE.save_every,
    rows: Annotated[int, typer.Option(min=1)] = _NETWORK.rows,
    columns: Annotated[int, typer.Option(min=1)] = _NETWORK.columns,
    encoder_layers: Annotated[int, typer.Option(min=1)] = _NETWORK.encoder_layers,
    decoder_layers: Annotated[int, typer.Option(min=1)] = _NETWORK.decoder_layers,
    dropout: Annotated[float, typer.Option(min=0)] = _NETWORK.dropout,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    precision: Annotated[
        str, typer.Option(help="auto, float32, or bfloat16 for mixed precision.")
    ] = "auto",
    threads: Annotated[int, typer.Option(min=0, help="CPU threads; 0 leaves it to torch.")] = 0,
) -> None:
    """Train a reader on MNIST and on drawings, or go on with an interrupted run.

    The defaults are the recipe of the released weights. A run that was killed goes on from its
    last save when the same command is given again. Under torchrun, several processes share the
    work.
    """
    if threads:
        torch.set_num_threads(threads)
    options = TrainOptions(
        steps=steps,
        batch_size=batch_size,
        learning_rate=learning_rate,
        warmup_steps=warmup_steps,
        drawn_share=drawn_share,
        pool=dataclasses.replace(_RECIPE.pool, grids=pool_grids),
        seed=seed,
        evaluate_every=evaluate_every,
        save_every=save_every,
    )
    config = ReaderConfig(
        rows=rows,
        columns=columns,
        encoder_layers=encoder_layers,
        decoder_layers=decoder_layers,
        dropout=dropout,
    )
    with joined(device) as processes:
        training = load_mnist(data_dir, "train")
        validation = {"mnist": load_mnist(data_dir, "validation")}
        drawn = None
        if drawn_share:
            with processes.first_goes_first():
                drawn = training_pool(data_dir, training, options.pool, seed=seed, folder=out)
                validation["drawn"] = validation_pool(
                    data_dir, grids=_VALIDATION_GRIDS, seed=_VALIDATION_SEED, folder=out
                )
        outcome = run_training(
            options=options,
            config=config,
            training=training,
            drawn=drawn,
            validation=validation,
            out=out,
            processes=processes,
            precision=_precision(precision, processes.device),
        )
        if not processes.is_first:
            return
        progress = outcome.progress
        if outcome.is_finished:
            typer.echo(
                f"finished after {progress.seconds / 60:.1f} minutes; best at step "
                f"{progress.best_step}: {out / 'best.safetensors'}"
            )
        else:
            typer.echo(f"stopped at step {progress.step} and saved; the same command goes on")


Markdown = Annotated[
    Path | None, typer.Option("--markdown", help="Also write the scorecard to this file.")
]


@app.command()
def evaluate(
    weights: Annotated[Path, typer.Option(help="The checkpoint to measure.")] = _RELEASED
    / "reader.safetensors",
    row_names: Annotated[
        str, typer.Option("--rows", help=f"Which rows, of {','.join(KEYS)}.")
    ] = ",".join(KEYS),
    grids: Annotated[
        int, typer.Option(min=0, help="Grids of each row; 0: all. Few are for a quick look.")
    ] = 0,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Also write the figures to this file.")
    ] = None,
    markdown: Markdown = None,
    out: Annotated[
        Path, typer.Option(help="Folder for confusion matrices and the worst examples.")
    ] = Path("runs/scorecard"),
    data_dir: DataDir = Path("data"),
) -> None:
    """Measure a reader through the service's own path and print the scorecard.

    A checkpoint with its graph beside it is read with ONNX Runtime, one without with torch.
    """
    with tempfile.TemporaryDirectory(prefix="evaluate-") as folder:
        # A copy: a run that goes on would put another reader in its place meanwhile.
        header = read_header(weights)
        copy = Path(folder, "reader.safetensors")
        for path in (weights, weights.with_suffix(".onnx")):
            if path.exists():
                shutil.copyfile(path, copy.with_suffix(path.suffix))
        names = [name.strip() for name in row_names.split(",")]
        rows = make_rows(data_dir, header.config, names)
        figures = _measure([row.first(grids) if grids else row for row in rows], copy, out)
        if markdown is not None:
            _write(markdown, report.markdown(figures, sha256(copy)))
    if json_file is not None:
        _write(json_file, json.dumps({"weights": str(weights), "rows": figures}, indent=1) + "\n")


@app.command()
def export(
    weights: Annotated[Path, typer.Option("--checkpoint", help="What training wrote.")] = Path(
        "runs/released/best.safetensors"
    ),
    out: Annotated[Path, typer.Option(help="Folder for the served files.")] = _RELEASED,
    markdown: Markdown = None,
    data_dir: DataDir = Path("data"),
    measure: Annotated[
        bool, typer.Option(help="Measure the scorecard first and put it into header and card.")
    ] = True,
) -> None:
    """Make the files that are served: reader.safetensors, reader.onnx and the model card."""
    trained = checkpoint.load(weights)
    scores = trained.header.scores
    if measure:
        rows = make_rows(data_dir, trained.header.config)
        with tempfile.TemporaryDirectory(prefix="export-") as folder:
            # What is measured is the pair that is served, before it is put into place.
            tried = release.export(trained, Path(folder), scores=None)[0]
            scores = {"rows": _measure(rows, tried, weights.parent)}
    written = release.export(trained, out, scores=scores)
    for path in written:
        typer.echo(f"wrote {path}")
    if markdown is not None and scores is not None:
        _write(markdown, report.markdown(scores["rows"], sha256(written[0])))


@app.command()
def sensitivity(
    weights: Annotated[Path, typer.Option(help="The checkpoint to measure.")] = _RELEASED
    / "reader.safetensors",
    plain: Annotated[
        Path | None,
        typer.Option(help="A checkpoint of `train --drawn-share 0`, to compare with."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the PNG files.")] = Path("docs"),
    sweep_names: Annotated[
        str, typer.Option("--sweeps", help=f"Which, of {','.join(SWEEPS)}.")
    ] = ",".join(SWEEPS),
    grids: Annotated[int, typer.Option(min=1, help="Drawn at each point.")] = 300,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Also write the figures to this file.")
    ] = None,
    data_dir: DataDir = Path("data"),
) -> None:
    """Plot digits read rightly against pen, size, offset, rotation and blur."""
    names = [name.strip() for name in sweep_names.split(",")]
    if unknown := set(names) - set(SWEEPS):
        raise ConfigError(f"expected sweeps of {', '.join(SWEEPS)}, got {', '.join(unknown)}")
    readers = {"this reader": weights}
    if plain is not None:
        readers["the same network, MNIST alone"] = plain
    config = read_header(weights).config
    written = load_writers(data_dir, "test")
    out.mkdir(parents=True, exist_ok=True)
    figures = {}
    for name in names:
        one = SWEEPS[name]
        found = sweep(one, written, list(readers.values()), config, grids=grids)
        lines = dict(zip(readers, found, strict=True))
        path = out / f"sensitivity-{name}.png"
        plots.sensitivity(one.values, lines, one.label, path)
        typer.echo(f"{one.label}: wrote {path}")
        for reader, shares in lines.items():
            points = zip(one.values, shares, strict=True)
            shown = "  ".join(f"{value:g}: {100 * share.share:.1f}" for value, share in points)
            typer.echo(f"  {reader}, %: {shown}")
        figures[name] = {
            "values": one.values,
            "digits": {reader: [s._asdict() for s in shares] for reader, shares in lines.items()},
        }
    if json_file is not None:
        _write(json_file, json.dumps(figures, indent=1) + "\n")


@app.command()
def sheet(
    out: Annotated[Path, typer.Option(help="The PNG file.")] = Path("runs/sheet.png"),
    data_dir: DataDir = Path("data"),
    strength: Annotated[
        float, typer.Option(min=0, max=1, help="Of augmentation; 0 leaves digits alone.")
    ] = 1.0,
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Draw a contact sheet of training grids, as the loop sees them, to look at."""
    batches = GridBatches(
        load_mnist(data_dir, "train"),
        config=_NETWORK,
        batch_size=64,
        blank_grids=_RECIPE.blank_grids,
        augmentation=Augmentation(),
        seed=seed,
    )
    batch = batches.at(0, strength)
    out.parent.mkdir(parents=True, exist_ok=True)
    captions = [scorecard.text(row) for row in batch.labels.numpy()]
    plots.contact_sheet(list(batch.pictures.numpy()), captions, out)
    typer.echo(f"wrote {out}")


def _measure(rows: list[Row], weights: Path, out: Path) -> list[dict[str, Any]]:
    """Prints the scorecard, writes its pictures to ``out`` and returns its figures."""
    out.mkdir(parents=True, exist_ok=True)
    figures = []
    written: list[Path] = []
    config = read_header(weights).config
    for measured in scorecard.evaluate(rows, weights, config, report=typer.echo):
        figures.append(measured.to_dict())
        written += scorecard.write_pictures(measured, out)
    console = Console()
    console.width = max(console.width, 110)  # a file has no width of its own
    console.print(report.table(figures))
    typer.echo(f"wrote {len(written)} pictures to {out}")
    return figures


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    typer.echo(f"wrote {path}")


def _precision(name: str, device: torch.device) -> torch.dtype:
    """Mixed precision where it was measured to help: bfloat16 on CUDA, not on CPUs or MPS."""
    if name == "auto":
        helps = device.type == "cuda" and torch.cuda.is_bf16_supported()
        return torch.bfloat16 if helps else torch.float32
    if name not in ("float32", "bfloat16"):
        raise ConfigError(f"precision: expected auto, float32 or bfloat16, got {name!r}")
    return torch.float32 if name == "float32" else torch.bfloat16


def main() -> None:
    """Runs a command; what the project raises on purpose becomes one line and exit code 1."""
    logging.basicConfig(level=os.environ.get("LOG_LEVEL", "INFO"), format="%(message)s")
    try:
        app()
    except ReaderError as error:
        typer.echo(f"error: {error}", err=True)
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
