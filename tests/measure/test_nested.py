"""Nested cross-validation against its algorithm in plain loops, and against the true error of least squares."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.stats import norm, sem

from assay.core.errors import ConfigError, DataError
from assay.measure.nested import Errors, NestedError, OuterFold, errors_of, nested_interval

Loss = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(rows to train on, rows to measure) -> one loss a measured row."""


def least_squares(X: np.ndarray, y: np.ndarray) -> Loss:
    def losses(train: np.ndarray, test: np.ndarray) -> np.ndarray:
        slopes = np.linalg.lstsq(X[train], y[train], rcond=None)[0]
        return (y[test] - X[test] @ slopes) ** 2

    return losses


def of_folds(losses: Loss, dealt: np.ndarray, repeat: int = 0, groups: np.ndarray | None = None) -> list[OuterFold]:
    """The library's form of one repeat: each pair of folds is left out once, and its model serves both of them."""
    n_folds = int(dealt.max()) + 1
    rows = [np.flatnonzero(dealt == k) for k in range(n_folds)]
    by_pair = {}
    for j in range(n_folds):
        for k in range(j):
            kept = np.flatnonzero((dealt != j) & (dealt != k))
            by_pair[j, k], by_pair[k, j] = losses(kept, rows[j]), losses(kept, rows[k])
    found = []
    for k in range(n_folds):
        others = [j for j in range(n_folds) if j != k]
        inner, inner_rows = np.concatenate([by_pair[j, k] for j in others]), np.concatenate([rows[j] for j in others])
        outer = losses(np.flatnonzero(dealt != k), rows[k])
        inside, outside = (None, None) if groups is None else (groups[inner_rows], groups[rows[k]])
        found.append(OuterFold(repeat, errors_of(inner, groups=inside), errors_of(outer, groups=outside)))
    return found


@dataclass
class Told:
    value: float
    low: float
    high: float
    mse: float


def algorithm_1(losses: Loss, deals: list[np.ndarray], level: float) -> Told:
    """The paper's algorithm 1 step by step, inner cross-validation and all; then its interval (section 4), with the bounds
    as in the authors' R package, and the bias as the paper gives it."""
    es, a_list, b_list, cross_validated = [], [], [], []
    n, n_folds = len(deals[0]), int(deals[0].max()) + 1
    for dealt in deals:
        for k in range(n_folds):
            e_in = []
            for j in range(n_folds):
                if j != k:
                    train = [i for i in range(n) if dealt[i] not in (j, k)]
                    e_in += list(losses(np.array(train), np.flatnonzero(dealt == j)))
            e_out = list(losses(np.flatnonzero(dealt != k), np.flatnonzero(dealt == k)))
            a_list.append((np.mean(e_in) - np.mean(e_out)) ** 2)
            b_list.append(np.var(e_out, ddof=1) / len(e_out))
            es += e_in
            cross_validated += e_out
    mse = np.mean(a_list) - np.mean(b_list)
    naive = np.std(es, ddof=1) / np.sqrt(n)
    error = np.sqrt(max(0.0, mse)) * np.sqrt((n_folds - 1) / n_folds)
    error = max(naive, min(error, np.sqrt(n_folds) * naive))
    value = np.mean(es) - (1 + (n_folds - 2) / n_folds) * (np.mean(es) - np.mean(cross_validated))
    z = norm.ppf((1 + level) / 2)
    return Told(value, value - z * error, value + z * error, mse)


def deal(n: int, n_folds: int, random: np.random.Generator) -> np.ndarray:
    return random.permutation(np.arange(n) % n_folds)


@pytest.mark.parametrize(("n", "p", "n_folds", "repeats"), [(60, 5, 5, 3), (44, 10, 4, 2), (31, 2, 3, 4), (40, 30, 10, 1)])
def test_the_interval_is_that_of_algorithm_1_in_loops(n: int, p: int, n_folds: int, repeats: int) -> None:
    random = np.random.default_rng([n, p])
    X, y = random.normal(size=(n, p)), random.normal(size=n)
    losses = least_squares(X, y)
    deals = [deal(n, n_folds, random) for _ in range(repeats)]
    folds = [fold for repeat, dealt in enumerate(deals) for fold in of_folds(losses, dealt, repeat)]
    for level in (0.9, 0.95):
        found, told = nested_interval(folds, level=level), algorithm_1(losses, deals, level)
        assert found.mse == pytest.approx(told.mse, rel=1e-10)
        ends = (found.interval.value, found.interval.low, found.interval.high)
        assert ends == pytest.approx((told.value, told.low, told.high), rel=1e-10)
        assert (found.interval.n, found.interval.level, found.repeats, found.folds) == (n, level, repeats, n_folds)


