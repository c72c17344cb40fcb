"""Teaches schemathesis what a picture is; ``tests.app.fuzz`` makes it read this."""

import schemathesis

from app.api.bodies import PICTURE_TYPES
from tests.app.pictures import any_pictures, base64_pictures

schemathesis.openapi.format("picture-base64", base64_pictures())
schemathesis.openapi.format("binary", any_pictures())
for media_type in PICTURE_TYPES:
    schemathesis.openapi.media_type(media_type, any_pictures())
