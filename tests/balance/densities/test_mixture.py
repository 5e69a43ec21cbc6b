"""The Gaussian mixture on simulated clusters."""

import numpy as np
import polars as pl
import pytest

from assay.balance.densities.mixture import best_mixture, fit_mixture


def two_clusters(n=600, seed=0):
    rng = np.random.default_rng(seed)
    first = rng.random(n) < 0.3
    tilted = rng.multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], n)
    points = np.where(first[:, None], tilted, np.array([12, -6]) + rng.standard_normal((n, 2)))
    return pl.DataFrame({"x": points[:, 0], "y": points[:, 1], "town": np.where(first, "a", "b")})


def test_two_clusters_are_found_again_with_their_shares_and_shapes():
    sampler = fit_mixture(two_clusters(), None, 0)
    order = np.argsort(sampler.means[:, 0])
    assert sampler.proportions[order] == pytest.approx([0.3, 0.7], abs=0.04)
    np.testing.assert_allclose((sampler.means * sampler.scale + sampler.centre)[order], [[0, 0], [12, -6]], atol=0.3)
    root = sampler.roots[order[0]] * sampler.scale[:, None]
    np.testing.assert_allclose(root @ root.T, [[1, 0.8], [0.8, 1]], atol=0.3)


def test_drawn_rows_have_the_moments_of_each_cluster_and_its_category():
    made = fit_mixture(two_clusters(), None, 0).sample(6000, 1)
    near = (made["x"] < 6).to_numpy()
    assert near.mean() == pytest.approx(0.3, abs=0.05)
    assert ((made["town"] == "a").to_numpy() == near).all()
    assert np.corrcoef(made["x"].to_numpy()[near], made["y"].to_numpy()[near])[0, 1] == pytest.approx(0.8, abs=0.1)
    assert np.corrcoef(made["x"].to_numpy()[~near], made["y"].to_numpy()[~near])[0, 1] == pytest.approx(0, abs=0.1)


def test_one_normal_needs_one_component_and_no_more():
    rng = np.random.default_rng(0)
    assert best_mixture(rng.standard_normal((500, 3)), 0).n_components == 1
    assert best_mixture(rng.standard_normal((500, 3)), 0).covariance_type == "diag"
    assert best_mixture(rng.standard_normal((500, 1)) ** 2, 0).n_components > 1


def test_the_number_of_components_is_bounded_by_the_rows():
    points = np.random.default_rng(0).choice([-5.0, 0.0, 5.0], (25, 1)) + np.random.default_rng(1).normal(0, 0.01, (25, 1))
    assert best_mixture(points, 0).n_components <= 2


def test_gaps_come_from_near_rows_and_do_not_disturb_the_fit():
    frame = two_clusters()
    holed = frame.with_columns(
        y=pl.when((pl.col("town") == "b") & (pl.Series(np.arange(600) % 4 == 0))).then(None).otherwise("y")
    )
    made = fit_mixture(holed, None, 0).sample(4000, 1)
    assert made["x"].null_count() == 0
    far = made.filter(pl.col("x") > 6)
    assert far["y"].is_null().mean() == pytest.approx(0.25, abs=0.06)
    assert made.filter(pl.col("x") < 3)["y"].is_null().mean() < 0.02


def test_weights_stand_for_rows():
    frame = two_clusters()
    made = fit_mixture(frame, np.where(frame["town"] == "a", 7.0, 1.0), 0).sample(4000, 0)
    assert (made["town"] == "a").mean() == pytest.approx(0.75, abs=0.06)


def test_a_table_without_numbers_is_drawn_row_by_row():
    frame = pl.DataFrame({"town": ["a", "b"] * 20, "job": ["x", "y"] * 20})
    made = fit_mixture(frame, None, 0).sample(200, 0)
    assert set(made.iter_rows()) == {("a", "x"), ("b", "y")}
