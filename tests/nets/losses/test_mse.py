"""Squared error against scikit-learn, and the shapes it refuses."""

import numpy as np
import pytest
import torch
from sklearn.metrics import mean_squared_error

from assay.core.errors import ConfigError
from assay.nets.losses.mse import SquaredError


def test_squared_error_is_one_number_a_row():
    assert SquaredError()(torch.tensor([[1.0], [3.0]]), torch.tensor([2.0, 0.0])).tolist() == [1.0, 9.0]


def test_the_mean_of_squared_errors_is_that_of_scikit_learn():
    rng = np.random.default_rng(0)
    output, target = rng.normal(size=(50, 1)), rng.normal(size=50)
    ours = SquaredError()(torch.from_numpy(output), torch.from_numpy(target)).mean()
    assert float(ours) == pytest.approx(mean_squared_error(target, output[:, 0]), rel=1e-12)


@pytest.mark.parametrize(("output", "target"), [((4,), (4,)), ((4, 2), (4,)), ((4, 1), (4, 1)), ((4, 1), (3,))])
def test_shapes_that_would_be_broadcast_are_refused(output, target):
    with pytest.raises(ConfigError, match=r"compares outputs \(n, 1\) with values \(n,\)"):
        SquaredError()(torch.zeros(output), torch.zeros(target))


def test_half_precision_is_widened_before_it_overflows():
    assert SquaredError()(torch.tensor([[300.0]], dtype=torch.float16), torch.tensor([0.0])).tolist() == [90000.0]
