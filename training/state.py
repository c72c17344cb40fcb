"""The resume file: the state that training needs to continue as if it had not been interrupted.

Batches, learning rate and dropout follow from the seed and the step. So the state is the weights,
their moving average, the optimizer's moments, the step, and what was measured so far. The file is a
safetensors file and is replaced atomically; it is not part of the serving image.
"""

import dataclasses
import json
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from model import checkpoint, header
from model.errors import CheckpointFormatError, CheckpointMismatchError
from training.optimizer import ReaderOptimizer


@dataclasses.dataclass(slots=True)
class Progress:
    """How far a run has come."""

    step: int = 0
    """Optimizer steps done."""
    seconds: float = 0.0
    """Wall-clock time spent on them, without interruptions."""
    loss_sum: float = 0.0
    """Training loss summed over the steps since the last validation."""
    history: list[dict[str, float]] = dataclasses.field(default_factory=list)
    """One entry for each validation."""
    best_step: int = 0
    """Step of the best entry."""


def save(
    path: Path,
    *,
    reader: nn.Module,
    average: dict[str, Tensor],
    optimizer: ReaderOptimizer,
    progress: Progress,
    recipe: dict[str, Any],
) -> None:
    """Replaces the resume file atomically: the old one stays until the new one is complete."""
    tensors = {f"weights.{name}": value for name, value in reader.state_dict().items()}
    tensors |= {f"average.{name}": value for name, value in average.items()}
    tensors |= {f"moment.{name}": value for name, value in optimizer.moments().items()}
    metadata = {"progress": dataclasses.asdict(progress), "recipe": recipe}
    checkpoint.save_tensors(
        tensors, {name: json.dumps(value) for name, value in metadata.items()}, path
    )


def restore(
    path: Path,
    *,
    reader: nn.Module,
    average: dict[str, Tensor],
    optimizer: ReaderOptimizer,
    recipe: dict[str, Any],
) -> Progress:
    """Puts a saved state into ``reader``, ``average`` and ``optimizer``.

    Raises:
        CheckpointFormatError: The file is no resume file, or holds what is not finite.
        CheckpointMismatchError: It belongs to a run with another recipe.
    """
    progress = check(path, recipe)
    tensors, _ = header.read_file(path, framework="pt")
    if unfit := checkpoint.not_finite(tensors):
        raise CheckpointFormatError(
            f"{path}: expected finite numbers, found NaN or infinity in {unfit[0]} and "
            f"{len(unfit) - 1} others; train into another folder"
        )
    reader.load_state_dict(_part(tensors, "weights"))
    for name, value in _part(tensors, "average").items():
        average[name].copy_(value)
    try:
        optimizer.restore(_part(tensors, "moment"), progress.step)
    except KeyError as error:
        raise CheckpointFormatError(f"{path}: this resume file lacks {error}") from error
    return progress


def check(path: Path, recipe: dict[str, Any]) -> Progress:
    """Returns how far a run of this recipe has come; reads no tensors; raises as ``restore``."""
    _, metadata = header.read_file(path, framework="numpy", return_tensors=False)
    try:
        saved_recipe = json.loads(metadata["recipe"])
        progress = Progress(**json.loads(metadata["progress"]))
    except (KeyError, ValueError, TypeError) as error:
        raise CheckpointFormatError(f"{path}: this is no resume file ({error})") from error
    if saved_recipe != json.loads(json.dumps(recipe)):
        raise CheckpointMismatchError(
            f"{path} belongs to another recipe: {_changes(saved_recipe, recipe)}. "
            "Go on with the old settings, or train into another folder."
        )
    return progress


def _part(tensors: dict[str, Tensor], part: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(f"{part}."): tensor
        for name, tensor in tensors.items()
        if name.startswith(f"{part}.")
    }


def _changes(old: dict[str, Any], new: dict[str, Any], path: str = "") -> str:
    """Names the settings that differ, with both values."""
    parts = []
    for key in sorted(old.keys() | new.keys()):
        before, after = old.get(key), new.get(key)
        if isinstance(before, dict) and isinstance(after, dict):
            parts.append(_changes(before, after, f"{path}{key}."))
        elif before != after:
            parts.append(f"{path}{key} was {before}, now {after}")
    return ", ".join(part for part in parts if part)
