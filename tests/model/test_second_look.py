"""Which of several readings of a picture is believed."""

from collections.abc import Sequence

import numpy as np
import pytest

from model.config import ReaderConfig
from model.ink import CellInk, GridLayout, InkWarning, NormalForm
from model.reading import Cell, Reading
from model.reading.second_look import is_doubtful, look_again, turn

CONFIG = ReaderConfig()
PROBABILITIES = np.zeros(11, np.float32)
BOXES = [(0, 0, 10, 10), (10, 0, 20, 10), (0, 10, 10, 20), (10, 10, 20, 20)]


def form(name: int, *codes: str) -> NormalForm:
    """A normal form whose first pixel is its name."""
    picture = np.zeros((CONFIG.height, CONFIG.width), np.uint8)
    picture[0, 0] = name
    cells = tuple(CellInk(box, 1.0) for box in BOXES)
    warnings = tuple(InkWarning(code, "") for code in codes)
    layout = GridLayout.from_boxes(BOXES, "ink")
    return NormalForm(picture, False, (0, 0, 20, 20), cells, layout, warnings)


def reading(*confidences: float, digits: Sequence[int | None] = (1, 2, 3, 4)) -> Reading:
    cells = tuple(
        Cell(*divmod(number, 2), digit, confidence, PROBABILITIES, None)
        for number, (digit, confidence) in enumerate(zip(digits, confidences, strict=True))
    )
    return Reading(cells, (), None)


def choose(
    first: Reading, *others: Reading, turned: Reading | None = None
) -> tuple[NormalForm, Reading]:
    """Looks again; upright forms are read as given, turned ones are all read alike."""
    unsure = turned or reading(0.2, 0.2, 0.2, 0.2)
    forms = [form(number) for number in range(1, len(others) + 1)]

    def read(normals: Sequence[NormalForm]) -> list[Reading]:
        is_turned = any(normal.layout.quarter_turns for normal in normals)
        return [unsure] * len(normals) if is_turned else list(others)

    return look_again((form(0), first), forms, CONFIG, read)


@pytest.mark.parametrize(
    ("normal", "seen", "doubtful"),
    [
        (form(0), reading(1, 1, 1, 1), False),
        (form(0), reading(1, 1, 1, 0.8), True),
        (form(0, "tiny"), reading(1, 1, 1, 1), True),
        (form(0), reading(1, 1, 1, 1, digits=(1, None, 2, 3)), False),
        (form(0), reading(1, 1, 1, 1, digits=(1, None, None, 3)), True),
    ],
)
def test_what_is_doubtful(normal: NormalForm, seen: Reading, doubtful: bool) -> None:
    assert is_doubtful(normal, seen) == doubtful


def test_a_much_surer_reading_is_believed_and_a_little_surer_one_is_not() -> None:
    doubtful, little, much = reading(1, 1, 1, 0.5), reading(1, 1, 1, 0.7), reading(1, 1, 1, 1)
    assert choose(doubtful, little)[1] is doubtful
    normal, seen = choose(doubtful, little, much)
    assert seen is much
    assert normal.picture[0, 0] == 2


def test_blanks_are_no_evidence() -> None:
    digits, blanks = reading(0.8, 0.8, 0.8, 0.8), reading(1, 1, 1, 1, digits=(None,) * 4)
    assert choose(blanks, digits)[1] is digits
    assert choose(digits, blanks)[1] is digits


def test_a_turned_reading_has_to_be_sure_in_every_cell() -> None:
    doubtful = reading(0.7, 0.7, 0.7, 0.7)
    sure = reading(1, 1, 1, 1)
    normal, seen = choose(doubtful, turned=sure)
    assert seen is sure
    assert normal.layout.quarter_turns
    assert choose(doubtful, turned=reading(1, 1, 1, 0.8))[1] is doubtful


def test_one_doubtful_digit_is_not_turned() -> None:
    doubtful = reading(1, 1, 1, 0.6)
    assert choose(doubtful, turned=reading(0.99, 0.99, 0.99, 0.99))[1] is doubtful


def test_turning_moves_the_cells_and_keeps_their_places() -> None:
    upright = form(9)
    turned = turn(upright, 1, CONFIG)
    assert turned.picture[-1, 0] == 9
    assert [cell.box for cell in turned.cells] == [BOXES[1], BOXES[3], BOXES[0], BOXES[2]]
    assert turned.layout.quarter_turns == 1
    assert turned.layout.quads[2, 1, 0].tolist() == [0, 0]
    back = turn(turned, 3, CONFIG)
    assert back.layout.quarter_turns == 0
    assert np.array_equal(back.picture, upright.picture)
    assert np.array_equal(back.layout.quads, upright.layout.quads)
