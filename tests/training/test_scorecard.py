"""The scorecard counts rightly, and the released files are made as they should be."""

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from typer.testing import CliRunner

from model import checkpoint, header, vocabulary
from model.checkpoint import Checkpoint
from model.config import ReaderConfig
from model.decoding import read_greedy
from model.header import Header
from model.reader import GridReader
from tests.conftest import RELEASED
from training import evaluate, export, scoring
from training.__main__ import app
from training.data import Digits

FINISH, BLANK = vocabulary.FINISH, vocabulary.BLANK


def test_right_is_every_cell_right_and_finish_in_place() -> None:
    labels = torch.tensor([[1, 2, 3, 4]] * 5)
    symbols = torch.tensor(
        [
            [1, 2, 3, 4, FINISH],
            [1, 2, 3, 5, FINISH],
            [1, 2, 3, 4, 4],
            [1, 2, FINISH, FINISH, FINISH],
            [1, 2, BLANK, 4, FINISH],
        ]
    )
    right = scoring.mark(symbols, labels)
    assert right.cells.sum(dim=1).tolist() == [4, 3, 4, 2, 3]
    assert right.finish.tolist() == [True, True, False, False, True]
    assert right.grids.tolist() == [True, False, False, False, False]


def test_disjoint_grids_use_every_digit_once(bar_digits: Digits) -> None:
    grids = scoring.disjoint_grids(bar_digits, ReaderConfig(), seed=0)
    assert len(grids) == 50
    assert torch.equal(grids.labels.flatten().bincount(), bar_digits.labels.bincount())
    again = scoring.disjoint_grids(bar_digits, ReaderConfig(), seed=0)
    assert torch.equal(grids.pictures, again.pictures)


def test_the_rows_are_those_that_the_scorecard_names(test_digits: Digits) -> None:
    rows = evaluate.scorecard_grids(test_digits, ReaderConfig())
    assert [len(grids) for grids in rows.values()] == [2500, 10_000, 2500]
    blanks = list(rows.values())[2].labels.eq(BLANK).sum(dim=1)
    assert set(blanks.tolist()) == {1, 2, 3}


def test_the_confusion_matrix_counts_what_stood_there_and_what_was_read() -> None:
    labels = torch.tensor([[3, 3], [BLANK, 7]])
    symbols = torch.tensor([[3, 5, FINISH], [BLANK, FINISH, FINISH]])
    matrix = evaluate.confusion(labels, symbols)
    assert matrix.sum() == 4
    assert matrix[3, 3] == matrix[3, 5] == matrix[BLANK, BLANK] == matrix[7, FINISH] == 1


def test_the_interval_is_the_one_of_the_bootstrap() -> None:
    right = np.arange(1000) < 950
    share = evaluate._share(right)
    random = np.random.default_rng(1)
    resampled = [random.choice(right, 1000).mean() for _ in range(2000)]
    assert share["share"] == 0.95
    assert share["low"] == pytest.approx(np.percentile(resampled, 2.5), abs=0.003)
    assert share["high"] == pytest.approx(np.percentile(resampled, 97.5), abs=0.003)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The served files of a small reader with random weights."""
    torch.manual_seed(0)
    config = ReaderConfig(encoder_layers=1, decoder_layers=1, mlp_width=64)
    out = tmp_path_factory.mktemp("exported")
    trained = Checkpoint(Header(config=config), GridReader(config).state_dict())
    export.export(trained, out, scores=None)
    return out


def test_export_writes_files_that_belong_together(exported: Path) -> None:
    assert {path.name for path in exported.iterdir()} == {
        "reader.safetensors",
        "reader.onnx",
        "MODEL_CARD.md",
    }
    digest = header.sha256(exported / "reader.safetensors")
    model = onnx.load(exported / "reader.onnx")
    assert {prop.key: prop.value for prop in model.metadata_props}["checkpoint_sha256"] == digest
    assert digest in (exported / "MODEL_CARD.md").read_text()


def test_the_graph_names_no_file_of_the_machine_that_made_it(exported: Path) -> None:
    for path in (exported / "reader.onnx", RELEASED.with_suffix(".onnx")):
        content = path.read_bytes()
        assert b".py" not in content
        assert b"/site-packages" not in content


@pytest.mark.parametrize("batch", [1, 2, 9])
def test_the_graph_has_the_contract_of_the_service(exported: Path, batch: int) -> None:
    session = onnxruntime.InferenceSession(exported / "reader.onnx")
    assert [(i.name, i.type, i.shape[1:]) for i in session.get_inputs()] == [
        ("pictures", "tensor(uint8)", [56, 56])
    ]
    pictures = torch.randint(
        256, (batch, 56, 56), dtype=torch.uint8, generator=torch.Generator().manual_seed(batch)
    )
    found = session.run(["symbols", "probabilities", "attention"], {"pictures": pictures.numpy()})
    reader = checkpoint.load(exported / "reader.safetensors").reader()
    with torch.inference_mode():
        expected = read_greedy(reader, pictures / 255)
    assert found[0].dtype == np.int64
    for array, tensor in zip(found, expected, strict=True):
        assert array.shape == tuple(tensor.shape)
        np.testing.assert_allclose(array, tensor.numpy(), atol=1e-5)


def test_the_released_card_is_generated_from_the_released_checkpoint() -> None:
    from training import card

    released = checkpoint.load(RELEASED)
    text = card.render(released.header, header.sha256(RELEASED), released.reader())
    assert (RELEASED.parent / card.NAME).read_text() == text


def test_evaluate_prints_the_scorecard_and_writes_its_figures(
    data_dir: Path, tmp_path: Path
) -> None:
    result = CliRunner().invoke(
        app,
        [
            *("evaluate", "--data-dir", str(data_dir)),
            *("--json", str(tmp_path / "scores.json"), "--out", str(tmp_path / "pictures")),
        ],
        catch_exceptions=False,
    )
    assert result.exit_code == 0, result.output
    rows = json.loads((tmp_path / "scores.json").read_text())["rows"]
    assert [row["num_digits"] for row in rows[:2]] == [10_000, 40_000]
    assert np.sum(rows[0]["confusion"]) == 10_000
    assert "grids right" in result.output
    assert f"{100 * rows[0]['grids']['share']:.2f}" in result.output
    # The figures of the released header are those measured here, on this machine.
    released = header.read_header(RELEASED).scores["rows"]
    for measured, written in zip(rows, released, strict=True):
        assert measured["digits"]["share"] == pytest.approx(written["digits"]["share"], abs=2e-4)
        assert measured["grids"]["share"] == pytest.approx(written["grids"]["share"], abs=4e-4)
    assert {path.name for path in (tmp_path / "pictures").iterdir()} == {
        f"{kind}_{row}.png" for kind in ("confusion", "worst") for row in "abc"
    }


def test_sheet_draws_training_grids(data_dir: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(
        app, ["sheet", "--data-dir", str(data_dir), "--out", str(tmp_path / "sheet.png")]
    )
    assert result.exit_code == 0, result.output
    assert (tmp_path / "sheet.png").read_bytes()[:4] == b"\x89PNG"


def test_a_rank_of_one_line_is_all_that_a_wrong_setting_gives(tmp_path: Path) -> None:
    import subprocess
    import sys

    from tests.conftest import ROOT

    answer = subprocess.run(
        [sys.executable, "-m", "training", "evaluate", "--weights", str(tmp_path / "none")],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 1
    assert answer.stderr.count("\n") == 1
    assert answer.stderr.startswith("error: ")
    assert "expected a .safetensors file, found none" in answer.stderr
