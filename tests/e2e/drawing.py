"""Draws on the pad as people do, and looks at what stands on it.

Places are shares of the pad: the whole grid is 1 wide and 1 high, y grows downwards.
"""

from collections.abc import Callable
from itertools import pairwise

from playwright.sync_api import CDPSession, Page, expect

from tests.waiting import Found, wait_until

Place = tuple[float, float]
Stroke = list[Place]
Box = tuple[float, float, float, float]

NOTE_MS = 2500  # what the page says of a key or a button stays for so long
BLANK_SIGN = "\N{EN DASH}"
WHOLE: Box = (0, 0, 1, 1)
CELLS: list[Box] = [(0, 0, 0.5, 0.5), (0.5, 0, 1, 0.5), (0, 0.5, 0.5, 1), (0.5, 0.5, 1, 1)]

SAMPLE_DIGITS = """async (digits) => {
  const { sampleDigit } = await import('/static/js/samples.js');
  const drawn = (digit, cell) => digit === '_' ? [] : sampleDigit(Number(digit), cell, cell + 1);
  // The page smooths what lies between, and fewer moves of a mouse are made sooner.
  const thin = ({ points }) => points.filter((_, i) => i % 4 === 0).map(([x, y]) => [x, y]);
  return [...digits].flatMap(drawn).map(thin);
}"""

# What was asked for before is painted by the third frame: a canvas that is shown, or gets another
# size, in one frame is painted in the next, but perhaps after that frame has begun for others.
PAINT = """async () => {
  for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
}"""
INKED_SHARE = """([left, top, right, bottom]) => {
  const canvas = document.getElementById('ink');
  const pixels = (share) => Math.round(share * canvas.width);
  const [x, y, width, height] = [left, top, right - left, bottom - top].map(pixels);
  const { data } = canvas.getContext('2d').getImageData(x, y, width, height);
  let inked = 0;
  for (let i = 3; i < data.length; i += 4) inked += data[i] > 127;
  return inked / (width * height);
}"""


def strokes_of(page: Page, digits: str) -> list[Stroke]:
    """Returns clear digits, one in the middle of each cell, in the hand of the page's samples.

    Args:
        digits: In reading order; ``_`` leaves a cell blank.
    """
    strokes: list[list[list[float]]] = page.evaluate(SAMPLE_DIGITS, digits)
    return [[(x, y) for x, y in stroke] for stroke in strokes]


def on_screen(page: Page, place: Place) -> Place:
    """Returns where in the window a place of the pad is, in CSS pixels."""
    box = page.get_by_test_id("pad").bounding_box()
    assert box is not None
    return box["x"] + place[0] * box["width"], box["y"] + place[1] * box["height"]


def _stroke_on_screen(page: Page, stroke: Stroke) -> Stroke:
    (x0, y0), (x1, y1) = on_screen(page, (0, 0)), on_screen(page, (1, 1))
    return [(x0 + x * (x1 - x0), y0 + y * (y1 - y0)) for x, y in stroke]


def press_mouse_along(page: Page, stroke: Stroke) -> None:
    """Draws without lifting the pen at the end."""
    first, *rest = _stroke_on_screen(page, stroke)
    page.mouse.move(*first)
    page.mouse.down()
    for place in rest:
        page.mouse.move(*place)


def draw_with_mouse(page: Page, strokes: list[Stroke]) -> None:
    page.get_by_test_id("pad").scroll_into_view_if_needed()
    for stroke in strokes:
        press_mouse_along(page, stroke)
        page.mouse.up()


