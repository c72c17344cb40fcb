"""Detects pictures that are in the normal form already, or are in another size."""

import functools
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from model.config import ReaderConfig
from model.ink.form import CellInk, GridLayout, NormalForm
from model.ink.mnist_form import (
    INK_CENTRE,
    INK_SIZE,
    MAX_STROKE,
    MIN_STROKE,
    measure_ink,
    pixel_centres,
    resample,
)
from model.page.cell_contrast import MIN_CONTRAST, CellContrast
from model.page.grid_image import GridImage
from model.page.mesh import even_mesh, quads_of

# Of the centre of mass, pixels; MNIST's digits are up to half a pixel off.
_MAX_OFF_CENTRE = 0.75
# A picture that is in the normal form has a background of at most this grey level.
_MAX_BACKGROUND = 8


def find_already_normal(
    pictures: NDArray[np.uint8], config: ReaderConfig
) -> list[NormalForm | None]:
    """Detects pictures that are in the normal form already; several cost little more than one.

    Args:
        pictures: (B, H, W), uint8, of the config's size.
        config: Rows, columns and the size of a cell.

    Returns:
        The normal form of each such picture; None for the others, which ``normalise`` would change.
    """
    brightest = np.maximum(pictures[:, 0].max(axis=1), pictures[:, :, 0].max(axis=1))
    is_dark = brightest <= _MAX_BACKGROUND
    forms = _match_normal_forms(pictures, config)
    return [form if dark else None for form, dark in zip(forms, is_dark.tolist(), strict=True)]


def resize_to_normal(
    picture: NDArray[np.uint8], image: GridImage, contrast: CellContrast, config: ReaderConfig
) -> NormalForm | None:
    """The normal form of a drawing that lacks nothing but the size; None for any other."""
    if not contrast.is_flat or not contrast.peaks.any():
        return None
    # From one ground: what stands out from the surroundings of a thick digit may be its inside.
    ground = np.median(image.pixels, axis=(0, 1))
    levels = _differences(image.pixels, ground)
    if not may_be_normal(levels, config.rows, config.columns, config.cell_size):
        return None  # most drawings: this test is cheaper than the next
    height, width = picture.shape[:2]
    if height >= config.height and width >= config.width:
        small = cv2.resize(picture, (config.width, config.height), interpolation=cv2.INTER_AREA)
        levels = _differences(np.asarray(small, np.uint8), ground)
    resized = resample(levels, (config.height, config.width))
    (form,) = _match_normal_forms(resized[np.newaxis], config, slack=2)
    if form is None or not has_normal_strokes(resized, config.cell_size):
        return None
    to_picture = np.diag([width / config.width, height / config.height, 1.0])
    form = form._replace(is_inverted=contrast.is_inverted)
    return form.seen_through(to_picture, picture.shape)


def _match_normal_forms(
    pictures: NDArray[np.uint8], config: ReaderConfig, *, slack: int = 1
) -> list[NormalForm | None]:
    """Normal forms of pictures (B, H, W), light on dark; None where a cell lacks MNIST's form."""
    size = config.cell_size
    tiles = pictures.reshape(-1, config.rows, size, config.columns, size).swapaxes(2, 3)
    found = match_mnist_form(tiles.reshape(-1, size, size), MIN_CONTRAST, slack=slack)
    shape = (len(pictures), config.num_cells)
    are_normal: list[bool] = np.all(found.is_normal.reshape(shape), axis=1).tolist()
    boxes = (found.boxes.reshape(*shape, 4) + _cell_corners(config)).tolist()
    is_blank = found.is_blank.reshape(shape).tolist()
    whole = (0, 0, config.width, config.height)
    forms: list[NormalForm | None] = [None] * len(pictures)
    for number, picture in enumerate(pictures):
        if are_normal[number]:
            cells = tuple(
                CellInk() if blank else CellInk((x0, y0, x1, y1), 1.0)
                for (x0, y0, x1, y1), blank in zip(boxes[number], is_blank[number], strict=True)
            )
            layout = _even_layout(config.rows, config.columns, whole[2:])
            forms[number] = NormalForm(picture, False, whole, cells, layout)
    return forms


@functools.lru_cache(maxsize=64)
def _even_layout(rows: int, columns: int, size: tuple[int, int]) -> GridLayout:
    """The layout of an already normal picture (width, height)."""
    return GridLayout(quads_of(even_mesh(size[::-1], rows, columns)), "form")


@functools.cache
def _cell_corners(config: ReaderConfig) -> NDArray[np.int64]:
    """(C, 4): x and y of each cell's corner, for both ends of a box."""
    row_column = np.array(list(np.ndindex(config.rows, config.columns)))
    return np.tile(row_column[:, ::-1] * config.cell_size, 2)


