"""Losses against scikit-learn and the formulas they are named after."""

import numpy as np
import pytest
import torch
from scipy import special
from sklearn.metrics import log_loss

from assay.core.errors import ConfigError
from assay.nets.losses import BinaryCrossEntropy, CrossEntropy, SquaredError

RNG = np.random.default_rng(7)


def test_cross_entropy_is_the_log_loss_of_scikit_learn():
    logits, target = RNG.normal(size=(40, 3)) * 3, RNG.integers(0, 3, 40)
    ours = CrossEntropy()(torch.from_numpy(logits), torch.from_numpy(target)).mean()
    assert float(ours) == pytest.approx(log_loss(target, special.softmax(logits, axis=1), labels=[0, 1, 2]), rel=1e-12)


def test_binary_cross_entropy_is_the_log_loss_of_scikit_learn():
    logits, target = RNG.normal(size=(40, 1)) * 3, RNG.integers(0, 2, 40)
    ours = BinaryCrossEntropy()(torch.from_numpy(logits), torch.from_numpy(target)).mean()
    assert float(ours) == pytest.approx(log_loss(target, special.expit(logits[:, 0])), rel=1e-12)


def test_binary_cross_entropy_survives_logits_that_saturate():
    losses = BinaryCrossEntropy()(torch.tensor([[1000.0], [-1000.0]]), torch.tensor([0, 0]))
    assert losses.tolist() == [1000.0, 0.0]


@pytest.mark.parametrize("smoothing", [0.1, 0.3])
def test_label_smoothing_mixes_the_label_with_a_uniform_one(smoothing):
    logits, target = RNG.normal(size=(20, 4)), RNG.integers(0, 4, 20)
    believed = (1 - smoothing) * np.eye(4)[target] + smoothing / 4
    expected = -(believed * special.log_softmax(logits, axis=1)).sum(axis=1)
    ours = CrossEntropy(smoothing)(torch.from_numpy(logits), torch.from_numpy(target))
    np.testing.assert_allclose(ours, expected, rtol=1e-12)


def test_one_logit_is_smoothed_like_two_logits():
    logit, target = RNG.normal(size=(20, 1)), RNG.integers(0, 2, 20)
    two = np.hstack([np.zeros((20, 1)), logit])
    one = BinaryCrossEntropy(0.2)(torch.from_numpy(logit), torch.from_numpy(target))
    np.testing.assert_allclose(one, CrossEntropy(0.2)(torch.from_numpy(two), torch.from_numpy(target)), rtol=1e-12)


def test_squared_error_is_one_number_a_row():
    assert SquaredError()(torch.tensor([[1.0], [3.0]]), torch.tensor([2.0, 0.0])).tolist() == [1.0, 9.0]


@pytest.mark.parametrize("smoothing", [-0.1, 1.0, float("nan")])
def test_a_label_smoothing_outside_its_range_is_refused(smoothing):
    with pytest.raises(ConfigError, match="label_smoothing"):
        CrossEntropy(smoothing)
