"""The loop: learns, resumes to the bit, survives kills, stops when asked."""

import os
import signal
from pathlib import Path

import pytest
import torch

from model import checkpoint
from model.config import ReaderConfig
from model.errors import CheckpointFormatError, CheckpointMismatchError, ConfigError
from tests.training import kill_and_resume
from training.augment import Augmentation
from training.batches import Batch, GridBatches
from training.data import Digits
from training.distributed import Processes, pick_device
from training.initial import InitialWeights
from training.loop import BEST, LAST, RESUME, Outcome, TrainingRun
from training.options import TrainOptions

OPTIONS = {
    "steps": 40,
    "batch_size": 16,
    "warmup_steps": 5,
    "evaluate_every": 10,
    "save_every": 6,
    "drawn_share": 0,
}
SMALL = ReaderConfig(encoder_layers=1, decoder_layers=1, mlp_width=64, dropout=0.1)


def run(
    out: Path,
    digits: Digits,
    config: ReaderConfig = SMALL,
    initial: Path | None = None,
    **changes: object,
) -> Outcome:
    return TrainingRun(
        options=TrainOptions(**(OPTIONS | changes)),  # type: ignore[arg-type]
        config=config,
        training=digits,
        drawn=None,
        validation={"bars": digits},
        out=out,
        processes=Processes(0, 1, torch.device("cpu")),
        initial=None if initial is None else InitialWeights.load(initial, config),
    ).run()


