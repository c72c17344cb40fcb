"""Pictures that wait together are read together, and none waits for company."""

import asyncio
import dataclasses
from collections import deque
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from app.engine import Engine
from model.reading import Answers


@dataclasses.dataclass(frozen=True, slots=True)
class _Waiting:
    picture: NDArray[np.uint8]
    return_attention: bool
    answer: asyncio.Future[tuple[Answers, int]]


class Batcher:
    """Gives an engine whatever waits at the end of each turn of the event loop.

    The network runs on the loop's own thread: it is so small that handing it to another one and
    back costs more than it gives. While it runs, the next requests gather in their sockets; they
    are the next batch.

    Args:
        engine: Reads the batches.
        max_size: Most pictures in one batch.
        observe_size: Is told the size of each batch.
    """

    def __init__(self, engine: Engine, max_size: int, observe_size: Callable[[int], None]) -> None:
        self._engine = engine
        self._max_size = max_size
        self._observe_size = observe_size
        self._waiting: deque[_Waiting] = deque()
        self._is_scheduled = False

    async def read(
        self, picture: NDArray[np.uint8], *, return_attention: bool = False
    ) -> tuple[Answers, int]:
        """Reads one picture in the normal form, (H, W) uint8.

        Returns:
            The answers of the batch that it was read in, and its index in them.
        """
        loop = asyncio.get_running_loop()
        waiting = _Waiting(picture, return_attention, loop.create_future())
        self._waiting.append(waiting)
        if not self._is_scheduled:
            self._is_scheduled = True
            loop.call_soon(self._read_waiting, loop)
        return await waiting.answer

    def _read_waiting(self, loop: asyncio.AbstractEventLoop) -> None:
        batch: list[_Waiting] = []
        while self._waiting and len(batch) < self._max_size:
            waiting = self._waiting.popleft()
            if not waiting.answer.done():  # who asked may have gone
                batch.append(waiting)
        self._is_scheduled = bool(self._waiting)
        if self._is_scheduled:
            loop.call_soon(self._read_waiting, loop)
        if not batch:
            return
        try:
            answers = self._engine.read(
                np.stack([waiting.picture for waiting in batch]),
                return_attention=any(waiting.return_attention for waiting in batch),
            )
        except Exception as error:  # belongs to the requests, not to the loop
            for waiting in batch:
                waiting.answer.set_exception(error)
            return
        self._observe_size(len(batch))
        for index, waiting in enumerate(batch):
            waiting.answer.set_result((answers, index))
