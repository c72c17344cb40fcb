"""The shape of a reader: everything that is needed to build the network, and nothing else."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Self

from model.errors import ConfigError


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class ReaderConfig:
    """The architecture of a ``GridReader``. Stored in every checkpoint, checked on construction."""

    rows: int = 2
    """Cells from top to bottom."""
    columns: int = 2
    """Cells from left to right."""
    cell_size: int = 28
    """Side of a cell in pixels: MNIST's."""
    patch_size: int = 14
    """Side of a patch in pixels; divides ``cell_size``."""
    d_model: int = 64
    """Width D of every token."""
    num_heads: int = 4
    """Attention heads K in each attention; divides ``d_model``."""
    encoder_layers: int = 6
    decoder_layers: int = 2
    mlp_width: int = 256
    """Hidden width of the MLP in each block."""
    dropout: float = 0.0
    """Share of a residual branch's output set to zero in training, 0 <= dropout < 1."""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if field.name == "dropout":
                if (
                    isinstance(value, bool)
                    or not isinstance(value, int | float)
                    or not 0 <= value < 1
                ):
                    raise ConfigError(f"dropout: expected a number in [0, 1), got {value!r}")
            elif isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ConfigError(
                    f"{field.name}: expected a whole number of at least 1, got {value!r}"
                )
        if self.cell_size % self.patch_size:
            raise ConfigError(
                f"patch_size: expected a divisor of cell_size {self.cell_size}, "
                f"got {self.patch_size}"
            )
        if self.d_model % self.num_heads:
            raise ConfigError(
                f"num_heads: expected a divisor of d_model {self.d_model}, got {self.num_heads}"
            )

    @property
    def num_cells(self) -> int:
        """Cells C in a grid."""
        return self.rows * self.columns

    @property
    def num_steps(self) -> int:
        """Decoding steps T: one a cell and one for ``<finish>``."""
        return self.num_cells + 1

    @property
    def height(self) -> int:
        """Height H of the picture in pixels."""
        return self.rows * self.cell_size

    @property
    def width(self) -> int:
        """Width W of the picture in pixels."""
        return self.columns * self.cell_size

    @property
    def patch_rows(self) -> int:
        """Patches from top to bottom."""
        return self.height // self.patch_size

    @property
    def patch_columns(self) -> int:
        """Patches from left to right."""
        return self.width // self.patch_size

    @property
    def num_patches(self) -> int:
        """Patches N in a picture."""
        return self.patch_rows * self.patch_columns

    def to_dict(self) -> dict[str, Any]:
        """Returns the fields as plain JSON values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Builds a config from a mapping that names every field and no other.

        Raises:
            ConfigError: A field is unknown, missing or out of range.
        """
        known = {field.name for field in dataclasses.fields(cls)}
        if unknown := sorted(set(values) - known):
            raise ConfigError(f"unknown settings {unknown}; expected {sorted(known)}")
        if missing := sorted(known - set(values)):
            raise ConfigError(f"missing settings {missing}; expected {sorted(known)}")
        return cls(**values)
