"""Bins against all there are, weights of evidence against their definition."""

from itertools import combinations, pairwise
from math import ceil, log

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from assay.core.errors import BundleError, ConfigError
from assay.prepare.answers import answers_of
from assay.prepare.bins import BinnedNumber, fine_edges, joined
from assay.prepare.evidence import EvidenceCode, information_value, weights_of_evidence


def by_trying_all(rows: np.ndarray, hits: np.ndarray, least: int, price: float) -> float:
    """The best score of a monotone partition, by looking at every one."""
    m, best = len(rows), -np.inf
    for cuts in (cut for size in range(m) for cut in combinations(range(1, m), size)):
        bounds = [0, *cuts, m]
        score = score_of(rows, hits, bounds, price)
        n = [rows[a:b].sum() for a, b in pairwise(bounds)]
        rates = [hits[a:b].sum() / rows[a:b].sum() for a, b in pairwise(bounds)]
        steps = np.diff(rates)
        if (len(n) == 1 or min(n) >= least) and ((steps > 0).all() or (steps < 0).all()):
            best = max(best, score)
    return best


def score_of(rows: np.ndarray, hits: np.ndarray, bounds: list[int], price: float) -> float:
    score = 0.0
    for a, b in pairwise(bounds):
        n, h = int(rows[a:b].sum()), int(hits[a:b].sum())
        score += sum(part * log(part / n) for part in (h, n - h) if part) - price
    return score


@pytest.mark.parametrize("seed", range(40))
def test_the_bins_are_the_best_of_all_monotone_partitions(seed: int) -> None:
    rng = np.random.default_rng(seed)
    m = int(rng.integers(1, 9))
    rows = rng.integers(1, 40, m)
    trend = np.linspace(0.2, 0.7, m) if seed % 2 else np.linspace(0.6, 0.3, m)
    hits = rng.binomial(rows, trend)
    least, price = int(rng.integers(1, 30)), float(rng.choice([0.0, 0.5, log(rows.sum()) / 2]))
    bounds = [*joined(rows, hits, least=least, price=price), m]
    assert bounds[0] == 0
    assert score_of(rows, hits, bounds, price) == pytest.approx(by_trying_all(rows, hits, least, price), abs=1e-9)
    rates = [hits[a:b].sum() / rows[a:b].sum() for a, b in pairwise(bounds)]
    assert (np.diff(rates) > 0).all() or (np.diff(rates) < 0).all()
    assert len(rates) == 1 or min(rows[a:b].sum() for a, b in pairwise(bounds)) >= least


