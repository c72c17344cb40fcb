"""Reports the serving benchmark: tables, targets, files and a plot."""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from benchmarks.serving_server import Load


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Measurements:
    """Medians of one service."""

    name: str
    start_seconds: float
    memory_mb: float
    loads: dict[tuple[int, int], Load]
    """By side of the pictures, in pixels, and connections."""


@dataclasses.dataclass(frozen=True, slots=True)
class Target:
    """A target of this service."""

    what: str
    measured: float
    limit: float
    is_least: bool

    @property
    def is_met(self) -> bool:
        """Whether the figure is on the right side of its limit."""
        return self.measured >= self.limit if self.is_least else self.measured <= self.limit

    @property
    def text(self) -> str:
        """One line: limit, figure, verdict."""
        sign = ">=" if self.is_least else "<="
        verdict = "met" if self.is_met else "MISSED"
        return f"{self.what}: {self.measured:.2f} (target {sign} {self.limit:g}): {verdict}"


def targets(figures: list[Measurements]) -> Iterator[Target]:
    """Yields the targets, at 56x56 and 64 connections, for both forms of this service."""
    by_name = {one.name: one for one in figures}
    rate = {name: one.loads[56, 64].per_second for name, one in by_name.items()}
    for name, one in by_name.items():
        if not name.startswith("this service"):
            continue
        for baseline, limit in (("plain FastAPI", 10), ("LitServe", 4), ("no network", 0.75)):
            yield Target(
                f"{name}: times {baseline}", rate[name] / rate[baseline], limit, is_least=True
            )
        load = one.loads[56, 64]
        yield Target(f"{name}: p99 / p50", load.p99_ms / load.p50_ms, 3, is_least=False)
        yield Target(f"{name}: memory, MB", one.memory_mb, 200, is_least=False)
        yield Target(f"{name}: start to first answer, s", one.start_seconds, 2, is_least=False)


def print_tables(figures: list[Measurements], about: dict[str, Any]) -> None:
    """Prints a table for each size of picture, and the targets."""
    console = Console(width=120)
    for side in _sides(figures):
        table = Table(title=f"pictures a second (p50 / p99, ms), {side}x{side} PNG, one core")
        for heading in _headings(figures, side):
            table.add_column(heading, justify="left" if heading == "service" else "right")
        for row in _rows(figures, side):
            table.add_row(*row)
        console.print(table)
    console.print("; ".join(f"{key}: {value}" for key, value in about.items()))
    for target in targets(figures):
        console.print(target.text, style=None if target.is_met else "bold red")


def write(figures: list[Measurements], about: dict[str, Any], out: Path) -> list[Path]:
    """Writes ``serving.json``, ``serving.md`` and ``serving.png``; returns their paths."""
    out.mkdir(parents=True, exist_ok=True)
    data, text, plot = (out / f"serving.{kind}" for kind in ("json", "md", "png"))
    data.write_text(json.dumps(_to_json(figures, about), indent=1) + "\n")
    text.write_text(_markdown(figures, about))
    _draw(figures).savefig(plot, dpi=144)
    return [data, text, plot]


def _sides(figures: list[Measurements]) -> list[int]:
    return sorted({side for side, _ in figures[0].loads})


def _headings(figures: list[Measurements], side: int) -> list[str]:
    counts = [connections for one, connections in figures[0].loads if one == side]
    return [
        "service",
        *(f"{count} connection{'s' * (count > 1)}" for count in counts),
        "start, s",
        "memory, MB",
    ]


def _rows(figures: list[Measurements], side: int) -> Iterator[list[str]]:
    for one in figures:
        loads = [load for (size, _), load in one.loads.items() if size == side]
        cells = [f"{load.per_second:.0f} ({load.p50_ms:.1f} / {load.p99_ms:.1f})" for load in loads]
        yield [one.name, *cells, f"{one.start_seconds:.2f}", f"{one.memory_mb:.0f}"]


def _to_json(figures: list[Measurements], about: dict[str, Any]) -> dict[str, Any]:
    return {
        "about": about,
        "services": [
            {
                "name": one.name,
                "start_seconds": round(one.start_seconds, 3),
                "memory_mb": round(one.memory_mb, 1),
                "loads": [
                    {"side": side, "connections": connections}
                    | {key: round(value, 2) for key, value in dataclasses.asdict(load).items()}
                    for (side, connections), load in one.loads.items()
                ],
            }
            for one in figures
        ],
        "targets": [dataclasses.asdict(one) | {"is_met": one.is_met} for one in targets(figures)],
    }


def _markdown(figures: list[Measurements], about: dict[str, Any]) -> str:
    lines = [
        "# Serving on one core",
        "",
        "Written by `make bench-serving`: medians of rounds in turn; wrk on another core. "
        "Pictures a second (p50 / p99, milliseconds).",
        "",
        "![Pictures a second](serving.png)",
        "",
    ]
    for side in _sides(figures):
        headings = _headings(figures, side)
        lines += [f"## {side}x{side} PNG", "", f"| {' | '.join(headings)} |"]
        lines += ["|---" + "|---:" * (len(headings) - 1) + "|"]
        lines += [f"| {' | '.join(row)} |" for row in _rows(figures, side)]
        lines += [""]
    lines += ["## Targets, 56x56, 64 connections", ""]
    lines += [f"- {target.text}" for target in targets(figures)]
    lines += ["", *(f"- {key}: {value}" for key, value in about.items())]
    return "\n".join(lines) + "\n"


def _draw(figures: list[Measurements]) -> Figure:
    sides = _sides(figures)
    counts = sorted({connections for _, connections in figures[0].loads})
    figure = Figure(figsize=(10, 4), layout="constrained")
    colours = ("#08306b", "#2171b5", "#9ecae1", "#8c8c8c", "#c9c9c9")
    height = 0.8 / len(figures)
    for axes, side in zip(figure.subplots(1, len(sides)), sides, strict=True):
        for index, (one, colour) in enumerate(zip(figures, colours, strict=True)):
            rates = [one.loads[side, count].per_second for count in counts]
            places = [place + index * height for place in range(len(counts))]
            bars = axes.barh(places, rates, height, label=one.name, color=colour)
            axes.bar_label(bars, fmt="{:.0f}", padding=2, fontsize=7)
        middle = height * (len(figures) - 1) / 2
        axes.set_yticks([place + middle for place in range(len(counts))], labels=map(str, counts))
        axes.invert_yaxis()
        axes.set(title=f"{side}x{side} PNG", xlabel="pictures a second, one core")
        axes.spines[["top", "right"]].set_visible(False)
        axes.margins(x=0.12)
    figure.axes[0].set_ylabel("connections")
    handles, names = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=len(names), frameon=False)
    return figure
