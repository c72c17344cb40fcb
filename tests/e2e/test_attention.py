"""Where it looked: the overlay of each step, its choices, and the same in figures."""

import io
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.drawing import (
    Touch,
    expect_reading,
    stop_clock,
    strokes_of,
    type_digits,
    wait_for_paint,
)

STEP_MS = 1100  # each step is shown for so long when all are played
# What the overlay shows, as colours with their opacity: red, green, blue, alpha of its pixels.
LOOK = """() => {
  const canvas = document.getElementById('overlay');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const pixels = [];
  for (let y = 8; y < canvas.height; y += 16) {
    for (let x = 8; x < canvas.width; x += 16) {
      const i = 4 * (y * canvas.width + x);
      pixels.push([data[i], data[i + 1], data[i + 2], data[i + 3]]);
    }
  }
  return pixels;
}"""


def look_at_overlay(page: Page) -> list[list[int]]:
    wait_for_paint(page)
    pixels: list[list[int]] = page.evaluate(LOOK)
    return pixels


def read_sample(page: Page, digits: str = "7216") -> dict[str, Any]:
    """Has a grid read and returns the service's answer."""
    with page.expect_response("**/predict?*") as response:
        page.locator(f"[data-digits='{digits}']").click()
    expect_reading(page, digits)
    answer: dict[str, Any] = response.value.json()
    return answer


def expect_step(page: Page, step: int | None) -> None:
    overlay = page.get_by_test_id("overlay")
    if step is None:
        expect(overlay).to_be_hidden()
    else:
        expect(overlay).to_be_visible()
        expect(overlay).to_have_attribute("data-step", str(step))


@pytest.mark.parametrize("beside", ["cell", "step"])
def test_pointing_at_a_digit_shows_where_it_looked_until_the_mouse_leaves(
    page: Page, beside: str
) -> None:
    read_sample(page)
    looks = []
    for step in range(4):
        page.get_by_test_id(f"{beside}-{step}").hover()
        expect_step(page, step)
        looks.append(str(look_at_overlay(page)))
    assert len(set(looks)) == 4
    page.get_by_test_id("help").hover()
    expect_step(page, None)


def test_the_overlay_follows_the_focus_of_the_keyboard(page: Page) -> None:
    read_sample(page)
    page.locator(".skip").focus()
    for step in range(2):
        tab_to(page, page.get_by_test_id(f"cell-{step}"))
        expect_step(page, step)
    tab_to(page, page.get_by_test_id("pad"))
    expect_step(page, None)
    for name in ("cell-2", "cell-3", "step-0", "step-1"):
        tab_to(page, page.get_by_test_id(name))
        expect_step(page, int(name[-1]))


def tab_to(page: Page, wanted: Locator) -> None:
    for _ in range(50):
        page.keyboard.press("Tab")
        if wanted.evaluate("(element) => element === document.activeElement"):
            return
    pytest.fail(f"Tab does not reach {wanted}")


def test_a_tap_lays_a_step_over_the_drawing_and_another_takes_it_off(open_page: OpenPage) -> None:
    page = open_page(has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844})
    read_sample(page)
    for step in range(4):
        cell = page.get_by_test_id(f"cell-{step}")
        cell.tap()
        expect_step(page, step)
        expect(cell).to_have_attribute("aria-pressed", "true")
    page.get_by_test_id("cell-3").tap()
    expect_step(page, None)


def test_an_answer_can_be_tapped_right_after_the_last_stroke(open_page: OpenPage) -> None:
    page = open_page(has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844})
    Touch(page).draw(strokes_of(page, "7__6"))
    page.get_by_test_id("cell-3").tap()
    expect_step(page, 3)


def test_keys_show_one_step_after_another_and_hide_it(page: Page) -> None:
    read_sample(page)
    page.mouse.move(1, 1)
    for step in (0, 1, 2, 3, 0):
        page.keyboard.press("s")
        expect_step(page, step)
    page.keyboard.press("Escape")
    expect_step(page, None)


