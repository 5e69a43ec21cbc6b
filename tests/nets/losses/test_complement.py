"""Complement cross-entropy against the formula of Kim, Lee & Jeon (2021), written out row by row."""

import numpy as np
import pytest
import torch
from scipy import special, stats
from torch.nn import functional

from assay.core.errors import ConfigError
from assay.nets.losses.complement import ComplementCrossEntropy

RNG = np.random.default_rng(11)


@pytest.mark.parametrize("gamma", [-1.0, -0.4, 0.0])
def test_the_loss_is_cross_entropy_plus_the_balanced_complement_entropy(gamma):
    logits, target = RNG.normal(size=(30, 5)) * 2, RNG.integers(0, 5, 30)
    expected = []
    for row, right in zip(special.softmax(logits, axis=1), target, strict=True):
        wrong = np.delete(row, right) / (1 - row[right])
        expected.append(-np.log(row[right]) + gamma / (5 - 1) * stats.entropy(wrong))
    ours = ComplementCrossEntropy(gamma)(torch.from_numpy(logits), torch.from_numpy(target))
    np.testing.assert_allclose(ours, expected, rtol=1e-10)


@pytest.mark.parametrize("columns", [1, 2])
def test_with_two_classes_it_is_cross_entropy(columns):
    logits, target = torch.from_numpy(RNG.normal(size=(30, columns)) * 3), torch.from_numpy(RNG.integers(0, 2, 30))
    two = logits if columns == 2 else torch.cat([torch.zeros_like(logits), logits], dim=1)
    plain = functional.cross_entropy(two, target, reduction="none")
    np.testing.assert_allclose(ComplementCrossEntropy()(logits, target), plain, rtol=1e-12)


def test_wrong_classes_that_share_evenly_cost_less_than_one_that_stands_out():
    even, uneven = np.log([0.4, 0.2, 0.2, 0.2]), np.log([0.4, 0.5, 0.05, 0.05])
    losses = ComplementCrossEntropy()(torch.from_numpy(np.stack([even, uneven])), torch.tensor([0, 0]))
    assert losses[1] - losses[0] == pytest.approx((np.log(3) - stats.entropy([0.5, 0.05, 0.05])) / 3, rel=1e-10)


@pytest.mark.parametrize("gamma", [1.0, float("nan"), float("-inf")])
def test_a_gamma_that_would_sharpen_the_wrong_classes_is_refused(gamma):
    with pytest.raises(ConfigError, match="gamma"):
        ComplementCrossEntropy(gamma)
