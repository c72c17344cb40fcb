"""The page: ``/`` and what it loads from ``/static/``."""

from fastapi import FastAPI
from starlette.routing import Route

from app.files import serve_files
from app.settings import Settings
from model.errors import ConfigError

_INDEX = "index.html"
# A service worker under /static/ may work for the whole page.
_HEADERS = {"Service-Worker-Allowed": "/"}
# They lie in the same folder and are no part of the page.
_FOR_DEVELOPERS = frozenset({"README.md", "package.json"})


def check_page(settings: Settings) -> None:
    """Raises ConfigError where there is no page to serve."""
    folder = settings.static_dir
    if not (folder / _INDEX).is_file():
        found = "a folder without it" if folder.is_dir() else "no folder"
        raise ConfigError(f"STATIC_DIR: expected a folder with {_INDEX}, found {found}: {folder}")


def add_page_routes(app: FastAPI, settings: Settings) -> None:
    """Adds the page."""
    files = serve_files(
        settings.static_dir, index=_INDEX, left_out=_FOR_DEVELOPERS, headers=_HEADERS
    )
    app.router.routes.append(Route("/", files, methods=["GET"], include_in_schema=False))
    app.mount("/static", files)
