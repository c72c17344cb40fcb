"""What the normal form of a picture is, and what was done to make it."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from model.page.mesh import Quads, side_of
from model.page.sheets import sheet_homography

Box = tuple[int, int, int, int]
"""x0, y0, x1, y1 in pixels, ends excluded."""


# What is wider than this share of its length is no stroke: of drawn digits one in a thousand is.
_SOLID = 0.38


def enlarged(box: tuple[float, float, float, float], factor: float, shape: tuple[int, ...]) -> Box:
    """Returns a box in a picture (height, width) ``factor`` times as large, inside of it."""
    x0, y0 = (int(edge * factor) for edge in box[:2])
    x1, y1 = (
        min(math.ceil(edge * factor - 1e-6), side)
        for edge, side in zip(box[2:], shape[::-1], strict=True)
    )
    return x0, y0, x1, y1


class CellInk(NamedTuple):
    """The ink of one cell: where it stood, and how it was brought to the form of MNIST."""

    box: Box | None = None
    """Where its ink stands in the picture; None where the cell has none."""
    scale: float | None = None
    """Pixels of the normal form for each pixel of the picture."""
    shift: tuple[float, float] = (0.0, 0.0)
    """From the middle of the cell to the ink's centre of mass, right and down, shares of a cell."""
    stroke_width: float | None = None
    """Of the pen in the picture, pixels; None where it was not measured."""
    restroked: float = 0.0
    """What was added to the stroke's width (taken off, where negative), normal-form pixels."""

    @property
    def is_solid(self) -> bool:
        """It is no strokes, but a blot or an area."""
        if self.box is None or self.stroke_width is None:
            return False
        x0, y0, x1, y1 = self.box
        return self.stroke_width > _SOLID * max(x1 - x0, y1 - y0)

    def enlarged(self, factor: float, shape: tuple[int, ...]) -> "CellInk":
        """Returns the same for a picture (height, width) ``factor`` times as large."""
        if self.box is None or self.scale is None:
            return self
        width = None if self.stroke_width is None else self.stroke_width * factor
        box = enlarged(self.box, factor, shape)
        return CellInk(box, self.scale / factor, self.shift, width, self.restroked)


def box_around(places: NDArray[np.float64], shape: tuple[int, ...]) -> Box:
    """Returns the box of whole pixels around places, (P, 2), inside a picture (height, width)."""
    low = np.floor(places.reshape(-1, 2).min(axis=0) + 1e-6).astype(int).tolist()
    high = np.ceil(places.reshape(-1, 2).max(axis=0) - 1e-6).astype(int).tolist()
    (x0, y0), (x1, y1) = low, high
    x0, y0 = (min(max(0, low), side - 1) for low, side in ((x0, shape[1]), (y0, shape[0])))
    return x0, y0, max(x0 + 1, min(x1, shape[1])), max(y0 + 1, min(y1, shape[0]))


class InkCrop(NamedTuple):
    """The ink of one cell, cropped; places are pixels of the picture that it was cropped from."""

    levels: NDArray[np.float32]
    """(h, w): ink in [0, 1]; every side touches ink."""
    left: int
    """First column."""
    top: int
    """First row."""
    cell: tuple[float, float, float, float]
    """x0, y0, x1, y1 of its cell."""

    @property
    def size_in_cell(self) -> float:
        """The longer side of the ink as a share of the longer side of its cell."""
        x0, y0, x1, y1 = self.cell
        longer: int = max(self.levels.shape)
        return longer / max(x1 - x0, y1 - y0)


class InkWarning(NamedTuple):
    """Something about the ink that makes a reading doubtful."""

    code: str
    """``ink_across_divider``, ``several_digits``, ``faint``, ``tiny``, ``cut_off``,
    ``not_a_grid`` or ``other_layout``."""
    detail: str
    cells: tuple[int, ...] = ()
    """Numbers, from 0, of the cells whose ink may be no whole digit."""


