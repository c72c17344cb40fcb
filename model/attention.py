"""Multi-head attention: one class for self- and cross-attention."""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class KeyValues(NamedTuple):
    """Keys and values to attend to, split into heads: each (B, K, S, D/K)."""

    keys: Tensor
    values: Tensor

    def append(self, newer: "KeyValues") -> "KeyValues":
        """Returns these keys and values with ``newer`` behind them along the sequence."""
        return KeyValues(
            torch.cat((self.keys, newer.keys), dim=2), torch.cat((self.values, newer.values), dim=2)
        )


class MultiHeadAttention(nn.Module):
    """Scaled dot-product attention with K heads.

    ``keys_values`` makes keys and values, ``forward`` attends to them. So one class serves
    self-attention (made from the input itself), cross-attention (made once from the encoder's
    memory) and decoding step by step (those of earlier steps, with the newest appended).

    Reference: Vaswani et al., "Attention Is All You Need", 2017, section 3.2.
    """

    def __init__(self, d_model: int, num_heads: int) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.query = nn.Linear(d_model, d_model)
        self.key_value = nn.Linear(d_model, 2 * d_model)
        self.output = nn.Linear(d_model, d_model)

    def keys_values(self, source: Tensor) -> KeyValues:
        """Projects a sequence (B, S, D) to the keys and values that ``forward`` attends to."""
        keys, values = self.key_value(source).chunk(2, dim=-1)
        return KeyValues(self._split_heads(keys), self._split_heads(values))

    def forward(
        self,
        x: Tensor,
        source: KeyValues,
        *,
        is_causal: bool = False,
        return_weights: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Attends from ``x`` to ``source``.

        Args:
            x: Queries' input, (B, T, D).
            source: Keys and values of S positions.
            is_causal: Position t sees only positions up to t; needs T == S.
            return_weights: Takes the explicit path and returns its weights.

        Returns:
            The attended values, (B, T, D), and the weights, (B, K, T, S), or None.
        """
        queries = self._split_heads(self.query(x))  # (B, K, T, D/K)
        weights = None
        if return_weights:
            scores = queries @ source.keys.transpose(-2, -1) / math.sqrt(queries.shape[-1])
            if is_causal:
                above = torch.ones(scores.shape[-2:], dtype=torch.bool, device=x.device).triu(1)
                scores = scores.masked_fill(above, -math.inf)
            weights = scores.softmax(dim=-1)
            attended = weights @ source.values
        else:
            attended = F.scaled_dot_product_attention(
                queries, source.keys, source.values, is_causal=is_causal
            )
        merged = attended.transpose(1, 2).flatten(start_dim=2)  # (B, T, D)
        return self.output(merged), weights

    def _split_heads(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        heads = x.view(batch, length, self.num_heads, width // self.num_heads)
        return heads.transpose(1, 2)  # (B, K, S, D/K)
