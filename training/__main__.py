"""The command line of training: train, evaluate, export, and a sheet of training grids."""

import contextlib
import dataclasses
import logging
import os
from pathlib import Path
from typing import Annotated, Any

from training.packages import PACKAGES, missing_packages

if line := missing_packages(PACKAGES, "make .venv/development"):
    raise SystemExit(line)

import torch
import typer

from model import checkpoint
from model.config import ReaderConfig
from model.errors import ConfigError, ReaderError
from training import evaluation_commands, plots, run_folder, state
from training.augment import Augmentation
from training.average import average as average_readers
from training.batches import GridBatches, check_shares
from training.data import load_mnist
from training.distributed import join_process_group
from training.drawings.writer_splits import training_pool, validation_pool
from training.errors import NotFiniteError
from training.evaluation_commands import DataDir
from training.initial import InitialWeights
from training.loop import RESUME, TrainingRun, make_recipe
from training.options import QUICK, TrainOptions
from training.scorecard import evaluate as scorecard
from training.suspects import find_suspects, write_suspects

logger = logging.getLogger(__name__)
app = typer.Typer(no_args_is_help=True, pretty_exceptions_show_locals=False)


@app.callback()
def describe() -> None:
    """Train a reader of handwritten digit grids, measure it, and release it."""


_RECIPE = TrainOptions()
_NETWORK = ReaderConfig()
_POOL_SEED = 0  # the same for every run, so that a stored pool is reused
_VALIDATION_GRIDS, _VALIDATION_SEED = 2000, 1
_LOG_LEVELS = ("debug", "info", "warning", "error")


def _recipe_option(name: str, **settings: Any) -> Any:
    """An option of the recipe; its default is that of the recipe that ``--quick`` chooses."""
    default, quick = (_flat(recipe)[name] for recipe in (_RECIPE, QUICK))
    shown = str(default) if default == quick else f"{default}; quick: {quick}"
    return typer.Option(show_default=shown, **settings)


def _flat(recipe: TrainOptions) -> dict[str, Any]:
    return recipe.to_dict() | {"pool_grids": recipe.pool.grids}


@app.command()
def train(
    quick: Annotated[
        bool, typer.Option("--quick", help="A recipe of ten minutes, less accurate.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for checkpoints and event files.",
            show_default="runs/released; quick: runs/quick",
        ),
    ] = None,
    data_dir: DataDir = Path("data"),
    steps: Annotated[int | None, _recipe_option("steps", min=1, help="Optimizer steps.")] = None,
    batch_size: Annotated[
        int | None, _recipe_option("batch_size", min=1, help="Grids a step, over all processes.")
    ] = None,
    learning_rate: Annotated[float | None, _recipe_option("learning_rate", help="Peak.")] = None,
    warmup_steps: Annotated[int | None, _recipe_option("warmup_steps", min=0)] = None,
    drawn_share: Annotated[
        float | None,
        _recipe_option(
            "drawn_share", min=0, max=1, help="Share of grids from drawings; 0: MNIST alone."
        ),
    ] = None,
    pool_grids: Annotated[
        int | None, _recipe_option("pool_grids", min=1, help="Grids drawn before training.")
    ] = None,
    seed: Annotated[int | None, _recipe_option("seed", min=0)] = None,
    evaluate_every: Annotated[
        int | None, _recipe_option("evaluate_every", min=1, help="Steps between validations.")
    ] = None,
    save_every: Annotated[
        int | None, _recipe_option("save_every", min=1, help="Steps between saves.")
    ] = None,
    initial: Annotated[
        Path | None, typer.Option(help="Checkpoint to begin with instead of random weights.")
    ] = None,
    rows: Annotated[int, typer.Option(min=1)] = _NETWORK.rows,
    columns: Annotated[int, typer.Option(min=1)] = _NETWORK.columns,
    encoder_layers: Annotated[int, typer.Option(min=1)] = _NETWORK.encoder_layers,
    decoder_layers: Annotated[int, typer.Option(min=1)] = _NETWORK.decoder_layers,
    d_model: Annotated[int, typer.Option(min=1, help="Width of tokens.")] = _NETWORK.d_model,
    num_heads: Annotated[int, typer.Option(min=1)] = _NETWORK.num_heads,
    mlp_width: Annotated[int, typer.Option(min=1)] = _NETWORK.mlp_width,
    dropout: Annotated[float, typer.Option(min=0)] = _NETWORK.dropout,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    precision: Annotated[
        str, typer.Option(help="auto, float32, or bfloat16 for mixed precision.")
    ] = "auto",
    threads: Annotated[int, typer.Option(min=0, help="CPU threads; 0 leaves it to torch.")] = 0,
) -> None:
    """Train a reader on MNIST and on drawings, or resume an interrupted run.

    The defaults are a recipe from random weights, or with --quick one of ten minutes; options
    given beside it change it. docs/training.md says how the released weights were made. A run that
    was killed resumes from its last save when the same command is given again. Under torchrun,
    several processes share the work.
    """
    if threads:
        torch.set_num_threads(threads)
    options = _change(
        QUICK if quick else _RECIPE,
        pool_grids=pool_grids,
        steps=steps,
        batch_size=batch_size,
        learning_rate=learning_rate,
        warmup_steps=warmup_steps,
        drawn_share=drawn_share,
        seed=seed,
        evaluate_every=evaluate_every,
        save_every=save_every,
    )
    out = out or Path("runs", "quick" if quick else "released")
    config = ReaderConfig(
        rows=rows,
        columns=columns,
        encoder_layers=encoder_layers,
        decoder_layers=decoder_layers,
        d_model=d_model,
        num_heads=num_heads,
        mlp_width=mlp_width,
        dropout=dropout,
    )
    # All that can be found out in a moment comes before what takes minutes: drawing the pool.
    _check_precision(precision)
    begun = None if initial is None else InitialWeights.load(initial, config)
    with join_process_group(device) as processes, contextlib.ExitStack() as stack:
        check_shares(options.batch_size, processes.world_size)
        if processes.is_first:
            stack.enter_context(run_folder.hold(out))
        if (out / RESUME).exists():
            state.check(out / RESUME, make_recipe(options, config, begun))
        training = load_mnist(data_dir, "train")
        validation = {"mnist": load_mnist(data_dir, "validation")}
        drawn = None
        if options.drawn_share:
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
            initial=begun,
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
def suspects(data_dir: DataDir = Path("data")) -> None:
    """List training recordings whose label does not fit their ink; training leaves them out.

    A change of the list changes the pool, and with it what training gives.
    """
    found = find_suspects(data_dir)
    write_suspects(found)
    typer.echo(", ".join(f"{len(numbers)} {kind}" for kind, numbers in found.items()))


