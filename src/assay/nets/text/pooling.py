"""From a vector a token to one vector a text; what lies behind the end of a text counts for nothing."""

import torch
from torch import Tensor, nn

from assay.nets.text.reading import within


def mean_within(vectors: Tensor, lengths: Tensor) -> Tensor:
    """The mean over the tokens of each text: (n, t, width), (n,) -> (n, width)."""
    inside = within(lengths, vectors.shape[1])
    return (vectors * inside[..., None]).sum(1) / lengths[:, None]


def max_within(vectors: Tensor, lengths: Tensor) -> Tensor:
    """The greatest number of each place of the vectors over the tokens of each text: (n, t, width), (n,) -> (n, width)."""
    inside = within(lengths, vectors.shape[1])
    return vectors.masked_fill(~inside[..., None], float("-inf")).amax(1)


class AttentionPooling(nn.Module):
    """Σ αₜ hₜ with α = softmax(v · tanh(W hₜ + b)) over the tokens of a text: (n, t, width), (n,) -> (n, width).

    Source: Yang, Yang, Dyer, He, Smola & Hovy (2016), "Hierarchical attention networks for document classification".
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.key = nn.Linear(width, width)
        self.asked = nn.Linear(width, 1, bias=False)

    def weights(self, vectors: Tensor, lengths: Tensor) -> Tensor:
        """(n, t), 0 behind the end of a text; a row sums to 1."""
        scores = self.asked(torch.tanh(self.key(vectors))).squeeze(-1)
        return torch.softmax(scores.masked_fill(~within(lengths, vectors.shape[1]), float("-inf")), 1)

    def forward(self, vectors: Tensor, lengths: Tensor) -> Tensor:
        return (self.weights(vectors, lengths)[..., None] * vectors).sum(1)
