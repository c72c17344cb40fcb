"""A loaded reader that answers batches: ONNX Runtime by default, torch as the reference."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from app.settings import Settings
from model.errors import CheckpointFormatError, CheckpointMismatchError, ConfigError
from model.header import Header, read_header, sha256
from model.reading import Answers
from model.test_time_augmentation import average_over_shifts


class Engine(Protocol):
    """Reads pictures in the normal form."""

    header: Header
    sha256: str
    """Of the checkpoint."""

    def read(self, pictures: NDArray[np.uint8], *, return_attention: bool = False) -> Answers:
        """Reads pictures (B, H, W), uint8, ink bright on dark, B >= 1."""


class OnnxEngine:
    """The graph beside the checkpoint, in ONNX Runtime, on one thread.

    Raises:
        CheckpointFormatError: The checkpoint or the graph is missing or cannot be read.
        CheckpointMismatchError: The graph was made from another checkpoint.
    """

    def __init__(self, weights: Path) -> None:
        self.header = read_header(weights)
        self.sha256 = sha256(weights)
        graph = weights.with_suffix(".onnx")
        if not graph.is_file():
            raise CheckpointFormatError(
                f"{graph}: expected the graph of {weights.name} beside it, found none; "
                "make it with: python -m training export"
            )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3  # errors alone; they are raised as well
        try:
            self._session = onnxruntime.InferenceSession(
                str(graph), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # its classes have nothing in common, and no public name
            raise CheckpointFormatError(f"{graph}: expected an ONNX graph ({error})") from error
        made_from = self._session.get_modelmeta().custom_metadata_map.get("checkpoint_sha256")
        if made_from != self.sha256:
            raise CheckpointMismatchError(
                f"{graph} and {weights} do not belong together: expected a graph made from the "
                f"checkpoint {self.sha256}, found one made from {made_from or 'an unnamed one'}; "
                "make it again with: python -m training export"
            )

    def read(self, pictures: NDArray[np.uint8], *, return_attention: bool = False) -> Answers:
        """See ``Engine.read``."""
        wanted = ["symbols", "probabilities", *(["attention"] if return_attention else [])]
        outputs = self._session.run(wanted, {"pictures": pictures})
        return Answers(outputs[0], outputs[1], outputs[2] if return_attention else None)


class TorchEngine:
    """The checkpoint itself, in torch: what the graph is compared with.

    Raises:
        ConfigError: torch is not installed.
        CheckpointError: The checkpoint cannot be used.
    """

    def __init__(self, weights: Path) -> None:
        try:
            import torch

            from model import checkpoint, decoding
        except ImportError as error:
            raise ConfigError(
                "ENGINE=torch needs torch, which is not installed here; use ENGINE=onnx"
            ) from error
        loaded = checkpoint.load(weights)
        self.header = loaded.header
        self.sha256 = sha256(weights)
        self._torch = torch
        self._decode_greedily = decoding.decode_greedily
        self._reader = loaded.reader()

    def read(self, pictures: NDArray[np.uint8], *, return_attention: bool = False) -> Answers:
        """See ``Engine.read``."""
        with self._torch.inference_mode():
            greedy = self._decode_greedily(self._reader, self._torch.from_numpy(pictures) / 255)
        return Answers(
            greedy.symbols.numpy(),
            greedy.probabilities.numpy(),
            greedy.attention.numpy() if return_attention else None,
        )


class AugmentedEngine:
    """An engine with test-time augmentation: see ``model.test_time_augmentation``."""

    def __init__(self, engine: Engine, max_batch: int) -> None:
        self.header = engine.header
        self.sha256 = engine.sha256
        self._engine = engine
        self._max_batch = max_batch

    def read(self, pictures: NDArray[np.uint8], *, return_attention: bool = False) -> Answers:
        """See ``Engine.read``."""
        parts = [
            self._engine.read(part, return_attention=return_attention)
            for part in self._in_parts(pictures)
        ]
        first = parts[0] if len(parts) == 1 else _joined(parts)
        return average_over_shifts(pictures, first, self._read_probabilities, self.header.config)

    def _read_probabilities(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        parts = self._in_parts(pictures)
        return np.concatenate([self._engine.read(part).probabilities for part in parts])

    def _in_parts(self, pictures: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
        """As many at once as memory is meant for."""
        for start in range(0, len(pictures), self._max_batch):
            yield pictures[start : start + self._max_batch]


def _joined(parts: Sequence[Answers]) -> Answers:
    symbols, probabilities, attention = zip(*parts, strict=True)
    are_asked = all(one is not None for one in attention)
    return Answers(
        np.concatenate(symbols),
        np.concatenate(probabilities),
        np.concatenate(attention) if are_asked else None,
    )


def load_engine(settings: Settings) -> Engine:
    """Loads the reader that the settings name.

    Raises:
        ReaderError: It cannot be used; the message says why.
    """
    kind = TorchEngine if settings.engine == "torch" else OnnxEngine
    return AugmentedEngine(kind(settings.weights), settings.network_batch)
