"""Compiled loops over trees.  Import it inside the function that calls one (see ``core.compiled``).

A leaf is a product: its value times, for each column on the way to it, 1 or 0 where the column is known (does the row go
this way?), and the share of reference rows that go this way where it is not.  The Shapley value of a product is an integral
over t in [0, 1] of a polynomial (the multilinear extension; Owen 1972), which Gauss-Legendre quadrature with enough nodes
gives exactly; every term is >= 0, so nothing cancels, and a share of 0 needs no care.
"""

import numpy as np

from assay.core.compiled import kernel
from assay.explain.tree_arrays import DEEPEST, GAP_IS_ZERO, GAP_LEFT
from assay.recipes.tree_arrays import LEAF


@kernel
def goes_left(value, threshold, gap, own, table):  # type: ignore[no-untyped-def]
    """One question; value NaN where it is missing.

    own: the set of levels it asks by, -1 where it asks by the threshold.  table: bool (sets, levels), which go left.
    """
    if own >= 0:
        if value >= 0.0 and value < table.shape[1] and value == np.floor(value):
            return table[own, np.int64(value)]
        return gap == GAP_LEFT  # a level that is none of them goes where a missing one does
    if np.isnan(value):
        if gap == GAP_IS_ZERO:
            return threshold >= 0.0
        return gap == GAP_LEFT
    return value <= threshold


@kernel
def count_covers(starts, left, right, feature, threshold, gap, sets, rows):  # type: ignore[no-untyped-def]
    """float64 (nodes,): how many rows (n, width) pass each node.  sets: (of_node, table) of a LevelSets."""
    of_node, table = sets
    covers = np.zeros(len(left))
    for tree in range(len(starts) - 1):
        first = starts[tree]
        for row in range(rows.shape[0]):
            node = first
            covers[node] += 1.0
            while left[node] != LEAF:
                if goes_left(rows[row, feature[node]], threshold[node], gap[node], of_node[node], table):
                    node = first + left[node]
                else:
                    node = first + right[node]
                covers[node] += 1.0
    return covers


@kernel
def path_work(starts, left, right):  # type: ignore[no-untyped-def]
    """The sum over leaves of their squared depth: what one row costs."""
    work = 0.0
    for tree in range(len(starts) - 1):
        first, n = starts[tree], starts[tree + 1] - starts[tree]
        depth = np.zeros(n, np.int64)
        for node in range(n):  # children stand after their parents
            if left[first + node] == LEAF:
                work += depth[node] ** 2
            else:
                depth[left[first + node]] = depth[node] + 1
                depth[right[first + node]] = depth[node] + 1
    return work


@kernel
def add_leaf(way, n_way, kinds, table, values, rows, quadrature, out):  # type: ignore[no-untyped-def]
    """Add one leaf's part to out (n, players, K).

    way: (5, DEEPEST) of player, feature, threshold, 1 for left, share of reference rows; the first n_way are used.
    kinds: (2, DEEPEST) of gap and set.
    """
    nodes, weights, counts = quadrature
    players, place_of = np.empty(DEEPEST, np.int64), np.empty(DEEPEST, np.int64)
    shares, n_players = np.ones(DEEPEST), 0
    for step in range(n_way):
        player, place = np.int64(way[0, step]), -1
        for known in range(n_players):
            if players[known] == player:
                place = known
        if place < 0:
            place = n_players
            players[place] = player
            n_players += 1
        place_of[step] = place
        shares[place] *= way[4, step]
    here, before, after = np.empty(DEEPEST), np.empty(DEEPEST + 1), np.empty(DEEPEST + 1)
    follows, effect = np.empty(DEEPEST), np.empty(DEEPEST)
    n_nodes = counts[n_players]
    for row in range(rows.shape[0]):
        follows[:n_players] = 1.0
        effect[:n_players] = 0.0
        for step in range(n_way):
            left = goes_left(rows[row, np.int64(way[1, step])], way[2, step], kinds[0, step], kinds[1, step], table)
            if left != (way[3, step] == 1.0):
                follows[place_of[step]] = 0.0
        for node in range(n_nodes):
            t = nodes[n_players, node]
            before[0], after[n_players] = 1.0, 1.0
            for place in range(n_players):
                here[place] = (1.0 - t) * shares[place] + t * follows[place]
                before[place + 1] = before[place] * here[place]
            for place in range(n_players - 1, -1, -1):
                after[place] = after[place + 1] * here[place]
                effect[place] += weights[n_players, node] * before[place] * after[place + 1]
        for place in range(n_players):
            change = effect[place] * (follows[place] - shares[place])
            for score in range(len(values)):
                out[row, players[place], score] += change * values[score]


@kernel
def attribute(starts, left, right, feature, threshold, gap, sets, values, covers, players, rows, quadrature, out):  # type: ignore[no-untyped-def]  # more arguments: the arrays of a Forest
    """Walk every tree leaf by leaf and add what each gives; out: float64 (n, players, K), zeros before."""
    of_node, table = sets
    way, kinds = np.empty((5, DEEPEST)), np.empty((2, DEEPEST), np.int64)
    stack, depths = np.empty(2 * DEEPEST, np.int64), np.empty(2 * DEEPEST, np.int64)
    sides, parents = np.empty(2 * DEEPEST, np.int64), np.empty(2 * DEEPEST, np.int64)
    for tree in range(len(starts) - 1):
        first, top = starts[tree], 1
        stack[0], depths[0], sides[0], parents[0] = first, 0, -1, -1
        while top > 0:
            top -= 1
            node, depth, side, parent = stack[top], depths[top], sides[top], parents[top]
            if parent >= 0:
                step = depth - 1
                way[0, step], way[1, step] = players[feature[parent]], feature[parent]
                way[2, step], way[3, step] = threshold[parent], side
                way[4, step] = covers[node] / covers[parent] if covers[parent] > 0 else 0.5
                kinds[0, step], kinds[1, step] = gap[parent], of_node[parent]
            if left[node] == LEAF:
                add_leaf(way, depth, kinds, table, values[node], rows, quadrature, out)
                continue
            for branch in range(2):
                stack[top] = first + (right[node] if branch == 0 else left[node])
                depths[top], sides[top], parents[top] = depth + 1, branch, node
                top += 1
