"""The compiled loops of word2vec, its subword form, and GloVe.  Their twins in NumPy: ``plain_kernels``.

Every loop walks the corpus in order in one thread, so equal input gives equal bytes.  All that is random (which words are left
out, how far a window reaches, the negative samples) is drawn before and given as arrays.

At each position the errors of all pairs of context and target words are taken from the vectors as they are, and then all
vectors are moved at once (Ji et al. 2016); the position's context words share its negative samples.  That is what makes one
thread here as fast as two elsewhere: the vectors of a position are read once and stay in the nearest cache.

What the loops share: ids, int32 (n,), the words in order.  spans, int32 (n, 2): the context of position i is all of
spans[i, 0] … spans[i, 1] − 1 but i, which is among them.  negatives, int32 (n, k).  rates, float32 (n,), the step at each
position.  table, float32: σ from −LIMIT to LIMIT, read with linear interpolation.  inputs, outputs: float32 (rows, width),
changed in place.
"""

import numpy as np

from assay.core.compiled import fast_kernel

f32 = np.float32
LIMIT = f32(8.0)


@fast_kernel
def squashed(table: np.ndarray, value: np.float32) -> np.float32:
    """σ(value), with value cut to −LIMIT … LIMIT."""
    cells = len(table) - 1
    at = (min(max(value, -LIMIT), LIMIT) + LIMIT) * f32(cells / (2 * LIMIT))
    cell = min(int(at), cells - 1)
    return f32(table[cell] + (at - f32(cell)) * (table[cell + 1] - table[cell]))


@fast_kernel
def dotted(a: np.ndarray, b: np.ndarray) -> np.float32:
    total = f32(0.0)
    for j in range(len(a)):
        total += a[j] * b[j]
    return total


@fast_kernel
def added(to: np.ndarray, times: np.float32, row: np.ndarray) -> None:
    for j in range(len(row)):
        to[j] += times * row[j]


@fast_kernel
def skip_gram(
    ids: np.ndarray,
    spans: np.ndarray,
    negatives: np.ndarray,
    rates: np.ndarray,
    table: np.ndarray,
    inputs: np.ndarray,
    outputs: np.ndarray,
) -> None:
    """Each context word foretells the word in the middle: inputs of the context, outputs of the middle and of the negatives."""
    width, drawn = inputs.shape[1], negatives.shape[1]
    most = 1
    for i in range(len(ids)):
        most = max(most, spans[i, 1] - spans[i, 0])
    targets, near = np.empty(drawn + 1, dtype=np.int32), np.empty(most, dtype=np.int32)
    errors = np.empty((drawn + 1, most), dtype=np.float32)
    moves = np.empty((most, width), dtype=np.float32)
    move = np.empty(width, dtype=np.float32)
    for i in range(len(ids)):
        rate, middle = rates[i], ids[i]
        targets[0], n_targets, n_near = middle, 1, 0
        for k in range(drawn):
            if negatives[i, k] != middle:
                targets[n_targets] = negatives[i, k]
                n_targets += 1
        for place in range(spans[i, 0], spans[i, 1]):
            if place != i:
                near[n_near] = ids[place]
                n_near += 1
        for c in range(n_near):
            row = inputs[near[c]]
            for t in range(n_targets):
                error = -squashed(table, dotted(row, outputs[targets[t]]))
                errors[t, c] = rate * (error + f32(1.0) if t == 0 else error)
            moved = moves[c]
            moved[:] = f32(0.0)
            for t in range(n_targets):
                added(moved, errors[t, c], outputs[targets[t]])
        for t in range(n_targets):
            move[:] = f32(0.0)
            for c in range(n_near):
                added(move, errors[t, c], inputs[near[c]])
            added(outputs[targets[t]], f32(1.0), move)
        for c in range(n_near):
            added(inputs[near[c]], f32(1.0), moves[c])


@fast_kernel
def cbow(
    ids: np.ndarray,
    spans: np.ndarray,
    negatives: np.ndarray,
    rates: np.ndarray,
    table: np.ndarray,
    inputs: np.ndarray,
    outputs: np.ndarray,
) -> None:
    """The mean of the context foretells the word in the middle; its whole gradient goes to each word of the context."""
    width, drawn = inputs.shape[1], negatives.shape[1]
    mean, move = np.empty(width, dtype=np.float32), np.empty(width, dtype=np.float32)
    targets, errors = np.empty(drawn + 1, dtype=np.int32), np.empty(drawn + 1, dtype=np.float32)
    for i in range(len(ids)):
        first, last = spans[i, 0], spans[i, 1]
        if last - first < 2:
            continue
        mean[:] = f32(0.0)
        share = f32(1.0) / f32(last - first - 1)
        for place in range(first, last):
            if place != i:
                added(mean, share, inputs[ids[place]])
        targets[0], n_targets = ids[i], 1
        for k in range(drawn):
            if negatives[i, k] != ids[i]:
                targets[n_targets] = negatives[i, k]
                n_targets += 1
        move[:] = f32(0.0)
        for t in range(n_targets):
            row = outputs[targets[t]]
            error = -squashed(table, dotted(mean, row))
            errors[t] = rates[i] * (error + f32(1.0) if t == 0 else error)
            added(move, errors[t], row)
        for t in range(n_targets):
            added(outputs[targets[t]], errors[t], mean)
        for place in range(first, last):
            if place != i:
                added(inputs[ids[place]], f32(1.0), move)


