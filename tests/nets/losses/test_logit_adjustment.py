"""Logit adjustment against the formula of Menon et al. (2021), written out in numpy."""

import numpy as np
import pytest
import torch
from scipy import special

from assay.core.errors import ConfigError
from assay.nets.losses.logit_adjustment import LogitAdjustment

RNG = np.random.default_rng(17)
PRIORS = (0.7, 0.25, 0.05)


@pytest.mark.parametrize("tau", [0.0, 1.0, 1.5])
def test_the_loss_is_equation_10_of_the_paper(tau):
    logits, target = RNG.normal(size=(40, 3)) * 2, RNG.integers(0, 3, 40)
    expected = []  # log[1 + Σ_{j≠y} (π_j/π_y)^τ · e^{z_j − z_y}]
    for row, right in zip(logits, target, strict=True):
        others = [j for j in range(3) if j != right]
        terms = [(PRIORS[j] / PRIORS[right]) ** tau * np.exp(row[j] - row[right]) for j in others]
        expected.append(np.log1p(sum(terms)))
    ours = LogitAdjustment(PRIORS, tau)(torch.from_numpy(logits), torch.from_numpy(target))
    np.testing.assert_allclose(ours, expected, rtol=1e-10)


def test_one_logit_is_shifted_by_the_log_odds_of_the_priors():
    logit, target = RNG.normal(size=40) * 2, RNG.integers(0, 2, 40)
    p = special.expit(logit + np.log(0.1 / 0.9))
    ours = LogitAdjustment((0.9, 0.1))(torch.from_numpy(logit[:, None]), torch.from_numpy(target))
    np.testing.assert_allclose(ours, -np.log(np.where(target == 1, p, 1 - p)), rtol=1e-10)


@pytest.mark.parametrize(
    ("priors", "tau", "message"),
    [
        ((0.5, 0.4), 1.0, "priors sum to 0.9"),
        ((1.0, 0.0), 1.0, r"priors must be above 0 for every class; 1 of 2 are not \(first: class 1, 0.0\)"),
        ((0.5, 0.5), -1.0, "tau"),
        ((1.0,), 1.0, "at least 2 classes"),
    ],
)
def test_settings_that_are_impossible_are_refused(priors, tau, message):
    with pytest.raises(ConfigError, match=message):
        LogitAdjustment(priors, tau)
