"""Scenes in which people show a grid: renders strokes as pictures that the service could get."""

import dataclasses
from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from model.config import ReaderConfig
from training.drawings.camera import Camera, photograph
from training.drawings.strokes import DrawingOptions, Ink, draw_grid

SceneKind = Literal["canvas", "page", "corner", "paper", "distant"]


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """One way to show a grid."""

    hand: DrawingOptions
    is_dark_on_light: bool
    cell_px: tuple[int, int] = (84, 280)
    """Side of a cell: at least, and less than."""
    camera: Camera | None = None
    """Takes a photograph of it; None: the picture is as it was drawn."""


SCENES: Mapping[SceneKind, Scene] = {
    "canvas": Scene(hand=DrawingOptions(), is_dark_on_light=False),
    "page": Scene(hand=DrawingOptions(), is_dark_on_light=True),
    # Small digits near a corner of their cell.
    "corner": Scene(hand=DrawingOptions(size=(0.25, 0.4), edge=0.85), is_dark_on_light=False),
    # People write with thinner pens, and fill a cell more evenly, than they draw.
    "paper": Scene(
        hand=DrawingOptions(pen=(0.025, 0.07), size=(0.35, 0.85)),
        is_dark_on_light=True,
        cell_px=(84, 140),
        camera=Camera(),
    ),
    # A part of a sheet of many cells: few pixels a digit, and soft for their size.
    "distant": Scene(
        hand=DrawingOptions(pen=(0.025, 0.1), size=(0.35, 0.85)),
        is_dark_on_light=True,
        cell_px=(32, 84),
        camera=Camera(divider_share=0.6, frame_share=0.5, blur=(0.002, 0.024)),
    ),
}


def render_scene(
    kind: SceneKind,
    digits: list[Ink | None],
    config: ReaderConfig,
    random: np.random.Generator,
) -> NDArray[np.uint8]:
    """Renders the picture of a grid.

    Args:
        kind: Which of ``SCENES``.
        digits: Ink for each cell in reading order; None leaves a cell blank.
        config: Rows and columns.
        random: Draws everything else: sizes, places, pen, colours, resolution, paper, camera.

    Returns:
        (height, width), uint8, grey.
    """
    scene = SCENES[kind]
    ink = draw_grid(
        digits,
        rows=config.rows,
        columns=config.columns,
        cell_px=int(random.integers(*scene.cell_px)),
        hand=scene.hand,
        random=random,
    )
    if scene.camera is not None:
        shape = {"rows": config.rows, "columns": config.columns}
        return photograph(ink, random, camera=scene.camera, **shape).picture
    dark, light = (0, 255)
    if random.random() < 0.5:  # a theme of softer colours
        dark, light = int(random.integers(0, 60)), int(random.integers(170, 256))
    paper, pen = (light, dark) if scene.is_dark_on_light else (dark, light)
    ramp = np.rint(np.linspace(paper, pen, 256)).astype(np.uint8)
    return ramp[ink]
