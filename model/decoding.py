"""Greedy autoregressive decoding: each step's most probable symbol is the next step's input."""

from typing import NamedTuple

import torch
from torch import Tensor

from model import vocabulary
from model.reader import GridReader


class GreedyDecoding(NamedTuple):
    """What was decoded for B pictures.

    A sequence ends with its first ``<finish>``: all later symbols are ``<finish>``, all later
    probabilities and attention weights zero.
    """

    symbols: Tensor  # (B, T), int64: one a step; <finish> is the last one of a complete reading
    # (B, C, 12): of digits 0 to 9, of a blank and of ink that is no digit. The softmax is over the
    # whole vocabulary, so those of a cell add up to a little less than one.
    probabilities: Tensor
    attention: Tensor  # (B, C, L, K, N): weights of cross-attention while each cell was read


def decode_greedily(reader: GridReader, pictures: Tensor) -> GreedyDecoding:
    """Decodes pictures with cached keys and values, each step taking the most probable symbol.

    Every picture takes all ``num_steps`` steps, ended or not: pictures of a batch stay together,
    and the exported graph needs no loop.

    Args:
        reader: A reader in evaluation mode.
        pictures: (B, H, W), float, ink bright on dark, values in [0, 1].
    """
    state = reader.start(reader.encode(pictures))
    newest = torch.full_like(pictures[:, 0, 0], vocabulary.START, dtype=torch.int64)
    is_running = torch.ones_like(newest, dtype=torch.bool)
    symbols, probabilities, attention = [], [], []
    for step in range(reader.config.num_steps):
        is_cell = step < reader.config.num_cells
        decoded = reader.decode(newest[:, None], state, return_weights=is_cell)
        state = decoded.state
        scores = decoded.logits[:, 0].softmax(dim=-1)  # (B, V)
        newest = torch.where(is_running, scores.argmax(dim=-1), vocabulary.FINISH)
        symbols.append(newest)
        if is_cell:
            assert decoded.attention is not None
            running = is_running.to(scores.dtype)
            answers = scores[:, : vocabulary.NUM_CLASSES]
            probabilities.append(answers * running[:, None])
            attention.append(decoded.attention[:, 0] * running[:, None, None, None])
        is_running = is_running & (newest != vocabulary.FINISH)
    of_steps = (symbols, probabilities, attention)
    return GreedyDecoding(*(torch.stack(tensors, dim=1) for tensors in of_steps))
