"""A net taken apart at its last layer, and the nets that cannot be."""

import numpy as np
import pytest
import torch
from torch import nn

from assay.core.errors import ConfigError
from assay.nets.seeding import isolated
from assay.nets.tabular.mlp import MLPSpec
from assay.nets.uncertainty.last_layer import apart
from assay.nets.uncertainty.members import outputs_of


def rows(n: int = 23) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(0).normal(size=(n, 4)))


@pytest.mark.parametrize("batch_rows", [5, 1024])
def test_features_and_last_layer_give_the_outputs_of_the_net(batch_rows):
    with isolated(0):
        model = MLPSpec(4, 3, (8, 5), "tanh", 0.5).build().double()
    found = apart(model, rows(), batch_rows=batch_rows)
    assert found.features.shape == (23, 5)
    assert found.bias is not None
    assert found.features @ found.weight.T + found.bias == pytest.approx(outputs_of(model, rows())[:, 0], abs=1e-12)
    assert not any(layer._forward_hooks for layer in model.modules())


def test_a_last_layer_may_have_no_bias():
    model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 1, bias=False)).double()
    found = apart(model, rows())
    assert found.bias is None
    assert found.features @ found.weight.T == pytest.approx(outputs_of(model, rows())[:, 0], abs=1e-12)


@pytest.mark.parametrize(
    "model",
    [
        nn.Sequential(nn.Linear(4, 2), nn.Tanh()),
        nn.Sequential(nn.Linear(4, 6), nn.Unflatten(1, (3, 2))),
        nn.Sequential(nn.Unflatten(1, (2, 2)), nn.Linear(2, 1)),
        nn.Sequential(nn.Conv1d(4, 1, 1), nn.Flatten()),
    ],
)
def test_a_net_that_does_not_end_in_a_linear_layer_is_refused(model):
    given = rows()[:, :, None] if isinstance(model[0], nn.Conv1d) else rows()
    with pytest.raises(ConfigError, match=r"last linear layer|has no linear layer"):
        apart(model.double(), given)
