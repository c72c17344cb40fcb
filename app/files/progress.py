"""How far a table has come: which files stand in it, and up to which page."""

import dataclasses
from pathlib import Path
from typing import NamedTuple

from app.files.errors import TableError


class Stamp(NamedTuple):
    """What a run that goes on has to know of a row."""

    file: str
    page: int
    pages: int
    has_error: bool
    made_by: str


@dataclasses.dataclass(slots=True)
class Progress:
    """Of a table that is being read or written, whose rows have to be all by one maker."""

    table: Path
    made_by: str
    done: set[str] = dataclasses.field(default_factory=set)
    """Files whose last page is there."""
    begun: dict[str, tuple[int, int]] = dataclasses.field(default_factory=dict)
    """Other files: the page that comes next, and of how many."""
    num_errors: int = 0
    """Rows without a reading."""

    def add(self, row: Stamp) -> None:
        """Takes note of a row.

        Raises:
            TableError: It was made by other weights or with other options.
        """
        if row.made_by != self.made_by:
            raise TableError(
                f"{self.table} was made by {row.made_by!r}, and this run is {self.made_by!r}: "
                "name another file, or remove that one"
            )
        self.num_errors += row.has_error
        if row.page < row.pages:
            self.begun[row.file] = row.page + 1, row.pages
        else:
            self.begun.pop(row.file, None)
            self.done.add(row.file)

    def overlaps(self, other: "Progress") -> bool:
        """Whether a file that is done in one is known to the other."""
        return not self.done.isdisjoint(other.done | other.begun.keys())

    def include(self, other: "Progress") -> None:
        """Adds what another table holds."""
        self.done |= other.done
        self.begun |= other.begun
        self.num_errors += other.num_errors
