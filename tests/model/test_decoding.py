"""Greedy decoding: autoregressive, and it says where ``<finish>`` came."""

import itertools

import numpy as np
import torch

from model import vocabulary
from model.config import ReaderConfig
from model.decoding import decode_greedily
from model.header import Thresholds
from model.ink import normalise
from model.reader import GridReader
from model.reading import GridAnswers, make_reading


def test_each_step_is_fed_what_the_reader_said_itself(
    reader: GridReader, pictures: torch.Tensor
) -> None:
    """The same reading, the slow way: everything decoded again at each step, nothing cached."""
    with torch.inference_mode():
        greedy = decode_greedily(reader, pictures)
        fresh = reader.start(reader.encode(pictures))
        said = torch.full((3, 1), vocabulary.START)
        for step in range(5):
            scores = reader.decode(said, fresh).logits[:, -1].softmax(-1)
            newest = scores.argmax(-1)
            has_ended = (said == vocabulary.FINISH).any(dim=1)
            newest[has_ended] = vocabulary.FINISH
            assert torch.equal(newest, greedy.symbols[:, step])
            if step < 4:
                scores[has_ended] = 0
                torch.testing.assert_close(
                    scores[:, : vocabulary.NUM_CLASSES], greedy.probabilities[:, step]
                )
            said = torch.cat((said, newest[:, None]), dim=1)


def biased(reader: GridReader, symbol: int) -> GridReader:
    """Makes a reader say one symbol whatever it sees."""
    with torch.no_grad():
        reader.to_logits.bias[symbol] += 100
    return reader


def test_an_early_finish_ends_the_reading_and_is_announced(
    reader: GridReader, pictures: torch.Tensor, config: ReaderConfig
) -> None:
    with torch.inference_mode():
        greedy = decode_greedily(biased(reader, vocabulary.FINISH), pictures)
    assert greedy.symbols.eq(vocabulary.FINISH).all()
    assert greedy.probabilities[:, 1:].eq(0).all()
    assert greedy.attention[:, 1:].eq(0).all()
    answer = _reading(greedy, config)
    assert answer.digits == [None] * 4
    assert [warning.code for warning in answer.warnings] == ["finish_misplaced", "low_confidence"]
    assert "after 0 cells" in answer.warnings[0].detail


def test_a_missing_finish_is_announced(
    reader: GridReader, pictures: torch.Tensor, config: ReaderConfig
) -> None:
    with torch.inference_mode():
        greedy = decode_greedily(biased(reader, 7), pictures)
    answer = _reading(greedy, config)
    assert answer.digits == [7] * 4
    assert [warning.code for warning in answer.warnings] == ["finish_misplaced"]
    assert "not at all" in answer.warnings[0].detail


def _reading(greedy, config):  # type: ignore[no-untyped-def]
    answers = GridAnswers(greedy.symbols[0].numpy(), greedy.probabilities[0].numpy(), None)
    normal = normalise(np.zeros((56, 56), np.uint8), config)
    return make_reading(answers, normal, config, (), Thresholds())


def test_greedy_is_nearly_always_the_most_probable_reading(released_reader, test_digits):  # type: ignore[no-untyped-def]
    """The exact posterior of all 12^4 readings, for grids that greedy reading is least sure of."""
    from training.scoring import Grids, disjoint_grids, read_grids

    grids = disjoint_grids(test_digits, released_reader.config, seed=0)
    greedy = read_grids(released_reader, grids)
    unsure = greedy.probabilities.amax(-1).prod(1).argsort()[:6]
    every = torch.tensor(list(itertools.product(range(12), repeat=4)))  # (20736, 4)
    agree = 0
    for number in unsure.tolist():
        picture = Grids(grids.pictures[number : number + 1], grids.labels[:1]).pictures / 255
        with torch.inference_mode():
            memory = released_reader.encode(picture)
            inputs = torch.cat((torch.full((len(every), 1), vocabulary.START), every[:, :3]), 1)
            logs = torch.cat(
                [
                    released_reader.decode(
                        part, released_reader.start(memory.expand(len(part), -1, -1))
                    ).logits.log_softmax(-1)
                    for part in inputs.split(4096)
                ]
            )
        joint = logs.gather(2, every[..., None])[..., 0].sum(1)
        best = every[joint.argmax()]
        chosen = greedy.symbols[number, :4]
        agree += int(torch.equal(best, chosen))
        index = (chosen * torch.tensor([1728, 144, 12, 1])).sum()
        # Where greedy is not the best of all, it is close to it.
        assert joint.max() - joint[index] < 0.7
    assert agree >= 5
