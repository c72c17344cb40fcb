"""What may go wrong in a run ends it with one line, and leaves the files of the last save."""

import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from model import checkpoint
from model.checkpoint import Checkpoint
from model.errors import CheckpointFormatError
from model.header import Header, read_file
from model.reader import GridReader
from tests.conftest import RELEASED, ROOT
from tests.training import peers
from tests.training.test_loop import SMALL, run
from training import __main__ as command_line
from training import run_folder
from training.batches import Batch, MixedBatches
from training.data import Digits
from training.errors import NotFiniteError, TrainingError
from training.loop import BEST, LAST, RESUME
from training.optimizer import ReaderOptimizer
from training.options import QUICK, TrainOptions


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.safetensors")}


def assert_as_saved_at(step: int, out: Path) -> None:
    """The files are complete, finite and of one step."""
    assert {path.name for path in out.glob("*.safetensors")} == {RESUME, LAST, BEST}
    assert checkpoint.load(out / LAST).header.provenance["steps"] == step
    assert not list(out.glob(".*.partial"))


def save_not_finite(path: Path, number: float = float("nan")) -> Path:
    weights = GridReader(SMALL).state_dict()
    weights["to_logits.bias"][3] = number
    checkpoint.save(Checkpoint(Header(config=SMALL), weights), path)
    return path


