"""Screens: a drawing program with its tool bars, and a window with a shadow on a desktop."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from model.config import ReaderConfig
from training.drawings.paper import smooth_noise
from training.drawings.surroundings.borders import FRAMES, LineStyle, lay_out, write_grid
from training.drawings.surroundings.surfaces import Box, Colour, Surface, mix, pick, to_colour
from training.drawings.surroundings.writing import Digits, Pen, draw_hand, make_text, print_text

_MENUS = ("File", "Edit", "View", "Image", "Layer", "Select", "Tools", "Window", "Help")
_SCREENS = ((1280, 720), (1366, 768), (1440, 900), (1920, 1080), (1024, 768))
_PENS: tuple[Colour, ...] = ((0, 0, 0), (20, 20, 20), (0, 0, 0), (30, 60, 200), (200, 30, 30))


def make_screenshot(
    digits: Digits, config: ReaderConfig, random: np.random.Generator
) -> NDArray[np.uint8]:
    """A drawing program that fills the screen: bars, icons, palette, canvas, status line."""
    width, height = pick(_SCREENS, random)
    is_dark = random.random() < 0.35
    base: Colour = to_colour(
        np.full(3, random.uniform(30, 70) if is_dark else random.uniform(215, 250))
    )
    text: Colour = (225, 225, 225) if is_dark else (30, 30, 30)
    screen = Surface(width, height, mix(base, (128, 128, 128), random.uniform(0.2, 0.5)))
    free = _draw_bars(screen, base, text, random)
    scroll = random.uniform(11, 18)
    if random.random() < 0.7:
        _draw_scroll_bars(screen, Box(free.left, free.top, free.right, free.bottom), scroll, base)
        free = Box(free.left, free.top, free.right - scroll, free.bottom - scroll)
    pad = random.uniform(4, 30)
    canvas = free.inset(pad)
    if random.random() < 0.6:  # a canvas smaller than the room for it
        right = canvas.left + canvas.width * random.uniform(0.55, 1)
        bottom = canvas.top + canvas.height * random.uniform(0.75, 1)
        canvas = Box(canvas.left, canvas.top, right, bottom)
    ground: Colour = (255, 255, 255) if random.random() < 0.85 else (20, 20, 22)
    screen.fill(canvas, ground)
    _draw_on(screen, canvas, ground, digits, config, random)
    return np.asarray(screen.image)


def make_window(
    digits: Digits, config: ReaderConfig, random: np.random.Generator
) -> NDArray[np.uint8]:
    """A window with a title bar and a drop shadow on a desktop."""
    width, height = (round(side) for side in random.uniform(420, 1100, 2))
    desk = Surface(width, height, to_colour(random.uniform(30, 220, 3)))
    if random.random() < 0.5:  # a wallpaper
        cloud = smooth_noise(3, height // 4, width // 4, random)[..., None]
        desk.dim((1 - cloud * random.uniform(0.1, 0.5, 3)).astype(np.float32))
    window = Box(
        random.uniform(0.05, 0.12) * width,
        random.uniform(0.05, 0.12) * height,
        random.uniform(0.88, 0.95) * width,
        random.uniform(0.88, 0.95) * height,
    )
    radius = random.uniform(0, 14)
    _drop_shadow(desk, window, random)
    is_dark = random.random() < 0.25
    ground: Colour = (28, 28, 32) if is_dark else (255, 255, 255)
    desk.fill(window, ground, radius=radius)
    bar = Box(window.left, window.top, window.right, window.top + random.uniform(22, 36))
    desk.fill(bar, mix(ground, (128, 128, 128), random.uniform(0.1, 0.35)), radius=radius)
    _draw_title(desk, bar, (225, 225, 225) if is_dark else (50, 50, 50), random)
    canvas = Box(window.left, bar.bottom, window.right, window.bottom).inset(2)
    _draw_on(desk, canvas, ground, digits, config, random)
    return np.asarray(desk.image)


def _draw_on(
    screen: Surface,
    canvas: Box,
    ground: Colour,
    digits: Digits,
    config: ReaderConfig,
    random: np.random.Generator,
) -> None:
    """Draws a grid on a canvas: most of it, or a part."""
    room = min(canvas.width / config.columns, canvas.height / config.rows)
    cell = room * random.uniform(0.6, 0.98)
    free = np.array([canvas.width - config.columns * cell, canvas.height - config.rows * cell])
    left, top = free * random.uniform(0.1, 0.9, 2)
    layout = lay_out(canvas.left + float(left), canvas.top + float(top), cell, cell, config)
    ink: Colour = pick(_PENS, random) if min(ground) > 128 else (255, 255, 255)
    frame = pick(FRAMES, random)
    tone = ink if random.random() < 0.5 else (128, 128, 128)
    is_mouse = random.random() < 0.3
    style = LineStyle(
        pen=Pen(colour=tone),
        width=max(random.uniform(0.006, 0.03) * cell, 1),
        wobble=random.uniform(0.004, 0.015) * cell if is_mouse else 0,
    )
    write_grid(
        screen,
        layout,
        digits,
        config,
        random,
        frame=frame,
        pens=[Pen(colour=ink)],
        style=style,
        hand=draw_hand(random),
    )


def _draw_bars(screen: Surface, base: Colour, text: Colour, random: np.random.Generator) -> Box:
    """Draws what is around the canvas, and returns what is left free."""
    width, height = screen.width, screen.height
    edge = mix(base, text, 0.25)
    title = random.uniform(22, 34)
    colour = mix(base, (60, 110, 200), random.choice([0.0, 0.15, 0.8]))
    screen.fill(Box(0, 0, width, title), colour)
    _draw_title(screen, Box(0, 0, width, title), text, random)
    top = title + random.uniform(18, 26)
    screen.fill(Box(0, title, width, top), base)
    x = 8.0
    for menu in _MENUS[: random.integers(4, len(_MENUS) + 1)]:
        x += print_text(screen, menu, x, title + 3, 12, text) + 12
    bottom = top + random.uniform(34, 70)
    screen.fill(Box(0, top, width, bottom), mix(base, (255, 255, 255), 0.15))
    _draw_icons(
        screen, Box(8, top + 5, width * random.uniform(0.4, 0.95), bottom - 5), text, random
    )
    screen.line([(0, bottom), (width, bottom)], edge, 1)
    left = random.uniform(36, 72)
    screen.fill(Box(0, bottom, left, height), base)
    _draw_icons(
        screen, Box(5, bottom + 8, left - 5, height * random.uniform(0.5, 0.9)), text, random
    )
    right = float(width)
    if random.random() < 0.5:  # a panel: palette, layers
        right -= random.uniform(90, 240)
        screen.fill(Box(right, bottom, width, height), base)
        _draw_palette(screen, Box(right + 10, bottom + 12, width - 10, bottom + 120), random)
        for y in np.arange(bottom + 150, height - 60, 28):
            print_text(screen, make_text(random, 2), right + 12, y, 12, text)
    else:
        _draw_palette(screen, Box(width * 0.6, top + 6, width - 20, bottom - 6), random)
    status = height - random.uniform(18, 26)
    screen.fill(Box(0, status, width, height), base)
    screen.line([(0, status), (width, status)], edge, 1)
    size = f"{random.integers(300, 1900)} x {random.integers(300, 1000)} px"
    print_text(screen, size, 12, status + 3, 12, text)
    print_text(screen, f"{random.integers(25, 200)} %", width - 80, status + 3, 12, text)
    return Box(left, bottom + 1, right, status)


def _draw_title(screen: Surface, bar: Box, text: Colour, random: np.random.Generator) -> None:
    """Draws a title, and the buttons of a window on its left or its right."""
    size = min(0.5 * bar.height, 14)
    middle = (bar.top + bar.bottom) / 2
    name = f"{make_text(random, 2)}.png"
    if random.random() < 0.5:  # three coloured dots
        dots: list[Colour] = [(255, 95, 87), (254, 188, 46), (40, 200, 64)]
        for number, colour in enumerate(dots):
            x, r = bar.left + 14 + 20 * number, size * 0.45
            screen.fill(Box(x - r, middle - r, x + r, middle + r), colour, radius=r)
        print_text(screen, name, bar.left + bar.width * 0.4, middle - 0.6 * size, size, text)
        return
    print_text(screen, name, bar.left + 10, middle - 0.6 * size, size, text)
    r = size * 0.35
    x = bar.right - 18
    screen.line([(x - r, middle - r), (x + r, middle + r)], text, 1.2)
    screen.line([(x - r, middle + r), (x + r, middle - r)], text, 1.2)
    screen.outline(Box(x - 35 - r, middle - r, x - 35 + r, middle + r), text, 1.2)
    screen.line([(x - 70 - r, middle), (x - 70 + r, middle)], text, 1.2)


def _draw_icons(screen: Surface, area: Box, text: Colour, random: np.random.Generator) -> None:
    """Fills an area with icons: pencils, letters, circles, rulers, droplets."""
    side = min(random.uniform(20, 30), area.width, area.height)
    step = side * random.uniform(1.1, 1.4)
    for y in np.arange(area.top, max(area.bottom - side, area.top) + 1, step):
        for x in np.arange(area.left, max(area.right - side, area.left) + 1, step):
            if random.random() < 0.1:
                continue
            box = Box(float(x), float(y), float(x) + side, float(y) + side).inset(0.2 * side)
            colour = to_colour(random.uniform(0, 230, 3)) if random.random() < 0.3 else text
            pick(_ICONS, random)(screen, box, colour)
            if random.random() < 0.06:  # the tool that is chosen
                screen.outline(
                    box.inset(-0.18 * side), mix(text, (90, 140, 255), 0.6), 1.5, radius=3
                )


def _pencil(screen: Surface, box: Box, colour: Colour) -> None:
    screen.line([(box.left, box.bottom), (box.right, box.top)], colour, 0.25 * box.width)


def _rectangle(screen: Surface, box: Box, colour: Colour) -> None:
    screen.outline(box, colour, 1.5)


def _circle(screen: Surface, box: Box, colour: Colour) -> None:
    screen.outline(box, colour, 1.6, radius=box.width / 2)


def _letter(screen: Surface, box: Box, colour: Colour) -> None:
    print_text(screen, "A", box.left, box.top - 2, box.height * 1.2, colour)


def _triangle(screen: Surface, box: Box, colour: Colour) -> None:
    screen.polygon(
        [((box.left + box.right) / 2, box.top), (box.right, box.bottom), (box.left, box.bottom)],
        colour,
    )


def _lines(screen: Surface, box: Box, colour: Colour) -> None:
    for share in (0.1, 0.5, 0.9):
        y = box.top + share * box.height
        screen.line([(box.left, y), (box.right, y)], colour, 1.5)


_ICONS: tuple[Callable[[Surface, Box, Colour], None], ...] = (
    _pencil,
    _rectangle,
    _circle,
    _letter,
    _triangle,
    _lines,
)


def _draw_palette(screen: Surface, area: Box, random: np.random.Generator) -> None:
    side = random.uniform(12, 22)
    for y in np.arange(area.top, area.bottom - side, side + 2):
        for x in np.arange(area.left, area.right - side, side + 2):
            box = Box(float(x), float(y), float(x) + side, float(y) + side)
            screen.fill(box, to_colour(random.uniform(0, 256, 3)))


def _draw_scroll_bars(screen: Surface, area: Box, width: float, base: Colour) -> None:
    handle = mix(base, (128, 128, 128), 0.6)
    down = Box(area.right - width, area.top, area.right, area.bottom)
    across = Box(area.left, area.bottom - width, area.right, area.bottom)
    for bar in (down, across):
        screen.fill(bar, base)
    middle = area.top + 0.2 * area.height
    screen.fill(Box(down.left + 2, middle, down.right - 2, middle + 0.4 * area.height), handle)
    start = area.left + 0.1 * area.width
    screen.fill(Box(start, across.top + 2, start + 0.5 * area.width, across.bottom - 2), handle)


def _drop_shadow(desk: Surface, window: Box, random: np.random.Generator) -> None:
    radius = random.uniform(6, 24)
    mask = Image.new("L", desk.image.size)
    low = random.uniform(0, radius)
    box = (window.left, window.top + low, window.right, window.bottom + low)
    mask.paste(255, (round(box[0]), round(box[1]), round(box[2]), round(box[3])))
    soft = np.asarray(mask.filter(ImageFilter.GaussianBlur(radius)), np.float32) / 255
    desk.dim(1 - np.float32(random.uniform(0.25, 0.6)) * soft)
