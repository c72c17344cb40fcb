"""Every warning is known wherever warnings are told: in the schema, on the page, in docs/api.md."""

import ast
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from app.api.problems import KINDS
from app.api.schemas import WarningAnswer
from tests.conftest import ROOT

# What makes a warning; its code is the first argument.
MAKERS = {"Notice", "InkWarning"}
# Codes of the documentation's table and of the schema's sentence.
CODE = r"[a-z]+(?:_[a-z]+)*"


def codes_given_by(path: Path) -> set[str]:
    """The codes of the warnings that a file makes; one that hands on another's names none."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name | ast.Attribute):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
        if name not in MAKERS:
            continue
        code = {word.arg: word.value for word in node.keywords}.get("code") or node.args[0]
        if isinstance(code, ast.Constant):
            found.add(str(code.value))
        else:
            assert isinstance(code, ast.Attribute), f"{path}:{node.lineno}: write the code out"
            assert code.attr == "code", f"{path}:{node.lineno}: write the code out"
    return found


def codes_given() -> set[str]:
    files = [path for room in ("model", "app") for path in (ROOT / room).rglob("*.py")]
    return set().union(*map(codes_given_by, files))


def codes_of_the_schema() -> set[str]:
    return set(re.findall(CODE, WarningAnswer.model_fields["code"].description or "")) - {"or"}


def codes_of_the_page() -> set[str]:
    words = (ROOT / "static" / "js" / "messages.js").read_text()
    return set(re.findall(rf"^  ({CODE}):", words.partition("const WARNINGS = {")[2], re.MULTILINE))


def codes_of_the_documentation() -> set[str]:
    text = (ROOT / "docs" / "api.md").read_text()
    section = text.partition("\n### Warnings\n")[2].partition("\n## ")[0]
    return set(re.findall(rf"^\| `({CODE})` \| .+ \| .+ \|$", section, re.MULTILINE))


def test_warnings_are_found_where_they_are_made() -> None:
    assert {"low_confidence", "faint", "many_frames"} <= codes_given()


@pytest.mark.parametrize(
    "told", [codes_of_the_schema, codes_of_the_page, codes_of_the_documentation]
)
def test_each_place_that_tells_of_warnings_knows_just_those_that_are_given(
    told: Callable[[], set[str]],
) -> None:
    assert told() == codes_given()


def test_the_page_has_words_for_each_kind_of_problem_that_it_can_meet() -> None:
    words = (ROOT / "static" / "js" / "messages.js").read_text()
    table = words.partition("const PROBLEMS = {")[2].partition("};")[0]
    # A server that answers 503 counts as away.
    met = {name for name, kind in KINDS.items() if kind["status"] != 503}
    assert set(re.findall(r"^  '([a-z-]+)':", table, re.MULTILINE)) == met
