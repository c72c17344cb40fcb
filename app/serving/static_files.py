"""Folders of files that are served: whole, compressed, and only where a browser's copy is old."""

import os
from collections.abc import Mapping
from pathlib import Path

from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

_LEAST_COMPRESSED_BYTES = 1024
# Level 9 takes a third longer, and saves hardly more.
_COMPRESSION_LEVEL = 6
# A browser asks whether its copy is still good, so a new version is seen at once.
_HEADERS = {"Cache-Control": "no-cache"}


def serve_files(
    folder: Path,
    *,
    index: str = "",
    left_out: frozenset[str] = frozenset(),
    headers: Mapping[str, str] | None = None,
) -> ASGIApp:
    """Returns an app that serves a folder.

    Args:
        folder: All of it is served, but for what is left out.
        index: The file that answers for ``/``.
        left_out: Names of files that are not served, wherever in the folder they lie.
        headers: Of every answer, besides the usual ones.
    """
    files = _Files(folder, index, left_out, {**_HEADERS, **(headers or {})})
    return GZipMiddleware(
        files, minimum_size=_LEAST_COMPRESSED_BYTES, compresslevel=_COMPRESSION_LEVEL
    )


class _Files(StaticFiles):
    """Sends no part of a file: all are small, and Starlette's errors of ranges are no problems."""

    def __init__(
        self, folder: Path, index: str, left_out: frozenset[str], headers: Mapping[str, str]
    ) -> None:
        super().__init__(directory=folder, check_dir=False)
        self._index = index
        self._left_out = left_out
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(name, value) for name, value in scope["headers"] if name != b"range"]
        await super().__call__({**scope, "headers": headers}, receive, send)

    def get_path(self, scope: Scope) -> str:
        return self._index if scope["path"] == "/" else super().get_path(scope)

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        return ("", None) if Path(path).name in self._left_out else super().lookup_path(path)

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers.update(self._headers)
        del response.headers["accept-ranges"]
        return response
