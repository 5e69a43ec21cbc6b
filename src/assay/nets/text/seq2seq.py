"""Recurrent encoder-decoders: a text read by one LSTM and answered by another.

``StatePassingNet``: all the decoder knows of the source is the state in which the encoder ended (Sutskever, Vinyals & Le,
2014).  ``AlignedNet``: before each token it looks at the whole source by additive attention (Bahdanau, Cho & Bengio, 2015);
its encoder reads both ways.  One table of token vectors serves both sides.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from assay.core.errors import ConfigError
from assay.nets.text.bahdanau import AdditiveAttention, Aligned
from assay.nets.text.decoding import State, source_tensor
from assay.nets.text.pairs import FIRST, PAD


def _open_gates(net: nn.Module) -> None:
    """Forget gates begin open, so that a state is kept until something else is learnt (Jozefowicz et al., 2015)."""
    with torch.no_grad():
        for name, bias in net.named_parameters():
            if "bias_ih" in name:
                bias[len(bias) // 4 : len(bias) // 2] = 1.0


class StatePassingNet(nn.Module):
    """source (n, s), target (n, t) token numbers -> logits (n, t, tokens) of the token after each of the target's.

    The encoder's last state of every layer is the first state of the decoder's layer.
    """

    def __init__(self, tokens: int, width: int, hidden: int, layers: int, dropout: float) -> None:
        super().__init__()
        self.table = nn.Embedding(tokens, width, padding_idx=PAD)
        between = dropout if layers > 1 else 0.0
        self.encoder = nn.LSTM(width, hidden, layers, batch_first=True, dropout=between)
        self.decoder = nn.LSTM(width, hidden, layers, batch_first=True, dropout=between)
        self.dropout = nn.Dropout(dropout)
        self.out = nn.Linear(hidden, tokens)
        _open_gates(self)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        hidden, cell = self.start(source)
        said, _ = self.decoder(self.dropout(self.table(target)), _layers_first(hidden, cell))
        return self.out(self.dropout(said))  # type: ignore[no-any-return]

    def start(self, source: Tensor) -> State:
        """The state behind the source: hidden and cell, each (n, layers, hidden)."""
        vectors = self.dropout(self.table(source))
        packed = pack_padded_sequence(vectors, _lengths(source), batch_first=True, enforce_sorted=False)
        _, (hidden, cell) = self.encoder(packed)
        return hidden.transpose(0, 1), cell.transpose(0, 1)

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        """tokens (n,) -> logits (n, tokens) of the next ones, and the state behind them."""
        said, (hidden, cell) = self.decoder(self.table(tokens)[:, None], _layers_first(*state))
        return self.out(said[:, 0]), (hidden.transpose(0, 1), cell.transpose(0, 1))


class AlignedNet(nn.Module):
    """source (n, s), target (n, t) token numbers -> logits (n, t, tokens) of the token after each of the target's.

    Token i comes from s_i = LSTM(s_{i-1}, [token i-1, c_i]) and the context c_i.  The decoder begins at tanh of a linear map
    of what the encoder ended with in both directions.
    """

    def __init__(self, tokens: int, width: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.table = nn.Embedding(tokens, width, padding_idx=PAD)
        self.encoder = nn.LSTM(width, hidden, batch_first=True, bidirectional=True)
        self.first_hidden = nn.Linear(2 * hidden, hidden)
        self.first_cell = nn.Linear(2 * hidden, hidden)
        self.attention = AdditiveAttention(hidden, 2 * hidden, hidden)
        self.cell = nn.LSTMCell(width + 2 * hidden, hidden)
        self.dropout = nn.Dropout(dropout)
        self.mix = nn.Linear(width + 3 * hidden, width)
        self.out = nn.Linear(width, tokens)
        _open_gates(self)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        return self._teach(source, target)[0]

    def alignment(self, source: Tensor, target: Tensor) -> Tensor:
        """(n, t, s): how much of each source token went into the token after each of the target's."""
        return self._teach(source, target)[1]

    def start(self, source: Tensor) -> State:
        """hidden (n, hidden), cell (n, hidden); memory (n, s, 2 hidden), its keys (n, s, hidden), present (n, s)."""
        vectors = self.dropout(self.table(source))
        packed = pack_padded_sequence(vectors, _lengths(source), batch_first=True, enforce_sorted=False)
        read, (hidden, cell) = self.encoder(packed)
        memory, _ = pad_packed_sequence(read, batch_first=True, total_length=source.shape[1])
        begun = torch.tanh(self.first_hidden(hidden.transpose(0, 1).flatten(1)))
        return begun, self.first_cell(cell.transpose(0, 1).flatten(1)), memory, self.attention.keys(memory), source != PAD

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        """tokens (n,) -> logits (n, tokens) of the next ones, and the state behind them."""
        hidden, cell, *looked_at = state
        mixed, hidden, cell, _ = self._move(self.table(tokens), hidden, cell, looked_at)
        return self.out(torch.tanh(self.mix(mixed))), (hidden, cell, *looked_at)

    def _teach(self, source: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        hidden, cell, *looked_at = self.start(source)
        said, alignments = list[Tensor](), list[Tensor]()
        for vector in self.dropout(self.table(target)).unbind(1):
            mixed, hidden, cell, aligned = self._move(vector, hidden, cell, looked_at)
            said.append(mixed)
            alignments.append(aligned.alignment)
        readout = torch.tanh(self.mix(self.dropout(torch.stack(said, dim=1))))
        return self.out(self.dropout(readout)), torch.stack(alignments, dim=1)

    def _move(
        self, vector: Tensor, hidden: Tensor, cell: Tensor, looked_at: list[Tensor]
    ) -> tuple[Tensor, Tensor, Tensor, Aligned]:
        """One token further: what the next token is read from (n, width + 3 hidden), the new state, and the alignment."""
        memory, keys, present = looked_at
        aligned = self.attention(hidden, keys, memory, present)
        hidden, cell = self.cell(torch.cat([vector, aligned.context], dim=1), (hidden, cell))
        return torch.cat([vector, hidden, aligned.context], dim=1), hidden, cell, aligned


def _lengths(source: Tensor) -> Tensor:
    """How many tokens each source has; pack_padded_sequence wants them on the processor."""
    return (source != PAD).sum(dim=1).clamp(min=1).cpu()


def _layers_first(hidden: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
    return hidden.transpose(0, 1).contiguous(), cell.transpose(0, 1).contiguous()


def check_sizes(dropout: float, **sizes: int) -> None:
    """Raise ConfigError for a net that cannot be."""
    if min(sizes.values()) < 1 or sizes.get("tokens", FIRST) < FIRST or not 0 <= dropout < 1:
        named = ", ".join(f"{name}={value}" for name, value in sizes.items())
        raise ConfigError(f"{named} must be at least 1 (tokens {FIRST}), and dropout={dropout} in [0, 1).")


@dataclass(frozen=True, slots=True)
class StatePassingSpec:
    """tokens: rows of the table, shared by source and answer.  width: numbers a token.  hidden: of the state of a layer."""

    tokens: int
    width: int = 128
    hidden: int = 256
    layers: int = 1
    dropout: float = 0.2

    def __post_init__(self) -> None:
        check_sizes(self.dropout, tokens=self.tokens, width=self.width, hidden=self.hidden, layers=self.layers)

    @property
    def outputs(self) -> int:
        return self.tokens

    def build(self) -> StatePassingNet:
        return StatePassingNet(self.tokens, self.width, self.hidden, self.layers, self.dropout)

    def tensor(self, matrix: np.ndarray) -> Tensor:
        return source_tensor(matrix, self.tokens)


@dataclass(frozen=True, slots=True)
class AlignedSpec:
    """As ``StatePassingSpec``, of one layer; the score of an alignment is as wide as the state."""

    tokens: int
    width: int = 128
    hidden: int = 128
    dropout: float = 0.3

    def __post_init__(self) -> None:
        check_sizes(self.dropout, tokens=self.tokens, width=self.width, hidden=self.hidden)

    @property
    def outputs(self) -> int:
        return self.tokens

    def build(self) -> AlignedNet:
        return AlignedNet(self.tokens, self.width, self.hidden, self.dropout)

    def tensor(self, matrix: np.ndarray) -> Tensor:
        return source_tensor(matrix, self.tokens)
