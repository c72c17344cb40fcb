"""What the normal form of a picture is, and what was done to make it."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

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
