"""Live reading: while the pen moves, never a stale answer, and soon after the pen goes up."""

import os
import random
import statistics
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.drawing import (
    draw_with_mouse,
    expect_no_reading,
    expect_reading,
    press_mouse_along,
    stop_clock,
    strokes_of,
    type_digits,
    wait_on_page,
)

# From pen up to answer, median, in milliseconds; ANSWER_LIMIT_MS relaxes it on a busy machine.
ANSWER_LIMIT_MS = float(os.environ.get("ANSWER_LIMIT_MS", "100"))
STROKES_MEASURED = 36
# How much slower the page may be than its bare question, on a machine that is busy with other work.
MOST_BARE_QUESTIONS = 4
QUESTIONS = 200
MOST_UNDER_WAY = 12
LONG_MS = 60_000  # longer than anything on the page waits before it asks

# Numbers the questions, lets none be called off, and notes each answer shown beside the number
# of the newest question at that moment.
NUMBER_QUESTIONS = """
window.asked = 0;
window.shown = [];
const ask = window.fetch;
window.fetch = (url, options) => {
  if (!String(url).startsWith('/predict')) return ask(url, options);
  const headers = { ...options.headers, 'X-Question': String(++window.asked) };
  return ask(url, { ...options, headers, signal: undefined });
};
addEventListener('DOMContentLoaded', () => {
  const named = document.getElementById('model');
  new MutationObserver(() => {
    const question = /question (\\d+)/.exec(named.textContent);
    window.shown.push([question && Number(question[1]), window.asked]);
  }).observe(named, { childList: true });
});
"""


def count_questions(page: Page) -> list[Request]:
    questions: list[Request] = []
    page.on("request", lambda asked: questions.append(asked) if "/predict" in asked.url else None)
    return questions


def test_a_digit_is_read_while_the_pen_is_still_down(page: Page) -> None:
    (stroke,) = strokes_of(page, "3___")
    press_mouse_along(page, stroke)
    expect_reading(page, "3___")
    page.mouse.up()
    expect_reading(page, "3___")


def test_a_blank_page_asks_nothing(page: Page) -> None:
    stop_clock(page)
    questions = count_questions(page)
    for tool in ("undo", "redo", "clear-cell", "clear", "play", "share", "copy-json", "copy-curl"):
        page.get_by_test_id(tool).click(force=True)  # some have nothing to do
    page.get_by_test_id("pad").focus()
    page.keyboard.press("ArrowRight")
    page.clock.run_for(LONG_MS)
    expect_no_reading(page)
    page.keyboard.press("5")
    expect_reading(page, "5___")
    assert len(questions) == 1


def test_a_page_made_blank_again_shows_nothing_and_asks_nothing(page: Page) -> None:
    type_digits(page, "5")
    expect_reading(page, "5___")
    stop_clock(page)
    questions = count_questions(page)
    page.keyboard.press("Control+z")
    expect_no_reading(page)
    page.clock.run_for(LONG_MS)
    page.keyboard.press("Control+y")
    expect_reading(page, "5___")
    assert len(questions) == 1


def test_no_answer_outlives_its_drawing(page: Page) -> None:
    """The answer to a drawing that was cleared meanwhile is never shown."""
    held: list[Route] = []
    page.add_init_script(NUMBER_QUESTIONS)  # which are not called off then
    page.reload()
    page.route("**/predict?*", lambda route: held.append(route))
    with page.expect_request("**/predict?*"):
        type_digits(page, "5")
    page.keyboard.press("Control+z")
    with page.expect_event("requestfinished", lambda request: "/predict" in request.url):
        wait_on_page(page, lambda: held).pop().continue_()
    page.unroute("**/predict?*")
    page.keyboard.press("2")
    expect_reading(page, "_2__")
    assert page.evaluate("window.shown.length") == 1


