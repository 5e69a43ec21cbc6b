"""Rates of rows that come in clusters or weigh: against statsmodels, against the same rows said otherwise, and by simulation."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm
from tests.explain.explained_models import held

from assay.explain.fairness import fairness, ratio_interval
from assay.explain.group_rates import RATES, Decided, rate, rate_correlation, rate_gap, shift_gap
from assay.explain.held import HeldOut, one_model


def decided(random: np.random.Generator, *, people: int = 60, each: int = 8, own: float = 1.0, apart: bool = False) -> Decided:
    """Rows of people who are called alike (``own``: how much); no group is treated otherwise.

    apart: whether all rows of a person are of one group, or of both.
    """
    person = np.repeat(np.arange(people), each)
    lean = own * random.normal(size=people)[person]
    code = (person % 2 if apart else random.integers(0, 2, len(person))).astype(np.int64)
    probability = 1 / (1 + np.exp(-(lean + 0.5 * random.normal(size=len(person)))))
    target = (random.random(len(person)) < probability).astype(np.int64)
    label = (probability >= 0.5).astype(np.int64)
    return Decided(code, target, label, probability, person, None, 0.95)


@pytest.mark.parametrize("what", RATES)
def test_rows_that_stand_twice_in_a_cluster_say_no_more_than_once(what: str) -> None:
    once = replace(decided(np.random.default_rng(0), people=300, each=1), weights=np.random.default_rng(1).uniform(1, 3, 300))
    twice = once.take(np.repeat(np.arange(300), 2))
    for ask in (lambda rows: rate(rows, what, 0), lambda rows: rate_gap(rows, what, 0, 1)[0]):
        one, two = ask(once), ask(twice)
        np.testing.assert_allclose([two.value, two.low, two.high], [one.value, one.low, one.high], atol=1e-9)
    np.testing.assert_allclose(rate_gap(twice, what, 0, 1)[1], rate_gap(once, what, 0, 1)[1], atol=1e-9)


@pytest.mark.parametrize("what", RATES)
def test_rows_by_themselves_have_nearly_the_same_rates_either_way(what: str) -> None:
    rows = decided(np.random.default_rng(2), people=4000, each=1)
    plain = replace(rows, clusters=None)
    assert (plain.plain, rows.plain) == (True, False)
    (one, p), (other, q) = rate_gap(plain, what, 0, 1), rate_gap(rows, what, 0, 1)
    np.testing.assert_allclose([other.value, other.low, other.high, q], [one.value, one.low, one.high, p], atol=2e-3)
    one, other = rate(plain, what, 1), rate(rows, what, 1)
    np.testing.assert_allclose([other.value, other.low, other.high], [one.value, one.low, one.high], atol=2e-3)


@pytest.mark.parametrize("apart", [False, True])
def test_the_gap_of_calibration_is_a_weighted_regression_with_clustered_errors(apart: bool) -> None:
    random = np.random.default_rng(3)
    rows = decided(random, apart=apart)
    rows = replace(rows, weights=random.uniform(0.5, 3.0, len(rows.code)))
    found, p = shift_gap(rows, 0, 1)
    design = np.column_stack([np.ones(len(rows.code)), rows.code == 0])
    model = sm.WLS(rows.target - rows.probability, design, weights=rows.weights)
    theirs = model.fit(cov_type="cluster", cov_kwds={"groups": rows.clusters, "use_correction": False})
    np.testing.assert_allclose(found.value, theirs.params[1], atol=1e-12)
    people = len(np.unique(rows.clusters))
    freedom = min(len(np.unique(rows.clusters[rows.code == group])) for group in (0, 1)) - 1
    from scipy.stats import t

    error = theirs.bse[1] * np.sqrt(people / (people - 1))
    np.testing.assert_allclose((found.high - found.low) / 2, error * t.ppf(0.975, freedom), rtol=1e-9)
    np.testing.assert_allclose(p, 2 * t.sf(abs(found.value) / error, freedom), rtol=1e-9)


def test_people_who_are_called_alike_make_no_difference_between_groups() -> None:
    """Where every person is of one group, rows taken as independent claim a difference far too often."""
    counted = {"clusters": 0, "rows": 0, "calibration": 0}
    for seed in range(300):
        rows = decided(np.random.default_rng(seed), apart=True, own=2.0)
        counted["clusters"] += rate_gap(rows, "selection rate", 0, 1)[1] < 0.05
        counted["rows"] += rate_gap(replace(rows, clusters=None), "selection rate", 0, 1)[1] < 0.05
        counted["calibration"] += shift_gap(rows, 0, 1)[1] < 0.05
    assert counted["rows"] > 90
    assert 5 <= counted["clusters"] <= 26, "15 of 300 are to be expected"
    assert 5 <= counted["calibration"] <= 26


def test_the_ratio_of_rates_knows_people_who_are_in_both_groups() -> None:
    inside, blind = 0, 0
    for seed in range(300):
        rows = decided(np.random.default_rng(seed), own=2.0)
        ends = rate(rows, "selection rate", 0), rate(rows, "selection rate", 1)
        correlation = rate_correlation(rows, "selection rate", 0, 1)
        assert correlation > 0.3
        found = ratio_interval(*ends, 0.95, correlation)
        inside += found.low <= 1 <= found.high
        other = ratio_interval(*ends, 0.95)
        blind += other.low <= 1 <= other.high
    assert 0.92 <= inside / 300 <= 0.98
    assert blind / 300 > 0.98, "without the correlation the interval is too wide"


def people(weights: np.ndarray | None = None, groups: np.ndarray | None = None) -> tuple[HeldOut, pl.Series]:
    rows = decided(np.random.default_rng(4))
    logit = np.log(rows.probability) - np.log1p(-rows.probability)
    frame = pl.DataFrame({"a": logit})
    plain = held(lambda x: x[:, 0], frame, rows.target, binary=True)
    model = one_model(plain.parts[0].fitted, frame, rows.target, weights=weights, groups=groups)
    return model, pl.Series("side", np.where(rows.code == 0, "left", "right"))


def test_fairness_goes_by_the_groups_and_the_weights_of_the_rows() -> None:
    person = np.repeat(np.arange(60), 8)
    weights = np.random.default_rng(5).uniform(0.0, 2.0, 480) * (np.arange(480) % 7 > 0)
    plain, sides = people()
    grouped, weighed = (fairness(people(**more)[0], sides) for more in ({"groups": person}, {"weights": weights}))
    alone = fairness(plain, sides)
    assert alone.notes == ()
    assert grouped.notes == ("Rows of these data depend on each other; the intervals count 60 groups, not rows.",)
    assert weighed.notes == ("Rates count the rows by their weights.",)
    one, other = (found.groups[0].rates["selection rate"] for found in (alone, grouped))
    assert one.value == pytest.approx(other.value)
    assert other.high - other.low > 1.3 * (one.high - one.low)
    called = plain.parts[0].features["a"].to_numpy() >= 0
    own = (sides == "left").to_numpy()
    assert weighed.groups[0].rates["selection rate"].value == pytest.approx(np.average(called[own], weights=weights[own]))
    assert weighed.groups[0].rows == int((own & (weights > 0)).sum())


def test_a_group_of_a_single_cluster_has_rates_and_no_intervals() -> None:
    rows = decided(np.random.default_rng(6), apart=True)
    alone = replace(rows, clusters=np.where(rows.code == 0, 0, rows.clusters + 1))
    found = rate(alone, "selection rate", 0)
    assert found.value is not None
    assert found.low is None
    for gap, p in (rate_gap(alone, "selection rate", 0, 1), shift_gap(alone, 0, 1)):
        assert (gap.low, p) == (None, None)
        assert "of one cluster" in gap.undefined
    ratio = ratio_interval(found, rate(alone, "selection rate", 1), 0.95)
    assert ratio.value is not None
    assert ratio.low is None
