"""The weights of another run, to begin with instead of random ones."""

import dataclasses
from pathlib import Path
from typing import Any, Self

from model import checkpoint
from model.checkpoint import Checkpoint
from model.config import ReaderConfig
from model.errors import CheckpointMismatchError
from model.header import sha256
from model.reader import GridReader


@dataclasses.dataclass(frozen=True, slots=True)
class InitialWeights:
    """A reader to begin with, and the checksum of its file."""

    reader: GridReader
    checkpoint: Checkpoint
    sha256: str

    @classmethod
    def load(cls, path: Path, config: ReaderConfig) -> Self:
        """Reads a checkpoint.

        Raises:
            CheckpointError: It cannot be used, or is of another network than ``config``.
        """
        begun = checkpoint.load(path)
        if begun.header.config != config:
            raise CheckpointMismatchError(
                f"{path}: expected a reader of {config}, found {begun.header.config}"
            )
        return cls(begun.reader(), begun, sha256(path))

    def describe(self) -> dict[str, Any]:
        """Returns what the recipe says of it."""
        made = self.checkpoint.header.provenance
        names = ("steps", "minutes", "recipe", "git_commit")
        return {"sha256": self.sha256} | {name: made.get(name) for name in names}
