"""What ``measure.kernels`` compiles, in NumPy: the same draws and the same counts, slower.

Each function has the name, the arguments and the result of its compiled twin; scratch arrays are taken and not needed.
"""

import numpy as np

_U = np.uint64
_GOLDEN, _LOW = _U(0x9E3779B97F4A7C15), _U(0xFFFFFFFF)


def draw_counts(key: np.uint64, numbers: np.ndarray, starts: np.ndarray, counts: np.ndarray) -> None:
    counts[:] = 0
    state = _seeded(_U(key), numbers)
    for first, stop in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True):
        if stop > first:
            _draw_stratum(state, counts[:, first:stop])


def _draw_stratum(state: list[np.ndarray], counts: np.ndarray) -> None:
    """Draw as many of a stratum's things as it holds, for all replicates at once; state: four uint64 (vectors,), moved on."""
    size, every = counts.shape[1], np.arange(len(counts))
    rejected, bound = _U((2**32 - size) % size), _U(size)
    left = np.full(len(counts), size)
    while (still := left > 0).any():
        part = state if still.all() else [own[still] for own in state]
        bits = _drawn(part)
        if part is not state:
            for own, moved in zip(state, part, strict=True):
                own[still] = moved
        rows = every[still]
        for half in (bits & _LOW, bits >> _U(32)):
            product = half * bound
            taken = ((product & _LOW) >= rejected) & (left[rows] > 0)
            counts[rows[taken], (product[taken] >> _U(32)).astype(np.int64)] += np.uint8(1)
            left[rows] -= taken


def _scrambled(number: np.ndarray) -> np.ndarray:
    number = (number ^ (number >> _U(30))) * _U(0xBF58476D1CE4E5B9)
    number = (number ^ (number >> _U(27))) * _U(0x94D049BB133111EB)
    return np.asarray(number ^ (number >> _U(31)))


def _seeded(key: np.uint64, streams: np.ndarray) -> list[np.ndarray]:
    start = _scrambled(_scrambled(np.array([key]) + _GOLDEN) ^ streams.astype(np.uint64))
    return [_scrambled(start + np.array([k], np.uint64) * _GOLDEN) for k in range(1, 5)]


def _drawn(state: list[np.ndarray]) -> np.ndarray:
    a, b, c, d = state
    bits = b * _U(5)
    bits = ((bits << _U(7)) | (bits >> _U(57))) * _U(9)
    c = c ^ a
    d = d ^ b
    state[:] = [a ^ d, b ^ c, c ^ (b << _U(17)), (d << _U(45)) | (d >> _U(19))]
    return bits


def weighted_sums(weights: np.ndarray, values: np.ndarray, _zero: np.int64 | np.float64, sums: np.ndarray) -> None:
    for row, found in zip(weights, sums, strict=True):  # one at a time: a sum must not depend on what stands beside it
        found[:-1] = (row * values).sum(axis=1)
        found[-1] = row.sum()


def sums_by_code(weights: np.ndarray, codes: np.ndarray, partial: np.ndarray, sums: np.ndarray) -> None:
    for row, found in zip(weights, sums, strict=True):
        found[:] = np.bincount(codes, weights=row, minlength=partial.shape[1])


def running(row: np.ndarray, order: np.ndarray) -> np.ndarray:
    """0, then the running sum of the row in this order: int64 for counts, else float64."""
    kind = np.int64 if row.dtype == np.uint8 else np.float64
    return np.concatenate([np.zeros(1, kind), np.cumsum(row[order], dtype=kind)])


def roc_auc(
    weights: np.ndarray,
    positives: np.ndarray,
    negatives: np.ndarray,
    above: np.ndarray,
    reached: np.ndarray,
    _passed: np.ndarray,
    values: np.ndarray,
) -> None:
    for b, row in enumerate(weights):
        passed = running(row, negatives)
        own = row[positives].astype(passed.dtype)
        both = float(own.sum()) * float(passed[-1])
        values[b] = 1 - float((own * (passed[above] + passed[reached])).sum()) * 0.5 / both if both > 0 else np.nan


def average_precision(
    weights: np.ndarray,
    positives: np.ndarray,
    negatives: np.ndarray,
    positives_reached: np.ndarray,
    negatives_reached: np.ndarray,
    _passed: np.ndarray,
    values: np.ndarray,
) -> None:
    for b, row in enumerate(weights):
        hits, alarms = running(row, positives), running(row, negatives)
        found = hits[positives_reached].astype(np.float64)
        claimed = found + alarms[negatives_reached]
        some = claimed > 0
        mass = float(hits[-1])
        values[b] = (row[positives][some] * (found[some] / claimed[some])).sum() / mass if mass > 0 else np.nan
