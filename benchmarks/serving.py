"""This service beside other ways to serve the same network, on one core.

    python -m benchmarks.serving [--seconds 8] [--rounds 3]

Every server gets one core and wrk another; the same pictures, 1, 8 and 64 connections. A round
starts and measures each server once, and medians of rounds are reported, so that changes of the
machine's speed affect all. Prints tables and targets, writes docs/serving.{json,md,png}.
Needs wrk and the extra "benchmark". Leave the machine alone meanwhile.
"""

import argparse
import os
import platform
import statistics
import tempfile
from pathlib import Path

from training.packages import PACKAGES, missing_packages

if line := missing_packages((*PACKAGES, "litserve"), "make .venv/benchmark"):
    raise SystemExit(line)

from benchmarks import serving_report
from benchmarks.serving_pictures import SIDES, write_pictures
from benchmarks.serving_report import Measurements
from benchmarks.serving_server import Load, Service, run_server

OURS = ("-m", "app", "serve", "--port", "PORT")
UVICORN = ("-m", "uvicorn", "--port", "PORT")
SERVICES = (
    Service(name="this service, raw", command=OURS, form="raw"),
    Service(name="this service, multipart", command=OURS),
    Service(name="no network", command=(*UVICORN, "benchmarks.baselines.no_network:app")),
    Service(name="LitServe", command=("-m", "benchmarks.baselines.litserve_batching", "PORT")),
    Service(name="plain FastAPI", command=(*UVICORN, "benchmarks.baselines.plain_fastapi:app")),
)
CONNECTIONS = (1, 8, 64)
PICTURES = 64
WARM_UP_SECONDS = 1.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    # Long enough that connecting 64 times takes less than a hundredth of it.
    parser.add_argument("--seconds", type=float, default=8.0, help="of load a measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--server-core", type=int, default=0)
    parser.add_argument("--load-core", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("docs"))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="serving-") as name:
        folder = Path(name)
        data_dir = Path(os.environ.get("DATA_DIR", "data"))
        pictures, source = write_pictures(folder, data_dir, PICTURES)
        figures = measure(pictures, arguments, folder)
    about = {
        "pictures": f"{PICTURES} grids of {source}",
        "seconds": arguments.seconds,
        "rounds": arguments.rounds,
        "processor": _processor(),
        "python": platform.python_version(),
    }
    serving_report.print_tables(figures, about)
    for path in serving_report.write(figures, about, arguments.out):
        print(f"wrote {path}")


def measure(
    pictures: dict[int, list[Path]], arguments: argparse.Namespace, folder: Path
) -> list[Measurements]:
    """Returns the medians of all rounds, one for each service.

    Raises:
        RuntimeError: A server does not answer, answers an error, or reads other digits.
    """
    loads: dict[tuple[str, int, int], list[Load]] = {}
    starts: dict[str, list[float]] = {one.name: [] for one in SERVICES}
    memory: dict[str, list[float]] = {one.name: [] for one in SERVICES}
    first = pictures[SIDES[0]][0].read_bytes()
    expected: object = None
    for number in range(arguments.rounds):
        for service in SERVICES:
            print(f"round {number + 1} of {arguments.rounds}: {service.name}", flush=True)
            with run_server(service, arguments.server_core, first, folder / "log") as server:
                starts[service.name].append(server.start_seconds)
                digits = server.ask(first).get("digits")
                expected = expected or digits
                if digits not in (expected, None):
                    raise RuntimeError(f"{service.name} read {digits}, others {expected}")
                for side in SIDES:
                    server.load(pictures[side], 8, WARM_UP_SECONDS, arguments.load_core)
                    for connections in CONNECTIONS:
                        loads.setdefault((service.name, side, connections), []).append(
                            server.load(
                                pictures[side], connections, arguments.seconds, arguments.load_core
                            )
                        )
                memory[service.name].append(server.memory_mb())
    return [
        Measurements(
            name=service.name,
            start_seconds=statistics.median(starts[service.name]),
            memory_mb=statistics.median(memory[service.name]),
            loads={
                (side, connections): _median(loads[service.name, side, connections])
                for side in SIDES
                for connections in CONNECTIONS
            },
        )
        for service in SERVICES
    ]


def _median(rounds: list[Load]) -> Load:
    return Load(
        statistics.median(one.per_second for one in rounds),
        statistics.median(one.p50_ms for one in rounds),
        statistics.median(one.p99_ms for one in rounds),
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


if __name__ == "__main__":
    main()
