"""Attention: both paths, the mask, and what is kept for later steps."""

import pytest
import torch

from model.attention import MultiHeadAttention


@pytest.fixture
def attention() -> MultiHeadAttention:
    torch.manual_seed(0)
    return MultiHeadAttention(16, 4).eval()


@pytest.mark.parametrize("is_causal", [False, True])
def test_fused_and_explicit_paths_agree(attention: MultiHeadAttention, is_causal: bool) -> None:
    x = torch.randn(3, 5, 16)
    source = attention.keys_values(x)
    fused, no_weights = attention(x, source, is_causal=is_causal)
    explicit, weights = attention(x, source, is_causal=is_causal, return_weights=True)
    assert no_weights is None
    assert weights.shape == (3, 4, 5, 5)
    torch.testing.assert_close(fused, explicit)


def test_attention_is_the_formula_of_the_paper(attention: MultiHeadAttention) -> None:
    x, other = torch.randn(2, 3, 16), torch.randn(2, 7, 16)
    keys, values = attention.key_value(other).chunk(2, dim=-1)
    queries = attention.query(x)
    heads = []
    for head in range(4):
        part = slice(4 * head, 4 * head + 4)
        scores = queries[..., part] @ keys[..., part].transpose(1, 2) / 4**0.5
        heads.append(scores.softmax(-1) @ values[..., part])
    expected = attention.output(torch.cat(heads, dim=-1))
    torch.testing.assert_close(attention(x, attention.keys_values(other))[0], expected)


def test_weights_are_a_distribution_and_see_nothing_later(attention: MultiHeadAttention) -> None:
    x = torch.randn(2, 6, 16)
    _, weights = attention(x, attention.keys_values(x), is_causal=True, return_weights=True)
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 4, 6))
    assert weights.triu(1).eq(0).all()


def test_appended_keys_and_values_equal_those_made_at_once(attention: MultiHeadAttention) -> None:
    x = torch.randn(2, 6, 16)
    appended = attention.keys_values(x[:, :2]).append(attention.keys_values(x[:, 2:]))
    for part, whole in zip(appended, attention.keys_values(x), strict=True):
        torch.testing.assert_close(part, whole)


def test_no_weights_are_stored_on_the_module(attention: MultiHeadAttention) -> None:
    before = set(vars(attention))
    x = torch.randn(1, 2, 16)
    attention(x, attention.keys_values(x), return_weights=True)
    assert set(vars(attention)) == before
