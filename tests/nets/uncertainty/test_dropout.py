"""Monte Carlo dropout: masks against nets thinned by hand, moments, seeds, and independence of the batch."""

import numpy as np
import pytest
import torch
from scipy.special import expit
from torch import nn

from assay.core.errors import ConfigError
from assay.nets.seeding import isolated, threads
from assay.nets.tabular.mlp import MLPSpec
from assay.nets.uncertainty.dropout import mc_outputs, thinned
from assay.nets.uncertainty.members import outputs_of


@pytest.fixture(autouse=True)
def one_thread():
    with threads(1):
        yield


def net(dropout: float = 0.4, hidden: tuple[int, ...] = (16, 8)) -> nn.Module:
    with isolated(3):
        model = MLPSpec(5, 2, hidden, "relu", dropout).build().double()
        for parameter in model.parameters():
            nn.init.normal_(parameter, std=0.5)
    return model.eval()


def rows(n: int = 40) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(0).normal(size=(n, 5)))


class Ones(nn.Module):
    """A net that is one dropout layer, on ones: its outputs are the mask."""

    def __init__(self, layer: nn.Module, *shape: int) -> None:
        super().__init__()
        self.layer = layer
        self.shape = shape

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(torch.ones(len(x), *self.shape, dtype=x.dtype))


def masks_of(model: nn.Module, member: int, seed: int) -> list[torch.Tensor]:
    """What each dropout layer multiplies its units with (0 also for a unit that is 0 in every row)."""
    masks: list[torch.Tensor] = []

    def compare(_layer: nn.Module, given: tuple[torch.Tensor], output: torch.Tensor) -> None:
        masks.append((output / given[0]).nan_to_num().amax(dim=0))

    with thinned(model, member, seed), torch.no_grad():
        handles = [layer.register_forward_hook(compare) for layer in model.modules() if isinstance(layer, nn.Dropout)]
        model(rows(400))
    for handle in handles:
        handle.remove()
    return masks


def test_a_member_is_the_net_with_units_taken_out_by_hand():
    """Columns of the next layer's weights set to 0 where a unit is gone, scaled by 1 / (1 - p) where it stays."""
    model = net()
    found = mc_outputs(model, rows(), 3, seed=5)
    for member in range(3):
        masks = masks_of(model, member, 5)
        linears = [layer for layer in model.modules() if isinstance(layer, nn.Linear)]
        x = rows()
        with torch.no_grad():
            for place, layer in enumerate(linears):
                weight = layer.weight * masks[place - 1] if place else layer.weight
                x = x @ weight.T + layer.bias
                x = torch.relu(x) if place < 2 else x
        assert len(masks) == 2
        assert all(np.allclose(mask.numpy() * 0.6, np.round(mask.numpy() * 0.6)) for mask in masks)
        assert found[:, member] == pytest.approx(x.numpy(), abs=1e-12)


def test_members_differ_and_are_functions_of_the_seed():
    model = net()
    first, again, other = (mc_outputs(model, rows(), 6, seed) for seed in (1, 1, 2))
    assert first.shape == (40, 6, 2)
    assert np.array_equal(first, again)
    assert not np.allclose(first, other)
    assert (first.std(axis=1) > 1e-3).mean() > 0.9
    assert np.array_equal(mc_outputs(model, rows(), 4, 1), first[:, :4])  # more members leave the first ones alone


def test_a_row_alone_has_the_numbers_it_has_in_a_batch():
    model = net()
    whole = mc_outputs(model, rows(), 5, seed=0)
    for row in (0, 7, 39):
        assert mc_outputs(model, rows()[row : row + 1], 5, seed=0)[0] == pytest.approx(whole[row], abs=1e-9)
    assert mc_outputs(model, rows(), 5, seed=0, batch_rows=7) == pytest.approx(whole, abs=1e-9)


