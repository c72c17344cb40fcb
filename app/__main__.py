"""The command line of the service: serve, or read pictures without a server."""

import json
import sys
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from app.reading.reader import Reader
from app.settings import Settings
from model.errors import PictureError, ReaderError
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
    table_path: Annotated[
        Path | None,
        typer.Option(
            "--table",
            "--csv",
            help="Write to a table that ends in .csv, .jsonl or .parquet, and go on where it ends.",
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
    if table_path is not None:
        if as_json:
            raise typer.BadParameter("not together with --table", param_hint="--json")
        from app.files.command import read_to_table  # a few pictures need no processes

        raise typer.Exit(read_to_table(images, table_path, workers=workers))
    if workers is not None:
        raise typer.BadParameter("only together with --table", param_hint="--workers")
    reader = Reader.load()
    has_failed = False
    table = Table("picture", "reading", "sure", "each cell", "warnings")
    for path in images:
        try:
            answer = reader.read(path)
        except PictureError as error:
            has_failed = True
            typer.echo(f"error: {path}: {error}", err=True)
            if as_json:
                typer.echo(json.dumps({"picture": str(path), "error": str(error)}))
            continue
        if as_json:
            typer.echo(json.dumps(to_json(path, answer), default=np.ndarray.tolist))
            continue
        of_cells = zip(answer.text, answer.cells, strict=True)
        cells = "  ".join(f"{sign} {percent(cell.confidence)}" for sign, cell in of_cells)
        warnings = "; ".join(warning.detail for warning in answer.warnings)
        table.add_row(str(path), answer.text, percent(answer.confidence), cells, warnings)
    if table.row_count:
        Console(soft_wrap=not sys.stdout.isatty()).print(table)
    raise typer.Exit(1 if has_failed else 0)


def percent(probability: float) -> str:
    """Returns a probability as a percentage that never rounds to certainty, as on the page."""
    value = 100 * probability
    if 99.9 < value < 100:
        return "> 99.9 %"
    if 0 < value < 0.1:
        return "< 0.1 %"
    return f"{value:.{0 if value >= 100 else 1}f} %"


def to_json(path: Path, answer: Reading) -> dict[str, object]:
    """The fields of the service's answer that a terminal has a use for."""
    return {
        "picture": str(path),
        "rows": answer.rows,
        "columns": answer.columns,
        "digits": answer.digits,
        "reading": answer.text,
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
