"""A net that scores every tag for every token of a text: word and affix vectors, an LSTM both ways or a window, a dense layer.

With a chain (see ``crf``) neighbouring tags are chosen together.
Sources: Collobert et al. (2011) for the window; Huang, Xu & Yu (2015), "Bidirectional LSTM-CRF models for sequence tagging".
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from assay.core.errors import ConfigError, DataError
from assay.nets.text.cells import Recurrent
from assay.nets.text.crf import Chain, ChainWeights, best_path, log_partition, path_score
from assay.nets.text.reading import LEAST_WORDS, UNKNOWN, WordVectors, cut, within
from assay.nets.training.examples import Examples

BODIES = ("window", "lstm")
NO_TAG = -1
"""In targets: behind the end of a text, and where the tag is none that the net knows."""

Scored = tuple[Tensor, Tensor, Tensor, Tensor]


class TaggerNet(nn.Module):
    """codes int (n, t, kinds), 0 behind the end of a text -> scores (n, t, K), and moves, begin and end of the chain.

    Without a chain these are buffers of zeros, under which the best path is the best tag of each token.
    """

    def __init__(self, spec: "TaggerSpec") -> None:
        super().__init__()
        widths = (spec.width, *[spec.affix_width] * (len(spec.kinds) - 1))
        self.tables = nn.ModuleList(WordVectors(size, width) for size, width in zip(spec.kinds, widths, strict=True))
        self.left_out = spec.left_out
        self.dropout = nn.Dropout(spec.dropout)
        self.body: nn.Module
        if spec.body == "lstm":
            self.body = Recurrent(sum(widths), spec.states, "lstm", both_ways=True)
            size = self.body.size
        else:
            size = spec.states
            self.body = nn.Conv1d(sum(widths), size, 2 * spec.around + 1, padding=spec.around)
        self.names = nn.Linear(size, spec.outputs)
        self.chain = ChainWeights(spec.outputs) if spec.chain else None

    def forward(self, codes: Tensor) -> Scored:
        rows, lengths = cut(codes)
        words = rows[..., 0]
        if self.training and self.left_out:
            lost = (torch.rand(words.shape, device=words.device) < self.left_out) & (words != 0)
            words = words.masked_fill(lost, UNKNOWN)
        seen = [self.tables[0](words), *(table(rows[..., kind]) for kind, table in enumerate(self.tables) if kind)]
        vectors = self.dropout(torch.cat(seen, 2))
        if isinstance(self.body, Recurrent):
            states, _ = self.body(vectors, lengths)
        else:
            inside = within(lengths, vectors.shape[1])[..., None]
            states = torch.relu(self.body((vectors * inside).transpose(1, 2))).transpose(1, 2)
        scores = self.names(self.dropout(states))
        tags = scores.shape[2]
        if self.chain is None:
            return scores, scores.new_zeros(tags, tags), scores.new_zeros(tags), scores.new_zeros(tags)
        return scores, self.chain.moves, self.chain.begin, self.chain.end


@dataclass(frozen=True, slots=True)
class TaggerSpec:
    """kinds: rows of the table of vectors of each kind of number, the word first.  outputs: tags.

    width, affix_width: numbers of a vector of a word and of the other kinds.  states: numbers of a state of each way, or filters
    of the window; around: tokens of the window to each side.  left_out: the share of words a training step reads as unknown.
    chain: whether neighbouring tags are chosen together.
    """

    kinds: tuple[int, ...]
    outputs: int
    body: str = "lstm"
    width: int = 64
    affix_width: int = 16
    states: int = 64
    around: int = 2
    dropout: float = 0.3
    left_out: float = 0.1
    chain: bool = False

    def __post_init__(self) -> None:
        if self.body not in BODIES:
            raise ConfigError(f"no body {self.body!r} of a tagger; there are {' and '.join(BODIES)}.")
        if not self.kinds or min(self.kinds) < LEAST_WORDS or len(self.kinds) > 100:
            raise ConfigError(f"kinds={self.kinds} must be 1 to 100 numbers of at least {LEAST_WORDS}.")
        if min(self.outputs, self.width, self.affix_width, self.states) < 1 or not 0 <= self.around <= 100:
            raise ConfigError(
                f"outputs={self.outputs}, width={self.width}, affix_width={self.affix_width} and states={self.states} must be at "
                f"least 1, around={self.around} from 0 to 100."
            )
        if not 0 <= self.dropout < 1 or not 0 <= self.left_out < 1:
            raise ConfigError(f"dropout={self.dropout} and left_out={self.left_out} must lie in [0, 1).")

    def build(self) -> nn.Module:
        return TaggerNet(self)

    def tensor(self, codes: np.ndarray) -> Tensor:
        """int (n, t, kinds) as int64, checked; numbers that a table has no vector for are unknown."""
        if codes.ndim != 3 or codes.dtype.kind != "i" or codes.shape[2] != len(self.kinds) or not codes.shape[1]:
            raise DataError(
                f"the tagger reads {len(self.kinds)} integers a token, (rows, tokens, {len(self.kinds)}), not {codes.dtype} of "
                f"the form {codes.shape}."
            )
        return torch.from_numpy(np.where((codes >= 0) & (codes < np.array(self.kinds)), codes, UNKNOWN).astype(np.int64))


def tag_losses(scored: Scored, target: Tensor, lengths: Tensor, *, chain: bool) -> tuple[Tensor, Tensor]:
    """(the summed negative log-likelihood of the tags of a batch, how many tokens they are of).

    target: int (n, t), NO_TAG where there is none; a text with an unknown tag inside counts for nothing under a chain, the token
    alone without one.
    """
    scores, moves, begin, end = scored
    target = target[:, : scores.shape[1]]
    if not chain:
        flat = nn.functional.cross_entropy(
            scores.reshape(-1, scores.shape[2]), target.reshape(-1), ignore_index=NO_TAG, reduction="sum"
        )
        return flat, (target != NO_TAG).sum()
    inside = within(lengths, scores.shape[1])
    whole = ((target != NO_TAG) | ~inside).all(1)
    links = Chain(moves, begin, end)
    each = log_partition(scores, lengths, links) - path_score(scores, target.clamp(min=0), lengths, links)
    return (each * whole).sum(), (lengths * whole).sum()


@dataclass(frozen=True)
class TagObjective:
    """The mean negative log-likelihood a token."""

    chain: bool

    def __call__(self, model: nn.Module, batch: Examples, generator: torch.Generator) -> Tensor:  # noqa: ARG002
        lost, tokens = self.sums(model, batch)
        return lost / tokens.clamp(min=1)

    def sums(self, model: nn.Module, batch: Examples) -> tuple[Tensor, Tensor]:
        _, lengths = cut(batch.inputs[0])
        return tag_losses(model(batch.inputs[0]), batch.target, lengths, chain=self.chain)


def tags_of(model: nn.Module, codes: Tensor) -> Tensor:
    """int64 (n, t): the best tags of each text, 0 behind its end; codes (n, t, kinds) of rows with a token."""
    _, lengths = cut(codes)
    with torch.inference_mode():
        scores, moves, begin, end = model(codes)
        return best_path(scores, lengths, Chain(moves, begin, end))
