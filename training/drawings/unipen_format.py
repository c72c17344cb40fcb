"""The UNIPEN 1.0 file format, as far as labelled segments of pen strokes need it."""

import dataclasses
import math
import os
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.errors import DataError

_KEYWORD = re.compile(r"^\.([A-Z_]+)", re.MULTILINE)
_SEGMENT = re.compile(r'\s*\w+\s+([\d,:\-]+)\s+\S+\s+"(.*)"')
_RANGE = re.compile(r"(\d+)(?::(\d+))?(?:-(\d+)(?::(\d+))?)?")


@dataclasses.dataclass(slots=True)
class PenFile:
    """The pen movements of a file and of its includes, and what is said about them.

    Attributes:
        components: Movements in their order: whether the pen is down, and its points as text.
        segments: Which components carry which label: ``("3,5-7", "4")``.
        values: The last first line of every other keyword: ``{"COORD": "X Y", …}``.
    """

    components: list[tuple[bool, str]] = dataclasses.field(default_factory=list)
    segments: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    values: dict[str, str] = dataclasses.field(default_factory=dict)

    def strokes(self, components: str) -> tuple[NDArray[np.float32], ...]:
        """Returns where the pen went while it was down, in some of the components.

        Args:
            components: As a segment names them: ``3``, ``5-7``, ``3,5-7``, or from one point to
                another, both included: ``12:5-13:9``.

        Returns:
            Points (P, 2), P >= 1, float32, of each stroke that has any: x to the right, y down
            (UNIPEN's own points up), both in units of the tablet's x axis.

        Raises:
            DataError: The components are not there, or their points are no table of numbers.
        """
        try:
            return tuple(self._strokes(components))
        except (IndexError, ValueError) as error:
            raise DataError(f"components {components} cannot be read ({error})") from error

    def _strokes(self, components: str) -> Iterator[NDArray[np.float32]]:
        names = self.values.get("COORD", "X Y").split()
        columns = [names.index("X"), names.index("Y")]
        # aga's tablet has 857 points an inch across and 979 down; elsewhere the two are equal.
        x_per_inch = float(self.values.get("X_POINTS_PER_INCH", 1))
        y_per_inch = float(self.values.get("Y_POINTS_PER_INCH", x_per_inch))
        if not (0 < x_per_inch < math.inf and 0 < y_per_inch < math.inf):
            raise ValueError(f"expected points an inch, got {x_per_inch:g} by {y_per_inch:g}")
        to_x_units = x_per_inch / y_per_inch
        scale = np.array([1, -to_x_units], dtype=np.float32)
        for part in components.split(","):
            found = _RANGE.fullmatch(part)
            if not found:
                raise ValueError(f"expected 3, 5-7 or 12:5-13:9, got {part!r}")
            first, last = int(found[1]), int(found[3] or found[1])
            for index in range(first, last + 1):
                is_down, text = self.components[index]
                table = np.array(text.split(), dtype=np.float32).reshape(-1, len(names))
                begin = int(found[2] or 0) if index == first else 0
                end = int(found[4]) + 1 if index == last and found[4] else len(table)
                points = table[begin:end, columns]
                if is_down and len(points):
                    yield points * scale


def read_pen_file(path: Path, include: Path) -> PenFile:
    """Reads a file and what it includes.

    Args:
        path: The file that names the segments.
        include: The folder below which included files stand.

    Raises:
        DataError: Included pen data is missing, or a file includes itself.
    """
    pen = PenFile()
    _read_into(pen, path, include, ())
    return pen


def _read_into(pen: PenFile, path: Path, include: Path, outer: tuple[Path, ...]) -> None:
    if path.resolve() in outer:
        raise DataError(f"{path}: expected a file that does not include itself")
    outer = (*outer, path.resolve())
    pieces = _KEYWORD.split(path.read_text(encoding="latin-1"))
    for keyword, text in zip(pieces[1::2], pieces[2::2], strict=True):
        # Only a pen-up that was recorded counts as a component.
        if keyword == "PEN_DOWN" or (keyword == "PEN_UP" and text.strip()):
            pen.components.append((keyword == "PEN_DOWN", text))
        elif keyword == "SEGMENT" and (found := _SEGMENT.match(text)):
            pen.segments.append((found[1], found[2]))
        elif keyword == "INCLUDE":
            included = include / text.strip()
            if os.path.isfile(included):  # noqa: PTH113  (its name may be one that cannot be)
                _read_into(pen, included, include, outer)
            elif included.suffix == ".dat":
                raise DataError(f"{path}: expected the pen data that it includes, {included}")
            # Descriptions may be missing (imp's and pri's): they say what is the rule anyway.
        else:
            pen.values[keyword] = text.partition("\n")[0].strip()
