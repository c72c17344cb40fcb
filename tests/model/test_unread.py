"""Blank cells: on plain ground they are sure, else a warning names them."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from model.ink import CellInk
from model.ink.unread import warn_of_unread
from model.page.mesh import even_mesh, quads_of

SIDE = 200
QUAD = quads_of(even_mesh((SIDE, SIDE), 1, 1))
Y, X = np.mgrid[:SIDE, :SIDE].astype(np.float64)
RANDOM = np.random.default_rng(4)


def codes(levels: NDArray[np.float64], *, is_flat: bool = False) -> list[str]:
    picture = levels.clip(0, 255).astype(np.uint8)
    return [
        warning.code
        for warning in warn_of_unread(picture, QUAD, [CellInk()], (1, 1), is_flat=is_flat)
    ]


def grain(deviation: float) -> NDArray[np.float64]:
    return RANDOM.normal(0, deviation, (SIDE, SIDE))


@pytest.mark.parametrize(
    "sheet",
    [
        lambda: np.full((SIDE, SIDE), 255.0),
        lambda: 200 + grain(6),
        lambda: 120 + 0.4 * X - 0.001 * Y**2 + grain(3),
        lambda: np.where(X + 0.4 * Y > 130, 90.0, 210.0) + grain(3),
        lambda: 210 - 110 / (1 + np.exp((X - 90) / 6)) + grain(3),
    ],
    ids=["screen", "grain", "light", "shadow", "soft shadow"],
)
def test_plain_ground_is_blank_however_it_is_lit(sheet: Callable[[], NDArray[np.float64]]) -> None:
    assert codes(sheet()) == []


@pytest.mark.parametrize(
    "ground",
    [
        lambda: grain(60) + 128,
        lambda: 128 + 60 * np.sin(X / 7),
        lambda: np.where((X // 25 + Y // 25) % 2, 80.0, 160.0),
        lambda: 128 + 50 * np.sin(X / 31) * np.cos(Y / 23 + X / 90),
    ],
    ids=["noise", "stripes", "chequers", "clouds"],
)
def test_a_texture_is_no_ground(ground: Callable[[], NDArray[np.float64]]) -> None:
    assert codes(ground()) == ["not_a_grid"]


def test_on_a_screen_there_are_no_shadows() -> None:
    halves = np.where(X > 90, 210.0, 160.0)
    assert codes(halves) == []
    assert codes(halves, is_flat=True) == ["not_a_grid"]


def test_what_is_seen_and_not_read_is_told() -> None:
    levels = 200 + grain(3)
    levels[60:140, 96:104] -= 40
    picture = levels.astype(np.uint8)
    (warning,) = warn_of_unread(picture, QUAD, [CellInk()], (1, 1), is_flat=False)
    assert (warning.code, warning.cells) == ("faint", (0,))
    read = [CellInk((60, 96, 140, 104), 1.0)]
    assert warn_of_unread(picture, QUAD, read, (1, 1), is_flat=False) == ()
