"""Any picture of a grid becomes the picture that the network expects: its normal form.

An even division comes first; where it leaves doubts, ``model.page`` looks for the cells.
``grid_ink`` finds their ink: ``pieces`` are its connected components, ``assignment`` says whose
they are; ``mnist_form`` brings the ink of each cell to the form of MNIST's digits.
``already_normal`` detects pictures that need none of it; ``ink_warnings`` and ``unread`` say what
is doubtful. Service, training and evaluation all use it.
"""

import functools

import cv2
import numpy as np
from numpy.typing import NDArray

from model.config import ReaderConfig
from model.errors import PictureError
from model.ink.already_normal import has_normal_strokes, match_mnist_form, may_be_normal
from model.ink.form import (
    Box,
    CellInk,
    GridLayout,
    InkWarning,
    NormalForm,
    boxes_around,
    corners_of,
)
from model.ink.grid_ink import GridInk, find_ink
from model.ink.ink_warnings import warn_of_larger_grid
from model.ink.mnist_form import resample, to_mnist_form
from model.ink.unread import warn_of_unread
from model.page.beyond import count_rows_and_columns
from model.page.cell_contrast import MIN_CONTRAST, CellContrast, measure_contrast
from model.page.contrast import even_light
from model.page.grid_image import GridImage, even_grid_image, rectified_grid_image
from model.page.grid_lines import move_edges
from model.page.layout import Layout, are_alike, find_layout_by_ink, find_layouts
from model.page.mesh import even_mesh, quads_of
from model.page.sheets import find_groups, find_sheets, rectify_sheet, sheet_homography

__all__ = [
    "Box",
    "CellInk",
    "GridLayout",
    "InkWarning",
    "NormalForm",
    "check_picture",
    "find_already_normal",
    "normalise",
    "other_normal_forms",
]

# Sides of the cells in which ink is found, pixels, and what is looked at around them, shares.
_CELL, _MARGIN = 80, 0.22
# A drawing is looked at on so many sheets or groups of ink at most: it answers the moving pen.
_MOST_IN_DRAWING = 1
# A picture that is in the normal form has a background of at most this grey level.
_MAX_BACKGROUND = 8
# Of a cell; downscaled, a few pixels would be left of a longer one.
_MAX_ASPECT_RATIO = 20


def normalise(picture: NDArray[np.uint8], config: ReaderConfig) -> NormalForm:
    """Brings a picture to the normal form.

    A picture whose cells have the form of MNIST's digits already is left as it is. Where an even
    division of the picture leaves nothing to ask, no other is looked for.

    Args:
        picture: (height, width) or (height, width, 3), uint8, of any polarity and any size from
            half the network's picture up.
        config: Rows, columns and the size of a cell.

    Raises:
        PictureError: The array has another shape or type; the picture is too small or too narrow.
    """
    check_picture(picture, config)
    if picture.shape == (config.height, config.width):
        (already_normal,) = find_already_normal(picture[np.newaxis], config)
        if already_normal is not None:
            return already_normal
    image = even_grid_image(picture, config.rows, config.columns, _CELL)
    contrast = measure_contrast(image, has_lines=False)
    resized = _normalise_by_resizing(picture, image, contrast, config)
    if resized is not None:
        return resized
    ink = find_ink(image, contrast)
    if not ink.is_clear:
        is_inverted = ink.contrast.is_inverted if ink.contrast.is_flat else None
        by_lines = find_layouts(picture, config.rows, config.columns, is_inverted=is_inverted)
        by_ink = find_layout_by_ink(picture, config.rows, config.columns)
        if by_lines and not (by_ink and not are_alike(by_lines[0], by_ink)):
            form = _normalise_layout(picture, by_lines[0], config, "lines")
            return _see_beyond(form, picture, config)
        if by_ink:
            form = _normalise_layout(picture, by_ink, config, "digits")
            return _see_beyond(form, picture, config)
    return _normalise_ink(picture, ink, config, "ink")


def other_normal_forms(picture: NDArray[np.uint8], config: ReaderConfig) -> list[NormalForm]:
    """Makes the normal forms that a picture has if its cells are elsewhere.

    Args:
        picture: As ``normalise`` takes it.
        config: Rows, columns and the size of a cell.
    """
    even = _find_even_ink(picture, config)
    forms = _forms_of_layouts(picture, even, config)
    evenly_lit = even_light(picture)
    if evenly_lit is not None:
        forms += _forms_of_layouts(evenly_lit, _find_even_ink(evenly_lit, config), config)
    sheets = [*find_sheets(picture), *find_groups(picture)]
    for sheet in sheets[: _MOST_IN_DRAWING if even.contrast.is_flat else None]:
        seen, shape = rectify_sheet(picture, sheet)
        try:
            check_picture(seen, config)
        except PictureError:
            continue
        seen_forms = _forms_of_layouts(seen, _find_even_ink(seen, config), config)
        to_picture = sheet_homography(sheet, shape)
        forms += [form.seen_through(to_picture, picture.shape, sheet) for form in seen_forms]
    unique = list({form.picture.tobytes(): form for form in reversed(forms)}.values())[::-1]
    return [_see_beyond(form, picture, config) for form in unique]


def _find_even_ink(
    picture: NDArray[np.uint8], config: ReaderConfig, *, has_lines: bool = False
) -> GridInk:
    """The ink of an even division."""
    image = even_grid_image(picture, config.rows, config.columns, _CELL)
    return find_ink(image, measure_contrast(image, has_lines=has_lines), has_lines=has_lines)


