"""The loops of ``kernels`` in NumPy, one position after the other; see there for what they do and take."""

import numpy as np

LIMIT = np.float32(8.0)


def squashed(table: np.ndarray, value: np.ndarray) -> np.ndarray:
    cells = len(table) - 1
    at = (np.clip(value, -LIMIT, LIMIT) + LIMIT) * np.float32(cells / (2 * LIMIT))
    cell = np.minimum(at.astype(np.int64), cells - 1)
    return np.asarray(table[cell] + (at - cell.astype(np.float32)) * (table[cell + 1] - table[cell]))


def skip_gram(
    ids: np.ndarray,
    spans: np.ndarray,
    negatives: np.ndarray,
    rates: np.ndarray,
    table: np.ndarray,
    inputs: np.ndarray,
    outputs: np.ndarray,
) -> None:
    for i in range(len(ids)):
        near = _near(ids, spans, i)
        if len(near):
            targets = _targets(ids[i], negatives[i])
            rows, found = inputs[near], outputs[targets]
            errors = _errors(table, found @ rows.T, rates[i])
            np.add.at(outputs, targets, errors @ rows)
            np.add.at(inputs, near, errors.T @ found)


def cbow(
    ids: np.ndarray,
    spans: np.ndarray,
    negatives: np.ndarray,
    rates: np.ndarray,
    table: np.ndarray,
    inputs: np.ndarray,
    outputs: np.ndarray,
) -> None:
    for i in range(len(ids)):
        near = _near(ids, spans, i)
        if len(near):
            _foretell(near, _targets(ids[i], negatives[i]), rates[i], table, inputs, outputs)


def skip_gram_bags(  # the arguments of what is compiled
    ids: np.ndarray,
    spans: np.ndarray,
    negatives: np.ndarray,
    rates: np.ndarray,
    table: np.ndarray,
    inputs: np.ndarray,
    outputs: np.ndarray,
    bags: np.ndarray,
) -> None:
    n = len(ids)
    for i in range(n):
        rows = bags[bags[ids[i]] : bags[ids[i] + 1]]
        first, last = spans[i]
        if last - first < 2 or not len(rows):
            continue
        targets: list[int] = []
        is_right: list[bool] = []
        for place in range(first, last):
            if place != i:
                own = _targets(ids[place], negatives[(i + 7919 * (place - first + 1)) % n])
                targets += own.tolist()
                is_right += [True] + [False] * (len(own) - 1)
        mean = inputs[rows].mean(axis=0)
        found = outputs[targets]
        errors = rates[i] * (np.array(is_right, dtype=np.float32) - squashed(table, found @ mean))
        np.add.at(outputs, targets, errors[:, None] * mean)
        np.add.at(inputs, rows, errors @ found)


def cbow_bags(  # the arguments of what is compiled
    ids: np.ndarray,
    spans: np.ndarray,
    negatives: np.ndarray,
    rates: np.ndarray,
    table: np.ndarray,
    inputs: np.ndarray,
    outputs: np.ndarray,
    bags: np.ndarray,
) -> None:
    for i in range(len(ids)):
        near = _near(ids, spans, i)
        rows = np.concatenate([bags[bags[word] : bags[word + 1]] for word in near]) if len(near) else near
        if len(rows):
            _foretell(rows, _targets(ids[i], negatives[i]), rates[i], table, inputs, outputs)


def glove(
    cells: np.ndarray,
    logs: np.ndarray,
    weights: np.ndarray,
    order: np.ndarray,
    vectors: np.ndarray,
    squares: np.ndarray,
    rate: float,
) -> float:
    loss = 0.0
    for cell in order:
        pair = cells[cell]
        a, b = vectors[pair]
        difference = a[-1] + b[-1] + a[:-1] @ b[:-1] - logs[cell]
        weighted = weights[cell] * difference
        loss += 0.5 * weighted * difference
        gradients = np.stack([np.append(b[:-1], 1.0), np.append(a[:-1], 1.0)]) * weighted
        vectors[pair] -= rate * gradients / np.sqrt(squares[pair])
        squares[pair] += gradients**2
    return float(loss)


def _near(ids: np.ndarray, spans: np.ndarray, i: int) -> np.ndarray:
    return np.concatenate([ids[spans[i, 0] : i], ids[i + 1 : spans[i, 1]]])


def _targets(right: np.int32, negatives: np.ndarray) -> np.ndarray:
    """The right word first, then the negatives that are not it."""
    return np.append(right, negatives[negatives != right])


def _errors(table: np.ndarray, said: np.ndarray, rate: np.float32) -> np.ndarray:
    """rate × (1 for the first target, 0 for the others, less σ); said: (targets, …)."""
    errors = -squashed(table, said)
    errors[0] += np.float32(1.0)
    return errors * rate


def _foretell(
    rows: np.ndarray, targets: np.ndarray, rate: np.float32, table: np.ndarray, inputs: np.ndarray, outputs: np.ndarray
) -> None:
    mean, found = inputs[rows].mean(axis=0), outputs[targets]
    errors = _errors(table, found @ mean, rate)
    np.add.at(outputs, targets, errors[:, None] * mean)
    np.add.at(inputs, rows, errors @ found)
