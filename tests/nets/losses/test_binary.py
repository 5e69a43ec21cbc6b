"""Cross-entropy of one logit against scikit-learn."""

import numpy as np
import pytest
import torch
from scipy import special
from sklearn.metrics import log_loss

from assay.core.errors import ConfigError
from assay.nets.losses.binary import BinaryCrossEntropy
from assay.nets.losses.categorical import CrossEntropy

RNG = np.random.default_rng(7)


def test_binary_cross_entropy_is_the_log_loss_of_scikit_learn():
    logits, target = RNG.normal(size=(40, 1)) * 3, RNG.integers(0, 2, 40)
    ours = BinaryCrossEntropy()(torch.from_numpy(logits), torch.from_numpy(target)).mean()
    assert float(ours) == pytest.approx(log_loss(target, special.expit(logits[:, 0])), rel=1e-12)


def test_binary_cross_entropy_survives_logits_that_saturate():
    losses = BinaryCrossEntropy()(torch.tensor([[1000.0], [-1000.0]]), torch.tensor([0, 0]))
    assert losses.tolist() == [1000.0, 0.0]


def test_one_logit_is_smoothed_like_two_logits():
    logit, target = RNG.normal(size=(20, 1)), RNG.integers(0, 2, 20)
    two = np.hstack([np.zeros((20, 1)), logit])
    one = BinaryCrossEntropy(0.2)(torch.from_numpy(logit), torch.from_numpy(target))
    np.testing.assert_allclose(one, CrossEntropy(0.2)(torch.from_numpy(two), torch.from_numpy(target)), rtol=1e-12)


def test_two_logits_are_refused_because_they_would_be_broadcast():
    with pytest.raises(ConfigError, match="give the net one output"):
        BinaryCrossEntropy()(torch.zeros(2, 2), torch.tensor([0, 1]))
