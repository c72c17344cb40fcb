"""The model card, generated from what a checkpoint says about itself."""

from model.header import Header
from model.reader import GridReader

NAME = "MODEL_CARD.md"


def render(header: Header, digest: str, reader: GridReader) -> str:
    return f"{digest}"