def test_a_step_of_a_blank_pad_is_not_shown_but_said(page: Page) -> None:
    status = page.get_by_test_id("status")
    uses: list[Callable[[], None]] = [
        lambda: page.keyboard.press("s"),
        lambda: page.get_by_test_id("cell-1").click(),
    ]
    for use in uses:
        page.keyboard.press("n")
        use()
        expect(status).to_have_text("Nothing to show yet: draw a digit first.")
    for step in range(4):
        for beside in ("cell", "step"):
            button = page.get_by_test_id(f"{beside}-{step}")
            expect(button).to_have_attribute("aria-pressed", "false")


def test_playing_shows_every_step_in_order_and_ends(page: Page) -> None:
    read_sample(page)
    page.evaluate("""() => {
      window.played = [];
      const overlay = document.getElementById('overlay');
      new MutationObserver(() => window.played.push(overlay.dataset.step ?? null))
        .observe(overlay, { attributeFilter: ['data-step'] });
    }""")
    stop_clock(page)
    play = page.get_by_test_id("play")
    play.click()
    for step in range(4):
        expect(play).to_have_text("Stop")
        expect_step(page, step)
        page.clock.run_for(STEP_MS)
    expect(play).to_have_text("Play")
    expect_step(page, None)
    assert page.evaluate("window.played") == ["0", "1", "2", "3", None]
    play.click()
    expect_step(page, 0)
    play.click()
    expect_step(page, None)


def test_without_motion_each_press_of_play_shows_the_next_step(open_page: OpenPage) -> None:
    page = open_page(reduced_motion="reduce")
    read_sample(page)
    page.get_by_test_id("play").focus()
    for step in (0, 1, 2, 3, 0):
        page.keyboard.press("Enter")
        expect_step(page, step)


def test_layer_and_head_or_their_mean_can_be_chosen(page: Page) -> None:
    attention = read_sample(page)["attention"]
    page.get_by_test_id("cell-0").click()
    for name in ("layer", "head"):
        options = page.get_by_test_id(name).locator("option").all_inner_texts()
        count = attention[f"{name}s"]
        assert options == ["mean", *(str(i + 1) for i in range(count))]
    looks = {str(look_at_overlay(page))}
    for layer in range(attention["layers"]):
        for head in range(attention["heads"]):
            page.get_by_test_id("layer").select_option(index=1 + layer)
            page.get_by_test_id("head").select_option(index=1 + head)
            looks.add(str(look_at_overlay(page)))
    assert len(looks) == 1 + attention["layers"] * attention["heads"]


def test_the_opacity_of_the_overlay_can_be_chosen(page: Page) -> None:
    read_sample(page)
    page.get_by_test_id("cell-0").click()
    for opacity in (0.2, 0.5, 1):
        page.get_by_test_id("opacity").fill(str(opacity))
        alphas = [alpha for *_, alpha in look_at_overlay(page)]
        assert set(alphas) == {alphas[0]}
        assert alphas[0] == pytest.approx(255 * opacity, abs=2)


# Where each patch stands on a square of side 1, and its weight as a share of the greatest.
PATCHES = """async ([answer, size, step]) => {
  const { patchBoxes, peakOf, weightsOf } = await import('/static/js/attention.js');
  const peak = peakOf(answer.attention, 'mean', 'mean');
  const weights = weightsOf(answer.attention, step, 'mean', 'mean').map((weight) => weight / peak);
  return [patchBoxes(answer, { width: size, height: size }), weights];
}"""


def seen(page: Page, place: Locator) -> Image.Image:
    page.mouse.move(1, 1)
    return Image.open(io.BytesIO(place.screenshot())).convert("RGB")


def ground_of(picture: Image.Image, box: list[float]) -> tuple[int, ...]:
    """The most frequent colour of a part: what lies beside the ink."""
    left, top, right, bottom = box
    width, height = picture.size
    part = picture.crop(
        (
            round(left * width) + 2,
            round(top * height) + 2,
            round(right * width) - 2,
            round(bottom * height) - 2,
        )
    )
    colours: dict[tuple[int, ...], int] = {}
    pixels = np.asarray(part).reshape(-1, 3)
    for pixel in map(tuple, pixels.tolist()):
        colours[pixel] = colours.get(pixel, 0) + 1
    return max(colours, key=lambda colour: colours[colour])


