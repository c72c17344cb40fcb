"""Pictures from elsewhere: opened, dropped, pasted, photographed."""

import base64
import io
import json
import re
from pathlib import Path

import pytest
from PIL import ExifTags, Image
from playwright.sync_api import Page, Route, expect

from tests.app.running import GRID
from tests.conftest import ROOT
from tests.e2e.conftest import OpenPage
from tests.e2e.drawing import (
    draw_with_mouse,
    expect_no_reading,
    expect_reading,
    inked_share,
    on_screen,
    press_mouse_along,
    stop_clock,
    strokes_of,
    type_digits,
    wait_on_page,
)

PICTURE = ROOT / "docs" / "grid.png"
READ = "71_4"

CLIPBOARD = "navigator.clipboard.readText()"
WRITE_CLIPBOARD = """async (base64) => {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const png = new Blob([bytes], { type: 'image/png' });
  await navigator.clipboard.write([new ClipboardItem({ 'image/png': png })]);
}"""

# Rows of the pad, as shares of its height, with pixels of another colour than grey.
COLOURED_ROWS = """() => {
  const canvas = document.getElementById('ink');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const rows = [];
  for (let i = 0; i < data.length; i += 4) {
    if (data[i] - data[i + 2] > 60) rows.push(i / 4 / canvas.width / canvas.height);
  }
  return rows;
}"""


@pytest.mark.parametrize("button", ["upload", "camera"])
def test_an_opened_picture_appears_on_the_pad_and_is_read(open_page: OpenPage, button: str) -> None:
    page = open_page(has_touch=True, is_mobile=True)  # where there is a camera
    page.get_by_test_id(button).set_input_files(PICTURE)
    expect_reading(page, READ)
    wait_on_page(page, lambda: inked_share(page) == pytest.approx(1, abs=0.02))


def test_the_cells_that_were_found_are_drawn_over_a_picture(page: Page, tmp_path: Path) -> None:
    sheet = Image.new("L", (900, 700), 255)
    sheet.paste(Image.open(PICTURE).convert("L").resize((300, 300)), (520, 90))
    path = tmp_path / "sheet.png"
    sheet.save(path)
    page.get_by_test_id("upload").set_input_files(path)
    expect_reading(page, READ)
    wait_on_page(page, lambda: len(page.evaluate(COLOURED_ROWS)) > 0)
    rows = page.evaluate(COLOURED_ROWS)
    top, bottom = min(rows), max(rows)
    # A landscape picture is centred on the pad: its rows begin at 1/9 of it.
    assert 0.15 < top < 0.3
    assert 0.5 < bottom < 0.65


def test_the_key_for_opening_asks_for_a_file(page: Page) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_test_id("help").focus()
        page.keyboard.press("o")
    chooser.value.set_files(PICTURE)
    expect_reading(page, READ)


def test_a_picture_dropped_on_the_page_is_read(page: Page) -> None:
    session = page.context.new_cdp_session(page)
    x, y = on_screen(page, (0.3, 0.3))
    dragged = {"items": [], "files": [str(PICTURE)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "x": x, "y": y, "data": dragged})
    expect_reading(page, READ)
    assert page.url.endswith("/")  # the browser did not go to the file


def test_a_pasted_picture_is_read(open_page: OpenPage) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.bring_to_front()
    page.evaluate(WRITE_CLIPBOARD, base64.b64encode(GRID).decode())
    page.keyboard.press("Control+v")
    expect_reading(page, READ)


