"""Everything that this project raises on purpose.

    ReaderError
    ├── ConfigError          a setting that is unknown, out of range, or contradicts another
    ├── CheckpointError      weights that cannot be used
    │   ├── CheckpointFormatError    no checkpoint, a damaged one, or of another format version
    │   └── CheckpointMismatchError  parts that do not belong together: shapes, graph and weights
    ├── PictureError         a picture that cannot be opened, or that is none of a grid
    └── DataError            a data set that is missing, damaged or not what it should be

A message says what was expected and what came. Only ``app/api/problems.py`` knows HTTP statuses.
"""


class ReaderError(Exception):
    """The root: catch this to catch all that the project raises on purpose."""


class ConfigError(ReaderError, ValueError): ...


class CheckpointError(ReaderError): ...


class CheckpointFormatError(CheckpointError): ...


class CheckpointMismatchError(CheckpointError): ...


class PictureError(ReaderError, ValueError): ...


class DataError(ReaderError): ...
