"""The network: a picture of a grid in, logits over the vocabulary out."""

from collections.abc import Iterable
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from model import vocabulary
from model.attention import KeyValues
from model.blocks import Block, BlockOutput
from model.config import ReaderConfig

# Mean and standard deviation of MNIST's training pixels in [0, 1].
PIXEL_MEAN = 0.1307
PIXEL_STD = 0.3081


class DecoderState(NamedTuple):
    """What the next decoding step needs: immutable, one entry a decoder layer."""

    memory: tuple[KeyValues, ...]  # of cross-attention, made once from the encoder's memory
    past: tuple[KeyValues, ...] = ()  # of self-attention in the steps so far
    position: int = 0  # steps decoded so far


class DecoderOutput(NamedTuple):
    """What the decoder returns for T positions."""

    logits: Tensor  # (B, T, V): those of position t are for the symbol that follows it
    state: DecoderState
    attention: Tensor | None  # weights of cross-attention, (B, T, L, K, N), where asked for


class GridReader(nn.Module):
    """Encoder-decoder transformer that reads a grid of handwritten digits.

    ``encode`` turns a picture into memory, ``start`` prepares decoding, ``decode`` scores the
    next symbols: all at once with the true symbols in training, one by one when reading.

    References: Dosovitskiy et al., "An Image is Worth 16x16 Words", 2021 (encoder);
    Vaswani et al., "Attention Is All You Need", 2017 (decoder).
    """

    def __init__(self, config: ReaderConfig) -> None:
        super().__init__()
        self.config = config
        self.patch_embedding = nn.Linear(config.patch_size**2, config.d_model)
        self.patch_position = nn.Parameter(torch.zeros(config.num_patches, config.d_model))
        self.encoder = nn.ModuleList(
            Block(config, has_cross_attention=False) for _ in range(config.encoder_layers)
        )
        self.encoder_norm = nn.LayerNorm(config.d_model)

        self.token_embedding = nn.Embedding(vocabulary.NUM_SYMBOLS, config.d_model)
        self.token_position = nn.Parameter(torch.zeros(config.num_steps, config.d_model))
        self.decoder = nn.ModuleList(
            Block(config, has_cross_attention=True) for _ in range(config.decoder_layers)
        )
        self.decoder_norm = nn.LayerNorm(config.d_model)
        self.to_logits = nn.Linear(config.d_model, vocabulary.NUM_SYMBOLS)
        self._initialise()

    def encode(self, pictures: Tensor) -> Tensor:
        """Encodes pictures.

        Args:
            pictures: (B, H, W), float, ink bright on dark, values in [0, 1].

        Returns:
            Memory, (B, N, D): one token a patch in reading order.
        """
        size = self.config.patch_size
        pixels = (pictures - PIXEL_MEAN) / PIXEL_STD
        # (B, H, W) -> (B, patch row, y, patch column, x) -> (B, N, size * size)
        split = pixels.unflatten(2, (-1, size)).unflatten(1, (-1, size))
        patches = split.transpose(2, 3).flatten(3).flatten(1, 2)
        x: Tensor = self.patch_embedding(patches) + self.patch_position
        for block in self.encoder:
            x = block(x).x
        memory: Tensor = self.encoder_norm(x)
        return memory

    def start(self, memory: Tensor) -> DecoderState:
        """Prepares decoding of a memory (B, N, D): projects it once for every layer."""
        blocks = cast("Iterable[Block]", self.decoder)
        return DecoderState(tuple(block.memory_keys_values(memory) for block in blocks))

    def decode(
        self, symbols: Tensor, state: DecoderState, *, return_weights: bool = False
    ) -> DecoderOutput:
        """Scores the symbols that follow.

        Args:
            symbols: (B, T), int64. A whole sequence from ``<start>`` on with the state from
                ``start`` (teacher forcing), or the latest symbol, T = 1, with the latest state.
            state: From ``start``, or from the last call.
            return_weights: Also return the weights of cross-attention.

        Raises:
            ValueError: Several symbols with a state that has a past, or more symbols than steps.
        """
        position, length = state.position, symbols.shape[1]
        if position and length != 1:
            raise ValueError(f"expected one symbol a step once decoding has begun, got {length}")
        if position + length > self.config.num_steps:
            raise ValueError(
                f"expected at most {self.config.num_steps} steps, got {position + length}"
            )
        x: Tensor = self.token_embedding(symbols)
        x = x + self.token_position[position : position + length]
        past: list[KeyValues] = []
        weights: list[Tensor] = []
        for layer, block in enumerate(self.decoder):
            output: BlockOutput = block(
                x,
                memory=state.memory[layer],
                past=state.past[layer] if state.past else None,
                is_causal=length > 1,
                return_weights=return_weights,
            )
            x = output.x
            past.append(output.keys_values)
            if output.cross_weights is not None:
                weights.append(output.cross_weights)
        logits = self.to_logits(self.decoder_norm(x))
        # L weights of (B, K, T, N) -> (B, T, L, K, N)
        attention = torch.stack(weights, dim=1).permute(0, 3, 1, 2, 4) if return_weights else None
        return DecoderOutput(
            logits, state._replace(past=tuple(past), position=position + length), attention
        )

    def forward(self, pictures: Tensor, symbols: Tensor) -> Tensor:
        """Teacher forcing: logits (B, T, V) for pictures (B, H, W) and symbols (B, T)."""
        return self.decode(symbols, self.start(self.encode(pictures))).logits

    def _initialise(self) -> None:
        """Glorot for matrices, a small normal for embeddings, zero for biases."""
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)
        for embedding in (self.patch_position, self.token_position, self.token_embedding.weight):
            nn.init.trunc_normal_(embedding, std=0.02)
