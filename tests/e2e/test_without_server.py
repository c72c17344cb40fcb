"""The server goes away and comes back; the page works from its own copy meanwhile."""

import random
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.app.running import Server
from tests.e2e.drawing import (
    NOTE_MS,
    cells_with_ink,
    expect_no_reading,
    expect_reading,
    stop_clock,
    type_digits,
    wait_on_page,
)

KEEPS_THE_PAGE = "() => navigator.serviceWorker.controller !== null"


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    """A server that a test may stop, and start again on the same port."""
    # One of those that the system gives to nobody who asks for any port.
    port = next(filter(is_free, random.sample(range(10_000, 30_000), 1000)))
    with Server(tmp_path / "first", port=port, DRAIN_SECONDS="0") as server:
        yield server


def is_free(port: int) -> bool:
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


NewContext = Callable[..., BrowserContext]


def test_while_the_server_is_away_the_drawing_is_kept_and_then_read(
    own_server: Server, new_context: NewContext, tmp_path: Path
) -> None:
    page: Page = new_context(own_server.url).new_page()
    page.goto(own_server.url)
    offline = page.get_by_test_id("offline")
    type_digits(page, "7")
    expect_reading(page, "7___")
    expect(offline).to_be_hidden()

    own_server.stop()
    type_digits(page, "2")
    expect(offline).to_contain_text("server is away")
    expect(offline).to_contain_text("kept")
    expect_no_reading(page)  # the old answer is for another drawing
    type_digits(page, "16")
    assert cells_with_ink(page) == [0, 1, 2, 3]
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+y")
    expect(offline).to_be_visible()

    with Server(tmp_path / "second", port=own_server.port, DRAIN_SECONDS="0"):
        expect_reading(page, "7216")
        expect(offline).to_be_hidden()
        page.keyboard.press("Control+z")
        expect_reading(page, "721_")


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_proxy_without_a_server_behind_it_counts_as_away(page: Page, status: int) -> None:
    sorry = {"status": status, "content_type": "text/html", "body": "<h1>Sorry</h1>"}
    page.route("**/predict?*", lambda route: route.fulfill(**sorry))
    type_digits(page, "7")
    expect(page.get_by_test_id("offline")).to_be_visible()
    expect(page.get_by_test_id("warnings")).to_be_empty()
    page.unroute("**/predict?*")
    expect_reading(page, "7___")
    expect(page.get_by_test_id("offline")).to_be_hidden()


def test_what_a_proxy_refuses_in_html_is_said_in_words_and_is_not_asked_again(page: Page) -> None:
    asked: list[Route] = []

    def refuse(route: Route) -> None:
        asked.append(route)
        body = "<html><h1>413 Request Entity Too Large</h1></html>"
        route.fulfill(status=413, content_type="text/html", body=body)

    stop_clock(page)
    page.route("**/predict?*", refuse)
    type_digits(page, "7")
    expect(page.get_by_test_id("warnings")).to_contain_text("The picture was refused: it is too")
    expect(page.get_by_test_id("status")).to_contain_text("refused: it is too large")
    expect(page.get_by_test_id("reading-confidence")).to_be_empty()
    expect(page.get_by_test_id("offline")).to_be_hidden()
    expect_no_reading(page)
    page.clock.run_for(60_000)  # longer than the page waits for a server that is away
    type_digits(page, "2")
    wait_on_page(page, lambda: len(asked) > 1)
    assert len(asked) == 2


def test_a_note_is_seen_while_the_server_is_away(page: Page) -> None:
    page.route("**/predict?*", lambda route: route.abort())
    page.route("**/readyz", lambda route: route.abort())
    type_digits(page, "7")
    offline, status = page.get_by_test_id("offline"), page.get_by_test_id("status")
    expect(offline).to_be_visible()
    expect(status).to_be_hidden()
    stop_clock(page)
    page.keyboard.press("e")
    expect(status).to_contain_text("Erasing")
    expect(status).to_be_visible()
    expect(offline).to_have_css("opacity", "0")
    page.clock.run_for(NOTE_MS)
    expect(offline).to_have_css("opacity", "1")


def test_once_loaded_the_page_opens_and_draws_without_a_server(
    own_server: Server, new_context: NewContext, tmp_path: Path
) -> None:
    page = new_context(own_server.url, service_workers="allow").new_page()
    page.goto(own_server.url)
    page.wait_for_function(KEEPS_THE_PAGE)
    own_server.stop()

    page.reload()
    expect(page).to_have_title("Digit grid reader")
    type_digits(page, "7_16")
    assert cells_with_ink(page) == [0, 2, 3]
    expect(page.get_by_test_id("offline")).to_be_visible()
    page.get_by_test_id("share").click()
    page.wait_for_url("**/#g1.*")
    for style in page.evaluate("[...document.styleSheets].map((sheet) => sheet.cssRules.length)"):
        assert style > 0

    with Server(tmp_path / "second", port=own_server.port, DRAIN_SECONDS="0"):
        expect_reading(page, "7_16")
        page.reload()  # the link in the address brings the drawing back
        expect_reading(page, "7_16")
