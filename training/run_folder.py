"""The folder of a run: checked before anything takes long, and written to by one run at a time."""

import contextlib
import logging
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from model.errors import ConfigError
from training.errors import TrainingError

if sys.platform != "win32":
    import fcntl

logger = logging.getLogger(__name__)

LOCK = ".lock"


def check_writable(*folders: Path) -> None:
    """Makes folders that are not there, and checks that files can be made in them.

    Raises:
        ConfigError: One of them is no folder that can be written to.
    """
    for folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()
        except OSError as error:
            raise ConfigError(
                f"{folder}: expected a folder that can be written to: {error.strerror}"
            ) from error


@contextlib.contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Keeps other runs out of a folder, and says in one line what could not be written to it.

    The lock is the operating system's: it ends with the process, also where that is killed. Parts
    of files that a kill or a full disk left are removed.

    Raises:
        ConfigError: The folder cannot be written to.
        TrainingError: Another run holds it; or, from inside, something could not be written.
    """
    check_writable(folder)
    with (folder / LOCK).open("a") as file:
        _lock(file, folder)
        _remove_parts(folder)
        try:
            yield
        except OSError as error:
            _remove_parts(folder)
            raise TrainingError(
                f"{error.filename or folder}: {error.strerror or error}. What was saved before in "
                f"{folder} is kept; the same command goes on from there"
            ) from error


def _lock(file: IO[str], folder: Path) -> None:
    if sys.platform == "win32":
        logger.warning("no file locks here: start no second run in %s", folder)
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise TrainingError(
            f"{folder}: another run is writing to this folder; wait for its end, stop it, or give "
            "another --out"
        ) from error
    except OSError as error:  # some network file systems
        logger.warning("no file locks (%s): start no second run in %s", error.strerror, folder)


def _remove_parts(folder: Path) -> None:
    for part in folder.glob(".*.partial"):
        part.unlink(missing_ok=True)
