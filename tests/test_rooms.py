"""The rooms and the directions between them."""

import ast
import itertools
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

PLAIN = {"config", "errors", "header", "test_time_augmentation", "vocabulary"}
HTTP_LIBRARIES = {"fastapi", "starlette", "uvicorn", "http", "python_multipart"}
ABOVE_READING = {"app.api", "app.serving", "app.state", "app.metrics"}
FILES_ONLY = {"pyarrow", "pypdfium2"}
TRAINING_ONLY = {"torch", "torchvision", "onnx", "onnxscript", "matplotlib", "tensorboard", "tqdm"}


def imports_of(path: Path) -> set[str]:
    """Every module that a file imports, wherever in the file it does."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def top(names: set[str]) -> set[str]:
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize(
    ("room", "forbidden"),
    [
        ("model", {"app", "training", "tests", "benchmarks"}),
        ("app", {"training", "tests", "benchmarks"}),
        ("training", {"app", "tests", "benchmarks"}),
    ],
)
def test_a_room_imports_only_towards_the_model(room: str, forbidden: set[str]) -> None:
    files = list((ROOT / room).rglob("*.py"))
    assert files
    for path in files:
        assert not top(imports_of(path)) & forbidden, path


@pytest.mark.parametrize(
    ("room", "forbidden"),
    [
        ("reading", {*ABOVE_READING, "app.files", *HTTP_LIBRARIES}),
        ("files", {*ABOVE_READING, *HTTP_LIBRARIES}),
        ("api", {"app.serving", "app.files", "uvicorn", "socket"}),
        ("serving", {"app.files"}),
    ],
)
def test_inside_the_service_imports_run_from_serving_to_api_to_reading(
    room: str, forbidden: set[str]
) -> None:
    files = list((ROOT / "app" / room).rglob("*.py"))
    assert files
    for path in files:
        found = reachable_from(path) | imports_of(path)
        assert not {name for name in found if is_inside(name, forbidden | {"app.main"})}, path


def reachable_from(path: Path) -> set[str]:
    """Every module of the project that a file imports, and those that they import."""
    found: set[str] = set()
    waiting = {path}
    while waiting:
        for name in imports_of(waiting.pop()) - found:
            found.add(name)
            for target in (
                ROOT / name.replace(".", "/"),
                ROOT / name.replace(".", "/") / "__init__",
            ):
                if target.with_suffix(".py").is_file():
                    waiting.add(target.with_suffix(".py"))
    return {name for name in found if is_inside(name, {"app", "model"})}


def is_inside(name: str, packages: set[str]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def test_the_plain_half_of_the_model_needs_no_torch_and_no_network_half() -> None:
    network = {path.stem for path in (ROOT / "model").glob("*.py")} - PLAIN - {"__init__"}
    assert network == {"attention", "blocks", "checkpoint", "decoding", "reader"}
    plain = [ROOT / "model" / f"{name}.py" for name in PLAIN]
    rooms = [list((ROOT / "model" / room).glob("*.py")) for room in ("page", "ink", "reading")]
    assert all(rooms)
    for path in itertools.chain(plain, *rooms):
        found = imports_of(path)
        assert not top(found) & TRAINING_ONLY, path
        assert not found & {f"model.{module}" for module in network}, path


def test_the_service_imports_where_only_serving_libraries_are_installed() -> None:
    blocked = "".join(
        f"sys.modules[{name!r}] = None; " for name in sorted(TRAINING_ONLY | FILES_ONLY)
    )
    modules = ", ".join(module_of(path) for path in (ROOT / "app").rglob("*.py"))
    subprocess.run(
        [sys.executable, "-c", f"import sys; {blocked} import {modules}"],
        cwd=ROOT,
        check=True,
    )


def test_the_service_reads_no_documents() -> None:
    assert not {name for name in reachable_from(ROOT / "app" / "main.py") if "app.files" in name}


def test_the_model_reads_in_one_sitting() -> None:
    lines = sum(len(path.read_text().splitlines()) for path in (ROOT / "model").glob("*.py"))
    assert lines < 900
