"""Absolute error against scikit-learn."""

import numpy as np
import pytest
import torch
from sklearn.metrics import mean_absolute_error

from assay.nets.losses.mae import AbsoluteError


def test_the_mean_of_absolute_errors_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    output, target = rng.normal(size=(50, 1)), rng.normal(size=50)
    ours = AbsoluteError()(torch.from_numpy(output), torch.from_numpy(target)).mean()
    assert float(ours) == pytest.approx(mean_absolute_error(target, output[:, 0]), rel=1e-12)


def test_the_constant_with_the_least_absolute_error_is_the_median():
    target = torch.tensor([0.0, 1.0, 10.0, 20.0, 1000.0])
    tries = torch.arange(0, 30, 0.5)
    means = [float(AbsoluteError()(torch.full((5, 1), float(value)), target).mean()) for value in tries]
    assert float(tries[int(np.argmin(means))]) == 10.0
