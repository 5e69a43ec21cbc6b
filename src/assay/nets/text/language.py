"""A two-way language model whose layers feed a classifier, as ELMo does.

One stack of LSTM layers reads a text from the left and says at every token what comes next, another reads it from the right
and says what came before; they share the word vectors and the dense layer that names the token.  Neither ever sees the token
that it is asked for.  Every layer gives each token a vector of both ways; a classifier reads γ Σ sⱼ hⱼ, the layers mixed by
learnt shares s = softmax(w) and a learnt scale γ (the word vectors, twice, are layer 0).
Source: Peters, Neumann, Iyyer, Gardner, Clark, Lee & Zettlemoyer (2018), "Deep contextualized word representations".
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from assay.core.errors import ConfigError
from assay.nets.text.cells import Recurrent, turned
from assay.nets.text.pooling import AttentionPooling, max_within
from assay.nets.text.reading import LEAST_WORDS, WordVectors, check_table, cut, in_parts, lengths_of, token_tensor, within
from assay.nets.training.examples import Examples


class TwoWayLayers(nn.Module):
    """Word vectors and a stack of LSTM layers each way.

    A layer's states are as wide as the word vectors, so that layers can be mixed.
    """

    def __init__(self, words: int, width: int, layers: int, dropout: float) -> None:
        super().__init__()
        self.vectors = WordVectors(words, width)
        self.dropout = nn.Dropout(dropout)
        self.ahead = nn.ModuleList(Recurrent(width, width, "lstm") for _ in range(layers))
        self.behind = nn.ModuleList(Recurrent(width, width, "lstm") for _ in range(layers))

    def forward(self, tokens: Tensor, lengths: Tensor) -> list[tuple[Tensor, Tensor]]:
        """tokens (n, t), lengths (n,) -> of each layer, from the vectors upward, the states (n, t, width) of the two ways.

        The state of the way ahead at a token has read it and those before it; that of the way back it and those behind it.
        """
        first = self.vectors(tokens)
        ahead, back = first, turned(first, lengths)
        found = [(first, first)]
        for left, right in zip(self.ahead, self.behind, strict=True):
            ahead, back = left(self.dropout(ahead), lengths)[0], right(self.dropout(back), lengths)[0]
            found.append((ahead, turned(back, lengths)))
        return found


class TwoWayLanguage(nn.Module):
    """tokens (n, t) -> logits (n, t, words) of the next and of the former token at each place."""

    def __init__(self, layers: TwoWayLayers, words: int, width: int) -> None:
        super().__init__()
        self.layers = layers
        self.dropout = nn.Dropout(layers.dropout.p)
        self.names = nn.Linear(width, words)
        nn.init.xavier_uniform_(self.names.weight)
        nn.init.zeros_(self.names.bias)

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        ahead, behind = self.layers(tokens, lengths_of(tokens).clamp(min=1))[-1]
        return self.names(self.dropout(ahead)), self.names(self.dropout(behind))


def language_loss(model: nn.Module, batch: Examples, _generator: torch.Generator) -> Tensor:
    """The mean negative log-likelihood of a token given those before it and of a token given those behind it; padding and
    unknown tokens are not asked for, and texts of one token teach nothing."""
    tokens, _ = cut(batch.inputs[0])
    ahead, behind = model(tokens)
    wanted = tokens.masked_fill(tokens < LEAST_WORDS, -1)
    losses, asked = tokens.new_zeros((), dtype=ahead.dtype), tokens.new_zeros(())
    former = wanted[:, :-1].masked_fill(tokens[:, 1:] == 0, -1)  # what lies behind the end of a text has no former token
    for logits, target in ((ahead[:, :-1], wanted[:, 1:]), (behind[:, 1:], former)):
        losses = losses + nn.functional.cross_entropy(
            logits.reshape(-1, logits.shape[-1]), target.reshape(-1), ignore_index=-1, reduction="sum"
        )
        asked = asked + (target >= 0).sum()
    return losses / asked.clamp(min=1)


class Mix(nn.Module):
    """γ Σ softmax(w)ⱼ hⱼ of layers (n, t, width); begins as their mean."""

    def __init__(self, layers: int) -> None:
        super().__init__()
        self.shares = nn.Parameter(torch.zeros(layers))
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, layers: list[Tensor]) -> Tensor:
        shares = torch.softmax(self.shares, 0)
        return self.scale * sum(share * layer for share, layer in zip(shares, layers, strict=True))  # type: ignore[no-any-return]


class MixedNet(nn.Module):
    """tokens (n, length) -> outputs (n, outputs): a language model's layers mixed, the greatest and an attentive mean of the
    tokens' vectors, a dense layer."""

    def __init__(self, words: int, width: int, layers: int, outputs: int, dropout: float) -> None:
        super().__init__()
        self.language = TwoWayLayers(words, width, layers, dropout)
        self.mix = Mix(layers + 1)
        self.attention = AttentionPooling(2 * width)
        self.dropout = nn.Dropout(dropout)
        self.last = nn.Linear(4 * width, outputs)
        nn.init.xavier_uniform_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, tokens: Tensor) -> Tensor:
        return self._of(tokens) if torch.is_grad_enabled() else in_parts(self._of, tokens)

    def _of(self, tokens: Tensor) -> Tensor:
        rows, lengths = cut(tokens)
        layers = [torch.cat(both, 2) for both in self.language(rows, lengths)]
        mixed = self.mix(layers)
        mixed = self.dropout(mixed * within(lengths, mixed.shape[1])[..., None])
        return self.last(self.dropout(torch.cat([max_within(mixed, lengths), self.attention(mixed, lengths)], 1)))  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class MixedSpec:
    """width: of word vectors and of the states of each way.  layers: of each way.  The others as in ``average.AverageSpec``."""

    words: int
    outputs: int
    width: int = 64
    layers: int = 2
    dropout: float = 0.3

    def __post_init__(self) -> None:
        check_table(self.words, self.outputs, self.width, (), self.dropout)
        if not 1 <= self.layers <= 100:
            raise ConfigError(f"layers={self.layers} must be from 1 to 100.")

    def build(self) -> nn.Module:
        return MixedNet(self.words, self.width, self.layers, self.outputs, self.dropout)

    def tensor(self, tokens: np.ndarray) -> Tensor:
        return token_tensor(tokens, self.words)
