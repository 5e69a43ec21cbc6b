"""Back-propagation against the closed forms of one neuron and of two layers, and against numeric gradients."""

import numpy as np
import pytest
import torch
from scipy import special, stats
from torch import nn

from assay.nets.blocks import ACTIVATIONS, dense_stack
from assay.nets.seeding import isolated, threads


@pytest.fixture(autouse=True)
def one_thread():
    """Small products, many of them: threads would only wait for each other."""
    with threads(1):
        yield


SIGMOID = special.expit
FORMULAS = {
    "relu": (lambda z: np.maximum(0, z), lambda z: (z > 0).astype(float)),
    "leaky-relu": (lambda z: np.maximum(0.01 * z, z), lambda z: np.where(z > 0, 1.0, 0.01)),
    "elu": (lambda z: np.where(z > 0, z, np.exp(z) - 1), lambda z: np.where(z > 0, 1.0, np.exp(z))),
    "gelu": (lambda z: z * stats.norm.cdf(z), lambda z: stats.norm.cdf(z) + z * stats.norm.pdf(z)),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "sigmoid": (SIGMOID, lambda z: SIGMOID(z) * (1 - SIGMOID(z))),
    "silu": (lambda z: z * SIGMOID(z), lambda z: SIGMOID(z) * (1 + z * (1 - SIGMOID(z)))),
}
"""Each activation and its derivative."""


def gradients(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> dict[str, np.ndarray]:
    """Of the mean squared error, by parameter, and by "x"."""
    x = x.clone().requires_grad_()
    loss = ((model(x) - y) ** 2).mean()
    names = ["x", *dict(model.named_parameters())]
    found = torch.autograd.grad(loss, [x, *model.parameters()])
    return {name: gradient.numpy() for name, gradient in zip(names, found, strict=True)}


def test_every_activation_has_its_derivative_here():
    assert set(FORMULAS) == set(ACTIVATIONS)


@pytest.mark.parametrize("bias", [0.3, -1.2])  # both sides of the corner of the ReLUs
@pytest.mark.parametrize("activation", FORMULAS)
def test_the_gradients_of_one_neuron_are_those_of_the_closed_form(activation, bias):
    f, slope = FORMULAS[activation]
    w, x, y = np.array([0.5, -1.0, 0.25]), np.array([1.0, 0.4, -2.0]), 0.7
    neuron = nn.Sequential(nn.Linear(3, 1), ACTIVATIONS[activation]()).double()
    neuron[0].weight.data, neuron[0].bias.data = torch.from_numpy(w[None]), torch.tensor([bias], dtype=torch.float64)
    given = gradients(neuron, torch.from_numpy(x[None]), torch.tensor([[y]], dtype=torch.float64))
    z = w @ x + bias
    outer = slope(z) * 2 * (f(z) - y)
    np.testing.assert_allclose(given["0.weight"], [x * outer], rtol=1e-10, atol=1e-15)
    np.testing.assert_allclose(given["0.bias"], [outer], rtol=1e-10, atol=1e-15)
    np.testing.assert_allclose(given["x"], [w * outer], rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize("activation", FORMULAS)
def test_the_gradients_of_two_layers_are_those_of_the_chain_rule_by_hand(activation):
    f, slope = FORMULAS[activation]
    with isolated(0):
        model = dense_stack((4, 5, 2), activation, 0.0).double()
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(6, 4)), rng.normal(size=(6, 2))
    given = gradients(model, torch.from_numpy(x), torch.from_numpy(y))
    W1, b1, W2, b2 = (parameter.detach().numpy() for parameter in model.parameters())
    z = x @ W1.T + b1
    outer = 2 * (f(z) @ W2.T + b2 - y) / y.size  # (6, 2)
    inner = outer @ W2 * slope(z)  # (6, 5)
    expected = {
        "x": inner @ W1,
        "0.weight": inner.T @ x,
        "0.bias": inner.sum(0),
        "2.weight": outer.T @ f(z),
        "2.bias": outer.sum(0),
    }
    for name, value in expected.items():
        np.testing.assert_allclose(given[name], value, rtol=1e-9, atol=1e-14, err_msg=name)


@pytest.mark.parametrize("norm", ["none", "batch", "layer"])
@pytest.mark.parametrize("activation", FORMULAS)
def test_the_gradients_of_a_stack_are_the_slopes_of_its_loss(activation, norm):
    with isolated(2):
        model = dense_stack((3, 4, 4, 2), activation, 0.0, norm).double()
        x, y = torch.randn(5, 3, dtype=torch.float64), torch.randn(5, 2, dtype=torch.float64)
    given = gradients(model, x, y)
    step = 1e-6
    for name, parameter in model.named_parameters():
        flat = parameter.data.view(-1)
        for place in range(len(flat)):
            ends = []
            for side in (step, -step):
                kept = flat[place].item()
                flat[place] = kept + side
                ends.append(float(((model(x) - y) ** 2).mean().detach()))
                flat[place] = kept
            slope = (ends[0] - ends[1]) / (2 * step)
            assert given[name].ravel()[place] == pytest.approx(slope, rel=1e-5, abs=1e-8), (name, place)


@pytest.mark.parametrize(("weight", "value"), [(0.9, 2.656e-5), (1.1, 13780.61)])
def test_a_chain_of_100_equal_weights_makes_signal_and_gradient_vanish_or_explode(weight, value):
    chain = nn.Sequential(*(nn.Linear(1, 1, bias=False) for _ in range(100))).double()
    for layer in chain:
        layer.weight.data.fill_(weight)
    x = torch.ones(1, 1, dtype=torch.float64, requires_grad=True)
    output = chain(x)
    torch.autograd.backward(output.sum())
    assert output.item() == pytest.approx(value, rel=2e-4)
    assert x.grad.item() == pytest.approx(weight**100, rel=1e-12)
    assert chain[0].weight.grad.item() == pytest.approx(weight**99, rel=1e-12)
    assert chain[-1].weight.grad.item() == pytest.approx(weight**99, rel=1e-12)
