"""Pinball loss against scikit-learn; quantiles that do not cross."""

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.metrics import mean_pinball_loss

from assay.core.errors import ConfigError
from assay.nets.losses.pinball import Pinball, quantiles

RNG = np.random.default_rng(19)
LEVELS = (0.05, 0.5, 0.9)


def test_the_loss_is_the_mean_of_scikit_learns_over_the_levels():
    output, target = RNG.normal(size=(50, 3)), RNG.normal(size=50)
    ours = Pinball(LEVELS)(torch.from_numpy(output), torch.from_numpy(target)).mean()
    theirs = np.mean([mean_pinball_loss(target, output[:, place], alpha=level) for place, level in enumerate(LEVELS)])
    assert float(ours) == pytest.approx(theirs, rel=1e-12)


def test_constants_learnt_by_descent_are_the_quantiles_of_the_distribution():
    target = torch.from_numpy(stats.norm.ppf((np.arange(4000) + 0.5) / 4000))
    guess = torch.zeros(1, 3, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([guess], lr=0.05)
    for _ in range(300):
        optimizer.zero_grad()
        Pinball(LEVELS)(guess.expand(4000, 3), target).mean().backward()
        optimizer.step()
    np.testing.assert_allclose(guess.detach()[0], stats.norm.ppf(LEVELS), atol=0.02)


def test_putting_quantiles_in_order_never_raises_the_loss():
    output, target = torch.from_numpy(RNG.normal(size=(2000, 3))), torch.from_numpy(RNG.normal(size=2000))
    ordered = quantiles(output)
    assert (ordered.diff(dim=1) >= 0).all()
    before, after = Pinball(LEVELS)(output, target), Pinball(LEVELS)(ordered, target)
    assert (after <= before + 1e-12).all()
    assert (after < before - 1e-6).any()


def test_quantiles_that_do_not_cross_are_left_as_they_are():
    output = torch.tensor([[[-1.0, 0.0, 2.0], [0.0, 0.0, 0.5]]])
    assert torch.equal(quantiles(output), output)


@pytest.mark.parametrize("levels", [(), (0.5, 0.5), (0.9, 0.1), (0.0, 0.5), (0.5, 1.0), (0.1, float("nan"))])
def test_levels_that_do_not_rise_within_0_and_1_are_refused(levels):
    with pytest.raises(ConfigError, match="levels"):
        Pinball(levels)


def test_outputs_of_other_levels_are_refused():
    with pytest.raises(ConfigError, match=r"outputs \(n, 3\) with values \(n,\), not \(4, 1\) with \(4,\)"):
        Pinball(LEVELS)(torch.zeros(4, 1), torch.zeros(4))
