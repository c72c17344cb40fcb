"""The command line of the service: serve, or read pictures without a server."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from app.reading.looks import MOST_CELLS, MOST_LINES, Wanted
from app.reading.reader import Reader
from app.reading.tables import doubtful_to_csv, find_doubtful, to_csv, to_text
from app.settings import Settings
from model.config import ReaderConfig
from model.errors import ConfigError, PictureError, ReaderError
from model.header import read_header
from model.reading import Reading

about = "Read grids of handwritten digits."
app = typer.Typer(help=about, no_args_is_help=True, pretty_exceptions_show_locals=False)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; default: HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; default: PORT.")] = None,
) -> None:
    """Serve the page and the API; everything else is set by environment variables."""
    from app.serving.server import serve as run  # reading a file needs no server

    raise typer.Exit(run(Settings.load(host=host, port=port), "app.main:application"))


@app.command()
def read(
    images: Annotated[
        list[Path],
        typer.Argument(help="Pictures of grids; with --table, folders too.", metavar="IMAGE..."),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="JSON Lines instead of a table.")] = False,
    rows: Annotated[
        int | None, typer.Option(min=1, max=MOST_LINES, help="Rows of the grid.")
    ] = None,
    columns: Annotated[
        int | None, typer.Option(min=1, max=MOST_LINES, help="Columns of the grid.")
    ] = None,
    layout: Annotated[
        Literal["auto"] | None, typer.Option(help="auto: count rows and columns in each picture.")
    ] = None,
    table_path: Annotated[
        Path | None,
        typer.Option(
            "--table",
            help="Write to a table that ends in .csv, .jsonl or .parquet, and go on where it ends.",
            metavar="FILE",
        ),
    ] = None,
    csv_path: Annotated[
        Path | None,
        typer.Option(
            "--csv",
            help="Of one picture: write its cells, a line a row; - is standard output. "
            "Of more, or folders: as --table.",
            metavar="FILE",
        ),
    ] = None,
    doubtful_path: Annotated[
        Path | None,
        typer.Option(
            "--doubtful",
            help="Of one picture: write its doubtful cells, most doubtful first, as --csv does.",
            metavar="FILE",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="With --table: processes that read; default: one for each core."),
    ] = None,
) -> None:
    """Read pictures: the digits of each, and how sure the reader is of every one.

    In a reading _ is a blank cell, and ? one whose ink is no digit.

    A picture that cannot be read gives one line on standard error and exit code 1; the others
    are read all the same.

    With --table, folders are read with all that is in them, TIFF and PDF page by page. The same
    command goes on after an interruption. Exit code 1: a row has an error; 2: it could not go on.
    """
    of_cells = {to_csv: csv_path, doubtful_to_csv: doubtful_path}
    if csv_path is not None and not is_one_picture(images):
        table_path = table_path or csv_path
        del of_cells[to_csv]
    is_of_cells = any(path is not None for path in of_cells.values())
    if table_path is not None:
        if as_json or is_of_cells:
            raise typer.BadParameter("not with --json, nor with tables of one picture's cells")
        from app.files.command import read_to_table  # a few pictures need no processes

        try:
            config = read_header(Settings.load().weights).config
        except ReaderError as error:
            typer.echo(f"error: {error}", err=True)
            raise typer.Exit(2) from error
        wanted = wanted_grid(config, rows, columns, layout)
        raise typer.Exit(read_to_table(images, table_path, wanted=wanted, workers=workers))
    if workers is not None:
        raise typer.BadParameter("only together with --table", param_hint="--workers")
    reader = Reader.load()
    config = reader.engine.header.config
    wanted = wanted_grid(config, rows, columns, layout)
    if is_of_cells:
        if as_json or not is_one_picture(images):
            raise typer.BadParameter("cells are those of one picture, without --json")
        answer = reader.read(images[0], wanted=wanted)
        for write, path in of_cells.items():
            if path is not None:
                write_table(path, write(answer))
        for warning in answer.warnings:
            typer.echo(f"warning: {warning.code}: {warning.detail}", err=True)
        raise typer.Exit
    has_failed = False
    table = Table("picture", "reading", "sure", "each cell", "warnings")
    for path in images:
        try:
            answer = reader.read(path, wanted=wanted)
        except PictureError as error:
            has_failed = True
            typer.echo(f"error: {path}: {error}", err=True)
            if as_json:
                typer.echo(json.dumps({"picture": str(path), "error": str(error)}))
            continue
        if as_json:
            typer.echo(json.dumps(to_json(path, answer, config), default=np.ndarray.tolist))
            continue
        text = to_text(answer, answer.text, config)
        warnings = "; ".join(warning.detail for warning in answer.warnings)
        cells = sure_of(answer, config)
        table.add_row(str(path), text, percent(answer.confidence), cells, warnings)
    if table.row_count:
        Console(soft_wrap=not sys.stdout.isatty()).print(table)
    raise typer.Exit(1 if has_failed else 0)


def wanted_grid(
    config: ReaderConfig, rows: int | None, columns: int | None, layout: str | None
) -> Wanted:
    """Returns the grid that the options ask for."""
    if layout and (rows or columns):
        raise typer.BadParameter("not together with --rows and --columns", param_hint="--layout")
    wanted = Wanted(rows or config.rows, columns or config.columns, layout == "auto")
    if wanted.rows * wanted.columns > MOST_CELLS:
        raise typer.BadParameter(f"at most {MOST_CELLS} cells", param_hint="--rows, --columns")
    return wanted


def is_one_picture(images: Sequence[Path]) -> bool:
    """Tells a single file that has one picture from folders, several files, and files of pages."""
    return len(images) == 1 and images[0].is_file() and not has_pages(images[0])


def has_pages(path: Path) -> bool:
    """Tells by its name whether a file is one of pages."""
    return path.suffix.lower() in {".tif", ".tiff", ".pdf"}


def write_table(path: Path, table: str) -> None:
    """Writes a table whole or not at all; - is standard output."""
    data = table.encode()
    if str(path) == "-":
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
        return
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_bytes(data)
        partial.replace(path)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from error


def sure_of(answer: Reading, config: ReaderConfig) -> str:
    """How sure it is of each cell, or of a sheet's doubtful ones."""
    if len(answer.cells) <= config.num_cells:
        of_cells = zip(answer.text, answer.cells, strict=True)
        return "  ".join(f"{sign} {percent(cell.confidence)}" for sign, cell in of_cells)
    return "\n".join(
        f"row {cell.row}, column {cell.column}: {cell.reading} {percent(cell.confidence)}"
        for cell in find_doubtful(answer)
    )


def percent(probability: float) -> str:
    """Returns a probability as a percentage that never rounds to certainty, as on the page."""
    value = 100 * probability
    if 99.9 < value < 100:
        return "> 99.9 %"
    if 0 < value < 0.1:
        return "< 0.1 %"
    return f"{value:.{0 if value >= 100 else 1}f} %"


def to_json(path: Path, answer: Reading, config: ReaderConfig) -> dict[str, object]:
    """The fields of the service's answer that a terminal has a use for."""
    return {
        "picture": str(path),
        "rows": answer.rows,
        "columns": answer.columns,
        "digits": answer.digits,
        "reading": to_text(answer, answer.text, config),
        "confidence": answer.confidence,
        "cells": [cell._asdict() for cell in answer.cells],
        "warnings": [warning._asdict() for warning in answer.warnings],
    }


def main() -> None:
    """Runs a command; what the project raises on purpose becomes one line and exit code 1."""
    try:
        app()
    except ReaderError as error:
        typer.echo(f"error: {error}", err=True)
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
