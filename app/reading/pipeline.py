"""From the bytes of a picture to its reading."""

import asyncio
import contextlib
import dataclasses
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
from model.reading.second_look import is_doubtful, look_again, may_be_turned
from model.reading.smaller_grid import (
    OTHER_LAYOUT,
    first_cells,
    is_lone_digit,
    normalise_smaller,
)

# Pictures of more than ``MOST_PIXELS`` are decoded beside the event loop: they would hold up the
# others by more than about a millisecond; for smaller ones the way to a thread costs more. Larger
# files than this are opened there as well: a header may be made of millions of pieces.
_INLINE_BYTES = 64_000
# Of pictures of more pixels one is decoded at a time: each may take hundreds of megabytes.
_MANY_PIXELS = 16_000_000


class Wanted(NamedTuple):
    """Which grid to read in a picture."""

    rows: int
    columns: int
    may_be_other: bool = False
    """A picture of one digit may be read as such, whatever the rows and columns."""


class Timing(NamedTuple):
    """Where the time went, milliseconds, to the microsecond."""

    decode: float
    """From bytes to pixels."""
    ink: float
    """Making the normal form; for pictures of the network's own size, the time of their batch."""
    network: float
    """Waiting for the network, and the network."""
    second_look: float = 0.0
    """Waiting for a second look at a doubtful picture, and the look; 0 where there was no doubt."""


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
    wanted: Wanted
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
        self,
        settings: Settings,
        engine: Engine,
        executor: Executor,
        second_looks: Executor,
        observe: Callable[[int], None],
    ) -> None:
        """Pictures are decoded in one executor, and doubtful ones read again in the other."""
        self._settings = settings
        self._engine = engine
        self._config = engine.header.config
        self._executor = executor
        self._second_looks = second_looks
        self._observe_batch = observe
        self._large = asyncio.Lock()
        self._waiting: deque[tuple[_Prepared, asyncio.Future[Read]]] = deque()

    async def read(
        self, data: bytes, *, wanted: Wanted | None = None, return_attention: bool = False
    ) -> Read:
        """Reads one picture.

        Args:
            data: A file that ``app.reading.formats`` lists.
            wanted: The grid to read; None: the reader's own.
            return_attention: Whether to return where the decoder looked.

        Raises:
            PictureError: It cannot be read.
        """
        wanted = wanted or Wanted(self._config.rows, self._config.columns)
        started = time.perf_counter()
        picture = decode_plain(data, self._settings)
        if picture is not None:
            prepared = self._prepare(picture, started, wanted, return_attention)
        else:
            prepared = await self._open(data, started, wanted, return_attention)
        read = await self._put(prepared)
        if not is_own(wanted, self._config):
            reading = first_cells(read.reading, wanted.rows, wanted.columns)
            return read._replace(reading=reading)
        first = read.normal, read.reading
        if not (is_doubtful(*first) or may_be_turned(*first)):
            return read
        run = asyncio.get_running_loop().run_in_executor
        began = time.perf_counter()
        normal, reading = await run(self._second_looks, self._look_again, prepared, read)
        milliseconds = round((time.perf_counter() - began) * 1000, 3)
        return Read(reading, normal, read.timing._replace(second_look=milliseconds))

    async def _open(
        self, data: bytes, started: float, wanted: Wanted, return_attention: bool
    ) -> _Prepared:
        """Decodes with Pillow, whose memory is given back before the picture waits."""
        run = asyncio.get_running_loop().run_in_executor
        is_small = len(data) <= _INLINE_BYTES
        if is_small:
            opened = open_picture(data, self._settings)
        else:
            opened = await run(self._executor, open_picture, data, self._settings)

        def prepare() -> _Prepared:
            return self._prepare(decode_opened(opened), started, wanted, return_attention)

        num_pixels = opened.width * opened.height
        if is_small and num_pixels <= MOST_PIXELS:
            return prepare()
        async with self._large if num_pixels > _MANY_PIXELS else contextlib.nullcontext():
            return await run(self._executor, prepare)

    def _prepare(
        self, picture: Picture, started: float, wanted: Wanted, return_attention: bool
    ) -> _Prepared:
        decoded = time.perf_counter()
        # Those of the network's own size are often normal already: the batch is checked at once.
        is_left = picture.pixels.shape == (self._config.height, self._config.width)
        is_left &= is_own(wanted, self._config)
        normal = None if is_left else normal_form(picture, self._config, wanted)
        inked = time.perf_counter()
        milliseconds = (decoded - started) * 1000, (inked - decoded) * 1000
        return _Prepared(picture, normal, wanted, return_attention, *milliseconds, inked)

    def _look_again(self, prepared: _Prepared, read: Read) -> tuple[NormalForm, Reading]:
        return read_again(
            self._engine,
            prepared.picture,
            (read.normal, read.reading),
            may_be_other=prepared.wanted.may_be_other,
            return_attention=prepared.return_attention,
        )

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
        thresholds = self._engine.header.thresholds
        found = make_readings(answers, normals, self._config, notices, thresholds)
        ended = time.perf_counter()
        reads = []
        for one, reading, normal in zip(batch, found, normals, strict=True):
            ink_ms = (inked - began) * 1000 if one.normal is None else 0.0
            network_ms = (ended - one.since) * 1000 - ink_ms
            timing = round(one.decode_ms, 3), round(one.ink_ms + ink_ms, 3), round(network_ms, 3)
            reads.append(Read(reading, normal, Timing(*timing)))
        return reads


def is_own(wanted: Wanted, config: ReaderConfig) -> bool:
    """Tells whether a grid is the reader's own."""
    return (wanted.rows, wanted.columns) == (config.rows, config.columns)


def normal_form(picture: Picture, config: ReaderConfig, wanted: Wanted | None = None) -> NormalForm:
    """Brings a decoded picture to the normal form; boxes are in pixels of the one that came."""
    if wanted is None or is_own(wanted, config):
        normal = normalise(picture.pixels, config)
    else:
        normal = normalise_smaller(picture.pixels, wanted.rows, wanted.columns, config)
    return normal.enlarged(picture.factor, (picture.height, picture.width))


def read_again(
    engine: Engine,
    picture: Picture,
    first: tuple[NormalForm, Reading],
    *,
    may_be_other: bool = False,
    return_attention: bool = False,
) -> tuple[NormalForm, Reading]:
    """Gives a doubtful picture a second look: see ``model.reading.second_look``.

    Args:
        engine: Reads.
        picture: What came.
        first: What it was read as.
        may_be_other: Whether a picture of one digit is read as such; else a warning says so.
        return_attention: Whether to return where the decoder looked.
    """
    config = engine.header.config

    def read(normals: Sequence[NormalForm]) -> list[Reading]:
        pictures = np.stack([normal.picture for normal in normals])
        answers = engine.read(pictures, return_attention=return_attention)
        notices = [picture.notices] * len(normals)
        return make_readings(answers, normals, config, notices, engine.header.thresholds)

    shape = picture.height, picture.width
    if not is_doubtful(*first):
        return look_again(first, (), config, read)
    others = other_normal_forms(picture.pixels, config)
    others = [one.enlarged(picture.factor, shape) for one in others]
    normal, reading = look_again(first, others, config, read)
    lone = normal_form(picture, config, Wanted(1, 1))
    as_lone = first_cells(read([lone])[0], 1, 1)
    if not is_lone_digit(lone, as_lone, reading):
        return normal, reading
    if may_be_other:
        return lone, as_lone
    return normal, dataclasses.replace(reading, warnings=(*reading.warnings, OTHER_LAYOUT))
