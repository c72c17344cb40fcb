"""``python -m training``, started as a person starts it."""

import os
import subprocess
import sys
import tomllib

import pytest

from tests.conftest import ROOT
from tests.waiting import PATIENCE
from training.packages import PACKAGES


def start(log_level: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "training", "--help"],
        cwd=ROOT,
        env=os.environ | {"LOG_LEVEL": log_level},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


@pytest.mark.parametrize("log_level", ["info", "WARNING"])
def test_a_log_level_may_be_written_in_any_case(log_level: str) -> None:
    ended = start(log_level)
    assert ended.returncode == 0, ended.stderr
    assert "evaluate" in ended.stdout


def test_a_log_level_that_is_none_gives_one_clear_line() -> None:
    ended = start("loud")
    assert ended.returncode == 1
    assert ended.stderr.splitlines() == [
        "error: LOG_LEVEL: expected debug, info, warning, error; got 'loud'"
    ]


def start_with_serving_alone(module: str) -> "subprocess.CompletedProcess[str]":
    blocked = "".join(f"sys.modules[{name!r}] = None; " for name in (*PACKAGES, "litserve"))
    code = f"import runpy, sys; {blocked}runpy.run_module({module!r}, run_name='__main__')"
    return subprocess.run(
        [sys.executable, "-c", code, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


@pytest.mark.parametrize(
    ("module", "command"),
    [("training", "make .venv/development"), ("benchmarks.serving", "make .venv/benchmark")],
)
def test_where_serving_alone_is_installed_one_line_says_what_to_do(
    module: str, command: str
) -> None:
    ended = start_with_serving_alone(module)
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert line.startswith("error: not installed here: matplotlib, onnx, ")
    assert line.endswith(f"install what is missing with: {command}")
    assert ended.stdout == ""


def test_the_packages_asked_for_are_those_of_the_extra() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    assert [requirement.partition(">=")[0] for requirement in extras["training"]] == [*PACKAGES]
