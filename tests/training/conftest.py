"""What the tests of training share."""

import os
from pathlib import Path

import pytest

from model.errors import DataError
from tests.conftest import ROOT, lock
from training.drawings.unipen import PenDigit, ensure_unipen
from training.drawings.writer_splits import load_writer_split


@pytest.fixture(scope="session")
def unipen_dir(pytestconfig: pytest.Config) -> Path:
    """Holds UNIPEN; tests that need it are left out where it can neither be found nor fetched."""
    path = Path(os.environ.get("DATA_DIR", ROOT / "data"))
    try:
        with lock(pytestconfig, "data"):
            ensure_unipen(path)
    except DataError as error:
        if os.environ.get("REQUIRE_DATA"):
            raise
        pytest.skip(f"left out: needs UNIPEN ({error})")
    return path


@pytest.fixture(scope="session")
def all_data_dir(data_dir: Path, unipen_dir: Path) -> Path:
    """Holds MNIST and UNIPEN; tests that need both are left out where one cannot be had."""
    assert data_dir == unipen_dir
    return data_dir


@pytest.fixture(scope="session")
def test_writers(all_data_dir: Path) -> list[PenDigit]:
    return load_writer_split(all_data_dir, "test")
