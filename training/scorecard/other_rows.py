"""Rows of ink that is no digit, and of hands that no recorded writer has.

Letters are of the test writers, whose sites trained nothing; printed ones and digits are of fonts
that training draws nothing with; scribbles and shapes are made as those of training are, from other
random numbers. ``forms`` are the test writers' digits, written in the ways of ``styles``.
"""

import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model import vocabulary
from model.config import ReaderConfig
from training.drawings.characters import PenCharacter
from training.drawings.glyphs import HAND_LIKE_TEST, glyphs, hand_like_fonts, printed_fonts
from training.drawings.others import LETTERS, mirrored, scribble, shape
from training.drawings.scenes import render_scene
from training.drawings.strokes import Ink
from training.drawings.styles import FORMS, write_as
from training.drawings.unipen import PenDigit
from training.drawings.writer_splits import load_character_split, load_writer_split
from training.scorecard.row import Row

OTHER_ROWS: Mapping[str, str] = {
    "letters": "no digits: letters, capital and small",
    "letter_among_digits": "three digits and a letter",
    "printed_letters": "no digits: printed letters",
    "scribbles": "no digits: scribbles",
    "shapes": "no digits: shapes",
    "mirrored": "no digits: mirrored digits",
    "forms": "rare ways of writing",
    "hand_like": "digits of fonts that imitate handwriting",
}
NEED_FONTS = frozenset({"hand_like"})
"""Rows that are drawn with fonts of ``HAND_LIKE_TEST``."""
_GRIDS = 500
_SEED = 12_000

Drawn = tuple[Ink, int, str]
"""What a cell holds, its label, and the name of its group."""


def other_row(key: str, data_dir: Path, config: ReaderConfig) -> Row:
    """Makes a row of ``OTHER_ROWS``: 500 grids, on canvas.

    Raises:
        DataError: Data are missing and could not be fetched, or are damaged.
    """
    seed = (_SEED, zlib.crc32(key.encode()))
    draw = _drawer(key, data_dir)
    random = np.random.default_rng(seed)
    drawn = [[draw(random, cell) for cell in range(config.num_cells)] for _ in range(_GRIDS)]

    def picture(index: int) -> NDArray[np.uint8]:
        cells = [ink for ink, _, _ in drawn[index]]
        return render_scene("canvas", list(cells), config, np.random.default_rng((*seed, index)))

    return Row(
        key=key,
        title=OTHER_ROWS[key],
        labels=np.array([[label for _, label, _ in grid] for grid in drawn], np.int64),
        sources=np.repeat(np.arange(_GRIDS)[:, None], config.num_cells, axis=1),
        picture=picture,
        groups=np.array([[group for _, _, group in grid] for grid in drawn]),
    )


def _drawer(key: str, data_dir: Path) -> Callable[[np.random.Generator, int], Drawn]:
    """Returns what draws the cells of a row, given random numbers and the cell's place."""
    if key in ("scribbles", "shapes"):
        make = scribble if key == "scribbles" else shape
        return lambda random, _: (make(random), vocabulary.OTHER, key)
    if key == "hand_like":
        digits = glyphs(hand_like_fonts(HAND_LIKE_TEST), "0123456789")
        return lambda random, _: _pick([(ink, int(digit), digit) for ink, digit in digits], random)
    if key == "printed_letters":
        printed = glyphs([*printed_fonts(), *hand_like_fonts(HAND_LIKE_TEST)], LETTERS)
        return lambda random, _: _pick(
            [(ink, vocabulary.OTHER, one) for ink, one in printed], random
        )
    written = load_writer_split(data_dir, "test")
    if key == "mirrored":
        return lambda random, _: (
            mirrored([(digit.strokes, digit.label) for digit in written], random),
            vocabulary.OTHER,
            key,
        )
    if key == "forms":
        return lambda random, _: _restyled(written, random)
    letters = [one for one in load_character_split(data_dir, "test") if one.character.isalpha()]
    if key == "letters":
        return lambda random, _: _letter(letters, random)
    return lambda random, cell: _letter(letters, random) if cell == 0 else _digit(written, random)


def _pick(drawn: Sequence[Drawn], random: np.random.Generator) -> Drawn:
    return drawn[int(random.integers(len(drawn)))]


def _letter(letters: Sequence[PenCharacter], random: np.random.Generator) -> Drawn:
    one = letters[int(random.integers(len(letters)))]
    return one.strokes, vocabulary.OTHER, one.character


def _digit(written: Sequence[PenDigit], random: np.random.Generator) -> Drawn:
    one = written[int(random.integers(len(written)))]
    return one.strokes, one.label, str(one.label)


def _restyled(written: Sequence[PenDigit], random: np.random.Generator) -> Drawn:
    names = list(FORMS)
    while True:  # a form does not suit every digit
        name = names[int(random.integers(len(names)))]
        one = written[int(random.integers(len(written)))]
        form = FORMS[name]
        if one.label == form.label and (strokes := write_as(form, one.strokes, random)):
            return strokes, one.label, name
