"""The split of UNIPEN into training, validation and test, by writer and never by digit.

The test has sites of its own, so that neither its writers nor its tablets have been seen before.
At least 84 of 10,488 labels do not fit their ink, two of them in the test. Training leaves out what
obviously lacks a stroke, and the suspects of ``training.suspects``; validation and test leave out
nothing.
"""

import dataclasses
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from model.errors import ConfigError, DataError
from training.data import SPLITS, Digits
from training.drawings.characters import PenCharacter, load_characters
from training.drawings.glyphs import (
    HAND_LIKE,
    HAND_LIKE_TEST,
    glyphs,
    hand_like_fonts,
    printed_fonts,
    seven_segments,
)
from training.drawings.others import LETTERS, LOOK_ALIKES, SCRIPTS, Others
from training.drawings.pool import PoolOptions, StrokeDigit, make_pool
from training.drawings.skeleton import skeleton_strokes
from training.drawings.strokes import Warp
from training.drawings.unipen import SITES, PenDigit, load_unipen

TEST_SITES = frozenset({"aga", "art", "gmd", "imp"})
# Sites too small to train on; their writers are for validation.
VALIDATION_SITES = frozenset({"cea", "ceb", "lou", "pri"})
# Of the other sites, one writer in this many is for validation.
_VALIDATION_STRIDE = 8
# A stroke is straight where the distance of its ends is at least this share of its length.
_STRAIGHT = 0.9
SUSPECTS = Path(__file__).with_name("suspects.json")
"""Numbers, in ``load_recordings``, of training recordings whose label does not fit their ink."""
# Seven-segment digits, of any slant and width.
_SEVEN_SEGMENTS = 500


def load_writer_split(data_dir: Path, split: str) -> list[PenDigit]:
    """Loads one split of UNIPEN's digits, fetching them where they are missing.

    Args:
        data_dir: Holds ``unipen/``.
        split: ``train``, ``validation`` or ``test``.

    Raises:
        ConfigError: No such split.
        DataError: The digits are missing and could not be fetched, or are damaged.
    """
    if split != "train":
        return _load_digits(data_dir, split)
    suspects = _suspects("digits")
    return [
        digit
        for number, digit in enumerate(_load_digits(data_dir, split))
        if number not in suspects and not has_lost_a_stroke(digit)
    ]


def load_recordings(data_dir: Path, split: str) -> tuple[list[PenDigit], list[PenCharacter]]:
    """Loads all digits and characters of a split's writers, suspects included."""
    return _load_digits(data_dir, split), _load_characters(data_dir, split)


