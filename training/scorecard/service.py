"""Reads pictures with the service itself: by its command line, in a separate process.

Training does not import the service, so what is measured is what is served: files are encoded,
decoded, brought to the normal form and read as a user's are.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from model import vocabulary
from model.config import ReaderConfig
from model.errors import ReaderError

_ROOT = Path(__file__).parents[2]
# Pictures read by one process while the next chunk is drawn, at most; large ones are read sooner,
# as two hundred photographs of 12 megapixels would take gigabytes.
_CHUNK = 500
_CHUNK_BYTES = 200_000_000
_JPEG_QUALITY = 90
_SYMBOLS = {"blank": vocabulary.BLANK, "other": vocabulary.OTHER}


class ServiceAnswers(NamedTuple):
    """What the service answered for M pictures.

    A picture that it refused counts as read without any digit.
    """

    symbols: NDArray[np.int64]
    """(M, C + 1): as ``model.decoding.GreedyDecoding.symbols``."""
    probabilities: NDArray[np.float32]
    """(M, C, 12): digits 0 to 9, blank, other."""
    is_refused: NDArray[np.bool_]
    """(M,): the service answered an error."""
    warnings: tuple[frozenset[str], ...]
    """The codes of the warnings that came with each of the M answers."""

    is_warned: NDArray[np.bool_]
    """(M, C): a warning names the cell."""

    @property
    def confidence(self) -> NDArray[np.float32]:
        """(M, C): probability of each answer."""
        highest: NDArray[np.float32] = self.probabilities.max(axis=2)
        return highest


def read_with_service(
    pictures: Iterable[NDArray[np.uint8]],
    *,
    suffix: str,
    readers: Sequence[Path],
    config: ReaderConfig,
) -> list[ServiceAnswers]:
    """Reads pictures with the service, once with each reader.

    Args:
        pictures: (H, W), grey, or (H, W, 3), RGB, uint8, of any size; an iterator is consumed
            while others are read.
        suffix: ``.png`` or ``.jpg`` (quality 90): the format they are stored in.
        readers: Checkpoints. One with its graph beside it is read with ONNX Runtime, else torch.
        config: Of all readers.

    Raises:
        ReaderError: The service did not answer; the message is its own.
    """
    with (
        tempfile.TemporaryDirectory(prefix="pictures-") as folder,
        ThreadPoolExecutor(len(readers)) as executor,
    ):
        waiting: list[list[Future[list[dict[str, Any]]]]] = []
        for number, chunk in enumerate(_chunks(pictures)):
            files = []
            for index, picture in enumerate(chunk):
                file = Path(folder, f"{number}-{index}{suffix}")
                # The fastest compression: a PNG's pixels are the same at any level.
                Image.fromarray(picture).save(file, quality=_JPEG_QUALITY, compress_level=1)
                files.append(file)
            waiting.append([executor.submit(_ask, files, weights) for weights in readers])
        return [
            _service_answers([line for chunk in waiting for line in chunk[reader].result()], config)
            for reader in range(len(readers))
        ]


def _chunks(pictures: Iterable[NDArray[np.uint8]]) -> Iterator[list[NDArray[np.uint8]]]:
    chunk: list[NDArray[np.uint8]] = []
    for picture in pictures:
        chunk.append(picture)
        if len(chunk) == _CHUNK or sum(one.nbytes for one in chunk) > _CHUNK_BYTES:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _ask(files: Sequence[Path], weights: Path) -> list[dict[str, Any]]:
    """Returns the service's answer for each file."""
    is_graph_there = weights.with_suffix(".onnx").is_file()
    environment = {
        "WEIGHTS": str(weights.resolve()),
        "ENGINE": "onnx" if is_graph_there else "torch",
        "OMP_NUM_THREADS": "1",  # one picture at a time: more threads only wait for each other
    }
    answer = subprocess.run(  # noqa: S603  (our own command)
        [sys.executable, "-m", "app", "read", "--json", *map(str, files)],
        cwd=_ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = answer.stdout.splitlines()
    if len(lines) != len(files):
        said = answer.stderr.strip().splitlines()[-1:] or ["nothing"]
        raise ReaderError(
            f"expected {len(files)} answers of the service, got {len(lines)}; it said: {said[0]}"
        )
    return [json.loads(line) for line in lines]


def _service_answers(lines: Sequence[dict[str, Any]], config: ReaderConfig) -> ServiceAnswers:
    count, cells = len(lines), config.num_cells
    symbols = np.full((count, cells + 1), vocabulary.FINISH, np.int64)
    probabilities = np.zeros((count, cells, vocabulary.NUM_CLASSES), np.float32)
    is_refused = np.zeros(count, np.bool_)
    warnings = [frozenset[str]()] * count
    is_warned = np.zeros((count, cells), np.bool_)
    for index, line in enumerate(lines):
        if "error" in line:
            is_refused[index] = True
            continue
        for cell in line["cells"]:
            place = cell["row"] * config.columns + cell["column"]
            probabilities[index, place] = cell["probabilities"]
            symbols[index, place] = _SYMBOLS.get(cell["kind"], cell["digit"])
        for warning in line["warnings"]:
            is_warned[index, warning["cells"]] = True
        warnings[index] = frozenset(warning["code"] for warning in line["warnings"])
        if "finish_misplaced" in warnings[index]:
            symbols[index, -1] = vocabulary.BLANK
    return ServiceAnswers(symbols, probabilities, is_refused, tuple(warnings), is_warned)
