"""Test-time augmentation: which pictures are read again, how they are shifted, what is returned."""

import numpy as np
from numpy.typing import NDArray

from model.config import ReaderConfig
from model.reading import Answers
from model.test_time_augmentation import average_over_shifts
from model.vocabulary import BLANK, FINISH, NUM_CLASSES

CONFIG = ReaderConfig()


def answers_of(*confidences: float, digit: int = 3, other: int = 8) -> Answers:
    """One picture for each confidence, in ``digit`` in its first cell; sure of the other cells."""
    probabilities = np.zeros((len(confidences), 4, NUM_CLASSES), np.float32)
    probabilities[:, 1:, BLANK] = 1
    probabilities[:, 0, digit] = confidences
    probabilities[:, 0, other] = 1 - np.array(confidences)
    symbols = np.full((len(confidences), 5), BLANK, np.int64)
    symbols[:, 0] = np.where(np.array(confidences) >= 0.5, digit, other)
    symbols[:, 4] = FINISH
    return Answers(symbols, probabilities, None)


class Reader:
    """Says of each picture that it is asked about that its first cell holds an 8."""

    def __init__(self) -> None:
        self.asked: list[NDArray[np.uint8]] = []

    def __call__(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.asked.append(pictures)
        return answers_of(*[0.2] * len(pictures)).probabilities


def pictures(count: int) -> NDArray[np.uint8]:
    drawn = np.zeros((count, 56, 56), np.uint8)
    for number in range(count):
        drawn[number, 10, 10], drawn[number, 27, 28] = number + 1, 200
    return drawn


def test_what_is_sure_is_read_once() -> None:
    reader = Reader()
    answers = answers_of(0.95, 0.9001)
    assert average_over_shifts(pictures(2), answers, reader, CONFIG) is answers
    assert reader.asked == []


def test_what_is_doubtful_is_read_shifted_along_both_diagonals_cell_by_cell() -> None:
    reader = Reader()
    average_over_shifts(pictures(3), answers_of(0.95, 0.6, 0.95), reader, CONFIG)
    (asked,) = reader.asked
    assert asked.shape == (4, 56, 56)
    places = {tuple(np.argwhere(picture == 2)[0] - 10) for picture in asked}
    assert places == {(1, 1), (1, -1), (-1, 1), (-1, -1)}
    # Ink at the edge of a cell never enters the next one.
    for picture in asked:
        assert picture[28:].max() == 0
        assert picture[:28, :28].max() == 2


def test_the_mean_decides_and_the_others_keep_their_answers() -> None:
    answers = answers_of(0.95, 0.6, 0.95)
    before = answers.probabilities.copy(), answers.symbols.copy()
    found = average_over_shifts(pictures(3), answers, Reader(), CONFIG)
    np.testing.assert_allclose(found.probabilities[1, 0, [3, 8]], [0.28, 0.72], atol=1e-6)
    assert found.symbols.tolist() == [[digit, 10, 10, 10, FINISH] for digit in (3, 8, 3)]
    np.testing.assert_array_equal(found.probabilities[[0, 2]], before[0][[0, 2]])
    # What was handed in is not changed.
    np.testing.assert_array_equal(answers.probabilities, before[0])
    np.testing.assert_array_equal(answers.symbols, before[1])


def test_a_picture_whose_cells_were_miscounted_keeps_its_first_answer() -> None:
    answers = answers_of(0.6)
    answers.symbols[0, 2] = FINISH
    reader = Reader()
    assert average_over_shifts(pictures(1), answers, reader, CONFIG) is answers
    assert reader.asked == []
