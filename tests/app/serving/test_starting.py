"""A service that cannot start says why in one line; settings come from the environment."""

import re
import shutil
import socket
from pathlib import Path

import httpx
import pytest

from app.settings import Settings
from model.errors import ConfigError
from tests.app.running import DIGITS, GRID, PNG, Server, refuse_to_start
from tests.conftest import RELEASED, ROOT
from tests.waiting import PATIENCE


def broken_weights(folder: Path, how: str) -> Path:
    weights, graph = folder / "reader.safetensors", folder / "reader.onnx"
    if how != "missing":
        shutil.copy(RELEASED, weights)
        shutil.copy(RELEASED.with_suffix(".onnx"), graph)
    if how == "broken":
        weights.write_bytes(weights.read_bytes()[:1000])
    elif how == "rubbish":
        weights.write_bytes(b"rubbish")
    elif how == "no graph":
        graph.unlink()
    elif how == "broken graph":
        graph.write_bytes(graph.read_bytes()[:1000])
    elif how == "mismatched":
        # One weight is another: the checkpoint is good, but no longer the graph's.
        data = bytearray(weights.read_bytes())
        data[-1] ^= 1
        weights.write_bytes(data)
    return weights


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ("missing", "reader.safetensors: expected a .safetensors file, found none"),
        ("broken", "reader.safetensors: expected a"),
        ("rubbish", "reader.safetensors: expected a"),
        ("no graph", "reader.onnx: expected the graph of reader.safetensors beside it, found none"),
        ("broken graph", "reader.onnx: expected an ONNX graph"),
        ("mismatched", "do not belong together"),
    ],
)
def test_weights_that_cannot_be_used_stop_the_start_with_one_line(
    how: str, reason: str, tmp_path: Path
) -> None:
    weights = broken_weights(tmp_path, how)
    code, lines = refuse_to_start(WEIGHTS=str(weights))
    assert code != 0
    assert len(lines) == 1, lines
    assert reason in lines[0]
    assert "Traceback" not in lines[0]


@pytest.mark.parametrize("workers", ["1", "3"])
def test_a_page_that_is_not_there_stops_the_start_with_one_line(
    workers: str, tmp_path: Path
) -> None:
    for folder, found in ((tmp_path / "none", "no folder"), (tmp_path, "a folder without it")):
        code, lines = refuse_to_start(STATIC_DIR=str(folder), WORKERS=workers)
        assert code != 0
        assert len(lines) == 1, lines
        reason = f"STATIC_DIR: expected a folder with index.html, found {found}: {folder}"
        assert reason in lines[0]


def test_several_workers_say_it_once(tmp_path: Path) -> None:
    code, lines = refuse_to_start(WEIGHTS=str(tmp_path / "none.safetensors"), WORKERS="3")
    assert code != 0
    assert len(lines) == 1, lines
    assert "expected a .safetensors file, found none" in lines[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [("ENGINE", "tensorflow"), ("MAX_PICTURE_BYTES", "many")],
)
def test_a_setting_that_cannot_be_stops_the_start_with_one_line(name: str, value: str) -> None:
    code, lines = refuse_to_start(**{name: value})
    assert code != 0
    assert len(lines) == 1, lines
    assert lines[0].startswith(f"error: {name}: ")
    assert value in lines[0]


def test_a_port_in_use_stops_the_start_with_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        code, lines = refuse_to_start("--port", port)
    assert code != 0
    assert len(lines) == 1, lines
    assert "address already in use" in lines[0]


def test_empty_variables_are_as_if_they_were_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WEIGHTS", "CORS_ORIGINS", "PORT", "ENGINE"):
        monkeypatch.setenv(name, "")
    assert Settings.load() == Settings()


def test_a_wrong_setting_is_named_with_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DECODE_THREADS", "-1")
    with pytest.raises(ConfigError, match=r"^DECODE_THREADS: .* got '-1'$"):
        Settings.load()


def test_the_reference_engine_serves_the_same_digits(tmp_path: Path) -> None:
    with (
        Server(tmp_path / "log", ENGINE="torch", DRAIN_SECONDS="0") as server,
        httpx.Client(base_url=server.url, timeout=PATIENCE) as client,
    ):
        assert client.get("/model").json()["engine"] == "torch"
        answer = client.post("/predict", content=GRID, headers=PNG).json()
    assert answer["digits"] == DIGITS


def test_the_documentation_lists_every_setting_with_its_default() -> None:
    text = (ROOT / "docs" / "settings.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \|$", text, re.MULTILINE)
    found = {name: (default, meaning) for name, default, meaning in rows}
    expected = {
        name.upper(): (
            documented_default(field.default),
            documented_meaning(field.description or ""),
        )
        for name, field in Settings.model_fields.items()
    }
    data_dir = found.pop("DATA_DIR")
    assert data_dir[0] == "`data`"
    assert found == expected
    assert len(rows) == len(expected) + 1


def documented_default(value: object) -> str:
    if isinstance(value, Path):
        return f"`{value.relative_to(ROOT)}`"
    return f"`{value}`" if value != "" else "none"


def documented_meaning(description: str) -> str:
    return description[0].lower() + description[1:].rstrip(".") if description else ""
