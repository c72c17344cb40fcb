"""Recordings whose label does not fit their ink, found by networks taught by other writers.

UNIPEN's labels are noisy: strokes are missing, so that an 8 is a circle and a Q an O, and some
recordings are simply something else. Each third of the writers is judged by a small convolutional
network that learned from the other two thirds. Training leaves out what such a network is sure to
be another digit; validation and test leave out nothing.

Reference: Northcutt, Jiang & Chuang, "Confident Learning: Estimating Uncertainty in Dataset
Labels", 2021.
"""

import json
import multiprocessing
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from model import checkpoint, vocabulary
from model.config import ReaderConfig
from model.ink import normalise
from training.augment import Augmentation, augment, draw_random_numbers
from training.data import Digits
from training.drawings.characters import PenCharacter
from training.drawings.scenes import render_scene
from training.drawings.strokes import Ink
from training.drawings.unipen import PenDigit
from training.drawings.writer_splits import SUSPECTS, load_recordings

_FOLDS = 3
_STEPS, _BATCH = 1500, 192
_LEARNING_RATE = 5e-3
# Share of the digits in a batch.
_DIGITS = 0.6
# A recording is a suspect where its label is less probable than this, and a digit is likeliest.
_IMPROBABLE = 0.02
# A one with a long upstroke and a seven are one shape: no network can say which was meant.
_ALIKE = {(1, 7), (7, 1)}
_CHUNK = 400
_SEED = 7


def find_suspects(data_dir: Path) -> dict[str, list[int]]:
    """Returns the suspects of the training writers, by their numbers in ``load_recordings``.

    Args:
        data_dir: Holds ``unipen/``.

    Raises:
        DataError: Data are missing and could not be fetched, or are damaged.
    """
    digits, characters = load_recordings(data_dir, "train")
    recordings: list[PenDigit | PenCharacter] = [*digits, *characters]
    cells = draw_cells([one.strokes for one in recordings])
    labels = [digit.label for digit in digits] + [vocabulary.OTHER] * len(characters)
    names = [one.writer for one in recordings]
    writers = [sorted(set(names)).index(name) for name in names]
    drawn = Digits(torch.from_numpy(cells), torch.tensor(labels))
    probabilities = held_out_probabilities(drawn, torch.tensor(writers))
    suspects = np.array(suspicious(probabilities, drawn.labels), int)
    first = len(digits)  # of the characters
    return {
        "digits": suspects[suspects < first].tolist(),
        "characters": (suspects[suspects >= first] - first).tolist(),
    }


def write_suspects(suspects: dict[str, list[int]]) -> None:
    """Replaces the list that training leaves out."""
    checkpoint.replace_files({SUSPECTS: (json.dumps(suspects) + "\n").encode()})


def suspicious(probabilities: Tensor, labels: Tensor) -> list[int]:
    """Returns which cells are surely another digit than their label says.

    Args:
        probabilities: Of every cell and class, (M, classes).
        labels: (M,) int64.
    """
    likeliest = probabilities.argmax(dim=1)
    of_label = probabilities.gather(1, labels[:, None])[:, 0]
    found = ((of_label < _IMPROBABLE) & (likeliest < vocabulary.BLANK)).nonzero().flatten()
    pairs = zip(labels[found].tolist(), likeliest[found].tolist(), strict=True)
    return [
        number for number, pair in zip(found.tolist(), pairs, strict=True) if pair not in _ALIKE
    ]


def held_out_probabilities(cells: Digits, writers: Tensor) -> Tensor:
    """Returns each cell's probabilities, (M, classes), by a network that saw none of its writer.

    Args:
        cells: Of all writers.
        writers: Number of each cell's writer, (M,) int64.
    """
    random = torch.Generator().manual_seed(_SEED)
    fold_of_writer = torch.randperm(int(writers.max()) + 1, generator=random) % _FOLDS
    folds = fold_of_writer[writers]
    probabilities = torch.zeros(len(cells), vocabulary.NUM_CLASSES)
    for fold in range(_FOLDS):
        network = _teach(cells.select((folds != fold).nonzero().flatten()), seed=fold)
        held_out = (folds == fold).nonzero().flatten()
        with torch.inference_mode():
            for part in held_out.split(500):
                pictures = cells.pictures[part].float() / 255
                probabilities[part] = network(pictures[:, None]).softmax(dim=1)
    return probabilities


def _teach(cells: Digits, *, seed: int) -> nn.Module:
    torch.manual_seed(seed)
    network = _network()
    optimizer = torch.optim.AdamW(network.parameters(), lr=_LEARNING_RATE, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _LEARNING_RATE, total_steps=_STEPS)
    is_digit = cells.labels < vocabulary.BLANK
    weights = torch.where(is_digit, _DIGITS / is_digit.sum(), (1 - _DIGITS) / (~is_digit).sum())
    random = torch.Generator().manual_seed(seed)
    for step in tqdm(range(_STEPS), desc=f"part {seed + 1} of {_FOLDS}", disable=None):
        picked = cells.select(torch.multinomial(weights, _BATCH, True, generator=random))
        numbers = draw_random_numbers(_BATCH, random)
        strength = 1.0 if step < 0.6 * _STEPS else 0.4
        pictures = augment(picked.pictures.float() / 255, numbers, Augmentation(), strength)
        loss = F.cross_entropy(network(pictures[:, None]), picked.labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return network.eval()


def _network() -> nn.Module:
    """A convolutional network of 28x28 cells; it judges labels and is no part of any reader."""

    def layer(inputs: int, outputs: int, *, size: int = 3, stride: int = 1) -> nn.Module:
        return nn.Sequential(
            nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
        )

    return nn.Sequential(
        layer(1, 24, size=5, stride=2),
        layer(24, 48),
        layer(48, 96, stride=2),
        layer(96, 96),
        layer(96, 128, stride=2),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(128, vocabulary.NUM_CLASSES),
    )


def draw_cells(inks: Sequence[Ink]) -> NDArray[np.uint8]:
    """Draws each ink once on a page, in the normal form: (M, 28, 28)."""
    chunks = [(start, list(inks[start : start + _CHUNK])) for start in range(0, len(inks), _CHUNK)]
    workers = min(len(chunks), os.cpu_count() or 1)
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        return np.concatenate(pool.map(_draw_chunk, chunks, chunksize=1))


def _draw_chunk(chunk: tuple[int, list[Ink]]) -> NDArray[np.uint8]:
    number, inks = chunk
    config = ReaderConfig()
    size, count = config.cell_size, config.num_cells
    random = np.random.default_rng((_SEED, number))
    cells = []
    for start in range(0, len(inks), count):
        grid = inks[start : start + count]
        grid += inks[:1] * (count - len(grid))  # the last grid is filled up
        picture = render_scene("page", list(grid), config, random)
        normal = normalise(picture, config).picture
        tiles = normal.reshape(config.rows, size, config.columns, size).swapaxes(1, 2)
        cells.append(tiles.reshape(count, size, size))
    return np.concatenate(cells)[: len(inks)]
