"""Looks at a picture, for the service and for Python programs: one at its grid, and a second."""

import dataclasses
import math
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import cv2
import numpy as np

from app.reading.engine import Engine
from app.reading.images import LONGEST_SIDE, Picture
from model.config import ReaderConfig
from model.ink import InkWarning, NormalForm, normalise, other_normal_forms
from model.ink.ink_warnings import warn_of_larger_grid
from model.page.cell_lattice import CellLattice, find_cell_lattice
from model.page.contrast import shrink
from model.page.count import count_rows_and_columns
from model.reading import Notice, Reading, make_reading
from model.reading.lone_digit import OTHER_LAYOUT, is_lone_digit
from model.reading.second_look import is_doubtful, look_again, may_be_turned
from model.reading.tiles import read_grids, with_shape

MOST_LINES, MOST_CELLS = 64, 1024
"""Rows or columns of a grid at most, and its cells."""
# Of a sheet a cell is decoded to about so many pixels, where the sheet fills half of the side of
# its picture, and the side to this many at most; to the second where its cells are to be counted.
_SIDE_OF_CELL, _LONGEST_OF_SHEET, _LONGEST_TO_COUNT = 160, 4480, 2240
# Smaller pictures of less cells than the reader's are enlarged to this side of a cell, in cells of
# the normal form.
_LEAST_SIDE = 4


class Wanted(NamedTuple):
    """Which grid to read in a picture."""

    rows: int
    columns: int
    may_be_other: bool = False
    """Rows and columns are counted in the picture; these are read where it shows no others."""

    def is_own(self, config: ReaderConfig) -> bool:
        """Whether it has the reader's own rows and columns."""
        return (self.rows, self.columns) == (config.rows, config.columns)

    def is_small(self, config: ReaderConfig) -> bool:
        """Whether its cells are known to fit into one picture of the reader's."""
        return not self.may_be_other and self.rows * self.columns <= config.num_cells

    @property
    def longest_side(self) -> int:
        """To which side a picture of it is decoded, pixels."""
        if self.may_be_other:
            return _LONGEST_TO_COUNT
        needed = _SIDE_OF_CELL * max(self.rows, self.columns)
        return min(max(LONGEST_SIDE, needed), _LONGEST_OF_SHEET)


class Look(NamedTuple):
    """What was seen in a picture."""

    grid: ReaderConfig
    """Its rows and columns: the reader's config with others."""
    normal: NormalForm
    reading: Reading


def own_grid(config: ReaderConfig) -> Wanted:
    """The grid that a reader was trained on."""
    return Wanted(config.rows, config.columns)


def normal_form(
    picture: Picture, config: ReaderConfig, wanted: Wanted
) -> tuple[NormalForm, ReaderConfig]:
    """Brings a decoded picture to the normal form.

    Returns:
        The normal form, whose boxes are in pixels of the picture that came, and its rows and
        columns.

    Raises:
        PictureError: The picture is too small or too narrow.
    """
    rows, columns, lattice = wanted.rows, wanted.columns, None
    if wanted.may_be_other and (counted := count_rows_and_columns(picture.pixels, (rows, columns))):
        rows, columns, lattice = counted
    if wanted.may_be_other and rows * columns <= config.num_cells:
        # As it would have been decoded, had its rows and columns been known.
        shape, lattice = picture.pixels.shape, None
        picture = picture._replace(pixels=shrink(picture.pixels, -(-max(shape) // LONGEST_SIDE)))
    grid = with_shape(config, rows, columns)
    may_enlarge = grid.num_cells < config.num_cells
    return _normalise(picture, grid, lattice, may_enlarge=may_enlarge), grid


def _normalise(
    picture: Picture,
    grid: ReaderConfig,
    lattice: CellLattice | None = None,
    *,
    may_enlarge: bool = False,
) -> NormalForm:
    pixels, factor = picture.pixels, picture.factor
    if may_enlarge:
        side = min(pixels.shape[0] / grid.rows, pixels.shape[1] / grid.columns)
        times = math.ceil(_LEAST_SIDE * grid.cell_size / side)
        if times > 1:
            resized = cv2.resize(pixels, None, fx=times, fy=times, interpolation=cv2.INTER_CUBIC)
            pixels, factor = np.asarray(resized, np.uint8), factor / times
    return normalise(pixels, grid, lattice).enlarged(factor, (picture.height, picture.width))


def read_normal_forms(
    engine: Engine,
    normals: Sequence[NormalForm],
    grids: Sequence[ReaderConfig],
    pictures: Sequence[Picture],
    *,
    return_attention: bool = False,
) -> list[Reading]:
    """Reads normal forms of pictures in one batch."""
    header = engine.header
    read = partial(engine.read, return_attention=return_attention)
    found = read_grids(normals, grids, header.config, read)
    return [
        make_reading(answers, normal, grid, picture.notices, header.thresholds)
        for answers, normal, grid, picture in zip(found, normals, grids, pictures, strict=True)
    ]


def needs_second_look(look: Look) -> bool:
    """Tells whether a picture may be read better in another way."""
    if look.grid.num_cells == 1:
        return False  # there is no other way to see it
    return is_doubtful(look.normal, look.reading) or may_be_turned(look.normal, look.reading)


def look_twice(
    engine: Engine,
    picture: Picture,
    first: Look,
    *,
    may_be_other: bool = False,
    return_attention: bool = False,
) -> Look:
    """Gives a doubtful picture a second look: see ``model.reading.second_look``.

    Args:
        engine: Reads.
        picture: What came.
        first: What was seen in it.
        may_be_other: Whether a picture of one digit is read as such; else a warning says so.
        return_attention: Whether to return where the decoder looked.
    """
    grid, config = first.grid, engine.header.config

    def read(normals: Sequence[NormalForm], grid: ReaderConfig = grid) -> list[Reading]:
        alike = [grid] * len(normals), [picture] * len(normals)
        return read_normal_forms(engine, normals, *alike, return_attention=return_attention)

    seen = first.normal, first.reading
    if not is_doubtful(*seen):
        return Look(grid, *look_again(seen, (), grid, read))
    shape = picture.height, picture.width
    others = other_normal_forms(picture.pixels, grid)
    others = [one.enlarged(picture.factor, shape) for one in others]
    best = Look(grid, *look_again(seen, others, grid, read))
    if grid != config:
        return best
    if best.normal.warnings and (larger := _find_larger(picture, best)):
        return _with_warning(best, Notice(larger.code, larger.detail))
    alone = with_shape(config, 1, 1)
    lone = _normalise(picture, alone, may_enlarge=True)
    (as_lone,) = read([lone], alone)
    if not is_lone_digit(lone, as_lone, best.reading):
        return best
    if may_be_other:
        return Look(alone, lone, as_lone)
    return _with_warning(best, OTHER_LAYOUT)


def _with_warning(look: Look, notice: Notice) -> Look:
    warnings = (*look.reading.warnings, notice)
    return look._replace(reading=dataclasses.replace(look.reading, warnings=warnings))


def _find_larger(picture: Picture, look: Look) -> InkWarning | None:
    """A warning that lines enclose more cells than were read, where nothing has said so yet."""
    if any(warning.code == "other_layout" for warning in look.normal.warnings):
        return None
    lattice = find_cell_lattice(picture.pixels)
    if lattice is None or lattice.rows * lattice.columns <= look.grid.num_cells:
        return None
    return warn_of_larger_grid(lattice.rows, lattice.columns)
