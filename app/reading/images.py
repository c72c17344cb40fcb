"""Untrusted bytes become grey pixels: the only place that decodes pictures."""

import io
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from app.reading.errors import PictureFormatError, PictureTooLargeError, printable
from app.reading.plain_png import read_plain_png
from app.settings import Settings
from model.errors import PictureError
from model.reading import Notice

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")

# The limit of ``Settings.max_picture_pixels`` is checked before any pixel is decoded; Pillow's own
# would only warn, through a filter that is shared by all threads.
Image.MAX_IMAGE_PIXELS = None

# Longer sides than this are halved, thirded, … while they are decoded: many times what the network
# sees, and a photograph then costs a few megabytes instead of hundreds.
_LONGEST_SIDE = 1120

_ORIENTATION = ExifTags.Base.Orientation
_UPRIGHT, _ON_THEIR_SIDE = 1, (5, 6, 7, 8)


class Picture(NamedTuple):
    """A decoded picture, as it came but for its size."""

    pixels: NDArray[np.uint8]
    """(height, width): grey, upright."""
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
        factor: float = max(self.width, self.height) / max(self.pixels.shape)
        return factor


def decode_plain(data: bytes, settings: Settings) -> Picture | None:
    """Decodes what ``app.reading.plain_png`` can; None where it takes more, or is to be refused."""
    pixels = read_plain_png(data) if len(data) <= settings.max_picture_bytes else None
    if pixels is None or pixels.size > settings.max_picture_pixels:
        return None
    height, width = pixels.shape
    return Picture(pixels, width, height) if max(height, width) <= _LONGEST_SIDE else None


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
        raise PictureFormatError(
            f"expected a picture ({', '.join(FORMATS)}), got {len(data)} bytes of something else"
        ) from error
    except Exception as error:  # Pillow's readers raise whatever damaged bytes lead them to
        raise PictureError(f"the picture cannot be opened: {_reason(error)}") from error
    limit = settings.max_picture_pixels
    if picture.width * picture.height > limit:
        size = f"{picture.width}x{picture.height}"
        raise PictureTooLargeError(f"expected a picture of at most {limit} pixels, got {size}")
    return picture


def decode_opened(picture: Image.Image) -> Picture:
    """Decodes an opened picture to grey.

    Rotation by EXIF is applied; of a moving picture the first frame is taken. What is transparent
    becomes paper: the colour of the opaque part where that is most of the picture, else the one
    that differs most from the ink. Sides much longer than the network needs are shrunk.

    Raises:
        PictureError: Damaged or truncated.
    """
    with picture:
        try:
            width, height = picture.size
            if (shrink := _shrinking(picture)) > 1:
                picture.draft("L", (width // shrink, height // shrink))  # JPEG alone can
            # Counting the frames instead would mean looking at each of what may be millions.
            has_more_frames = bool(getattr(picture, "is_animated", False))
            picture.load()
            orientation = _orientation(picture)
            shrink = _shrinking(picture)
            pixels = _grey(picture, shrink if min(picture.size) >= shrink else 1)
        except MemoryError:
            raise
        except Exception as error:  # see ``open_picture``
            raise PictureError(f"the picture is damaged: {_reason(error)}") from error
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


def _shrinking(picture: Image.Image) -> int:
    """How many times too long its longer side is."""
    return -(-max(picture.size) // _LONGEST_SIDE)


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


def _grey(picture: Image.Image, shrink: int) -> NDArray[np.uint8]:
    """Grey pixels of a decoded picture, its sides divided by ``shrink``."""
    if picture.mode.startswith("I;16") or picture.mode in ("I", "F"):
        return _shrunk(Image.fromarray(_eight_bits(np.asarray(picture))), shrink)
    if not picture.has_transparency_data:
        return _shrunk(picture if picture.mode == "L" else picture.convert("L"), shrink)
    if picture.mode not in ("LA", "RGBA", "La", "RGBa"):
        picture = picture.convert("RGBA")
    layers = _shrunk(picture.convert("LA"), shrink)
    grey, alpha = layers[..., 0], layers[..., 1]
    if alpha.min() == alpha.max() != 0:  # the same everywhere: it says nothing about the ink
        return np.ascontiguousarray(grey)
    share = alpha.astype(np.float32) / 255
    is_opaque = alpha >= 128
    if is_opaque.mean() > 0.5:
        paper = float(np.median(grey[is_opaque]))
    else:
        paper = 0.0 if share.any() and np.average(grey, weights=share) > 127 else 255.0
    laid = grey * share + np.float32(paper) * (1 - share)
    return np.asarray(laid.round(), np.uint8)


def _shrunk(picture: Image.Image, shrink: int) -> NDArray[np.uint8]:
    """Averages squares of ``shrink`` pixels a side; colour counts by its opacity."""
    return np.asarray(picture if shrink == 1 else picture.reduce(shrink))


def _eight_bits(wide: NDArray[Any]) -> NDArray[np.uint8]:
    """Brings 16 bits to 8, a band of rows after the other: wide copies of all would be large."""
    factor = np.float32(255 / (65535 if wide.max() > 255 else 255))
    narrow = np.empty(wide.shape, np.uint8)
    for top in range(0, len(wide), 64):
        band = wide[top : top + 64].astype(np.float32) * factor
        narrow[top : top + 64] = np.clip(band, 0, 255).round()
    return narrow
