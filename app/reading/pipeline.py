"""From the bytes of a picture to its reading."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from typing import NamedTuple

import numpy as np

from app.reading.engine import Engine
from app.reading.images import Picture, decode_opened, decode_plain, open_picture
from app.reading.looks import (
    Look,
    Wanted,
    look_twice,
    needs_second_look,
    normal_form,
    own_grid,
    read_normal_forms,
)
from app.reading.plain_png import MOST_PIXELS
from app.settings import Settings
from model.config import ReaderConfig
from model.ink import NormalForm, find_already_normal
from model.reading import Reading

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
    """Waiting for a second look at a doubtful picture, and the look; 0 where there was no doubt."""


class Read(NamedTuple):
    """The reading of a picture and how it came about."""

    look: Look
    timing: Timing

    @property
    def reading(self) -> Reading:
        """What was read."""
        return self.look.reading

    @property
    def normal(self) -> NormalForm:
        """What the network saw."""
        return self.look.normal


class _Prepared(NamedTuple):
    """A picture that waits for the network."""

    picture: Picture
    normal: NormalForm | None
    """None where the batch is to make it."""
    grid: ReaderConfig
    """Its rows and columns."""
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
        wanted = wanted or own_grid(self._config)
        started = time.perf_counter()
        picture = decode_plain(data, self._settings) if wanted.is_small(self._config) else None
        if picture is not None:
            prepared = self._prepare(picture, started, wanted, return_attention)
        else:
            prepared = await self._open(data, started, wanted, return_attention)
        run = asyncio.get_running_loop().run_in_executor
        if prepared.grid.num_cells > self._config.num_cells:
            return await run(self._second_looks, self._read_sheet, prepared)
        read = await self._put(prepared)
        if not needs_second_look(read.look):
            return read
        began = time.perf_counter()
        look = await run(self._second_looks, self._look_again, prepared, read.look)
        milliseconds = round((time.perf_counter() - began) * 1000, 3)
        return Read(look, read.timing._replace(second_look=milliseconds))

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
            picture = decode_opened(opened, wanted.longest_side)
            return self._prepare(picture, started, wanted, return_attention)

        num_pixels = opened.width * opened.height
        if is_small and num_pixels <= MOST_PIXELS and wanted.is_small(self._config):
            return prepare()
        async with self._large if num_pixels > _MANY_PIXELS else contextlib.nullcontext():
            return await run(self._executor, prepare)

    def _prepare(
        self, picture: Picture, started: float, wanted: Wanted, return_attention: bool
    ) -> _Prepared:
        decoded = time.perf_counter()
        grid, normal = self._config, None
        # Those of the network's own size are often normal already: the batch is checked at once.
        is_left = picture.pixels.shape == (grid.height, grid.width)
        if not (is_left and wanted == own_grid(grid)):
            normal, grid = normal_form(picture, grid, wanted)
        inked = time.perf_counter()
        milliseconds = (decoded - started) * 1000, (inked - decoded) * 1000
        return _Prepared(picture, normal, grid, wanted, return_attention, *milliseconds, inked)

    def _read_sheet(self, prepared: _Prepared) -> Read:
        """Reads what takes many pictures of the network's: beside the event loop."""
        assert prepared.normal is not None
        of_one = [prepared.normal], [prepared.grid], [prepared.picture]
        (reading,) = read_normal_forms(self._engine, *of_one)
        look = Look(prepared.grid, prepared.normal, reading)
        ended = time.perf_counter()
        second_look = 0.0
        if needs_second_look(look):
            look = self._look_again(prepared, look)
            second_look = (time.perf_counter() - ended) * 1000
        network = (ended - prepared.since) * 1000
        parts = prepared.decode_ms, prepared.ink_ms, network, second_look
        return Read(look, Timing(*(round(part, 3) for part in parts)))

    def _look_again(self, prepared: _Prepared, first: Look) -> Look:
        return look_twice(
            self._engine,
            prepared.picture,
            first,
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
            one.normal or next(ready) or normal_form(one.picture, self._config, one.wanted)[0]
            for one in batch
        ]
        inked = time.perf_counter()
        found = read_normal_forms(
            self._engine,
            normals,
            [one.grid for one in batch],
            [one.picture for one in batch],
            return_attention=any(one.return_attention for one in batch),
        )
        ended = time.perf_counter()
        reads = []
        for one, reading, normal in zip(batch, found, normals, strict=True):
            ink_ms = (inked - began) * 1000 if one.normal is None else 0.0
            network_ms = (ended - one.since) * 1000 - ink_ms
            timing = round(one.decode_ms, 3), round(one.ink_ms + ink_ms, 3), round(network_ms, 3)
            reads.append(Read(Look(one.grid, normal, reading), Timing(*timing)))
        return reads
