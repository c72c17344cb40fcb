"""Requests that arrive while the network runs are read as the next batch; none waits for others."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class Batcher(Generic[Item, Result]):
    """Does the work that has been put since the last turn of the event loop, in batches.

    The work runs on the loop's own thread: it is so small that handing it to another one and back
    costs more than it gives. While it runs, the next requests gather in their sockets.

    Args:
        work: Does a batch; returns a result for each of its items, in order.
        max_size: Most items in one batch.
        observe_size: Is told the size of each batch that was done.
    """

    def __init__(
        self,
        work: Callable[[list[Item]], list[Result]],
        max_size: int,
        observe_size: Callable[[int], None],
    ) -> None:
        self._work = work
        self._max_size = max_size
        self._observe_size = observe_size
        self._waiting: deque[tuple[Item, asyncio.Future[Result]]] = deque()

    def put(self, item: Item) -> asyncio.Future[Result]:
        """Has an item done with the next batch; returns its result to come."""
        loop = asyncio.get_running_loop()
        result: asyncio.Future[Result] = loop.create_future()
        self._waiting.append((item, result))
        if len(self._waiting) == 1:
            loop.call_soon(self._work_off, loop)
        return result

    def _work_off(self, loop: asyncio.AbstractEventLoop) -> None:
        batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), self._max_size))]
        if self._waiting:
            loop.call_soon(self._work_off, loop)
        batch = [(item, result) for item, result in batch if not result.done()]  # who asked is gone
        if not batch:
            return
        try:
            results = self._work([item for item, _ in batch])
        except Exception as error:  # belongs to the requests, not to the loop
            for _, result in batch:
                result.set_exception(error)
            return
        self._observe_size(len(batch))
        for (_, result), found in zip(batch, results, strict=True):
            result.set_result(found)