def test_a_photo_like_jpeg_of_dark_ink_is_read_the_same(page: Page, tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    grey = Image.open(io.BytesIO(GRID)).convert("L")
    grey.point(lambda value: 235 - 0.8 * value).resize((900, 900)).save(photo, quality=90)
    page.get_by_test_id("upload").set_input_files(photo)
    expect_reading(page, READ)


def test_a_file_that_is_no_picture_is_refused_in_words(page: Page, tmp_path: Path) -> None:
    note = tmp_path / "note.png"
    note.write_text("this is no picture")
    page.get_by_test_id("upload").set_input_files(note)
    expect(page.get_by_test_id("warnings").locator("li")).to_have_count(1)
    page.get_by_test_id("upload").set_input_files(PICTURE)
    expect_reading(page, READ)


NO_PICTURE = "This is no picture that can be read here: PNG, JPEG, WebP, HEIC, AVIF, BMP or GIF."


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("scan.tiff", b"II*\x00\x08\x00\x00\x00", NO_PICTURE),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", NO_PICTURE),
        ("film.mp4", b"\x00\x00\x00\x18ftypisom\x00\x00\x00\x00", NO_PICTURE),
        ("zeros.png", bytes(11_000_000), NO_PICTURE),
        ("empty.png", b"", "This file is empty."),
    ],
)
def test_what_is_no_picture_is_said_so_here_and_leaves_the_drawing_alone(
    page: Page, tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    type_digits(page, "7")
    expect_reading(page, "7___")
    asked = pictures_sent(page)
    file = tmp_path / name
    file.write_bytes(content)
    page.get_by_test_id("upload").set_input_files(file)
    expect(page.get_by_test_id("warnings")).to_have_text(said)
    expect(page.get_by_test_id("status")).to_have_text(said)
    expect_reading(page, "7___")
    assert asked == []
    page.get_by_test_id("clear").click()
    expect(page.get_by_test_id("warnings")).to_be_empty()


@pytest.mark.parametrize(
    ("kind", "detail", "said"),
    [
        (
            "picture-too-large",
            "expected a picture of at most 10000000 bytes, got 11000000",
            "This picture is too large to be read here: at most 10 MB.",
        ),
        (
            "picture-too-large",
            "expected a picture of at most 25000000 pixels, got 8064x6048",
            "This picture is too large to be read here: at most 25 million pixels.",
        ),
        (
            "picture-unreadable",
            "the picture is damaged: image file is truncated",
            "This picture cannot be read: it is damaged, very small, or far longer than wide.",
        ),
        ("new-kind", "expected this, got that", "A title: expected this, got that"),
    ],
)
def test_why_the_service_refuses_a_picture_is_said_in_words_for_people(
    page: Page, kind: str, detail: str, said: str
) -> None:
    problem = {"type": f"/problems#{kind}", "title": "A title", "detail": detail, "status": 422}
    page.route("**/predict?*", lambda route: route.fulfill(status=422, json=problem))
    page.get_by_test_id("upload").set_input_files(PICTURE)
    expect(page.get_by_test_id("warnings")).to_have_text(said)
    expect(page.get_by_test_id("status")).to_have_text(said)


def pictures_sent(page: Page) -> list[bytes]:
    """Collects the bodies that the page sends."""
    sent: list[bytes] = []

    def keep(route: Route) -> None:
        sent.append(route.request.post_data_buffer or b"")
        route.continue_()

    page.route("**/predict?*", keep)
    return sent


def test_a_picture_is_sent_byte_for_byte(page: Page) -> None:
    sent = pictures_sent(page)
    page.get_by_test_id("upload").set_input_files(PICTURE)
    expect_reading(page, READ)
    assert sent == [PICTURE.read_bytes()]


def test_a_very_large_photograph_is_made_smaller_upright_and_read(
    open_page: OpenPage, tmp_path: Path
) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.bring_to_front()
    sent = pictures_sent(page)
    photo = tmp_path / "IMG_1.jpg"
    # Dark ink on a light page, higher than wide; as a camera stores it that was held upright.
    grid = Image.open(io.BytesIO(GRID)).convert("L").resize((6048, 8064))
    upright = grid.point(lambda value: 235 - 0.8 * value)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    upright.transpose(Image.Transpose.ROTATE_90).save(photo, quality=85, exif=exif)

    stop_clock(page)
    page.get_by_test_id("upload").set_input_files(photo)
    expect(page.get_by_test_id("status")).to_have_text(
        "The picture was made smaller before it was sent."
    )
    expect_reading(page, READ)
    (body,) = sent
    small = Image.open(io.BytesIO(body))
    assert (small.format, small.size) == ("JPEG", (1200, 1600))
    assert small.getexif().get(ExifTags.Base.Orientation, 1) == 1
    # What the page says of it counts in the pixels that were sent.
    page.get_by_test_id("copy-json").click()
    expect(page.get_by_test_id("status")).to_have_text("JSON copied.")
    left, top, right, bottom = json.loads(page.evaluate(CLIPBOARD))["ink"]["grid_box"]
    assert 0 <= left < right <= 1200
    assert 0 <= top < 800 < 1200 < bottom <= 1600

    page.get_by_test_id("copy-curl").click()
    expect(page.get_by_test_id("status")).to_have_text(
        "curl command copied. It sends IMG_1-smaller.jpg: download that first."
    )
    assert "@'IMG_1-smaller.jpg'" in page.evaluate(CLIPBOARD)
    with page.expect_download() as download:
        page.get_by_test_id("download").click()
    assert download.value.suggested_filename == "IMG_1-smaller.jpg"
    assert download.value.path().read_bytes() == body


def test_undo_brings_the_drawing_back_and_redo_the_picture(page: Page) -> None:
    draw_with_mouse(page, strokes_of(page, "4___"))
    expect_reading(page, "4___")
    page.get_by_test_id("upload").set_input_files(PICTURE)
    expect_reading(page, READ)
    page.get_by_test_id("undo").click()
    expect_reading(page, "4___")
    page.get_by_test_id("redo").click()
    expect_reading(page, READ)


def test_drawing_on_a_picture_begins_a_fresh_drawing(page: Page) -> None:
    page.get_by_test_id("upload").set_input_files(PICTURE)
    expect_reading(page, READ)
    draw_with_mouse(page, strokes_of(page, "___2"))
    expect_reading(page, "___2")


def expect_nothing_left_of_the_reading(page: Page) -> None:
    """Neither to be seen nor to be heard: the page says that it is reading."""
    expect_no_reading(page)
    for cell in range(4):
        expect(page.get_by_test_id(f"cell-{cell}")).to_have_accessible_name(
            re.compile("nothing read yet")
        )
    expect(page.get_by_test_id("reading-confidence")).to_have_text("Reading…")
    expect(page.get_by_test_id("status")).to_have_text("Reading…")
    expect(page.get_by_test_id("warnings")).to_be_empty()
    expect(page.get_by_test_id("normal-form")).to_be_hidden()
    expect(page.get_by_test_id("overlay")).to_be_hidden()


def test_while_a_picture_is_read_nothing_is_shown_of_what_was_read_before(page: Page) -> None:
    draw_with_mouse(page, strokes_of(page, "4___"))
    expect_reading(page, "4___")
    page.get_by_test_id("cell-0").click()
    page.route("**/predict?*", lambda route: None)
    page.get_by_test_id("upload").set_input_files(PICTURE)
    expect_nothing_left_of_the_reading(page)
    page.unroute("**/predict?*")  # what was held goes on
    expect_reading(page, READ)
    expect(page.get_by_test_id("status")).to_contain_text("Read 7, 1, blank, 4")

    page.route("**/predict?*", lambda route: None)
    page.get_by_test_id("undo").click()  # the drawing again
    expect_nothing_left_of_the_reading(page)
    page.get_by_test_id("redo").click()  # and the picture
    page.unroute("**/predict?*")
    page.get_by_test_id("undo").click()
    expect_reading(page, "4___")


def test_the_answer_for_a_picture_goes_as_soon_as_somebody_draws_on_it(page: Page) -> None:
    page.get_by_test_id("upload").set_input_files(PICTURE)
    expect_reading(page, READ)
    page.route("**/predict?*", lambda route: None)
    press_mouse_along(page, strokes_of(page, "3___")[0])
    expect_nothing_left_of_the_reading(page)
    page.unroute("**/predict?*")
    page.mouse.up()
    expect_reading(page, "3___")


def test_a_refusal_goes_with_its_picture(page: Page, tmp_path: Path) -> None:
    note = tmp_path / "note.png"
    note.write_text("this is no picture")
    page.get_by_test_id("upload").set_input_files(note)
    expect(page.get_by_test_id("warnings").locator("li")).to_have_count(1)
    page.route("**/predict?*", lambda route: None)
    page.get_by_test_id("upload").set_input_files(PICTURE)
    expect_nothing_left_of_the_reading(page)
