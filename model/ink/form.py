"""What the normal form of a picture is, and what was done to make it."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.page.mesh import side_of

Box = tuple[int, int, int, int]
"""x0, y0, x1, y1 in pixels, ends excluded."""


def enlarged(box: Box, factor: float, shape: tuple[int, ...]) -> Box:
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


class InkWarning(NamedTuple):
    """Something about the ink that makes a reading doubtful."""

    code: str
    """``ink_across_divider``, ``several_digits``, ``faint``, ``tiny`` or ``not_a_grid``."""
    detail: str


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

        def box_there(box: Box) -> Box:
            x, y = np.array(box).reshape(2, 2).T / np.array(seen[::-1])[:, np.newaxis]
            corners = np.stack([1 - y, y], 1) @ quad.transpose(2, 0, 1) @ np.stack([1 - x, x])
            return box_around(corners.reshape(2, -1).T, shape)

        def cell_there(cell: CellInk) -> CellInk:
            if cell.box is None or cell.scale is None:
                return cell
            width = None if cell.stroke_width is None else cell.stroke_width * factor
            return cell._replace(
                box=box_there(cell.box), scale=cell.scale / factor, stroke_width=width
            )

        return self._replace(
            grid_box=box_there(self.grid_box), cells=tuple(map(cell_there, self.cells))
        )
