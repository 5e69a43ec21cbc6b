"""Spread over folds, the interval of the threshold, and what the threshold is worth."""

import numpy as np
import pytest
from tests.measure.cases import part

from assay.core.errors import ConfigError, DataError
from assay.measure.parts import Design, Part, design_of
from assay.measure.resample import replicate_weights
from assay.measure.threshold import (
    ThresholdRule,
    choice_of_parts,
    choose_threshold,
    cross_fitted_labels,
    expected_cost,
    operating_utility,
    threshold_interval,
    threshold_of_parts,
    threshold_spread,
)

COST = ThresholdRule("cost", cost_fn=5, cost_fp=1)


def calibrated(n: int, seed: int, *, centre: float = -2.0, spread: float = 1.2) -> tuple[np.ndarray, np.ndarray]:
    """Labels and log-odds that are true."""
    random = np.random.default_rng(seed)
    score = random.normal(centre, spread, n)
    return (random.random(n) < 1 / (1 + np.exp(-score))).astype(np.int64), score


def folds(n: int = 400, seed: int = 0, n_folds: int = 4) -> list[Part]:
    target, score = calibrated(n, seed)
    cut = np.array_split(np.arange(n), n_folds)
    return [part(target[rows], score[rows], units=rows, fold=fold) for fold, rows in enumerate(cut)]


def test_the_spread_holds_the_threshold_of_each_fold_of_its_others_and_of_all() -> None:
    parts = folds()
    spread = threshold_spread(parts, COST)
    assert spread.finished.threshold == threshold_of_parts(parts, COST)
    own = [choose_threshold(p.truth["target"], p.predictions["probability"], COST) for p in parts]
    others = [threshold_of_parts([other for other in parts if other is not one], COST) for one in parts]
    assert [fold.own.threshold for fold in spread.folds] == own
    assert [fold.others.threshold for fold in spread.folds] == others
    assert (spread.own.median, spread.own.low, spread.own.high, spread.own.n) == (np.median(own), min(own), max(own), 4)
    assert (spread.others.median, spread.others.low, spread.others.high) == (np.median(others), min(others), max(others))


def test_a_fold_that_could_not_choose_is_left_out_of_the_spread_and_says_why() -> None:
    parts = folds()
    blind = Part(0, 1, parts[1].truth.with_array("target", np.zeros(100, np.int64)), parts[1].predictions)
    spread = threshold_spread([parts[0], blind, *parts[2:]], ThresholdRule("f1"))
    assert spread.folds[1].own.note == "all 100 rows to choose on are of one class, so it is 0.5"
    assert (spread.own.n, spread.others.n) == (3, 4)
    forward = threshold_spread(parts, ThresholdRule("f1"), forward=True)
    assert forward.folds[0].others.note == "there were no rows to choose on, so it is 0.5"
    alone = threshold_spread(parts[:1], ThresholdRule("f1"))
    assert alone.others.median is None
    assert alone.others.undefined == "there were no rows to choose on, so it is 0.5"


def test_a_capacity_in_rows_means_the_same_share_in_every_fold() -> None:
    parts, rule = folds(), ThresholdRule("capacity", value=40)
    labelled = cross_fitted_labels(parts, rule)
    as_share = cross_fitted_labels(parts, ThresholdRule("capacity", value=0.1))
    for one, other in zip(labelled, as_share, strict=True):
        assert np.array_equal(one.predictions["label"], other.predictions["label"])
    every = np.concatenate([one.predictions["probability"] for one in parts])
    assert np.count_nonzero(every >= threshold_of_parts(parts, rule)) == 40
    assert np.count_nonzero(every >= threshold_of_parts(parts, rule, of=800)) == 20
    with pytest.raises(ConfigError, match="no limit on 400 rows"):
        cross_fitted_labels(parts, ThresholdRule("capacity", value=400))


def test_a_floor_that_is_out_of_reach_stops_the_finished_threshold_and_not_the_folds() -> None:
    parts, rule = folds(), ThresholdRule("precision", value=1.0)
    weak = [Part(p.repeat, p.fold, p.truth.with_array("target", 1 - (p.predictions["score"] > 0)), p.predictions) for p in parts]
    assert len(cross_fitted_labels(weak, rule)) == 4
    assert choice_of_parts(weak, rule).missed
    with pytest.raises(DataError, match="lower the floor"):
        threshold_of_parts(weak, rule)


