"""Convolutions over runs of neighbouring tokens, the strongest answer of each filter in the text, a dense layer.

A filter over a window of k tokens answers w₁·x₁ + … + w_k·x_k + b at every place; windows may begin before the text and end
behind it, as long as one of its tokens is inside, so that a text shorter than a window has answers too.
Source: Kim (2014), "Convolutional neural networks for sentence classification".
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from assay.core.errors import ConfigError
from assay.nets.text.reading import Reader, TextNet, WordVectors, check_table, token_tensor, within

WIDEST_WINDOW = 100


class Windows(Reader):
    """The greatest answer, at least 0, of each filter of each window."""

    def __init__(self, width: int, windows: tuple[int, ...], filters: int) -> None:
        super().__init__()
        self.filters = nn.ModuleList(nn.Conv1d(width, filters, window, padding=window - 1) for window in windows)
        for layer in self.filters:
            nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")  # type: ignore[arg-type]
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
        self.windows = windows
        self.size = filters * len(windows)

    def forward(self, vectors: Tensor, lengths: Tensor) -> Tensor:
        inside = within(lengths, vectors.shape[1])
        columns = (vectors * inside[..., None]).transpose(1, 2)  # (n, width, t)
        strongest = []
        for window, layer in zip(self.windows, self.filters, strict=True):
            answers = torch.relu(layer(columns))  # (n, filters, t + window - 1)
            touching = within(lengths + window - 1, answers.shape[2])
            strongest.append((answers * touching[:, None]).amax(2))
        return torch.cat(strongest, 1)


@dataclass(frozen=True, slots=True)
class ConvolutionSpec:
    """windows: lengths of the runs of tokens.  filters: of each window.  The others as in ``average.AverageSpec``."""

    words: int
    outputs: int
    width: int = 100
    windows: tuple[int, ...] = (3, 4, 5)
    filters: int = 100
    hidden: tuple[int, ...] = ()
    dropout: float = 0.5
    left_out: float = 0.0

    def __post_init__(self) -> None:
        check_table(self.words, self.outputs, self.width, self.hidden, self.dropout, self.left_out)
        if not self.windows or min(self.windows) < 1 or max(self.windows) > WIDEST_WINDOW or self.filters < 1:
            raise ConfigError(
                f"windows={self.windows} must be from 1 to {WIDEST_WINDOW}, at least one, and filters={self.filters} at least 1."
            )

    def build(self) -> nn.Module:
        reader = Windows(self.width, self.windows, self.filters)
        return TextNet(WordVectors(self.words, self.width, self.left_out), reader, self.hidden, self.outputs, self.dropout)

    def tensor(self, tokens: np.ndarray) -> Tensor:
        return token_tensor(tokens, self.words)
