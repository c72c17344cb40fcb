"""Errors of reading a picture, besides those of ``model.errors``.

    PictureError (model.errors)
    ├── PictureTooLargeError    more bytes or pixels than the settings allow
    └── PictureFormatError      no picture, or one of a format that is not read here

A message says what was expected and what came.
"""

from model.errors import PictureError


class PictureTooLargeError(PictureError): ...


class PictureFormatError(PictureError): ...


def printable(text: str, max_characters: int = 60) -> str:
    """Returns what of a text that came may be repeated: its first printable characters."""
    return "".join(character for character in text if character.isprintable())[:max_characters]
