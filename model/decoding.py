"""Free-running greedy reading: the decoder is fed what it said itself."""

from typing import NamedTuple

import torch
from torch import Tensor

from model import vocabulary
from model.reader import GridReader


class Greedy(NamedTuple):
    """What a reader says about B pictures, step by step.

    A row that has said ``<finish>`` has ended: its later symbols are ``<finish>`` and its later
    probabilities and attention are zero, because nothing was read there.
    """

    symbols: Tensor  # (B, T), int64: of each step, <finish> last where all went well
    # (B, C, 11): what each cell holds, digits 0 to 9 and then blank. Softmax over the whole
    # vocabulary, so a row adds up to a little less than one.
    probabilities: Tensor
    attention: Tensor  # (B, C, L, K, N): where cross-attention looked while each cell was read


def read_greedy(reader: GridReader, pictures: Tensor) -> Greedy:
    """Reads pictures with cached keys and values, each step taking the most probable symbol.

    All of the ``num_steps`` steps are run for every row, so that the same code serves one picture,
    a batch, and the exported graph, in which the steps stand one behind the other.

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
            answers = scores[:, : vocabulary.NUM_ANSWERS]
            probabilities.append(answers * running[:, None])
            attention.append(decoded.attention[:, 0] * running[:, None, None, None])
        is_running = is_running & (newest != vocabulary.FINISH)
    return Greedy(
        torch.stack(symbols, dim=1),
        torch.stack(probabilities, dim=1),
        torch.stack(attention, dim=1),
    )
