"""MNIST: found or downloaded, checked, split once; and grids of its digits."""

import dataclasses
import hashlib
import logging
import urllib.error
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

import training.torchvision_build  # noqa: F401  (before torchvision)
from model import vocabulary
from model.config import ReaderConfig
from model.errors import ConfigError, DataError

logger = logging.getLogger(__name__)

# Of the uncompressed files: torchvision checks the archives alone.
MNIST_MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
SPLITS = ("train", "validation", "test")

# Every twelfth training digit of each class is for validation: 5,000 of 60,000.
_VALIDATION_STRIDE = 12
_SPLIT_SEED = 20_250_101


@dataclasses.dataclass(frozen=True, slots=True)
class Digits:
    """Single digits: pictures (M, 28, 28), uint8, ink bright on dark; labels (M,), int64."""

    pictures: Tensor
    labels: Tensor

    def __post_init__(self) -> None:
        if self.pictures.ndim != 3 or self.labels.shape != self.pictures.shape[:1]:
            raise DataError(
                "expected pictures (M, H, W) with labels (M,), found "
                f"{tuple(self.pictures.shape)} with {tuple(self.labels.shape)}"
            )

    def __len__(self) -> int:
        return len(self.labels)

    def select(self, indices: Tensor) -> "Digits":
        """Returns the digits at ``indices``, in that order."""
        return Digits(self.pictures[indices], self.labels[indices])


class GridDataset(Dataset[tuple[Tensor, Tensor]]):
    """Grids of digits by index: the same index is the same grid, whatever was asked before.

    Args:
        digits: What the cells hold; any of them may be in any grid.
        config: Rows, columns and the size of a cell.
        length: How many grids there are.
        seed: Of the choice of digits.

    Raises:
        ConfigError: The digits do not have the size of a cell.
    """

    def __init__(
        self, digits: Digits, config: ReaderConfig, *, length: int = 10_000, seed: int = 0
    ) -> None:
        check_cell_size(digits, config)
        self.digits, self.config, self.length, self.seed = digits, config, length, seed

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        """Returns a picture (H, W), float32 in [0, 1], and its labels (C,) in reading order."""
        if not 0 <= index < self.length:
            raise IndexError(f"expected an index from 0 to {self.length - 1}, got {index}")
        random = np.random.default_rng((self.seed, index))
        chosen = self.digits.select(
            torch.from_numpy(random.integers(len(self.digits), size=self.config.num_cells))
        )
        return tile(chosen.pictures[None], self.config)[0] / 255, chosen.labels


def load_mnist(data_dir: Path, split: str) -> Digits:
    """Loads one split of MNIST, fetching what is missing or damaged.

    ``train`` (55,000) and ``validation`` (5,000) divide the 60,000 training digits, the same way
    every time and with every class divided alike; ``test`` is the 10,000 test digits.

    Args:
        data_dir: Holds ``MNIST/raw/`` as torchvision lays it out.
        split: One of ``SPLITS``.

    Raises:
        ConfigError: No such split.
        DataError: Files are missing or damaged and could not be fetched.
    """
    if split not in SPLITS:
        raise ConfigError(f"expected a split of {SPLITS}, got {split!r}")
    # Importing torchvision takes longer than torch: what reads no MNIST starts without it.
    from torchvision.datasets.mnist import read_image_file, read_label_file

    ensure_mnist(data_dir)
    raw = data_dir / "MNIST" / "raw"
    prefix = "t10k" if split == "test" else "train"
    digits = Digits(
        read_image_file(str(raw / f"{prefix}-images-idx3-ubyte")),
        read_label_file(str(raw / f"{prefix}-labels-idx1-ubyte")),
    )
    if split == "test":
        return digits
    is_validation = validation_mask(digits.labels)
    return digits.select(torch.nonzero(is_validation == (split == "validation")).flatten())


def validation_mask(labels: Tensor) -> Tensor:
    """Marks the training digits kept for validation: (M,) bool, one in twelve of every class."""
    shuffled = torch.randperm(len(labels), generator=torch.Generator().manual_seed(_SPLIT_SEED))
    by_class = shuffled[labels[shuffled].argsort(stable=True)]
    is_validation = torch.zeros(len(labels), dtype=torch.bool)
    is_validation[by_class[::_VALIDATION_STRIDE]] = True
    return is_validation


def ensure_mnist(data_dir: Path, mirrors: Sequence[str] = ()) -> None:
    """Checks MNIST's four files and fetches those missing or damaged, with a progress bar.

    Args:
        data_dir: Holds ``MNIST/raw/``; written to only where something has to be fetched.
        mirrors: Addresses to fetch from, tried in order; none: those that torchvision knows.

    Raises:
        DataError: A file is missing or damaged and could be fetched from no mirror.
    """
    raw = data_dir / "MNIST" / "raw"
    for name, md5 in MNIST_MD5.items():
        path = raw / name
        if _md5(path) == md5:
            continue
        state = "damaged (its checksum is wrong)" if path.exists() else "missing"
        logger.warning("%s is %s: fetching it", path, state)
        _fetch(f"{name}.gz", raw, mirrors, f"{path} is {state}")
        if _md5(path) != md5:
            raise DataError(f"{path}: expected MD5 {md5} after fetching it, found {_md5(path)}")


def _fetch(archive: str, raw: Path, mirrors: Sequence[str], problem: str) -> None:
    from torchvision.datasets import MNIST
    from torchvision.datasets.utils import download_and_extract_archive

    md5 = dict(MNIST.resources)[archive]
    failures = []
    for mirror in mirrors or MNIST.mirrors:
        try:
            download_and_extract_archive(mirror + archive, str(raw), filename=archive, md5=md5)
            return
        except (urllib.error.URLError, OSError, RuntimeError) as error:
            failures.append(f"{mirror}{archive} ({error})")
    raise DataError(
        f"{problem} and could not be fetched: tried {', '.join(failures)}. Put the file, or "
        f"{archive}, into {raw}/ by hand, or set DATA_DIR to a folder that holds MNIST/raw/."
    )


def _md5(path: Path) -> str | None:
    """Returns a file's MD5, the checksum that MNIST is known by, or None where there is no file."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def check_cell_size(digits: Digits, config: ReaderConfig) -> None:
    """Raises ConfigError where digits do not have the size of the grid's cells."""
    size = tuple(digits.pictures.shape[1:])
    if size != (config.cell_size, config.cell_size):
        raise ConfigError(f"expected digits of {config.cell_size} pixels a side, got {size}")


def blank_out(pictures: Tensor, labels: Tensor, is_blank: Tensor) -> tuple[Tensor, Tensor]:
    """Empties the marked cells: pictures (..., 28, 28), labels (...), marks (...) bool."""
    return (
        pictures.masked_fill(is_blank[..., None, None], 0),
        labels.masked_fill(is_blank, vocabulary.BLANK),
    )


def tile(cells: Tensor, config: ReaderConfig) -> Tensor:
    """Lays cells (B, C, 28, 28) out as grids (B, H, W), reading order."""
    size = config.cell_size
    # (B, rows, columns, y, x) -> (B, rows, y, columns, x) -> (B, H, W)
    rows = cells.reshape(-1, config.rows, config.columns, size, size).transpose(2, 3)
    return rows.reshape(-1, config.height, config.width)