def _differences(pixels: NDArray[np.uint8], ground: NDArray[np.float64]) -> NDArray[np.uint8]:
    """(h, w): of pixels (h, w) or (h, w, 3) to a colour, by the channel that differs most."""
    differences = cv2.absdiff(pixels, np.full_like(pixels, ground))
    if differences.ndim == 3:
        differences = functools.reduce(cv2.max, cv2.split(differences))
    return np.asarray(differences, np.uint8)


class MnistMatch(NamedTuple):
    """Which of M cells have MNIST's form."""

    boxes: NDArray[np.int64]
    """(M, 4): x0, y0, x1, y1 of the ink within its cell; undefined for a blank one."""
    is_blank: NDArray[np.bool_]
    """(M,): has no ink."""
    is_normal: NDArray[np.bool_]
    """(M,): has MNIST's form, or no ink."""


def match_mnist_form(cells: NDArray[np.uint8], least: int, *, slack: int = 1) -> MnistMatch:
    """Compares cells with MNIST's form; many cost little more than few.

    Args:
        cells: (M, S, S), uint8, light on dark.
        least: The brightest pixel of a cell with ink has at least this level; that of a blank cell
            at most a quarter of it.
        slack: Pixels by which the ink may be larger or smaller than MNIST's, as resampling blurs.
    """
    count, size = cells.shape[:2]
    # (M, S) each; a maximum along the first axis of a contiguous copy is vectorised.
    by_column = np.ascontiguousarray(cells.transpose(1, 0, 2)).max(axis=0)
    by_row = np.ascontiguousarray(cells.transpose(2, 0, 1)).max(axis=0)
    brightest = by_row.max(axis=1)
    mass, right, down = (cells.reshape(count, -1).astype(np.float32) @ _moments(size)).T
    # Ink is whatever is more than a tenth as bright as the brightest pixel.
    faint = brightest[:, np.newaxis] // 10
    rows, columns = by_row > faint, by_column > faint
    boxes = np.empty((count, 4), np.int64)
    for end, is_ink in enumerate((columns, rows, columns[:, ::-1], rows[:, ::-1])):
        is_ink.argmax(axis=1, out=boxes[:, end])
    np.subtract(size, boxes[:, 2:], out=boxes[:, 2:])
    longest = (boxes[:, 2:] - boxes[:, :2]).max(axis=1)
    is_normal = brightest >= least
    is_normal &= np.abs(longest - INK_SIZE * size) <= slack
    is_normal &= np.maximum(np.abs(right), np.abs(down)) <= _MAX_OFF_CENTRE * mass
    is_blank = brightest <= least // 4
    return MnistMatch(boxes, is_blank, is_normal | is_blank)


def may_be_normal(levels: NDArray[np.uint8], rows: int, columns: int, size: int) -> bool:
    """A cheap test on a downscaled picture whether each cell's ink is centred as in MNIST's form.

    Args:
        levels: (h, w): ink of the whole grid.
        rows: Of the grid.
        columns: Of the grid.
        size: Side S of a cell of the normal form.
    """
    height, width = levels.shape
    moments = _moments_of_cells(height, rows).T @ levels.astype(np.float32)
    moments = moments @ _moments_of_cells(width, columns)  # (2 * rows, 2 * columns)
    mass = moments[:rows, :columns]
    furthest = np.maximum(np.abs(moments[rows:, :columns]), np.abs(moments[:rows, columns:]))
    # Twice the limit, as downscaling moves ink a little; noise in an empty cell may be anywhere.
    is_off = furthest > 2 * _MAX_OFF_CENTRE / size * mass
    return not (is_off & (mass > 0.1 * mass.max())).any()


@functools.cache
def _moments_of_cells(length: int, count: int) -> NDArray[np.float32]:
    """Weights (length, 2 * count) of each cell's zeroth and first moment along an axis.

    The first is about where the centre of mass is in MNIST's form, in cells.
    """
    place = pixel_centres(length)[:, None] * (count / length) - np.arange(count)
    is_inside = (place >= 0) & (place < 1)
    return np.hstack((is_inside, is_inside * (place - INK_CENTRE))).astype(np.float32)


def has_normal_strokes(picture: NDArray[np.uint8], size: int) -> bool:
    """Whether the strokes of a picture with cells of ``size`` pixels are as wide as MNIST's."""
    stroke = measure_ink(picture.astype(np.float32) / np.float32(255))[2]
    return MIN_STROKE * size <= stroke <= MAX_STROKE * size


@functools.cache
def _moments(size: int) -> NDArray[np.float32]:
    """Weights (S * S, 3) of a cell's mass and its first moments, x and y, about MNIST's centre."""
    y, x = np.mgrid[:size, :size].reshape(2, -1) + 0.5 - INK_CENTRE * size
    return np.stack((np.ones(size * size), x, y), axis=1).astype(np.float32)