def _load_digits(data_dir: Path, split: str) -> list[PenDigit]:
    if split not in SPLITS:
        raise ConfigError(f"expected a split of {SPLITS}, got {split!r}")
    if split == "test":
        return load_unipen(data_dir, TEST_SITES)
    digits = load_unipen(data_dir, set(SITES) - TEST_SITES)
    shared = sorted({digit.writer for digit in digits if digit.site not in VALIDATION_SITES})
    chosen = set(shared[_VALIDATION_STRIDE // 2 :: _VALIDATION_STRIDE])
    chosen |= {digit.writer for digit in digits if digit.site in VALIDATION_SITES}
    return [digit for digit in digits if (digit.writer in chosen) == (split == "validation")]


def has_lost_a_stroke(digit: PenDigit) -> bool:
    """Tells whether a recording lacks a stroke.

    A horizontal one is only its foot; a zero, four or eight of a single straight stroke is only its
    slash or stem.
    """
    width, height = np.ptp(np.concatenate(digit.strokes), axis=0)
    if digit.label == 1:
        return bool(width > 1.5 * height)
    if digit.label not in (0, 4, 8) or len(digit.strokes) > 1:
        return False
    (stroke,) = digit.strokes
    length = np.hypot(*np.diff(stroke, axis=0).T).sum()
    return bool(np.hypot(*(stroke[-1] - stroke[0])) > _STRAIGHT * length)


def load_others(data_dir: Path, split: str) -> Others:
    """Loads what draws ink that is no digit, of the writers of one split.

    Args:
        data_dir: Holds ``unipen/``.
        split: ``train``, ``validation`` or ``test``.

    Raises:
        ConfigError: No such split.
        DataError: Data are missing and could not be fetched, or are damaged.
    """
    digits = load_writer_split(data_dir, split)
    written = load_character_split(data_dir, split)
    if not written or {digit.label for digit in digits} != set(range(10)):
        raise DataError(
            f"expected digits of every kind, and letters, of the writers of {split} in "
            f"{data_dir / 'unipen'}, found {len(digits)} digits and {len(written)} letters"
        )
    hands = HAND_LIKE_TEST if split == "test" else HAND_LIKE
    fonts = [*printed_fonts(), *hand_like_fonts(hands)]
    printed = glyphs(fonts, LETTERS) + glyphs(fonts, SCRIPTS)
    return Others(
        [(one.strokes, weight) for one, weight in zip(written, _weights(written), strict=True)],
        [(digit.strokes, digit.label) for digit in digits],
        [one for one, _ in printed],
    )


def load_character_split(data_dir: Path, split: str) -> list[PenCharacter]:
    """Loads the letters and symbols of one split that are no digits by their shape."""
    suspects = _suspects("characters") if split == "train" else ()
    return [
        one
        for number, one in enumerate(_load_characters(data_dir, split))
        if number not in suspects
    ]


def _load_characters(data_dir: Path, split: str) -> list[PenCharacter]:
    if split == "test":
        found = load_characters(data_dir, TEST_SITES)
    else:
        writers = {digit.writer for digit in _load_digits(data_dir, split)}
        found = load_characters(data_dir, set(SITES) - TEST_SITES)
        found = [one for one in found if one.writer in writers]
    return [one for one in found if one.character not in LOOK_ALIKES]


def _suspects(kind: str) -> frozenset[int]:
    return frozenset(json.loads(SUSPECTS.read_text())[kind])


def training_pool(
    data_dir: Path, mnist: Digits, options: PoolOptions, *, seed: int, folder: Path | None
) -> Digits:
    """Makes the pool of training writers', re-inked and printed digits, or loads the stored one.

    Args:
        data_dir: Holds ``unipen/``.
        mnist: Training digits, some of which are re-inked.
        options: What the pool is made of.
        seed: Of the pool.
        folder: Where the pool is stored; None stores it nowhere.
    """
    groups: list[tuple[Sequence[StrokeDigit], float]] = []
    written_share = 1 - options.reinked_share - options.printed_share
    if written_share > 0:
        groups.append((weight_by_writer(load_writer_split(data_dir, "train")), written_share))
    if options.reinked_share > 0:
        groups.append((reink_digits(mnist, options.reinked_digits, seed), options.reinked_share))
    if options.printed_share > 0:
        groups.append((printed_digits(seed), options.printed_share))
    others = load_others(data_dir, "train") if options.others or options.other_grids else None
    return make_pool(groups, options, others=others, seed=seed, folder=folder)


def validation_pool(
    data_dir: Path, *, grids: int, seed: int, folder: Path | None, is_plain: bool = False
) -> Digits:
    """Makes drawings of the validation writers, without warps and rare styles.

    Args:
        data_dir: Holds ``unipen/``.
        grids: How many.
        seed: Of the drawings.
        folder: Where they are stored; None stores them nowhere.
        is_plain: Digits alone, on canvas.
    """
    no_warp = Warp(rotation=0, shear=0, stretch=0, bend=0, tremor=0, polygons=0)
    options = PoolOptions(grids=grids, reinked_share=0, printed_share=0, styles=0, warp=no_warp)
    if is_plain:
        options = dataclasses.replace(
            options, canvas=1, page=0, corner=0, paper=0, distant=0, others=0, other_grids=0
        )
    digits = weight_by_writer(load_writer_split(data_dir, "validation"))
    others = None if is_plain else load_others(data_dir, "validation")
    return make_pool([(digits, 1.0)], options, others=others, seed=seed, folder=folder)


def printed_digits(seed: int) -> list[StrokeDigit]:
    """Returns digits of fonts and of seven-segment displays."""
    random = np.random.default_rng(seed)
    found = []
    for fonts, weight in ((hand_like_fonts(HAND_LIKE), 0.45), (printed_fonts(), 0.45)):
        drawn = glyphs(fonts, "0123456789")
        found += [StrokeDigit(one, int(digit), weight / len(drawn)) for one, digit in drawn]
    lit = [number % 10 for number in range(_SEVEN_SEGMENTS)]
    return found + [
        StrokeDigit(seven_segments(digit, random), digit, 0.1 / len(lit)) for digit in lit
    ]


def weight_by_writer(digits: Sequence[PenDigit]) -> list[StrokeDigit]:
    """Weights digits so that a writer of n digits has a total weight of the square root of n."""
    return [
        StrokeDigit(digit.strokes, digit.label, weight)
        for digit, weight in zip(digits, _weights(digits), strict=True)
    ]


def _weights(written: Sequence[PenDigit] | Sequence[PenCharacter]) -> list[float]:
    counts = Counter(one.writer for one in written)
    return [float(1 / np.sqrt(counts[one.writer])) for one in written]


def reink_digits(digits: Digits, count: int, seed: int) -> list[StrokeDigit]:
    """Returns ``count`` of MNIST's digits, picked at random, as strokes."""
    random = np.random.default_rng(seed)
    picks = random.permutation(len(digits))[:count]
    lines = skeleton_strokes(digits.pictures.numpy()[picks])
    labels = digits.labels.numpy()[picks].tolist()
    return [StrokeDigit(line, label) for line, label in zip(lines, labels, strict=True) if line]
