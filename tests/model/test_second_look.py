"""Which of several readings of a picture is believed."""

from collections.abc import Sequence

import numpy as np
import pytest

from model import vocabulary
from model.config import ReaderConfig
from model.header import Thresholds
from model.ink import CellInk, GridLayout, InkWarning, NormalForm
from model.reading import Cell, Reading, kind_of
from model.reading.second_look import is_doubtful, look_again, may_be_turned, turn

CONFIG = ReaderConfig()
BOXES = [(0, 0, 10, 10), (10, 0, 20, 10), (0, 10, 10, 20), (10, 10, 20, 20)]


def form(name: int, *codes: str) -> NormalForm:
    """A normal form whose first pixel is its name."""
    picture = np.zeros((CONFIG.height, CONFIG.width), np.uint8)
    picture[0, 0] = name
    cells = tuple(CellInk(box, 1.0) for box in BOXES)
    warnings = tuple(InkWarning(code, "") for code in codes)
    layout = GridLayout.from_boxes(BOXES, "ink")
    return NormalForm(picture, False, (0, 0, 20, 20), cells, layout, warnings)


def reading(*confidences: float, text: str = "1234") -> Reading:
    """Of cells that were read so surely; ``_`` is a blank, and ``?`` ink that is no digit."""
    cells = []
    for number, (sign, confidence) in enumerate(zip(text, confidences, strict=True)):
        symbol = vocabulary.SIGNS.index(sign)
        probabilities = np.full(vocabulary.NUM_CLASSES, (1 - confidence) / 11, np.float32)
        probabilities[symbol] = confidence
        answer = kind_of(symbol), vocabulary.digit_of(symbol)
        cells.append(Cell(*divmod(number, 2), *answer, confidence, probabilities, None))
    return Reading(tuple(cells), (), None, Thresholds())


def choose(
    first: Reading, *others: Reading, turned: Reading | None = None
) -> tuple[NormalForm, Reading]:
    """Looks again; upright forms are read as given, turned ones are all read alike."""
    of_turned = turned or reading(0.2, 0.2, 0.2, 0.2)
    forms = [form(number) for number in range(1, len(others) + 1)]

    def read(normals: Sequence[NormalForm]) -> list[Reading]:
        is_turned = any(normal.layout.quarter_turns for normal in normals)
        return [of_turned] * len(normals) if is_turned else list(others)

    return look_again((form(0), first), forms, CONFIG, read)


@pytest.mark.parametrize(
    ("normal", "seen", "doubtful"),
    [
        (form(0), reading(1, 1, 1, 1), False),
        (form(0), reading(1, 1, 1, 0.8), True),
        (form(0, "tiny"), reading(1, 1, 1, 1), True),
        (form(0), reading(1, 1, 1, 1, text="1_23"), False),
        (form(0), reading(1, 1, 1, 1, text="1__3"), True),
        (form(0), reading(1, 1, 1, 1, text="1?23"), True),
    ],
)
def test_what_is_doubtful(normal: NormalForm, seen: Reading, doubtful: bool) -> None:
    assert is_doubtful(normal, seen) == doubtful


def test_a_much_surer_reading_is_believed_and_a_little_surer_one_is_not() -> None:
    doubtful = reading(1, 1, 1, 0.5)
    little, much = (reading(1, 1, 1, sure, text="1239") for sure in (0.6, 1))
    assert choose(doubtful, little)[1].text == "1234"
    normal, seen = choose(doubtful, little, much)
    assert seen.text == "1239"
    assert normal.picture[0, 0] == 2


def test_where_readings_disagree_the_answer_is_not_sure() -> None:
    other = reading(1, 1, 1, 0.88, text="1239")
    _, seen = choose(reading(1, 1, 1, 0.88), other)
    assert seen.text == "1234"
    assert 0.5 < seen.cells[3].confidence < 0.85
    assert seen.cells[3].probabilities[9] > 0.05
    assert seen.cells[0].confidence > 0.99
    assert [warning.code for warning in seen.warnings] == ["low_confidence"]


