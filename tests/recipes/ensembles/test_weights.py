"""Greedy weights against what is known of the best mean."""

import numpy as np
import pytest
from scipy.optimize import minimize

from assay.recipes.ensembles.weights import greedy_weights


def test_of_two_models_with_independent_errors_the_weights_are_those_of_least_variance():
    rng = np.random.default_rng(0)
    target = rng.normal(size=20_000)
    said = np.stack([target + rng.normal(0, 1.0, 20_000), target + rng.normal(0, 2.0, 20_000)])
    weights = greedy_weights(said, target, rounds=100)
    np.testing.assert_allclose(weights, [0.8, 0.2], atol=0.03)


def test_the_log_loss_comes_near_the_least_of_all_means():
    rng = np.random.default_rng(1)
    truth = rng.dirichlet(np.ones(3), 4000)
    target = np.array([rng.choice(3, p=row) for row in truth])
    said = np.stack([_noisy(truth, rng, spread) for spread in (0.5, 0.8, 3.0)])

    def loss(weights):
        mean = np.tensordot(weights / weights.sum(), said, 1)
        return -np.log(mean[np.arange(4000), target]).mean()

    best = minimize(loss, np.ones(3) / 3, bounds=[(1e-6, 1)] * 3).fun
    found = greedy_weights(said, target)
    assert best <= loss(found) < best + 2e-4
    assert loss(found) < min(loss(one) for one in np.eye(3))


def test_a_model_that_adds_nothing_gets_nothing():
    rng = np.random.default_rng(2)
    target = rng.normal(size=500)
    said = np.stack([target, rng.normal(size=500)])
    assert greedy_weights(said, target).tolist() == [1.0, 0.0]


def test_rows_count_by_their_weights():
    target = np.repeat([0, 1], 50)
    good_on_zeros = np.where(target[:, None] == 0, [0.9, 0.1], [0.6, 0.4])
    good_on_ones = np.where(target[:, None] == 1, [0.1, 0.9], [0.6, 0.4])
    said = np.stack([good_on_zeros, good_on_ones])
    heavy = np.where(target == 0, 100.0, 1.0)
    assert greedy_weights(said, target, heavy)[0] > 0.5 > greedy_weights(said, target, heavy[::-1])[0]


@pytest.mark.parametrize("count", [1, 4])
def test_models_without_a_finite_loss_count_alike(count):
    said = np.full((count, 10), np.inf)
    assert greedy_weights(said, np.zeros(10)).tolist() == [1 / count] * count


def _noisy(truth, rng, spread):
    logits = np.log(truth) + rng.normal(0, spread, truth.shape)
    raised = np.exp(logits)
    return raised / raised.sum(axis=1, keepdims=True)
