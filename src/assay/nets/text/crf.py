"""A linear-chain conditional random field over the tags of a text.

A sequence of tags y scores begin(y₁) + Σ scores(t, yₜ) + Σ moves(yₜ, yₜ₊₁) + end(y_T); its probability is the softmax of that
over all sequences.  Computed in O(t·K²).  Scores (n, t, K); moves (K, K), from row to column; begin, end (K,); lengths (n,),
each at least 1.
Source: Lafferty, McCallum & Pereira (2001); Rabiner (1989) for the recursions.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Chain:
    moves: Tensor
    begin: Tensor
    end: Tensor


class ChainWeights(nn.Module):
    """The weights of a chain of K tags; begin as 0, so that nothing is preferred."""

    def __init__(self, tags: int) -> None:
        super().__init__()
        self.moves = nn.Parameter(torch.zeros(tags, tags))
        self.begin = nn.Parameter(torch.zeros(tags))
        self.end = nn.Parameter(torch.zeros(tags))


def path_score(scores: Tensor, tags: Tensor, lengths: Tensor, chain: Chain) -> Tensor:
    """(n,): the score of each text's own tags (n, t); what stands behind the end of a text counts for nothing."""
    places = torch.arange(scores.shape[1], device=scores.device)
    inside = places < lengths[:, None]
    safe = tags.masked_fill(~inside, 0)
    own = scores.gather(2, safe[..., None]).squeeze(2)
    moved = chain.moves[safe[:, :-1], safe[:, 1:]] * inside[:, 1:]
    last = safe.gather(1, lengths[:, None] - 1).squeeze(1)
    return chain.begin[safe[:, 0]] + (own * inside).sum(1) + moved.sum(1) + chain.end[last]


def log_partition(scores: Tensor, lengths: Tensor, chain: Chain) -> Tensor:
    """(n,): the log of the sum of exp(score) over all sequences of tags of each text."""
    reached = chain.begin + scores[:, 0]
    for place in range(1, scores.shape[1]):
        further = torch.logsumexp(reached[:, :, None] + chain.moves, 1) + scores[:, place]
        reached = torch.where((lengths > place)[:, None], further, reached)
    return torch.logsumexp(reached + chain.end, 1)


def best_path(scores: Tensor, lengths: Tensor, chain: Chain) -> Tensor:
    """int64 (n, t): the tags of the highest score (Viterbi, 1967), 0 behind the end of a text."""
    n, steps, tags = scores.shape
    reached = chain.begin + scores[:, 0]
    came_from = []
    staying = torch.arange(tags, device=scores.device).expand(n, tags)
    for place in range(1, steps):
        best, source = (reached[:, :, None] + chain.moves).max(1)
        alive = (lengths > place)[:, None]
        reached = torch.where(alive, best + scores[:, place], reached)
        came_from.append(torch.where(alive, source, staying))
    tag = (reached + chain.end).argmax(1)
    found = [tag]
    for source in reversed(came_from):
        tag = source.gather(1, tag[:, None]).squeeze(1)
        found.append(tag)
    path = torch.stack(found[::-1], 1)
    return path * (torch.arange(steps, device=scores.device) < lengths[:, None])
