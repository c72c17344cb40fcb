"""Grids of fewer cells than the reader's, down to a lone digit: they fill its first cells."""

import dataclasses
import math

import cv2
import numpy as np
from numpy.typing import NDArray

from model.config import ReaderConfig
from model.ink import CellInk, NormalForm, check_picture, normalise
from model.reading import Notice, Reading

# Smaller pictures are enlarged to this side of a cell, in cells of the normal form.
_LEAST_SIDE = 4
# A lone digit is read at least this surely.
_SURE = 0.9
# The grid is doubtful there: a warning but these says so, or this share of its cells is blank.
_NO_DOUBTS, _BLANK_SHARE = frozenset({"many_frames", "faint", "other_layout"}), 0.5
# What spans this share of a picture without ink in any cell is the lines of an empty grid.
_SPAN = 0.8
# Ink of the normal form, and its pieces, have at least this grey level and share of its side.
_INK, _PIECE = 40, 0.1

OTHER_LAYOUT = Notice(
    "other_layout", "this looks like one digit: ask for rows=1 and columns=1, or for layout=auto"
)


def normalise_smaller(
    picture: NDArray[np.uint8], rows: int, columns: int, config: ReaderConfig
) -> NormalForm:
    """Brings a picture of a smaller grid to a normal form with its digits in the first cells.

    Args:
        picture: As ``model.ink.normalise`` takes it.
        rows: Of the grid; with ``columns`` no more cells than the reader's.
        columns: Of the grid.
        config: Of the reader.

    Returns:
        The normal form; its layout has the cells of the smaller grid.

    Raises:
        PictureError: The picture is too small or too narrow.
    """
    size = config.cell_size
    smaller = dataclasses.replace(config, rows=rows, columns=columns)
    check_picture(picture, smaller)
    height, width = picture.shape[:2]
    times = math.ceil(_LEAST_SIDE * size / min(height / rows, width / columns))
    large = picture
    if times > 1:
        resized = cv2.resize(picture, None, fx=times, fy=times, interpolation=cv2.INTER_CUBIC)
        large = np.asarray(resized, np.uint8)
    form = normalise(large, smaller)
    if large is not picture:
        form = form.enlarged(1 / times, (height, width))
    cells = form.picture.reshape(rows, size, columns, size).swapaxes(1, 2).reshape(-1, size, size)
    grid = np.zeros((config.num_cells, size, size), np.uint8)
    grid[: len(cells)] = cells
    tiles = grid.reshape(config.rows, config.columns, size, size).swapaxes(1, 2)
    blanks = (CellInk(),) * (config.num_cells - len(cells))
    return form._replace(
        picture=tiles.reshape(config.height, config.width), cells=(*form.cells, *blanks)
    )


def first_cells(reading: Reading, rows: int, columns: int) -> Reading:
    """The reading of a smaller grid that fills the first cells of a larger one."""
    places = np.ndindex(rows, columns)
    cells = tuple(
        cell._replace(row=row, column=column)
        for (row, column), cell in zip(places, reading.cells, strict=False)
    )
    attention = None if reading.attention is None else reading.attention[: len(cells)]
    probabilities = np.array([cell.probabilities for cell in cells])
    smaller = dataclasses.replace(reading, cells=cells, attention=attention)
    return smaller.with_probabilities(probabilities)


def is_lone_digit(normal: NormalForm, lone: Reading, grid: Reading) -> bool:
    """Tells whether a picture shows one digit and not a grid.

    Args:
        normal: Its normal form as one digit.
        lone: Its reading as one digit.
        grid: Its reading as a grid.
    """
    box, (cell,) = normal.cells[0].box, lone.cells
    if box is None or cell.kind != "digit" or cell.confidence < _SURE or normal.warnings:
        return False
    x0, y0, x1, y1 = normal.grid_box
    if not (box[0] < (x0 + x1) / 2 < box[2] and box[1] < (y0 + y1) / 2 < box[3]):
        return False  # in a grid of blanks a digit stands in one quarter
    num_blanks = sum(one.kind == "blank" for one in grid.cells)
    spans = (box[2] - box[0]) / (x1 - x0), (box[3] - box[1]) / (y1 - y0)
    if num_blanks == len(grid.cells) and max(spans) > _SPAN:
        return False
    is_ink = (normal.picture > _INK).view(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(is_ink, connectivity=8)
    codes = {warning.code for warning in grid.warnings} - _NO_DOUBTS
    num_pieces = np.count_nonzero(stats[1:, 2:4].max(axis=1) >= _PIECE * len(is_ink))
    return num_pieces == 1 and bool(codes or num_blanks >= _BLANK_SHARE * len(grid.cells))