@pytest.fixture
def happen(monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Arranges for something to happen to the batch of a step."""

    def arrange(step: int, happens: Callable[[Batch], None]) -> None:
        real = MixedBatches.at

        def at(self: MixedBatches, asked: int, strength: float) -> Batch:
            batch = real(self, asked, strength)
            if asked == step:
                happens(batch)
            return batch

        monkeypatch.setattr(MixedBatches, "at", at)

    return arrange


def test_a_loss_that_is_not_finite_stops_before_the_step(
    tmp_path: Path, bar_digits: Digits, happen, monkeypatch: pytest.MonkeyPatch
) -> None:  # type: ignore[no-untyped-def]
    happen(17, lambda batch: batch.pictures[3].fill_(torch.nan))
    steps: list[float] = []
    real = ReaderOptimizer.step

    def step(self: ReaderOptimizer, learning_rate: float) -> None:
        steps.append(learning_rate)
        real(self, learning_rate)

    monkeypatch.setattr(ReaderOptimizer, "step", step)
    with pytest.raises(NotFiniteError, match=r"stopped in step 18, on batch 17 of seed 0: .* nan"):
        run(tmp_path, bar_digits)
    assert len(steps) == 17
    assert_as_saved_at(12, tmp_path)


def test_a_learning_rate_that_is_too_high_stops_the_run(tmp_path: Path, bar_digits: Digits) -> None:
    with pytest.raises(NotFiniteError, match="expected finite numbers, got loss"):
        run(tmp_path, bar_digits, learning_rate=1e30, warmup_steps=0)
    assert_as_saved_at(0, tmp_path)


def test_weights_that_a_step_made_infinite_are_not_saved(
    tmp_path: Path, bar_digits: Digits, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = ReaderOptimizer.step
    steps: list[float] = []

    def step(self: ReaderOptimizer, learning_rate: float) -> None:
        real(self, learning_rate)
        steps.append(learning_rate)
        if len(steps) == 13:
            with torch.no_grad():
                self._adam.param_groups[0]["params"][0].fill_(torch.inf)

    monkeypatch.setattr(ReaderOptimizer, "step", step)
    with pytest.raises(NotFiniteError, match=r"in step 13, on batch 12 .* NaN or infinity in "):
        run(tmp_path, bar_digits, save_every=1)
    assert_as_saved_at(12, tmp_path)


@pytest.mark.long
def test_all_processes_stop_when_one_finds_what_is_not_finite(tmp_path: Path) -> None:
    first, second = peers.errors(peers.start("nan", tmp_path))
    assert first == second
    assert first.startswith("error: NotFiniteError: stopped in step 6, on batch 5 of seed 0")
    assert_as_saved_at(3, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("fault", ["die", "sleep"])
def test_a_process_that_is_lost_ends_the_others_with_an_error(fault: str, tmp_path: Path) -> None:
    lives, lost = peers.start(fault, tmp_path)
    try:
        (error,) = peers.errors([lives])
    finally:
        lost.kill()
        lost.communicate()
    assert lives.returncode == 1
    assert error.startswith("error: TrainingError: process 0 of 2 failed, or lost the others: ")
    assert_as_saved_at(3, tmp_path)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_refused(number: float, tmp_path: Path) -> None:
    path = save_not_finite(tmp_path / LAST, number)
    with pytest.raises(CheckpointFormatError, match=r"found NaN or infinity in to_logits\.bias"):
        checkpoint.load(path)


def test_a_resume_file_that_is_not_finite_is_refused(tmp_path: Path, bar_digits: Digits) -> None:
    run(tmp_path, bar_digits, steps=2)
    tensors, metadata = read_file(tmp_path / RESUME, framework="pt")
    tensors["weights.to_logits.bias"][0] = torch.nan
    checkpoint.save_tensors(tensors, metadata, tmp_path / RESUME)
    with pytest.raises(CheckpointFormatError, match="expected finite numbers"):
        run(tmp_path, bar_digits, steps=2)


def test_a_full_disk_leaves_the_files_of_the_last_save(
    tmp_path: Path, bar_digits: Digits, happen
) -> None:  # type: ignore[no-untyped-def]
    """The limit on the size of files stands for a full disk: writing fails in the middle."""
    before: dict[str, bytes] = {}
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill_the_disk(_: Batch) -> None:
        before.update(content(tmp_path))
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before[LAST]) // 2, limits[1]))

    happen(7, fill_the_disk)
    try:
        with (
            pytest.raises(TrainingError, match=r"last\.safetensors: File too large"),
            run_folder.hold(tmp_path),
        ):
            run(tmp_path, bar_digits, evaluate_every=1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert content(tmp_path) == before
    assert_as_saved_at(6, tmp_path)


def test_files_that_belong_together_are_replaced_together(tmp_path: Path) -> None:
    paths = [tmp_path / "one", tmp_path / "two"]
    checkpoint.replace_files(dict.fromkeys(paths, b"old"))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        with pytest.raises(OSError, match="two"):
            checkpoint.replace_files({paths[0]: b"new", paths[1]: bytes(1000)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [path.read_bytes() for path in sorted(tmp_path.iterdir())] == [b"old", b"old"]


def test_a_folder_is_held_by_one_run_at_a_time(tmp_path: Path) -> None:
    with (
        run_folder.hold(tmp_path),
        pytest.raises(TrainingError, match="another run is writing to this folder"),
        run_folder.hold(tmp_path),
    ):
        pass
    with run_folder.hold(tmp_path):
        pass


def test_a_kill_releases_the_folder_and_what_it_left_is_removed(tmp_path: Path) -> None:
    code = f"""
import pathlib, time
from training import run_folder
with run_folder.hold(pathlib.Path({str(tmp_path)!r})):
    print("held", flush=True)
    time.sleep(1000)
"""
    holder = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(TrainingError), run_folder.hold(tmp_path):
            pass
        holder.send_signal(signal.SIGKILL)
    (tmp_path / f".{LAST}.partial").write_bytes(b"half")
    with run_folder.hold(tmp_path):
        assert [path.name for path in tmp_path.iterdir()] == [run_folder.LOCK]


def command(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> str:
    """Runs a command that has to end with one line before any data are loaded; returns it."""

    def load(*_: object) -> Digits:
        raise AssertionError("data were loaded")

    monkeypatch.setattr(command_line, "load_mnist", load)
    monkeypatch.setattr("training.evaluation_commands.make_rows", load)
    monkeypatch.setattr(sys, "argv", ["training", *arguments])
    capsys.readouterr()
    with pytest.raises(SystemExit) as end:
        command_line.main()
    assert end.value.code == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    (line,) = printed.err.splitlines()
    assert line.startswith("error: ")
    return line.removeprefix("error: ")


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]
    return lambda *arguments: command([*map(str, arguments)], monkeypatch, capsys)


def test_settings_that_cannot_be_used_are_one_line_before_anything_is_loaded(
    tmp_path: Path, refused: Callable[..., str]
) -> None:
    out = ("train", "--out", tmp_path / "out")
    assert refused(*out, "--precision", "half") == (
        "precision: expected auto, float32 or bfloat16, got 'half'"
    )
    assert refused(*out, "--device", "abacus").startswith("device: expected auto or one of")
    assert "found none" in refused(*out, "--initial", tmp_path / "none")
    other = refused(*out, "--initial", RELEASED, "--encoder-layers", 1)
    assert "expected a reader of ReaderConfig(" in other
    small = ("--encoder-layers", 1, "--decoder-layers", 1)
    lost = save_not_finite(tmp_path / "lost.safetensors")
    assert "expected finite weights" in refused(*out, "--initial", lost, *small)
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_is_one_line_before_anything_is_loaded(
    tmp_path: Path, refused: Callable[..., str]
) -> None:
    (tmp_path / "file").touch()
    out = tmp_path / "file" / "run"
    expected = f"{out}: expected a folder that can be written to: Not a directory"
    assert refused("train", "--out", out) == expected
    assert refused("evaluate", "--out", out) == expected
    assert refused("export", "--checkpoint", RELEASED, "--out", out) == expected
    assert refused("sheet", "--out", out / "sheet.png") == expected
    markdown = ("--markdown", out / "scorecard.md")
    assert refused("evaluate", "--out", tmp_path / "pictures", *markdown) == expected


def test_a_folder_in_use_and_one_of_another_recipe_are_one_line(
    tmp_path: Path, bar_digits: Digits, refused: Callable[..., str]
) -> None:
    run(tmp_path, bar_digits, steps=2)
    assert "belongs to another recipe" in refused("train", "--out", tmp_path)
    with run_folder.hold(tmp_path):
        assert "another run is writing" in refused("train", "--out", tmp_path)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"RANK": "0"}, "RANK: expected as torchrun sets them, with WORLD_SIZE, LOCAL_RANK, "),
        ({"WORLD_SIZE": "2"}, "WORLD_SIZE: expected as torchrun sets them, with RANK, "),
        (
            {"RANK": "0", "WORLD_SIZE": "2", "LOCAL_RANK": "0", "MASTER_ADDR": "localhost"},
            "RANK and WORLD_SIZE: expected as torchrun sets them, with MASTER_PORT; ",
        ),
        ({"RANK": "one"}, "RANK: expected a number of at least 0, got 'one'"),
        ({"RANK": "2"}, "RANK: expected less than WORLD_SIZE, 2, got 2"),
    ],
)
def test_half_of_what_torchrun_sets_is_one_line(
    variables: dict[str, str],
    message: str,
    tmp_path: Path,
    refused: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = {"WORLD_SIZE": "2", "LOCAL_RANK": "0", "MASTER_ADDR": "localhost", "MASTER_PORT": "1"}
    if "number" in message or "less" in message:
        variables = whole | variables
    for name in ("RANK", *whole):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert refused("train", "--out", tmp_path).startswith(message)


def test_export_refuses_weights_that_are_not_finite(
    tmp_path: Path, refused: Callable[..., str]
) -> None:
    path = save_not_finite(tmp_path / BEST)
    assert "expected finite weights" in refused("export", "--checkpoint", path)
    assert not (tmp_path / "export").exists()
    assert "got both" in refused("export", "--release", "--out", tmp_path)


class _StopError(Exception): ...


@pytest.mark.parametrize(
    ("arguments", "options", "folder"),
    [
        ([], TrainOptions(), "released"),
        (["--quick"], QUICK, "quick"),
    ],
)
def test_quick_is_a_recipe_that_other_options_change(
    arguments: list[str],
    options: TrainOptions,
    folder: str,
    tmp_path: Path,
    bar_digits: Digits,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: dict[str, object] = {}

    def run_with(**settings: object) -> None:
        asked.update(settings)
        raise _StopError

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command_line, "load_mnist", lambda *_: bar_digits)
    monkeypatch.setattr(command_line, "training_pool", lambda *_, **__: bar_digits)
    monkeypatch.setattr(command_line, "validation_pool", lambda *_, **__: bar_digits)
    monkeypatch.setattr(command_line, "TrainingRun", run_with)
    for more in ([], ["--steps", "7", "--pool-grids", "9"]):
        monkeypatch.setattr(sys, "argv", ["training", "train", *arguments, *more])
        with pytest.raises(_StopError):
            command_line.main()
        found = asked["options"]
        assert isinstance(found, TrainOptions)
        assert asked["out"] == Path("runs", folder)
        if more:
            assert (found.steps, found.pool.grids) == (7, 9)
            assert found.learning_rate == options.learning_rate
        else:
            assert found == options
