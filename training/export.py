"""Exports a trained checkpoint to the files that are served: weights, graph and model card."""

import dataclasses
import hashlib
import logging
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnx
import torch

from model import checkpoint
from model.checkpoint import Checkpoint
from model.reader import GridReader
from training import model_card
from training.onnx_graph import GreedyGraph

_OPSET = 23


class Export:
    """A reader as it is served: its weights, and the ONNX graph of them, which is made once.

    Args:
        trained: Weights and header.
    """

    def __init__(self, trained: Checkpoint) -> None:
        self.trained = trained
        self.reader = trained.reader()
        self.graph = make_graph(self.reader)

    def write(self, out: Path, *, scores: Mapping[str, Any] | None) -> list[Path]:
        """Writes ``reader.safetensors``, ``reader.onnx`` and ``MODEL_CARD.md``.

        The graph carries the checkpoint's sha256 and is put into place last, so that loading
        detects files that do not belong together.

        Args:
            out: Folder to write to.
            scores: The scorecard, which goes into header and card; None keeps the header's own.

        Returns:
            The files that were written.
        """
        header = self.trained.header
        if scores is not None:
            header = dataclasses.replace(header, scores=scores)
        weights = checkpoint.to_bytes(self.trained.weights, header.to_metadata())
        digest = hashlib.sha256(weights).hexdigest()
        onnx.helper.set_model_props(self.graph, {"checkpoint_sha256": digest})
        contents = {
            out / "reader.safetensors": weights,
            out / model_card.NAME: model_card.render(header, digest, self.reader).encode(),
            out / "reader.onnx": self.graph.SerializeToString(),
        }
        checkpoint.replace_files(contents)
        return list(contents)


def make_graph(reader: GridReader) -> onnx.ModelProto:
    """Returns the ONNX graph of greedy decoding, for any batch size, its steps unrolled.

    In: ``pictures`` (B, H, W) uint8. Out: ``symbols`` (B, T), ``probabilities`` (B, C, 12) and
    ``attention`` (B, C, L, K, N), as ``model.decoding.GreedyDecoding`` describes them.
    """
    config = reader.config
    example = torch.zeros(2, config.height, config.width, dtype=torch.uint8)
    for chatty in ("torch.onnx", "onnxscript", "onnx_ir"):
        logging.getLogger(chatty).setLevel(logging.ERROR)
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's exporter warns of its own internals
        program = torch.onnx.export(
            GreedyGraph(reader).eval(),
            (example,),
            dynamo=True,
            optimize=True,
            verbose=False,
            opset_version=_OPSET,
            input_names=["pictures"],
            output_names=["symbols", "probabilities", "attention"],
            dynamic_shapes={"pictures": {0: torch.export.Dim("batch", min=1)}},
        )
    assert program is not None
    model = program.model_proto
    for node in model.graph.node:  # they hold paths of the machine that exported it
        del node.metadata_props[:]
        node.doc_string = ""
    onnx.checker.check_model(model)
    return model
