"""The command line of training: train, evaluate, export, and a sheet of training grids."""

import dataclasses
import logging
import os
from pathlib import Path
from typing import Annotated

from training.packages import PACKAGES, missing_packages

if line := missing_packages(PACKAGES, "make .venv/development"):
    raise SystemExit(line)

import torch
import typer

from model.config import ReaderConfig
from model.errors import ConfigError, ReaderError
from training import evaluation_commands, plots
from training.augment import Augmentation
from training.batches import GridBatches
from training.data import load_mnist
from training.distributed import join_process_group
from training.drawings.writer_splits import training_pool, validation_pool
from training.evaluation_commands import DataDir
from training.loop import TrainingRun
from training.options import TrainOptions
from training.scorecard import evaluate as scorecard

app = typer.Typer(no_args_is_help=True, pretty_exceptions_show_locals=False)


@app.callback()
def describe() -> None:
    """Train a reader of handwritten digit grids, measure it, and release it."""


_RECIPE = TrainOptions()
_NETWORK = ReaderConfig()
_POOL_SEED = 0  # the same for every run, so that a stored pool is reused
_VALIDATION_GRIDS, _VALIDATION_SEED = 2000, 1
_LOG_LEVELS = ("debug", "info", "warning", "error")


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
        int, typer.Option(min=1, help="Steps between validations.")
    ] = _RECIPE.evaluate_every,
    save_every: Annotated[
        int, typer.Option(min=1, help="Steps between saves.")
    ] = _RECIPE.save_every,
    initial: Annotated[
        Path | None, typer.Option(help="Checkpoint to begin with instead of random weights.")
    ] = None,
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
    """Train a reader on MNIST and on drawings, or resume an interrupted run.

    The defaults are the recipe of the released weights. A run that was killed resumes from its
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
    with join_process_group(device) as processes:
        training = load_mnist(data_dir, "train")
        validation = {"mnist": load_mnist(data_dir, "validation")}
        drawn = None
        if drawn_share:
            with processes.first_process_first():
                drawn = training_pool(data_dir, training, options.pool, seed=_POOL_SEED, folder=out)
                validation["drawn"] = validation_pool(
                    data_dir, grids=_VALIDATION_GRIDS, seed=_VALIDATION_SEED, folder=out
                )
        outcome = TrainingRun(
            options=options,
            config=config,
            training=training,
            drawn=drawn,
            validation=validation,
            out=out,
            processes=processes,
            precision=_precision(precision, processes.device),
            initial=initial,
        ).run()
        if not processes.is_first:
            return
        progress = outcome.progress
        if outcome.is_finished:
            typer.echo(
                f"finished after {progress.seconds / 60:.1f} minutes; best at step "
                f"{progress.best_step}: {out / 'best.safetensors'}"
            )
        else:
            typer.echo(f"stopped at step {progress.step} and saved; the same command resumes")


for command in (
    evaluation_commands.evaluate,
    evaluation_commands.sensitivity,
    evaluation_commands.export,
):
    app.command()(command)


@app.command()
def sheet(
    out: Annotated[Path, typer.Option(help="The PNG file.")] = Path("runs/sheet.png"),
    data_dir: DataDir = Path("data"),
    strength: Annotated[
        float, typer.Option(min=0, max=1, help="Of augmentation; 0 leaves digits alone.")
    ] = 1.0,
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Draw a contact sheet of MNIST's training grids, as the loop augments them."""
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
    captions = [scorecard.symbols_text(row) for row in batch.labels.numpy()]
    plots.contact_sheet(list(batch.pictures.numpy()), captions, out)
    typer.echo(f"wrote {out}")


def _precision(name: str, device: torch.device) -> torch.dtype:
    """Turns the option into a type; auto is bfloat16 on CUDA alone, where it was faster."""
    if name == "auto":
        helps = device.type == "cuda" and torch.cuda.is_bf16_supported()
        return torch.bfloat16 if helps else torch.float32
    if name not in ("float32", "bfloat16"):
        raise ConfigError(f"precision: expected auto, float32 or bfloat16, got {name!r}")
    return torch.float32 if name == "float32" else torch.bfloat16


def _log_level() -> str:
    """The log level, as ``logging`` calls it; the service accepts the same names."""
    name = os.environ.get("LOG_LEVEL") or "info"
    if name.lower() not in _LOG_LEVELS:
        raise ConfigError(f"LOG_LEVEL: expected {', '.join(_LOG_LEVELS)}; got {name!r}")
    return name.upper()


def main() -> None:
    """Runs a command; a ``ReaderError`` is printed as one line, with exit code 1."""
    try:
        logging.basicConfig(level=_log_level(), format="%(message)s")
        app()
    except ReaderError as error:
        typer.echo(f"error: {error}", err=True)
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
