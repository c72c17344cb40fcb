"""Pages are read side by side, and their rows written in order."""

import dataclasses
from collections.abc import Iterator, Mapping

from app.files.listing import name_of
from app.files.rows import Page, Row


@dataclasses.dataclass(eq=False, slots=True)
class Place:
    """A page on its way into the table."""

    path: str
    page: int
    pages: int | None
    """How many the file has; None: that is not known before it is opened."""
    is_taken: bool = False
    row: Row | None = None

    @property
    def named(self) -> Page:
        """The first fields of its row; of a file that was never opened it is the only page."""
        return Page(name_of(self.path), self.page, self.pages or self.page)


class Order:
    """The pages that are being read, and those before which others have to be written.

    Args:
        paths: Of the files, in order.
        begun: Of files whose first pages stand in the table: the next one, and of how many.
        most: Places held at once: how far ahead of a slow page others are read.
    """

    def __init__(
        self, paths: Iterator[str], begun: Mapping[str, tuple[int, int]], most: int
    ) -> None:
        self._paths = paths
        self._begun = begun
        self._most = most
        self._places: list[Place] = []

    def next(self) -> Place | None:
        """Returns the page to read next; None where there is none, or none for now."""
        for place in self._places:
            if not place.is_taken:
                break
        else:
            path = None if len(self._places) >= self._most else next(self._paths, None)
            if path is None:
                return None
            place = Place(path, *self._begun.get(name_of(path), (1, None)))
            self._places.append(place)
        place.is_taken = True
        if place.pages is not None:
            self._add_next_page(place)
        return place

    def has_read(self, place: Place, row: Row) -> None:
        """Takes the row of a page; of a first one it says how many there are."""
        place.row = row
        if place.pages is None:
            place.pages = row.pages
            self._add_next_page(place)

    def ready(self) -> list[Row]:
        """Returns the rows that can be written now."""
        rows = []
        for place in self._places:
            if place.row is None:
                break
            rows.append(place.row)
        del self._places[: len(rows)]
        return rows

    def _add_next_page(self, place: Place) -> None:
        assert place.pages is not None
        if place.page < place.pages:
            following = Place(place.path, place.page + 1, place.pages)
            self._places.insert(self._places.index(place) + 1, following)
