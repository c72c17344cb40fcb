"""UNIPEN's isolated letters and symbols: categories 1b, 1c and 1d, by writers of its digits.

Their files are made as those of the digits are (``unipen``), and a writer has the same name in
both, so that no writer is in two splits. Labels are as noisy, and by shape many are digits.
"""

import dataclasses
from collections.abc import Collection
from pathlib import Path

from model.errors import DataError
from training.drawings.strokes import Strokes
from training.drawings.unipen import CATEGORIES, ensure_unipen, writer_name
from training.drawings.unipen_format import read_pen_file

_CATEGORIES = CATEGORIES[1:]


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class PenCharacter:
    """One letter or symbol as it was written: see ``PenDigit``."""

    character: str
    site: str
    writer: str
    strokes: Strokes


def load_characters(data_dir: Path, sites: Collection[str]) -> list[PenCharacter]:
    """Reads the letters and symbols of sites, fetching them where there is no ``unipen`` folder.

    Args:
        data_dir: Holds ``unipen/data/{1b,1c,1d}`` and ``unipen/include``.
        sites: Those that have none are passed over.

    Returns:
        Characters in the order of category, site, file and segment; none without ink.

    Raises:
        DataError: Files are missing and could not be fetched, or cannot be read.
    """
    ensure_unipen(data_dir)
    root = data_dir / "unipen"
    for category in _CATEGORIES:
        if not (root / "data" / category).is_dir():
            raise DataError(
                f"expected data/{category} in {root}, found none: it was made by an earlier "
                "version. Move it away, and all of it is fetched anew."
            )
    return [
        character
        for category in _CATEGORIES
        for site in sorted(sites)
        for path in sorted((root / "data" / category / site).rglob("*.dat"))
        for character in _read_file(path, root / "include", site)
    ]


def _read_file(path: Path, include: Path, site: str) -> list[PenCharacter]:
    pen = read_pen_file(path, include)
    writer = writer_name(pen, path, site)
    found = []
    for components, label in pen.segments:
        try:
            strokes = pen.strokes(components)
        except DataError as error:
            raise DataError(f"{path}: {error}") from error
        if any(len(stroke) > 1 for stroke in strokes):
            found.append(PenCharacter(label.replace("\\", "", 1) or label, site, writer, strokes))
    return found
