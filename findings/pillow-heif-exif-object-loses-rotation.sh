#!/usr/bin/env bash
# pillow-heif 1.8.1 (Pillow 13.0.0) loses the rotation that Image.save(..., exif=...) is given as an Image.Exif.
#
# Pillow, "Image file formats": the option exif of JPEG, PNG, WebP and AVIF takes bytes or an Image.Exif.
# Expected: a picture saved with orientation 6 comes back turned, in HEIC as in the others, by either.
# Seen: with bytes HEIC comes back turned. With an Image.Exif it comes back as it lay, and says that it is
# upright: the writer notes no rotation, the reader passes over that of EXIF, as HEIF tells it to.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pillow==13.0.0 pillow-heif==1.8.1
"$folder/venv/bin/python" - <<'PYTHON'
import io
import sys

import pillow_heif
from PIL import ExifTags, Image, ImageOps

pillow_heif.register_heif_opener()
has_changed = False
for kind in ("JPEG", "PNG", "WEBP", "AVIF", "HEIF"):
    for name in ("bytes", "Image.Exif"):
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = 6
        value = exif.tobytes() if name == "bytes" else exif
        file = io.BytesIO()
        Image.new("RGB", (200, 120)).save(file, kind, exif=value)
        with Image.open(file) as picture:
            size = ImageOps.exif_transpose(picture).size
        is_turned = size == (120, 200)
        print(f"{kind}, orientation 6 as {name}: {'turned' if is_turned else 'NOT turned'}")
        has_changed |= is_turned == (kind == "HEIF" and name == "Image.Exif")
sys.exit(has_changed)
PYTHON
