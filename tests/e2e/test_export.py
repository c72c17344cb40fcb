"""Exports of the page: a link, the answer as JSON, a curl command, the picture as a file."""

import io
import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from tests.app.running import PNG, Server
from tests.e2e.conftest import OpenPage
from tests.e2e.drawing import (
    NOTE_MS,
    cells_with_ink,
    draw_with_mouse,
    draw_with_pen,
    expect_no_reading,
    expect_reading,
    stop_clock,
    strokes_of,
    type_digits,
    wait_on_page,
)
from tests.e2e.test_pictures import PICTURE, READ
from tests.waiting import PATIENCE

DIGITS = "72_6"
INK = "() => document.getElementById('ink').toDataURL()"


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.bring_to_front()
    return page


def copied_by(page: Page, button: str) -> str:
    status = page.get_by_test_id("status")
    page.get_by_test_id(button).click()
    expect(status).to_have_text(re.compile("copied"))
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text


def as_digits(answer: dict[str, Any]) -> str:
    return "".join("_" if digit is None else str(digit) for digit in answer["digits"])


def test_a_link_brings_the_same_drawing_to_somebody_else(page: Page, open_page: OpenPage) -> None:
    draw_with_mouse(page, strokes_of(page, "72__"))
    draw_with_pen(page, strokes_of(page, "___6"), pressure=0.8)
    expect_reading(page, DIGITS)
    link = copied_by(page, "share")
    assert len(link) < 1_000
    other = open_page("/" + link[link.index("#") :])
    expect_reading(other, DIGITS)
    assert cells_with_ink(other) == [0, 1, 3]
    again = other.evaluate("location.hash")
    other.get_by_test_id("share").click()
    assert other.evaluate("location.hash") == again


def test_a_link_opened_on_a_page_with_a_drawing_can_be_undone(page: Page) -> None:
    type_digits(page, "45")
    expect_reading(page, "45__")
    link = copied_by(page, "share")
    page.keyboard.press("Shift+Delete")
    type_digits(page, "8")
    expect_reading(page, "8___")
    page.evaluate("(link) => { location.href = link; }", link)
    expect_reading(page, "45__")
    page.get_by_test_id("undo").click()
    expect_reading(page, "8___")
    assert "#" not in page.url  # the address does not promise another drawing


def test_the_drawing_in_a_link_is_never_sent_as_part_of_an_address(page: Page) -> None:
    type_digits(page, "7")
    expect_reading(page, "7___")
    link = copied_by(page, "share")
    fragment = link.partition("#")[2]
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.url} {request.headers}"))
    page.reload()
    expect_reading(page, "7___")
    lines = [line.partition("#")[0] if "document" in line else line for line in asked]
    assert [line for line in lines if fragment in line.partition("#")[0]] == []


@pytest.mark.parametrize(
    "fragment",
    [
        "g1.",
        "g1.AAAA",
        "g1.%%%",
        "g9.AQID",
        "zzz",
        "g1." + "_" * 5_000,
        "<script>alert(1)</script>",
    ],
)
def test_a_rubbish_link_gives_a_message_and_a_blank_pad(open_page: OpenPage, fragment: str) -> None:
    page = open_page(f"/#{fragment}")
    expect(page.get_by_test_id("status")).to_contain_text("This link")
    expect_no_reading(page)
    assert cells_with_ink(page) == []
    assert "#" not in page.url
    type_digits(page, "7")
    expect_reading(page, "7___")


def test_the_answer_can_be_copied_as_json(page: Page) -> None:
    type_digits(page, "72")
    expect_reading(page, "72__")
    answer = json.loads(copied_by(page, "copy-json"))
    assert as_digits(answer) == "72__"
    assert len(answer["attention"]["weights"]) == 4


def run(command: str, folder: Path) -> dict[str, Any]:
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, cwd=folder, timeout=PATIENCE, check=True
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_the_copied_curl_command_gives_the_answer_of_the_page(page: Page, tmp_path: Path) -> None:
    draw_with_mouse(page, strokes_of(page, DIGITS))
    expect_reading(page, DIGITS)
    answer = run(copied_by(page, "copy-curl"), tmp_path)
    assert as_digits(answer) == DIGITS
    # The same digits may be read before the last stroke is drawn to its end.
    wait_on_page(
        page,
        lambda: json.loads(copied_by(page, "copy-json"))["confidence"] == answer["confidence"],
    )


def test_the_copied_curl_command_for_a_file_names_the_file(page: Page, tmp_path: Path) -> None:
    picture = tmp_path / "it's mine $(rm).png"
    picture.write_bytes(PICTURE.read_bytes())
    page.get_by_test_id("upload").set_input_files(picture)
    expect_reading(page, READ)
    command = copied_by(page, "copy-curl")
    assert f"@{picture.name}" in shlex.split(command)
    assert as_digits(run(command, tmp_path)) == READ


def test_the_downloaded_picture_is_read_as_the_drawing_was(page: Page, server: Server) -> None:
    type_digits(page, DIGITS)
    expect_reading(page, DIGITS)
    with page.expect_download() as download:
        page.get_by_test_id("download").click()
    assert download.value.suggested_filename == "digit-grid.png"
    content = download.value.path().read_bytes()
    picture = Image.open(io.BytesIO(content))
    assert (picture.format, picture.size) == ("PNG", (560, 560))
    answer = httpx.post(f"{server.url}/predict", content=content, headers=PNG, timeout=PATIENCE)
    assert as_digits(answer.json()) == DIGITS


def test_where_the_clipboard_is_refused_the_text_is_shown_to_be_copied_by_hand(
    open_page: OpenPage,
) -> None:
    page = open_page()
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(); }")
    type_digits(page, "7")
    expect_reading(page, "7___")
    page.get_by_test_id("copy-json").click()
    expect(page.get_by_test_id("copy-dialog")).to_be_visible()
    assert as_digits(json.loads(page.get_by_test_id("copy-text").input_value())) == "7___"
    assert page.evaluate("getSelection().toString().length") > 100
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("copy-dialog")).to_be_hidden()


def test_letters_copy_and_download_too(page: Page) -> None:
    type_digits(page, "7")
    expect_reading(page, "7___")
    for key, said in (("l", "Link copied."), ("j", "JSON copied."), ("k", "curl command copied.")):
        page.keyboard.press(key)
        expect(page.get_by_test_id("status")).to_have_text(said)
    with page.expect_download():
        page.keyboard.press("d")


def test_a_note_is_not_lost_to_a_reading_that_comes_a_moment_later(page: Page) -> None:
    status = page.get_by_test_id("status")
    held: list[Route] = []
    page.route("**/predict?*", lambda route: held.append(route))
    with page.expect_request("**/predict?*"):
        type_digits(page, "7")
    stop_clock(page)
    page.get_by_test_id("share").click()
    expect(status).to_have_text("Link copied.")
    wait_on_page(page, lambda: held).pop().continue_()
    expect_reading(page, "7___")
    assert status.text_content() == "Link copied."
    page.clock.run_for(NOTE_MS)
    expect(status).to_contain_text("Read 7, blank, blank, blank")
