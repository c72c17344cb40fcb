"""What the tests share: real data where there is any, made-up digits where it does not matter."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from model import checkpoint
from model.config import ReaderConfig
from model.errors import DataError
from model.reader import GridReader
from training.data import Digits, ensure_mnist, load_mnist

ROOT = Path(__file__).parent.parent
RELEASED = ROOT / "model" / "weights" / "reader.safetensors"


def data_dir_with(name: str, ensure: Callable[[Path], None]) -> Path:
    """Returns the folder of data sets; skips the test where one is missing and cannot be fetched.

    Args:
        name: Of the data set.
        ensure: Fetches it where it is missing.
    """
    path = Path(os.environ.get("DATA_DIR", ROOT / "data"))
    try:
        ensure(path)
    except DataError as error:
        if os.environ.get("REQUIRE_DATA"):
            raise
        pytest.skip(f"left out: needs {name} ({error})")
    return path


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Holds MNIST."""
    return data_dir_with("MNIST", ensure_mnist)


@pytest.fixture(scope="session")
def test_digits(data_dir: Path) -> Digits:
    return load_mnist(data_dir, "test")


@pytest.fixture(scope="session")
def training_digits(data_dir: Path) -> Digits:
    return load_mnist(data_dir, "train")


@pytest.fixture(scope="session")
def released_reader() -> GridReader:
    return checkpoint.load(RELEASED).reader()


@pytest.fixture
def config() -> ReaderConfig:
    """A reader small enough to train in a test."""
    return ReaderConfig(encoder_layers=2, decoder_layers=2, mlp_width=64)


@pytest.fixture
def reader(config: ReaderConfig) -> GridReader:
    torch.manual_seed(0)
    return GridReader(config).eval()


@pytest.fixture
def pictures(config: ReaderConfig) -> torch.Tensor:
    return torch.rand(3, config.height, config.width, generator=torch.Generator().manual_seed(1))


def make_bar_digits() -> Digits:
    """Made-up digits that a reader learns in no time: five bars across and five bars down."""
    labels = torch.arange(10).repeat(20)
    pictures = torch.zeros(len(labels), 28, 28, dtype=torch.uint8)
    for picture, label in zip(pictures, labels.tolist(), strict=True):
        place = 3 + 5 * (label % 5)
        bar = picture if label < 5 else picture.T
        bar[place : place + 2, 4:24] = 255
    return Digits(pictures, labels)


@pytest.fixture(scope="session")
def bar_digits() -> Digits:
    return make_bar_digits()
