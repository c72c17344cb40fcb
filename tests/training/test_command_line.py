"""``python -m training``, started as a person starts it."""

import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT
from tests.waiting import PATIENCE


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