@app.command()
def average(
    trained: Annotated[Path, typer.Argument(help="A checkpoint.")],
    earlier: Annotated[Path, typer.Argument(help="Another, such as the one its run began with.")],
    out: Annotated[Path, typer.Argument(help="The checkpoint to write.")],
    share: Annotated[float, typer.Option(min=0, max=1, help="Weight of EARLIER.")] = 0.15,
) -> None:
    """Average two readers of one shape, so that one keeps more of what the other knew."""
    checkpoint.save(average_readers(trained, earlier, share), out)
    typer.echo(f"wrote {out}")


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
    run_folder.check_writable(out.parent)
    batches = GridBatches(
        load_mnist(data_dir, "train"),
        config=_NETWORK,
        batch_size=64,
        blank_grids=_RECIPE.blank_grids,
        augmentation=Augmentation(),
        seed=seed,
    )
    batch = batches.at(0, strength)
    captions = [scorecard.symbols_text(row) for row in batch.labels.numpy()]
    plots.contact_sheet(list(batch.pictures.numpy()), captions, out)
    typer.echo(f"wrote {out}")


def _change(recipe: TrainOptions, *, pool_grids: int | None, **changes: Any) -> TrainOptions:
    """Returns a recipe with those settings changed that are not None."""
    if pool_grids is not None:
        changes["pool"] = dataclasses.replace(recipe.pool, grids=pool_grids)
    given = {name: value for name, value in changes.items() if value is not None}
    return dataclasses.replace(recipe, **given)


def _check_precision(name: str) -> None:
    if name not in ("auto", "float32", "bfloat16"):
        raise ConfigError(f"precision: expected auto, float32 or bfloat16, got {name!r}")


def _precision(name: str, device: torch.device) -> torch.dtype:
    """Turns the option into a type; auto is bfloat16 on CUDA alone, where it was faster."""
    if name == "auto":
        helps = device.type == "cuda" and torch.cuda.is_bf16_supported()
        return torch.bfloat16 if helps else torch.float32
    return torch.float32 if name == "float32" else torch.bfloat16


def _log_level() -> str:
    """The log level, as ``logging`` calls it; the service accepts the same names."""
    name = os.environ.get("LOG_LEVEL") or "info"
    if name.lower() not in _LOG_LEVELS:
        raise ConfigError(f"LOG_LEVEL: expected {', '.join(_LOG_LEVELS)}; got {name!r}")
    return name.upper()


def main() -> None:
    """Runs a command; what it raises on purpose is printed as one line, with exit code 1."""
    try:
        logging.basicConfig(level=_log_level(), format="%(message)s")
        app()
    except NotFiniteError as error:  # all processes say the same: one line is enough
        if os.environ.get("RANK", "0") == "0":
            typer.echo(f"error: {error}", err=True)
        raise SystemExit(1) from error
    except ReaderError as error:
        typer.echo(f"error: {error}", err=True)
        raise SystemExit(1) from error
    except OSError as error:
        logger.debug("", exc_info=error)
        where = f"{error.filename}: " if error.filename else ""
        typer.echo(f"error: {where}{error.strerror or error}", err=True)
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
