"""What the tests of training share."""

from pathlib import Path

import pytest

from tests.conftest import data_dir_with
from training.drawings.unipen import PenDigit, ensure_unipen
from training.drawings.writer_splits import load_writer_split


@pytest.fixture(scope="session")
def unipen_dir(pytestconfig: pytest.Config) -> Path:
    """Holds UNIPEN."""
    return data_dir_with(pytestconfig, "UNIPEN", ensure_unipen)


@pytest.fixture(scope="session")
def all_data_dir(data_dir: Path, unipen_dir: Path) -> Path:
    """Holds MNIST and UNIPEN; tests that need both are left out where one cannot be had."""
    assert data_dir == unipen_dir
    return data_dir


@pytest.fixture(scope="session")
def test_writers(all_data_dir: Path) -> list[PenDigit]:
    return load_writer_split(all_data_dir, "test")
