"""The shape of a reader: everything that is needed to build the network, and nothing else."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Self

from model.errors import ConfigError


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class ReaderConfig:
    """The architecture of a ``GridReader``; stored in every checkpoint."""

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
    decoder_layers: int = 1
    mlp_width: int = 256
    """Hidden width of the MLP in each block."""
    dropout: float = 0.0
    """Share of a residual branch's output set to zero in training, 0 <= dropout < 1."""

    def __post_init__(self) -> None:
        for name, value in self.to_dict().items():
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            if name == "dropout":
                if not (is_number and 0 <= value < 1):
                    raise ConfigError(f"dropout: expected a number in [0, 1), got {value!r}")
            elif not (is_number and isinstance(value, int) and value >= 1):
                raise ConfigError(f"{name}: expected a whole number of at least 1, got {value!r}")
        for part, whole in (("patch_size", "cell_size"), ("num_heads", "d_model")):
            if getattr(self, whole) % getattr(self, part):
                expected = f"expected a divisor of {whole} {getattr(self, whole)}"
                raise ConfigError(f"{part}: {expected}, got {getattr(self, part)}")

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
    def num_patches(self) -> int:
        """Patches N in a picture."""
        return self.height * self.width // self.patch_size**2

    def to_dict(self) -> dict[str, Any]:
        """Returns the fields as plain JSON values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Builds a config from a mapping that names every field and no other, or ConfigError."""
        known = {field.name for field in dataclasses.fields(cls)}
        if known != set(values):
            raise ConfigError(
                f"unknown settings {sorted(set(values) - known)}, "
                f"missing settings {sorted(known - set(values))}"
            )
        return cls(**values)