def fitted(n: int = 4000, seed: int = 0) -> tuple[BinnedNumber, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    y = (rng.random(n) < 1 / (1 + np.exp(-x))).astype(np.int64)
    return BinnedNumber.fit(pl.Series(x), answers_of(y)), x, y


def test_a_weight_is_the_log_odds_of_its_bin_less_those_of_all() -> None:
    binned, x, y = fitted()
    assert 3 <= len(binned.edges) + 1 <= 20
    said = binned.transform(pl.Series(x))[:, 0]
    for place in range(len(binned.edges) + 1):
        inside = binned.places(pl.Series(x)) == place
        assert inside.mean() >= 0.05
        rate, overall = y[inside].mean(), y.mean()
        expected = np.log(rate / (1 - rate)) - np.log(overall / (1 - overall))
        np.testing.assert_allclose(said[inside], expected, atol=0.05)  # one row's worth of the overall rate is added
    assert roc_auc_score(y, said) > roc_auc_score(y, x) - 0.02


def test_the_weights_equal_the_textbook_ones_with_shares_of_positives_and_negatives() -> None:
    rows, positives = np.array([400, 300, 300]), np.array([20, 45, 90])
    negatives = rows - positives
    expected = np.log((positives / positives.sum()) / (negatives / negatives.sum()))
    np.testing.assert_allclose(weights_of_evidence(rows, positives, strength=0.0), expected, atol=1e-2)
    shares = positives / positives.sum() - negatives / negatives.sum()
    assert information_value(rows, positives) == pytest.approx(float((shares * expected).sum()), abs=0.02)


def test_an_edge_belongs_to_the_bin_below_it() -> None:
    binned = BinnedNumber(np.array([1.0, 2.0]), np.array([10, 10, 10, 4]), np.array([1, 5, 9, 1]))
    places = binned.places(pl.Series([1.0, np.nextafter(1.0, 2), 2.0, 2.5, None, np.inf, -np.inf]))
    np.testing.assert_array_equal(places, [0, 1, 1, 2, 3, 2, 0])


def test_noise_has_one_bin_and_weighs_nothing() -> None:
    rng = np.random.default_rng(0)
    alone = [
        len(BinnedNumber.fit(pl.Series(rng.normal(size=500)), answers_of(rng.integers(0, 2, 500))).edges) == 0 for _ in range(60)
    ]
    assert np.mean(alone) > 0.8
    constant = BinnedNumber.fit(pl.Series([3.0] * 50), answers_of(np.arange(50) % 2))
    np.testing.assert_allclose(constant.transform(pl.Series([3.0, 7.0])), 0, atol=1e-12)


def test_missing_values_have_a_weight_of_their_own_and_0_where_training_rows_had_none() -> None:
    series = pl.Series([None] * 100 + [1.0] * 100)
    binned = BinnedNumber.fit(series, answers_of(np.array([1] * 90 + [0] * 10 + [1] * 10 + [0] * 90)))
    missing, known = binned.transform(pl.Series([None, 1.0]))[:, 0]
    assert missing > 1.5 > -1.5 > known
    assert fitted()[0].transform(pl.Series([None], dtype=pl.Float64))[0, 0] == 0


def test_infinities_and_a_single_class_have_finite_weights() -> None:
    series = pl.Series([np.inf, -np.inf, 1.0, None])
    for target in (np.array([1, 0, 1, 0]), np.zeros(4, dtype=np.int64), np.ones(4, dtype=np.int64)):
        assert np.isfinite(BinnedNumber.fit(series, answers_of(target)).transform(series)).all()


def test_fine_edges_are_values_that_were_seen() -> None:
    values = np.random.default_rng(0).exponential(size=1000).round(2)
    edges = fine_edges(values)
    assert set(edges) <= set(values)
    assert len(edges) < 40
    assert edges[-1] < values.max()
    counts = np.bincount(np.searchsorted(edges, values))
    assert counts.min() > 0


@pytest.mark.parametrize("target", [np.arange(30) % 3, np.arange(30.0)])
def test_targets_of_other_forms_are_refused_in_one_sentence(target: np.ndarray) -> None:
    for fit in (lambda: BinnedNumber.fit(pl.Series(np.arange(30.0)), answers_of(target)),):
        with pytest.raises(ConfigError, match="two classes"):
            fit()
    with pytest.raises(ConfigError, match="two classes"):
        EvidenceCode.fit(pl.Series(["a"] * 30), answers_of(target), rare_below=1)


def test_levels_that_are_rare_share_a_weight_which_unseen_ones_get() -> None:
    series = pl.Series(["a"] * 50 + ["b"] * 50 + ["r1", "r2", "r3"] + [None] * 7)
    target = np.array([1] * 40 + [0] * 10 + [1] * 10 + [0] * 40 + [1, 1, 0] + [0] * 7)
    code = EvidenceCode.fit(series, answers_of(target), rare_below=5)
    a, b, r1, new, missing = code.transform(pl.Series(["a", "b", "r1", "never", None]))[:, 0]
    assert a > 0 > b > missing
    assert r1 == new
    np.testing.assert_array_equal(code.rows, [50, 50, 3, 7])
    np.testing.assert_array_equal(code.positives, [40, 10, 2, 0])
    overall = (52 + 0.5) / 111
    rate = (40 + overall) / 51
    assert a == pytest.approx(np.log(rate / (1 - rate)) - np.log(overall / (1 - overall)))


@pytest.mark.parametrize(
    "damage",
    [
        {"edges": np.array([2.0, 1.0])},
        {"edges": np.array([1.0])},
        {"positives": np.array([1, 50, 9, 1])},
        {"rows": np.array([-1, 10, 10, 4])},
        {"rows": np.array([10.0, 10.0, 10.0, 4.0])},
    ],
)
def test_a_damaged_state_is_refused(damage: dict) -> None:
    state = BinnedNumber(np.array([1.0, 2.0]), np.array([10, 10, 10, 4]), np.array([1, 5, 9, 1])).state()
    np.testing.assert_array_equal(BinnedNumber.from_state(state).weights, BinnedNumber(*list(state.values())[1:]).weights)
    with pytest.raises(BundleError):
        BinnedNumber.from_state(state | damage)


def test_the_share_of_rows_in_the_smallest_bin_is_bounded() -> None:
    binned, x, _ = fitted(n=300)
    assert binned.rows[:-1].min() >= ceil(0.05 * len(x))