def _forms_of_layouts(
    picture: NDArray[np.uint8], ink: GridInk, config: ReaderConfig
) -> list[NormalForm]:
    """The normal forms of a picture, of whose even division this is the ink."""
    is_inverted = ink.contrast.is_inverted if ink.contrast.is_flat else None
    shape = config.rows, config.columns
    by_lines = find_layouts(picture, *shape, is_inverted=is_inverted)
    forms = [_normalise_layout(picture, layout, config, "lines") for layout in by_lines]
    by_ink = find_layout_by_ink(picture, *shape, may_be_even=True)
    if by_ink:
        forms.append(_normalise_layout(picture, by_ink, config, "digits"))
    forms.append(_normalise_ink(picture, ink, config, "ink"))
    if ink.has_lines or not ink.contrast.is_flat:
        without_lines = _find_even_ink(picture, config, has_lines=True)
        forms.append(_normalise_ink(picture, without_lines, config, "ink"))
    return forms


def _normalise_layout(
    picture: NDArray[np.uint8], layout: Layout, config: ReaderConfig, found_by: str
) -> NormalForm:
    """The normal form of a grid whose cells were found."""
    shape = config.rows, config.columns
    quads = move_edges(picture, layout.quads, *shape, is_inverted=layout.is_inverted)
    image = rectified_grid_image(picture, quads, *shape, _CELL, _MARGIN)
    ink = find_ink(image, measure_contrast(image, has_lines=True), has_lines=True)
    return _normalise_ink(picture, ink, config, found_by)


def _see_beyond(form: NormalForm, picture: NDArray[np.uint8], config: ReaderConfig) -> NormalForm:
    """Warns where there are more digits around the cells."""
    own = config.rows, config.columns
    seen = count_rows_and_columns(picture, form.layout.quads, *own, is_inverted=form.is_inverted)
    if seen == own:
        return form
    return form._replace(warnings=(*form.warnings, warn_of_larger_grid(*seen)))


def _normalise_ink(
    picture: NDArray[np.uint8], ink: GridInk, config: ReaderConfig, found_by: str
) -> NormalForm:
    """The normal form of the ink of a grid."""
    size, image = config.cell_size, ink.image
    cells: list[CellInk] = []
    normal = np.zeros((config.height, config.width), np.uint8)
    places = np.ndindex(config.rows, config.columns)
    for crop, (row, column) in zip(ink.crops, places, strict=True):
        if crop is None:
            cells.append(CellInk())
            continue
        pixels, form = to_mnist_form(crop, size)
        normal[row * size : (row + 1) * size, column * size : (column + 1) * size] = pixels
        cells.append(form)
    cells = _in_picture(cells, image, picture.shape)
    warnings = ink.warnings
    unread = warn_of_unread(picture, image.quads, cells, is_flat=ink.contrast.is_flat)
    told = {warning.code for warning in warnings}
    warnings += tuple(warning for warning in unread if warning.code not in told)
    layout = GridLayout(image.quads, found_by)
    (box,) = boxes_around(image.quads[np.newaxis], picture.shape)
    return NormalForm(normal, ink.contrast.is_inverted, box, tuple(cells), layout, warnings)


def _in_picture(cells: list[CellInk], image: GridImage, shape: tuple[int, ...]) -> list[CellInk]:
    """Returns the ink of cells in pixels of the picture (height, width)."""
    places = image.to_picture(corners_of([cell.box or (0, 0, 1, 1) for cell in cells]))
    return [
        cell
        if cell.scale is None or cell.stroke_width is None
        else cell._replace(
            box=box,
            scale=cell.scale * image.scale,
            stroke_width=cell.stroke_width / image.scale,
        )
        for cell, box in zip(cells, boxes_around(places, shape), strict=True)
    ]


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
    is_dark = np.maximum(pictures[:, 0], pictures[:, :, 0]).max(axis=1) <= _MAX_BACKGROUND
    forms = _match_normal_forms(pictures, config)
    return [form if dark else None for form, dark in zip(forms, is_dark.tolist(), strict=True)]


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


def check_picture(picture: NDArray[np.uint8], config: ReaderConfig) -> None:
    """Checks that a picture can be one of a grid.

    Raises:
        PictureError: The array has another shape or type; the picture is too small or too narrow.
    """
    is_picture = picture.ndim == 2 or (picture.ndim == 3 and picture.shape[2] == 3)
    if not is_picture or picture.dtype != np.uint8:
        raise PictureError(
            "expected pixels (height, width) or (height, width, 3) uint8, "
            f"got {picture.shape} {picture.dtype}"
        )
    height, width = picture.shape[:2]
    cell = height / config.rows, width / config.columns
    if max(cell) > _MAX_ASPECT_RATIO * min(cell):
        raise PictureError(
            f"expected a grid of which no cell is more than {_MAX_ASPECT_RATIO} times as long as "
            f"wide, got {max(cell) / max(min(cell), 1e-9):.0f} times"
        )
    if height < config.height // 2 or width < config.width // 2:
        raise PictureError(
            f"expected a picture of at least {config.width // 2}x{config.height // 2} pixels, "
            f"got {width}x{height}"
        )


def _normalise_by_resizing(
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


def _differences(pixels: NDArray[np.uint8], ground: NDArray[np.float64]) -> NDArray[np.uint8]:
    """(h, w): of pixels (h, w) or (h, w, 3) to a colour, by the channel that differs most."""
    differences = cv2.absdiff(pixels, np.full_like(pixels, ground))
    if differences.ndim == 3:
        differences = functools.reduce(cv2.max, cv2.split(differences))
    return np.asarray(differences, np.uint8)
