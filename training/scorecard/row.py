"""A row of the scorecard: pictures, and what stands in them."""

import dataclasses
from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Suffix = Literal[".png", ".jpg"]


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Row:
    """What a row of the scorecard is measured on.

    Attributes:
        key: Its short name.
        title: For people.
        labels: (M, C), int64: what stands in the cells.
        sources: (M, C), int64: the cluster of each cell, a writer or a grid, which is what the
            bootstrap samples.
        picture: Makes the picture of a grid, given its number: (H, W), grey, or (H, W, 3), RGB,
            uint8.
        suffix: Of the kind of file that the service gets.
        groups: (M, C): names of groups whose shares are also given, such as the writers' sites.
        expected_warning: The code of the warning that is the right answer where a picture shows no
            grid; the digits of such an answer do not count.
    """

    key: str
    title: str
    labels: NDArray[np.int64]
    sources: NDArray[np.int64]
    picture: Callable[[int], NDArray[np.uint8]]
    suffix: Suffix = ".png"
    groups: NDArray[np.str_] | None = None
    expected_warning: str | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def first(self, count: int) -> "Row":
        """Returns the row with its first ``count`` grids alone."""
        groups = None if self.groups is None else self.groups[:count]
        return dataclasses.replace(
            self, labels=self.labels[:count], sources=self.sources[:count], groups=groups
        )


def arrange_in_grids(count: int, cells: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Arranges ``count`` things in as many grids: (count, cells), each once in each cell.

    No grid holds one thing twice where there are at least as many things as cells.
    """
    order = random.permutation(count)
    shifts = random.permutation(count)[:cells] if count >= cells else np.arange(cells)
    return np.stack([np.roll(order, shift) for shift in shifts], axis=1).astype(np.int64)
