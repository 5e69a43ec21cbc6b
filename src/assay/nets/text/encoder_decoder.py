"""The Transformer as it was published: an encoder reads the source, a decoder answers while it looks at all of it.

Post-norm layers, waves for positions, and one table of token vectors for the source, the answer and the output.
Source: Vaswani, Shazeer, Parmar, Uszkoreit, Jones, Gomez, Kaiser & Polosukhin (2017), "Attention is all you need".
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from torch import Tensor, nn

from assay.core.errors import ConfigError
from assay.nets.text.attention import KeysValues, not_padding
from assay.nets.text.decoding import State, source_tensor
from assay.nets.text.pairs import FIRST, PAD
from assay.nets.text.transformer import DecoderLayer, EncoderLayer, Form, TokenVectors


class EncoderDecoder(nn.Module):
    """source (n, s), target (n, t) token numbers -> logits (n, t, tokens) of the token after each of the target's."""

    def __init__(self, tokens: int, form: Form, encoders: int, decoders: int) -> None:
        super().__init__()
        self.vectors = TokenVectors(tokens, form, positions="sinusoidal", places=0, scaled=True)
        self.encoder = nn.ModuleList(EncoderLayer(form) for _ in range(encoders))
        self.decoder = nn.ModuleList(DecoderLayer(form, cross=True) for _ in range(decoders))
        # where the norm comes first, what leaves the last layer is not normed yet
        self.encoder_norm = form.norm() if form.norm_first else None
        self.decoder_norm = form.norm() if form.norm_first else None
        for name, weight in self.named_parameters():
            if weight.ndim > 1 and "table" not in name:
                nn.init.xavier_uniform_(weight)
        nn.init.normal_(self.vectors.table.weight, std=form.width**-0.5)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        memory, seen = self._read(source)
        tokens = self.vectors(target)
        for layer in self.decoder:
            tokens = layer(tokens, memory, seen)
        return self._said(tokens)

    def alignment(self, source: Tensor, target: Tensor) -> Tensor:
        """(n, t, s): the mean over the heads of what the last layer looks at in the source, for each next token."""
        memory, seen = self._read(source)
        tokens = self.vectors(target)
        for layer in self.decoder[:-1]:
            tokens = layer(tokens, memory, seen)
        weights: Tensor = self.decoder[-1].cross_weights(tokens, memory, seen)  # type: ignore[operator]
        return weights.mean(dim=1)

    def start(self, source: Tensor) -> State:
        """Which source tokens are there, then of each layer keys and values of the source, and of the answer so far (none)."""
        memory, seen = self._read(source)
        state = [seen]
        for layer in self.decoder:
            given: KeysValues = layer.cross.keys_values(memory)  # type: ignore[operator, union-attr]
            state += [given.keys, given.values, given.keys[:, :, :0], given.values[:, :, :0]]
        return tuple(state)

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        """tokens (n,) -> logits (n, tokens) of the next ones, and the state with their keys and values."""
        seen, after = state[0], [state[0]]
        vectors = self.vectors(tokens[:, None], start=state[3].shape[2])
        for layer, (source, past) in zip(self.decoder, _by_layer(state), strict=True):
            vectors, known = layer.step(vectors, past, source, seen)  # type: ignore[operator]
            after += [source.keys, source.values, known.keys, known.values]
        return self._said(vectors)[:, 0], tuple(after)

    def _read(self, source: Tensor) -> tuple[Tensor, Tensor]:
        """What the encoder makes of the source (n, s, width), and what may be looked at in it, bool (n, 1, 1, s)."""
        seen = not_padding(source, PAD)
        memory = self.vectors(source)
        for layer in self.encoder:
            memory = layer(memory, seen)
        return (memory if self.encoder_norm is None else self.encoder_norm(memory)), seen

    def _said(self, tokens: Tensor) -> Tensor:
        given = tokens if self.decoder_norm is None else self.decoder_norm(tokens)
        return given @ self.vectors.table.weight.T


def _by_layer(state: State) -> Iterator[tuple[KeysValues, KeysValues]]:
    for place in range(1, len(state), 4):
        keys, values, past_keys, past_values = state[place : place + 4]
        yield KeysValues(keys, values), KeysValues(past_keys, past_values)


@dataclass(frozen=True, slots=True)
class EncoderDecoderSpec:
    """tokens: rows of the table that source, answer and output share.  The other defaults are those of the published base.

    width: numbers a token.  hidden: of the dense part.  attention_bias: of the projections of attention; the published
    description has none.  norm_first: norms before each part instead of after it, and one behind each stack.
    """

    tokens: int
    width: int = 512
    heads: int = 8
    hidden: int = 2048
    encoders: int = 6
    decoders: int = 6
    dropout: float = 0.1
    norm_first: bool = False
    attention_bias: bool = False

    def __post_init__(self) -> None:
        if min(self.encoders, self.decoders) < 1 or self.tokens < FIRST:
            raise ConfigError(
                f"encoders={self.encoders} and decoders={self.decoders} must be at least 1, tokens={self.tokens} {FIRST}."
            )
        self.form()

    def form(self) -> Form:
        return Form(
            width=self.width,
            heads=self.heads,
            hidden=self.hidden,
            dropout=self.dropout,
            norm_first=self.norm_first,
            attention_bias=self.attention_bias,
        )

    @property
    def outputs(self) -> int:
        return self.tokens

    def build(self) -> EncoderDecoder:
        return EncoderDecoder(self.tokens, self.form(), self.encoders, self.decoders)

    def tensor(self, matrix: np.ndarray) -> Tensor:
        return source_tensor(matrix, self.tokens)


def parameters(model: nn.Module) -> int:
    """How many numbers a net learns; shared ones count once."""
    return sum(weight.numel() for weight in model.parameters())
