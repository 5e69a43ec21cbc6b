"""Weighted cross-entropy against torch and scikit-learn, effective numbers against Cui et al. (2019)."""

import numpy as np
import pytest
import torch
from scipy import special
from sklearn.metrics import log_loss
from sklearn.utils.class_weight import compute_class_weight
from torch.nn import functional

from assay.core.errors import ConfigError
from assay.nets.losses.weighted import (
    ClassBalancedCrossEntropy,
    WeightedCrossEntropy,
    effective_number_weights,
    inverse_frequencies,
)

RNG = np.random.default_rng(3)
WEIGHTS = (0.5, 2.0, 1.25)


def test_the_sum_over_rows_divided_by_their_weights_is_the_weighted_log_loss_of_scikit_learn():
    logits, target = RNG.normal(size=(40, 3)) * 2, RNG.integers(0, 3, 40)
    weights = np.array(WEIGHTS)[target]
    ours = WeightedCrossEntropy(WEIGHTS)(torch.from_numpy(logits), torch.from_numpy(target)).sum() / weights.sum()
    theirs = log_loss(target, special.softmax(logits, axis=1), labels=[0, 1, 2], sample_weight=weights)
    assert float(ours) == pytest.approx(theirs, rel=1e-12)


def test_one_logit_with_a_weight_of_the_positive_class_is_the_pos_weight_of_torch():
    logits, target = torch.from_numpy(RNG.normal(size=(30, 1)) * 2), torch.from_numpy(RNG.integers(0, 2, 30))
    theirs = functional.binary_cross_entropy_with_logits(
        logits[:, 0], target.double(), pos_weight=torch.tensor(7.0), reduction="none"
    )
    np.testing.assert_allclose(WeightedCrossEntropy((1.0, 7.0))(logits, target), theirs, rtol=1e-12)


def test_inverse_frequencies_are_the_balanced_weights_of_scikit_learn():
    counts = (70, 20, 10)
    labels = np.repeat([0, 1, 2], counts)
    expected = compute_class_weight("balanced", classes=np.array([0, 1, 2]), y=labels)
    np.testing.assert_allclose(inverse_frequencies(counts), expected, rtol=1e-14)


@pytest.mark.parametrize("beta", [0.0, 0.9, 0.99, 0.999])
def test_effective_numbers_are_the_sum_of_the_powers_of_beta(beta):
    counts = (5000, 300, 7)
    effective = np.array([sum(beta**power for power in range(count)) for count in counts])  # E_n = Σ_{j<n} β^j
    expected = (1 / effective) / (1 / effective).sum() * 3
    np.testing.assert_allclose(effective_number_weights(counts, beta), expected, rtol=1e-10)


def test_beta_near_one_gives_inverse_frequencies():
    near = np.array(effective_number_weights((900, 90, 10), 1 - 1e-12))
    inverse = np.array(inverse_frequencies((900, 90, 10)))
    np.testing.assert_allclose(near, inverse / inverse.sum() * 3, rtol=1e-8)


def test_class_balanced_is_cross_entropy_by_effective_numbers():
    logits, target = torch.from_numpy(RNG.normal(size=(30, 3))), torch.from_numpy(RNG.integers(0, 3, 30))
    beta, counts = 0.99, np.array([500, 60, 4])
    weights = (1 - beta) / (1 - beta**counts)
    weights = weights / weights.sum() * 3
    plain = -special.log_softmax(logits.numpy(), axis=1)[np.arange(30), target]
    ours = ClassBalancedCrossEntropy((500, 60, 4), beta)(logits, target)
    np.testing.assert_allclose(ours, weights[target] * plain, rtol=1e-10)


@pytest.mark.parametrize("beta", [-0.1, 1.0, 1.5, float("nan")])
def test_a_beta_outside_its_range_is_refused(beta):
    with pytest.raises(ConfigError, match=r"beta=.* is outside \[0, 1\)"):
        ClassBalancedCrossEntropy((10, 5), beta)


def test_a_class_without_rows_is_refused_and_named():
    with pytest.raises(ConfigError, match=r"1 of 3 classes have no training rows \(first: class 1\)"):
        ClassBalancedCrossEntropy((10, 0, 5))


def test_counts_that_are_no_whole_numbers_are_refused():
    with pytest.raises(ConfigError, match="whole numbers"):
        ClassBalancedCrossEntropy((10.5, 3))  # type: ignore[arg-type]


@pytest.mark.parametrize("weights", [(1.0, 0.0), (1.0, -2.0), (1.0, float("nan")), (float("inf"), 1.0)])
def test_weights_that_are_not_above_zero_are_refused(weights):
    with pytest.raises(ConfigError, match="weights must be above 0 for every class"):
        WeightedCrossEntropy(weights)


@pytest.mark.parametrize("columns", [1, 2, 4])
def test_weights_that_do_not_fit_the_outputs_are_refused(columns):
    with pytest.raises(ConfigError, match="settings for 3 classes"):
        WeightedCrossEntropy(WEIGHTS)(torch.zeros(5, columns), torch.zeros(5, dtype=torch.long))
