"""The Gaussian copula against simulated truths."""

import numpy as np
import polars as pl
import pytest
from scipy import special, stats

from assay.balance.densities.copula import fit_copula, normal_scores, positive_definite

CORRELATION = np.array([[1.0, 0.7, -0.4], [0.7, 1.0, 0.1], [-0.4, 0.1, 1.0]])
MARGINS = {"wait": stats.gamma(2, scale=3), "price": stats.lognorm(0.6, scale=20), "height": stats.norm(170, 9)}


def latents(n, seed=0, correlation=CORRELATION):
    return np.random.default_rng(seed).multivariate_normal(np.zeros(len(correlation)), correlation, n)


def simulated(n, seed=0):
    places = special.ndtr(latents(n, seed))
    return pl.DataFrame({name: law.ppf(places[:, k]) for k, (name, law) in enumerate(MARGINS.items())})


def test_rank_correlations_and_margins_are_those_of_the_truth():
    made = fit_copula(simulated(6000), None, seed=1).sample(20_000, seed=2)
    true_rank = 6 / np.pi * np.arcsin(CORRELATION / 2)
    np.testing.assert_allclose(stats.spearmanr(made.to_numpy()).statistic, true_rank, atol=0.045)
    for name, law in MARGINS.items():
        assert stats.kstest(made[name], law.cdf).statistic < 0.03


def test_tied_columns_keep_the_correlation_of_what_is_behind_them():
    z = latents(20_000, 3, np.array([[1.0, 0.6, 0.6], [0.6, 1.0, 0.6], [0.6, 0.6, 1.0]]))
    frame = pl.DataFrame({"own": z[:, 0] > 0.5, "visits": stats.poisson(1.5).ppf(special.ndtr(z[:, 1])), "age": z[:, 2]})
    sampler = fit_copula(frame, None, 0)
    np.testing.assert_allclose(sampler.correlation[np.triu_indices(3, 1)], 0.6, atol=0.06)
    made = sampler.sample(20_000, 1)
    assert stats.pearsonr(made["own"], made["visits"]).statistic == pytest.approx(
        stats.pearsonr(frame["own"], frame["visits"]).statistic, abs=0.04
    )


def test_the_loss_of_a_tied_score_is_that_of_a_simulation():
    z = np.random.default_rng(0).standard_normal(200_000)
    for cut in ([0.0], [1.0], [-1.0, 0.3, 1.2]):
        scores, follows = normal_scores(np.digitize(z, cut).astype(float), np.full(len(z), 1 / len(z)))
        assert follows == pytest.approx(np.corrcoef(z, scores)[0, 1], abs=0.005)


def test_missing_values_come_as_often_and_together_as_they_did():
    frame = simulated(4000)
    gone = frame["price"] > frame["price"].quantile(0.7)
    frame = frame.with_columns(
        wait=pl.when(gone).then(None).otherwise("wait"),
        height=pl.when(gone & (pl.Series(np.arange(4000) % 5 > 0))).then(None).otherwise("height"),
    )
    made = fit_copula(frame, None, 0).sample(8000, 1)
    assert made["price"].null_count() == 0
    for name in ("wait", "height"):
        assert made[name].is_null().mean() == pytest.approx(frame[name].is_null().mean(), abs=0.03)
    both = (made["wait"].is_null() & made["height"].is_null()).mean()
    assert both == pytest.approx((frame["wait"].is_null() & frame["height"].is_null()).mean(), abs=0.06)
    means = made.group_by(pl.col("wait").is_null()).agg(pl.col("price").mean()).sort("wait")["price"].to_list()
    assert means[1] > 1.4 * means[0]


def test_a_category_that_goes_with_the_numbers_still_does():
    rng = np.random.default_rng(0)
    town = rng.choice(["north", "a", "mid"], 2000, p=[0.5, 0.3, 0.2])
    income = rng.normal([{"north": 10, "a": 20, "mid": 30}[t] for t in town], 3)
    made = fit_copula(pl.DataFrame({"town": town, "income": income}), None, 0).sample(4000, 0)
    means = dict(made.group_by("town").agg(pl.col("income").mean()).iter_rows())
    assert [means["north"], means["a"], means["mid"]] == pytest.approx([10, 20, 30], abs=2.5)
    assert made["town"].value_counts(normalize=True).sort("town")["proportion"].to_list() == pytest.approx(
        [0.3, 0.2, 0.5], abs=0.04
    )


def test_weights_tilt_a_normal_as_the_closed_form_says():
    frame = simulated(4000)
    tilt = 0.08  # exp(t x) times a normal of mean m and variance v is a normal of mean m + t v
    weights = np.exp(tilt * (frame["height"].to_numpy() - 170))
    made = fit_copula(frame, weights, 0).sample(6000, 0)
    assert made["height"].mean() == pytest.approx(170 + tilt * 81, abs=0.8)
    assert made["wait"].mean() == pytest.approx(np.average(frame["wait"], weights=weights), rel=0.06)


def test_an_impossible_matrix_becomes_a_correlation_matrix():
    broken = np.array([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]])
    mended = positive_definite(broken)
    assert np.linalg.eigvalsh(broken)[0] < 0 < np.linalg.eigvalsh(mended)[0]
    np.testing.assert_allclose(np.diag(mended), 1)
    np.testing.assert_array_equal(positive_definite(CORRELATION), CORRELATION)


def test_the_same_column_twice_is_no_failure():
    frame = simulated(200).with_columns(again=pl.col("wait"), minus=-pl.col("wait"), third=pl.col("wait") * 2)
    made = fit_copula(frame, None, 0).sample(500, 0)
    assert stats.spearmanr(made["wait"], made["minus"]).statistic < -0.95
