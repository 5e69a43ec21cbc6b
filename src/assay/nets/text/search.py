"""The answer a net finds likeliest, looked for token by token: greedily, or with a beam.

An answer's probability is that of all its tokens and of the ``</s>`` behind them, so that a beam as wide as everything finds
the best answer there is.  Longer answers are less probable; a beam compares them by log P(Y) / lp(Y) with
lp(Y) = ((5 + |Y|) / 6)^α, where |Y| counts the ``</s>``: α = 0 compares probabilities.
Source: Wu et al. (2016), "Google's neural machine translation system", section 7 (without its coverage penalty).
"""

from dataclasses import dataclass, field
from math import inf, isfinite
from typing import NamedTuple

import torch
from torch import Tensor

from assay.core.errors import ConfigError, DataError
from assay.nets.text.decoding import Answering, rows_of
from assay.nets.text.pairs import END, NEVER_SAID, START


class Answer(NamedTuple):
    """tokens: without ``<s>`` and ``</s>``.  log_probability: natural, with that of ``</s>``.  score: what it was chosen by."""

    tokens: tuple[int, ...]
    log_probability: float
    score: float


def length_penalty(length: int, alpha: float) -> float:
    """What the log-probability of an answer of ``length`` tokens is divided by.

    >>> length_penalty(1, 0.6), round(length_penalty(10, 0.6), 4)
    (1.0, 1.7329)
    """
    return float(((5.0 + length) / 6.0) ** alpha)


def greedy(net: Answering, source: Tensor, *, longest: int) -> list[Answer]:
    """For each row of source (n, s) the answer whose every token is the likeliest; of ``longest`` tokens at most."""
    check_search(1, longest, 0.0)
    tokens: list[list[int]] = [[] for _ in range(len(source))]
    sums = [0.0] * len(source)
    rows = torch.arange(len(source))
    last = torch.full((len(source),), START, device=source.device)
    state = net.start(source)
    for said in range(longest + 1):
        if not len(rows):
            break
        logits, state = net.step(last, state)
        value, last = _log_probabilities(logits, must_end=said == longest).max(dim=1)
        for row, token, gain in zip(rows.tolist(), last.tolist(), value.tolist(), strict=True):
            sums[row] += gain
            if token != END:
                tokens[row].append(token)
        going = torch.nonzero(last != END)[:, 0]
        rows, last, state = rows[going.cpu()], last[going], rows_of(state, going)
    _check_finite(sums)
    return [Answer(tuple(said_), total, total) for said_, total in zip(tokens, sums, strict=True)]


def beam(net: Answering, source: Tensor, *, width: int, longest: int, penalty: float = 0.6) -> list[Answer]:
    """For each row of source (n, s) the best answer among those that ``width`` beginnings at a time lead to.

    A beginning that ends leaves the beam, and its place stays empty.  longest: tokens of an answer at most, behind which
    only ``</s>`` may follow, so the search ends.  penalty: α above.  Raises ConfigError for settings that cannot be.
    """
    check_search(width, longest, penalty)
    best = _Best([inf * -1.0] * len(source), [None] * len(source))
    live = _Live(
        rows=torch.arange(len(source), device=source.device),
        sums=torch.zeros(len(source), dtype=torch.float64, device=source.device),
        tokens=torch.full((len(source), 1), START, device=source.device),
    )
    state = net.start(source)
    for length in range(1, longest + 2):
        if not len(live.rows):
            break
        logits, state = net.step(live.tokens[:, -1], state)
        sums = live.sums[:, None] + _log_probabilities(logits, must_end=length > longest)
        live, parents = _continued(live, sums, width)
        best.take_in(live, length_penalty(length, penalty))
        going = torch.nonzero(best.can_be_beaten(live, length_penalty(longest + 1, penalty)))[:, 0]
        live, state = live.at(going), rows_of(state, parents[going])
    _check_finite([answer.log_probability if answer else inf for answer in best.answers])
    return [answer for answer in best.answers if answer]


def check_search(width: int, longest: int, penalty: float) -> None:
    """Raise ConfigError for a search that cannot be made."""
    if width < 1 or longest < 1 or not (penalty >= 0 and isfinite(penalty)):
        raise ConfigError(f"a search needs width={width} and longest={longest} of at least 1, and penalty={penalty} not below 0.")


def _log_probabilities(logits: Tensor, *, must_end: bool) -> Tensor:
    """float64 (m, tokens), -inf for what may not follow."""
    found = logits.double().log_softmax(dim=1)
    if must_end:
        ended = torch.full_like(found, -inf)
        ended[:, END] = found[:, END]
        return ended
    found[:, list(NEVER_SAID)] = -inf
    return found


@dataclass(frozen=True)
class _Live:
    """Beginnings of answers, those of one row next to each other.  rows (m,), sums float64 (m,), tokens (m, length)."""

    rows: Tensor
    sums: Tensor
    tokens: Tensor

    def at(self, places: Tensor) -> "_Live":
        return _Live(self.rows[places], self.sums[places], self.tokens[places])


@dataclass
class _Best:
    """The best answer of each row so far."""

    scores: list[float]
    answers: list[Answer | None] = field(default_factory=list)

    def take_in(self, live: _Live, divisor: float) -> None:
        """Note those that have just ended, where they are the best of their row."""
        ended = live.at(torch.nonzero(live.tokens[:, -1] == END)[:, 0])
        found = zip(ended.rows.tolist(), ended.sums.tolist(), ended.tokens.tolist(), strict=True)
        for row, total, tokens in found:
            if total / divisor > self.scores[row]:
                self.scores[row] = total / divisor
                self.answers[row] = Answer(tuple(tokens[1:-1]), total, total / divisor)

    def can_be_beaten(self, live: _Live, largest: float) -> Tensor:
        """bool (m,): which have not ended, in rows one of whose beginnings could still become better than the best.

        A sum only falls, and at best it is divided by the largest penalty.
        """
        going = live.tokens[:, -1] != END
        known = torch.tensor(self.scores, dtype=torch.float64, device=live.sums.device)
        highest = torch.full_like(known, -inf)
        highest.scatter_reduce_(0, live.rows[going], live.sums[going], "amax")
        return going & (highest / largest > known)[live.rows]


def _continued(live: _Live, sums: Tensor, width: int) -> tuple[_Live, Tensor]:
    """The ``width`` best continuations in each row, and which beginning each came from.  sums: float64 (m, tokens)."""
    value, token = sums.topk(min(width, sums.shape[1]), dim=1)  # (m, k): no beginning has more than ``width`` of the best
    k = value.shape[1]
    rows, place, count = torch.unique_consecutive(live.rows, return_inverse=True, return_counts=True)
    first = count.cumsum(0) - count
    slot = torch.arange(len(live.rows), device=sums.device) - first[place]
    table = value.new_full((len(rows), int(count.max()) * k), -inf)
    table[place[:, None], slot[:, None] * k + torch.arange(k, device=sums.device)] = value
    kept, at = table.topk(min(width, table.shape[1]), dim=1)
    is_there = kept > -inf
    parents = (first[:, None] + at // k)[is_there]
    said = token[parents, (at % k)[is_there]]
    tokens = torch.cat([live.tokens[parents], said[:, None]], dim=1)
    return _Live(live.rows[parents], kept[is_there], tokens), parents


def _check_finite(sums: list[float]) -> None:
    if not all(map(isfinite, sums)):
        raise DataError("the net gives no finite probabilities for some of these texts; train it again.")
