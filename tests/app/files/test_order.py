"""In which order pages are read, and their rows written."""

import random

from app.files.order import Order, Place
from app.files.rows import Row


def row(place: Place, pages: int) -> Row:
    return Row.of_error(place.named._replace(pages=pages), "", "")


def keys(rows: list[Row]) -> list[tuple[str, int]]:
    return [(row.file, row.page) for row in rows]


def test_rows_are_written_in_order_in_whatever_order_pages_are_read() -> None:
    chance = random.Random(0)
    pages = {f"{number:03}": chance.choice((1, 1, 1, 2, 7)) for number in range(200)}
    order = Order(iter(pages), {}, 20)
    written, reading = [], []
    while True:
        while len(reading) < 5 and (place := order.next()):
            reading.append(place)
        if not reading:
            break
        place = reading.pop(chance.randrange(len(reading)))
        order.has_read(place, row(place, pages[place.path]))
        written += keys(order.ready())
    expected = [(name, page + 1) for name, count in pages.items() for page in range(count)]
    assert written == expected


def test_pages_of_one_file_are_read_side_by_side_before_those_of_the_next() -> None:
    order = Order(iter("ab"), {}, 10)
    first = order.next()
    assert first is not None
    order.has_read(first, row(first, 3))
    taken = [order.next() for _ in range(4)]
    assert [(place.path, place.page) if place else None for place in taken] == [
        *(("a", 2), ("a", 3), ("b", 1), None)
    ]


def test_no_more_than_so_many_wait_for_a_slow_page() -> None:
    order = Order(map(str, range(1000)), {}, 10)
    slow = order.next()
    assert slow is not None
    others = 0
    while place := order.next():
        others += 1
        order.has_read(place, row(place, 1))
    assert others == 9
    assert order.ready() == []
    order.has_read(slow, row(slow, 1))
    assert len(order.ready()) == 10
    assert order.next() is not None


def test_a_file_that_was_begun_goes_on_at_its_next_page() -> None:
    order = Order(iter("ab"), {"a": (3, 4)}, 10)
    taken = [order.next() for _ in range(4)]
    assert [(place.path, place.page, place.pages) if place else None for place in taken] == [
        *(("a", 3, 4), ("a", 4, 4), ("b", 1, None), None)
    ]
