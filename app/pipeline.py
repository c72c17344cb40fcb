"""From the bytes of a picture to its reading."""

import asyncio
import dataclasses
import time
from concurrent.futures import Executor

from PIL import Image

from app.batching import Batcher
from app.images import Picture, decode_opened, open_picture
from app.plain_png import MOST_PIXELS
from app.settings import Settings
from model.config import ReaderConfig
from model.ink import NormalForm, normalise
from model.reading import Reading, reading

# Pictures of more pixels than this are decoded beside the event loop: they would hold up the
# others by more than about a millisecond; for smaller ones the way to a thread costs more.
_INLINE_PIXELS = MOST_PIXELS
# Larger files are opened there as well: a header may be made of millions of pieces.
_INLINE_BYTES = 64_000


@dataclasses.dataclass(frozen=True, slots=True)
class Timing:
    """Where the time went, milliseconds."""

    decode: float
    """From bytes to grey pixels."""
    ink: float
    """From grey pixels to the normal form."""
    network: float
    """Waiting for the network, and the network."""


@dataclasses.dataclass(frozen=True, slots=True)
class Read:
    """The reading of a picture and how it came about."""

    reading: Reading
    normal: NormalForm
    timing: Timing


class Pipeline:
    """Reads pictures: decodes, brings to the normal form, and has them read in batches.

    Args:
        settings: Limits.
        config: Of the reader.
        batcher: Reads normal forms.
        executor: Where large pictures are decoded.
    """

    def __init__(
        self, settings: Settings, config: ReaderConfig, batcher: Batcher, executor: Executor
    ) -> None:
        self._settings = settings
        self._config = config
        self._batcher = batcher
        self._executor = executor

    async def read(self, data: bytes, *, return_attention: bool = False) -> Read:
        """Reads one picture.

        Raises:
            PictureError: It cannot be read.
        """
        started = time.perf_counter()
        loop = asyncio.get_running_loop()
        is_small = len(data) <= _INLINE_BYTES
        opened = (
            open_picture(data, self._settings)
            if is_small
            else await loop.run_in_executor(self._executor, open_picture, data, self._settings)
        )
        if is_small and opened.width * opened.height <= _INLINE_PIXELS:
            picture, normal, decoded = self._prepare(opened)
        else:
            picture, normal, decoded = await loop.run_in_executor(
                self._executor, self._prepare, opened
            )
        prepared = time.perf_counter()
        answers, index = await self._batcher.read(normal.picture, return_attention=return_attention)
        answer = reading(answers, index, normal, self._config, picture.notices)
        timing = Timing(
            decode=(decoded - started) * 1000,
            ink=(prepared - decoded) * 1000,
            network=(time.perf_counter() - prepared) * 1000,
        )
        return Read(answer, normal, timing)

    def _prepare(self, opened: Image.Image) -> tuple[Picture, NormalForm, float]:
        picture = decode_opened(opened)
        decoded = time.perf_counter()
        return picture, normal_form(picture, self._config), decoded


def normal_form(picture: Picture, config: ReaderConfig) -> NormalForm:
    """Brings a decoded picture to the normal form; boxes are in pixels of the one that came."""
    normal = normalise(picture.pixels, config)
    return normal.enlarged(picture.factor, (picture.height, picture.width))