def test_the_digits_are_the_likeliest_of_the_answer() -> None:
    others = [reading(0.6, 0.9, 0.9, 0.9, text="7234")] * 3
    _, seen = choose(reading(0.5, 0.9, 0.9, 0.9), *others)
    for cell in seen.cells:
        assert cell.digit == int(cell.probabilities.argmax())
        assert cell.confidence == pytest.approx(cell.probabilities.max())
    assert seen.text == "7234"


def test_where_readings_agree_a_doubt_may_end() -> None:
    _, seen = choose(reading(1, 1, 1, 0.7), reading(1, 1, 1, 1))
    assert seen.cells[3].confidence > 0.7


def test_blanks_are_no_evidence() -> None:
    digits, blanks = reading(0.8, 0.8, 0.8, 0.8), reading(1, 1, 1, 1, text="____")
    assert choose(blanks, digits)[1].text == "1234"
    assert choose(digits, blanks)[1].text == "1234"


def test_ink_that_is_no_digit_is_no_evidence_either() -> None:
    digits, others = reading(0.8, 0.8, 0.8, 0.8), reading(1, 1, 1, 1, text="????")
    assert choose(others, digits)[1].text == "1234"
    assert choose(digits, others)[1].text == "1234"


def test_one_cell_that_is_surely_no_digit_stays_so_where_nothing_surer_is_seen() -> None:
    scribbled = reading(1, 1, 1, 1, text="12?4")
    _, seen = choose(scribbled, reading(0.7, 0.7, 0.7, 0.7, text="9876"))
    assert seen.text == "12?4"
    assert [(one.code, one.cells) for one in seen.warnings] == [("not_a_digit", (2,))]


def test_a_blank_and_ink_that_is_no_digit_are_different_answers() -> None:
    _, seen = choose(reading(1, 1, 1, 0.95, text="123?"), reading(1, 1, 1, 0.95, text="123_"))
    assert seen.text == "123?"
    assert seen.cells[3].confidence < 0.9
    assert seen.cells[3].probabilities[vocabulary.BLANK] > 0.05


def test_digits_that_are_none_upright_may_turn_a_picture() -> None:
    turned = reading(1, 1, 1, 1, text="5674")
    normal, seen = choose(reading(1, 1, 1, 1, text="?9??"), turned=turned)
    assert seen is turned
    assert normal.layout.quarter_turns


def test_one_scribble_does_not_turn_a_picture_and_a_scribble_turned_is_one_still() -> None:
    sure, scribbled = reading(1, 1, 1, 1, text="5674"), reading(1, 1, 1, 1, text="567?")
    assert choose(reading(1, 1, 1, 1, text="123?"), turned=sure)[1].text == "123?"
    assert choose(reading(0.7, 0.7, 0.7, 1, text="123?"), turned=scribbled)[1].text == "123?"


def test_a_turned_reading_has_to_be_much_surer() -> None:
    doubtful = reading(0.7, 0.7, 0.7, 0.7)
    sure, unsure = (reading(1, 1, 1, last, text="5678") for last in (1, 0.6))
    normal, seen = choose(doubtful, turned=sure)
    assert seen is sure
    assert normal.layout.quarter_turns
    assert choose(doubtful, turned=unsure)[1] is doubtful


def test_what_makes_sense_both_ways_is_upright_and_not_sure() -> None:
    upright, turned = (
        reading(1, 1, other, sure, text=text)
        for other, sure, text in ((0.97, 0.9, "1869"), (1, 1, "6981"))
    )
    normal, seen = choose(upright, turned=turned)
    assert normal.layout.quarter_turns == 0
    assert seen.text == "1869"
    assert [warning.code for warning in seen.warnings] == ["low_confidence"]


def test_two_digits_do_not_turn_a_picture() -> None:
    upright, turned = reading(0.7, 1, 0.7, 1, text="1_6_"), reading(1, 1, 1, 1, text="1_6_")
    assert choose(upright, turned=turned)[0].layout.quarter_turns == 0


def test_a_picture_of_which_one_digit_is_not_quite_sure_may_be_turned() -> None:
    assert may_be_turned(form(0), reading(1, 1, 1, 0.96))
    assert not may_be_turned(form(0), reading(1, 1, 1, 0.98))


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
