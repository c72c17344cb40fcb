"""The scorecard counts rightly, and the released files are made as they should be."""

import json
import subprocess
import sys
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
from model.decoding import decode_greedily
from model.header import Header
from model.reader import GridReader
from tests.conftest import RELEASED, ROOT
from training import model_card, scoring
from training.__main__ import app
from training.export import Export, make_graph
from training.options import TrainOptions
from training.scorecard import evaluate, report, rows
from training.scorecard.service import read_with_service

pytestmark = pytest.mark.long  # all of it, so that one worker exports for its tests

FINISH, BLANK, OTHER = vocabulary.FINISH, vocabulary.BLANK, vocabulary.OTHER


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
    right = scoring.compare(symbols, labels)
    assert right.cells.sum(dim=1).tolist() == [4, 3, 4, 2, 3]
    assert right.finish.tolist() == [True, True, False, False, True]
    assert right.grids.tolist() == [True, False, False, False, False]


def test_the_confusion_matrix_counts_what_stood_there_and_what_was_read() -> None:
    labels = np.array([[3, 3], [BLANK, 7], [OTHER, 7]])
    read = np.array([[3, 5], [BLANK, FINISH], [OTHER, OTHER]])
    matrix = evaluate.confusion_matrix(labels, read)
    assert matrix.shape == (12, 14)
    assert matrix.sum() == 6
    assert matrix[3, 3] == matrix[3, 5] == matrix[BLANK, BLANK] == matrix[7, FINISH] == 1
    assert matrix[OTHER, OTHER] == matrix[7, OTHER] == 1
    table = report.confusion_table(matrix.tolist()).splitlines()
    assert table[0] == "| | 3 | 5 | blank | other | finish |"
    assert table[-1] == "| **other** |  |  |  | 1 |  |"


def test_symbols_are_written_as_the_service_writes_them() -> None:
    assert evaluate.symbols_text(np.array([7, BLANK, OTHER, 0, FINISH])) == "7_?0<finish>"


def test_calibration_of_a_reader_that_knows_and_of_one_that_does_not() -> None:
    right = np.array([[True, True, True, False]])
    knows = evaluate.measure_calibration(np.array([[1, 1, 1, 0]], np.float32), right, ~right)
    assert knows == {
        "calibration_error": 0,
        "warned": 0.25,
        "wrong_warned": 1,
        "right_unwarned": 1,
        "coverage": 0.75,
        "aurc": 0.0625,
    }
    boasts = evaluate.measure_calibration(np.ones((1, 4), np.float32), right, right & False)
    assert boasts["calibration_error"] == 0.25
    assert boasts["wrong_warned"] == 0
    assert boasts["right_unwarned"] == 0.75
    errs_surely = evaluate.measure_calibration(
        np.array([[0.8, 0.7, 0.6, 0.9]], np.float32), right, right & False
    )
    assert errs_surely["coverage"] == 0
    assert errs_surely["aurc"] == pytest.approx((1 + 1 / 2 + 1 / 3 + 1 / 4) / 4)
    all_right = evaluate.measure_calibration(np.ones((1, 4), np.float32), right | True, ~right)
    assert all_right["wrong_warned"] is None


