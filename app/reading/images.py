"""Untrusted bytes become pixels: the only place that decodes pictures."""

import io
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from app.reading.errors import PictureTooLargeError, printable
from app.reading.formats import FILMS, FORMATS, unidentified
from app.reading.plain_png import read_plain_png
from app.settings import Settings
from model.errors import PictureError
from model.reading import Notice

# The limit of ``Settings.max_picture_pixels`` is checked before any pixel is decoded; Pillow's own
# would only warn, through a filter that is shared by all threads.
Image.MAX_IMAGE_PIXELS = None

# glibc gives blocks of more than 32 MB back to the system at once. Those of Pillow's own size it
# keeps, for each thread that ever decoded a large picture.
Image.core.set_block_size(64 * 2**20)  # type: ignore[attr-defined]

LONGEST_SIDE = 1120
"""Longer sides are halved, thirded, … while they are decoded, if no other length is given: many
times what the network sees, and a photograph then costs a few megabytes instead of hundreds."""

_ORIENTATION = ExifTags.Base.Orientation
_UPRIGHT, _ON_THEIR_SIDE = 1, (5, 6, 7, 8)


class Picture(NamedTuple):
    """A decoded picture, as it came but for its size."""

    pixels: NDArray[np.uint8]
    """Upright: grey (height, width), or (height, width, 3) RGB where there is colour."""
    width: int
    """Of the picture that came, upright, in pixels."""
    height: int
    has_more_frames: bool = False
    """The file holds several pictures; the first is the one decoded."""

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What the sender should know about the file."""
        if not self.has_more_frames:
            return ()
        detail = "the picture has more than one frame; the first was read"
        return (Notice("many_frames", detail),)

    @property
    def factor(self) -> float:
        """How many times as large the picture that came is."""
        factor: float = max(self.width, self.height) / max(self.pixels.shape[:2])
        return factor


def decode_plain(data: bytes, settings: Settings) -> Picture | None:
    """Decodes what ``app.reading.plain_png`` can; None where it takes more, or is to be refused."""
    pixels = read_plain_png(data) if len(data) <= settings.max_picture_bytes else None
    if pixels is None or pixels.size > settings.max_picture_pixels:
        return None
    height, width = pixels.shape
    return Picture(pixels, width, height) if max(height, width) <= LONGEST_SIDE else None


def open_picture(data: bytes, settings: Settings) -> Image.Image:
    """Opens a picture and checks its format and size; nothing is decoded yet.

    Args:
        data: A file of one of ``FORMATS``.
        settings: Limits in bytes and pixels.

    Raises:
        PictureTooLargeError: Too many bytes or pixels.
        PictureFormatError: No picture, or one of another format.
        PictureError: Its header is damaged.
    """
    if not data:
        raise PictureError("expected a picture, got no bytes")
    limit = settings.max_picture_bytes
    if len(data) > limit:
        raise PictureTooLargeError(f"expected a picture of at most {limit} bytes, got {len(data)}")
    try:
        picture = Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError as error:
        raise unidentified(data) from error
    except Exception as error:  # Pillow's readers raise whatever damaged bytes lead them to
        raise PictureError(f"the picture cannot be opened: {_reason(error)}") from error
    limit = settings.max_picture_pixels
    if picture.width * picture.height > limit:
        size = f"{picture.width}x{picture.height}"
        raise PictureTooLargeError(f"expected a picture of at most {limit} pixels, got {size}")
    return picture


def decode_opened(picture: Image.Image, longest_side: int = LONGEST_SIDE) -> Picture:
    """Decodes an opened picture.

    Rotation by EXIF is applied; of a moving picture the first frame is taken. What is transparent
    becomes paper: the colour of the opaque part where that is most of the picture, else the one
    that differs most from the ink. Sides longer than ``longest_side``, pixels, are shrunk.

    Raises:
        PictureError: Damaged or truncated.
    """
    with picture:
        try:
            width, height = picture.size
            if (shrink := _shrinking(picture, longest_side)) > 1:
                picture.draft(None, (width // shrink, height // shrink))  # JPEG alone can
            # Counting the frames instead would mean looking at each of what may be millions.
            has_more_frames = picture.format in FILMS and bool(
                getattr(picture, "is_animated", False)
            )
            is_wide = re.search(";16[BLN]", str(getattr(picture, "tile", "")[:1])) is not None
            picture.load()
            orientation = _orientation(picture)
            shrink = _shrinking(picture, longest_side)
            pixels = _pixels(picture, shrink if min(picture.size) >= shrink else 1)
        except MemoryError:
            raise
        except Exception as error:  # see ``open_picture``
            raise PictureError(f"the picture is damaged: {_reason(error)}") from error
    # Of 16 bits a colour Pillow keeps the upper 8, of which 10 or 12 bits leave most at nought.
    if is_wide and (bits := int(pixels.max()).bit_length()):
        pixels = pixels * np.uint8(255 // (2**bits - 1))
    if orientation != _UPRIGHT:
        lying = Image.fromarray(pixels)
        lying.getexif()[_ORIENTATION] = orientation
        pixels = np.asarray(ImageOps.exif_transpose(lying))
        if orientation in _ON_THEIR_SIDE:
            width, height = height, width
    return Picture(pixels, width, height, has_more_frames)


def encode_png(pixels: NDArray[np.uint8]) -> bytes:
    """Returns grey pixels (height, width) as a PNG file."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    return file.getvalue()


