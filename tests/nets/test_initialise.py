"""First weights: the variance that each scheme's paper gives, orthogonality, and what zeros do to a net."""

import pytest
import torch
from torch import nn

from assay.core.errors import ConfigError
from assay.nets.blocks import ACTIVATIONS, dense_stack
from assay.nets.image.lenet import LeNet5
from assay.nets.initialise import initialise
from assay.nets.seeding import isolated, threads


@pytest.fixture(autouse=True)
def one_thread():
    """Small products, many of them: threads would only wait for each other."""
    with threads(1):
        yield


LAYERS = {
    "dense": (nn.Linear(400, 600), 400, 600, 0.02),
    "wide": (nn.Linear(600, 300), 600, 300, 0.02),
    "convolution": (nn.Conv2d(16, 48, 5), 16 * 25, 48 * 25, 0.05),
}
SCHEMES = ("zeros", "uniform", "xavier", "he", "orthogonal")


def variance(scheme: str, fan_in: int, fan_out: int, rows: int) -> float:
    """As the papers give it; ``rows`` of the weight as a matrix (rows, fan_in)."""
    return {
        "zeros": 0.0,
        "uniform": 1 / (3 * fan_in),
        "xavier": 2 / (fan_in + fan_out),
        "he": 2 / fan_in,
        "orthogonal": 1 / max(fan_in, rows),
    }[scheme]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("kind", LAYERS)
def test_a_scheme_has_the_variance_of_its_paper_mean_0_and_no_bias(kind, scheme):
    layer, fan_in, fan_out, tolerance = LAYERS[kind]
    with isolated(0):
        initialise(layer, "relu", scheme)
    weights = layer.weight.detach().double()
    expected = variance(scheme, fan_in, fan_out, len(weights))
    assert float(weights.var()) == pytest.approx(expected, rel=tolerance)
    assert abs(float(weights.mean())) <= 5 * (expected / weights.numel()) ** 0.5
    assert not layer.bias.any()


@pytest.mark.parametrize(("scheme", "end"), [("uniform", 400**-0.5), ("xavier", (6 / 1000) ** 0.5), ("he", (6 / 400) ** 0.5)])
def test_the_drawn_schemes_are_uniform_up_to_their_end(scheme, end):
    layer = nn.Linear(400, 600)
    with isolated(1):
        initialise(layer, "relu", scheme)
    size = layer.weight.detach().abs() / end
    assert 0.999 < float(size.max()) <= 1.0
    inner = float((size < 0.5).double().mean())
    assert inner == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(("rows", "columns"), [(5, 9), (9, 5), (7, 7)])
def test_an_orthogonal_matrix_keeps_lengths_as_far_as_its_form_allows(rows, columns):
    layer = nn.Linear(columns, rows).double()
    with isolated(2):
        initialise(layer, "tanh", "orthogonal")
    matrix = layer.weight.detach()
    product = matrix @ matrix.T if rows <= columns else matrix.T @ matrix
    torch.testing.assert_close(product, torch.eye(min(rows, columns), dtype=torch.float64))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_auto_draws_what_torch_draws_layer_by_layer_glorot_before_tanh_and_sigmoid_and_he_before_the_others(activation):
    with isolated(3):
        model = LeNet5(4, 1, 32, activation)
    shapes = [tuple(layer.weight.shape) for layer in model.modules() if isinstance(layer, (nn.Conv2d, nn.Linear))]
    with isolated(3):
        plain = [nn.Conv2d(s[1], s[0], s[2]) if len(s) == 4 else nn.Linear(s[1], s[0]) for s in shapes]
        for layer in plain:
            if activation in ("tanh", "sigmoid"):
                nn.init.xavier_uniform_(layer.weight)
            else:
                nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")
    given = [layer.weight for layer in model.modules() if isinstance(layer, (nn.Conv2d, nn.Linear))]
    assert all(torch.equal(ours, theirs.weight) for ours, theirs in zip(given, plain, strict=True))


def trained(scheme: str) -> nn.Sequential:
    """A 4-6-5-1 net after 20 steps of plain SGD on a target that a net can learn."""
    x = torch.randn(64, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    y = torch.sin(2 * x[:, :1]) + x[:, 1:2] * x[:, 2:3]
    with isolated(4):
        model = dense_stack((4, 6, 5, 1), "sigmoid", 0.0).double()
        initialise(model, "sigmoid", scheme)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    for _ in range(20):
        optimizer.zero_grad()
        torch.autograd.backward(((model(x) - y) ** 2).mean())
        optimizer.step()
    return model


def spread(model: nn.Sequential) -> list[float]:
    """How far the neurons of each hidden layer are from the first one of their layer."""
    weights = [model[place].weight.detach() for place in (0, 2)]
    return [float((weight - weight[0]).abs().max()) for weight in weights]


def test_from_zeros_the_neurons_of_a_layer_stay_one_and_the_same_however_long_they_learn():
    model = trained("zeros")
    assert min(float(model[place].weight.detach().abs().max()) for place in (0, 2, 4)) > 1e-6  # they did learn
    assert max(spread(model)) < 1e-14  # matrix products round one column otherwise than another
    assert min(spread(trained("xavier"))) > 0.1


def test_he_keeps_the_signal_of_a_deep_relu_net_and_uniform_divides_its_square_by_6_in_every_layer():
    x = torch.randn(200, 512, generator=torch.Generator().manual_seed(0))
    layers = 6
    ratio = {}
    for scheme in ("he", "uniform"):
        with isolated(5):
            model = dense_stack((512,) * (layers + 2), "relu", 0.0)
            initialise(model, "relu", scheme)
        with torch.inference_mode():
            first, last = model[0](x), model[:-1](x)
            ratio[scheme] = float((model[-1](last) ** 2).mean() / (first**2).mean())
    assert ratio["he"] == pytest.approx(1.0, rel=0.3)
    assert ratio["uniform"] == pytest.approx(6.0**-layers, rel=0.3)


def test_norms_and_embeddings_are_left_alone():
    model = nn.Sequential(nn.Embedding(5, 4), nn.LayerNorm(4), nn.Linear(4, 2))
    before = [model[0].weight.detach().clone(), model[1].weight.detach().clone()]
    initialise(model, "relu", "zeros")
    assert torch.equal(model[0].weight, before[0])
    assert torch.equal(model[1].weight, before[1])
    assert not model[2].weight.any()


@pytest.mark.parametrize("scheme", ["auto", *SCHEMES])
def test_a_net_without_memory_can_be_initialised(scheme):
    with torch.device("meta"):
        model = dense_stack((4, 3, 1), "relu", 0.0)
        initialise(model, "relu", scheme)
    assert all(parameter.is_meta for parameter in model.parameters())


def test_unknown_schemes_and_activations_are_refused():
    with pytest.raises(ConfigError, match="no initialization 'ortogonal'; did you mean 'orthogonal'"):
        initialise(nn.Linear(1, 1), "relu", "ortogonal")
    with pytest.raises(ConfigError, match="did you mean 'tanh'"):
        initialise(nn.Linear(1, 1), "tahn")
