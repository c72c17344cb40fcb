"""Pictures are read by the service itself, and counted as it answered."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from model import vocabulary
from model.config import ReaderConfig
from model.errors import ReaderError
from tests.conftest import RELEASED, ROOT
from training import scoring
from training.data import Digits
from training.drawings.strokes import Strokes
from training.drawings.unipen import PenDigit
from training.scorecard import rows, sensitivity
from training.scorecard.service import read_with_service

BLANK, OTHER, FINISH = vocabulary.BLANK, vocabulary.OTHER, vocabulary.FINISH
CONFIG = ReaderConfig()


def test_the_service_reads_what_it_gets_and_what_it_refuses_counts_as_unread(
    test_digits: Digits,
) -> None:
    grids = rows.mnist_grids(test_digits, CONFIG)["mnist_blanks"]
    too_small = np.zeros((4, 4), np.uint8)
    (served,) = read_with_service(
        [grids.pictures[0].numpy(), too_small, 255 - grids.pictures[1].numpy()],
        suffix=".png",
        readers=[RELEASED],
        config=CONFIG,
    )
    assert served.is_refused.tolist() == [False, True, False]
    assert served.symbols[0].tolist() == [*grids.labels[0].tolist(), FINISH]
    assert served.symbols[2].tolist() == [*grids.labels[1].tolist(), FINISH]
    assert served.symbols[1].tolist() == [FINISH] * 5
    assert served.warnings == (frozenset(),) * 3
    assert served.probabilities[[0, 2]].sum(axis=2) == pytest.approx(1, abs=1e-4)
    assert (served.confidence[1] == 0).all()
    assert (served.confidence[[0, 2]] > 0.5).all()


def test_ink_that_is_no_digit_is_a_symbol_of_its_own(without_fours: dict[str, str]) -> None:
    grid = np.asarray(Image.open(ROOT / "docs" / "grid.png").convert("L"))
    weights = Path(without_fours["WEIGHTS"])
    (served,) = read_with_service([grid], suffix=".png", readers=[weights], config=CONFIG)
    assert served.symbols.tolist() == [[7, 1, BLANK, OTHER, FINISH]]
    assert served.probabilities[0, 3, OTHER] > 0.99
    assert served.warnings == (frozenset({"not_a_digit"}),)


def test_a_checkpoint_without_its_graph_is_read_with_torch_and_reads_the_same(
    test_digits: Digits, tmp_path: Path
) -> None:
    pictures = scoring.disjoint_grids(test_digits, CONFIG, seed=3).pictures[:4].numpy()
    alone = tmp_path / "alone.safetensors"
    alone.write_bytes(RELEASED.read_bytes())
    graph, reference = read_with_service(
        pictures, suffix=".jpg", readers=[RELEASED, alone], config=CONFIG
    )
    assert np.array_equal(graph.symbols, reference.symbols)
    np.testing.assert_allclose(graph.probabilities, reference.probabilities, atol=1e-4)


def test_pictures_in_colour_are_read_and_warnings_passed_on() -> None:
    cross = np.full((200, 200, 3), (255, 250, 220), np.uint8)
    cross[20:180, 98:102] = cross[98:102, 20:180] = (20, 30, 120)
    (served,) = read_with_service([cross], suffix=".png", readers=[RELEASED], config=CONFIG)
    assert not served.is_refused[0]
    assert served.symbols.shape == (1, 5)
    assert all(isinstance(code, str) for code in served.warnings[0])


def test_large_pictures_are_read_a_few_at_a_time_and_in_their_order(
    monkeypatch: pytest.MonkeyPatch, test_digits: Digits
) -> None:
    monkeypatch.setattr("training.scorecard.service._CHUNK_BYTES", 5000)
    grids = scoring.disjoint_grids(test_digits, CONFIG, seed=3)
    (served,) = read_with_service(
        grids.pictures[:5].numpy(), suffix=".png", readers=[RELEASED], config=CONFIG
    )
    assert served.symbols.shape == (5, 5)
    assert (served.symbols[:, :4] == grids.labels[:5].numpy()).mean() > 0.9


def test_what_the_service_says_is_passed_on_when_it_does_not_answer(tmp_path: Path) -> None:
    with pytest.raises(ReaderError, match=r"a \.safetensors file, found none"):
        read_with_service(
            [np.zeros((56, 56), np.uint8)],
            suffix=".png",
            readers=[tmp_path / "none.safetensors"],
            config=CONFIG,
        )


LINE: Strokes = (np.array([[0, 0], [0, 10]], np.float32),)  # a digit that is a stroke down


@pytest.mark.parametrize(
    ("setting", "height", "width"),
    [
        (sensitivity.Setting(), 70, 7),
        (sensitivity.Setting(size=95), 133, 7),
        (sensitivity.Setting(size=10, pen=2), 14, 3),
        (sensitivity.Setting(pen=14), 70, 20),
        (sensitivity.Setting(rotation=90), 7, 70),
        (sensitivity.Setting(offset=25), 70, 7),
    ],
)
def test_a_grid_is_drawn_as_a_sweep_says(
    setting: sensitivity.Setting, height: int, width: int
) -> None:
    page = sensitivity.draw([LINE] * 4, setting, CONFIG, np.random.default_rng(0))
    assert page.shape == (280, 280)
    for down, across in np.ndindex(2, 2):
        cell = page[down * 140 : (down + 1) * 140, across * 140 : (across + 1) * 140]
        y, x = np.nonzero(cell > 127)
        assert np.ptp(y) + 1 == pytest.approx(height, abs=3)
        assert np.ptp(x) + 1 == pytest.approx(width, abs=3)
        distance = np.hypot(y.mean() - 69.5, x.mean() - 69.5)
        assert distance == pytest.approx(1.4 * setting.offset, abs=2)


def test_a_sweep_measures_every_reader_at_every_point(test_writers: list[PenDigit]) -> None:
    sweep = sensitivity.SWEEPS["blur"]._replace(values=(0, 8))
    found = sensitivity.sweep(sweep, test_writers, [RELEASED, RELEASED], CONFIG, grids=8)
    assert found[0] == found[1]
    sharp, blurred = found[0]
    assert sharp.low <= sharp.share <= sharp.high
    assert sharp.share > 0.6
    assert sharp.share >= blurred.share
