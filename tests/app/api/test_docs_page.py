"""``/docs`` in a real browser: it shows the operations and tries one, and nothing is blocked."""

import os

import pytest
from playwright.sync_api import sync_playwright

from tests.app.running import Server
from tests.e2e.browser import HOW_TO_GET_ONE, start_browser
from tests.waiting import PATIENCE


def test_the_documentation_works_under_its_own_content_security_policy(server: Server) -> None:
    said: list[str] = []
    asked: list[str] = []
    with sync_playwright() as play:
        browser = start_browser(play)
        if browser is None:
            leave_out = pytest.fail if os.environ.get("REQUIRE_BROWSER") else pytest.skip
            leave_out(HOW_TO_GET_ONE)
        page = browser.new_page()
        page.set_default_timeout(1000 * PATIENCE)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{server.url}/docs")
        operation = page.locator("#operations-reading-predict_predict_post")
        operation.locator("button.opblock-summary-control").click()
        operation.get_by_role("button", name="Try it out").click()
        operation.get_by_role("button", name="Execute").click()
        answer = operation.locator(".live-responses-table tr.response")
        answer.wait_for()
        assert answer.locator(".response-col_status").inner_text().startswith("200")
        assert "71_4" in answer.inner_text()
        browser.close()
    assert [line for line in said if "icon.svg" not in line and "404" not in line] == []
    outside = [url for url in asked if not url.startswith((server.url, "data:", "blob:"))]
    assert outside == []
