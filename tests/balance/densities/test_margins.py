"""The choice of a family for each column."""

import datetime

import numpy as np
import polars as pl
import pytest
from scipy import stats

from assay.balance.densities.margins import fit_margins
from assay.core.errors import DataError

LAWS = {
    "normal": stats.norm(5, 2),
    "log-normal": stats.lognorm(0.8, scale=3),
    "gamma": stats.gamma(2.5, scale=2),
    "log-gamma": stats.loggamma(0.5, loc=1, scale=2),
    "exponential": stats.expon(scale=3),
    "weibull": stats.weibull_min(3.5, scale=2),
    "beta": stats.beta(0.7, 0.6),
    "bernoulli": stats.bernoulli(0.3),
    "poisson": stats.poisson(3),
}


def margin(values, seed=0, weights=None):
    return fit_margins(pl.DataFrame({"x": values}), seed, weights)["x"]


@pytest.mark.parametrize("name", LAWS)
def test_the_family_that_a_column_was_drawn_from_is_chosen(name):
    for seed in (0, 1):
        chosen = margin(LAWS[name].rvs(2000, random_state=seed), seed)
        assert chosen.family == name
        assert next(iter(chosen.held_out.values())) - chosen.held_out[name] < 0.01


def test_the_held_out_likelihood_is_that_of_the_truth_less_what_fitting_costs():
    x = LAWS["gamma"].rvs(4000, random_state=3)
    truth = LAWS["gamma"].logpdf(x).mean()
    assert truth - 0.002 < margin(x).held_out["gamma"] < truth + 0.002
    assert margin(x).held_out["exponential"] < truth - 0.05


def test_whole_numbers_stay_whole_whatever_family_describes_them():
    x = np.rint(stats.norm(100, 20).rvs(800, random_state=1))
    chosen = margin(x)
    assert chosen.family == "normal"
    drawn = chosen.quantile(np.random.default_rng(0).random(500))
    assert (drawn == np.rint(drawn)).all()
    assert drawn.min() >= x.min()
    assert drawn.max() <= x.max()


def test_decimals_stay_on_their_lattice():
    x = np.round(stats.gamma(3, scale=4).rvs(300, random_state=1), 2)
    drawn = margin(x).quantile(np.random.default_rng(0).random(500))
    assert (drawn == np.round(drawn, 2)).all()


def test_codes_that_no_family_describes_are_categorical():
    x = np.random.default_rng(0).choice([1, 2, 5, 9], 400, p=[0.4, 0.1, 0.1, 0.4])
    chosen = margin(x)
    assert chosen.family == "categorical"
    assert set(chosen.quantile(np.linspace(0.01, 0.99, 99)).tolist()) == {1.0, 2.0, 5.0, 9.0}


def test_a_value_that_many_rows_share_gets_probability_of_its_own():
    rng = np.random.default_rng(0)
    x = np.where(rng.random(2000) < 0.4, 0.0, rng.gamma(5, 3, 2000))
    chosen = margin(x)
    assert chosen.family == "spiked gamma"
    assert chosen.parameters["share at 0"] == pytest.approx(np.mean(x == 0), abs=0.01)
    assert chosen.parameters["a"] == pytest.approx(5, rel=0.15)
    drawn = chosen.quantile(rng.random(4000))
    assert np.mean(drawn == 0) == pytest.approx(np.mean(x == 0), abs=0.025)


def test_categories_and_booleans_have_their_family_by_rule():
    frame = pl.DataFrame({"town": ["b", "a", None, "b"], "own": [True, False, True, True]})
    found = fit_margins(frame, seed=0)
    assert found["town"].family == "categorical"
    assert found["town"].parameters == pytest.approx({"a": 1.5 / 4, "b": 2.5 / 4})
    assert (found["town"].n, found["town"].missing) == (3, 1)
    assert found["own"].family == "bernoulli"
    assert found["own"].parameters == pytest.approx({"false": 1.5 / 5, "true": 3.5 / 5})
    assert found["town"].held_out == {}


def test_of_few_rows_nothing_is_chosen_by_likelihood():
    assert margin(np.random.default_rng(0).exponential(size=19)).family == "normal"
    assert margin(np.random.default_rng(0).exponential(size=19)).held_out == {}
    assert margin([0, 1, 1]).family == "bernoulli"


@pytest.mark.parametrize("n", [1, 2, 50])
def test_a_constant_column_keeps_its_value(n):
    chosen = margin([7.5] * n)
    assert chosen.family == "constant"
    assert (chosen.quantile(np.array([0.001, 0.5, 0.999])) == 7.5).all()


def test_a_column_without_a_value_has_no_density():
    assert fit_margins(pl.DataFrame({"x": pl.Series([None, None], dtype=pl.Float64), "y": [1.0, 2.0]}), 0).keys() == {"y"}


def test_the_weights_count():
    x = np.repeat([0.0, 1.0], 500)
    assert margin(x, weights=np.where(x == 1, 3.0, 1.0)).parameters["p"] == pytest.approx(0.75, abs=0.002)
    assert margin(x, weights=np.zeros(1000)).parameters["p"] == pytest.approx(0.5)


def test_the_same_seed_makes_the_same_choice():
    x = LAWS["weibull"].rvs(300, random_state=1)
    assert margin(x, 4).held_out == margin(x, 4).held_out
    assert margin(x, 4).held_out != margin(x, 5).held_out


@pytest.mark.parametrize(
    "x",
    [
        np.array([0.0] * 60 + [1e12]),
        np.array([1e9, 1e9 + 1e-6] * 40),
        np.geomspace(1e-30, 1e30, 50),
        np.repeat(np.arange(4.0), 10) * 1e-9,
        np.concatenate([np.full(50, 999.0), np.arange(25.0)]),
        np.array([-1e36, 0.0, 1e36] * 20),
        np.array([0.1 + 0.2] * 30 + np.random.default_rng(0).normal(size=30).tolist()),
        np.random.default_rng(0).standard_cauchy(400),
    ],
)
def test_odd_columns_give_finite_values_within_their_range(x):
    drawn = margin(x).quantile(np.random.default_rng(0).random(300))
    assert np.isfinite(drawn).all()
    assert drawn.min() >= x.min()
    assert drawn.max() <= x.max()


def test_dates_are_numbers_of_their_own_step():
    days = [datetime.date(2024, 1, 1) + datetime.timedelta(days=int(d)) for d in np.random.default_rng(0).integers(0, 300, 100)]
    assert fit_margins(pl.DataFrame({"day": days}), 0)["day"].step == 1
    moments = pl.DataFrame({"at": pl.Series(days).cast(pl.Datetime("us"))})
    assert fit_margins(moments, 0)["at"].step == 86_400_000_000


def test_what_cannot_be_described_is_a_data_error():
    with pytest.raises(DataError, match="column 'x' holds 1 numbers that are infinite"):
        margin([1.0, np.inf])
    with pytest.raises(DataError, match="column 'x' is of kind image"):
        margin([b"png"])
