"""Greedy reading arranged for a runtime that pays for every node of a graph.

``GreedyGraph`` computes what ``model.decoding.read_greedy`` computes, in half the nodes. Tokens of
a whole batch are rows of one matrix, so that a linear layer is one product with its bias; query,
key and value are one of them. What the weights alone decide is decided here: the gain and bias of a
layer norm go into the layer behind it, the mean and deviation of the pixels and the square root
of the head's width into the weights. All shapes but the batch's are constants.

Measured in ONNX Runtime on one core: about a quarter less time for each picture of a batch of 32,
a third less for one alone.
"""

import math
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.onnx.ops import attention

from model import vocabulary
from model.attention import MultiHeadAttention
from model.blocks import Block
from model.reader import PIXEL_MEAN, PIXEL_STD, GridReader


class _Linear(NamedTuple):
    weight: Tensor
    bias: Tensor

    def __call__(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight, self.bias)


class _Layer(NamedTuple):
    """A block's linear layers, each with the norm before it folded in."""

    query_key_value: _Linear
    output: _Linear
    widen: _Linear
    narrow: _Linear
    cross_query: _Linear | None = None
    cross_output: _Linear | None = None
    memory: _Linear | None = None
    """To keys and values; the norm at the encoder's end is folded in."""


class GreedyGraph(nn.Module):
    """What an exported graph computes: bytes in, greedy reading out.

    Args:
        reader: A reader in evaluation mode; its weights are copied.
    """

    def __init__(self, reader: GridReader) -> None:
        super().__init__()
        with torch.no_grad():
            self._config = reader.config
            embedding = reader.patch_embedding
            self._patches = _Linear(
                embedding.weight / (255 * PIXEL_STD),
                embedding.bias - embedding.weight.sum(1) * (PIXEL_MEAN / PIXEL_STD),
            )
            # One row: tokens of a picture stand side by side when it is added.
            self._patch_position = reader.patch_position.reshape(1, -1).clone()
            self._encoder = [_layer(cast("Block", block), None) for block in reader.encoder]
            self._decoder = [
                _layer(cast("Block", block), reader.encoder_norm) for block in reader.decoder
            ]
            self._to_logits = _folded(reader.decoder_norm, _linear(reader.to_logits))
            # (T, V, D): a symbol where it stands
            self._tokens = reader.token_embedding.weight + reader.token_position[:, None]

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Reads pictures (B, H, W), uint8: see ``model.decoding.Greedy``."""
        config = self._config
        memory = self._normalise(self._encode(pictures))
        shape = (-1, config.num_patches, 2, config.num_heads, config.d_model // config.num_heads)
        sources = []
        for layer in self._decoder:
            assert layer.memory is not None
            both = layer.memory(memory).view(shape)
            keys = both[:, :, 0].permute(0, 2, 3, 1)  # (B, K, D/K, N)
            values = both[:, :, 1].transpose(1, 2)  # (B, K, N, D/K)
            sources.append((keys, values))

        past: list[tuple[Tensor, Tensor] | None] = [None] * len(self._decoder)
        newest = torch.full_like(pictures[:, 0, 0], vocabulary.START, dtype=torch.int64)
        is_running: Tensor | None = None  # all of them, at first
        symbols, probabilities, looks = [], [], []
        for step in range(config.num_steps):
            x = F.embedding(newest, self._tokens[step])  # (B, D)
            looked = []
            for index, layer in enumerate(self._decoder):
                x, past[index] = self._attend_to_past(layer, x, past[index])
                x, weights = self._attend_to_memory(layer, x, *sources[index])
                x = x + layer.narrow(F.relu(layer.widen(self._normalise(x))))
                looked.append(weights)
            scores = self._to_logits(self._normalise(x)).softmax(dim=-1)  # (B, V)
            newest = scores.argmax(dim=-1)
            if is_running is not None:
                newest = torch.where(is_running, newest, vocabulary.FINISH)
            symbols.append(newest.view(-1, 1))
            if step < config.num_cells:
                answers = scores[:, : vocabulary.NUM_ANSWERS]
                weights = torch.cat(looked, dim=1)  # (B, L, K, N)
                if is_running is not None:
                    running = is_running.to(scores.dtype).view(-1, 1)
                    answers = answers * running
                    weights = weights * running[:, :, None, None]
                probabilities.append(answers.unsqueeze(1))
                looks.append(weights.unsqueeze(1))
            is_running = newest != vocabulary.FINISH  # one that has ended stays so
        return torch.cat(symbols, 1), torch.cat(probabilities, 1), torch.cat(looks, 1)

    def _encode(self, pictures: Tensor) -> Tensor:
        """Returns the tokens (B * N, D) before the last norm."""
        config = self._config
        size, width = config.patch_size, config.d_model
        heads = config.num_heads
        # (B, patch row, y, patch column, x) -> (B * N, size * size)
        split = pictures.view(-1, config.height // size, size, config.width // size, size)
        x = self._patches(split.transpose(2, 3).reshape(-1, size * size).float())
        x = (x.view(-1, config.num_patches * width) + self._patch_position).view(-1, width)
        for layer in self._encoder:
            three = layer.query_key_value(self._normalise(x))
            three = three.view(-1, config.num_patches, 3 * width)
            # One node, which splits the heads itself; the scale is in the queries already.
            attended, *_ = attention(
                *three.split(width, dim=2), q_num_heads=heads, kv_num_heads=heads, scale=1.0
            )
            x = x + layer.output(attended.reshape(-1, width))
            x = x + layer.narrow(F.relu(layer.widen(self._normalise(x))))
        return x

    def _attend_to_past(
        self, layer: _Layer, x: Tensor, past: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Self-attention of the newest symbols; keys and values are (B, T, K, D/K)."""
        width, heads = self._config.d_model, self._config.num_heads
        query, key, value = layer.query_key_value(self._normalise(x)).split(width, dim=1)
        shape = (-1, 1, heads, width // heads)
        keys, values = key.view(shape), value.view(shape)
        attended = value  # all that the first symbol can look at is itself
        if past is not None:
            keys, values = torch.cat((past[0], keys), 1), torch.cat((past[1], values), 1)
            # For one query, multiplying and adding up costs less than many tiny products.
            weights = (query.view(shape) * keys).sum(dim=-1, keepdim=True).softmax(dim=1)
            attended = (weights * values).sum(dim=1).view(-1, width)
        return x + layer.output(attended), (keys, values)

    def _attend_to_memory(
        self, layer: _Layer, x: Tensor, keys: Tensor, values: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Cross-attention of the newest symbols; also returns its weights, (B, 1, K, N)."""
        assert layer.cross_query is not None
        assert layer.cross_output is not None
        width, heads = self._config.d_model, self._config.num_heads
        query = layer.cross_query(self._normalise(x)).view(-1, heads, 1, width // heads)
        weights = (query @ keys).softmax(dim=-1)  # (B, K, 1, N)
        x = x + layer.cross_output((weights @ values).view(-1, width))
        return x, weights.view(-1, 1, heads, self._config.num_patches)

    def _normalise(self, x: Tensor) -> Tensor:
        return F.layer_norm(x, (self._config.d_model,))


def _layer(block: Block, encoder_norm: nn.LayerNorm | None) -> _Layer:
    attention, cross = block.self_attention, block.cross_attention
    query, key_value = _query(attention), _linear(attention.key_value)
    three = _Linear(*(torch.cat(pair) for pair in zip(query, key_value, strict=True)))
    layer = _Layer(
        query_key_value=_folded(block.self_norm, three),
        output=_linear(attention.output),
        widen=_folded(block.mlp_norm, _linear(block.mlp[0])),
        narrow=_linear(block.mlp[2]),
    )
    if cross is None or block.cross_norm is None or encoder_norm is None:
        return layer
    return layer._replace(
        cross_query=_folded(block.cross_norm, _query(cross)),
        cross_output=_linear(cross.output),
        memory=_folded(encoder_norm, _linear(cross.key_value)),
    )


def _linear(layer: nn.Module) -> _Linear:
    assert isinstance(layer, nn.Linear)
    return _Linear(layer.weight.clone(), layer.bias.clone())


def _query(attention: MultiHeadAttention) -> _Linear:
    scale = math.sqrt(attention.query.weight.shape[0] // attention.num_heads)
    return _Linear(attention.query.weight / scale, attention.query.bias / scale)


def _folded(norm: nn.LayerNorm, layer: _Linear) -> _Linear:
    return _Linear(layer.weight * norm.weight, layer.bias + layer.weight @ norm.bias)
