"""What the page loads and where from."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, Response, expect

from tests.app.running import Server
from tests.e2e.drawing import draw_with_mouse, expect_reading, strokes_of
from tests.e2e.test_pictures import PICTURE
from tests.e2e.watching import Watch

MOST_JAVASCRIPT_BYTES = 60_000


def test_the_first_load_takes_at_most_60_kb_of_javascript(
    server: Server, new_context: Callable[..., BrowserContext], tell: Callable[[str], None]
) -> None:
    page = new_context(server.url).new_page()
    scripts: list[Response] = []

    def keep(response: Response) -> None:
        if response.request.resource_type == "script":
            scripts.append(response)

    page.on("response", keep)
    page.goto(server.url)  # until every module has come and run
    page.wait_for_load_state("networkidle")
    transferred = sum(script.request.sizes()["responseBodySize"] for script in scripts)
    assert {script.status for script in scripts} == {200}
    assert len(scripts) > 10
    tell(f"first load: {transferred / 1000:.1f} kB of JavaScript, compressed as it is sent")
    assert transferred <= MOST_JAVASCRIPT_BYTES


def test_nothing_is_asked_elsewhere_said_on_the_console_or_stopped_by_the_security_policy(
    server: Server, new_context: Callable[..., BrowserContext]
) -> None:
    """The whole of the page in use, its service worker included."""
    context = new_context(
        server.url,
        service_workers="allow",
        permissions=["clipboard-read", "clipboard-write"],
    )
    watch = Watch(context, server.url)
    page: Page = context.new_page()
    page.goto(server.url)
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    draw_with_mouse(page, strokes_of(page, "7__4"))
    expect_reading(page, "7__4")
    for button in ("cell-0", "share", "copy-json", "copy-curl", "theme", "help"):
        page.get_by_test_id(button).click()
    page.get_by_test_id("help-close").click()
    with page.expect_download():
        page.get_by_test_id("download").click()
    page.get_by_text("Figures", exact=True).click()
    page.get_by_test_id("upload").set_input_files(PICTURE)
    expect_reading(page, "71_4")
    page.reload()
    expect(page.get_by_test_id("pad")).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert len(watch.asked) > 30
    assert watch.wrongs() == []
    assert watch.said == []


def test_nothing_of_a_drawing_is_kept_by_the_browser(
    server: Server, new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context(server.url).new_page()
    page.goto(server.url)
    draw_with_mouse(page, strokes_of(page, "7___"))
    expect_reading(page, "7___")
    assert page.context.cookies() == []
    assert page.evaluate("JSON.stringify({ ...localStorage, ...sessionStorage })") == "{}"
