"""The minimum edit distance with any costs: its whole table, and the edits of one cheapest way.

Rows of the table stand for the letters of the source, columns for those of the target; a cell holds the least cost of turning
so many letters of the one into so many of the other.  Source: Wagner & Fischer (1974); switches as in Damerau (1964), the
form in which no part is edited twice (optimal string alignment).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from assay.core.errors import ConfigError

Operation = Literal["copy", "insert", "delete", "replace", "switch"]


@dataclass(frozen=True, kw_only=True)
class EditCosts:
    """What each operation costs, >= 0.

    switch: of two neighbours in the other order; None: there is no such operation.
    by_insert, by_delete: other costs for some letters.  by_replace: for some pairs (letter of the source, of the target).
    by_switch: for some pairs (first letter of the source, second).
    """

    insert: float = 1.0
    delete: float = 1.0
    replace: float = 1.0
    switch: float | None = None
    by_insert: Mapping[str, float] = field(default_factory=dict)
    by_delete: Mapping[str, float] = field(default_factory=dict)
    by_replace: Mapping[tuple[str, str], float] = field(default_factory=dict)
    by_switch: Mapping[tuple[str, str], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        given = [self.insert, self.delete, self.replace, 0.0 if self.switch is None else self.switch]
        for special in (self.by_insert, self.by_delete, self.by_replace, self.by_switch):
            given.extend(special.values())
        if not all(math.isfinite(cost) and cost >= 0 for cost in given):
            raise ConfigError("the costs of edits must be finite numbers, none of them negative.")

    def of_insert(self, letter: str) -> float:
        return self.by_insert.get(letter, self.insert)

    def of_delete(self, letter: str) -> float:
        return self.by_delete.get(letter, self.delete)

    def of_replace(self, old: str, new: str) -> float:
        return 0.0 if old == new else self.by_replace.get((old, new), self.replace)

    def of_switch(self, first: str, second: str) -> float:
        return self.by_switch.get((first, second), math.inf if self.switch is None else self.switch)


UNIT = EditCosts()
"""Levenshtein's: every edit costs 1."""

DOUBLE_REPLACE = EditCosts(replace=2.0)
"""A replaced letter costs as much as one deleted and one inserted."""


@dataclass(frozen=True)
class Edit:
    """One step of an alignment.  source, target: the letters on either side ("" where there is none; two of a switch)."""

    operation: Operation
    source: str
    target: str
    cost: float


def distance_table(source: str, target: str, costs: EditCosts = UNIT) -> np.ndarray:
    """float64 (len(source) + 1, len(target) + 1).

    >>> distance_table("fur", "fear", DOUBLE_REPLACE).astype(int).tolist()
    [[0, 1, 2, 3, 4], [1, 0, 1, 2, 3], [2, 1, 2, 3, 4], [3, 2, 3, 4, 3]]
    """
    inserted = [costs.of_insert(letter) for letter in target]
    table = [[0.0, *np.cumsum(inserted).tolist()]]
    for row, old in enumerate(source, start=1):
        deleted, above = costs.of_delete(old), table[-1]
        line = [above[0] + deleted]
        for column, new in enumerate(target, start=1):
            best = min(above[column - 1] + costs.of_replace(old, new), above[column] + deleted, line[-1] + inserted[column - 1])
            if row > 1 and column > 1 and old == target[column - 2] and new == source[row - 2] and old != new:
                best = min(best, table[row - 2][column - 2] + costs.of_switch(new, old))
            line.append(best)
        table.append(line)
    return np.array(table)


def edit_distance(source: str, target: str, costs: EditCosts = UNIT) -> float:
    """The least cost of turning one word into the other.

    >>> edit_distance("intention", "execution"), edit_distance("молоко", "малако", DOUBLE_REPLACE)
    (5.0, 4.0)
    """
    return float(distance_table(source, target, costs)[-1, -1])


def alignment(source: str, target: str, costs: EditCosts = UNIT) -> tuple[Edit, ...]:
    """One cheapest way, from the first letter to the last.

    Of ways as cheap a copy or a replacement is taken before a switch, a deletion and an insertion, from the end.

    >>> [(edit.operation, edit.source, edit.target) for edit in alignment("кот", "скат")]
    [('insert', '', 'с'), ('copy', 'к', 'к'), ('replace', 'о', 'а'), ('copy', 'т', 'т')]
    """
    table = distance_table(source, target, costs)
    row, column = len(source), len(target)
    edits: list[Edit] = []
    while row or column:
        edit = next(edit for edit, cost in _ways(table, source, target, row, column, costs) if cost == table[row, column])
        edits.append(edit)
        row, column = row - len(edit.source), column - len(edit.target)
    return tuple(reversed(edits))


def _ways(table: np.ndarray, source: str, target: str, row: int, column: int, costs: EditCosts) -> list[tuple[Edit, float]]:
    """The edits that can end at this cell, each with the cost of the whole way; sums as in the table, so equal to its cells."""
    ways: list[tuple[Edit, float]] = []
    if row and column:
        old, new = source[row - 1], target[column - 1]
        cost = costs.of_replace(old, new)
        name: Operation = "copy" if old == new else "replace"
        ways.append((Edit(name, old, new, cost), table[row - 1, column - 1] + cost))
        before, after = source[max(row - 2, 0) : row], target[max(column - 2, 0) : column]
        if len(before) == len(after) == 2 and before == after[::-1] and old != new:
            cost = costs.of_switch(before[0], before[1])
            ways.append((Edit("switch", before, after, cost), table[row - 2, column - 2] + cost))
    if row:
        cost = costs.of_delete(source[row - 1])
        ways.append((Edit("delete", source[row - 1], "", cost), table[row - 1, column] + cost))
    if column:
        cost = costs.of_insert(target[column - 1])
        ways.append((Edit("insert", "", target[column - 1], cost), table[row, column - 1] + cost))
    return ways
