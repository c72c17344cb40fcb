"""What is given on the command line becomes a list of files."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

from app.reading.formats import FORMATS
from model.errors import ConfigError

# Of each format that is read, how names of its files end.
SUFFIXES = {
    "PNG": (".png", ".apng"),
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "WEBP": (".webp",),
    "BMP": (".bmp", ".dib"),
    "GIF": (".gif",),
    "AVIF": (".avif",),
    "HEIF": (".heic", ".heif", ".hif"),
    "TIFF": (".tif", ".tiff"),
    "PDF": (".pdf",),
}
_ALL_SUFFIXES = tuple(suffix for suffixes in SUFFIXES.values() for suffix in suffixes)


def list_files(given: Iterable[Path]) -> list[str]:
    """Returns the paths of files that were given or stand in a folder that was given, or below it.

    What was given keeps its order; the files of a folder are sorted. A path begins as it was given.
    In folders, names that begin with a dot are left out, and links to other folders not followed.

    Raises:
        ConfigError: There is no such file or folder, or no file that can be read.
    """
    paths: dict[str, None] = {}  # a set that keeps the order
    for one in given:
        if one.is_dir():
            paths.update(dict.fromkeys(sorted(_inside(one))))
        elif one.exists():
            paths[str(one)] = None
        else:
            raise ConfigError(f"{one}: expected a file or a folder, found none")
    if not paths:
        kinds = ", ".join((*FORMATS, "TIFF", "PDF"))
        raise ConfigError(f"expected files to read ({kinds}), found none")
    return list(paths)


def name_of(path: str) -> str:
    """Returns a path as text: bytes that are no UTF-8 are written out."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _inside(folder: Path) -> Iterable[str]:
    for place, folders, names in os.walk(folder, onerror=_fail):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            if name.lower().endswith(_ALL_SUFFIXES) and not name.startswith("."):
                yield str(Path(place, name))


def _fail(error: OSError) -> NoReturn:
    raise ConfigError(f"{error.filename}: the folder cannot be listed: {error.strerror}") from error
