"""Attention: every query takes the mean of the values, weighted by how well their keys fit it.

    attention(Q, K, V) = softmax(Q Kᵀ / √d) V

What a query may look at is told by a mask of booleans, True where it may, in any form that broadcasts to
(n, heads, queries, keys).  A query that may look at nothing gets zeros, so that a text without a token is no special case.
Source: Vaswani et al. (2017), "Attention is all you need", sections 3.2.1 and 3.2.2.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from assay.core.errors import ConfigError


class Attended(NamedTuple):
    """values (…, queries, d_value); weights (…, queries, keys), which sum to 1 over the keys that may be looked at."""

    values: Tensor
    weights: Tensor


class KeysValues(NamedTuple):
    """What can be looked at, split by heads: both (n, heads, keys, width / heads)."""

    keys: Tensor
    values: Tensor

    def followed_by(self, later: "KeysValues") -> "KeysValues":
        """The keys and values of earlier tokens, then those of later ones."""
        return KeysValues(torch.cat([self.keys, later.keys], dim=2), torch.cat([self.values, later.values], dim=2))


def attend(query: Tensor, key: Tensor, value: Tensor, seen: Tensor | None = None) -> Attended:
    """Scaled dot-product attention with its weights.

    query (…, queries, d), key (…, keys, d), value (…, keys, d_value); seen: bool, True where a query may look at a key.

    >>> x = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    >>> print(attend(x, x, x, causal(3)).weights[1])
    tensor([0.3302, 0.6698, 0.0000])
    """
    scores = query @ key.transpose(-2, -1) * query.shape[-1] ** -0.5
    if seen is None:
        weights = scores.softmax(dim=-1)
    else:
        # The lowest finite number, not -inf: a row without a key to look at would become 0/0, and its gradient with it.
        lowest = torch.finfo(scores.dtype).min
        weights = scores.masked_fill(~seen, lowest).softmax(dim=-1).masked_fill(~seen, 0.0)
    return Attended(weights @ value, weights)


def causal(queries: int, keys: int | None = None, device: torch.device | str | None = None) -> Tensor:
    """bool (queries, keys): the last query is the last key, and none looks at a key after itself.

    >>> causal(2, 3).int().tolist()
    [[1, 1, 0], [1, 1, 1]]
    """
    keys = queries if keys is None else keys
    return torch.ones(queries, keys, dtype=torch.bool, device=device).tril(keys - queries)


def not_padding(ids: Tensor, pad: int = 0) -> Tensor:
    """bool (n, 1, 1, tokens): which ids (n, tokens) are tokens and not padding, for every head and every query."""
    return (ids != pad)[:, None, None]


class MultiHeadAttention(nn.Module):
    """tokens (n, queries, width), memory (n, keys, width) -> (n, queries, width).

    bias: of the four projections.  dropout: of the weights of attention.
    """

    def __init__(self, width: int, heads: int, *, bias: bool = True, dropout: float = 0.0) -> None:
        """Raises ConfigError unless the heads share the width evenly."""
        super().__init__()
        check_heads(width, heads)
        self.heads = heads
        self.query = nn.Linear(width, width, bias=bias)
        self.key = nn.Linear(width, width, bias=bias)
        self.value = nn.Linear(width, width, bias=bias)
        self.out = nn.Linear(width, width, bias=bias)
        self.dropout = dropout

    def keys_values(self, memory: Tensor) -> KeysValues:
        """What can be looked at in ``memory``; kept by those that generate, so that it is computed once."""
        return KeysValues(self._split(self.key(memory)), self._split(self.value(memory)))

    def look(self, tokens: Tensor, at: KeysValues, seen: Tensor | None = None) -> Tensor:
        """tokens (n, queries, width) -> (n, queries, width)."""
        query = self._split(self.query(tokens))
        dropout = self.dropout if self.training else 0.0
        if seen is not None and seen.ndim < 2:
            raise ConfigError(f"a mask of attention has the form (…, queries, keys), not {tuple(seen.shape)}.")
        mixed = functional.scaled_dot_product_attention(query, at.keys, at.values, attn_mask=seen, dropout_p=dropout)
        return self.out(mixed.transpose(1, 2).flatten(2))  # type: ignore[no-any-return]

    def forward(self, tokens: Tensor, memory: Tensor | None = None, seen: Tensor | None = None) -> Tensor:
        """memory: what is looked at; None: the tokens themselves."""
        return self.look(tokens, self.keys_values(tokens if memory is None else memory), seen)

    def weights(self, tokens: Tensor, memory: Tensor | None = None, seen: Tensor | None = None) -> Tensor:
        """How much of each key goes into each query, a head each: (n, heads, queries, keys)."""
        at = self.keys_values(tokens if memory is None else memory)
        return attend(self._split(self.query(tokens)), at.keys, at.values, seen).weights

    def _split(self, tokens: Tensor) -> Tensor:
        """(n, t, width) -> (n, heads, t, width / heads)."""
        return tokens.reshape(*tokens.shape[:2], self.heads, -1).transpose(1, 2)


def check_heads(width: int, heads: int) -> None:
    """Raise ConfigError unless the heads share the width evenly."""
    if min(width, heads) < 1 or width % heads:
        raise ConfigError(f"width={width} cannot be shared by heads={heads}: it must be a multiple of it, and both at least 1.")
