"""Huber's loss against scipy."""

import numpy as np
import pytest
import torch
from scipy import special

from assay.core.errors import ConfigError
from assay.nets.losses.huber import Huber


@pytest.mark.parametrize("delta", [0.3, 1.0, 2.5])
def test_huber_is_that_of_scipy(delta):
    rng = np.random.default_rng(0)
    output, target = rng.normal(size=(60, 1)) * 3, rng.normal(size=60)
    ours = Huber(delta)(torch.from_numpy(output), torch.from_numpy(target))
    np.testing.assert_allclose(ours, special.huber(delta, target - output[:, 0]), rtol=1e-12)


def test_an_outlier_pulls_with_a_force_of_delta():
    output = torch.tensor([[1e6]], requires_grad=True)
    Huber(1.5)(output, torch.tensor([0.0])).sum().backward()
    assert output.grad is not None
    assert output.grad.item() == 1.5


@pytest.mark.parametrize("delta", [0.0, -1.0, float("nan"), float("inf")])
def test_a_delta_that_is_not_above_zero_is_refused(delta):
    with pytest.raises(ConfigError, match="delta"):
        Huber(delta)
