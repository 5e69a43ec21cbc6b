"""The kernel density against the law that it says it is, in closed form."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy import stats

from assay.balance.densities.kernel import bandwidth_of, fit_kernel, silverman


def kernel_cdf(x, donors, width):
    return stats.norm.cdf((np.asarray(x)[:, None] - donors) / width).mean(axis=1)


def test_drawn_values_follow_the_kernel_density_folded_at_its_ends():
    donors = np.random.default_rng(0).gamma(3, 2, 60)
    sampler = fit_kernel(pl.DataFrame({"x": donors}), None, 0)
    width = sampler.bandwidth * donors.std()
    low, high = donors.min(), donors.max()

    def folded(x):
        x = np.asarray(x)
        return kernel_cdf(x, donors, width) - kernel_cdf(2 * low - x, donors, width) + 1 - kernel_cdf(2 * high - x, donors, width)

    made = sampler.sample(40_000, 1)["x"].to_numpy()
    assert stats.kstest(made, folded).pvalue > 0.001
    assert stats.kstest(made, stats.ecdf(donors).cdf.evaluate).statistic > 0.01


def test_the_bandwidth_is_near_the_best_one_for_a_normal_and_smaller_for_two_clusters():
    rng = np.random.default_rng(0)
    normal = rng.standard_normal((800, 2))
    even = np.full(800, 1 / 800)
    assert bandwidth_of(normal, even, rng) == pytest.approx(silverman(800, 2), rel=0.4)
    clusters = normal * 0.05 + np.where(rng.random((800, 1)) < 0.5, 1, -1)
    assert bandwidth_of(clusters, even, rng) < 0.3 * silverman(800, 2)


def test_silvermans_rule_is_that_of_scipy():
    for n, d in ((50, 1), (400, 3)):
        points = np.random.default_rng(0).standard_normal((d, n))
        assert silverman(n, d) == pytest.approx(stats.gaussian_kde(points, "silverman").factor)


def test_the_leave_one_out_likelihood_chooses_as_a_loop_would():
    rng = np.random.default_rng(2)
    points = np.column_stack([rng.exponential(size=60), rng.standard_normal(60)])
    points = (points - points.mean(axis=0)) / points.std(axis=0)
    factors = np.geomspace(0.1, 1.5, 13)

    def held_out(width):
        total = 0.0
        for row in range(60):
            others = np.delete(points, row, axis=0)
            total += np.log(stats.norm.pdf(points[row], others, width).prod(axis=1).mean())
        return total

    best = max(factors, key=lambda factor: held_out(factor * silverman(60, 2)))
    assert bandwidth_of(points, np.full(60, 1 / 60), rng) == pytest.approx(best * silverman(60, 2))


def test_equal_whole_numbers_do_not_ask_for_a_width_of_nothing():
    ages = np.rint(np.random.default_rng(0).normal(40, 12, 1000))
    assert fit_kernel(pl.DataFrame({"age": ages}), None, 0).bandwidth > 0.5 * silverman(1000, 1)


def test_categories_gaps_codes_and_shared_values_are_those_of_the_donor():
    rng = np.random.default_rng(0)
    n = 400
    town = rng.choice(["a", "b"], n)
    frame = pl.DataFrame(
        {
            "town": town,
            "grade": np.where(town == "a", 1, 2),
            "spent": np.where(town == "a", 0.0, rng.lognormal(3, 0.5, n)),
            "age": [None if t == "b" and k % 2 else v for k, (t, v) in enumerate(zip(town, rng.normal(40, 9, n), strict=True))],
        }
    )
    made = fit_kernel(frame, None, 0).sample(2000, 0)
    assert ((made["town"] == "a") == (made["grade"] == 1)).all()
    assert ((made["town"] == "a") == (made["spent"] == 0)).all()
    assert made.filter(pl.col("town") == "a")["age"].null_count() == 0
    assert made.filter(pl.col("town") == "b")["age"].is_null().mean() == pytest.approx(0.5, abs=0.08)
    assert len(set(made["age"].drop_nulls()) & set(frame["age"].drop_nulls())) <= 2


def test_donors_are_drawn_by_weight():
    frame = pl.DataFrame({"town": ["a", "b", "c"]})
    made = fit_kernel(frame, np.array([1.0, 3.0, 0.0]), 0).sample(4000, 0)
    assert (made["town"] == "b").mean() == pytest.approx(0.75, abs=0.03)
    assert "c" not in made["town"]
    nothing = fit_kernel(frame, np.zeros(3), 0)
    assert set(nothing.sample(100, 0)["town"]) == {"a", "b", "c"}
    assert replace(nothing).bandwidth == 0
