"""The residual block that both encoder and decoder are built of."""

from typing import NamedTuple

from torch import Tensor, nn

from model.attention import KeyValues, MultiHeadAttention
from model.config import ReaderConfig


class BlockOutput(NamedTuple):
    """What a block returns."""

    x: Tensor  # the tokens, (B, T, D)
    keys_values: KeyValues  # of its self-attention so far, for the next decoding step
    cross_weights: Tensor | None  # of its cross-attention, (B, K, T, N), where asked for


class Block(nn.Module):
    """Pre-norm transformer block: self-attention, cross-attention where it has one, MLP.

    Layer norm before each part and a residual around it.

    Reference: Xiong et al., "On Layer Normalization in the Transformer Architecture", 2020.
    """

    def __init__(self, config: ReaderConfig, *, has_cross_attention: bool) -> None:
        super().__init__()
        self.self_norm = nn.LayerNorm(config.d_model)
        self.self_attention = MultiHeadAttention(config.d_model, config.num_heads)
        self.cross_norm: nn.LayerNorm | None = None
        self.cross_attention: MultiHeadAttention | None = None
        if has_cross_attention:
            self.cross_norm = nn.LayerNorm(config.d_model)
            self.cross_attention = MultiHeadAttention(
                d_model=config.d_model, num_heads=config.num_heads
            )
        self.mlp_norm = nn.LayerNorm(config.d_model)
        self.mlp = nn.Sequential(
            nn.Linear(config.d_model, config.mlp_width),
            nn.ReLU(),
            nn.Linear(config.mlp_width, config.d_model),
        )
        self.dropout = nn.Dropout(config.dropout)

    def memory_keys_values(self, memory: Tensor) -> KeyValues:
        """Projects the encoder's memory (B, N, D) for this block's cross-attention."""
        assert self.cross_attention is not None, "a block without cross-attention has no memory"
        return self.cross_attention.keys_values(memory)

    def forward(
        self,
        x: Tensor,
        *,
        memory: KeyValues | None = None,
        past: KeyValues | None = None,
        is_causal: bool = False,
        return_weights: bool = False,
    ) -> BlockOutput:
        """Runs the block.

        Args:
            x: Tokens, (B, T, D).
            memory: Keys and values of cross-attention; required by a block that has one.
            past: Keys and values of self-attention from earlier steps.
            is_causal: Self-attention sees no later position; only without ``past``.
            return_weights: Also return the weights of cross-attention.
        """
        normed = self.self_norm(x)
        keys_values = self.self_attention.keys_values(normed)
        if past is not None:
            keys_values = past.append(keys_values)
        attended, _ = self.self_attention(normed, keys_values, is_causal=is_causal)
        x = x + self.dropout(attended)

        cross_weights = None
        if self.cross_attention is not None and self.cross_norm is not None:
            assert memory is not None, "a block with cross-attention needs a memory"
            attended, cross_weights = self.cross_attention(
                self.cross_norm(x), memory, return_weights=return_weights
            )
            x = x + self.dropout(attended)

        x = x + self.dropout(self.mlp(self.mlp_norm(x)))
        return BlockOutput(x, keys_values, cross_weights)
