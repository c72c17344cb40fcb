"""The header of a checkpoint: config, provenance and scores, read without torch.

A checkpoint is one ``.safetensors`` file. Its metadata map ``format_version``, ``vocabulary`` and
the names of the fields below to JSON strings; ``calibration`` repeats a part of the scores.
"""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import safetensors

from model import vocabulary
from model.config import ReaderConfig
from model.errors import CheckpointFormatError, ConfigError

FORMAT_VERSION = 2
_FIXED = {"format_version": FORMAT_VERSION, "vocabulary": list(vocabulary.NAMES)}


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Thresholds:
    """Of which answers the service warns; set on validation digits."""

    low_confidence: float = 0.9
    """A cell whose answer is less probable than this is warned of."""
    maybe_other: float = 0.5
    """So is a digit that is no digit with more than this probability."""

    def __post_init__(self) -> None:
        for name, value in dataclasses.asdict(self).items():
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if not (is_number and 0 <= value <= 1):
                raise ConfigError(f"{name}: expected a probability, got {value!r}")


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """All of a checkpoint but its weights."""

    config: ReaderConfig
    provenance: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """Data sources and their checksums, recipe, seed, steps, commit, library versions."""
    temperature: float = 1.0
    """What the logits were divided by after training; the weights hold it."""
    thresholds: Thresholds = dataclasses.field(default_factory=Thresholds)
    scores: Mapping[str, Any] | None = None

    @property
    def name(self) -> str:
        """What the reader is called in answers."""
        return str(self.provenance.get("name", "digit-grid-reader"))

    @property
    def calibration(self) -> dict[str, float] | None:
        """The expected calibration error of each row of the scores that has one, by its key."""
        rows = (self.scores or {}).get("rows", ())
        return {
            row["key"]: row["honesty"]["calibration_error"] for row in rows if "honesty" in row
        } or None

    def to_metadata(self) -> dict[str, str]:
        """Returns the metadata of the file: names to JSON strings."""
        values = _FIXED | dataclasses.asdict(self) | {"calibration": self.calibration}
        return {name: json.dumps(value) for name, value in values.items() if value is not None}

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str], source: Path) -> Self:
        """Parses metadata; raises CheckpointFormatError where they describe no reader of ours."""
        try:
            values = {name: json.loads(value) for name, value in metadata.items()}
            for name, expected in _FIXED.items():
                if (found := values.pop(name)) != expected:
                    raise CheckpointFormatError(
                        f"{source}: expected the {name} {expected}, found {found}: it is of "
                        "another version of this project"
                    )
            values.pop("calibration", None)  # the scores say it
            thresholds = Thresholds(**values.pop("thresholds", {}))
            config = ReaderConfig.from_dict(values.pop("config"))
            return cls(config=config, thresholds=thresholds, **values)
        except KeyError as error:
            raise CheckpointFormatError(
                f"{source}: expected {error} in the metadata, found {sorted(metadata) or 'none'}"
            ) from error
        except (ConfigError, ValueError, TypeError) as error:
            message = f"{source}: its metadata describe no reader: {error}"
            raise CheckpointFormatError(message) from error


def read_header(path: Path) -> Header:
    """Reads the header of a checkpoint file; raises CheckpointFormatError as above."""
    return Header.from_metadata(read_file(path, framework="numpy", return_tensors=False)[1], path)


def read_file(
    path: Path, *, framework: str, return_tensors: bool = True
) -> tuple[dict[str, Any], dict[str, str]]:
    """Reads a safetensors file's tensors, as those of ``framework``, and its metadata.

    Raises:
        CheckpointFormatError: The file is missing, empty, truncated, or no safetensors file.
    """
    expected = f"{path}: expected a .safetensors file, found"
    if not path.is_file():
        raise CheckpointFormatError(f"{expected} {'a folder' if path.is_dir() else 'none'}")
    if path.stat().st_size == 0:
        raise CheckpointFormatError(f"{expected} an empty file")
    try:
        with safetensors.safe_open(path, framework=framework) as file:
            names = file.keys() if return_tensors else ()
            return {name: file.get_tensor(name) for name in names}, file.metadata() or {}
    except (safetensors.SafetensorError, OSError, ValueError) as error:
        with path.open("rb") as stream:
            head = stream.read(2)
        is_pickle = head == b"PK" or head[:1] == b"\x80"
        kind = "a pickle, which is never read here" if is_pickle else "a damaged or truncated one"
        raise CheckpointFormatError(f"{expected} {kind} ({error})") from error


def sha256(path: Path) -> str:
    """Returns a file's SHA-256; a graph names by it the checkpoint that it was exported from."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