def test_200_answers_in_any_order_never_show_a_stale_one(open_page: OpenPage) -> None:
    chance = random.Random(20)
    page = open_page("/docs")  # the script has to be there before the page is
    page.add_init_script(NUMBER_QUESTIONS)
    held: list[Route] = []
    landed: list[int] = []
    page.route("**/predict?*", lambda route: held.append(route))
    page.goto(page.url.removesuffix("docs"))

    def release_one() -> None:
        route = held.pop(chance.randrange(len(held)))
        number = int(route.request.headers["x-question"])
        response = route.fetch()
        answer = response.json()
        answer["model"]["name"] = f"question {number}"
        route.fulfill(response=response, json=answer)
        landed.append(number)

    # A drawing that is changed again before its picture is ready is not asked about.
    while len(held) + len(landed) < QUESTIONS:
        type_digits(page, str(chance.randrange(10)))
        while len(held) > MOST_UNDER_WAY or (held and chance.random() < 0.4):
            release_one()
    while len(landed) < page.evaluate("window.asked"):
        if held:
            release_one()

    asked = page.evaluate("window.asked")
    page.wait_for_function("(asked) => window.shown.at(-1)?.[0] === asked", arg=asked)
    shown = page.evaluate("window.shown")
    assert sorted(landed) == list(range(1, asked + 1))
    late = sum(number < max(landed[: i + 1]) for i, number in enumerate(landed))
    assert late > QUESTIONS / 4, "too few answers came late to prove anything"
    assert [number for number, newest in shown if number != newest] == []


def test_the_last_stroke_is_always_read(page: Page) -> None:
    """Questions come faster than answers: what is shown at the end is what is drawn at the end."""
    held: list[Route] = []
    page.route("**/predict?*", lambda route: held.append(route))
    type_digits(page, "1234567890987654")
    wait_on_page(page, lambda: len(held) > 1)
    for route in held:
        route.continue_()
    page.unroute("**/predict?*")
    expect_reading(page, "7654")


def test_a_refusal_is_said_in_words_and_the_next_drawing_is_read(page: Page) -> None:
    problem = {"title": "Too large", "detail": "At most 10 MB were expected.", "status": 413}
    page.route("**/predict?*", lambda route: route.fulfill(status=413, json=problem))
    type_digits(page, "8")
    expect(page.get_by_test_id("warnings")).to_contain_text("At most 10 MB were expected.")
    expect_no_reading(page)
    page.unroute("**/predict?*")
    type_digits(page, "2")
    expect_reading(page, "82__")
    expect(page.get_by_test_id("warnings")).to_be_empty()


# A bare question with its answer, in milliseconds.
ASK = """async () => {
  const { PREDICT } = await import('/static/js/client.js');
  const { encodePng } = await import('/static/js/png.js');
  const { PICTURE_SIDE } = await import('/static/js/raster.js');
  const pixels = new Uint8Array(PICTURE_SIDE ** 2).fill(255, 20 * PICTURE_SIDE, 24 * PICTURE_SIDE);
  const body = await encodePng(pixels, PICTURE_SIDE);
  const headers = { 'Content-Type': 'image/png' };
  const start = performance.now();
  await (await fetch(PREDICT, { method: 'POST', body, headers })).json();
  return performance.now() - start;
}"""


@pytest.mark.alone
def test_the_answer_stands_there_soon_after_the_pen_goes_up(
    page: Page, tell: Callable[[str], None]
) -> None:
    """Within 100 ms; where the machine is so busy that bare questions take long, in proportion."""
    measured = "performance.getEntriesByName('pen-up-to-answer').map((entry) => entry.duration)"
    bare = []
    for i in range(STROKES_MEASURED):
        x, y = 0.08 + 0.12 * (i % 3) + 0.5 * (i // 3 % 2), 0.08 + 0.06 * (i // 6 % 6)
        draw_with_mouse(page, [[(x, y), (x + 0.04, y), (x + 0.08, y + 0.02)]])
        page.wait_for_function(f"(count) => {measured}.length === count", arg=i + 1)
        bare.append(page.evaluate(ASK))
    times = page.evaluate(measured)
    assert len(times) == STROKES_MEASURED
    median, slowest, question = statistics.median(times), max(times), statistics.median(bare)
    limit = max(ANSWER_LIMIT_MS, MOST_BARE_QUESTIONS * question)
    tell(
        f"pen up to answer: median {median:.0f} ms, slowest {slowest:.0f} ms, {len(times)} strokes "
        f"(a bare question: {question:.0f} ms; limit for the median {limit:.0f} ms)"
    )
    assert median <= limit
