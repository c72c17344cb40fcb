"""The documentation works: its page, its examples, and every line that it prints to be run."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from app import __version__
from app.api.documentation import HERE
from app.reading.example import EXAMPLE_PNG
from app.settings import Settings
from model.header import read_header, sha256
from tests.app.running import DIGITS, PNG, Server
from tests.conftest import RELEASED, ROOT
from tests.waiting import PATIENCE

METHODS = {"get", "post"}


README, API = ROOT / "README.md", ROOT / "docs" / "api.md"
PAGES = sorted((ROOT / "docs").rglob("*.md"))
EXAMPLES = ROOT / "docs" / "examples"


def curl_lines(page: Path) -> list[tuple[str, str]]:
    """Each curl line of a ``sh`` block, and the answer printed in the block that follows."""
    blocks = re.findall(
        r"```sh\n(curl .*?)```\n+```(?:json|http)\n(.*?)```", page.read_text(), re.DOTALL
    )
    return [(line.strip(), answer) for line, answer in blocks]


def run(line: str, server: Server) -> str:
    """Runs a line in a shell, in the folder of the project, against a server on another port."""
    assert HERE in line
    ended = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line.replace(HERE, server.url)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def assert_alike(found: Any, printed: Any) -> None:
    """Names and types have to be the same, values need not; "…" stands for what is left out."""
    if isinstance(printed, dict):
        assert list(found) == list(printed)
        for name, value in printed.items():
            assert_alike(found[name], value)
    elif isinstance(printed, list):
        if printed and printed[-1] == "…":
            printed = printed[:-1]
            assert len(found) > len(printed)
        else:
            assert len(found) == len(printed)
        for one, value in zip(found, printed, strict=False):
            assert_alike(one, value)
    elif isinstance(printed, int | float):
        assert isinstance(found, int | float)
    else:
        assert type(found) is type(printed)


@pytest.mark.parametrize(("line", "printed"), curl_lines(README) + curl_lines(API))
def test_a_curl_line_gives_the_printed_kind_of_answer(
    line: str, printed: str, server: Server
) -> None:
    came = run(line, server)
    if printed.startswith("HTTP/"):
        assert came.splitlines()[0].split()[:2] == printed.splitlines()[0].split()[:2]
        came, printed = (text.replace("\r", "").partition("\n\n")[2] for text in (came, printed))
    expected, found = json.loads(printed), json.loads(came)
    assert_alike(found, expected)
    if "detail" in expected:
        assert found["detail"] == expected["detail"]
    if "digits" in expected:
        assert found["digits"] == expected["digits"]


def test_the_pages_show_each_form_and_a_problem() -> None:
    lines = "\n".join(line for line, _ in curl_lines(README) + curl_lines(API))
    for part in ("-F file=", "--data-binary", "application/json", "/predict/batch", "/readyz"):
        assert part in lines
    for page in (README, API):
        everywhere = re.findall(r"^curl ", page.read_text(), re.MULTILINE)
        assert len(everywhere) == len(curl_lines(page)) > 0


def test_the_pages_print_answers_and_scores_of_the_released_reader() -> None:
    digest = sha256(RELEASED)
    for page in (README, API):
        assert set(re.findall(r'"sha256": "(\w+)…"', page.read_text())) == {digest[:8]}
    text = README.read_text()
    rows = {row["key"]: row for row in (read_header(RELEASED).scores or {})["rows"]}
    for key in ("canvas", "page", "corner", "paper", "blanks", "mnist", "demo"):
        for figure in ("digits", "grids"):
            assert f"{100 * rows[key][figure]['share']:.2f}" in text, (key, figure)


def blocks(language: str) -> list[str]:
    """The README's blocks of code in a language."""
    return re.findall(rf"```{language}\n(.*?)```", README.read_text(), re.DOTALL)


def test_the_readme_shows_the_clients_as_they_are() -> None:
    assert (EXAMPLES / "client.py").read_text() in blocks("python")
    assert (EXAMPLES / "client.mjs").read_text() in blocks("js")


