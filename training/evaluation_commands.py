"""The commands ``evaluate``, ``sensitivity``, and ``export``, which evaluates first."""

import json
import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from model import checkpoint
from model.errors import ConfigError
from model.header import read_header, sha256
from training import calibration, plots, run_folder
from training.drawings.writer_splits import load_writer_split
from training.export import Export
from training.scorecard import evaluate as scorecard
from training.scorecard import report
from training.scorecard.row import Row
from training.scorecard.rows import ALL_KEYS, ROW_GROUPS, make_rows
from training.scorecard.sensitivity import SWEEPS, sweep

DataDir = Annotated[
    Path, typer.Option(envvar="DATA_DIR", help="Where data sets live, or are downloaded to.")
]
Markdown = Annotated[
    Path | None, typer.Option("--markdown", help="Also write the scorecard to this file.")
]

_ROOT = Path(__file__).parent.parent
_RELEASED = _ROOT / "model" / "weights"
_RELEASED_SCORECARD = _ROOT / "docs" / "scorecard.md"


def evaluate(
    weights: Annotated[Path, typer.Option(help="The checkpoint to measure.")] = _RELEASED
    / "reader.safetensors",
    row_names: Annotated[
        str,
        typer.Option(
            "--rows",
            help=f"Which rows, of {','.join(ALL_KEYS)}, or groups: {','.join(ROW_GROUPS)}.",
        ),
    ] = "digits",
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
    run_folder.check_writable(out, *_folders(json_file, markdown))
    with tempfile.TemporaryDirectory(prefix="evaluate-") as folder:
        # A copy: a training run may replace the checkpoint meanwhile.
        header = read_header(weights)
        copy = Path(folder, "reader.safetensors")
        for path in (weights, weights.with_suffix(".onnx")):
            if path.exists():
                shutil.copyfile(path, copy.with_suffix(path.suffix))
        names = [name.strip() for name in row_names.split(",")]
        rows = make_rows(data_dir, header.config, names)
        figures = _measure([row.first(grids) if grids else row for row in rows], copy, out)
        if markdown is not None:
            _write(markdown, report.markdown(figures, sha256(copy), header.thresholds))
    if json_file is not None:
        _write(json_file, json.dumps({"weights": str(weights), "rows": figures}, indent=1) + "\n")


def export(
    weights: Annotated[Path, typer.Option("--checkpoint", help="What training wrote.")] = Path(
        "runs/released/best.safetensors"
    ),
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the served files.", show_default="export/, beside the checkpoint"
        ),
    ] = None,
    release: Annotated[
        bool,
        typer.Option(
            "--release",
            help="Replace what is released: model/weights/ and docs/scorecard.md.",
        ),
    ] = False,
    markdown: Markdown = None,
    data_dir: DataDir = Path("data"),
    calibrate: Annotated[
        bool, typer.Option(help="Calibrate on validation digits what training wrote.")
    ] = True,
    measure: Annotated[
        bool, typer.Option(help="Measure the scorecard first and put it into header and card.")
    ] = True,
) -> None:
    """Make the files that are served: reader.safetensors, reader.onnx and the model card."""
    if release:
        if out is not None:
            raise ConfigError(f"expected --release or --out, got both: {out}")
        out = _RELEASED
        markdown = markdown or _RELEASED_SCORECARD
    out = out or weights.parent / "export"
    trained = checkpoint.load(weights)
    run_folder.check_writable(out, *_folders(markdown))
    if calibrate:
        trained = calibration.calibrate(trained, data_dir)
    made = Export(trained)
    scores = trained.header.scores
    if measure:
        rows = make_rows(data_dir, trained.header.config)
        with tempfile.TemporaryDirectory(prefix="export-") as folder:
            # Written to a temporary folder first, as the graph that is served is what is measured.
            exported = made.write(Path(folder), scores=None)[0]
            scores = {"rows": _measure(rows, exported, weights.parent)}
    written = made.write(out, scores=scores)
    for path in written:
        typer.echo(f"wrote {path}")
    if markdown is not None and scores is not None:
        _write(
            markdown,
            report.markdown(scores["rows"], sha256(written[0]), trained.header.thresholds),
        )


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
    run_folder.check_writable(out, *_folders(json_file))
    readers = {"this reader": weights}
    if plain is not None:
        readers["trained on MNIST alone"] = plain
    config = read_header(weights).config
    written = load_writer_split(data_dir, "test")
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


def _measure(rows: list[Row], weights: Path, out: Path) -> list[dict[str, Any]]:
    """Prints the scorecard, writes its pictures to ``out`` and returns its figures."""
    run_folder.check_writable(out)
    figures = []
    written: list[Path] = []
    config = read_header(weights).config
    for measured in scorecard.evaluate(rows, weights, config, report=typer.echo):
        figures.append(measured.to_dict())
        written += scorecard.write_pictures(measured, out)
    console = Console()
    console.width = max(console.width, 135)  # a file has no width of its own
    console.print(report.terminal_table(figures))
    typer.echo(f"wrote {len(written)} pictures to {out}")
    return figures


def _folders(*files: Path | None) -> list[Path]:
    """The folders of those files that were asked for."""
    return [file.parent for file in files if file is not None]


def _write(path: Path, text: str) -> None:
    checkpoint.replace_files({path: text.encode()})
    typer.echo(f"wrote {path}")
