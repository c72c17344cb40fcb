"""Which formats of pictures are read, and what to do about a file of another."""

import re

from PIL import AvifImagePlugin, Image
from pillow_heif import register_heif_opener

from app.reading.errors import PictureFormatError
from model.errors import PictureError

# As Pillow names them. Files of the last two may begin alike; AVIF's reader refuses those of HEIF.
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "AVIF", "HEIF")

# Formats whose further pictures are a film. Those of a JPEG (MPO, Ultra HDR) or HEIF file, which
# names the one to show, are its preview, its gain map, or what the other lens saw.
FILMS = ("PNG", "WEBP", "GIF", "AVIF")

# Pictures are decoded side by side already. What comes with a picture in HEIF is not looked at.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
register_heif_opener(decode_threads=1, thumbnails=False, depth_images=False, aux_images=False)

# How files begin that people send, what they are, and what to do about it.
_OTHERS = (
    (rb"II[*+]\0|MM\0[*+]", "TIFF", "save the picture as PNG"),
    (rb"%PDF-", "PDF", "export the page as PNG or JPEG"),
    (rb"\s*(<\?xml.*)?<svg\b", "SVG", "export the drawing as PNG"),
    (rb"\s*<(!doctype )?html\b", "a page of the web", "send the picture that it shows"),
    (rb"\s*data:|iVBORw0KGgo|/9j/", "text of base64", 'send it as JSON: {"image": "..."}'),
    (rb"\xff\x0a|\0\0\0\x0cJXL ", "JPEG XL", "save the picture as JPEG or PNG"),
    (rb"\xff\x4f\xff\x51|\0\0\0\x0cjP  ", "JPEG 2000", "save the picture as JPEG or PNG"),
    (rb"....ftyp", "a film", "send one picture of it"),
    (rb"8BPS", "a Photoshop file", "export the picture as PNG"),
    (rb"PK\x03\x04", "an archive or document (ZIP)", "send the picture that it holds"),
)


def unidentified(data: bytes) -> PictureError:
    """Returns what to say of a file in which Pillow found no picture of ``FORMATS``."""
    start = data[:1000]
    if any(accept and accept(start) for _, accept in map(Image.OPEN.__getitem__, FORMATS)):
        return PictureError(
            "the picture cannot be opened: its head is damaged or of an unknown kind"
        )
    expected = f"expected a picture ({', '.join(FORMATS)})"
    for beginning, name, advice in _OTHERS:
        if re.match(beginning, start, re.DOTALL | re.IGNORECASE):
            return PictureFormatError(f"{expected}, got {name}: {advice}")
    return PictureFormatError(f"{expected}, got {len(data)} bytes of something else")
