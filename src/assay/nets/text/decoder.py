"""A Transformer decoder as a language model: every token from those before it.

Source: Radford et al. (2018; 2019), "GPT" and "GPT-2"; the output shares its table with the input (Press & Wolf, 2017).
"""

from dataclasses import dataclass

import numpy as np
from torch import Tensor, nn
from torch.nn import functional

from assay.core.errors import ConfigError
from assay.nets.text.first_weights import draw_weights
from assay.nets.text.pieces import ids_of
from assay.nets.text.positions import Positions, check_positions
from assay.nets.text.transformer import DecoderStack, Form, Past, TokenVectors


class Decoder(nn.Module):
    """ids int (n, t) -> logits of the next token (n, t, tokens).

    places: the most tokens of a text, where positions are learned.
    """

    def __init__(self, tokens: int, form: Form, layers: int, *, positions: Positions, places: int) -> None:
        super().__init__()
        self.vectors = TokenVectors(tokens, form, positions=positions, places=places)
        self.stack = DecoderStack(form, layers, cross=False)
        draw_weights(self)

    def forward(self, ids: Tensor, counted: Tensor | None = None) -> Tensor:
        """counted: bool (n, t); with it the logits of these places alone, (their number, tokens): those of all the others would
        take most of the time.
        """
        tokens = self.stack(self.vectors(ids))
        return self._logits(tokens if counted is None else tokens[counted])

    def step(self, ids: Tensor, past: Past, start: int) -> tuple[Tensor, Past]:
        """Logits (n, t, tokens) of the tokens after those of ``past``, of which there are ``start``, and what is kept of all.

        The same as ``forward`` of all at once, without computing the earlier ones again; ``self.stack.nothing`` before them.
        """
        tokens, kept = self.stack.step(self.vectors(ids, start), past)
        return self._logits(tokens), kept

    def _logits(self, tokens: Tensor) -> Tensor:
        return functional.linear(tokens, self.vectors.table.weight)


@dataclass(frozen=True, slots=True)
class DecoderSpec:
    """tokens: of the vocabulary.  window, context: a text is read in pieces of ``window`` tokens, each with at most ``context``
    before it (see ``pieces``), and their sum are the places that are learnt.
    """

    tokens: int
    width: int = 192
    heads: int = 6
    layers: int = 4
    hidden: int = 768
    window: int = 128
    context: int = 128
    activation: str = "gelu"
    positions: str = "learned"
    dropout: float = 0.3

    def __post_init__(self) -> None:
        """Raises ConfigError for settings that no net can have."""
        check_positions(self.positions)
        if min(self.tokens, self.layers, self.window) < 1 or self.context < 0:
            raise ConfigError(
                f"tokens={self.tokens}, layers={self.layers} and window={self.window} must be at least 1, "
                f"context={self.context} at least 0."
            )
        _ = self.form  # checks the others

    @property
    def outputs(self) -> int:
        return self.tokens

    @property
    def form(self) -> Form:
        return Form(
            width=self.width,
            heads=self.heads,
            hidden=self.hidden,
            activation=self.activation,
            norm_first=True,
            dropout=self.dropout,
            attention_dropout=self.dropout / 2,
        )

    def build(self) -> Decoder:
        return Decoder(
            self.tokens, self.form, self.layers, positions=check_positions(self.positions), places=self.window + self.context
        )

    def tensor(self, ids: np.ndarray) -> Tensor:
        """Whole numbers (n, t) as a tensor; raises DataError for others, and for ids that the vocabulary has not."""
        return ids_of(ids, self.tokens)
