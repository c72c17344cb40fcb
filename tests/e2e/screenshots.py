"""Takes the pictures of the page in ``docs/``: ``python -m tests.e2e.screenshots``."""

import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.app.running import Server
from tests.conftest import ROOT
from tests.e2e.browser import HOW_TO_GET_ONE, start_browser
from tests.e2e.drawing import Touch, draw_with_mouse, expect_reading, strokes_of, wait_for_paint
from tests.waiting import PATIENCE

# A blank cell shows that a blank is read too. The step laid over the drawing is that of the 6.
DIGITS = "72_6"
STEP = 3
DESKTOP = {"viewport": {"width": 1280, "height": 1030}, "device_scale_factor": 2}
PHONE = {
    "viewport": {"width": 412, "height": 915},
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
}
PICTURES: dict[str, dict[str, Any]] = {
    "page-light.png": {**DESKTOP, "color_scheme": "light"},
    "page-dark.png": {**DESKTOP, "color_scheme": "dark"},
    "page-phone.png": {**PHONE, "color_scheme": "light"},
}


def take(browser: Browser, url: str, path: Path, **options: Any) -> None:
    """Draws a grid, lays a step over it and takes a picture of what fits in the window."""
    page: Page = browser.new_page(reduced_motion="reduce", **options)
    page.goto(url)
    strokes = strokes_of(page, DIGITS)
    if options.get("has_touch"):
        Touch(page).draw(strokes)
        expect_reading(page, DIGITS)
        page.get_by_test_id(f"cell-{STEP}").tap()
    else:
        draw_with_mouse(page, strokes)
        expect_reading(page, DIGITS)
        page.get_by_test_id(f"cell-{STEP}").click()
        page.mouse.move(1, 1)
    expect(page.get_by_test_id("overlay")).to_be_visible()
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    wait_for_paint(page)
    page.screenshot(path=path)
    page.context.close()


def main() -> None:
    expect.set_options(timeout=1000 * PATIENCE)
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as play,
        Server(Path(folder) / "log", DRAIN_SECONDS="0") as server,
    ):
        browser = start_browser(play)
        if browser is None:
            sys.exit(HOW_TO_GET_ONE)
        for name, options in PICTURES.items():
            take(browser, server.url, ROOT / "docs" / name, **options)
            print(f"docs/{name}")
        browser.close()


if __name__ == "__main__":
    main()
