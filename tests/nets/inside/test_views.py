"""The loss landscape, the activations and the loss of chance, against closed forms and torch's own."""

import json
from functools import partial

import numpy as np
import pytest
import torch
from scipy.stats import entropy
from tests.nets.inside.trainings import digits, lenet, mlp, pictures, train
from torch import nn

from assay.core.errors import ConfigError, DataError
from assay.nets.inside.activations import MOST_MAPS, record_activations
from assay.nets.inside.chance import chance_loss
from assay.nets.inside.landscape import directions, loss_landscape
from assay.nets.inside.views import Activations, Landscape
from assay.nets.losses.binary import BinaryCrossEntropy
from assay.nets.losses.categorical import CrossEntropy
from assay.nets.losses.mae import AbsoluteError
from assay.nets.losses.members import PerMember
from assay.nets.losses.mse import SquaredError
from assay.nets.training.examples import Examples, mean_loss


def bytes_of(model):
    return b"".join(value.numpy().tobytes() for value in model.state_dict().values())


def loss_on_digits(model):
    x, y, *_ = digits()
    return mean_loss(model, Examples((x[:100],), y[:100]), CrossEntropy())


def test_the_landscape_of_one_squared_weight_is_the_parabola_of_the_closed_form():
    line = nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        line.weight.fill_(-3.0)
    found = loss_landscape(line, lambda model: float(model.weight.detach().square()), rows=1, seed=0, steps=5, reach=0.5)
    # a filter of one number: each direction is plus or minus the weight itself
    signs = [float(directions({"w": line.weight.detach()}, torch.Generator().manual_seed(s))["w"].sign()) for s in range(8)]
    assert set(signs) == {-1.0, 1.0}
    forms = [(3 + 3 * (s * found.along[:, None] + t * found.along[None, :])) ** 2 for s in (1, -1) for t in (1, -1)]
    assert any(np.allclose(found.loss, form, rtol=1e-6) for form in forms)
    assert found.at_weights == pytest.approx(9.0)
    assert found.along.tolist() == [-0.5, -0.25, 0.0, 0.25, 0.5]


def test_every_filter_of_a_direction_is_as_long_as_that_of_the_weights_and_biases_stay():
    weights = {name: value.detach() for name, value in lenet().named_parameters()}
    drawn = directions(weights, torch.Generator().manual_seed(0))
    for name, weight in weights.items():
        if weight.ndim < 2:
            assert not drawn[name].any()
        else:
            ours, theirs = (np.linalg.norm(part.reshape(len(part), -1).numpy(), axis=1) for part in (drawn[name], weight))
            np.testing.assert_allclose(ours, theirs, rtol=1e-5)
            assert abs(float(torch.cosine_similarity(drawn[name].flatten(), weight.flatten(), dim=0))) < 0.5


def test_a_filter_of_zeros_does_not_move():
    drawn = directions({"w": torch.zeros(3, 4)}, torch.Generator().manual_seed(0))["w"]
    assert torch.equal(drawn, torch.zeros(3, 4))


def test_the_middle_of_a_landscape_is_the_loss_of_the_trained_net_and_its_lowest_corner_is_near():
    net = train(mlp(dropout=0.0), digits(), epochs=4, rate=2e-3)
    found = loss_landscape(net, loss_on_digits, rows=100, seed=1, steps=5)
    assert found.at_weights == loss_on_digits(net) == found.loss[2, 2]
    assert found.loss.min() > 0.5 * found.at_weights
    assert found.loss[0, 0] > 5 * found.at_weights
    again = loss_landscape(net, loss_on_digits, rows=100, seed=1, steps=5)
    np.testing.assert_array_equal(found.loss, again.loss)
    assert not np.array_equal(loss_landscape(net, loss_on_digits, rows=100, seed=2, steps=5).loss, found.loss)


@pytest.mark.parametrize("fails", [False, True])
def test_weights_running_statistics_and_modes_are_the_same_bytes_afterwards(fails):
    net = nn.Sequential(nn.Linear(64, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 10))
    net.train()
    net[1].eval()
    before, modes = bytes_of(net), [module.training for module in net.modules()]
    state = torch.get_rng_state()

    def loss(model):
        if fails:
            raise RuntimeError("no")
        return loss_on_digits(model)

    if fails:
        with pytest.raises(RuntimeError, match="no"):
            loss_landscape(net, loss, rows=100, seed=0, steps=3)
    else:
        loss_landscape(net, loss, rows=100, seed=0, steps=3)
    assert bytes_of(net) == before
    assert [module.training for module in net.modules()] == modes
    assert torch.equal(torch.get_rng_state(), state)
    assert all(parameter.requires_grad and parameter.grad is None for parameter in net.parameters())


def test_what_is_no_number_is_infinite_and_comes_back_from_json():
    found = loss_landscape(nn.Linear(1, 1), lambda _model: float("nan"), rows=1, seed=0, steps=3)
    assert np.isinf(found.loss).all()
    text = json.dumps(found.to_json(), allow_nan=False)
    assert json.dumps(Landscape.from_json(json.loads(text)).to_json()) == text
    with pytest.raises(DataError, match="compute it again"):
        Landscape.from_json({**found.to_json(), "along": [1.0]})


