"""MNIST: splits, checksums, fetching; and grids of its digits."""

import gzip
import http.server
import logging
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from model.config import ReaderConfig
from model.errors import ConfigError, DataError
from training import data
from training.data import MNIST_MD5, Digits, GridDataset, ensure_mnist, load_mnist


def test_the_splits_divide_mnist_and_stay_the_same(data_dir: Path) -> None:
    splits = {name: load_mnist(data_dir, name) for name in data.SPLITS}
    assert {name: len(split) for name, split in splits.items()} == {
        "train": 55_000,
        "validation": 5_000,
        "test": 10_000,
    }
    whole = splits["train"].labels.bincount() + splits["validation"].labels.bincount()
    assert whole.tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    share = splits["validation"].labels.bincount() / whole
    assert (share - 1 / 12).abs().max() < 0.001  # every class is divided alike
    again = load_mnist(data_dir, "validation")
    assert torch.equal(again.pictures, splits["validation"].pictures)


def test_no_training_digit_is_a_validation_digit(training_digits: Digits) -> None:
    labels = torch.arange(10).repeat_interleave(120)
    mask = data.validation_mask(labels)
    assert mask.sum() == len(labels) // 12
    assert torch.equal(labels[mask].bincount(), torch.full((10,), 10))


def test_an_unknown_split_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="expected a split of"):
        load_mnist(tmp_path, "all")


@pytest.fixture
def mirror(data_dir: Path, tmp_path: Path) -> Iterator[tuple[str, list[str]]]:
    """A server of MNIST's archives on this machine, and the list of what was asked of it."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    asked: list[str] = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: object) -> None:
            super().__init__(*args, directory=str(folder))  # type: ignore[arg-type]

        def do_GET(self) -> None:
            asked.append(self.path)
            super().do_GET()

        def log_message(self, *_: object) -> None: ...

    for name in MNIST_MD5:
        if "labels" in name:  # the small ones
            content = (data_dir / "MNIST" / "raw" / name).read_bytes()
            (folder / f"{name}.gz").write_bytes(gzip.compress(content, mtime=0))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", asked
        server.shutdown()
        thread.join()


@pytest.fixture
def copied(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of its own, with the label files alone."""
    raw = tmp_path / "data" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    small = {name: md5 for name, md5 in MNIST_MD5.items() if "labels" in name}
    for name in small:
        shutil.copy(data_dir / "MNIST" / "raw" / name, raw / name)
    monkeypatch.setattr(data, "MNIST_MD5", small)
    return tmp_path / "data"


def _trust(mirror_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The archives made here have other checksums than the official ones."""
    archives = [(path.name, data._md5(path)) for path in mirror_folder.glob("*.gz")]
    monkeypatch.setattr("torchvision.datasets.MNIST.resources", archives)


def test_what_is_there_is_not_downloaded_again(copied: Path, mirror: tuple[str, list[str]]) -> None:
    address, asked = mirror
    ensure_mnist(copied, [address])
    assert asked == []


@pytest.mark.parametrize("damage", ["missing", "damaged"])
def test_what_is_missing_or_damaged_is_named_and_fetched(
    damage: str,
    copied: Path,
    mirror: tuple[str, list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    address, asked = mirror
    _trust(tmp_path / "mirror", monkeypatch)
    path = copied / "MNIST" / "raw" / "t10k-labels-idx1-ubyte"
    whole = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(whole[:-1] + b"\xff")
    with caplog.at_level(logging.WARNING):
        ensure_mnist(copied, [address])
    assert path.read_bytes() == whole
    assert f"t10k-labels-idx1-ubyte is {damage}" in caplog.text
    assert set(asked) == {"/t10k-labels-idx1-ubyte.gz"}  # nothing else was fetched
    assert "100%" in capfd.readouterr().err  # the progress bar


def test_without_a_network_it_says_what_is_missing_and_where_to_put_it(copied: Path) -> None:
    path = copied / "MNIST" / "raw" / "train-labels-idx1-ubyte"
    path.unlink()
    with pytest.raises(DataError) as caught:
        ensure_mnist(copied, ["http://127.0.0.1:9/"])
    message = str(caught.value)
    assert f"{path} is missing and could not be fetched" in message
    assert f"into {path.parent}/ by hand, or set DATA_DIR" in message


def test_a_download_that_is_not_what_it_should_be_is_refused(
    copied: Path, mirror: tuple[str, list[str]], tmp_path: Path
) -> None:
    address, _ = mirror
    (copied / "MNIST" / "raw" / "t10k-labels-idx1-ubyte").unlink()
    (tmp_path / "mirror" / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(b"an error page"))
    with pytest.raises(DataError, match="could not be fetched"):
        ensure_mnist(copied, [address])


def test_a_grid_is_four_digits_in_reading_order(bar_digits: Digits) -> None:
    picks = torch.tensor([[3, 1, 4, 5], [9, 2, 6, 5]])
    pictures = data.tile(bar_digits.pictures[picks], ReaderConfig())
    assert pictures.shape == (2, 56, 56)
    for picture, labels in zip(pictures, picks, strict=True):
        for number, label in enumerate(labels.tolist()):
            y, x = 28 * (number // 2), 28 * (number % 2)
            assert torch.equal(picture[y : y + 28, x : x + 28], bar_digits.pictures[label])


def test_statistics_are_those_of_mnist(training_digits: Digits) -> None:
    from model.reader import PIXEL_MEAN, PIXEL_STD

    pixels = training_digits.pictures[:20_000].float() / 255
    assert pixels.mean().item() == pytest.approx(PIXEL_MEAN, abs=0.003)
    assert pixels.std().item() == pytest.approx(PIXEL_STD, abs=0.003)


def test_digits_that_do_not_fill_the_cells_are_refused(bar_digits: Digits) -> None:
    with pytest.raises(ConfigError, match="expected digits of 42 pixels"):
        data.check_cell_size(bar_digits, ReaderConfig(cell_size=42))


def test_a_grid_is_found_by_its_index_whatever_was_asked_before() -> None:
    pictures = torch.arange(10, dtype=torch.uint8)[:, None, None].expand(10, 28, 28)
    digits = Digits(pictures.contiguous(), torch.arange(10))
    grids = GridDataset(digits, ReaderConfig(rows=2, columns=3), length=50, seed=3)
    assert len(grids) == 50
    picture, labels = grids[7]
    assert picture.shape == (56, 84)
    assert picture.dtype == torch.float32
    for cell, label in enumerate(labels.tolist()):
        row, column = divmod(cell, 3)
        assert picture[28 * row + 5, 28 * column + 5] == pytest.approx(label / 255)
    assert torch.equal(grids[7][1], labels)
    assert any(not torch.equal(grids[index][1], labels) for index in range(5))
    loaded = torch.utils.data.DataLoader(grids, batch_size=20)
    assert [len(batch) for batch, _ in loaded] == [20, 20, 10]
    with pytest.raises(IndexError, match="0 to 49"):
        grids[50]
    with pytest.raises(ConfigError, match="28 pixels"):
        GridDataset(Digits(torch.zeros(2, 9, 9), torch.zeros(2, dtype=torch.int64)), ReaderConfig())
