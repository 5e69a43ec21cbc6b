"""Attention against worked examples and against torch's own."""

import numpy as np
import pytest
import torch
from tests.nets.text.drawn import drawn
from torch import nn
from torch.nn import functional

from assay.core.errors import ConfigError, DataError
from assay.nets.seeding import isolated
from assay.nets.text.attention import MultiHeadAttention, attend, causal, not_padding
from assay.nets.text.positions import Learned, Sinusoidal, positions_named, sinusoidal

X = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], dtype=torch.float64)


def attention(width: int, heads: int, *, bias: bool = True) -> MultiHeadAttention:
    with isolated(3):
        return MultiHeadAttention(width, heads, bias=bias).double().eval()


def torchs(own: MultiHeadAttention, width: int, *, bias: bool = True) -> nn.MultiheadAttention:
    """torch's attention with the same weights."""
    other = nn.MultiheadAttention(width, own.heads, bias=bias, batch_first=True).double().eval()
    parts = (own.query, own.key, own.value)
    with torch.no_grad():
        other.in_proj_weight.copy_(torch.cat([part.weight for part in parts]))
        other.out_proj.weight.copy_(own.out.weight)
        if bias:
            other.in_proj_bias.copy_(torch.cat([part.bias for part in parts]))
            other.out_proj.bias.copy_(own.out.bias)
    return other


def test_the_worked_example_without_a_mask() -> None:
    found = attend(X, X, X)
    weights = [[0.4011, 0.1978, 0.4011], [0.1978, 0.4011, 0.4011], [0.2483, 0.2483, 0.5035]]
    np.testing.assert_allclose(found.weights, weights, rtol=0, atol=5e-5)
    np.testing.assert_allclose(found.values, [[0.8022, 0.5989], [0.5989, 0.8022], [0.7517, 0.7517]], rtol=0, atol=5e-5)


def test_the_worked_example_in_which_no_token_looks_ahead() -> None:
    found = attend(X, X, X, causal(3))
    np.testing.assert_allclose(found.weights, [[1, 0, 0], [0.3302, 0.6698, 0], [0.2483, 0.2483, 0.5035]], rtol=0, atol=5e-5)
    assert (found.weights.triu(1) == 0).all()


@pytest.mark.parametrize("masked", [False, True])
def test_attention_is_torchs_scaled_dot_product(masked: bool) -> None:
    query, key, value = drawn(2, 3, 5, 4), drawn(2, 3, 7, 4, seed=1), drawn(2, 3, 7, 6, seed=2)
    seen = causal(5, 7) if masked else None
    expected = functional.scaled_dot_product_attention(query, key, value, attn_mask=seen)
    found = attend(query, key, value, seen)
    torch.testing.assert_close(found.values, expected, rtol=0, atol=1e-12)
    torch.testing.assert_close(found.weights.sum(dim=-1), torch.ones(2, 3, 5, dtype=torch.float64), rtol=0, atol=1e-12)


def test_a_query_that_may_look_at_nothing_gets_zeros_and_finite_gradients() -> None:
    query = drawn(1, 2, 4).requires_grad_()
    seen = torch.tensor([[False, False], [True, False]])
    found = attend(query, query, query, seen)
    assert (found.values[0, 0] == 0).all()
    torch.testing.assert_close(found.values[0, 1], query[0, 0])
    found.values.sum().backward()
    assert query.grad is not None
    assert torch.isfinite(query.grad).all()


def test_a_text_of_padding_alone_gets_the_same_from_torchs_fused_kernel() -> None:
    own = attention(6, 2)
    ids = torch.tensor([[5, 3, 0], [0, 0, 0]])
    tokens = drawn(2, 3, 6).requires_grad_()
    mixed = own(tokens, seen=not_padding(ids))
    torch.testing.assert_close(mixed[1], own.out.bias.expand(3, 6), rtol=0, atol=0)
    mixed.sum().backward()
    assert tokens.grad is not None
    assert torch.isfinite(tokens.grad).all()


@pytest.mark.parametrize("bias", [True, False])
def test_multi_head_attention_is_torchs_for_the_same_weights(bias: bool) -> None:
    own = attention(12, 3, bias=bias)
    other = torchs(own, 12, bias=bias)
    tokens, memory = drawn(2, 5, 12), drawn(2, 7, 12, seed=1)
    padded = torch.tensor([[False] * 7, [False] * 4 + [True] * 3])
    for seen, ignored in ((None, None), (~padded[:, None, None], padded)):
        expected, weights = other(tokens, memory, memory, key_padding_mask=ignored, average_attn_weights=False)
        torch.testing.assert_close(own(tokens, memory, seen), expected, rtol=0, atol=1e-12)
        torch.testing.assert_close(own.weights(tokens, memory, seen), weights, rtol=0, atol=1e-12)
    expected, weights = other(tokens, tokens, tokens, attn_mask=~causal(5), average_attn_weights=False)
    torch.testing.assert_close(own(tokens, seen=causal(5)), expected, rtol=0, atol=1e-12)
    torch.testing.assert_close(own.weights(tokens, seen=causal(5)), weights, rtol=0, atol=1e-12)
    assert sum(part.numel() for part in own.parameters()) == sum(part.numel() for part in other.parameters())


def test_heads_must_share_the_width_evenly() -> None:
    with pytest.raises(ConfigError, match="width=10 cannot be shared by heads=3"):
        MultiHeadAttention(10, 3)


def test_padding_is_what_no_query_looks_at() -> None:
    assert not_padding(torch.tensor([[4, 2, 0]])).tolist() == [[[[True, True, False]]]]


def test_positions_of_four_numbers_are_the_tables() -> None:
    table = sinusoidal(3, 4)
    expected = [[0, 1, 0, 1], [0.8415, 0.5403, 0.01, 1.0], [0.9093, -0.4161, 0.02, 0.9998]]
    np.testing.assert_allclose(table, expected, rtol=0, atol=5e-5)


@pytest.mark.parametrize("width", [1, 6, 7])
def test_positions_follow_the_formula_at_any_place_and_width(width: int) -> None:
    table = sinusoidal(4, width, start=90)
    for row, place in enumerate(range(90, 94)):
        for number in range(width):
            wave = np.cos if number % 2 else np.sin
            assert table[row, number] == pytest.approx(wave(place / 10000 ** (2 * (number // 2) / width)), abs=1e-12)


def test_positions_are_added_from_the_place_at_which_the_vectors_begin() -> None:
    vectors = drawn(2, 9, 6)
    for added in (Sinusoidal(), Learned(9, 6).double()):
        whole = added(vectors)
        torch.testing.assert_close(added(vectors[:, 4:], start=4), whole[:, 4:], rtol=0, atol=0)
    assert positions_named("none", 9, 6) is None


def test_a_text_longer_than_the_learnt_places_is_refused() -> None:
    with pytest.raises(DataError, match="10 tokens is longer than the 9 places"):
        Learned(9, 6)(torch.zeros(1, 3, 6), start=7)
