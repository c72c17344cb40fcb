"""What the tests share: real data where there is any, made-up digits where it does not matter."""

import fcntl
import os
import signal
import tempfile
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch

from model import checkpoint, vocabulary
from model.checkpoint import Checkpoint
from model.config import ReaderConfig
from model.errors import DataError
from model.reader import GridReader
from training.data import Digits, ensure_mnist, load_mnist

ROOT = Path(__file__).parent.parent
RELEASED = ROOT / "model" / "weights" / "reader.safetensors"

# Several workers run tests at once, and threads of networks as small as those here wait for each
# other more than they work.
torch.set_num_threads(1)

FIRST = ("alone", "long")  # markers of tests that are run before all others
FIGURE = "figure"  # a property of a test: what it measured, said at the end of the run
_shared = pytest.StashKey[tempfile.TemporaryDirectory[str]]()


def pytest_configure() -> None:
    """Has a run that is told to end stop what its tests started, as after Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Gives the workers of pytest-xdist a folder for their locks."""
    stash = node.config.stash
    if _shared not in stash:
        stash[_shared] = tempfile.TemporaryDirectory(prefix="test-workers-")
    node.workerinput["locks"] = stash[_shared].name


def pytest_unconfigure(config: pytest.Config) -> None:
    if _shared in config.stash:
        config.stash[_shared].cleanup()


@contextmanager
def lock(config: pytest.Config, name: str, how: int = fcntl.LOCK_EX) -> Iterator[None]:
    """Keeps the other workers of this run, if there are any, out of what has the same name."""
    if folder := getattr(config, "workerinput", {}).get("locks"):
        with Path(folder, name).open("w") as file:
            fcntl.flock(file, how)
            yield
    else:
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Runs a test that is marked ``alone`` while no other worker runs any."""
    how = fcntl.LOCK_EX if item.get_closest_marker("alone") else fcntl.LOCK_SH
    with ExitStack() as room:
        # Who wants to be alone keeps the door shut while the others finish.
        with lock(item.config, "door"):
            room.enter_context(lock(item.config, "room", how))
        return (yield)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts first what would hold up a worker at the end, or all of them in between."""
    items.sort(key=lambda item: [item.get_closest_marker(name) is None for name in FIRST])


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Says what was left out, and what was measured."""
    stats = terminalreporter.stats
    reasons = Counter(report.longrepr[2] for report in stats.get("skipped", []))
    for reason, count in reasons.items():
        why = reason.removeprefix("Skipped: ").removeprefix("left out: ")
        terminalreporter.write_line(f"{count} tests left out: {why}")
    for report in stats.get("passed", []) + stats.get("failed", []):
        for name, value in report.user_properties:
            if name == FIGURE:
                terminalreporter.write_line(value)


def data_dir_with(config: pytest.Config, name: str, ensure: Callable[[Path], None]) -> Path:
    """Returns the folder of data sets; skips the test where one is missing and cannot be fetched.

    Args:
        config: Of the test run.
        name: Of the data set.
        ensure: Fetches it where it is missing.
    """
    path = Path(os.environ.get("DATA_DIR", ROOT / "data"))
    try:
        with lock(config, "data"):
            ensure(path)
    except DataError as error:
        if os.environ.get("REQUIRE_DATA"):
            raise
        pytest.skip(f"left out: needs {name} ({error})")
    return path


@pytest.fixture(scope="session")
def data_dir(pytestconfig: pytest.Config) -> Path:
    """Holds MNIST."""
    return data_dir_with(pytestconfig, "MNIST", ensure_mnist)


@pytest.fixture(scope="session")
def test_digits(data_dir: Path) -> Digits:
    return load_mnist(data_dir, "test")


@pytest.fixture(scope="session")
def training_digits(data_dir: Path) -> Digits:
    return load_mnist(data_dir, "train")


@pytest.fixture(scope="session")
def released_reader() -> GridReader:
    return checkpoint.load(RELEASED).reader()


@pytest.fixture(scope="session")
def without_fours(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Settings of a reader to which a four is no digit: the released weights, but for two symbols.

    4 and ``<other>`` are exchanged, so it reads as well as the released reader does.
    """
    loaded = checkpoint.load(RELEASED)
    exchanged = torch.arange(vocabulary.NUM_SYMBOLS)
    exchanged[[4, vocabulary.OTHER]] = exchanged[[vocabulary.OTHER, 4]]
    names = ("token_embedding.weight", "to_logits.weight", "to_logits.bias")
    weights = loaded.weights | {name: loaded.weights[name][exchanged] for name in names}
    path = tmp_path_factory.mktemp("without-fours") / "reader.safetensors"
    checkpoint.save(Checkpoint(loaded.header, weights), path)
    return {"WEIGHTS": str(path), "ENGINE": "torch"}


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
