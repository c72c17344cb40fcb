"""The training loop: resumable bit for bit after a kill at any moment, alone or distributed."""

import contextlib
import dataclasses
import logging
import math
import signal
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.tensorboard import SummaryWriter
from tqdm import tqdm

from model import checkpoint, vocabulary
from model.checkpoint import Checkpoint
from model.config import ReaderConfig
from model.errors import ConfigError
from model.header import Header
from model.reader import GridReader
from training import plots, provenance, scoring, state
from training.batches import Batch, GridBatches, MixedBatches
from training.data import Digits
from training.distributed import Processes
from training.errors import NotFiniteError
from training.initial import InitialWeights
from training.optimizer import ReaderOptimizer
from training.options import TrainOptions
from training.scoring import Grids

logger = logging.getLogger(__name__)

RESUME, LAST, BEST = "resume.safetensors", "last.safetensors", "best.safetensors"
_VALIDATION_SEED = 0
# Offset between the seeds of a batch's parts, which would otherwise be augmented alike.
_SEED_STEP = 1_000_003
# Steps after which the time that the run takes is estimated.
_MEASURED_STEPS = 20


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended."""

    is_finished: bool
    """False where SIGTERM or SIGINT stopped it."""
    progress: state.Progress


class TrainingRun:
    """Trains a reader, or resumes an interrupted run of the same recipe.

    Writes to ``out``: ``last.safetensors`` and ``best.safetensors`` (readers made of the averaged
    weights, best by their loss on validation), ``resume.safetensors``, TensorBoard event files,
    and at the end ``learning_curve.png``.

    Args:
        options: The recipe.
        config: The network.
        training: MNIST's digits to train on.
        drawn: The pool of drawings to train on; None where ``options.drawn_share`` is 0.
        validation: Sets of digits to choose the best weights by; each set counts alike.
        out: Folder for everything that is written.
        processes: This process and its device.
        precision: Of matrix products: float32, or bfloat16 for mixed precision.
        initial: Weights to start from instead of random ones; the recipe names them.

    Raises:
        ConfigError: Options contradict each other or the digits.
    """

    def __init__(
        self,
        *,
        options: TrainOptions,
        config: ReaderConfig,
        training: Digits,
        drawn: Digits | None,
        validation: Mapping[str, Digits],
        out: Path,
        processes: Processes,
        precision: torch.dtype = torch.float32,
        initial: InitialWeights | None = None,
    ) -> None:
        self.options = options
        self.config = config
        self.out = out
        self.processes = processes
        self.precision = precision
        self.recipe = make_recipe(options, config, initial)
        self.validation = {
            name: scoring.disjoint_grids(digits, config, seed=_VALIDATION_SEED)
            for name, digits in validation.items()
        }
        num_drawn = options.num_drawn_grids
        if num_drawn and drawn is None:
            raise ConfigError("expected drawings to train on, as drawn_share is above 0")
        shares = [(training, options.batch_size - num_drawn, 0)]
        if drawn is not None:
            shares.append((drawn, num_drawn, 1))
        self.batches = MixedBatches(
            [
                GridBatches(
                    digits,
                    config=config,
                    batch_size=size,
                    blank_grids=options.blank_grids,
                    augmentation=options.augmentation,
                    seed=options.seed + _SEED_STEP * number,
                    device=processes.device,
                )
                for digits, size, number in shares
                if size
            ],
            rank=processes.rank,
            world_size=processes.world_size,
        )
        torch.manual_seed(options.seed)
        self.reader = GridReader(config).to(processes.device)
        if initial is not None:
            self.reader.load_state_dict(initial.reader.state_dict())
        self.average = GridReader(config).to(processes.device).eval()
        self.average.load_state_dict(self.reader.state_dict())
        self.optimizer = ReaderOptimizer(self.reader, options)
        self.progress = state.Progress()
        self._first_step, self._began = 0, time.perf_counter()
        self.commit = provenance.git_commit()  # at the start: the files may change while it runs

    def run(self) -> Outcome:
        """Trains to the last step, or until SIGTERM or SIGINT.

        Raises:
            CheckpointError: ``out`` holds a resume file that is damaged or has another recipe.
            NotFiniteError: Loss, gradient or weights became infinite or NaN, in all processes. The
                files of the last save are kept.
            OSError: Something could not be written. The files of the last save are kept.
        """
        if (self.out / RESUME).exists():
            self.progress = state.restore(
                self.out / RESUME,
                reader=self.reader,
                average=self.average.state_dict(),
                optimizer=self.optimizer,
                recipe=self.recipe,
            )
            logger.info("resuming from step %d in %s", self.progress.step, self.out)
        elif self.processes.is_first:
            self.save(is_best=True)
        network = self.processes.wrap(self.reader)
        progress, options = self.progress, self.options
        first = self.processes.is_first
        writer = SummaryWriter(self.out / "events", purge_step=progress.step) if first else None
        bar = tqdm(
            total=options.steps, initial=progress.step, unit="step", disable=None if first else True
        )
        is_stopped = False
        self._first_step, self._began = progress.step, time.perf_counter()
        with _stop_signals() as signals, bar, contextlib.ExitStack() as stack:
            if writer is not None:
                stack.callback(writer.close)
            while progress.step < options.steps and not is_stopped:
                started = time.perf_counter()
                batch = self.batches.at(
                    progress.step, options.augmentation_strength_at(progress.step)
                )
                loss, norm = self.find_gradient(network, batch)
                # The means are the same in every process: a signal to one stops all, and so does a
                # loss that is not finite.
                loss_mean, norm_mean, stop = self.processes.all_reduce_mean(
                    torch.stack((loss, norm, torch.full_like(loss, float(bool(signals)))))
                ).tolist()
                if not math.isfinite(loss_mean) or not math.isfinite(norm_mean):
                    found = f"loss {loss_mean}, norm of the gradient {norm_mean}"
                    raise self._not_finite(found, batch=progress.step)
                is_stopped = stop > 0
                self.update()
                progress.step += 1
                progress.loss_sum += loss_mean
                bar.update()
                rate = options.batch_size / (time.perf_counter() - started)
                if first and progress.step - self._first_step == _MEASURED_STEPS:
                    tqdm.write(f"step {progress.step:>6}  {self.time_left()}, without validations")
                bar.set_postfix(
                    loss=f"{loss_mean:.4f}", grids_per_second=f"{rate:.0f}", refresh=False
                )
                is_validation_due = progress.step % options.evaluate_every == 0
                is_last = progress.step == options.steps
                is_best = (is_validation_due or is_last) and self.validate(writer)
                progress.seconds += time.perf_counter() - started
                if is_best or is_last or is_stopped or progress.step % options.save_every == 0:
                    # A step with a finite gradient may still have been too long.
                    if unfit := checkpoint.not_finite(self.average.state_dict()):
                        found = f"NaN or infinity in {', '.join(unfit)}"
                        raise self._not_finite(found, batch=progress.step - 1)
                    if first:
                        self.save(is_best=is_best)
        if first and not is_stopped:
            plots.learning_curve(progress.history, self.out / "learning_curve.png")
        return Outcome(is_finished=not is_stopped, progress=progress)

    def find_gradient(self, network: nn.Module, batch: Batch) -> tuple[Tensor, Tensor]:
        """Leaves the clipped gradient in the reader.

        Returns:
            The loss of this process's part of the batch, and the norm of the gradient of all of it.
        """
        options = self.options
        torch.manual_seed(options.seed + self.progress.step)  # the same dropout after resuming
        symbols = add_start_and_finish(batch.labels)
        device = self.processes.device.type
        with torch.autocast(device, self.precision, enabled=self.precision != torch.float32):
            logits = network(batch.pictures, symbols[:, :-1])
        loss = F.cross_entropy(
            logits.float().flatten(0, 1),
            symbols[:, 1:].flatten(),
            label_smoothing=options.label_smoothing,
        )
        self.optimizer.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.reader.parameters(), options.clip_norm)
        return loss.detach(), norm

    def update(self) -> None:
        """One optimizer step, and one of the average."""
        step, options = self.progress.step, self.options
        self.optimizer.step(options.learning_rate_at(step))
        # Less decay at first, so that the random initial weights are soon gone from the average.
        decay = min(options.average_decay, (1 + step) / (10 + step))
        with torch.no_grad():
            torch._foreach_lerp_(
                list(self.average.parameters()), list(self.reader.parameters()), 1 - decay
            )

    def validate(self, writer: SummaryWriter | None) -> bool:
        """Scores the averaged weights on validation digits; True where they are the best so far.

        Every process computes the same scores, as all have the same weights.
        """
        progress = self.progress
        steps = progress.step - (progress.history[-1]["step"] if progress.history else 0)
        entry = {
            "step": progress.step,
            "learning_rate": self.options.learning_rate_at(progress.step - 1),
            "training_loss": progress.loss_sum / steps,
        }
        for name, grids in self.validation.items():
            greedy = scoring.read_grids(self.average, grids)
            correctness = scoring.compare(greedy.symbols, grids.labels)
            entry[f"{name}_loss"] = validation_loss(self.average, grids)
            entry[f"{name}_digits"] = correctness.cells.float().mean().item()
            entry[f"{name}_grids"] = correctness.grids.float().mean().item()
        for figure in ("loss", "digits", "grids"):
            values = [entry[f"{name}_{figure}"] for name in self.validation]
            entry[f"validation_{figure}"] = sum(values) / len(values)
        if not math.isfinite(entry["validation_loss"]):
            found = f"loss {entry['validation_loss']} on validation"
            raise self._not_finite(found, batch=progress.step - 1)
        # By the loss: the accuracy of good readers differs by a few digits, which may be chance.
        is_best = entry["validation_loss"] < min(
            (earlier["validation_loss"] for earlier in progress.history), default=math.inf
        )
        progress.history.append(entry)
        progress.loss_sum = 0.0
        if is_best:
            progress.best_step = progress.step
        if writer is not None:
            for name, value in entry.items():
                if name != "step":
                    writer.add_scalar(name, value, progress.step)
            writer.flush()
            tqdm.write(
                f"step {progress.step:>6}  loss {entry['training_loss']:.4f}  validation: "
                + "; ".join(
                    f"{name} loss {entry[f'{name}_loss']:.4f} digits {entry[f'{name}_digits']:.2%} "
                    f"grids {entry[f'{name}_grids']:.2%}"
                    for name in self.validation
                )
                + ("  best" if is_best else "")
                + ("" if progress.step == self.options.steps else f"; {self.time_left()}")
            )
        return is_best

    def time_left(self) -> str:
        """Says how long the rest takes, by the mean of the steps since this process began."""
        done = self.progress.step - self._first_step
        a_step = (time.perf_counter() - self._began) / max(done, 1)
        minutes = a_step * (self.options.steps - self.progress.step) / 60
        return f"about {math.ceil(minutes)} min left"

    def save(self, *, is_best: bool) -> None:
        """Writes the readers, then the resume file, which so is never newer than they are."""
        made = provenance.describe(self.recipe, self.progress, self.processes, self.commit)
        reader = Checkpoint(Header(config=self.config, provenance=made), self.average.state_dict())
        if is_best:
            checkpoint.save(reader, self.out / BEST)
        checkpoint.save(reader, self.out / LAST)
        state.save(
            self.out / RESUME,
            reader=self.reader,
            average=self.average.state_dict(),
            optimizer=self.optimizer,
            progress=self.progress,
            recipe=self.recipe,
        )

    def _not_finite(self, found: str, *, batch: int) -> NotFiniteError:
        return NotFiniteError(
            f"stopped in step {batch + 1}, on batch {batch} of seed {self.options.seed}: expected "
            f"finite numbers, got {found}. What was saved before in {self.out} is kept; train into "
            "another folder with a lower learning rate or another seed"
        )


def make_recipe(
    options: TrainOptions, config: ReaderConfig, initial: InitialWeights | None
) -> dict[str, Any]:
    """Returns all that the weights depend on, as plain JSON values."""
    recipe: dict[str, Any] = {"network": config.to_dict(), "training": options.to_dict()}
    if initial is not None:
        recipe["initial"] = initial.describe()
    return recipe


def add_start_and_finish(labels: Tensor) -> Tensor:
    """Puts ``<start>`` before and ``<finish>`` behind labels (B, C): (B, C + 2)."""
    ends = labels.new_tensor((vocabulary.START, vocabulary.FINISH)).expand(len(labels), 2)
    return torch.cat((ends[:, :1], labels, ends[:, 1:]), dim=1)


@torch.inference_mode()
def validation_loss(reader: GridReader, grids: Grids) -> float:
    """Mean cross-entropy in nats a symbol, with teacher forcing, as in training."""
    device = next(reader.parameters()).device
    losses = []
    for batch in grids.batches(250):
        symbols = add_start_and_finish(batch.labels.to(device))
        logits = reader(batch.pictures.to(device).float() / 255, symbols[:, :-1])
        losses.append(
            F.cross_entropy(logits.flatten(0, 1), symbols[:, 1:].flatten(), reduction="none")
        )
    return torch.cat(losses).mean().item()


@contextlib.contextmanager
def _stop_signals() -> Iterator[list[int]]:
    """Collects SIGTERM and SIGINT, so that the loop can stop and save after the current step."""
    received: list[int] = []

    def remember(number: int, _frame: FrameType | None) -> None:
        received.append(number)

    before = {number: signal.signal(number, remember) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
