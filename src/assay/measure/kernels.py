"""The compiled loops under the bootstrap: drawing counts, and reading metrics from them.

Taken by ``core.loops`` where numba is installed.  Every kernel is a plain loop over one weight vector after another, without
fast-math and without threads of its own: a vector's result depends on neither its neighbours nor the machine's number of
cores.  They release the interpreter's lock.  Weights are uint8 counts or float64; any other type is turned into float64
before it comes here, so that each kernel is compiled at most twice, on its first call, and kept in numba's cache where that
can be written.  Arrays are C-contiguous; (vectors, n) for weights.  Positions are uint32: without a sign there is no counting
from the end to be tested for, which is a third of the time.

Sources: generator xoshiro256** seeded through splitmix64, Blackman & Vigna (2021); whole numbers below a bound without
bias, Lemire (2019).
"""

import numpy as np

from assay.core.compiled import kernel

u64 = np.uint64
State = tuple[u64, u64, u64, u64]
_GOLDEN = u64(0x9E3779B97F4A7C15)
_LOW = u64(0xFFFFFFFF)


@kernel
def scrambled(number: u64) -> u64:
    """The output function of splitmix64: a bijection of 64-bit numbers in which every bit depends on every other."""
    number = (number ^ (number >> u64(30))) * u64(0xBF58476D1CE4E5B9)
    number = (number ^ (number >> u64(27))) * u64(0x94D049BB133111EB)
    return u64(number ^ (number >> u64(31)))


@kernel
def seeded(key: u64, stream: u64) -> State:
    """The state of one stream of a key: four outputs of splitmix64 started at a hash of both.

    Under one key no two streams start alike: each step of the hash is a bijection of the stream's number.
    """
    start = scrambled(scrambled(key + _GOLDEN) ^ stream)
    first, second = scrambled(start + _GOLDEN), scrambled(start + u64(2) * _GOLDEN)
    return first, second, scrambled(start + u64(3) * _GOLDEN), scrambled(start + u64(4) * _GOLDEN)


@kernel
def drawn(state: State) -> tuple[u64, State]:
    """The next 64 bits of xoshiro256**, and the state after them."""
    a, b, c, d = state
    bits = b * u64(5)
    bits = ((bits << u64(7)) | (bits >> u64(57))) * u64(9)
    c ^= a
    d ^= b
    return bits, (a ^ d, b ^ c, c ^ (b << u64(17)), (d << u64(45)) | (d >> u64(19)))


@kernel
def draw_counts(key: u64, numbers: np.ndarray, starts: np.ndarray, counts: np.ndarray) -> None:
    """Fill counts, uint8 (vectors, m): row b is replicate numbers[b], how often each of m things was drawn.

    numbers: uint64 (vectors,).  starts: int64 (strata + 1,); stratum s holds the things starts[s] … starts[s + 1] − 1,
    fewer than 2**32, and as many of them are drawn with replacement as it holds.  Each 64 bits give two numbers.
    A count of 256 would wrap; its chance is below 1 / 256!, some 1e-507.
    """
    counts[:] = 0
    for b in range(len(numbers)):
        state = seeded(key, numbers[b])
        row = counts[b]
        for s in range(len(starts) - 1):
            first, left = u64(starts[s]), starts[s + 1] - starts[s]
            if left == 0:
                continue
            bound = u64(left)
            rejected = (u64(0x100000000) - bound) % bound
            while left > 0:
                bits, state = drawn(state)
                product = (bits & _LOW) * bound
                if (product & _LOW) >= rejected:
                    row[first + (product >> u64(32))] += np.uint8(1)
                    left -= 1
                product = (bits >> u64(32)) * bound
                if left > 0 and (product & _LOW) >= rejected:
                    row[first + (product >> u64(32))] += np.uint8(1)
                    left -= 1


