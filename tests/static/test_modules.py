"""Runs the tests of the page's pure modules, which need node and nothing else."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.waiting import PATIENCE

HERE = Path(__file__).parent


def test_the_pure_modules_of_the_page_work() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("left out: needs node (apt-get install nodejs)")
    files = sorted(HERE.glob("*.test.mjs"))
    assert files
    done = subprocess.run(
        [node, "--test", *files], capture_output=True, text=True, timeout=5 * PATIENCE
    )
    assert done.returncode == 0, done.stdout + done.stderr
