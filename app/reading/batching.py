"""What waits together is done together, and nothing waits for company."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class _Waiting(NamedTuple, Generic[Item, Result]):
    item: Item
    result: asyncio.Future[Result]


class Batcher(Generic[Item, Result]):
    """Does whatever waits at the end of each turn of the event loop.

    The work runs on the loop's own thread: it is so small that handing it to another one and back
    costs more than it gives. While it runs, the next requests gather in their sockets; they are the
    next batch.

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
        self._waiting: deque[_Waiting[Item, Result]] = deque()
        self._is_scheduled = False

    def put(self, item: Item) -> asyncio.Future[Result]:
        """Has an item done with the next batch; returns its result to come."""
        loop = asyncio.get_running_loop()
        result: asyncio.Future[Result] = loop.create_future()
        self._waiting.append(_Waiting(item, result))
        if not self._is_scheduled:
            self._is_scheduled = True
            loop.call_soon(self._do_waiting, loop)
        return result

    def _do_waiting(self, loop: asyncio.AbstractEventLoop) -> None:
        batch: list[_Waiting[Item, Result]] = []
        while self._waiting and len(batch) < self._max_size:
            waiting = self._waiting.popleft()
            if not waiting.result.done():  # who asked may have gone
                batch.append(waiting)
        self._is_scheduled = bool(self._waiting)
        if self._is_scheduled:
            loop.call_soon(self._do_waiting, loop)
        if not batch:
            return
        try:
            results = self._work([waiting.item for waiting in batch])
        except Exception as error:  # belongs to the requests, not to the loop
            for waiting in batch:
                waiting.result.set_exception(error)
            return
        self._observe_size(len(batch))
        for waiting, result in zip(batch, results, strict=True):
            waiting.result.set_result(result)