class GridLayout(NamedTuple):
    """Where the cells of a grid are in a picture, and how they were found."""

    quads: Quads
    """(C, 2, 2, 2): x and y of the cells' corners, by row and column of the corner, pixels."""
    found_by: str
    """``form`` (an already normal picture), ``lines``, ``digits`` or ``ink`` (of the whole)."""
    sheet: NDArray[np.float64] | None = None
    """(2, 2, 2): corners of the sheet on which it was found, if it was searched for on one."""
    quarter_turns: int = 0
    """Counterclockwise, by which what stands in the cells was turned to be read."""

    @classmethod
    def from_boxes(cls, boxes: Sequence[Box], found_by: str) -> "GridLayout":
        """Cells that are upright boxes."""
        quads = [[[(x0, y0), (x1, y0)], [(x0, y1), (x1, y1)]] for x0, y0, x1, y1 in boxes]
        return cls(np.array(quads, np.float64), found_by)

    def turned(self, order: Sequence[int], quarters: int) -> "GridLayout":
        """The cells in another order, each turned counterclockwise."""
        quads = np.rot90(self.quads[order], quarters, axes=(1, 2))
        return self._replace(quads=quads, quarter_turns=(self.quarter_turns + quarters) % 4)

    def enlarged(self, factor: float) -> "GridLayout":
        """Returns the same for a picture ``factor`` times as large."""
        sheet = None if self.sheet is None else self.sheet * factor
        return self._replace(quads=self.quads * factor, sheet=sheet)


class NormalForm(NamedTuple):
    """The picture that the network sees, and what was done to make it."""

    picture: NDArray[np.uint8]
    """(H, W) of the config: ink bright on dark."""
    is_inverted: bool
    """The ink was darker than its background."""
    grid_box: Box
    """Where the grid stands in the picture."""
    cells: tuple[CellInk, ...]
    """In reading order."""
    layout: GridLayout
    """Where its cells are."""
    warnings: tuple[InkWarning, ...] = ()

    @property
    def ink_boxes(self) -> tuple[Box | None, ...]:
        """Where each cell's ink stands in the picture, None for a cell with no ink."""
        return tuple(cell.box for cell in self.cells)

    def enlarged(self, factor: float, shape: tuple[int, ...]) -> "NormalForm":
        """Returns the same for a picture (height, width) ``factor`` times as large."""
        if factor == 1:
            return self
        return self._replace(
            grid_box=enlarged(self.grid_box, factor, shape),
            cells=tuple(cell.enlarged(factor, shape) for cell in self.cells),
            layout=self.layout.enlarged(factor),
        )

    def seen_through(
        self, quad: NDArray[np.float64], seen: tuple[int, int], shape: tuple[int, ...]
    ) -> "NormalForm":
        """Returns the same for the picture in which this one is a quadrilateral.

        Args:
            quad: (2, 2, 2): its corners there, by row and column, pixels.
            seen: Height and width of this one.
            shape: Of the picture that holds it.
        """
        factor = side_of(quad[np.newaxis]) / math.sqrt(seen[0] * seen[1])
        homography = sheet_homography(quad, seen)

        def places_there(places: NDArray[np.float64]) -> NDArray[np.float64]:
            moved = cv2.perspectiveTransform(places.reshape(-1, 1, 2), homography)
            return np.asarray(moved, np.float64).reshape(places.shape)

        def box_there(box: Box) -> Box:
            x0, y0, x1, y1 = box
            corners = np.array([(x0, y0), (x1, y0), (x0, y1), (x1, y1)], np.float64)
            return box_around(places_there(corners), shape)

        def cell_there(cell: CellInk) -> CellInk:
            if cell.box is None or cell.scale is None:
                return cell
            width = None if cell.stroke_width is None else cell.stroke_width * factor
            return cell._replace(
                box=box_there(cell.box), scale=cell.scale / factor, stroke_width=width
            )

        return self._replace(
            grid_box=box_there(self.grid_box),
            cells=tuple(map(cell_there, self.cells)),
            layout=self.layout._replace(quads=places_there(self.layout.quads), sheet=quad),
        )
