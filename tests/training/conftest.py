"""What the tests of training share."""

import os
from pathlib import Path

import pytest

from model.errors import DataError
from training.unipen import PenDigit, ensure_unipen
from training.writers import load_writers


@pytest.fixture(scope="session")
def all_data_dir(data_dir: Path) -> Path:
    """Holds MNIST and UNIPEN; tests that need both are left out where one cannot be had."""
    try:
        ensure_unipen(data_dir)
    except DataError as error:
        if os.environ.get("REQUIRE_DATA"):
            raise
        pytest.skip(f"left out: needs UNIPEN ({error})")
    return data_dir


@pytest.fixture(scope="session")
def test_writers(all_data_dir: Path) -> list[PenDigit]:
    return load_writers(all_data_dir, "test")
