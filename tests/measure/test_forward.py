"""Cuts forward in time: a trend from cut to cut is no spread."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csc_array

from assay.measure.evaluate import evaluate
from assay.measure.forward import forward, without_trend
from assay.measure.linear import Linear
from assay.measure.parts import Part, design_of
from assay.measure.payload import Predictions, Truth
from assay.measure.ranked import TASK, user_metrics


def linear(values):
    n = len(values)
    keys = tuple((0, place) for place in range(n))
    return Linear(float(np.mean(values)), np.zeros(3), np.array(values), csc_array(np.ones((3, n)) * 0.01), keys, 1, n)


def test_a_straight_line_leaves_the_mean_alone():
    np.testing.assert_allclose(without_trend(linear([0.1, 0.3, 0.5, 0.7])).fold_values, 0.4)
    assert without_trend(linear([0.1, 0.3, 0.5])).fold_values.tolist() == [0.1, 0.3, 0.5]


def test_noise_about_the_line_keeps_its_spread_on_average():
    rng = np.random.default_rng(0)
    found = [np.var(without_trend(linear(3 * np.arange(6) + rng.normal(size=6))).fold_values, ddof=1) for _ in range(3000)]
    assert np.mean(found) == pytest.approx(1.0, abs=0.05)


def parts(values):
    made = []
    for fold, ndcg in enumerate(values):
        units = fold * 100 + np.arange(len(ndcg))
        both = {"ndcg": ndcg, "recall": ndcg}
        made.append(Part(0, fold, Truth(TASK, units, {"relevant": np.ones(len(ndcg))}), Predictions(TASK, units, both)))
    return made


def test_a_drift_of_both_sides_does_not_hide_their_difference_nor_move_it():
    rng = np.random.default_rng(1)
    base = rng.uniform(0.2, 0.4, size=100)
    drift = [0.0, 0.1, 0.2, 0.3, 0.4]
    a = [np.clip(base + 0.03 + 0.2 * one + rng.normal(scale=0.02, size=100), 0, 1) for one in drift]
    b = [np.clip(base - 0.1 * one + rng.normal(scale=0.02, size=100), 0, 1) for one in drift]
    metric = user_metrics(10)[0]
    groups = np.tile(np.arange(100), 5)
    sides = {"a": parts(a), "b": parts(b)}
    plain = evaluate(sides, [metric], design_of(sides["a"], kind="group", groups=groups), estimand="this recipe")
    found = forward(plain)
    before, after = plain.difference("a", "b", metric.name), found.difference("a", "b", metric.name)
    assert after.interval.value == before.interval.value == pytest.approx(np.mean(a) - np.mean(b))
    assert after.p < 1e-6 < 0.01 < before.p
    assert found.interval("a", metric.name).low > plain.interval("a", metric.name).low
    same = replace(found, undefined={("a", metric.name): "nothing"})
    assert same.interval("a", metric.name).undefined == same.difference("a", "b", metric.name).interval.undefined[3:] == "nothing"
