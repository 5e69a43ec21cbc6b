"""Recurrent layers over texts of different lengths: simple RNN, GRU and LSTM, one way or both ways, one or several.

    RNN    h_t = tanh(W_x x_t + b_x + W_h h_{t-1} + b_h)
    GRU    r = σ(…), u = σ(…) as above;  h' = tanh(W_x x_t + b_x + W_h (r · h_{t-1}) + b_h);  h_t = u·h_{t-1} + (1 - u)·h'
    LSTM   i, f, o = σ(…), g = tanh(…);  c_t = f·c_{t-1} + i·g;  h_t = o·tanh(c_t)

torch's GRU differs in one place: its reset gate stands behind the product, r · (W_h h + b_h).  Both are here ("gru" and
"gru-after"); each has torch's names and forms of weights.  Forward passes of the others are torch's own.
Sources: Elman (1990); Cho et al. (2014), whose GRU resets before the product; Hochreiter & Schmidhuber (1997);
Schuster & Paliwal (1997) for both ways.
"""

from collections.abc import Callable
from typing import Literal, get_args

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from assay.core.errors import ConfigError
from assay.core.names import did_you_mean
from assay.nets.text.reading import within

Cell = Literal["rnn", "gru", "gru-after", "lstm"]

_TORCH: dict[str, Callable[..., nn.Module]] = {"rnn": nn.RNN, "gru-after": nn.GRU, "lstm": nn.LSTM}


def check_cell(name: str) -> None:
    """Raise ConfigError unless ``name`` is a cell."""
    if name not in get_args(Cell):
        raise ConfigError(f"no cell {name!r}{did_you_mean(name, get_args(Cell))}")


class GRULayer(nn.Module):
    """One GRU layer, one way, whose reset gate stands before the product.

    weight_ih (3·hidden, width), weight_hh (3·hidden, hidden), bias_ih and bias_hh (3·hidden,): reset, update, candidate.
    """

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.hidden = hidden
        self.weight_ih = nn.Parameter(torch.empty(3 * hidden, width))
        self.weight_hh = nn.Parameter(torch.empty(3 * hidden, hidden))
        self.bias_ih = nn.Parameter(torch.empty(3 * hidden))
        self.bias_hh = nn.Parameter(torch.empty(3 * hidden))
        for weight in self.parameters():
            nn.init.uniform_(weight, -(hidden**-0.5), hidden**-0.5)

    def forward(self, vectors: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """(n, t, width), (n,) -> states (n, t, hidden), 0 behind the end of a text, and the last of each text (n, hidden)."""
        both, steps = 2 * self.hidden, vectors.shape[1]
        bias = self.bias_ih + self.bias_hh
        read = nn.functional.linear(vectors, self.weight_ih, bias).unbind(1)
        gating, proposing = self.weight_hh[:both].t(), self.weight_hh[both:].t()
        inside = within(lengths, steps)
        state = vectors.new_zeros(len(vectors), self.hidden)
        states = []
        for step in range(steps):
            reset, update = torch.sigmoid(torch.addmm(read[step][:, :both], state, gating)).chunk(2, 1)
            proposed = torch.tanh(torch.addmm(read[step][:, both:], reset * state, proposing))
            after = update * state + (1 - update) * proposed
            alive = inside[:, step : step + 1]
            states.append(after * alive)
            state = torch.where(alive, after, state)
        return torch.stack(states, 1), state


def turned(vectors: Tensor, lengths: Tensor) -> Tensor:
    """Each text's vectors in reverse, what lies behind its end left where it is: (n, t, width), (n,) -> (n, t, width)."""
    places = torch.arange(vectors.shape[1], device=vectors.device)
    back = lengths[:, None] - 1 - places
    order = torch.where(back >= 0, back, places)
    return vectors.gather(1, order[..., None].expand_as(vectors))


class Recurrent(nn.Module):
    """``layers`` layers of a cell; (n, t, width), lengths (n,) from 1 -> states of the top layer and its last states.

    states: (n, t, size), 0 behind the end of a text.  last: (n, size), what each way ends with: at the last token, and, of the
    way back, at the first.  size: hidden, twice that both ways.  dropout: of what a layer hands to the next one.
    """

    def __init__(
        self, width: int, hidden: int, cell: Cell, layers: int = 1, both_ways: bool = False, dropout: float = 0.0
    ) -> None:
        super().__init__()
        check_cell(cell)
        self.cell, self.both_ways = cell, both_ways
        self.size = hidden * (1 + both_ways)
        widths = [width, *[self.size] * (layers - 1)]
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.ModuleList(self._ways(each, hidden) for each in widths)

    def _ways(self, width: int, hidden: int) -> nn.Module:
        if self.cell == "gru":
            return nn.ModuleList(GRULayer(width, hidden) for _ in range(1 + self.both_ways))
        return _TORCH[self.cell](width, hidden, batch_first=True, bidirectional=self.both_ways)

    def forward(self, vectors: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        last = vectors.new_zeros(0)
        for place, layer in enumerate(self.layers):
            given = self.dropout(vectors) if place else vectors
            vectors, last = self._through(layer, given, lengths)
        return vectors, last

    def _through(self, layer: nn.Module, vectors: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        if isinstance(layer, nn.ModuleList):
            states, last = layer[0](vectors, lengths)
            if not self.both_ways:
                return states, last
            back, end = layer[1](turned(vectors, lengths), lengths)
            return torch.cat([states, turned(back, lengths)], 2), torch.cat([last, end], 1)
        packed = pack_padded_sequence(vectors, lengths.cpu(), batch_first=True, enforce_sorted=False)
        answers, ended = layer(packed)
        states, _ = pad_packed_sequence(answers, batch_first=True, total_length=vectors.shape[1])
        ends = ended[0] if isinstance(ended, tuple) else ended  # (ways, n, hidden)
        return states, ends.transpose(0, 1).reshape(len(vectors), -1)
