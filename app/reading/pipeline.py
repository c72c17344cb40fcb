"""From the bytes of a picture to its reading."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import NamedTuple

import numpy as np

from app.reading.engine import Engine
from app.reading.images import Picture, decode_opened, decode_plain, open_picture
from app.reading.plain_png import MOST_PIXELS
from app.settings import Settings
from model.config import ReaderConfig
from model.ink import NormalForm, find_already_normal, normalise, other_normal_forms
from model.reading import Reading, make_readings
from model.reading.second_look import is_doubtful, look_again

# Pictures of more than ``MOST_PIXELS`` are decoded beside the event loop: they would hold up the
# others by more than about a millisecond; for smaller ones the way to a thread costs more. Larger
# files than this are opened there as well: a header may be made of millions of pieces.
_INLINE_BYTES = 64_000
# Of pictures of more pixels one is decoded at a time: each may take hundreds of megabytes.
_MANY_PIXELS = 16_000_000


class Timing(NamedTuple):
    """Where the time went, milliseconds, to the microsecond."""

    decode: float
    """From bytes to pixels."""
    ink: float
    """Making the normal form; for pictures of the network's own size, the time of their batch."""
    network: float
    """Waiting for the network, and the network."""
    second_look: float = 0.0
    """Reading a doubtful picture in other ways; 0 where there was no doubt."""


class Read(NamedTuple):
    """The reading of a picture and how it came about."""

    reading: Reading
    normal: NormalForm
    timing: Timing


class _Prepared(NamedTuple):
    """A picture that waits for the network."""

    picture: Picture
    normal: NormalForm | None
    """None where the batch is to make it."""
    return_attention: bool
    decode_ms: float
    ink_ms: float
    since: float
    """When it began to wait."""


