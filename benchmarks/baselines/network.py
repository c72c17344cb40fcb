"""What the baselines share: the eager network and the preprocessing of pictures."""

import io

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from app.settings import RELEASED_WEIGHTS
from model import checkpoint, vocabulary
from model.decoding import decode_greedily
from model.reader import GridReader


def load_reader() -> GridReader:
    """Loads the released weights; one thread, as there is one core."""
    torch.set_num_threads(1)
    return checkpoint.load(RELEASED_WEIGHTS).reader()


def to_tensor(data: bytes) -> Tensor:
    """Decodes a picture to (56, 56), float, values in [0, 1]."""
    picture = Image.open(io.BytesIO(data)).convert("L")
    if picture.size != (56, 56):
        picture = picture.resize((56, 56), Image.Resampling.BOX)
    return torch.from_numpy(np.asarray(picture, np.float32) / 255)


def read(reader: GridReader, pictures: Tensor) -> list[dict[str, object]]:
    """Reads pictures (B, 56, 56) together: the digits of each, and how sure the reader is."""
    with torch.inference_mode():
        greedy = decode_greedily(reader, pictures)
    return [
        {
            "digits": [vocabulary.digit_of(symbol) for symbol in symbols[:-1]],
            "probabilities": probabilities,
        }
        for symbols, probabilities in zip(
            greedy.symbols.tolist(), greedy.probabilities.tolist(), strict=True
        )
    ]