class Touch:
    """A finger on a touch screen, as the browser's own protocol emulates it."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._session: CDPSession = page.context.new_cdp_session(page)

    def down_along(self, stroke: Stroke) -> None:
        """Draws without lifting the finger at the end."""
        self._page.get_by_test_id("pad").scroll_into_view_if_needed()
        kind = "touchStart"
        for x, y in _stroke_on_screen(self._page, stroke):
            self._send(kind, [{"x": x, "y": y}])
            kind = "touchMove"

    def up(self) -> None:
        self._send("touchEnd", [])

    def cancel(self) -> None:
        """The system takes the touch away, as for a gesture of its own."""
        self._send("touchCancel", [])

    def draw(self, strokes: list[Stroke]) -> None:
        for stroke in strokes:
            self.down_along(stroke)
            self.up()

    def _send(self, kind: str, points: list[dict[str, float]]) -> None:
        self._session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def draw_with_pen(page: Page, strokes: list[Stroke], pressure: float = 0.5) -> None:
    """Draws with a pen that feels how hard it is pressed, from 0 to 1."""
    page.get_by_test_id("pad").scroll_into_view_if_needed()
    session = page.context.new_cdp_session(page)
    for stroke in strokes:
        places = _stroke_on_screen(page, stroke)
        kinds = ["mousePressed"] + ["mouseMoved"] * (len(places) - 1) + ["mouseReleased"]
        for kind, (x, y) in zip(kinds, [*places, places[-1]], strict=True):
            is_up = kind == "mouseReleased"
            session.send(
                "Input.dispatchMouseEvent",
                {
                    "type": kind,
                    "x": x,
                    "y": y,
                    "button": "left",
                    "buttons": 0 if is_up else 1,
                    "clickCount": 0 if kind == "mouseMoved" else 1,
                    "pointerType": "pen",
                    "force": 0 if is_up else pressure,
                },
            )


def draw_with_keys(page: Page, stroke: Stroke) -> None:
    """Draws with the keyboard's pen, which stands at the first place of the stroke."""
    page.keyboard.press("Space")
    for (x0, y0), (x1, y1) in pairwise(stroke):
        move_with_keys(page, x1 - x0, y1 - y0)
    page.keyboard.press("Space")


def move_with_keys(page: Page, dx: float, dy: float) -> None:
    """Moves the keyboard's pen straight along, in steps of a hundredth of the pad."""
    across, down = round(dx * 100), round(dy * 100)
    keys = {True: ("ArrowRight", "ArrowDown"), False: ("ArrowLeft", "ArrowUp")}
    steps = max(abs(across), abs(down))
    done = (0, 0)
    for step in range(1, steps + 1):
        now = (round(across * step / steps), round(down * step / steps))
        for axis in (0, 1):
            if moved := now[axis] - done[axis]:
                page.keyboard.press(keys[moved > 0][axis])
        done = now


def type_digits(page: Page, digits: str) -> None:
    """Has digits drawn by their keys, from the current cell on; ``_`` leaves a cell as it is."""
    for digit in digits:
        page.keyboard.press("n" if digit == "_" else digit)


def expect_reading(page: Page, digits: str) -> None:
    """Waits until the page shows this reading: ``_`` is a blank cell, ``?`` one with no digit."""
    for cell, digit in enumerate(digits):
        answer = page.get_by_test_id(f"cell-{cell}")
        state = {"_": "blank", "?": "other"}.get(digit, "digit")
        expect(answer).to_have_attribute("data-state", state)
        expect(page.get_by_test_id(f"digit-{cell}")).to_have_text(digit.strip("_?"))
    expect(page.get_by_test_id("reading")).to_have_text(digits.replace("_", BLANK_SIGN))


def stop_clock(page: Page) -> None:
    """Has timers of the page go off when ``page.clock.run_for`` says so, and not before.

    Nothing is painted on canvases meanwhile.
    """
    page.clock.install(time=0)
    page.clock.pause_at(3600)


def wait_on_page(page: Page, look: Callable[[], Found]) -> Found:
    """Waits for what events of a page bring; they come only while a test waits on the page."""
    return wait_until(look, pause=lambda seconds: page.wait_for_timeout(1000 * seconds))


def wait_for_paint(page: Page) -> None:
    """Waits until canvases show what was drawn before."""
    page.evaluate(PAINT)


def expect_no_reading(page: Page) -> None:
    for cell in range(4):
        expect(page.get_by_test_id(f"cell-{cell}")).to_have_attribute("data-state", "none")
    expect(page.get_by_test_id("reading")).to_be_empty()


def inked_share(page: Page, box: Box = WHOLE) -> float:
    """Returns how much of a part of the pad is covered with ink, from 0 to 1."""
    wait_for_paint(page)
    share: float = page.evaluate(INKED_SHARE, list(box))
    return share


def cells_with_ink(page: Page) -> list[int]:
    return [cell for cell, box in enumerate(CELLS) if inked_share(page, box) > 0]
