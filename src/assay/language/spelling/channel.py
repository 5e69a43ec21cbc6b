"""The noisy channel: how a word that was meant becomes the word that was typed, letter by letter.

Four confusion tables hold the probability of each slip given the letter before it, as counts of pairs (meant, typed) give
them, with the generic rates as a prior that weighs as much as ``prior_weight`` chances to err.  A pair is aligned by the costs
learned so far, its slips are counted, and so on again.

Source: Kernighan, Church & Gale (1990), A spelling correction program based on a noisy channel model.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from assay.core.state import State
from assay.language.spelling.generic import generic_rates
from assay.language.spelling.letters import MOST_LETTERS, Letters
from assay.language.spelling.ranking import CostTables, costs_between, tables_between
from assay.prepare import checks

LEAST_RATE = 1e-7
ROUNDS = 3
MOST_PAIRS_AT_ONCE = 4096


@dataclass(frozen=True)
class Channel:
    """rates: float64 (4, n, n), the tables delete, insert, replace, switch (see ``generic.generic_rates``).

    first: what an edit of the first letter costs more (natural logarithm).
    """

    letters: Letters
    rates: np.ndarray
    first: float = 1.0

    @classmethod
    def generic(cls, letters: Letters, *, first: float = 1.0) -> Self:
        """Before any pair was seen."""
        rates = generic_rates(letters.letters)
        return cls(letters, np.stack([rates[name] for name in ("delete", "insert", "replace", "switch")]), first)

    @cached_property
    def tables(self) -> CostTables:
        """The costs, minus natural logarithms."""
        costs = -np.log(np.clip(self.rates, LEAST_RATE, 0.9)).astype(np.float32)
        copied = -np.log(1 - np.clip(self.rates[2].sum(axis=1), 0, 0.5)).astype(np.float32)
        return CostTables(costs[0], costs[1], costs[2], costs[3], copied, self.first)

    def costs(self, meant: tuple[np.ndarray, np.ndarray], typed: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        """float32 (m,): minus the logarithm of the probability of each typed word given the meant one.

        meant, typed: codes (m, width) and lengths (m,) of as many words.
        """
        return costs_between(meant, typed, self.tables)

    def learned(self, meant: Sequence[str], typed: Sequence[str], *, prior_weight: float = 100.0) -> "Channel":
        """A channel that counted the slips of these pairs of folded words; pairs without a slip count as chances to err.

        prior_weight: how many chances to err the generic rates stand for.
        """
        codes_meant, codes_typed = self.letters.encode(meant), self.letters.encode(typed)
        found = self
        for _ in range(ROUNDS):
            counts, chances = _counted(found.tables, codes_meant, codes_typed, self.letters.n_codes)
            rates = (counts + prior_weight * self.rates) / (chances + prior_weight)
            if np.array_equal(rates, found.rates):
                break
            found = Channel(self.letters, rates, self.first)
        return found

    def state(self) -> State:
        return {"letters": self.letters.letters, "rates": self.rates, "first": self.first}

    @classmethod
    def from_state(cls, state: State) -> Self:
        letters = checks.text(state, "letters")
        checks.whole({"letters": len(letters)}, "letters", low=1, high=MOST_LETTERS)
        if "".join(sorted(set(letters))) != letters:
            checks.flag({"letters in order": None}, "letters in order")
        known = Letters(letters)
        rates = checks.floats(state, "rates", (4, known.n_codes, known.n_codes))
        checks.real({"least rate": float(rates.min())}, "least rate", low=0.0)
        checks.real({"largest rate": float(rates.max())}, "largest rate", high=1.0)
        return cls(known, rates, checks.real(state, "first", low=0.0, high=100.0))


def _counted(
    tables: CostTables, meant: tuple[np.ndarray, np.ndarray], typed: tuple[np.ndarray, np.ndarray], n: int
) -> tuple[np.ndarray, np.ndarray]:
    """(counts (4, n, n), chances (4, n, n)) of the slips along one cheapest alignment of each pair."""
    counts, chances = np.zeros((4, n, n)), np.zeros((4, n, n))
    for start in range(0, len(meant[1]), MOST_PAIRS_AT_ONCE):
        part = slice(start, start + MOST_PAIRS_AT_ONCE)
        whole = tables_between((meant[0][part], meant[1][part]), (typed[0][part], typed[1][part]), tables)
        for row in range(whole.shape[2]):
            a = meant[0][start + row][: meant[1][start + row]]
            b = typed[0][start + row][: typed[1][start + row]]
            if not np.isfinite(whole[len(a), len(b), row]):
                continue  # of unlike lengths: no slips of the pen
            _count_chances(chances, a)
            _count_slips(counts, whole[:, :, row], a, b, tables)
    return counts, chances


def _count_chances(chances: np.ndarray, word: np.ndarray) -> None:
    before = np.concatenate([[0], word[:-1]])
    np.add.at(chances[0], (before, word), 1)
    for letter in [0, *word]:
        chances[1, letter] += 1
    for letter in word:
        chances[2, letter] += 1
    np.add.at(chances[3], (word[:-1], word[1:]), 1)


def _count_slips(counts: np.ndarray, table: np.ndarray, a: np.ndarray, b: np.ndarray, costs: CostTables) -> None:
    """Walk back from the end; the cell that is left is the one whose cost and step come nearest to this one."""
    i, j = len(a), len(b)
    while i or j:
        best, step = np.inf, "copy"
        before = a[i - 2] if i > 1 else 0
        last = a[i - 1] if i else 0
        if i and j:
            cost = costs.copied[last] if a[i - 1] == b[j - 1] else costs.of_replace(a, b, i, j)
            best, step = table[i - 1, j - 1] + cost, "copy" if a[i - 1] == b[j - 1] else "replace"
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1] and a[i - 1] != a[i - 2]:
                cost = table[i - 2, j - 2] + costs.of_switch(a, i)
                best, step = min((best, step), (cost, "switch"))
        if i:
            best, step = min((best, step), (table[i - 1, j] + costs.of_delete(a, i), "delete"))
        if j:
            best, step = min((best, step), (table[i, j - 1] + costs.of_insert(a, b, i, j), "insert"))
        if step == "delete":
            counts[0, before, last] += 1
        elif step == "insert":
            counts[1, last, b[j - 1]] += 1
        elif step == "replace":
            counts[2, last, b[j - 1]] += 1
        elif step == "switch":
            counts[3, a[i - 2], last] += 1
        i -= {"insert": 0, "switch": 2}.get(step, 1)
        j -= {"delete": 0, "switch": 2}.get(step, 1)