@pytest.mark.parametrize("opacity", [0.3, 0.6, 1])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_colour_of_the_scale_means_the_same_on_the_pad_and_on_the_small_pictures(
    open_page: OpenPage, scheme: str, opacity: float
) -> None:
    page = open_page(color_scheme=scheme, reduced_motion="reduce")
    answer = read_sample(page, "3_85")
    page.get_by_test_id("opacity").fill(str(opacity))
    page.get_by_test_id("cell-3").click()
    expect_step(page, 3)
    look_at_overlay(page)  # it is painted then
    boxes, weights = page.evaluate(PATCHES, [answer, 196, 3])
    scale = seen(page, page.locator("#scale-bar"))
    pad, small = (
        seen(page, page.get_by_test_id("pad")),
        seen(page, page.locator(".steps canvas").last),
    )
    for box, weight in zip(boxes, weights, strict=True):
        at = min(scale.width - 4, max(3, round(weight * (scale.width - 1))))
        meant = scale.getpixel((at, scale.height // 2))
        assert ground_of(pad, box) == pytest.approx(meant, abs=10)
        assert ground_of(small, box) == pytest.approx(meant, abs=10)


def test_the_figures_say_what_the_overlay_shows(page: Page) -> None:
    attention = read_sample(page, "3_85")["attention"]
    page.get_by_text("Figures", exact=True).click()
    table = page.get_by_test_id("attention-table")
    expect(table.locator("tbody tr")).to_have_count(4)

    def shown() -> list[list[float]]:
        rows = table.locator("tbody tr").all()
        return [[float(text) for text in row.locator("td").all_inner_texts()] for row in rows]

    def expected(layers: list[int], heads: list[int]) -> list[list[float]]:
        def mean(step: int, patch: int) -> float:
            chosen = [attention["weights"][step][i][k][patch] for i in layers for k in heads]
            return float(100 * sum(chosen) / len(chosen))

        return [[mean(step, patch) for patch in range(16)] for step in range(4)]

    layers, heads = list(range(attention["layers"])), list(range(attention["heads"]))
    for row, wanted in zip(shown(), expected(layers, heads), strict=True):
        assert row == pytest.approx(wanted, abs=0.051)
        assert sum(row) == pytest.approx(100, abs=1)
    page.get_by_test_id("layer").select_option(index=1)
    page.get_by_test_id("head").select_option(index=2)
    expect(table.locator("caption")).to_contain_text("Layer: 1; head: 2.")
    for row, wanted in zip(shown(), expected([0], [1]), strict=True):
        assert row == pytest.approx(wanted, abs=0.051)
    named = table.locator("tbody th").all_inner_texts()
    assert named == ["top left: 3", "top right: blank", "bottom left: 8", "bottom right: 5"]


def test_what_the_reader_saw_stands_beside_it(page: Page) -> None:
    read_sample(page)
    seen = page.get_by_test_id("normal-form")
    expect(seen).to_be_visible()
    assert seen.evaluate("(image) => [image.naturalWidth, image.naturalHeight]") == [56, 56]
    expect(seen).to_have_attribute("alt", re.compile("read as 7, 2, 1, 6"))
    expect(page.get_by_test_id("ink-notes").locator("li")).to_have_count(5)


def test_it_says_that_attention_shows_where_not_why(page: Page) -> None:
    expect(page.locator("#attention")).to_contain_text("where it looked, not why")


def test_a_step_stays_over_the_drawing_while_the_drawing_changes(page: Page) -> None:
    type_digits(page, "72")
    expect_reading(page, "72__")
    page.keyboard.press("s")
    expect_step(page, 0)
    before = look_at_overlay(page)
    type_digits(page, "16")
    expect_reading(page, "7216")
    expect_step(page, 0)
    page.keyboard.press("Shift+Delete")
    expect_step(page, None)
    assert any(alpha for *_, alpha in before)
