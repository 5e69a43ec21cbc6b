"""Additive attention: which words of the source each word of the answer is made from.

    e_ij = vᵀ tanh(W s_{i-1} + U h_j),   α_ij = exp(e_ij) / Σ_k exp(e_ik),   c_i = Σ_j α_ij h_j

h_j is what the encoder says of source token j, s_{i-1} the decoder's state before token i; α is the alignment, c_i the
context that token i is made from.
Source: Bahdanau, Cho & Bengio (2015), "Neural machine translation by jointly learning to align and translate", section 3.1
and appendix A.1.2.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn


class Aligned(NamedTuple):
    """context: (n, memory), the mean of the memory under the alignment.  alignment: (n, source), rows sum to 1."""

    context: Tensor
    alignment: Tensor


class AdditiveAttention(nn.Module):
    """state: numbers of the decoder's state s.  memory: of what the encoder says of a token, h.  width: of the score's tanh."""

    def __init__(self, state: int, memory: int, width: int) -> None:
        super().__init__()
        self.of_state = nn.Linear(state, width, bias=False)  # W
        self.of_memory = nn.Linear(memory, width, bias=False)  # U
        self.score = nn.Linear(width, 1, bias=False)  # v

    def keys(self, memory: Tensor) -> Tensor:
        """U h of every source token (n, source, width); it does not change from one token of the answer to the next."""
        return self.of_memory(memory)  # type: ignore[no-any-return]

    def forward(self, state: Tensor, keys: Tensor, memory: Tensor, present: Tensor) -> Aligned:
        """state (n, state), keys (n, source, width), memory (n, source, memory), present bool (n, source).

        present: True where there is a token and no padding; one at least in each row.
        """
        scores = self.score(torch.tanh(self.of_state(state)[:, None] + keys))[:, :, 0]  # (n, source)
        alignment = scores.masked_fill(~present, -torch.inf).softmax(dim=1)
        return Aligned((alignment[:, None] @ memory)[:, 0], alignment)
