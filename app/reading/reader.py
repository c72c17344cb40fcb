"""The reader for other Python programs: a picture in, its reading out, without a server."""

import dataclasses
import os
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from app.reading.engine import Engine, load_engine
from app.reading.images import decode_opened, open_picture
from app.reading.looks import (
    Look,
    Wanted,
    look_twice,
    needs_second_look,
    normal_form,
    own_grid,
    read_normal_forms,
)
from app.settings import Settings
from model.errors import PictureError
from model.reading import Reading


@dataclasses.dataclass(frozen=True, slots=True)
class Reader:
    """Loaded weights that read one picture at a time; ``Reader.load`` makes one."""

    engine: Engine
    settings: Settings
    """Its limits hold for pictures that come as files."""

    @classmethod
    def load(cls, weights: str | os.PathLike[str] | None = None) -> Self:
        """Loads weights.

        Args:
            weights: A .safetensors file with its .onnx graph beside it. None: the file that the
                environment variable WEIGHTS names, or the released weights.

        Raises:
            ReaderError: They cannot be used; the message says why.
        """
        settings = Settings.load(weights=weights)
        return cls(load_engine(settings), settings)

    def read(
        self,
        picture: NDArray[np.uint8] | bytes | str | os.PathLike[str],
        *,
        wanted: Wanted | None = None,
    ) -> Reading:
        """Reads one picture of a grid, of any size, dark ink on light ground or light on dark.

        Args:
            picture: Pixels, a uint8 array from 0 to 255: grey (H, W), RGB (H, W, 3) or RGBA
                (H, W, 4). Or the bytes of a file that ``app.reading.formats`` lists. Or its path.
            wanted: The grid, ``Wanted(9, 9)`` for a sudoku; None: the reader's own.

        Returns:
            The reading: ``digits``, ``text``, ``confidence``, ``cells`` and ``warnings``.

        Raises:
            PictureError: It cannot be read, or is no picture of a grid.
        """
        config = self.engine.header.config
        wanted = wanted or own_grid(config)
        if isinstance(picture, np.ndarray):
            opened = _image(picture)
        else:
            try:
                data = picture if isinstance(picture, bytes) else Path(picture).read_bytes()
            except OSError as error:
                raise PictureError(f"the file cannot be read: {error.strerror}") from error
            opened = open_picture(data, self.settings)
        decoded = decode_opened(opened, wanted.longest_side)
        normal, grid = normal_form(decoded, config, wanted)
        (reading,) = read_normal_forms(self.engine, [normal], [grid], [decoded])
        look = Look(grid, normal, reading)
        if needs_second_look(look):
            look = look_twice(self.engine, decoded, look, may_be_other=wanted.may_be_other)
        return look.reading


def _image(pixels: NDArray[Any]) -> Image.Image:
    is_shape = pixels.ndim >= 2 and pixels.shape[2:] in ((), (3,), (4,))
    if pixels.dtype != np.uint8 or not is_shape or not pixels.size:
        raise PictureError(
            "expected a uint8 array (H, W), (H, W, 3) or (H, W, 4), "
            f"got {pixels.dtype} {pixels.shape}"
        )
    return Image.fromarray(pixels)
