"""What ``explain.tree_kernels`` compiles, in NumPy: every question and every leaf for all rows at once."""

from collections.abc import Iterator

import numpy as np

from assay.explain.tree_arrays import GAP_IS_ZERO, GAP_LEFT
from assay.recipes.tree_arrays import LEAF

Sets = tuple[np.ndarray, np.ndarray]
Quadrature = tuple[np.ndarray, np.ndarray, np.ndarray]


def goes_left(value: np.ndarray, threshold: np.ndarray, gap: np.ndarray, own: np.ndarray, table: np.ndarray) -> np.ndarray:
    """bool, broadcast: see the compiled twin."""
    by_set = own >= 0
    left_where_missing = gap == GAP_LEFT
    with np.errstate(invalid="ignore"):
        is_level = (value >= 0) & (value < table.shape[1]) & (value == np.floor(value))
    level = np.where(is_level, value, 0).astype(np.int64)
    in_set = table[np.maximum(own, 0), level] if table.size else np.zeros(np.broadcast(value, own).shape, dtype=bool)
    missing = np.where(gap == GAP_IS_ZERO, threshold >= 0.0, left_where_missing)
    return np.where(
        by_set, np.where(is_level, in_set, left_where_missing), np.where(np.isnan(value), missing, value <= threshold)
    )


def count_covers(  # the arrays of a Forest
    starts: np.ndarray,
    left: np.ndarray,
    right: np.ndarray,
    feature: np.ndarray,
    threshold: np.ndarray,
    gap: np.ndarray,
    sets: Sets,
    rows: np.ndarray,
) -> np.ndarray:
    of_node, table = sets
    covers = np.zeros(len(left))
    for first in starts[:-1].tolist():
        row, node = np.arange(len(rows)), np.full(len(rows), first)
        while len(row):
            covers += np.bincount(node, minlength=len(left))
            asks = left[node] != LEAF
            row, node = row[asks], node[asks]
            turns = goes_left(rows[row, feature[node]], threshold[node], gap[node], of_node[node], table)
            node = first + np.where(turns, left[node], right[node])
    return covers


def path_work(starts: np.ndarray, left: np.ndarray, right: np.ndarray) -> float:
    return float(sum(len(way) ** 2 for tree in range(len(starts) - 1) for _, way in _leaves(int(starts[tree]), left, right)))


def _leaves(first: int, left: np.ndarray, right: np.ndarray) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    """Every leaf of the tree whose root stands at ``first``, with the way to it: (node, next node) from the top."""
    stack: list[tuple[int, list[tuple[int, int]]]] = [(first, [])]
    while stack:
        node, way = stack.pop()
        if left[node] == LEAF:
            yield node, way
            continue
        for child in (first + int(right[node]), first + int(left[node])):
            stack.append((child, [*way, (node, child)]))


def attribute(  # more arguments than 8: the arrays of a Forest
    starts: np.ndarray,
    left: np.ndarray,
    right: np.ndarray,
    feature: np.ndarray,
    threshold: np.ndarray,
    gap: np.ndarray,
    sets: Sets,
    values: np.ndarray,
    covers: np.ndarray,
    players: np.ndarray,
    rows: np.ndarray,
    quadrature: Quadrature,
    out: np.ndarray,
) -> None:
    of_node, table = sets
    for first, stop in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True):
        asks = first + np.flatnonzero(left[first:stop] != LEAF)
        turns = goes_left(rows[:, feature[asks]], threshold[asks], gap[asks], of_node[asks], table)
        place = dict(zip(asks.tolist(), range(len(asks)), strict=True))
        for leaf, way in _leaves(first, left, right):
            follows: dict[int, np.ndarray] = {}
            shares: dict[int, float] = {}
            for node, child in way:
                player = int(players[feature[node]])
                own = turns[:, place[node]] == (child == first + left[node])
                follows[player] = follows[player] & own if player in follows else own
                share = float(covers[child] / covers[node]) if covers[node] > 0 else 0.5
                shares[player] = shares.get(player, 1.0) * share
            _add_leaf(follows, shares, values[leaf], quadrature, out)


def _add_leaf(
    follows: dict[int, np.ndarray], shares: dict[int, float], value: np.ndarray, quadrature: Quadrature, out: np.ndarray
) -> None:
    """The integral of ``tree_kernels`` over one leaf, for all rows at once."""
    nodes, weights, counts = quadrature
    n_players = len(follows)
    if n_players == 0:
        return
    known = np.stack([own.astype(np.float64) for own in follows.values()])
    share = np.array(list(shares.values()))[:, None]
    effect = np.zeros(known.shape)
    for node in range(int(counts[n_players])):
        t = nodes[n_players, node]
        here = (1.0 - t) * share + t * known
        ones = np.ones((1, known.shape[1]))
        before = np.cumprod(np.concatenate([ones, here[:-1]]), axis=0)
        after = np.cumprod(np.concatenate([ones, here[:0:-1]]), axis=0)[::-1]
        effect += weights[n_players, node] * before * after
    change = effect * (known - share)
    for place, player in enumerate(follows):
        out[:, player] += change[place][:, None] * value
