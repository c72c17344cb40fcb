"""The pages that people open: ``/`` with ``/static/``, and ``/docs``, all served from here."""

import os
from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from app.settings import Settings
from model.errors import ConfigError

_INDEX = "index.html"
# They lie in the folder of the page and are no part of it.
_FOR_DEVELOPERS = frozenset({"README.md", "package.json"})
_HEADERS = {
    # A browser asks whether its copy is still good, so a new version is seen at once.
    "Cache-Control": "no-cache",
    # A service worker under /static/ may work for the whole page.
    "Service-Worker-Allowed": "/",
}


def check_page(settings: Settings) -> None:
    """Raises ConfigError where there is no page to serve."""
    folder = settings.static_dir
    if not (folder / _INDEX).is_file():
        found = "a folder without it" if folder.is_dir() else "no folder"
        raise ConfigError(f"STATIC_DIR: expected a folder with {_INDEX}, found {found}: {folder}")


def add_page_routes(app: FastAPI, settings: Settings) -> None:
    """Adds the page for drawing."""
    page = _serve_files(settings.static_dir)
    app.router.routes.append(Route("/", page, methods=["GET"], include_in_schema=False))
    app.mount("/static", page)


def add_documentation_routes(app: FastAPI) -> None:
    """Adds ``/docs``, with all that it shows."""
    page = get_swagger_ui_html(
        openapi_url="/openapi.json",
        title=app.title,
        swagger_js_url="/docs/assets/swagger-ui-bundle.js",
        swagger_css_url="/docs/assets/swagger-ui.css",
        swagger_favicon_url="/static/icon.svg",
    )
    # The page's own script stands in the page; the content security policy wants it in a file.
    head, _, rest = bytes(page.body).decode().partition("<script>")
    script, _, tail = rest.partition("</script>")
    html = f'{head}<script src="/docs/start.js"></script>{tail}'

    started_by = Response(script, media_type="text/javascript")
    for path, answer in (("/docs", HTMLResponse(html)), ("/docs/start.js", started_by)):
        app.router.routes.append(Route(path, answer, methods=["GET"], include_in_schema=False))
    app.mount("/docs/assets", _serve_files(Path(str(files("fastapi_offline"))) / "static"))


def _serve_files(folder: Path) -> ASGIApp:
    """Serves a folder: whole files, compressed, and only where a browser's copy is old."""
    return GZipMiddleware(_Files(directory=folder, check_dir=False), 1024, compresslevel=6)


class _Files(StaticFiles):
    """Ignores Range: all files are small, and Starlette's 416 is no problem document."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(name, value) for name, value in scope["headers"] if name != b"range"]
        await super().__call__({**scope, "headers": headers}, receive, send)

    def get_path(self, scope: Scope) -> str:
        return _INDEX if scope["path"] == "/" else super().get_path(scope)

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        return ("", None) if Path(path).name in _FOR_DEVELOPERS else super().lookup_path(path)

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers.update(_HEADERS)
        del response.headers["accept-ranges"]
        return response