def test_all_rows_share_a_mask_which_has_the_share_and_the_mean_it_should():
    mask = mc_outputs(Ones(nn.Dropout(0.3), 50), torch.zeros(4, 1).double(), 400, seed=0)  # (4, 400, 50)
    assert (mask == mask[:1]).all()
    assert np.unique(mask) == pytest.approx([0, 1 / 0.7])
    assert mask[0].mean() == pytest.approx(1, abs=4 * np.sqrt(0.3 / 0.7 / 20_000))
    across = np.corrcoef((mask[0] > 0).T)  # of two units over members
    assert np.abs(across[~np.eye(50, dtype=bool)]).max() < 0.25


def test_the_mean_of_members_approaches_the_plain_net_as_dropout_vanishes():
    far = []
    for share in (0.3, 0.03, 0.003):
        model = net(share)
        gap = expit(mc_outputs(model, rows(), 300, seed=1)).mean(axis=1) - expit(outputs_of(model, rows())[:, 0])
        far.append(np.abs(gap).mean())
    assert far[0] > 3 * far[1] > 6 * far[2]
    assert far[2] < 0.002


def test_a_dropout_of_channels_leaves_out_whole_channels():
    mask = mc_outputs(Ones(nn.Sequential(nn.Dropout2d(0.5), nn.Flatten()), 6, 3, 3), torch.zeros(2, 1).double(), 40, seed=0)
    channels = mask.reshape(2, 40, 6, 9)
    assert (channels == channels[..., :1]).all()
    assert 0.3 < (channels[0, :, :, 0] == 0).mean() < 0.7


def test_a_layer_that_is_called_twice_has_two_masks():
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.drop = nn.Dropout(0.5)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            ones = torch.ones(len(x), 64, dtype=x.dtype)
            return torch.cat([self.drop(ones), self.drop(ones)], dim=1)

    model = Twice()
    found = mc_outputs(model, torch.zeros(3, 1).double(), 4, seed=0)
    assert not (found[0, :, :64] == found[0, :, 64:]).all(axis=1).any()
    assert np.array_equal(mc_outputs(model, torch.zeros(3, 1).double(), 4, seed=0, batch_rows=1), found)


def test_batch_norm_and_the_global_generator_are_left_alone():
    model = nn.Sequential(nn.Linear(5, 6), nn.BatchNorm1d(6), nn.Dropout(0.5), nn.Linear(6, 1)).double().train()
    norm, before = model[1], torch.get_rng_state()
    mean = norm.running_mean.clone()
    mc_outputs(model, rows(), 3, seed=0)
    assert torch.equal(norm.running_mean, mean)
    assert torch.equal(torch.get_rng_state(), before)


def test_after_it_the_net_is_as_it_was_even_where_it_failed():
    model = net()
    plain = outputs_of(model, rows())
    mc_outputs(model, rows(), 2, seed=0)
    with pytest.raises(RuntimeError, match="shape"):
        mc_outputs(model, torch.zeros(2, 9).double(), 2, seed=0)
    assert np.array_equal(outputs_of(model, rows()), plain)
    assert not any(layer._forward_hooks or layer._forward_pre_hooks for layer in model.modules())


def test_a_net_that_is_an_ensemble_inside_has_all_its_members():
    model = nn.Sequential(nn.Linear(5, 6), nn.Dropout(0.5), nn.Unflatten(1, (3, 2))).double()
    found = mc_outputs(model, rows(), 4, seed=0)
    assert found.shape == (40, 12, 2)
    assert not np.allclose(found[:, :3], found[:, 3:6])


@pytest.mark.parametrize("model", [net(0.0), nn.Linear(5, 1).double(), nn.Sequential(nn.Linear(5, 1), nn.Dropout(0.0)).double()])
def test_a_net_without_dropout_is_refused(model):
    with pytest.raises(ConfigError, match="no dropout layer"):
        mc_outputs(model, rows(), 3, seed=0)


def test_alpha_dropout_and_a_single_member_are_refused():
    with pytest.raises(ConfigError, match="layer '1' is alpha dropout"):
        mc_outputs(nn.Sequential(nn.Linear(5, 1), nn.AlphaDropout(0.2)).double(), rows(), 3, seed=0)
    with pytest.raises(ConfigError, match="members=1"):
        mc_outputs(net(), rows(), 1, seed=0)
