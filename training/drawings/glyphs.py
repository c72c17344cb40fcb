"""Printed digits and letters: outlines of fonts' glyphs, and the digits of seven-segment displays.

Fonts are rendered where they are installed; none is part of this repository. matplotlib brings some
printed ones along, and those that imitate handwriting are Debian's packages of ``HAND_LIKE``.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib import font_manager
from matplotlib.font_manager import get_font
from matplotlib.textpath import TextPath, text_to_path
from numpy.typing import NDArray

from training.drawings.strokes import Glyph, Strokes

logger = logging.getLogger(__name__)

# Debian's packages, with the names of their fonts' files.
HAND_LIKE: Mapping[str, tuple[str, ...]] = {
    "fonts-breip": ("Breip",),
    "fonts-bwht": (
        "BecauseWeBuild-Regular",
        "BecauseWeConnect-Regular",
        "BecauseWeCreate-Regular",
        "BecauseWeLearn-Regular",
        "BecauseWeMentor-Regular",
        "BecauseWeOrganize-Regular",
    ),
    "fonts-comic-neue": ("ComicNeue-Light", "ComicNeue-Regular", "ComicNeue-Italic"),
    "fonts-dancingscript": ("DancingScript-Regular",),
    "fonts-dkg-handwriting": ("dkg", "dkgIt", "dkgBd"),
    "fonts-ecolier-court": ("Ecolier-court",),
    "fonts-humor-sans": ("Humor-Sans",),
    "fonts-kaushanscript": ("KaushanScript-Regular",),
    "fonts-klee": ("KleeOne-Regular",),
    "fonts-kristi": ("Kristi",),
    "fonts-rufscript": ("Rufscript010",),
    "fonts-sjfonts": ("Delphine", "SteveHand"),
    "fonts-staypuft": ("StayPuft",),
    "fonts-tomsontalks": ("TomsonTalks",),
    "fonts-yusei-magic": ("YuseiMagic-Regular",),
}
"""That training draws with."""
HAND_LIKE_TEST: Mapping[str, tuple[str, ...]] = {
    "fonts-dustin": ("Domestic_Manners", "El_Abogado_Loco", "Junkyard", "PenguinAttack"),
    "fonts-nanum-extra": ("NanumBarunpenR", "NanumBrush", "NanumPen"),
    "fonts-seto": ("setofont",),
    "fonts-smc-chilanka": ("Chilanka-Regular",),
    "fonts-summersby": ("summersby",),
    "fonts-tlwg-purisa-ttf": ("Purisa",),
}
"""That are for the scorecard alone."""
# matplotlib's own, so that they are there wherever training runs.
_PRINTED = (
    "DejaVuSans",
    "DejaVuSans-Bold",
    "DejaVuSans-Oblique",
    "DejaVuSansMono",
    "DejaVuSerif",
    "DejaVuSerif-Bold",
    "STIXGeneral",
    "STIXGeneralBol",
    "STIXGeneralItalic",
    "cmr10",
    "cmss10",
    "cmtt10",
)

# The segments that each digit lights: top, upper left and right, middle, lower left and right,
# bottom.
_SEGMENTS = (
    "abcefg",
    "cf",
    "acdeg",
    "acdfg",
    "bcdf",
    "abdfg",
    "abdefg",
    "acf",
    "abcdefg",
    "abcdfg",
)
_ENDS: Mapping[str, tuple[tuple[float, float], tuple[float, float]]] = {
    "a": ((0, 0), (1, 0)),
    "b": ((0, 0), (0, 1)),
    "c": ((1, 0), (1, 1)),
    "d": ((0, 1), (1, 1)),
    "e": ((0, 1), (0, 2)),
    "f": ((1, 1), (1, 2)),
    "g": ((0, 2), (1, 2)),
}
# Points of an outline are at most so far apart, shares of the font's size, so that warps bend it.
_APART = 0.04


def printed_fonts() -> list[Path]:
    """Returns the printed fonts that matplotlib brings along."""
    folder = Path(matplotlib.get_data_path(), "fonts", "ttf")
    return [folder / f"{name}.ttf" for name in _PRINTED]


def hand_like_fonts(packages: Mapping[str, Sequence[str]]) -> list[Path]:
    """Returns the fonts of packages that are installed; those missing are warned of."""
    files = {Path(file).stem: Path(file) for file in sorted(font_manager.findSystemFonts())}
    missing = [package for package, names in packages.items() if not set(names) <= files.keys()]
    if missing:
        logger.warning(
            "fonts that imitate handwriting are left out, as these packages of Debian are not "
            "installed: %s",
            " ".join(missing),
        )
    return [files[name] for names in packages.values() for name in names if name in files]


@cache
def glyph(font: Path, character: str) -> Glyph:
    """Returns a character's outline in a font, its size 1: empty where the font lacks it."""
    properties = font_manager.FontProperties(fname=font)
    if not len(text_to_path.get_text_path(properties, character)[0]):
        return Glyph(())  # of which TextPath raises AttributeError
    # Outlines come in units of 1/72 inch; small ones would be rounded.
    contours = TextPath((0, 0), character, size=100, prop=properties).to_polygons(closed_only=True)
    flipped = [np.asarray(contour, np.float32) * (0.01, -0.01) for contour in contours]
    return Glyph(tuple(_refine(contour) for contour in flipped if len(contour) > 2))


def glyphs(fonts: Collection[Path], characters: str) -> list[tuple[Glyph, str]]:
    """Returns every character that a font has, in every font, with its name.

    A font may show the same box for each character that it lacks: it is left out.
    """
    found = []
    for font in fonts:
        has = get_font(str(font)).get_charmap()
        drawn = [(glyph(font, one), one) for one in characters if ord(one) in has]
        shapes = {tuple(map(len, one.contours)) for one, _ in drawn}
        if len(shapes) > len(drawn) / 3:
            found += [(one, character) for one, character in drawn if one.contours]
    return found


def seven_segments(digit: int, random: np.random.Generator) -> Strokes:
    """Draws a digit as a display does: slanted or not, its segments apart or joined."""
    width, slant = random.uniform(0.8, 1.3), random.uniform(0, 0.25)
    gap = random.choice((0.0, random.uniform(0.05, 0.15)))
    lit = _SEGMENTS[digit]
    if digit in (6, 9) and random.random() < 0.25:  # some displays leave out the top or bottom
        lit = lit.replace("a" if digit == 6 else "g", "")
    if digit == 7 and random.random() < 0.3:
        lit += "b"
    strokes = []
    for segment in lit:
        (x0, y0), (x1, y1) = _ENDS[segment]
        start, end = np.array((x0, y0)), np.array((x1, y1))
        along = (end - start) * gap
        points = np.linspace(start + along, end - along, 8)
        sheared = points * (width, 1) + np.outer(2 - points[:, 1], (slant, 0))
        strokes.append(sheared.astype(np.float32))
    return tuple(strokes)


def _refine(contour: NDArray[np.float32]) -> NDArray[np.float32]:
    """Puts points between those of an outline that are far apart."""
    lengths = np.hypot(*np.diff(contour, axis=0).T)
    parts = [
        np.linspace(start, end, max(1, int(np.ceil(length / _APART))), endpoint=False)
        for start, end, length in zip(contour[:-1], contour[1:], lengths, strict=True)
    ]
    return np.concatenate([*parts, contour[-1:]]).astype(np.float32)
