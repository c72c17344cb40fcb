"""Rows of windows of photographed sudokus: every square of 2 by 2 neighbouring cells, as cropped.

A window is the upright box around its four corners, made larger or smaller by a margin; nothing is
rectified. Cells are where a homography takes those of a square to the corners of the puzzle.

Reference: Wicht & Hennebert, "Camera-based Sudoku recognition with deep belief network", 2014.
"""

import csv
import dataclasses
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

from model.config import ReaderConfig
from model.errors import ConfigError, DataError
from training.drawings.camera import homography
from training.scorecard.row import Row

# What is left on around a window, as a share of a cell.
_MARGINS: Mapping[str, float] = {
    "sudoku_inside": -0.06,
    "sudoku": 0.0,
    "sudoku_margin_6": 0.06,
    "sudoku_margin_12": 0.12,
}
SUDOKU_ROWS: Mapping[str, str] = {
    "sudoku_inside": "windows of photographed sudokus, 6 % of a cell cut off",
    "sudoku": "windows of photographed sudokus, cut on the lines",
    "sudoku_margin_6": "windows of photographed sudokus, 6 % of a cell left on",
    "sudoku_margin_12": "windows of photographed sudokus, 12 % of a cell left on",
}
_SIDE = 9
_SEED = 9
_UPSIDE_DOWN, _QUARTER_TURNED = 3, 6  # of EXIF's orientations


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Sudoku:
    """A photographed puzzle whose empty cells were filled in by hand.

    Attributes:
        path: Of the photograph.
        digits: (9, 9), int64: what stands in the cells.
        corners: (4, 2), float32: x and y of the puzzle's corners in the stored picture, clockwise
            from the upper left.
    """

    path: Path
    digits: NDArray[np.int64]
    corners: NDArray[np.float32]

    def window(self, row: int, column: int, size: tuple[int, int], margin: float) -> Image.Image:
        """Returns a window of the photograph.

        Args:
            row: Of its first cell.
            column: Of its first cell.
            size: Its rows and columns.
            margin: Left on around it, as a share of a cell; cut off where negative.
        """
        to_picture = homography(_SQUARE, self.corners)
        places = np.array([(column, row)]) + _CORNERS * (size[1], size[0])
        placed = np.column_stack([places, np.ones(4)]) @ to_picture.T
        points = placed[:, :2] / placed[:, 2:]
        low, high = points.min(axis=0), points.max(axis=0)
        extra = margin * (high - low) / (size[1], size[0])
        left, top = np.rint(low - extra).astype(int).tolist()
        right, bottom = np.rint(high + extra).astype(int).tolist()
        with Image.open(self.path) as picture:
            right, bottom = min(right, picture.width), min(bottom, picture.height)
            return picture.convert("RGB").crop((max(left, 0), max(top, 0), right, bottom))


_CORNERS = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float32)
_SQUARE = _CORNERS * _SIDE


def load_sudokus(data_dir: Path) -> list[Sudoku]:
    """Loads the puzzles of ``sudoku/mixed`` of which the corners are known, in order of name.

    Corners are those of the photograph of the same name in ``sudoku/printed``, which shows the
    same: they count as that picture's EXIF data turns it, while those of ``mixed`` have none.

    Raises:
        DataError: The photographs or the corners are missing, or a puzzle is no square of digits.
    """
    folder = data_dir / "sudoku"
    outlines = folder / "outlines.csv"
    if not (folder / "mixed").is_dir() or not outlines.is_file():
        raise DataError(f"expected mixed/ and outlines.csv in {folder}, found none")
    with outlines.open(newline="") as file:
        found = {row["file"]: row for row in csv.DictReader(file)}
    sudokus = [
        Sudoku(
            path, _read_digits(path.with_suffix(".dat")), _read_corners(folder, found[path.name])
        )
        for path in sorted((folder / "mixed").glob("*.jpg"))
        if path.name in found
    ]
    if not sudokus:
        raise DataError(f"expected photographs of {outlines} in {folder / 'mixed'}, found none")
    return sudokus


def sudoku_row(key: str, sudokus: list[Sudoku], config: ReaderConfig) -> Row:
    """Makes a row of ``SUDOKU_ROWS``: every window, one of each photograph after the other.

    The windows of a photograph come in an order of its own, so that the first grids of the row
    have every photograph and every place among them.

    Raises:
        ConfigError: A reader's grid is larger than a puzzle.
    """
    size = (config.rows, config.columns)
    places = np.array(list(np.ndindex(_SIDE + 1 - size[0], _SIDE + 1 - size[1])))
    if not len(places):
        raise ConfigError(f"expected a grid of at most 9 by 9 cells, got {size[0]} by {size[1]}")
    random = np.random.default_rng(_SEED)
    orders = np.stack([random.permutation(len(places)) for _ in sudokus], axis=1)
    numbers = np.tile(np.arange(len(sudokus)), len(places))
    corners = places[orders.ravel()]  # (windows, 2)

    def picture(index: int) -> NDArray[np.uint8]:
        sudoku = sudokus[numbers[index]]
        row, column = corners[index].tolist()
        return np.asarray(sudoku.window(row, column, size, _MARGINS[key]))

    labels = [
        sudokus[number].digits[row : row + size[0], column : column + size[1]].ravel()
        for number, (row, column) in zip(numbers.tolist(), corners.tolist(), strict=True)
    ]
    return Row(
        key=key,
        title=SUDOKU_ROWS[key],
        labels=np.array(labels, np.int64),
        sources=np.repeat(numbers[:, None], config.num_cells, axis=1),
        picture=picture,
    )


def _read_digits(path: Path) -> NDArray[np.int64]:
    """Reads what stands in a puzzle, below two lines of device and size."""
    try:
        lines = path.read_text(encoding="latin-1").splitlines()[2 : 2 + _SIDE]
        digits = np.array([[int(digit) for digit in line.split()] for line in lines], np.int64)
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: expected 9 lines of 9 digits ({error})") from error
    if digits.shape != (_SIDE, _SIDE) or digits.min() < 1 or digits.max() > 9:
        raise DataError(f"{path}: expected 9 lines of 9 digits from 1 to 9, got {digits.shape}")
    return digits


def _read_corners(folder: Path, outline: Mapping[str, str]) -> NDArray[np.float32]:
    """Returns corners in the pixels of the stored picture, clockwise from the upper left."""
    corners = np.array(
        [(float(outline[f"x{number}"]), float(outline[f"y{number}"])) for number in range(1, 5)],
        np.float32,
    )
    try:
        with Image.open(folder / "printed" / outline["file"]) as picture:
            orientation = picture.getexif().get(ExifTags.Base.Orientation, 1)
            width, height = picture.size
    except OSError as error:
        raise DataError(f"expected the photograph that has the corners ({error})") from error
    x, y = corners.T
    if orientation == _UPSIDE_DOWN:
        corners = np.column_stack([width - x, height - y])
    elif orientation == _QUARTER_TURNED:
        corners = np.column_stack([y, height - x])
    # Clockwise it stays; the upper left is where x + y is least.
    first = int(corners.sum(axis=1).argmin())
    turned: NDArray[np.float32] = np.roll(corners, -first, axis=0).astype(np.float32)
    return turned
