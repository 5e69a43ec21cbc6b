"""The gain over random rows: where it is known to be there, where there is none, and its arithmetic."""

import numpy as np
import polars as pl
import pytest
from scipy.stats import ttest_1samp

import assay
from assay.core.errors import ConfigError, DataError
from assay.data.dataset import Dataset
from assay.study.labelling.gain import GainSettings, gain_over_random


def far_from_the_border(n: int, seed: int = 0) -> Dataset:
    """Nine rows of ten are obvious; what is to be learned lies between two clouds that are seldom met."""
    random = np.random.default_rng(seed)
    a = np.where(random.random(n) < 0.9, random.choice([-6.0, 6.0], n) + 0.3 * random.normal(size=n), random.uniform(-2, 2, n))
    b = random.normal(size=n)
    frame = pl.DataFrame({"a": a, "b": b, "denied": np.where(a + b > 0, "yes", "no")})
    return assay.read(frame, target="denied")


SMALL = GainSettings(ways=("uncertainty",), metric="log_loss", start=20, batch=10, rounds=3, simulations=8)


def test_unsure_rows_beat_random_ones_where_most_rows_are_obvious() -> None:
    found = gain_over_random(far_from_the_border(1200), SMALL)
    [way] = found.ways
    assert way.call == "better"
    assert way.gain.low is not None
    assert way.gain.low > 0, "a gain is positive also of a loss"
    assert found.values[1, :, -1].mean() < found.values[0, :, -1].mean()


def test_nothing_is_claimed_where_the_target_is_noise() -> None:
    random = np.random.default_rng(1)
    frame = pl.DataFrame({"a": random.normal(size=600), "denied": random.choice(["yes", "no"], 600)})
    calls = [
        one.call
        for seed in range(4)
        for one in gain_over_random(
            assay.read(frame, target="denied"),
            GainSettings(ways=("uncertainty", "diversity"), start=20, batch=10, rounds=2, simulations=4, seed=seed),
        ).ways
    ]
    assert calls.count("no difference shown") >= 7


def test_all_ways_start_alike_and_intervals_are_those_of_a_paired_t_test() -> None:
    settings = GainSettings(ways=("uncertainty", "disagreement", "mixed"), start=30, batch=10, rounds=2, simulations=4)
    found = gain_over_random(far_from_the_border(500, seed=2), settings)
    assert found.metric == "roc_auc"
    assert np.ptp(found.values[:, :, 0], axis=0).max() == 0.0
    assert found.labelled == (30.0, 40.0, 50.0)
    raw = []
    for place, way in enumerate(found.ways, start=1):
        differences = (found.values[place] - found.values[0])[:, 1:].mean(axis=1)
        test = ttest_1samp(differences, 0.0)
        ends = test.confidence_interval(0.95)
        assert (way.gain.low, way.gain.high) == pytest.approx((ends.low, ends.high))
        raw.append(test.pvalue)
    assert min(way.p for way in found.ways) == pytest.approx(min(1.0, 3 * min(raw)))


def test_numbers_are_played_through_too_and_equal_seeds_give_equal_gains() -> None:
    random = np.random.default_rng(3)
    a = random.normal(size=300)
    data = assay.read(pl.DataFrame({"a": a, "b": random.normal(size=300), "y": 2 * a + random.normal(size=300)}), target="y")
    settings = GainSettings(recipe="linear", ways=("mixed",), start=20, batch=10, rounds=2, simulations=2)
    first, again = (gain_over_random(data, settings) for _ in range(2))
    assert first.metric == "rmse"
    assert np.array_equal(first.values, again.values)
    assert first.to_json()["ways"][0]["gain"]["n"] == 2


def test_a_start_of_one_class_goes_on_until_there_are_two() -> None:
    random = np.random.default_rng(4)
    a = random.normal(size=900)
    frame = pl.DataFrame({"a": a, "denied": np.where(np.arange(900) % 30 == 0, "yes", "no")})
    settings = GainSettings(ways=("uncertainty",), metric="log_loss", start=2, batch=5, rounds=1, simulations=3)
    found = gain_over_random(assay.read(frame, target="denied"), settings)
    assert found.labelled[0] > 10


def test_what_cannot_be_played_is_refused_in_a_sentence() -> None:
    data = far_from_the_border(100)
    with pytest.raises(DataError, match="leave no choice"):
        gain_over_random(data, GainSettings(start=50, batch=50, rounds=1))
    with pytest.raises(ConfigError, match="does not do binary"):
        gain_over_random(data, GainSettings(recipe="linear"))
    with pytest.raises(ConfigError, match="no way 'mixd'"):
        GainSettings(ways=("mixd",))
    with pytest.raises(ConfigError, match="or there is no interval"):
        GainSettings(simulations=1)


def test_a_recipe_that_says_no_spread_of_a_number_is_asked_the_other_ways() -> None:
    random = np.random.default_rng(3)
    a = random.normal(size=300)
    data = assay.read(pl.DataFrame({"a": a, "price": a + 0.1 * random.normal(size=300)}), target="price")
    small = {"metric": "rmse", "start": 30, "batch": 10, "rounds": 1, "simulations": 2}
    ways = [one.way for one in gain_over_random(data, GainSettings(recipe="forest", **small)).ways]
    assert ways == ["mixed", "disagreement", "diversity"]
    with pytest.raises(ConfigError, match="no spread"):
        gain_over_random(data, GainSettings(recipe="forest", ways=("uncertainty",), **small))
