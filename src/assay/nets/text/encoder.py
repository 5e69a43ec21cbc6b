"""A Transformer encoder that tells classes of texts apart: layers over all tokens at once, their mean, one dense layer."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from assay.core.errors import ConfigError, DataError
from assay.nets.architectures import Spec
from assay.nets.seeding import threads
from assay.nets.text.attention import not_padding
from assay.nets.text.first_weights import draw_weights
from assay.nets.text.positions import check_positions
from assay.nets.text.transformer import EncoderStack, Form, TokenVectors

PADDING, UNKNOWN = 0, 1


class TextTransformer(nn.Module):
    """ids int (n, t), 0 where a text has ended -> outputs (n, outputs).

    A text's vector is the mean over its tokens; one without a token has the mean 0.
    """

    def __init__(self, spec: "TextTransformerSpec") -> None:
        super().__init__()
        form = spec.form
        self.vectors = TokenVectors(
            spec.tokens, form, positions=check_positions(spec.positions), places=spec.places, padding=True
        )
        self.encoder = EncoderStack(form, spec.layers)
        self.dropout = nn.Dropout(spec.dropout)
        self.out = nn.Linear(spec.width, spec.outputs)
        draw_weights(self)
        nn.init.normal_(self.vectors.table.weight, std=spec.width**-0.5)
        nn.init.zeros_(self.vectors.table.weight[PADDING])

    def forward(self, ids: Tensor) -> Tensor:
        ids = trimmed(ids)
        tokens = self.encoder(self.vectors(ids), not_padding(ids))
        there = (ids != PADDING).unsqueeze(2).to(tokens.dtype)
        mean = (tokens * there).sum(dim=1) / there.sum(dim=1).clamp(min=1)
        return self.out(self.dropout(mean))  # type: ignore[no-any-return]

    def weights(self, ids: Tensor) -> Tensor:
        """How much each token looks at each other: (n, layers, heads, t, t), t the tokens of the longest text."""
        ids = trimmed(ids)
        return torch.stack(self.encoder.weights(self.vectors(ids), not_padding(ids)), dim=1)


def trimmed(ids: Tensor) -> Tensor:
    """ids (n, t) without the columns that are padding in every row; at least one is left."""
    there = (ids != PADDING).any(dim=0).nonzero()
    return ids[:, : int(there[-1]) + 1 if len(there) else 1]


@dataclass(frozen=True, slots=True)
class TextTransformerSpec:
    """tokens: rows of the table, padding 0 and the unknown token 1 among them.  places: how many tokens of a text are read."""

    tokens: int
    outputs: int
    places: int
    width: int = 64
    heads: int = 4
    layers: int = 2
    hidden: int = 128
    activation: str = "gelu"
    positions: str = "sinusoidal"
    dropout: float = 0.2

    def __post_init__(self) -> None:
        """Raises ConfigError for settings that no net can have."""
        check_positions(self.positions)
        if min(self.tokens, self.outputs, self.places, self.layers) < 1:
            raise ConfigError(
                f"tokens={self.tokens}, outputs={self.outputs}, places={self.places} and layers={self.layers} must be at least 1."
            )
        _ = self.form  # checks the others

    @property
    def form(self) -> Form:
        return Form(
            width=self.width,
            heads=self.heads,
            hidden=self.hidden,
            activation=self.activation,
            norm_first=True,
            dropout=self.dropout,
        )

    def build(self) -> TextTransformer:
        return TextTransformer(self)

    def tensor(self, ids: np.ndarray) -> Tensor:
        """int (n, t) as a tensor.  Tokens the table has no row for are unknown; those after ``places`` are not read."""
        if ids.ndim != 2 or ids.dtype.kind != "i" or not ids.shape[1]:
            raise DataError(f"the net reads integer token numbers (rows, tokens), not {ids.dtype} of the form {ids.shape}.")
        known = (ids >= 0) & (ids < self.tokens)
        unknown = min(UNKNOWN, self.tokens - 1)
        return torch.from_numpy(np.where(known, ids, unknown)[:, : self.places].astype(np.int32))


def attention_weights(spec: Spec, model: nn.Module, ids: np.ndarray) -> np.ndarray:
    """float64 (layers, heads, t, t) of one text (1, t) in an assembled net; t: its tokens without padding at its end."""
    if not isinstance(model, TextTransformer):
        raise ConfigError("this net has no attention to look at.")
    with threads(1), torch.inference_mode():
        return model.weights(spec.tensor(ids))[0].double().numpy()