def test_the_naive_interval_is_the_mean_of_the_losses_and_their_deviation() -> None:
    random = np.random.default_rng(3)
    X, y = random.normal(size=(50, 4)), random.normal(size=50)
    dealt, losses = deal(50, 5, random), least_squares(X, y)
    rows = np.concatenate([losses(np.flatnonzero(dealt != k), np.flatnonzero(dealt == k)) for k in range(5)])
    naive = nested_interval(of_folds(losses, dealt)).naive
    assert naive.value == pytest.approx(rows.mean())
    assert naive.high - naive.value == pytest.approx(norm.ppf(0.975) * rows.std(ddof=1) / np.sqrt(50))


def made(inner: float, outer: float, *, squares: float = 20.0, n: int = 20, n_folds: int = 5, repeat: int = 0) -> list[OuterFold]:
    """Outer folds that all say the same."""
    held = n // n_folds
    spread = squares / (n - 1)
    one = OuterFold(
        repeat,
        inner=Errors(n - held, float(n - held), inner, spread * (n - held - 1)),
        outer=Errors(held, float(held), outer, spread * (held - 1)),
    )
    return [one] * n_folds


@pytest.mark.parametrize("n_folds", [3, 5, 10])
def test_the_bias_of_an_error_that_falls_as_one_over_the_rows_is_taken_off_wholly(n_folds: int) -> None:
    n = 30 * n_folds

    def error(rows: float) -> float:
        return 2.0 + 40.0 / rows

    folds = made(error(n * (n_folds - 2) / n_folds), error(n * (n_folds - 1) / n_folds), n=n, n_folds=n_folds)
    assert nested_interval(folds).interval.value == pytest.approx(error(n), rel=1e-12)


def test_the_standard_error_stays_between_the_naive_one_and_the_root_of_folds_times_it() -> None:
    agreeing, torn = nested_interval(made(1.0, 1.0)), nested_interval(made(1.0, 9.0))
    assert agreeing.mse < 0
    assert (agreeing.inflation, agreeing.held_at) == (1.0, "lower")
    assert torn.inflation == pytest.approx(np.sqrt(5))
    assert torn.held_at == "upper"


def test_more_repeats_are_said_to_settle_the_mean_squared_error() -> None:
    random = np.random.default_rng(0)
    X, y = random.normal(size=(60, 12)), random.normal(size=60)
    losses = least_squares(X, y)
    folds = [fold for repeat in range(40) for fold in of_folds(losses, deal(60, 5, random), repeat)]
    alone = [nested_interval(folds[start : start + 5]).mse for start in range(0, 200, 5)]
    found, fewer = nested_interval(folds), nested_interval(folds[:50])
    assert found.mse_error == pytest.approx(sem(alone))
    assert found.mse_error < fewer.mse_error
    assert nested_interval(folds[:5]).mse_error is None


def test_rows_that_are_there_twice_and_grouped_say_what_they_say_once() -> None:
    random = np.random.default_rng(5)
    X, y = random.normal(size=(60, 6)), random.normal(size=60)
    dealt = deal(60, 5, random)
    once = nested_interval(of_folds(least_squares(X, y), dealt))
    doubled = least_squares(np.tile(X, (2, 1)), np.tile(y, 2))
    twice = nested_interval(of_folds(doubled, np.tile(dealt, 2), groups=np.tile(np.arange(60), 2)))
    assert twice.interval.n == 60
    assert twice.mse == pytest.approx(once.mse)
    assert (twice.interval.low, twice.interval.high) == pytest.approx((once.interval.low, once.interval.high))
    apart = nested_interval(of_folds(doubled, np.tile(dealt, 2)))
    assert apart.naive.high - apart.naive.low < 0.75 * (once.naive.high - once.naive.low)


def test_a_weight_is_a_share_of_the_mean() -> None:
    loss, weights = np.array([1.0, 2.0, 4.0]), np.array([1.0, 1.0, 2.0])
    found = errors_of(loss, weights=weights)
    assert (found.mean, found.weight) == (2.75, 4.0)
    residuals = weights * (loss - 2.75) / 4  # of the linearised mean, with the factor n / (n - 1)
    assert found.variance_of_mean == pytest.approx(3 / 2 * (residuals**2).sum())
    assert errors_of(loss, weights=np.full(3, 7.0)).variance_of_mean == pytest.approx(loss.var(ddof=1) / 3)


def test_the_interval_stays_within_the_metrics_bounds() -> None:
    found = nested_interval(made(0.05, 0.05, squares=1.0), bounds=(0.0, 1.0)).interval
    assert found.low == 0.0 < found.value < found.high < 1


