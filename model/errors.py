"""Everything that this project raises on purpose.

    ReaderError
    ├── ConfigError          a setting that contradicts itself or is unknown
    ├── CheckpointError      weights that cannot be used
    │   ├── CheckpointFormatError    not a checkpoint, or one of another format version
    │   └── CheckpointMismatchError  a checkpoint whose parts do not belong together
    ├── PictureError         a picture that cannot be read
    └── DataError            a data set that is missing, damaged or not what it should be

A message says what was expected and what came. The service turns these into HTTP statuses in
``app/problems.py``; nothing else knows about statuses.
"""


class ReaderError(Exception):
    """The root: catch this to catch all that the project raises on purpose."""


class ConfigError(ReaderError, ValueError):
    """A setting that is out of range, unknown, or contradicts another."""


class CheckpointError(ReaderError):
    """Weights that cannot be used."""


class CheckpointFormatError(CheckpointError):
    """The file is missing, empty, truncated, no checkpoint, or of another format version."""


class CheckpointMismatchError(CheckpointError):
    """The parts do not belong together: names or shapes of tensors, or graph and weights."""


class PictureError(ReaderError, ValueError):
    """A picture that cannot be opened or has a shape that no grid has."""


class DataError(ReaderError):
    """A data set that is missing, damaged or not what it should be."""
