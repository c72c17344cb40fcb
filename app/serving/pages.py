"""The pages that people open: ``/`` with ``/static/``, and ``/docs``."""

from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from app.serving.static_files import serve_files
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
    """Adds the page for drawing."""
    page = serve_files(
        settings.static_dir, index=_INDEX, left_out=_FOR_DEVELOPERS, headers=_HEADERS
    )
    app.router.routes.append(Route("/", page, methods=["GET"], include_in_schema=False))
    app.mount("/static", page)


def add_documentation_routes(app: FastAPI) -> None:
    """Adds ``/docs``, with all that it shows served from here."""
    page = get_swagger_ui_html(
        openapi_url="/openapi.json",
        title=app.title,
        swagger_js_url="/docs/assets/swagger-ui-bundle.js",
        swagger_css_url="/docs/assets/swagger-ui.css",
        swagger_favicon_url="/static/icon.svg",
    )
    # The page's own script stands in the page; the content security policy wants it in a file.
    text = bytes(page.body).decode()
    head, _, rest = text.partition("<script>")
    script, _, tail = rest.partition("</script>")
    html = f'{head}<script src="/docs/start.js"></script>{tail}'

    async def docs() -> Response:
        return HTMLResponse(html)

    async def start_script() -> Response:
        return Response(script, media_type="text/javascript")

    app.add_api_route("/docs", docs, methods=["GET"], include_in_schema=False)
    app.add_api_route("/docs/start.js", start_script, methods=["GET"], include_in_schema=False)
    app.mount("/docs/assets", serve_files(Path(str(files("fastapi_offline"))) / "static"))
