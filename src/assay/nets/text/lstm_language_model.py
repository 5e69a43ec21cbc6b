"""An LSTM as a language model: every token from a state that all before it have left their mark on.

Dropout is "locked": the same numbers of every token of a text are left out in one step, and whole words are
(Gal & Ghahramani, 2016); the output shares its table with the input (Press & Wolf, 2017; Inan, Khosravi & Socher, 2017).
Source: Merity, Keskar & Socher (2018), "Regularizing and optimizing LSTM language models", without their dropped weights.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from assay.core.errors import ConfigError
from assay.nets.text.pieces import ids_of

State = tuple[tuple[Tensor, Tensor], ...]
"""Of each layer: hidden and cell (1, n, width)."""


class LSTMLanguageModel(nn.Module):
    """ids int (n, t) -> logits of the next token (n, t, tokens)."""

    def __init__(self, spec: "LSTMLanguageModelSpec") -> None:
        super().__init__()
        self.table = nn.Embedding(spec.tokens, spec.width)
        self.layers = nn.ModuleList(nn.LSTM(spec.width, spec.width, batch_first=True) for _ in range(spec.layers))
        self.bias = nn.Parameter(torch.zeros(spec.tokens))
        self.dropout, self.word_dropout = spec.dropout, spec.word_dropout
        nn.init.uniform_(self.table.weight, -0.1, 0.1)

    def forward(self, ids: Tensor, counted: Tensor | None = None) -> Tensor:
        """counted: bool (n, t); with it the logits of these places alone, (their number, tokens)."""
        numbers, _ = self._read(ids, None)
        return self._logits(numbers if counted is None else numbers[counted])

    def step(self, ids: Tensor, state: State | None) -> tuple[Tensor, State]:
        """Logits (n, t, tokens) of the tokens after those that left ``state`` (None: the first), and the state after them."""
        numbers, state = self._read(ids, state)
        return self._logits(numbers), state

    def _read(self, ids: Tensor, state: State | None) -> tuple[Tensor, State]:
        table = self.table.weight
        if self.training and self.word_dropout:
            table = functional.dropout(torch.ones_like(table[:, :1]), self.word_dropout) * table
        numbers = self._locked(functional.embedding(ids, table))
        after = []
        for place, layer in enumerate(self.layers):
            numbers, kept = layer(numbers, None if state is None else state[place])
            numbers = self._locked(numbers)
            after.append(kept)
        return numbers, tuple(after)

    def _locked(self, numbers: Tensor) -> Tensor:
        """Of numbers (n, t, width), the same left out for all t."""
        if not self.training or not self.dropout:
            return numbers
        return numbers * functional.dropout(torch.ones_like(numbers[:, :1]), self.dropout)

    def _logits(self, numbers: Tensor) -> Tensor:
        return functional.linear(numbers, self.table.weight, self.bias)


@dataclass(frozen=True, slots=True)
class LSTMLanguageModelSpec:
    """tokens: of the vocabulary.  width: of the table and of every layer.  dropout: of what goes into and out of a layer.

    window, context: a text is read in pieces of ``window`` tokens, each with at most ``context`` before it; gradients go back
    no further.
    """

    tokens: int
    width: int = 256
    layers: int = 2
    window: int = 128
    context: int = 128
    dropout: float = 0.4
    word_dropout: float = 0.1

    def __post_init__(self) -> None:
        """Raises ConfigError for settings that no net can have."""
        if min(self.tokens, self.width, self.layers, self.window) < 1 or self.context < 0:
            raise ConfigError(
                f"tokens={self.tokens}, width={self.width}, layers={self.layers} and window={self.window} must be at least 1, "
                f"context={self.context} at least 0."
            )
        if not (0 <= self.dropout < 1 and 0 <= self.word_dropout < 1):
            raise ConfigError(f"dropout={self.dropout} and word_dropout={self.word_dropout} must be in [0, 1).")

    @property
    def outputs(self) -> int:
        return self.tokens

    def build(self) -> LSTMLanguageModel:
        return LSTMLanguageModel(self)

    def tensor(self, ids: np.ndarray) -> Tensor:
        """Whole numbers (n, t) as a tensor; raises DataError for others, and for ids that the vocabulary has not."""
        return ids_of(ids, self.tokens)
