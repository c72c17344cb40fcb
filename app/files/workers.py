"""Processes that read pages, each with a reader of its own."""

import contextlib
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Self

from app.files.order import Place
from app.files.pages import Pages, open_pages
from app.files.rows import Page, Row
from app.reading.images import LONGEST_SIDE
from app.reading.looks import Wanted
from app.reading.reader import Reader
from app.reading.tables import to_text
from model.errors import PictureError, ReaderError


class Workers:
    """So many processes at most; one is started when there is a page for it.

    They end when this process does, however it ends: each then finds its connection closed.

    Args:
        most: Processes at once.
        sha256: Of the weights that each has to load.
        wanted: The grid to read; None: the reader's own.
        made_by: Last field of each row.
    """

    def __init__(self, most: int, sha256: str, wanted: Wanted | None, made_by: str) -> None:
        self._most = most
        self._sha256 = sha256
        self._wanted = wanted
        self._made_by = made_by
        self._workers: list[_Worker] = []

    def has_room(self) -> bool:
        """Whether one of them has nothing to do, or is not there yet."""
        return len(self._busy()) < self._most

    def is_reading(self) -> bool:
        """Whether any of them is."""
        return bool(self._busy())

    def give(self, place: Place) -> None:
        """Has a page read by one that has nothing to do."""
        for worker in [worker for worker in self._workers if worker.place is None]:
            if worker.give(place):
                return
            self._workers.remove(worker)  # it has died meanwhile
        worker = _Worker(self._wanted, self._made_by)
        self._workers.append(worker)
        worker.give(place)

    def wait(self) -> Iterator[tuple[Place, Row]]:
        """Waits until pages were read, and returns their rows.

        Raises:
            ReaderError: A process cannot be started, or has other weights.
        """
        waiting = {worker.connection: worker for worker in self._busy()}
        for connection in wait(waiting):
            assert isinstance(connection, Connection)
            worker = waiting[connection]
            place = worker.place
            assert place is not None
            try:
                answer: Row | str = connection.recv()
            except (EOFError, OSError):
                self._workers.remove(worker)
                yield place, Row.of_error(place.named, worker.how_it_ended(), self._made_by)
                continue
            if isinstance(answer, Row):
                worker.place = None
                yield place, answer
            else:
                worker.is_ready = True
                if answer != self._sha256:
                    raise ReaderError("the weights were exchanged while they were in use")

    @property
    def processes(self) -> list[int]:
        """Their numbers."""
        return [worker.process.pid or 0 for worker in self._workers]

    def _busy(self) -> list["_Worker"]:
        return [worker for worker in self._workers if worker.place is not None]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.process.kill()  # it writes nothing
        for worker in self._workers:
            worker.process.join()


class _Worker:
    """One of the processes, seen from the one that started it."""

    def __init__(self, wanted: Wanted | None, made_by: str) -> None:
        self.place: Place | None = None
        self.is_ready = False
        context = multiprocessing.get_context("spawn")
        self.connection, other = context.Pipe()
        self.process = context.Process(target=_work, args=(other, wanted, made_by), daemon=True)
        with _interrupted_later():
            self.process.start()
        other.close()

    def give(self, place: Place) -> bool:
        """Has it read a page; returns whether it is still there."""
        with contextlib.suppress(OSError):
            self.connection.send((place.path, place.named))
            self.place = place
            return True
        return False

    def how_it_ended(self) -> str:
        """Says what became of it while it read; raises ReaderError where it never began."""
        self.process.join()
        code = self.process.exitcode or 0
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        if not self.is_ready:
            raise ReaderError(f"a process that reads pages could not start: {how}")
        return f"the process that read it ended ({how})"


@contextlib.contextmanager
def _interrupted_later() -> Iterator[None]:
    """Keeps Ctrl-C back, and for good from the processes that are started meanwhile.

    In a terminal it goes to all processes; the first one alone answers it.
    """
    resource_tracker.ensure_running()  # to start it, as the first process does, lifts the block
    came: list[int] = []
    # Other threads of this process do not block the signal, and hand it to the handler.
    handler = signal.signal(signal.SIGINT, lambda number, _: came.append(number))
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        signal.signal(signal.SIGINT, handler)
    if came:
        signal.raise_signal(signal.SIGINT)


def _work(connection: Connection, wanted: Wanted | None, made_by: str) -> None:
    """Reads pages until there are no more, or nobody asks any more."""
    reader = Reader.load()
    # libtiff prints what is wrong with a file, but not with which, and over the progress bar.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    if reader.settings.engine == "torch":
        import torch

        torch.set_num_threads(1)
    longest_side = wanted.longest_side if wanted else LONGEST_SIDE
    path, pages = "", None
    with contextlib.suppress(EOFError, OSError):
        connection.send(reader.engine.sha256)
        while True:
            asked: tuple[str, Page] = connection.recv()
            if pages is None or asked[0] != path:
                if pages is not None:
                    pages.close()
                path, pages = asked[0], None
            page = asked[1]
            try:
                pages = pages or open_pages(path, reader.settings, longest_side)
                page = page._replace(pages=pages.count if page.page == 1 else page.pages)
                row = _read(reader, pages, page, wanted, made_by)
            except PictureError as error:
                row = Row.of_error(page, str(error), made_by)
            except Exception as error:  # a fault of ours, or no memory: the others are read
                row = Row.of_error(page, f"{type(error).__name__}: {error}", made_by)
            connection.send(row)


def _read(reader: Reader, pages: Pages, page: Page, wanted: Wanted | None, made_by: str) -> Row:
    if page.page > pages.count:
        raise PictureError(f"expected page {page.page}, the file has {pages.count} by now")
    reading = reader.read(pages.picture(page.page), wanted=wanted)
    text = to_text(reading, reading.text, reader.engine.header.config)
    return Row.of_reading(page, reading, text, made_by)
