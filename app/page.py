"""The page: ``/`` and what it loads from ``/static/``."""

import os
from pathlib import Path

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles

from app.settings import Settings

# A browser asks whether its copy is still good, so a new version is seen at once. A service worker
# under /static/ may work for the whole page.
_HEADERS = {"Cache-Control": "no-cache", "Service-Worker-Allowed": "/"}
# They lie in the same folder and are no part of the page.
_FOR_DEVELOPERS = frozenset({"README.md", "package.json"})


class _PageFiles(StaticFiles):
    async def check_config(self) -> None:
        """A folder that is missing holds no file: 404, as ``/`` answers."""

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        return ("", None) if Path(path).name in _FOR_DEVELOPERS else super().lookup_path(path)

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers.update(_HEADERS)
        return response


def add_page_routes(app: FastAPI, settings: Settings) -> None:
    """Adds the page."""
    index = settings.static_dir / "index.html"

    async def page() -> Response:
        if not os.path.isfile(index):  # noqa: PTH113  (an async path would take a dependency)
            raise HTTPException(404)
        return FileResponse(index, headers=_HEADERS)

    app.add_api_route("/", page, methods=["GET"], include_in_schema=False)
    files = _PageFiles(directory=settings.static_dir, check_dir=False)
    app.mount("/static", GZipMiddleware(files, minimum_size=1024))
