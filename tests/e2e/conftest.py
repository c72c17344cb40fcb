"""A browser and a server for these tests; every page is watched for what no page may do."""

import os
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from tests.app.running import Server
from tests.conftest import FIGURE
from tests.e2e.browser import HOW_TO_GET_ONE, start_browser
from tests.e2e.watching import Watch
from tests.waiting import PATIENCE

expect.set_options(timeout=1000 * PATIENCE)

OpenPage = Callable[..., Page]


# Of the package, not the session: while playwright's loop runs, no other test can run its own.
@pytest.fixture(scope="package")
def play() -> Iterator[Playwright]:
    with sync_playwright() as play:
        yield play


@pytest.fixture(scope="package")
def browser(play: Playwright) -> Iterator[Browser]:
    browser = start_browser(play)
    if browser is None:
        leave_out = pytest.fail if os.environ.get("REQUIRE_BROWSER") else pytest.skip
        leave_out(HOW_TO_GET_ONE)
    yield browser
    browser.close()


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("server") / "log"
    with Server(log, DRAIN_SECONDS="0") as server:
        yield server


@pytest.fixture(scope="package")
def server_without_fours(
    tmp_path_factory: pytest.TempPathFactory, without_fours: dict[str, str]
) -> Iterator[Server]:
    """To its reader a four is ink that is no digit."""
    log = tmp_path_factory.mktemp("without-fours") / "log"
    with Server(log, DRAIN_SECONDS="0", **without_fours) as server:
        yield server


@pytest.fixture
def new_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes browser contexts; what their pages may never do fails the test at its end."""
    made: list[tuple[BrowserContext, Watch]] = []

    def make(origin: str, **options: Any) -> BrowserContext:
        # A service worker would answer before a test can intercept, and costs each page a while.
        context = browser.new_context(**{"service_workers": "block", **options})
        context.set_default_timeout(1000 * PATIENCE)
        made.append((context, Watch(context, origin)))
        return context

    yield make
    for context, _ in made:
        context.close()
    for _, watch in made:
        assert watch.wrongs() == []


@pytest.fixture
def open_page(browser: Browser, server: Server, new_context: Callable[..., Any]) -> OpenPage:
    """Opens the page in a context of its own; takes playwright's options for one."""

    def open_one(path: str = "/", **options: Any) -> Page:
        page: Page = new_context(server.url, **options).new_page()
        page.goto(server.url + path)
        return page

    return open_one


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    return open_page()


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Prints a measured figure at the end of the run."""
    return partial(record_property, FIGURE)
