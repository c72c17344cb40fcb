#!/usr/bin/env bash
# Pillow 13.0.0: an uncompressed TIFF that lies on its side is read in disorder when it is opened by its path.
#
# Expected: the same picture from a path and from an open file, as of compressed files.
# Seen: of an uncompressed TIFF with orientation 5 to 8 that is opened by its path, pixels are mapped into memory
# with width and height exchanged, and turned after that: the size is wrong, and every row begins elsewhere.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pillow==13.0.0
"$folder/venv/bin/python" - "$folder/lying.tif" <<'PYTHON'
import sys

from PIL import ExifTags, Image, TiffImagePlugin

path = sys.argv[1]
upright = Image.new("L", (40, 20))
upright.paste(255, (0, 0, 40, 5))
tags = TiffImagePlugin.ImageFileDirectory_v2()
tags[ExifTags.Base.Orientation] = 6
has_changed = False
for compression in (None, "tiff_lzw"):
    upright.rotate(90, expand=True).save(path, tiffinfo=tags, compression=compression)
    with open(path, "rb") as file, Image.open(path) as by_path, Image.open(file) as by_file:
        for name, picture in (("by its path", by_path), ("as an open file", by_file)):
            picture.load()
            is_right = picture.tobytes() == upright.tobytes() and picture.size == upright.size
            print(f"{compression or 'uncompressed'}, opened {name}: {picture.size}, right: {is_right}")
            has_changed |= is_right == (compression is None and picture is by_path)
sys.exit(has_changed)
PYTHON