def test_a_target_is_met_by_both_shares_or_missed() -> None:
    def row(digits: float, grids: float) -> dict[str, object]:
        return {"key": "canvas", "digits": {"share": digits}, "grids": {"share": grids}}

    assert report._target(row(0.98, 0.925)) == "98.0 / 92.5 met"
    assert report._target(row(0.99, 0.924)) == "98.0 / 92.5 missed"
    assert report._target(row(0.979, 0.93)) == "98.0 / 92.5 missed"


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The served files of a small reader with random weights."""
    torch.manual_seed(0)
    config = ReaderConfig(encoder_layers=1, decoder_layers=1, mlp_width=64)
    out = tmp_path_factory.mktemp("exported")
    trained = Checkpoint(Header(config=config), GridReader(config).state_dict())
    Export(trained).write(out, scores=None)
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
        expected = decode_greedily(reader, pictures / 255)
    assert found[0].dtype == np.int64
    for array, tensor in zip(found, expected, strict=True):
        assert array.shape == tuple(tensor.shape)
        np.testing.assert_allclose(array, tensor.numpy(), atol=1e-5)


def test_the_released_card_is_generated_from_the_released_checkpoint() -> None:
    released = checkpoint.load(RELEASED)
    text = model_card.render(released.header, header.sha256(RELEASED), released.reader())
    assert (RELEASED.parent / model_card.NAME).read_text() == text


def test_the_card_names_unipen_where_drawings_were_trained_on() -> None:
    torch.manual_seed(0)
    config = ReaderConfig(encoder_layers=1, decoder_layers=1, mlp_width=64)
    for share in (0.0, 0.5):
        recipe = {"training": TrainOptions(drawn_share=share).to_dict()}
        made = Header(config=config, provenance={"recipe": recipe})
        text = model_card.render(made, "0" * 64, GridReader(config))
        assert ("CC BY 4.0" in text) == ("pool.warp.bend" in text and share > 0)
        assert ("MNIST alone" in text) == (share == 0)


@pytest.mark.parametrize(
    ("initial", "words"),
    [
        ({"steps": None, "minutes": None, "recipe": None}, "an unknown number of steps (unknown"),
        ({"steps": 9000, "minutes": 3.5, "recipe": None}, "9,000 steps (3.5 minutes), whose"),
    ],
)
def test_the_card_says_how_a_run_began_whatever_is_known_of_it(
    initial: dict[str, object], words: str
) -> None:
    config = ReaderConfig(encoder_layers=1, decoder_layers=1, mlp_width=64)
    recipe = {"training": TrainOptions().to_dict(), "initial": initial}
    made = Header(config=config, provenance={"recipe": recipe})
    text = model_card.render(made, "0" * 64, GridReader(config))
    assert words in text
    assert "settings are unknown." in text


def test_export_measures_the_pair_that_it_writes(
    exported: Path, all_data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = rows.make_rows(all_data_dir, ReaderConfig(), ["canvas", "blanks", "mnist_c"])
    few = [every[0].first(6), every[1].first(2), every[2].first(15)]
    monkeypatch.setattr("training.evaluation_commands.make_rows", lambda *_: few)
    graphs: list[onnx.ModelProto] = []
    monkeypatch.setattr(
        "training.export.make_graph",
        lambda reader: graphs.append(make_graph(reader)) or graphs[-1],
    )
    checked = tmp_path / "trained.safetensors"
    checked.write_bytes((exported / "reader.safetensors").read_bytes())
    arguments = ("--checkpoint", checked, "--out", tmp_path / "out", "--data-dir", all_data_dir)
    arguments += ("--markdown", tmp_path / "scorecard.md")
    (tmp_path / "out").mkdir()
    result = CliRunner().invoke(app, ["export", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert len(graphs) == 1  # what is measured is what is written
    written = tmp_path / "out" / "reader.safetensors"
    scores = header.read_header(written).scores
    assert scores is not None
    assert [row["key"] for row in scores["rows"]] == ["canvas", "blanks", "mnist_c"]
    (served,) = read_with_service(
        [few[1].picture(0)], suffix=".png", readers=[written], config=ReaderConfig()
    )
    assert not served.is_refused.any()  # weights and graph belong together
    for text in (
        (tmp_path / "out" / model_card.NAME).read_text(),
        (tmp_path / "scorecard.md").read_text(),
    ):
        assert header.sha256(written) in text
        assert report.percent(scores["rows"][0]["digits"]) in text


def test_export_replaces_what_is_released_only_when_told_to(
    exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    released, run = tmp_path / "weights", tmp_path / "run"
    monkeypatch.setattr("training.evaluation_commands._RELEASED", released)
    monkeypatch.setattr("training.evaluation_commands._RELEASED_SCORECARD", tmp_path / "card.md")
    trained = checkpoint.load(exported / "reader.safetensors")
    scored = checkpoint.load(RELEASED).header.scores
    header_with_scores = Header(config=trained.header.config, scores=scored)
    checkpoint.save(Checkpoint(header_with_scores, trained.weights), run / "best.safetensors")
    served = {"reader.safetensors", "reader.onnx", model_card.NAME}
    arguments = [
        "export",
        "--no-measure",
        "--no-calibrate",
        "--checkpoint",
        str(run / "best.safetensors"),
    ]
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert {path.name for path in (run / "export").iterdir()} == served
    assert not released.exists()
    assert not (tmp_path / "card.md").exists()
    result = CliRunner().invoke(app, [*arguments, "--release"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert {path.name for path in released.iterdir()} == served
    assert header.sha256(released / "reader.safetensors") in (tmp_path / "card.md").read_text()


def test_evaluate_prints_the_scorecard_and_writes_its_figures(
    all_data_dir: Path, tmp_path: Path
) -> None:
    names = ["mnist", "paper", "blanks", "mnist_c"]
    result = CliRunner().invoke(
        app,
        [
            *("evaluate", "--data-dir", str(all_data_dir), "--out", str(tmp_path / "pictures")),
            *("--rows", ",".join(names), "--grids", "15"),
            *("--json", str(tmp_path / "scores.json"), "--markdown", str(tmp_path / "scores.md")),
        ],
        catch_exceptions=False,
    )
    assert result.exit_code == 0, result.output
    figures = json.loads((tmp_path / "scores.json").read_text())["rows"]
    assert [row["key"] for row in figures] == names
    for row in figures:
        assert row["num_grids"] == 15
        assert np.sum(row["confusion"]) == 60
        assert 0 <= row["digits"]["low"] <= row["digits"]["share"] <= row["digits"]["high"] <= 1
        assert report.percent(row["grids"]) in result.output
        assert report.percent(row["grids"]) in (tmp_path / "scores.md").read_text()
    assert figures[0]["digits"]["share"] > 0.95
    assert len(figures[3]["groups"]) == 15
    assert {path.name for path in (tmp_path / "pictures").iterdir()} == {
        f"{kind}_{name}.png" for kind in ("confusion", "worst") for name in names
    }


def test_sheet_draws_training_grids(data_dir: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(
        app, ["sheet", "--data-dir", str(data_dir), "--out", str(tmp_path / "sheet.png")]
    )
    assert result.exit_code == 0, result.output
    assert (tmp_path / "sheet.png").read_bytes()[:4] == b"\x89PNG"


def test_a_rank_of_one_line_is_all_that_a_wrong_setting_gives(tmp_path: Path) -> None:
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


def test_the_published_scorecard_is_of_the_released_weights() -> None:
    assert header.sha256(RELEASED) in (ROOT / "docs" / "scorecard.md").read_text()
