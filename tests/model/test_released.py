"""The released reader on pictures that it never saw."""

import torch

from model import vocabulary
from model.reader import GridReader
from training import scoring
from training.data import Digits
from training.scorecard.rows import mnist_grids


def test_scores_are_those_of_the_model_card(
    released_reader: GridReader, test_digits: Digits
) -> None:
    """The issue's floor for row (a), and for blanks, on all of the test digits."""
    for key, grids in mnist_grids(test_digits, released_reader.config).items():
        if key == "demo":
            continue
        greedy = scoring.read_grids(released_reader, grids)
        right = scoring.mark(greedy.symbols, grids.labels)
        assert right.finish.all()
        assert right.cells.float().mean() >= 0.9945
        assert right.grids.float().mean() >= 0.978
        is_blank = grids.labels == vocabulary.BLANK
        assert (is_blank == (greedy.symbols[:, :4] == vocabulary.BLANK)).float().mean() >= 0.998


def test_an_empty_page_is_read_as_four_blanks(released_reader: GridReader) -> None:
    from model.decoding import read_greedy

    greedy = read_greedy(released_reader, torch.zeros(1, 56, 56))
    assert greedy.symbols.tolist() == [[vocabulary.BLANK] * 4 + [vocabulary.FINISH]]


def test_cells_are_read_in_reading_order(released_reader: GridReader, test_digits: Digits) -> None:
    """The same four digits, moved round: the answers move with them."""
    ones_to_fours = [int((test_digits.labels == digit).nonzero()[0]) for digit in (1, 2, 3, 4)]
    for turn in range(4):
        order = ones_to_fours[turn:] + ones_to_fours[:turn]
        grid = scoring.disjoint_grids(
            test_digits.select(torch.tensor(order)), released_reader.config, seed=0
        )
        greedy = scoring.read_grids(released_reader, grid)
        assert torch.equal(greedy.symbols[:, :4], grid.labels)
