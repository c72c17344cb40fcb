"""Rows of whole pictures: grids as people have them, and pictures that show none."""

import zlib
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from model import vocabulary
from model.config import ReaderConfig
from training.drawings.surroundings import render_surroundings
from training.drawings.unipen import PenDigit
from training.scorecard.row import Row, Suffix, arrange_in_grids

SURROUNDING_ROWS: Mapping[str, str] = {
    "scan_framed": "A4 scan, framed grid in a quarter of the page",
    "scan_plain": "A4 scan, grid without lines in a quarter of the page",
    "photo_framed": "photograph, framed grid",
    "photo_plain": "photograph, grid without lines",
    "photo_ruled": "photograph, framed grid on ruled paper",
    "photo_squared": "photograph, framed grid on squared paper",
    "photo_perspective": "photograph of 12 megapixels, a sheet on a table, 10 to 25 degrees askew",
    "table": "printed table, borders of 0.5 to 5 % of its side",
    "boxes": "separate boxes, gaps of 0 to 15 %",
    "screenshot": "screenshot of a drawing program",
    "window_shadow": "window with a shadow on a desktop",
    "note": "framed grid on a sticky note on a table",
    "whiteboard": "whiteboard with a reflection",
    "blackboard": "chalk on a board",
    "pencil": "faint pencil",
    "colours": "colours that differ more than their greys",
    "rotation_10": "turned by 3 to 10 degrees",
    "rotation_20": "turned by 10 to 20 degrees",
    "rotation_90": "photograph turned by 90 degrees",
    "rotation_180": "photograph turned by 180 degrees",
    "shade": "tinted cells",
    "shadow": "shadow over half of a sheet",
    "mixed_pens": "dark and pale pens in one grid",
    "caption": "framed grid with a caption",
}
CONTROL_ROWS: Mapping[str, str] = {
    "not_a_grid": "no grid: noise, stripes, rooms",
    "blank_sheet": "no ink: plain sheets",
}
_GRIDS = 200
_SEED = 11_000
# What programs make is stored without loss; what cameras make is JPEG.
_STORED_WITHOUT_LOSS = frozenset(
    {"table", "boxes", "screenshot", "window_shadow", "colours", "shade", "mixed_pens"}
)


def surrounding_row(key: str, written: list[PenDigit], config: ReaderConfig) -> Row:
    """Makes a row of ``SURROUNDING_ROWS``: 200 grids of digits that are picked at random."""
    seed = _seed_of(key)
    picks = arrange_in_grids(len(written), config.num_cells, np.random.default_rng(seed))[:_GRIDS]
    _, writers = np.unique([digit.writer for digit in written], return_inverse=True)

    def picture(index: int) -> NDArray[np.uint8]:
        digits = [written[pick].strokes for pick in picks[index].tolist()]
        return render_surroundings(key, digits, config, np.random.default_rng((*seed, index)))

    return Row(
        key=key,
        title=SURROUNDING_ROWS[key],
        labels=np.array([digit.label for digit in written], np.int64)[picks],
        sources=writers.astype(np.int64)[picks],
        picture=picture,
        suffix=_suffix_of(key),
    )


def control_row(key: str, config: ReaderConfig) -> Row:
    """Makes a row of ``CONTROL_ROWS``: 200 pictures."""
    shape = (_GRIDS, config.num_cells)

    def picture(index: int) -> NDArray[np.uint8]:
        random = np.random.default_rng((*_seed_of(key), index))
        return render_surroundings(key, [None] * config.num_cells, config, random)

    return Row(
        key=key,
        title=CONTROL_ROWS[key],
        labels=np.full(shape, vocabulary.BLANK, np.int64),
        sources=np.broadcast_to(np.arange(_GRIDS)[:, None], shape).copy(),
        picture=picture,
        suffix=_suffix_of(key),
        expected_warning="not_a_grid" if key == "not_a_grid" else None,
    )


def _seed_of(key: str) -> tuple[int, int]:
    """Does not depend on which other rows there are."""
    return _SEED, zlib.crc32(key.encode())


def _suffix_of(key: str) -> Suffix:
    return ".png" if key in _STORED_WITHOUT_LOSS else ".jpg"