@pytest.mark.parametrize("wrong", [{"steps": 4}, {"steps": 1}, {"reach": 0.0}, {"reach": float("inf")}])
def test_an_impossible_grid_is_refused(wrong):
    with pytest.raises(ConfigError, match="steps="):
        loss_landscape(nn.Linear(1, 1), lambda _model: 0.0, rows=1, seed=0, **wrong)


def test_activations_are_those_of_the_forward_pass_cut_in_two():
    net, (x, *_) = mlp(), digits()
    net.train()
    found = record_activations(net, (x[:3],), ("a", "b", "c"))
    assert [(layer.name, layer.kind) for layer in found.layers] == [
        ("layers.1", "ReLU"),
        ("layers.4", "ReLU"),
        ("layers.6", "Linear"),
    ]
    with torch.no_grad():
        net.eval()
        expected = [net.layers[:2](x[:3]), net.layers[:5](x[:3]), net.layers(x[:3])]
    for layer, values in zip(found.layers, expected, strict=True):
        np.testing.assert_allclose(layer.values, values.numpy(), rtol=1e-5, atol=1e-6)
        assert not layer.is_map
    assert not any(module._forward_hooks for module in net.modules())


def test_a_convolution_gives_maps_and_says_how_many_were_left_out():
    net, (x, *_) = lenet(), digits()
    inputs = pictures(x[:2])
    found = record_activations(net, (inputs,), ("a", "b"))
    maps = {layer.name: layer for layer in found.layers if layer.is_map}
    assert {name: layer.values.shape for name, layer in maps.items()} == {
        "features.1": (2, 6, 28, 28),
        "features.4": (2, MOST_MAPS, 10, 10),
    }
    assert maps["features.4"].left_out == 16 - MOST_MAPS
    with torch.no_grad():
        expected = net.features[:2](inputs)
    np.testing.assert_allclose(maps["features.1"].values, expected.numpy(), rtol=1e-5)


def test_layers_with_members_show_their_mean_and_stay_in_their_mode():
    net = nn.Sequential(nn.Unflatten(1, (4, 16)), nn.Linear(16, 5), nn.Tanh(), nn.Linear(5, 2))
    x, *_ = digits()
    found = record_activations(net, (x[:6],), tuple("abcdef"))
    with torch.no_grad():
        expected = net[:3](x[:6]).mean(dim=1)
    np.testing.assert_allclose(found.layers[0].values, expected.numpy(), rtol=1e-5)
    assert net.training
    text = json.dumps(found.to_json())
    assert json.dumps(Activations.from_json(json.loads(text)).to_json()) == text


def test_rows_without_names_and_damaged_activations_are_refused():
    x, *_ = digits()
    with pytest.raises(ConfigError, match="2 names for 3 rows"):
        record_activations(mlp(), (x[:3],), ("a", "b"))
    whole = record_activations(mlp(), (x[:1],), ("a",)).to_json()
    for damage in ({"rows": ["a", "b"]}, {"layers": [{}]}, {"layers": None}):
        with pytest.raises(DataError, match="record them again"):
            Activations.from_json({**whole, **damage})


def test_the_loss_of_chance_is_the_closed_form_of_each_loss():
    rng = np.random.default_rng(0)
    codes = torch.from_numpy(rng.choice(4, size=500, p=[0.6, 0.3, 0.08, 0.02]))
    weights = torch.from_numpy(rng.uniform(0.1, 3, 500)).float()
    shares = np.bincount(codes, minlength=4) / 500
    weighted = np.bincount(codes, weights=weights, minlength=4)
    nothing = (torch.zeros(500, 1),)
    close = partial(pytest.approx, rel=1e-6)
    assert chance_loss(CrossEntropy(), Examples(nothing, codes), (4,)) == close(entropy(shares))
    assert chance_loss(CrossEntropy(), Examples(nothing, codes, weights), (4,)) == close(entropy(weighted / weighted.sum()))
    two = (codes > 1).long()
    assert chance_loss(BinaryCrossEntropy(), Examples(nothing, two), (1,)) == close(entropy(np.bincount(two) / 500))
    values = torch.from_numpy(rng.normal(3, 2, 501)).float()
    numbers = Examples((torch.zeros(501, 1),), values)
    assert chance_loss(SquaredError(), numbers, (1,)) == close(values.double().numpy().var())
    absolute = np.abs(values.numpy() - np.median(values.numpy())).mean()
    assert chance_loss(AbsoluteError(), numbers, (1,)) == pytest.approx(absolute, rel=1e-3)
    assert chance_loss(PerMember(CrossEntropy()), Examples(nothing, codes), (3, 4)) == close(entropy(shares))


def test_a_loss_that_is_no_number_has_no_chance():
    broken = Examples((torch.zeros(3, 1),), torch.tensor([0.0, float("nan"), 1.0]))
    assert chance_loss(SquaredError(), broken, (1,)) is None
