"""Any picture of a grid becomes the picture that the network expects: its normal form.

An even division comes first; where it leaves doubts, ``model.page`` looks for the cells.
``grid_ink`` finds their ink: ``pieces`` are its connected components, ``assignment`` says whose
they are; ``mnist_form`` brings the ink of each cell to the form of MNIST's digits.
``already_normal`` detects pictures that need none of it; ``ink_warnings`` and ``unread`` say what
is doubtful. Service, training and evaluation all use it.
"""

import numpy as np
from numpy.typing import NDArray

from model.config import ReaderConfig
from model.errors import PictureError
from model.ink.already_normal import find_already_normal, resize_to_normal
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
from model.ink.mnist_form import to_mnist_form
from model.ink.unread import warn_of_unread
from model.page.beyond import count_rows_and_columns
from model.page.cell_contrast import measure_contrast
from model.page.cell_lattice import CellLattice, find_cell_lattice
from model.page.contrast import even_light
from model.page.grid_image import GridImage, even_grid_image, rectified_grid_image
from model.page.grid_lines import move_edges
from model.page.layout import Layout, are_alike, find_layout_by_ink, find_layouts
from model.page.mesh import Quads
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
# A grid of more rows or columns is a sheet, whose cells are found by all the lines there are.
_MOST_OF_GRID = 2
# A drawing is looked at on so many sheets or groups of ink at most: it answers the moving pen.
_MOST_IN_DRAWING = 1
# Of a cell; downscaled, a few pixels would be left of a longer one.
_MAX_ASPECT_RATIO = 20


def normalise(
    picture: NDArray[np.uint8], config: ReaderConfig, lattice: CellLattice | None = None
) -> NormalForm:
    """Brings a picture to the normal form.

    A picture whose cells have the form of MNIST's digits already is left as it is. Where an even
    division of the picture leaves nothing to ask, no other is looked for.

    Args:
        picture: (height, width) or (height, width, 3), uint8, of any polarity and any size from
            half the normal form's up.
        config: Rows, columns and the size of a cell.
        lattice: Its cells, where they were found already.

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
    resized = resize_to_normal(picture, image, contrast, config)
    if resized is not None:
        return resized
    ink = find_ink(image, contrast)
    if not ink.is_clear and max(config.rows, config.columns) > _MOST_OF_GRID:
        return _normalise_sheet(picture, ink, config, lattice)
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


def _normalise_sheet(
    picture: NDArray[np.uint8], even: GridInk, config: ReaderConfig, lattice: CellLattice | None
) -> NormalForm:
    """The normal form of a sheet, of whose even division this is the ink."""
    lattice = lattice or find_cell_lattice(picture, config.rows, config.columns)
    if lattice is None:
        by_ink = find_layout_by_ink(picture, config.rows, config.columns)
        if by_ink is None:
            return _normalise_ink(picture, even, config, "ink")
        return _normalise_cells(picture, by_ink.quads, config, "digits")
    form = _normalise_cells(picture, lattice.quads, config, "lines")
    if lattice.seen == (config.rows, config.columns):
        return form
    return form._replace(warnings=(*form.warnings, warn_of_larger_grid(*lattice.seen)))


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
    """The normal form of a grid whose cells were found, but for the places of its edges."""
    shape = config.rows, config.columns
    quads = move_edges(picture, layout.quads, *shape, is_inverted=layout.is_inverted)
    return _normalise_cells(picture, quads, config, found_by)


def _normalise_cells(
    picture: NDArray[np.uint8], quads: Quads, config: ReaderConfig, found_by: str
) -> NormalForm:
    """The normal form of a grid whose cells were found."""
    image = rectified_grid_image(picture, quads, config.rows, config.columns, _CELL, _MARGIN)
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
    shape = config.rows, config.columns
    unread = warn_of_unread(picture, image.quads, cells, shape, is_flat=ink.contrast.is_flat)
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