def _shrinking(picture: Image.Image, longest_side: int) -> int:
    """How many times too long its longer side is."""
    return -(-max(picture.size) // longest_side)


def _reason(error: Exception) -> str:
    """What a decoder said, without what it may have quoted of the picture's own bytes."""
    text = str(error) if isinstance(error, OSError | SyntaxError) else type(error).__name__
    return printable(text, 200)


def _orientation(picture: Image.Image) -> int:
    """Of a decoded picture, by EXIF; damaged EXIF says nothing."""
    try:
        orientation: Any = picture.getexif().get(_ORIENTATION)
    except MemoryError:
        raise
    except Exception:  # the pixels are good all the same
        return _UPRIGHT
    return int(orientation) if orientation in range(1, 9) else _UPRIGHT


def _pixels(picture: Image.Image, shrink: int) -> NDArray[np.uint8]:
    """Pixels of a decoded picture, its sides divided by ``shrink``."""
    if picture.mode.startswith("I;16"):
        return _in_bands(picture, shrink, _eight_bits(picture))
    mode = "L" if picture.mode != "P" and len(picture.getbands()) < 3 else "RGB"
    if not picture.has_transparency_data:
        return _grey_if_alike(_in_bands(picture, shrink, lambda band: band.convert(mode)))
    layers = _in_bands(picture, shrink, lambda band: band.convert(f"{mode}A"))
    colours, alpha = layers[..., :-1], layers[..., -1]
    if (opacity := alpha.min()) != alpha.max():
        colours = _on_paper(colours, alpha)
    elif opacity < 255:  # the same everywhere: it says nothing about the ink
        colours = _in_bands(picture, shrink, lambda band: band.convert(f"{mode}A").convert(mode))
    return _grey_if_alike(colours)


def _in_bands(
    picture: Image.Image, shrink: int, convert: Callable[[Image.Image], Image.Image]
) -> NDArray[np.uint8]:
    """Converts a picture and averages squares of ``shrink`` pixels a side; colour by its opacity.

    A band of rows after the other: converted copies of a whole picture would be large.
    """
    if shrink == 1:
        return np.asarray(convert(picture))
    bands = []
    for top in range(0, picture.height, 32 * shrink):
        box = (0, top, picture.width, min(top + 32 * shrink, picture.height))
        bands.append(np.asarray(convert(picture.crop(box)).reduce(shrink)))
    return np.concatenate(bands)


def _eight_bits(picture: Image.Image) -> Callable[[Image.Image], Image.Image]:
    """Brings 10, 12 or 16 bits to 8: as many as the largest value needs are in use."""
    # Of a TIFF's ``I;16B`` Pillow knows no extrema.
    largest: Any = picture.getextrema()[1] if picture.mode == "I;16" else np.asarray(picture).max()
    factor = np.float32(255 / (2 ** max(8, int(largest).bit_length()) - 1))
    return lambda band: Image.fromarray((np.asarray(band) * factor).round().astype(np.uint8))


def _on_paper(colours: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Lays a picture (height, width, channels) on the paper that it was most likely drawn on."""
    share = alpha[..., np.newaxis].astype(np.float32) / 255
    is_opaque = alpha >= 128
    if is_opaque.mean() > 0.5:
        paper = np.median(colours[is_opaque], axis=0)
    else:
        is_light = np.average(colours.mean(axis=2), weights=alpha) > 127
        paper = np.float64(0 if is_light else 255)
    return np.asarray((colours * share + paper.astype(np.float32) * (1 - share)).round(), np.uint8)


def _grey_if_alike(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Leaves out channels that all hold the same."""
    if pixels.ndim == 2:
        return pixels
    first, *others = np.moveaxis(pixels, -1, 0)
    is_grey = all(np.array_equal(first, other) for other in others)
    return np.ascontiguousarray(first) if is_grey else pixels
