"""Exports a trained checkpoint to the files that are served: weights, graph and model card."""

import dataclasses
import logging
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import onnx
import torch

from model import checkpoint
from model.checkpoint import Checkpoint
from model.header import sha256
from model.reader import GridReader
from training import model_card
from training.onnx_graph import GreedyGraph

_OPSET = 23


def export(trained: Checkpoint, out: Path, *, scores: Mapping[str, Any] | None) -> list[Path]:
    """Writes ``reader.safetensors``, ``reader.onnx`` and ``MODEL_CARD.md``.

    The graph carries the checkpoint's sha256 and is written last, so that loading detects files
    that do not belong together.

    Args:
        trained: Weights and header.
        out: Folder to write to.
        scores: The scorecard, which goes into header and card; None keeps the header's own.

    Returns:
        The files that were written.
    """
    header = trained.header
    if scores is not None:
        header = dataclasses.replace(header, scores=scores)
    weights, graph, text = (
        out / name for name in ("reader.safetensors", "reader.onnx", model_card.NAME)
    )
    checkpoint.save(Checkpoint(header, trained.weights), weights)
    digest = sha256(weights)
    _replace(text, model_card.render(header, digest, trained.reader()).encode())
    _replace(graph, graph_bytes(trained.reader(), digest))
    return [weights, graph, text]


def graph_bytes(reader: GridReader, checkpoint_sha256: str) -> bytes:
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
    onnx.helper.set_model_props(model, {"checkpoint_sha256": checkpoint_sha256})
    for node in model.graph.node:  # they hold paths of the machine that exported it
        del node.metadata_props[:]
        node.doc_string = ""
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString()
    return content


def _replace(path: Path, content: bytes) -> None:
    """Replaces a file atomically: the old one stays until the new one is complete."""
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
