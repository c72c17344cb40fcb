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
from app.reading.pipeline import Wanted, is_own, normal_form, read_again
from app.settings import Settings
from model.errors import PictureError
from model.reading import Reading, make_readings
from model.reading.second_look import is_doubtful, may_be_turned
from model.reading.smaller_grid import first_cells


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
            wanted: The grid, ``Wanted(1, 1)`` for a lone digit; None: the reader's own.

        Returns:
            The reading: ``digits``, ``text``, ``confidence``, ``cells`` and ``warnings``.

        Raises:
            PictureError: It cannot be read, or is no picture of a grid.
        """
        if isinstance(picture, np.ndarray):
            decoded = decode_opened(_image(picture))
        else:
            try:
                data = picture if isinstance(picture, bytes) else Path(picture).read_bytes()
            except OSError as error:
                raise PictureError(f"the file cannot be read: {error.strerror}") from error
            decoded = decode_opened(open_picture(data, self.settings))
        config = self.engine.header.config
        wanted = wanted or Wanted(config.rows, config.columns)
        normal = normal_form(decoded, config, wanted)
        answers = self.engine.read(normal.picture[np.newaxis])
        (reading,) = make_readings(
            answers, [normal], config, [decoded.notices], self.engine.header.thresholds
        )
        if not is_own(wanted, config):
            return first_cells(reading, wanted.rows, wanted.columns)
        first = normal, reading
        if is_doubtful(*first) or may_be_turned(*first):
            _, reading = read_again(self.engine, decoded, first, may_be_other=wanted.may_be_other)
        return reading


def _image(pixels: NDArray[Any]) -> Image.Image:
    is_shape = pixels.ndim >= 2 and pixels.shape[2:] in ((), (3,), (4,))
    if pixels.dtype != np.uint8 or not is_shape or not pixels.size:
        raise PictureError(
            "expected a uint8 array (H, W), (H, W, 3) or (H, W, 4), "
            f"got {pixels.dtype} {pixels.shape}"
        )
    return Image.fromarray(pixels)