@fast_kernel
def skip_gram_bags(  # all of them are arrays of one loop
    ids: np.ndarray,
    spans: np.ndarray,
    negatives: np.ndarray,
    rates: np.ndarray,
    table: np.ndarray,
    inputs: np.ndarray,
    outputs: np.ndarray,
    bags: np.ndarray,
) -> None:
    """The mean of the middle word's rows foretells each context word, with the negatives of another position for each.

    bags: int64, one array: word w has the rows bags[bags[w]] … bags[bags[w + 1] − 1] of inputs.
    Source: Bojanowski et al. (2017).
    """
    n, width, drawn = len(ids), inputs.shape[1], negatives.shape[1]
    most = 1
    for i in range(n):
        most = max(most, spans[i, 1] - spans[i, 0])
    mean, move = np.empty(width, dtype=np.float32), np.empty(width, dtype=np.float32)
    targets = np.empty(most * (drawn + 1), dtype=np.int32)
    errors = np.empty(most * (drawn + 1), dtype=np.float32)
    for i in range(n):
        begin, end = bags[ids[i]], bags[ids[i] + 1]
        if spans[i, 1] - spans[i, 0] < 2 or end == begin:
            continue
        mean[:] = f32(0.0)
        for at in range(begin, end):
            added(mean, f32(1.0) / f32(end - begin), inputs[bags[at]])
        move[:] = f32(0.0)
        n_targets = 0
        for place in range(spans[i, 0], spans[i, 1]):
            if place == i:
                continue
            right, of = ids[place], (i + 7919 * (place - spans[i, 0] + 1)) % n
            for k in range(drawn + 1):
                target = right if k == 0 else negatives[of, k - 1]
                if k > 0 and target == right:
                    continue
                error = -squashed(table, dotted(mean, outputs[target]))
                targets[n_targets] = target
                errors[n_targets] = rates[i] * (error + f32(1.0) if k == 0 else error)
                added(move, errors[n_targets], outputs[target])
                n_targets += 1
        for t in range(n_targets):
            added(outputs[targets[t]], errors[t], mean)
        for at in range(begin, end):
            added(inputs[bags[at]], f32(1.0), move)


@fast_kernel
def cbow_bags(  # all of them are arrays of one loop
    ids: np.ndarray,
    spans: np.ndarray,
    negatives: np.ndarray,
    rates: np.ndarray,
    table: np.ndarray,
    inputs: np.ndarray,
    outputs: np.ndarray,
    bags: np.ndarray,
) -> None:
    """As ``cbow``, with the mean of all rows of all context words.  bags: as above."""
    width, drawn = inputs.shape[1], negatives.shape[1]
    mean, move = np.empty(width, dtype=np.float32), np.empty(width, dtype=np.float32)
    targets, errors = np.empty(drawn + 1, dtype=np.int32), np.empty(drawn + 1, dtype=np.float32)
    for i in range(len(ids)):
        rows = 0
        mean[:] = f32(0.0)
        for place in range(spans[i, 0], spans[i, 1]):
            if place != i:
                for at in range(bags[ids[place]], bags[ids[place] + 1]):
                    added(mean, f32(1.0), inputs[bags[at]])
                    rows += 1
        if rows == 0:
            continue
        for j in range(width):
            mean[j] /= f32(rows)
        targets[0], n_targets = ids[i], 1
        for k in range(drawn):
            if negatives[i, k] != ids[i]:
                targets[n_targets] = negatives[i, k]
                n_targets += 1
        move[:] = f32(0.0)
        for t in range(n_targets):
            error = -squashed(table, dotted(mean, outputs[targets[t]]))
            errors[t] = rates[i] * (error + f32(1.0) if t == 0 else error)
            added(move, errors[t], outputs[targets[t]])
        for t in range(n_targets):
            added(outputs[targets[t]], errors[t], mean)
        for place in range(spans[i, 0], spans[i, 1]):
            if place != i:
                for at in range(bags[ids[place]], bags[ids[place] + 1]):
                    added(inputs[bags[at]], f32(1.0), move)


@fast_kernel
def glove(
    cells: np.ndarray,
    logs: np.ndarray,
    weights: np.ndarray,
    order: np.ndarray,
    vectors: np.ndarray,
    squares: np.ndarray,
    rate: float,
) -> float:
    """One pass of AdaGrad over the cells in this order; returns half the weighted sum of squares, before each step.

    cells: int32 (n, 2), rows of ``vectors`` (words first, then contexts).  logs, weights: float64 (n,).
    vectors, squares: float64 (rows, width + 1), the last column is the bias; changed in place.
    """
    width = vectors.shape[1] - 1
    loss = 0.0
    for at in range(len(order)):
        cell = order[at]
        a, b = vectors[cells[cell, 0]], vectors[cells[cell, 1]]
        seen_a, seen_b = squares[cells[cell, 0]], squares[cells[cell, 1]]
        difference = a[width] + b[width] - logs[cell]
        for j in range(width):
            difference += a[j] * b[j]
        weighted = weights[cell] * difference
        loss += 0.5 * weighted * difference
        for j in range(width):
            to_a, to_b = weighted * b[j], weighted * a[j]
            a[j] -= rate * to_a / np.sqrt(seen_a[j])
            b[j] -= rate * to_b / np.sqrt(seen_b[j])
            seen_a[j] += to_a * to_a
            seen_b[j] += to_b * to_b
        a[width] -= rate * weighted / np.sqrt(seen_a[width])
        b[width] -= rate * weighted / np.sqrt(seen_b[width])
        seen_a[width] += weighted * weighted
        seen_b[width] += weighted * weighted
    return loss
