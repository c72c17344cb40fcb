#!/usr/bin/env bash
# Pillow 13.0.0: saving as AVIF takes the orientation out of the Image.Exif that it is given.
#
# Expected: save reads its options and leaves them as they are, as it does for JPEG, PNG and WebP: several
# pictures, or several formats of one, can be saved with the same Image.Exif.
# Seen: the first AVIF is turned; what is saved after it with the same object, in any format, is not.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pillow==13.0.0
"$folder/venv/bin/python" - <<'PYTHON'
import io
import sys

from PIL import ExifTags, Image, ImageOps

has_changed = False
for kind in ("JPEG", "PNG", "WEBP", "AVIF"):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    turned = []
    for _ in range(2):
        file = io.BytesIO()
        Image.new("RGB", (200, 120)).save(file, kind, exif=exif)
        with Image.open(file) as picture:
            turned.append(ImageOps.exif_transpose(picture).size == (120, 200))
    left = exif.get(ExifTags.Base.Orientation)
    print(f"{kind} saved twice with one Image.Exif: turned {turned}; orientation left in it: {left}")
    has_changed |= turned != [True, kind != "AVIF"] or left != (None if kind == "AVIF" else 6)
sys.exit(has_changed)
PYTHON