@pytest.mark.parametrize("client", ["client.py", "client.mjs"])
def test_a_client_prints_the_reading_the_warnings_or_what_was_wrong(
    client: str, server: Server, tmp_path: Path
) -> None:
    program = sys.executable if client.endswith(".py") else shutil.which("node")
    if program is None:
        pytest.skip("left out: needs node")

    def send(picture: Path) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [program, EXAMPLES / client, picture, server.url],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )

    ended = send(ROOT / "docs" / "grid.png")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert re.fullmatch(r"71_4 0\.99\d\d\n", ended.stdout)

    pixels = np.asarray(Image.open(ROOT / "docs" / "grid.png"))
    Image.fromarray(255 - (255 - pixels) // 14).save(tmp_path / "faint.png")
    assert re.search(r"^faint .*too pale", send(tmp_path / "faint.png").stdout, re.MULTILINE)

    refused = send(ROOT / "LICENSE")
    assert refused.returncode == 1
    assert refused.stdout == ""
    assert refused.stderr.startswith("415: expected a picture (PNG")


def test_the_readers_lines_of_the_readme_run_without_torch_and_print_what_is_printed() -> None:
    (lines,) = [block for block in blocks("python") if "Reader.load" in block]
    assert len([line for line in lines.splitlines() if line]) == 5
    without_torch = f"import sys; sys.modules['torch'] = None\n{lines}"
    ended = subprocess.run(
        [sys.executable, "-c", without_torch],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines() == re.findall(r"^print.*  # (.+)$", lines, re.MULTILINE)


@pytest.mark.parametrize(
    "page", [README, ROOT / "CONTRIBUTING.md", ROOT / "static" / "README.md", *PAGES]
)
def test_each_link_of_a_page_leads_somewhere(page: Path) -> None:
    text = page.read_text()
    links = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|srcset)="([^"]+)"', text)
    for link in links:
        if not re.match(r"https?:", link):
            path, _, heading = link.partition("#")
            target = page.parent / path if path else page
            assert target.exists(), link
            assert not heading or heading in headings(target), link


def headings(page: Path) -> set[str]:
    """The anchors of a page, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_compose_hands_every_setting_to_the_service() -> None:
    """All but those that the container itself decides."""
    own = {"WEIGHTS", "STATIC_DIR", "HOST", "PORT"}
    web = (ROOT / "docker-compose.yml").read_text().partition("\n  web:")[2].partition("ports:")[0]
    handed = set(re.findall(r"^      ([A-Z_]+):", web, re.MULTILINE))
    assert handed == {name.upper() for name in Settings.model_fields} - own


@pytest.fixture(scope="module")
def document(client: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]


def test_each_operation_has_a_line_that_runs(document: dict[str, Any], server: Server) -> None:
    assert len(operations(document)) == 8
    for path, _, operation in operations(document):
        (line,) = re.findall(r"```\n(curl .*)\n```", operation["description"])
        assert path in line
        came = run(line, server)
        if path == "/metrics":
            assert "requests_total" in came
        elif path == "/predict":
            assert json.loads(came)["digits"] == DIGITS
        else:
            assert json.loads(came)


def test_each_operation_documents_its_answers_with_examples(document: dict[str, Any]) -> None:
    for path, _, operation in operations(document):
        assert "200" in operation["responses"]
        assert "500" in operation["responses"]
        for status, answer in operation["responses"].items():
            (content,) = answer["content"].items()
            if status == "200":
                continue
            assert content[0] == "application/problem+json", path
            examples = content[1]["examples"]
            assert examples
            for example in examples.values():
                assert example["value"]["status"] == int(status)
    assert set(document["paths"]["/predict"]["post"]["responses"]) == {
        *("200", "400", "408", "413", "415", "422", "500", "503"),
    }


def test_the_example_in_the_document_runs(document: dict[str, Any], client: httpx.Client) -> None:
    body = document["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]
    assert client.post("/predict", json=body["example"]).json()["digits"] == DIGITS
    answer = client.post("/predict", content=EXAMPLE_PNG, headers=PNG, params={"alternatives": 1})
    example = document["paths"]["/predict"]["post"]["responses"]["200"]["content"]
    documented = example["application/json"]["example"]
    assert set(documented) == set(answer.json())
    assert documented["digits"] == DIGITS


def test_the_page_of_the_documentation_loads_everything_from_here(client: httpx.Client) -> None:
    page = client.get("/docs").text
    assert "<script>" not in page  # the content security policy would not run it
    assert "style=" not in page
    links = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert any(link.endswith(".js") for link in links)
    for link in links:
        assert link.startswith("/")
        if link.startswith("/docs"):
            answer = client.get(link)
            assert answer.status_code == 200
            assert answer.headers["content-type"].split(";")[0] in {"text/css", "text/javascript"}
    start = client.get("/docs/start.js").text
    assert "/openapi.json" in start
    assert "http" not in start


def test_the_document_gives_the_version_of_the_package(client: httpx.Client) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "app.__version__"}
    assert client.get("/openapi.json").json()["info"]["version"] == __version__


def test_the_picture_of_the_architecture_is_one_in_two_themes() -> None:
    light, dark = (
        (ROOT / "docs" / f"architecture-{theme}.svg").read_text().partition("</style>")[2]
        for theme in ("light", "dark")
    )
    assert light == dark != ""
