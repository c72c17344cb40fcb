"""What of the folder of the page is served: what the page loads, and not what developers read."""

from fastapi import FastAPI
from starlette.testclient import TestClient

from app.serving.pages import add_page_routes
from app.settings import Settings
from tests.conftest import ROOT

FOLDER = ROOT / "static"
NOT_SERVED = {"README.md", "js/package.json"}


def test_the_page_is_served_and_the_notes_for_developers_are_not() -> None:
    app = FastAPI()
    add_page_routes(app, Settings())
    files = {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file()}
    assert files >= NOT_SERVED
    with TestClient(app) as client:
        status = {name: client.get(f"/static/{name}").status_code for name in files}
    refused = {name for name, number in status.items() if number == 404}
    assert refused == NOT_SERVED
    assert {status[name] for name in files - NOT_SERVED} == {200}
