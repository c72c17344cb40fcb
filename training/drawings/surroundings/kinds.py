"""The kinds of surroundings, by name."""

import functools
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from model.config import ReaderConfig
from model.errors import ConfigError
from training.drawings.surroundings.boards import make_blackboard, make_whiteboard
from training.drawings.surroundings.captions import make_captioned
from training.drawings.surroundings.controls import make_blank_sheet, make_no_grid
from training.drawings.surroundings.inks import make_coloured, make_mixed_pens, make_pencil
from training.drawings.surroundings.screens import make_screenshot, make_window
from training.drawings.surroundings.shades import make_shaded, make_shadowed
from training.drawings.surroundings.sheets import (
    make_note,
    make_perspective,
    make_photograph,
    make_scan,
)
from training.drawings.surroundings.tables import make_boxes, make_tabulated
from training.drawings.surroundings.turned import make_quarter_turned, make_turned
from training.drawings.surroundings.writing import Digits

Render = Callable[[Digits, ReaderConfig, np.random.Generator], NDArray[np.uint8]]

_KINDS: Mapping[str, Render] = {
    "scan_framed": functools.partial(make_scan, frame="frame"),
    "scan_plain": functools.partial(make_scan, frame="none"),
    "photo_framed": functools.partial(make_photograph, frame="frame"),
    "photo_plain": functools.partial(make_photograph, frame="none"),
    "photo_ruled": functools.partial(make_photograph, frame="frame", ruling="ruled"),
    "photo_squared": functools.partial(make_photograph, frame="frame", ruling="squared"),
    "photo_perspective": make_perspective,
    "table": make_tabulated,
    "boxes": make_boxes,
    "screenshot": make_screenshot,
    "window_shadow": make_window,
    "note": make_note,
    "whiteboard": make_whiteboard,
    "blackboard": make_blackboard,
    "pencil": make_pencil,
    "colours": make_coloured,
    "rotation_10": functools.partial(make_turned, degrees=(3, 10)),
    "rotation_20": functools.partial(make_turned, degrees=(10, 20)),
    "rotation_90": functools.partial(make_quarter_turned, quarters=1),
    "rotation_180": functools.partial(make_quarter_turned, quarters=2),
    "shade": make_shaded,
    "shadow": make_shadowed,
    "mixed_pens": make_mixed_pens,
    "caption": make_captioned,
}
_CONTROLS: Mapping[str, Callable[[np.random.Generator], NDArray[np.uint8]]] = {
    "not_a_grid": make_no_grid,
    "blank_sheet": make_blank_sheet,
}

SURROUNDINGS = tuple(_KINDS)
"""Kinds of pictures of a grid as people have it."""
CONTROLS = tuple(_CONTROLS)
"""Kinds of pictures in which there is no digit."""


def render_surroundings(
    kind: str, digits: Digits, config: ReaderConfig, random: np.random.Generator
) -> NDArray[np.uint8]:
    """Renders a whole picture with a grid in it, as people have it.

    Args:
        kind: One of ``SURROUNDINGS``, or of ``CONTROLS``, which show none of the digits.
        digits: Strokes for each cell in reading order; None leaves a cell blank.
        config: Rows and columns.
        random: Draws everything else.

    Returns:
        (H, W), grey, or (H, W, 3), RGB, uint8.

    Raises:
        ConfigError: No such kind, or not a digit for each cell.
    """
    if len(digits) != config.num_cells:
        raise ConfigError(f"expected {config.num_cells} digits, got {len(digits)}")
    if kind in _CONTROLS:
        return _CONTROLS[kind](random)
    if kind not in _KINDS:
        expected = ", ".join((*SURROUNDINGS, *CONTROLS))
        raise ConfigError(f"expected a kind of {expected}, got {kind!r}")
    return _KINDS[kind](digits, config, random)
