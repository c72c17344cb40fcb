"""The released reader on pictures that it never saw."""

import numpy as np
import pytest
import torch

from app.reading.engine import load_engine
from app.settings import Settings
from model import vocabulary
from model.config import ReaderConfig
from model.header import read_header
from model.reader import GridReader
from tests.conftest import RELEASED
from training import scoring
from training.data import Digits
from training.scorecard.rows import mnist_grids


def test_scores_are_those_of_the_model_card(test_digits: Digits) -> None:
    """Read as the service reads, with test-time augmentation; MNIST is in the normal form."""
    scores = read_header(RELEASED).scores
    assert scores is not None
    named = {row["key"]: row for row in scores["rows"]}
    engine = load_engine(Settings())
    for key, grids in mnist_grids(test_digits, ReaderConfig()).items():
        parts = [engine.read(part.pictures.numpy()).symbols for part in grids.batches(250)]
        right = scoring.compare(torch.from_numpy(np.concatenate(parts)), grids.labels)
        digits = right.cells[grids.labels != vocabulary.BLANK].float().mean().item()
        whole = right.grids.float().mean().item()
        assert digits == pytest.approx(named[key]["digits"]["share"], abs=0.0005)
        assert whole == pytest.approx(named[key]["grids"]["share"], abs=0.001)


def test_at_first_sight_it_reads_nearly_every_digit_and_blank(
    released_reader: GridReader, test_digits: Digits
) -> None:
    """Floors that no released reader may fall below, on all of the test digits."""
    for key, grids in mnist_grids(test_digits, released_reader.config).items():
        if key == "demo":
            continue
        greedy = scoring.read_grids(released_reader, grids)
        right = scoring.compare(greedy.symbols, grids.labels)
        assert right.finish.all()
        assert right.cells.float().mean() >= 0.9945
        assert right.grids.float().mean() >= 0.978
        is_blank = grids.labels == vocabulary.BLANK
        assert (is_blank == (greedy.symbols[:, :4] == vocabulary.BLANK)).float().mean() >= 0.998


def test_an_empty_page_is_read_as_four_blanks(released_reader: GridReader) -> None:
    from model.decoding import decode_greedily

    greedy = decode_greedily(released_reader, torch.zeros(1, 56, 56))
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
