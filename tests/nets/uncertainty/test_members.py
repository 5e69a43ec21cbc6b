"""Outputs of one net and of several, in one form."""

import numpy as np
import pytest
import torch
from torch import nn

from assay.core.errors import ConfigError
from assay.nets.seeding import isolated
from assay.nets.uncertainty.members import ensemble_outputs, outputs_of


def nets(count: int = 3, outputs: int = 2) -> list[nn.Module]:
    with isolated(0):
        return [nn.Sequential(nn.Linear(4, outputs), nn.Dropout(0.5)).double() for _ in range(count)]


def rows() -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(0).normal(size=(11, 4)))


def test_the_members_of_an_ensemble_are_its_nets_in_their_order():
    models = nets()
    found = ensemble_outputs(models, rows(), batch_rows=4)
    assert found.shape == (11, 3, 2)
    for place, model in enumerate(models):
        linear = model[0]
        expected = rows().numpy() @ linear.weight.detach().numpy().T + linear.bias.detach().numpy()
        assert found[:, place] == pytest.approx(expected, abs=1e-12)


def test_a_net_that_is_an_ensemble_inside_keeps_its_members():
    inside = nn.Sequential(nn.Linear(4, 6), nn.Unflatten(1, (3, 2))).double()
    assert outputs_of(inside, rows()).shape == (11, 3, 2)
    assert ensemble_outputs([inside, inside], rows()).shape == (11, 6, 2)


def test_nothing_to_predict_gives_nothing_of_the_right_form():
    assert outputs_of(nets()[0], rows()[:0]).shape == (0, 1, 2)


def test_nets_of_different_outputs_are_no_ensemble():
    with pytest.raises(ConfigError, match=r"equally many outputs; these 2 nets have \[1, 2\]"):
        ensemble_outputs([*nets(1), *nets(1, outputs=1)], rows())
    with pytest.raises(ConfigError, match="these 0 nets have none"):
        ensemble_outputs([], rows())
