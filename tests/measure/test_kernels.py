"""The compiled loops against published outputs of the generators, a plain Python twin and numpy."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom, chisquare
from sklearn.metrics import average_precision_score, roc_auc_score

from assay.measure import kernels
from assay.measure.metrics.ranking import ranked, weighted_auc

GOLDEN, MASK = 0x9E3779B97F4A7C15, 2**64 - 1
KINDS = pytest.mark.parametrize("kind", [np.uint8, np.float64])


def draws(key: int, numbers: range, *sizes: int) -> np.ndarray:
    """uint8 (replicates, things) of the kernel; sizes: of the strata."""
    starts = np.concatenate([[0], np.cumsum(sizes)])
    counts = np.empty((len(numbers), int(starts[-1])), np.uint8)
    kernels.draw_counts(np.uint64(key), np.array(numbers, np.uint64), starts, counts)
    return counts


class Twin:
    """xoshiro256** with Lemire's bounded numbers in Python's own whole numbers."""

    def __init__(self, key: int, stream: int) -> None:
        start = self.scrambled(self.scrambled((key + GOLDEN) & MASK) ^ stream)
        self.state = [self.scrambled((start + word * GOLDEN) & MASK) for word in (1, 2, 3, 4)]
        self.rejections = 0

    @staticmethod
    def scrambled(number: int) -> int:
        number = ((number ^ number >> 30) * 0xBF58476D1CE4E5B9) & MASK
        number = ((number ^ number >> 27) * 0x94D049BB133111EB) & MASK
        return number ^ number >> 31

    @staticmethod
    def turned(number: int, by: int) -> int:
        return (number << by | number >> 64 - by) & MASK

    def bits(self) -> int:
        a, b, c, d = self.state
        c, d = c ^ a, d ^ b
        self.state = [a ^ d, b ^ c, c ^ (b << 17) & MASK, self.turned(d, 45)]
        return self.turned(b * 5 & MASK, 7) * 9 & MASK

    def counts(self, size: int) -> np.ndarray:
        found: list[int] = []
        while len(found) < size:
            bits = self.bits()
            for half in (bits & 0xFFFFFFFF, bits >> 32):
                if (half * size) % 2**32 >= 2**32 % size:
                    found.append(half * size >> 32)
                else:
                    self.rejections += 1
        return np.bincount(found[:size], minlength=size)


def test_splitmix64_gives_its_published_numbers() -> None:
    given = [int(kernels.scrambled(np.uint64((1234567 + k * GOLDEN) & MASK))) for k in (1, 2, 3)]
    assert given == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def test_xoshiro256_starstar_gives_its_published_numbers() -> None:
    state, given = (np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(4)), []
    for _ in range(4):
        bits, state = kernels.drawn(tuple(np.uint64(word) for word in state))
        given.append(int(bits))
    assert given == [11520, 0, 1509978240, 1215971899390074240]


@pytest.mark.parametrize("sizes", [(1,), (2,), (7,), (1000,), (3, 1, 8, 5)])
def test_draws_are_those_of_a_plain_twin(sizes: tuple[int, ...]) -> None:
    key = 2**63 - 12345
    for number in (0, 1, 2**40):
        twin = Twin(key, number)
        expected = np.concatenate([twin.counts(size) for size in sizes])  # every stratum begins with new bits
        assert draws(key, range(number, number + 1), *sizes)[0].tolist() == expected.tolist()


def test_numbers_that_would_be_biased_are_drawn_anew() -> None:
    twin = Twin(7, 3)
    assert np.array_equal(draws(7, range(3, 4), 300_000)[0], twin.counts(300_000))
    assert twin.rejections > 3


def test_each_count_is_binomial_and_each_thing_as_likely_as_another() -> None:
    n, replicates = 40, 20_000
    counts = draws(11, range(replicates), n)
    assert (counts.sum(axis=1) == n).all()
    assert chisquare(counts.sum(axis=0)).pvalue > 1e-4
    seen = np.bincount(np.minimum(counts[:, 5], 5), minlength=6)
    expected = [*binom.pmf(range(5), n, 1 / n), binom.sf(4, n, 1 / n)]
    assert chisquare(seen, np.array(expected) * replicates).pvalue > 1e-4


def test_two_replicates_are_independent() -> None:
    """The pair of counts of one thing in replicates 2 r and 2 r + 1 against the product of its margins."""
    n, pairs = 30, 40_000
    counts = np.minimum(draws(5, range(2 * pairs), n)[:, 0], 3).reshape(pairs, 2)
    margin = np.array([*binom.pmf(range(3), n, 1 / n), binom.sf(2, n, 1 / n)])
    seen = np.bincount(counts[:, 0] * 4 + counts[:, 1], minlength=16)
    assert chisquare(seen, np.outer(margin, margin).ravel() * pairs).pvalue > 1e-4


def weights_of(kind: type, shape: tuple[int, int]) -> np.ndarray:
    random = np.random.default_rng(0)
    return random.integers(0, 4, shape).astype(np.uint8) if kind is np.uint8 else random.exponential(size=shape)


@KINDS
@pytest.mark.parametrize("n", [1, 3, 4, 101])
def test_sums_are_those_of_numpy(kind: type, n: int) -> None:
    weights, values = weights_of(kind, (5, n)), np.random.default_rng(1).normal(size=(3, n))
    sums = np.empty((5, 4))
    kernels.weighted_sums(weights, values, np.int64(0) if kind is np.uint8 else np.float64(0), sums)
    assert sums[:, :3] == pytest.approx(weights.astype(float) @ values.T, rel=1e-12)
    assert sums[:, 3] == pytest.approx(weights.sum(axis=1), rel=1e-12)
    codes = np.random.default_rng(2).integers(0, 6, n).astype(np.uint32)
    by_code = np.empty((5, 6))
    kernels.sums_by_code(weights, codes, np.empty((4, 6), np.int64 if kind is np.uint8 else np.float64), by_code)
    expected = [np.bincount(codes, weights=row, minlength=6) for row in weights]
    assert by_code == pytest.approx(np.array(expected), rel=1e-12)


@KINDS
@pytest.mark.parametrize("decimals", [0, 1, 12])
def test_ranking_kernels_are_scikit_learn_with_ties_and_without(kind: type, decimals: int) -> None:
    random = np.random.default_rng(3)
    target = random.random(300) < 0.3
    score = np.round(target + random.normal(size=300), decimals)
    weights, arrays = weights_of(kind, (4, 300)), ranked(target, score)
    scratch, auc, precision = np.empty(302, np.int32 if kind is np.uint8 else np.float64), np.empty(4), np.empty(4)
    order = [arrays[name] for name in ("positives", "negatives", "negatives_above", "negatives_reached")]
    kernels.roc_auc(weights, *order, scratch, auc)
    kernels.average_precision(weights, *order[:2], arrays["positives_reached"], order[3], scratch, precision)
    for row in range(4):
        given = {"sample_weight": weights[row].astype(float)}
        assert auc[row] == pytest.approx(roc_auc_score(target, score, **given), rel=1e-12)
        assert precision[row] == pytest.approx(average_precision_score(target, score, **given), rel=1e-12)


def test_sums_beyond_32_bits_do_not_wrap() -> None:
    n = 9_000_000
    weights, values = np.full((1, n), 255, np.uint8), np.ones((1, n))
    sums = np.empty((1, 2))
    kernels.weighted_sums(weights, values, np.int64(0), sums)
    assert sums.tolist() == [[255 * n, 255 * n]]
    places, all_above = np.arange(n, dtype=np.uint32), np.full(10, n - 10, np.uint32)
    worst = {"positives": places[-10:], "negatives": places[:-10], "negatives_above": all_above, "negatives_reached": all_above}
    assert weighted_auc(worst, weights[0]) == pytest.approx(0, abs=1e-9)


def test_where_nothing_can_be_cached_the_kernels_still_compile(tmp_path: Path) -> None:
    shutil.copy(kernels.__file__, tmp_path / "alone.py")
    (tmp_path / "__pycache__").write_text("a file where numba would make its folder")
    environment = {**os.environ, "XDG_CACHE_HOME": os.devnull, "NUMBA_CACHE_DIR": "", "PYTHONDONTWRITEBYTECODE": "1"}
    program = "import numpy, alone; print(type(alone.scrambled._cache).__name__, alone.scrambled(numpy.uint64(5)))"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.stdout.split() == ["NullCache", str(Twin.scrambled(5))], done.stderr


def test_only_the_kernels_load_the_compiler() -> None:
    folder = Path(kernels.__file__).parent
    modules = [
        ".".join(["assay.measure", *path.relative_to(folder).with_suffix("").parts])
        for path in sorted(folder.rglob("*.py"))
        if path.name not in ("kernels.py", "__init__.py")
    ]
    program = "import sys, importlib\nfor name in sys.argv[1:]: importlib.import_module(name)\nprint('numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program, *modules, "assay.cli.main"], capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr
