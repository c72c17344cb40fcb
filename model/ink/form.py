"""What the normal form of a picture is, and what was done to make it."""

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from model.page.mesh import Quads, side_of

Box = tuple[int, int, int, int]
"""x0, y0, x1, y1 in pixels, ends excluded."""


# What is wider than this share of its length is no stroke: of drawn digits one in a thousand is.
_SOLID = 0.38


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


def corners_of(boxes: Sequence[Box]) -> NDArray[np.float64]:
    """The corners of boxes, (N, 4, 2)."""
    return np.array(boxes, np.float64)[:, [0, 1, 2, 1, 0, 3, 2, 3]].reshape(-1, 4, 2)


def boxes_around(places: NDArray[np.float64], shape: tuple[int, ...]) -> list[Box]:
    """Boxes of whole pixels around places, (N, ..., 2), inside a picture (height, width)."""
    places, size = places.reshape(len(places), -1, 2), shape[1::-1]
    low = np.floor(places.min(axis=1) + 1e-6).astype(int).clip(0, np.array(size) - 1)
    high = np.ceil(places.max(axis=1) - 1e-6).astype(int)
    high = np.minimum(np.maximum(high, low + 1), size)
    return [(*low, *high) for low, high in zip(low.tolist(), high.tolist(), strict=True)]


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
        return self if factor == 1 else self.seen_through(np.diag([factor, factor, 1.0]), shape)

    def seen_through(
        self,
        homography: NDArray[np.float64],
        shape: tuple[int, ...],
        sheet: NDArray[np.float64] | None = None,
    ) -> "NormalForm":
        """Returns the same for another picture, in which this one is, or which is in this one.

        Args:
            homography: (3, 3): from places in this picture to places in the other.
            shape: Height and width of the other.
            sheet: (2, 2, 2): where this one is in the other, if it is a sheet.
        """

        def there(places: NDArray[np.float64]) -> NDArray[np.float64]:
            moved = cv2.perspectiveTransform(places.reshape(-1, 1, 2), homography)
            return np.asarray(moved, np.float64).reshape(places.shape)

        quads = there(self.layout.quads)
        factor = side_of(quads) / side_of(self.layout.quads)
        found = [self.grid_box, *(cell.box for cell in self.cells if cell.box)]
        grid_box, *boxes = boxes_around(there(corners_of(found)), shape)
        box_of = iter(boxes)
        cells = tuple(
            cell._replace(
                box=next(box_of),
                scale=cell.scale and cell.scale / factor,
                stroke_width=cell.stroke_width and cell.stroke_width * factor,
            )
            if cell.box
            else cell
            for cell in self.cells
        )
        if self.layout.sheet is not None:
            sheet = there(self.layout.sheet)
        layout = self.layout._replace(quads=quads, sheet=sheet)
        return self._replace(grid_box=grid_box, cells=cells, layout=layout)
