"""Costs of many pairs of words at once: the table of the weighted edit distance, one cell after another, all pairs together.

A cell off the diagonal by more than ``BAND`` is not visited: words whose lengths differ by more have an infinite cost.
"""

from dataclasses import dataclass

import numpy as np

BAND = 3
CHUNK = 8192
"""Pairs that are worked on together: their tables stay in the processor's cache."""


@dataclass(frozen=True)
class CostTables:
    """float32 (n, n) by code: delete[w, x], insert[w, y], replace[x, y], switch[x, y]; copied (n,).

    first: added to what an edit of the first letter of the meant word costs.
    """

    delete: np.ndarray
    insert: np.ndarray
    replace: np.ndarray
    switch: np.ndarray
    copied: np.ndarray
    first: float

    def of_delete(self, a: np.ndarray, i: int) -> float:
        return float(self.delete[a[i - 2] if i > 1 else 0, a[i - 1]]) + (self.first if i == 1 else 0.0)

    def of_insert(self, a: np.ndarray, b: np.ndarray, i: int, j: int) -> float:
        return float(self.insert[a[i - 1] if i else 0, b[j - 1]]) + (self.first if i == 0 else 0.0)

    def of_replace(self, a: np.ndarray, b: np.ndarray, i: int, j: int) -> float:
        return float(self.replace[a[i - 1], b[j - 1]]) + (self.first if i == 1 else 0.0)

    def of_switch(self, a: np.ndarray, i: int) -> float:
        return float(self.switch[a[i - 2], a[i - 1]]) + (self.first if i == 2 else 0.0)


def tables_between(meant: tuple[np.ndarray, np.ndarray], typed: tuple[np.ndarray, np.ndarray], costs: CostTables) -> np.ndarray:
    """float32 (longest meant + 1, longest typed + 1, m): the whole table of each pair, pairs last; what lies beyond the end of
    a word is filled too, and not to be read."""
    m, n = len(meant[1]), len(costs.copied)
    a, b = _columns(meant), _columns(typed)
    table = np.full((len(a) + 1, len(b) + 1, m), np.inf, dtype=np.float32)
    table[0, 0] = 0
    start = np.zeros(m, dtype=np.intp)
    insert, switch, delete = costs.insert.ravel(), costs.switch.ravel(), costs.delete.ravel()
    replace = costs.replace.copy()
    np.fill_diagonal(replace, costs.copied - costs.first)
    replace_first = (replace + np.float32(costs.first)).ravel()
    np.fill_diagonal(replace, costs.copied)
    replace = replace.ravel()
    for i in range(len(a) + 1):
        last, before = (a[i - 1] if i else start), (a[i - 2] if i > 1 else start)
        extra = np.float32(costs.first)
        deleted = delete[before * n + last] + (extra if i == 1 else 0)
        switched = switch[before * n + last] + (extra if i == 2 else 0) if i > 1 else None
        own = replace_first if i == 1 else replace
        for j in range(max(i - BAND, 0), min(i + BAND, len(b)) + 1):
            best = table[i, j]
            if i and i - 1 >= j - BAND:
                np.minimum(best, table[i - 1, j] + deleted, out=best)
            if not j:
                continue
            new = b[j - 1]
            at = last * n + new
            if j - 1 >= i - BAND:
                np.minimum(best, table[i, j - 1] + insert[at] + (extra if i == 0 else 0), out=best)
            if i:
                np.minimum(best, table[i - 1, j - 1] + own[at], out=best)
            if switched is not None and j > 1:
                crossed = (last == b[j - 2]) & (before == new) & (last != before)
                if crossed.any():
                    np.minimum(best, np.where(crossed, table[i - 2, j - 2] + switched, np.inf), out=best)
    return table


def _columns(words: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """intp (longest, m): the letters by place."""
    return np.ascontiguousarray(words[0][:, : int(words[1].max(initial=0))].T, dtype=np.intp)


def costs_between(meant: tuple[np.ndarray, np.ndarray], typed: tuple[np.ndarray, np.ndarray], costs: CostTables) -> np.ndarray:
    """float32 (m,): the last cell of each pair's table; infinite where the lengths differ by more than BAND."""
    m = len(meant[1])
    found = np.full(m, np.inf, dtype=np.float32)
    order = np.argsort(np.maximum(meant[1], typed[1]), kind="stable")  # so that short words do not wait for long ones
    for start in range(0, m, CHUNK):
        rows = order[start : start + CHUNK]
        long_a, long_b = meant[1][rows], typed[1][rows]
        table = tables_between((meant[0][rows], long_a), (typed[0][rows], long_b), costs)
        found[rows] = table[long_a, long_b, np.arange(len(rows))]
    return found


def unit_tables(n_codes: int) -> CostTables:
    """Every edit costs 1: Levenshtein's distance with switches (optimal string alignment)."""
    ones = np.ones((n_codes, n_codes), dtype=np.float32)
    return CostTables(ones, ones, ones, ones, np.zeros(n_codes, dtype=np.float32), 0.0)
