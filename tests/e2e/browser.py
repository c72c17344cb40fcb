"""Finds a Chromium and starts it."""

import os
import shutil
from pathlib import Path

from playwright.sync_api import Browser, Playwright

HOW_TO_GET_ONE = (
    "no browser: apt-get install chromium, or .venv/bin/playwright install chromium, "
    "or CHROMIUM=/path/to/one"
)
NAMES = ("chromium", "chromium-browser", "google-chrome")
# Nothing that the browser does for itself: no updates, no first-run pages, no requests of its own.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_browser(play: Playwright) -> str | None:
    """Returns the path of ``CHROMIUM``, the system's browser or playwright's own; else None."""
    if named := os.environ.get("CHROMIUM"):
        return named
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    own = play.chromium.executable_path
    return found or (own if Path(own).exists() else None)


def start_browser(play: Playwright) -> Browser | None:
    """Starts a browser without a window; None where there is no browser."""
    path = find_browser(play)
    if path is None:
        return None
    return play.chromium.launch(executable_path=path, args=ARGUMENTS)