def test_where_every_row_was_right_the_bound_is_exact() -> None:
    right = nested_interval(made(1.0, 1.0, squares=0.0), bounds=(0.0, 1.0), exact_ends=True).interval
    assert (right.value, right.high) == (1.0, 1.0)
    assert right.low == pytest.approx(0.025 ** (1 / 20))


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda: nested_interval(made(1.0, 1.0, n_folds=2)), ConfigError, "folds=2: .* at least 3"),
        (lambda: nested_interval([]), ConfigError, "folds=0"),
        (lambda: nested_interval(made(1, 1) + made(1, 1, n_folds=4, repeat=1)), ConfigError, "repeats of 4 and of 5 folds"),
        (lambda: nested_interval(made(1, 1), level=95), ConfigError, "level=95"),
        (lambda: errors_of(np.array([1.0])), DataError, "a fold of 1 row has no spread"),
        (lambda: errors_of(np.ones(4), groups=np.zeros(4)), DataError, "a fold of 1 group has no spread"),
        (lambda: errors_of(np.array([1.0, np.nan, 2.0])), DataError, r"1 losses are not finite \(first rows: \[1\]\)"),
        (lambda: errors_of(np.ones(3), weights=np.array([1.0, 0.0, 1.0])), DataError, "1 weights are not above 0"),
        (lambda: errors_of(np.ones(3), weights=np.ones(2)), DataError, "3 losses and 2 weights"),
        (lambda: errors_of(np.ones(3), groups=np.ones(4)), DataError, "3 losses and 4 groups"),
    ],
)
def test_what_cannot_be_measured_is_said_in_one_sentence(call, kind, words: str) -> None:
    with pytest.raises(kind, match=words):
        call()


@dataclass(frozen=True)
class Coverage:
    """Shares of data sets whose interval holds the error of the very model, and of an average one."""

    nested: float
    naive: float
    nested_of_average: float


def coverage(n_sets: int, *, n: int = 100, p: int = 20, n_folds: int = 10, repeats: int = 5, level: float = 0.9) -> Coverage:
    """Least squares on noise: a model with slopes b has the error 1 + |b|², known exactly, and 1 + p / (n − p − 1) on average."""
    random = np.random.default_rng(11)
    hits = np.zeros(3)
    for _ in range(n_sets):
        X, y = random.normal(size=(n, p)), random.normal(size=n)
        found = fast_nested(X, y, [deal(n, n_folds, random) for _ in range(repeats)], level)
        slopes = np.linalg.solve(X.T @ X, X.T @ y)
        truth, average = 1 + slopes @ slopes, 1 + p / (n - p - 1)
        hits += [
            found.interval.low <= truth <= found.interval.high,
            found.naive.low <= truth <= found.naive.high,
            found.interval.low <= average <= found.interval.high,
        ]
    return Coverage(*(hits / n_sets))


def fast_nested(X: np.ndarray, y: np.ndarray, deals: list[np.ndarray], level: float) -> NestedError:
    """As ``of_folds``, from the normal equations of each fold; a pair's are the whole's less both."""
    folds = []
    for repeat, dealt in enumerate(deals):
        n_folds = int(dealt.max()) + 1
        left = np.array([X[dealt == k].T @ X[dealt == k] for k in range(n_folds)])
        right = np.array([X[dealt == k].T @ y[dealt == k] for k in range(n_folds)])
        both = 1.0 - 0.5 * np.eye(n_folds)  # a fold with itself is left out once
        squares = left.sum(axis=0) - both[..., None, None] * (left[:, None] + left)
        products = right.sum(axis=0) - both[..., None] * (right[:, None] + right)
        slopes = np.linalg.solve(squares, products[..., None])[..., 0]
        loss = (y[:, None, None] - np.einsum("np,jkp->njk", X, slopes)) ** 2
        for k in range(n_folds):
            held, rest = dealt == k, np.flatnonzero(dealt != k)
            folds.append(OuterFold(repeat, errors_of(loss[rest, dealt[rest], k]), errors_of(loss[held, k, k])))
    return nested_interval(folds, level=level)


def test_the_fast_form_of_the_simulation_is_the_plain_one() -> None:
    random = np.random.default_rng(1)
    X, y = random.normal(size=(40, 3)), random.normal(size=40)
    dealt = deal(40, 4, random)
    assert fast_nested(X, y, [dealt], 0.9).interval.low == pytest.approx(
        nested_interval(of_folds(least_squares(X, y), dealt), level=0.9).interval.low
    )


def test_naive_intervals_miss_the_models_error_and_nested_ones_do_not() -> None:
    found = coverage(150)
    assert found.naive < 0.85
    assert found.nested >= 0.87
    assert found.nested_of_average >= 0.87


@pytest.mark.slow
@pytest.mark.parametrize(("p", "n_folds"), [(10, 10), (20, 10), (20, 5)])
def test_nested_intervals_cover_as_often_as_they_say_over_many_data_sets(p: int, n_folds: int) -> None:
    found = coverage(1000, p=p, n_folds=n_folds, repeats=20)
    assert found.naive < 0.87
    assert found.nested >= 0.89
    assert found.nested_of_average >= 0.89
