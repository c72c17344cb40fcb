"""Untrusted bytes become grey pixels: the only place that decodes pictures."""

import io
import warnings

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from app.settings import Settings
from model.errors import PictureError

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")


def decode_picture(data: bytes, settings: Settings) -> NDArray[np.uint8]:
    """Decodes a picture to grey.

    Format and size are checked before any pixel is decoded. Rotation by EXIF is applied;
    what is transparent shows the colour that differs most from the ink; of a moving picture the
    first frame is taken.

    Args:
        data: A file of one of ``FORMATS``.
        settings: Limits in bytes and pixels.

    Returns:
        (height, width), uint8.

    Raises:
        PictureError: No picture, damaged, of another format, or too large.
    """
    if not data:
        raise PictureError("expected a picture, got no bytes")
    if len(data) > settings.max_picture_bytes:
        raise PictureError(f"expected at most {settings.max_picture_bytes} bytes, got {len(data)}")
    try:
        with warnings.catch_warnings():
            # Pillow warns of large pictures; the limit below is ours and is an error.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            opened = Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError as error:
        raise PictureError(
            f"expected a picture ({', '.join(FORMATS)}), got {len(data)} bytes of something else"
        ) from error
    except (Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        raise PictureError(f"the picture cannot be opened: {error}") from error
    with opened as picture:
        if picture.width * picture.height > settings.max_picture_pixels:
            raise PictureError(
                f"expected at most {settings.max_picture_pixels} pixels, "
                f"got {picture.width}x{picture.height}"
            )
        try:
            upright = ImageOps.exif_transpose(picture)
            return _grey(upright)
        except (OSError, ValueError, SyntaxError, EOFError) as error:
            raise PictureError(f"the picture is damaged: {error}") from error


def _grey(picture: Image.Image) -> NDArray[np.uint8]:
    if picture.mode.startswith("I;16") or picture.mode in ("I", "F"):
        wide = np.asarray(picture, np.float64)
        top = 65535 if wide.max() > 255 else 255
        return np.clip(wide * (255 / top), 0, 255).round().astype(np.uint8)
    if not picture.has_transparency_data:
        return np.asarray(picture.convert("L"))
    layers = np.asarray(picture.convert("LA"), np.float32)
    grey, alpha = layers[..., 0], layers[..., 1:].squeeze(-1) / 255
    ink = float(np.average(grey, weights=alpha)) if alpha.any() else 0.0
    paper = 0.0 if ink > 127 else 255.0
    return (grey * alpha + paper * (1 - alpha)).round().astype(np.uint8)
