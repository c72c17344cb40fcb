"""One ``.safetensors`` file holds a reader: its weights, and a header that describes them."""

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor

from model.errors import CheckpointFormatError, CheckpointMismatchError
from model.header import Header, read_file
from model.reader import GridReader


@dataclasses.dataclass(frozen=True, slots=True)
class Checkpoint:
    """A reader's weights and the header that describes them."""

    header: Header
    weights: Mapping[str, Tensor]

    def reader(self) -> GridReader:
        """Builds the network with these weights, in evaluation mode.

        Raises:
            CheckpointMismatchError: Names or shapes of tensors are not those of the config.
        """
        reader = GridReader(self.header.config)
        expected = {name: tuple(tensor.shape) for name, tensor in reader.state_dict().items()}
        found = {name: tuple(tensor.shape) for name, tensor in self.weights.items()}
        if expected != found:
            raise CheckpointMismatchError(_difference(expected, found))
        reader.load_state_dict(dict(self.weights))
        return reader.eval()


def save(checkpoint: Checkpoint, path: Path) -> None:
    """Writes a checkpoint; ``path`` holds the old file or the whole new one, never a part."""
    save_tensors(checkpoint.weights, checkpoint.header.to_metadata(), path)


def load(path: Path) -> Checkpoint:
    """Reads a checkpoint and checks that this version of the project can use it.

    Raises:
        CheckpointFormatError: Missing, empty, truncated, no safetensors file, another format
            version, metadata that do not describe a reader, or weights that are not finite.
    """
    weights, metadata = read_file(path, framework="pt")
    if unfit := not_finite(weights):
        raise CheckpointFormatError(
            f"{path}: expected finite weights, found NaN or infinity in {', '.join(unfit)}"
        )
    return Checkpoint(Header.from_metadata(metadata, path), weights)


def not_finite(weights: Mapping[str, Tensor]) -> list[str]:
    """Names the tensors that hold NaN or infinity."""
    return [name for name, tensor in weights.items() if not torch.isfinite(tensor).all()]


def save_tensors(tensors: Mapping[str, Tensor], metadata: dict[str, str], path: Path) -> None:
    """Writes a safetensors file; ``path`` holds the old file or the whole new one."""
    replace_files({path: to_bytes(tensors, metadata)})


def to_bytes(tensors: Mapping[str, Tensor], metadata: dict[str, str]) -> bytes:
    """Returns the content of a safetensors file."""
    contiguous = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    return safetensors.torch.save(contiguous, metadata)


def replace_files(contents: Mapping[Path, bytes]) -> None:
    """Writes files beside their paths, flushes them to disk, then renames them into place.

    Raises:
        OSError: One could not be written: all old files are still there, and no part of a new one.
    """
    partials = {path: path.with_name(f".{path.name}.partial") for path in contents}
    try:
        for path, partial in partials.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("wb") as file:
                file.write(contents[path])
                file.flush()
                os.fsync(file.fileno())
            partial.chmod(0o644)  # whatever the umask: the service runs as another user
        for path, partial in partials.items():
            partial.replace(path)
    except OSError as error:
        for partial in partials.values():
            partial.unlink(missing_ok=True)
        error.filename = error.filename or str(path)
        raise


def _difference(expected: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    """Says in one line how two maps from names to shapes differ."""
    parts = []
    for name in sorted(expected.keys() | found.keys()):
        if name not in found:
            parts.append(f"{name} is missing")
        elif name not in expected:
            parts.append(f"{name} is unknown")
        elif expected[name] != found[name]:
            parts.append(f"{name}: expected shape {expected[name]}, found {found[name]}")
    return "the weights are not those of the config: " + "; ".join(parts)
