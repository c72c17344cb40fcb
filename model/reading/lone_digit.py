"""Tells a picture of one digit from one of a grid."""

import cv2
import numpy as np

from model.ink import NormalForm
from model.reading import Notice, Reading

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