@kernel
def weighted_sums(weights: np.ndarray, values: np.ndarray, zero: np.int64 | np.float64, sums: np.ndarray) -> None:
    """Fill sums, float64 (vectors, k + 1): of weight × value for each of values, float64 (k, n), then of the weights.

    zero: of the type the weights are summed in, int64 or float64.  Four running sums, because one would wait for itself.
    """
    n, k = weights.shape[1], values.shape[0]
    whole = n - n % 4
    for b in range(weights.shape[0]):
        row = weights[b]
        t0, t1, t2, t3 = zero, zero, zero, zero
        for i in range(0, whole, 4):
            t0 += row[i]
            t1 += row[i + 1]
            t2 += row[i + 2]
            t3 += row[i + 3]
        for i in range(whole, n):
            t0 += row[i]
        sums[b, k] = (t0 + t1) + (t2 + t3)
        for j in range(k):
            value = values[j]
            a0, a1, a2, a3 = 0.0, 0.0, 0.0, 0.0
            for i in range(0, whole, 4):
                a0 += row[i] * value[i]
                a1 += row[i + 1] * value[i + 1]
                a2 += row[i + 2] * value[i + 2]
                a3 += row[i + 3] * value[i + 3]
            for i in range(whole, n):
                a0 += row[i] * value[i]
            sums[b, j] = (a0 + a1) + (a2 + a3)


@kernel
def sums_by_code(weights: np.ndarray, codes: np.ndarray, partial: np.ndarray, sums: np.ndarray) -> None:
    """Fill sums, float64 (vectors, k): of the weights of the units of each code, uint32 (n,), 0 … k − 1.

    partial: scratch (4, k), int64 or float64: four neighbours never wait for one another's sum.
    """
    n = weights.shape[1]
    whole = n - n % 4
    for b in range(weights.shape[0]):
        row = weights[b]
        partial[:] = 0
        for i in range(0, whole, 4):
            partial[0, codes[i]] += row[i]
            partial[1, codes[i + 1]] += row[i + 1]
            partial[2, codes[i + 2]] += row[i + 2]
            partial[3, codes[i + 3]] += row[i + 3]
        for i in range(whole, n):
            partial[0, codes[i]] += row[i]
        for k in range(partial.shape[1]):
            sums[b, k] = (partial[0, k] + partial[1, k]) + (partial[2, k] + partial[3, k])


@kernel
def running(row: np.ndarray, order: np.ndarray, sums: np.ndarray) -> None:
    """Fill sums (len(order) + 1,): 0, then the running sum of the row in this order."""
    sums[0] = 0
    total = sums[0]
    for j in range(len(order)):
        total += row[order[j]]
        sums[j + 1] = total


@kernel
def roc_auc(
    weights: np.ndarray,
    positives: np.ndarray,
    negatives: np.ndarray,
    above: np.ndarray,
    reached: np.ndarray,
    passed: np.ndarray,
    values: np.ndarray,
) -> None:
    """Fill values, float64 (vectors,): ROC AUC, NaN where a class has no weight.

    positives, negatives: uint32, positions, highest score first.  above, reached: for each positive how many negatives score
    higher, and at least as high.  passed: scratch (negatives + 1,), int32 or float64.
    """
    for b in range(weights.shape[0]):
        row = weights[b]
        running(row, negatives, passed)
        twice_lost, mass = passed[0], passed[0]
        for i in range(len(positives)):
            weight = row[positives[i]]
            twice_lost += weight * (passed[above[i]] + passed[reached[i]])
            mass += weight
        both = mass * passed[len(negatives)]
        values[b] = 1 - twice_lost * 0.5 / both if both > 0 else np.nan


@kernel
def average_precision(
    weights: np.ndarray,
    positives: np.ndarray,
    negatives: np.ndarray,
    positives_reached: np.ndarray,
    negatives_reached: np.ndarray,
    passed: np.ndarray,
    values: np.ndarray,
) -> None:
    """Fill values, float64 (vectors,): average precision, NaN where the positives have no weight.

    positives_reached, negatives_reached: for each positive how many of either class score at least as high.
    passed: scratch (n + 2,), int32 or float64.
    """
    hits, alarms = passed[: len(positives) + 1], passed[len(positives) + 1 :]
    for b in range(weights.shape[0]):
        row = weights[b]
        running(row, positives, hits)
        running(row, negatives, alarms)
        total = 0.0
        for i in range(len(positives)):
            found = hits[positives_reached[i]]
            claimed = found + alarms[negatives_reached[i]]
            if claimed > 0:  # otherwise this positive has no weight either
                total += row[positives[i]] * (found / claimed)
        mass = hits[len(positives)]
        values[b] = total / mass if mass > 0 else np.nan