@pytest.mark.parametrize("kind", ["row", "group"])
@pytest.mark.parametrize(
    "rule",
    [COST, ThresholdRule("f1"), ThresholdRule("recall", value=0.8), ThresholdRule("capacity", value=0.1)],
    ids=str,
)
def test_the_interval_is_that_of_rows_drawn_anew_one_replicate_after_another(rule: ThresholdRule, kind: str) -> None:
    parts = folds(240)
    design = design_of(parts, kind=kind, groups=np.arange(240) // 6 if kind == "group" else None)
    found = threshold_interval(parts, rule, design, replicates=40, seed=3)
    target = np.concatenate([one.truth["target"] for one in parts])
    probability = np.concatenate([one.predictions["probability"] for one in parts])
    times = replicate_weights(design, range(40), seed=3).astype(int)
    draws = [choose_threshold(np.repeat(target, t), np.repeat(probability, t), rule) for t in times]
    low, high = np.quantile(draws, [0.025, 0.975])
    assert found.value == threshold_of_parts(parts, rule)
    assert found.low is not None
    assert found.high is not None
    gap = np.diff(np.sort(probability)).max()  # it runs over whole stretches, whose middles the draws are
    assert low - gap <= found.low <= low
    assert high <= found.high <= high + gap
    assert found.n == (40 if kind == "group" else 240)


def test_rows_that_weigh_nothing_do_not_move_the_interval() -> None:
    parts = folds(200)
    target, score = calibrated(50, 9)
    extra = part(target, score, units=np.arange(200, 250), fold=4)
    weights = [np.ones(50), np.ones(50), np.ones(50), np.ones(50), np.zeros(50)]
    weighted = [
        Part(p.repeat, p.fold, p.truth.with_array("weight", w), p.predictions)
        for p, w in zip([*parts, extra], weights, strict=True)
    ]
    assert threshold_of_parts(weighted, COST) == pytest.approx(threshold_of_parts(parts, COST))
    found = threshold_interval(weighted, COST, design_of(weighted), replicates=200, seed=0)
    plain = threshold_interval(parts, COST, design_of(parts), replicates=200, seed=0)
    assert (found.low, found.high) == pytest.approx((plain.low, plain.high), abs=0.08)


def test_repeats_of_the_same_rows_are_drawn_together() -> None:
    parts = folds(300)
    again = [Part(1, p.fold, p.truth, p.predictions) for p in parts]
    design = design_of(parts)
    once = threshold_interval(parts, COST, design, replicates=80, seed=1)
    twice = threshold_interval([*parts, *again], COST, design, replicates=80, seed=1)
    assert (once.value, once.low, once.high) == pytest.approx((twice.value, twice.low, twice.high), abs=1e-12)


def test_an_end_that_few_rows_speak_for_is_left_open() -> None:
    target, score = calibrated(400, 3)
    probability = 1 / (1 + np.exp(-score))
    rare = np.where(probability < 0.05, 0, target)  # no positive lies below
    parts = [part(rare, score)]
    found = threshold_interval(parts, ThresholdRule("cost", cost_fn=40, cost_fp=1), design_of(parts), replicates=100, seed=0)
    assert found.low == 0.0
    assert found.method == "percentile bootstrap, open below"


def test_a_threshold_that_was_not_chosen_has_no_interval_and_says_why() -> None:
    parts = folds()
    design = design_of(parts)
    fixed = threshold_interval(parts, ThresholdRule("fixed", value=0.3), design, seed=0)
    assert (fixed.value, fixed.low, fixed.undefined) == (0.3, None, "the threshold was given, not chosen")
    missed = threshold_interval(parts, ThresholdRule("precision", value=0.999), design, seed=0, replicates=50)
    assert missed.low is None
    assert missed.undefined is not None
    one_class = [Part(0, 0, parts[0].truth.with_array("target", np.zeros(100, np.int64)), parts[0].predictions)]
    blind = threshold_interval(one_class, ThresholdRule("f1"), design_of(one_class), seed=0)
    assert "of one class" in str(blind)
    two = [part(np.array([1, *[0] * 29]), np.linspace(3, -3, 30))]
    often_without = threshold_interval(two, ThresholdRule("f1"), design_of(two), seed=0, replicates=100)
    assert often_without.undefined is not None
    assert often_without.undefined.endswith("of 100 resamples have no threshold (a class is missing)")


def test_draws_that_cannot_be_made_are_refused() -> None:
    parts = folds()
    with pytest.raises(ConfigError, match="level=95"):
        threshold_interval(parts, COST, design_of(parts), level=95, seed=0)
    with pytest.raises(ConfigError, match="replicates=0"):
        operating_utility(parts, COST, design_of(parts), replicates=0, seed=0)


def covered(rule: ThresholdRule, truth: float, *, n: int, datasets: int, replicates: int) -> float:
    """The share of data sets whose interval holds the threshold that is best for the population."""
    hits = 0
    for seed in range(datasets):
        parts = [part(*calibrated(n, 1000 + seed))]
        found = threshold_interval(parts, rule, Design(np.arange(n)), replicates=replicates, seed=seed)
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= truth <= found.high
    return hits / datasets


def test_the_interval_covers_elkans_threshold() -> None:
    assert covered(COST, 1 / 6, n=300, datasets=100, replicates=150) >= 0.89


@pytest.mark.slow
@pytest.mark.parametrize(("n", "rule"), [(n, rule) for n in (300, 1000, 3000) for rule in ("cost:5,1", "cost:2,1", "cost:20,1")])
def test_the_interval_covers_elkans_threshold_at_every_size(n: int, rule: str) -> None:
    costs = ThresholdRule.parse(rule)
    assert covered(costs, costs.fallback, n=n, datasets=1000, replicates=250) >= 0.92


def test_the_interval_covers_the_quantile_that_a_capacity_is() -> None:
    truth = 1 / (1 + np.exp(2 - 1.2 * 1.2815515655446004))  # the upper decile of the normal log-odds
    assert covered(ThresholdRule("capacity", value=0.1), truth, n=300, datasets=100, replicates=150) >= 0.89


def test_the_honest_utility_is_that_of_labels_the_other_folds_cut() -> None:
    parts = folds(200)
    found = operating_utility(parts, COST, design_of(parts), seed=0, replicates=200)
    labelled = cross_fitted_labels(parts, COST)
    target = np.concatenate([one.truth["target"] for one in labelled])
    label = np.concatenate([one.predictions["label"] for one in labelled])
    cost = np.where(target == 1, 5 * (label == 0), label)
    assert found.name == "cost per row"
    assert found.honest.value == pytest.approx(cost.mean())
    error = cost.std() / np.sqrt(200)
    assert found.honest.low == pytest.approx(cost.mean() - 1.96 * error, abs=0.4 * error)
    assert found.honest.high == pytest.approx(cost.mean() + 1.96 * error, abs=0.4 * error)
    probability = np.concatenate([one.predictions["probability"] for one in parts])
    apparent = expected_cost(target, probability, threshold=threshold_of_parts(parts, COST), cost_fn=5)
    assert found.apparent == pytest.approx(apparent)
    assert found.optimism == pytest.approx(cost.mean() - apparent)


def test_cutting_where_the_other_folds_say_removes_the_optimism() -> None:
    rule = ThresholdRule("cost", cost_fn=3, cost_fp=1)
    target, score = calibrated(50_000, 77)
    probability = 1 / (1 + np.exp(-score))
    apparent, honest, real = [], [], []
    for seed in range(150):
        parts = folds(120, seed, n_folds=5)
        found = operating_utility(parts, rule, design_of(parts), seed=0, replicates=2)
        apparent.append(found.apparent)
        honest.append(found.honest.value)
        real.append(expected_cost(target, probability, threshold=threshold_of_parts(parts, rule), cost_fn=3))
    error = np.std(np.subtract(honest, real)) / np.sqrt(150)
    assert np.mean(apparent) < np.mean(real) - 3 * error, "the rows that chose the threshold flatter it"
    assert abs(np.mean(honest) - np.mean(real)) < 3 * error


def test_the_share_called_positive_under_a_capacity_is_reported_with_its_interval() -> None:
    parts = folds()
    found = operating_utility(parts, ThresholdRule("capacity", value=40), design_of(parts), seed=0, replicates=100)
    called = np.concatenate(
        [one.predictions["label"] for one in cross_fitted_labels(parts, ThresholdRule("capacity", value=0.1))]
    )
    assert found.name == "share called positive"
    assert found.apparent == pytest.approx(0.1)
    assert found.honest.value == pytest.approx(called.mean())
    assert found.optimism is None


def test_a_utility_without_a_value_says_why() -> None:
    one_class = [Part(0, p.fold, p.truth.with_array("target", np.zeros(100, np.int64)), p.predictions) for p in folds()]
    found = operating_utility(one_class, ThresholdRule("f1"), design_of(one_class), seed=0)
    assert (found.apparent, found.optimism, found.honest.undefined) == (None, None, "all rows are of one class")
    assert operating_utility([], COST, design_of(one_class), seed=0).honest.undefined == "nothing was measured"