class Pipeline:
    """Reads pictures: decodes them, brings them to the normal form, and reads them in batches.

    What has come to wait since the last turn of the event loop is one batch; none waits for others.
    The network runs on the loop's own thread: it is so small that handing it to another one and
    back costs more than it gives. While it runs, the next requests gather in their sockets.
    """

    def __init__(
        self, settings: Settings, engine: Engine, executor: Executor, observe: Callable[[int], None]
    ) -> None:
        self._settings = settings
        self._engine = engine
        self._config = engine.header.config
        self._executor = executor
        self._observe_batch = observe
        self._large = asyncio.Lock()
        self._waiting: deque[tuple[_Prepared, asyncio.Future[Read]]] = deque()

    async def read(self, data: bytes, *, return_attention: bool = False) -> Read:
        """Reads one picture.

        Raises:
            PictureError: It cannot be read.
        """
        started = time.perf_counter()
        picture = decode_plain(data, self._settings)
        if picture is not None:
            prepared = self._prepare(picture, started, return_attention)
        else:
            prepared = await self._open(data, started, return_attention)
        read = await self._put(prepared)
        if not is_doubtful(read.normal, read.reading):
            return read
        run = asyncio.get_running_loop().run_in_executor
        return await run(self._executor, self._look_again, prepared, read)

    async def _open(self, data: bytes, started: float, return_attention: bool) -> _Prepared:
        """Decodes with Pillow, whose memory is given back before the picture waits."""
        run = asyncio.get_running_loop().run_in_executor
        is_small = len(data) <= _INLINE_BYTES
        if is_small:
            opened = open_picture(data, self._settings)
        else:
            opened = await run(self._executor, open_picture, data, self._settings)

        def prepare() -> _Prepared:
            return self._prepare(decode_opened(opened), started, return_attention)

        num_pixels = opened.width * opened.height
        if is_small and num_pixels <= MOST_PIXELS:
            return prepare()
        async with self._large if num_pixels > _MANY_PIXELS else contextlib.nullcontext():
            return await run(self._executor, prepare)

    def _prepare(self, picture: Picture, started: float, return_attention: bool) -> _Prepared:
        decoded = time.perf_counter()
        # Those of the network's own size are often normal already: the batch is checked at once.
        is_left = picture.pixels.shape == (self._config.height, self._config.width)
        normal = None if is_left else normal_form(picture, self._config)
        inked = time.perf_counter()
        milliseconds = (decoded - started) * 1000, (inked - decoded) * 1000
        return _Prepared(picture, normal, return_attention, *milliseconds, inked)

    def _look_again(self, prepared: _Prepared, read: Read) -> Read:
        began = time.perf_counter()
        normal, reading = read_again(
            self._engine,
            prepared.picture,
            (read.normal, read.reading),
            return_attention=prepared.return_attention,
        )
        milliseconds = round((time.perf_counter() - began) * 1000, 3)
        return Read(reading, normal, read.timing._replace(second_look=milliseconds))

    def _put(self, picture: _Prepared) -> asyncio.Future[Read]:
        loop = asyncio.get_running_loop()
        result: asyncio.Future[Read] = loop.create_future()
        self._waiting.append((picture, result))
        if len(self._waiting) == 1:
            loop.call_soon(self._work_off, loop)
        return result

    def _work_off(self, loop: asyncio.AbstractEventLoop) -> None:
        size = min(len(self._waiting), self._settings.network_batch)
        batch = [self._waiting.popleft() for _ in range(size)]
        if self._waiting:
            loop.call_soon(self._work_off, loop)
        # Who does not wait any more has gone.
        batch = [(picture, result) for picture, result in batch if not result.done()]
        if not batch:
            return
        try:
            reads = self._read_together([picture for picture, _ in batch])
        except Exception as error:  # belongs to the requests, not to the loop
            for _, result in batch:
                result.set_exception(error)
            return
        self._observe_batch(len(batch))
        for (_, result), read in zip(batch, reads, strict=True):
            result.set_result(read)

    def _read_together(self, batch: list[_Prepared]) -> list[Read]:
        began = time.perf_counter()
        left = [one.picture.pixels for one in batch if one.normal is None]
        ready = iter(find_already_normal(np.stack(left), self._config) if left else ())
        normals = [
            one.normal or next(ready) or normal_form(one.picture, self._config) for one in batch
        ]
        inked = time.perf_counter()
        answers = self._engine.read(
            np.stack([normal.picture for normal in normals]),
            return_attention=any(one.return_attention for one in batch),
        )
        notices = [one.picture.notices for one in batch]
        found = make_readings(answers, normals, self._config, notices)
        ended = time.perf_counter()
        reads = []
        for one, reading, normal in zip(batch, found, normals, strict=True):
            ink_ms = (inked - began) * 1000 if one.normal is None else 0.0
            network_ms = (ended - one.since) * 1000 - ink_ms
            timing = round(one.decode_ms, 3), round(one.ink_ms + ink_ms, 3), round(network_ms, 3)
            reads.append(Read(reading, normal, Timing(*timing)))
        return reads


def normal_form(picture: Picture, config: ReaderConfig) -> NormalForm:
    """Brings a decoded picture to the normal form; boxes are in pixels of the one that came."""
    normal = normalise(picture.pixels, config)
    return normal.enlarged(picture.factor, (picture.height, picture.width))


def read_again(
    engine: Engine,
    picture: Picture,
    first: tuple[NormalForm, Reading],
    *,
    return_attention: bool = False,
) -> tuple[NormalForm, Reading]:
    """Gives a doubtful picture a second look: see ``model.reading.second_look``."""
    config = engine.header.config

    def read(normals: Sequence[NormalForm]) -> list[Reading]:
        pictures = np.stack([normal.picture for normal in normals])
        answers = engine.read(pictures, return_attention=return_attention)
        return make_readings(answers, normals, config, [picture.notices] * len(normals))

    shape = picture.height, picture.width
    others = other_normal_forms(picture.pixels, config)
    return look_again(first, [one.enlarged(picture.factor, shape) for one in others], config, read)
