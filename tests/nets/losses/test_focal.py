"""Focal loss against the formula of Lin et al. (2017), written out in numpy."""

import numpy as np
import pytest
import torch
from scipy import special
from torch.nn import functional

from assay.core.errors import ConfigError
from assay.nets.losses.focal import Focal

RNG = np.random.default_rng(5)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0, 5.0])
def test_focal_of_one_logit_is_equation_5_of_the_paper(gamma):
    logit, target = RNG.normal(size=40) * 3, RNG.integers(0, 2, 40)
    p = special.expit(logit)
    p_t = np.where(target == 1, p, 1 - p)
    alpha_t = np.where(target == 1, 0.25, 0.75)
    expected = -alpha_t * (1 - p_t) ** gamma * np.log(p_t)
    ours = Focal(gamma, alpha=(0.75, 0.25))(torch.from_numpy(logit[:, None]), torch.from_numpy(target))
    np.testing.assert_allclose(ours, expected, rtol=1e-9)


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
def test_focal_of_many_classes_is_the_formula(gamma):
    logits, target = RNG.normal(size=(40, 4)) * 2, RNG.integers(0, 4, 40)
    alpha = np.array([0.1, 0.4, 0.2, 0.3])
    p_t = special.softmax(logits, axis=1)[np.arange(40), target]
    expected = -alpha[target] * (1 - p_t) ** gamma * np.log(p_t)
    ours = Focal(gamma, alpha=tuple(alpha))(torch.from_numpy(logits), torch.from_numpy(target))
    np.testing.assert_allclose(ours, expected, rtol=1e-9)


def test_gamma_zero_is_cross_entropy():
    logits, target = torch.from_numpy(RNG.normal(size=(40, 3)) * 5), torch.from_numpy(RNG.integers(0, 3, 40))
    np.testing.assert_allclose(Focal(0.0)(logits, target), functional.cross_entropy(logits, target, reduction="none"), rtol=1e-9)


@pytest.mark.parametrize("gamma", [0.0, 0.3, 1.0, 2.0])
def test_the_gradient_is_finite_where_the_row_is_quite_right_or_quite_wrong(gamma):
    logits = torch.tensor([[300.0], [-300.0], [300.0], [-300.0]], requires_grad=True)
    losses = Focal(gamma)(logits, torch.tensor([1, 1, 0, 0]))
    losses.sum().backward()
    assert losses.tolist() == [0.0, 300.0, 300.0, 0.0]
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()


@pytest.mark.parametrize("gamma", [-1.0, float("nan"), float("inf")])
def test_a_negative_gamma_is_refused(gamma):
    with pytest.raises(ConfigError, match="gamma"):
        Focal(gamma)


def test_an_alpha_for_other_classes_is_refused():
    with pytest.raises(ConfigError, match="settings for 2 classes and the net gives logits of 3"):
        Focal(alpha=(0.5, 0.5))(torch.zeros(4, 3), torch.zeros(4, dtype=torch.long))