@pytest.fixture
def interrupt(monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Arranges for something to happen when the batch of a step is asked for."""

    def arrange(step: int, happens) -> None:  # type: ignore[no-untyped-def]
        real = GridBatches.at

        def at(self: GridBatches, asked: int, strength: float, share: slice) -> Batch:
            if asked == step:
                monkeypatch.setattr(GridBatches, "at", real)
                happens()
            return real(self, asked, strength, share)

        monkeypatch.setattr(GridBatches, "at", at)

    return arrange


def test_it_learns_and_leaves_everything_it_promises(tmp_path: Path, bar_digits: Digits) -> None:
    still = Augmentation(rotation=0, shear=0, scale=0, shift=0, elastic=0, stroke=0, gain=0)
    outcome = run(
        tmp_path,
        bar_digits,
        steps=250,
        learning_rate=4e-3,
        evaluate_every=50,
        average_decay=0.9,
        augmentation=still,
    )
    assert outcome.is_finished
    history = outcome.progress.history
    assert [entry["step"] for entry in history] == [50, 100, 150, 200, 250]
    assert history[-1]["validation_digits"] > 0.8
    assert history[-1]["training_loss"] < history[0]["training_loss"] / 2
    best = min(history, key=lambda e: e["validation_loss"])
    assert outcome.progress.best_step == best["step"]
    assert (tmp_path / "learning_curve.png").read_bytes()[:4] == b"\x89PNG"
    assert list((tmp_path / "events").glob("events.out.tfevents.*"))
    described = checkpoint.load(tmp_path / BEST).header.provenance
    assert described["best_step"] == described["steps"] == best["step"]
    assert described["recipe"]["training"]["batch_size"] == 16


def test_an_interrupted_run_goes_on_to_the_same_weights(
    tmp_path: Path, bar_digits: Digits, interrupt: object
) -> None:
    """It dies between saves; steps since the last one are done again, dropout included."""
    whole = run(tmp_path / "whole", bar_digits)
    for step in (3, 17, 33):

        def die() -> None:
            raise MemoryError

        interrupt(step, die)  # type: ignore[operator]
        with pytest.raises(MemoryError):
            run(tmp_path / "killed", bar_digits)
    resumed = run(tmp_path / "killed", bar_digits)
    assert kill_and_resume.differing(tmp_path / "whole", tmp_path / "killed") == []
    assert resumed.progress.history == whole.progress.history


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_signal_saves_and_ends_in_order(
    number: int, tmp_path: Path, bar_digits: Digits, interrupt: object
) -> None:
    interrupt(8, lambda: os.kill(os.getpid(), number))  # type: ignore[operator]
    stopped = run(tmp_path / "stopped", bar_digits)
    assert not stopped.is_finished
    assert stopped.progress.step == 9  # the step that it was in is done
    checkpoint.load(tmp_path / "stopped" / LAST).reader()
    run(tmp_path / "stopped", bar_digits)
    run(tmp_path / "whole", bar_digits)
    assert kill_and_resume.differing(tmp_path / "whole", tmp_path / "stopped") == []


def test_a_finished_run_stays_as_it_is(tmp_path: Path, bar_digits: Digits) -> None:
    run(tmp_path, bar_digits)
    before = (tmp_path / LAST).read_bytes()
    assert run(tmp_path, bar_digits).is_finished
    assert (tmp_path / LAST).read_bytes() == before


@pytest.mark.long
def test_kills_leave_readers_that_load_and_a_run_that_goes_on(tmp_path: Path) -> None:
    """The smaller version of ``make kills``."""
    counts = kill_and_resume.kill_at_random(tmp_path / "killed", kills=4, steps=100, seed=1)
    assert counts["loaded"] == counts["kills"] == 4
    kill_and_resume.run(tmp_path / "alone", 100)
    assert kill_and_resume.differing(tmp_path / "killed", tmp_path / "alone") == []


def test_another_recipe_is_not_mixed_into_a_run(tmp_path: Path, bar_digits: Digits) -> None:
    run(tmp_path, bar_digits)
    with pytest.raises(CheckpointMismatchError, match=r"training\.steps was 40, now 50"):
        run(tmp_path, bar_digits, steps=50)
    with pytest.raises(CheckpointMismatchError, match=r"network\.encoder_layers was 1, now 2"):
        run(tmp_path, bar_digits, config=ReaderConfig(encoder_layers=2, decoder_layers=1))


@pytest.mark.parametrize("content", [b"", b"rubbish"])
def test_a_damaged_resume_file_is_refused_and_kept(
    content: bytes, tmp_path: Path, bar_digits: Digits
) -> None:
    (tmp_path / RESUME).write_bytes(content)
    with pytest.raises(CheckpointFormatError, match=r"expected a \.safetensors file"):
        run(tmp_path, bar_digits)
    assert (tmp_path / RESUME).read_bytes() == content


def test_a_reader_is_no_resume_file(tmp_path: Path, bar_digits: Digits) -> None:
    run(tmp_path, bar_digits)
    (tmp_path / RESUME).write_bytes((tmp_path / LAST).read_bytes())
    with pytest.raises(CheckpointFormatError, match="this is no resume file"):
        run(tmp_path, bar_digits)


def test_learning_rate_and_augmentation_follow_their_schedules() -> None:
    options = TrainOptions(
        steps=100, warmup_steps=10, learning_rate=1e-3, calm_share=0.2, calm_strength=0.5
    )
    rates = [options.learning_rate_at(step) for step in range(100)]
    assert rates[9] == pytest.approx(1e-3)
    assert rates[:10] == sorted(rates[:10])
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[-1] < 1e-6
    assert options.augmentation_strength_at(79) == 1
    assert options.augmentation_strength_at(90) == pytest.approx(0.75)
    assert options.augmentation_strength_at(100) == pytest.approx(0.5)


@pytest.mark.parametrize(
    "changes",
    [
        {"steps": 0},
        {"learning_rate": 0.0},
        {"learning_rate": float("nan")},
        {"average_decay": 1.0},
        {"blank_grids": 1.1},
        {"seed": -1},
    ],
)
def test_options_out_of_range_are_refused(changes: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=f"{next(iter(changes))}: expected"):
        TrainOptions(**changes)  # type: ignore[arg-type]


def test_the_device_is_picked_or_refused() -> None:
    assert pick_device("cpu").type == "cpu"
    assert pick_device("auto").type in {"cpu", "cuda", "mps"}
    with pytest.raises(ConfigError, match="device: expected auto or one of"):
        pick_device("abacus")


def test_a_run_may_begin_with_the_weights_of_another(tmp_path: Path, bar_digits: Digits) -> None:
    first = run(tmp_path / "first", bar_digits, steps=20)
    initial = tmp_path / "first" / LAST
    begun = run(tmp_path / "second", bar_digits, initial=initial, steps=1, warmup_steps=100)
    assert first.is_finished
    assert begun.is_finished
    before, after = (checkpoint.load(tmp_path / name / LAST) for name in ("first", "second"))
    for name, weights in before.weights.items():
        torch.testing.assert_close(after.weights[name], weights, atol=1e-3, rtol=0)
    named = after.header.provenance["recipe"]["initial"]
    assert (named["steps"], named["recipe"]["training"]["steps"]) == (20, 20)


def test_weights_of_another_network_are_no_beginning(tmp_path: Path, bar_digits: Digits) -> None:
    run(tmp_path / "first", bar_digits, steps=2)
    with pytest.raises(CheckpointMismatchError, match="expected a reader of"):
        run(
            tmp_path / "second",
            bar_digits,
            ReaderConfig(encoder_layers=2, decoder_layers=1, mlp_width=64),
            initial=tmp_path / "first" / LAST,
        )
