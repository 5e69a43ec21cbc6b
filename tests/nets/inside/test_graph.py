"""The computational graph of small nets against autograd, the closed form of one neuron, and plain calls."""

import subprocess
import sys
from dataclasses import fields

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from assay.core.errors import ConfigError
from assay.nets.architectures import ARCHITECTURES
from assay.nets.blocks import dense_stack
from assay.nets.image.picture_net import PictureSpec
from assay.nets.inside.formulas import formula
from assay.nets.inside.graph import Graph, Numbers
from assay.nets.inside.tracing import computational_graph
from assay.nets.seeding import isolated, threads
from assay.nets.text.embedding_bag import EmbeddingBagSpec


@pytest.fixture(autouse=True)
def one_thread():
    with threads(1):
        yield


def squared_error(output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    return torch.square(output.squeeze(1) - target)


def cross_entropy(output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    return functional.cross_entropy(output, target, reduction="none")


class Neuron(nn.Module):
    """σ(w·x + b)."""

    def __init__(self, w: list[float], b: float) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.tensor([w], dtype=torch.float64))
        self.b = nn.Parameter(torch.tensor([b], dtype=torch.float64))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(functional.linear(x, self.w, self.b))


class Winding(nn.Module):
    """Reads h three times, overwrites tensors, joins and cuts, has a head that is not used, and branches on the shape."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.norm, self.relu = nn.Linear(3, 3), nn.BatchNorm1d(3), nn.ReLU(inplace=True)
        self.last, self.unused = nn.Linear(3, 2), nn.Linear(3, 1)
        self.register_buffer("shift", torch.tensor([1.0, 2.0, 3.0]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if len(x) < 2:
            return self.last(x)
        h = self.first(x)
        h = h + self.relu(self.norm(h)) * (self.shift * 2)
        h += 1
        h[:, 0] = 2 * h[:, 1]
        left, right = h.chunk(2, dim=1)
        self.unused(h)
        return self.last(torch.cat([left, right], dim=1))


def nets() -> dict[str, tuple[nn.Module, torch.Tensor, torch.Tensor, object]]:
    with isolated(0):
        labels = torch.tensor([1, 0, 2])
        pictures = torch.randint(0, 256, (3, 1, 32, 32), dtype=torch.uint8)
        return {
            "dense": (dense_stack((2, 3, 1), "tanh", 0.0), torch.randn(3, 2), torch.randn(3), squared_error),
            "normed": (dense_stack((2, 3, 1), "gelu", 0.0, "layer"), torch.randn(3, 2), torch.randn(3), squared_error),
            "lenet": (PictureSpec("lenet5", 10, 1, 32).build(), pictures, labels, cross_entropy),
            "bag": (EmbeddingBagSpec(9, 3, hidden=(4,), dropout=0.0).build(), torch.randint(0, 9, (3, 5)), labels, cross_entropy),
            "winding": (Winding(), torch.randn(3, 3), labels % 2, cross_entropy),
        }


NETS = ("dense", "normed", "lenet", "bag", "winding")


def array(numbers: Numbers) -> np.ndarray:
    return np.reshape(numbers.entries, numbers.shape)


def assert_is(numbers: Numbers, tensor: torch.Tensor) -> None:
    values = tensor.detach().double().numpy()
    assert numbers.shape == values.shape
    assert numbers.norm == pytest.approx(np.linalg.norm(values), rel=1e-4, abs=1e-6)
    assert (numbers.entries is None) == (values.size > 12)
    if numbers.entries is not None:
        np.testing.assert_allclose(array(numbers), values, rtol=1e-4, atol=1e-6)


def neuron_graph() -> Graph:
    x, y = torch.tensor([[1.0, 2.0]], dtype=torch.float64), torch.tensor([1.0], dtype=torch.float64)
    return computational_graph(Neuron([0.5, -1.0], 0.25), (x,), y, squared_error)


def test_the_graph_of_one_neuron_has_the_values_and_gradients_of_the_closed_form():
    graph = neuron_graph()
    assert [node.name for node in graph.nodes] == ["x", "w", "b", "linear", "sigmoid", "y", "loss"]
    x, w, z = np.array([1.0, 2.0]), np.array([0.5, -1.0]), 0.5 - 2.0 + 0.25
    out = 1 / (1 + np.exp(-z))
    outer = out * (1 - out) * 2 * (out - 1)
    assert graph.loss == pytest.approx((out - 1) ** 2, rel=1e-12)
    expected = {
        ("x", "linear"): (x, w * outer),
        ("w", "linear"): (w, x * outer),
        ("b", "linear"): (0.25, outer),
        ("linear", "sigmoid"): (z, outer),
        ("sigmoid", "loss"): (out, 2 * (out - 1)),
        ("y", "loss"): (1.0, None),
    }
    assert [(edge.source, edge.target) for edge in graph.edges] == list(expected)
    for edge in graph.edges:
        value, gradient = expected[edge.source, edge.target]
        np.testing.assert_allclose(np.ravel(edge.value.entries), np.ravel(value), rtol=1e-12)
        if gradient is None:
            assert edge.gradient is None
        else:
            np.testing.assert_allclose(np.ravel(edge.gradient.entries), np.ravel(gradient), rtol=1e-12)


def test_the_graph_of_a_2_3_1_net_has_the_gradients_of_back_propagation_by_hand():
    net = dense_stack((2, 3, 1), "tanh", 0.0).double()
    x, y = np.array([[0.5, -1.2], [0.3, 2.0]]), np.array([0.8, -0.1])
    graph = computational_graph(net, (torch.from_numpy(x),), torch.from_numpy(y), squared_error)
    w1, b1, w2, b2 = (parameter.detach().numpy() for parameter in net.parameters())
    hidden = np.tanh(x @ w1.T + b1)
    out = hidden @ w2.T + b2
    by_out = (out - y[:, None]) * 2 / len(x)
    by_sum = by_out @ w2 * (1 - hidden**2)
    by_input = by_sum @ w1
    first, second = [node.name for node in graph.nodes if node.operation == "linear"]
    expected = {
        "x": by_input,
        f"{first}.weight": by_sum.T @ x,
        f"{first}.bias": by_sum.sum(axis=0),
        first: by_sum,
        f"{second}.weight": by_out.T @ hidden,
        f"{second}.bias": by_out.sum(axis=0),
        second: by_out,
    }
    assert graph.loss == pytest.approx(((out[:, 0] - y) ** 2).mean(), rel=1e-12)
    for name, gradient in expected.items():
        np.testing.assert_allclose(graph.node(name).gradient.entries, gradient.ravel(), rtol=1e-10, err_msg=name)


def test_a_node_says_how_it_is_computed():
    graph = neuron_graph()
    said = {node.name: (node.kind, node.operation, node.formula) for node in graph.nodes}
    assert said["linear"] == ("operation", "linear", "x · wᵀ + b")
    assert said["sigmoid"] == ("operation", "sigmoid", "1 / (1 + exp(−linear))")
    assert said["loss"] == ("loss", "squared error", "mean of squared error(sigmoid, y)")
    assert said["w"] == ("parameter", "", "")
    assert said["y"] == ("target", "", "")


@pytest.mark.parametrize("name", NETS)
def test_gradients_of_parameters_and_inputs_are_autograds(name):
    model, x, y, loss = nets()[name]
    graph = computational_graph(model, (x,), y, loss)
    x = x.clone().requires_grad_(x.is_floating_point())
    mean = loss(model(x), y).mean()
    torch.autograd.backward(mean)
    assert graph.loss == pytest.approx(float(mean.detach()), rel=1e-5)
    drawn = {node.name: node for node in graph.nodes if node.kind == "parameter"}
    leaves = {key: parameter for key, parameter in model.named_parameters() if parameter.grad is not None}
    assert set(drawn) == set(leaves)
    for key, parameter in leaves.items():
        assert_is(drawn[key].value, parameter)
        assert_is(drawn[key].gradient, parameter.grad)
    if x.requires_grad:
        assert_is(graph.node("x").gradient, x.grad)
    else:
        assert graph.node("x").gradient is None


def for_tables() -> list[str]:
    kinds = {name: {field.name for field in fields(ARCHITECTURES.get(name))} for name in ARCHITECTURES.names()}
    return [name for name, names in kinds.items() if {"numbers", "levels", "outputs"} <= names]


@pytest.mark.parametrize("name", for_tables())
def test_every_net_for_tables_has_a_graph_with_autograds_gradients(name):
    with isolated(0):
        model = ARCHITECTURES.get(name)(numbers=2, levels=(3,), outputs=1).build().eval()
        x = torch.cat([torch.randn(4, 2), torch.tensor([[0.0], [1.0], [2.0], [1.0]])], dim=1)

    def loss(output: torch.Tensor, _target: torch.Tensor) -> torch.Tensor:
        return torch.square(output.flatten(1) - 1).mean(dim=1)

    graph = computational_graph(model, (x,), torch.ones(4), loss)
    torch.autograd.backward(loss(model(x), torch.ones(4)).mean())
    leaves = {key: parameter for key, parameter in model.named_parameters() if parameter.grad is not None}
    assert {node.name for node in graph.nodes if node.kind == "parameter"} == set(leaves)
    for key, parameter in leaves.items():
        assert_is(graph.node(key).gradient, parameter.grad)


@pytest.mark.parametrize("name", ["dense", "normed", "lenet", "bag"])
def test_every_layer_gives_what_hooks_on_the_layers_see_forward_and_backward(name):
    model, x, y, loss = nets()[name]
    graph = computational_graph(model, (x,), y, loss)
    seen: dict[str, torch.Tensor] = {}

    def see(path: str, output: torch.Tensor) -> None:
        seen[path] = output
        if output.requires_grad:
            output.retain_grad()

    for path, layer in model.named_modules():
        layer.register_forward_hook(lambda _layer, _inputs, output, path=path: see(path, output))
    torch.autograd.backward(loss(model(x), y).mean())
    layers = [node for node in graph.nodes if node.name in seen]
    assert len(layers) >= 3
    for node in layers:
        assert_is(node.value, seen[node.name])
        if node.gradient is not None:
            assert_is(node.gradient, seen[node.name].grad)


@pytest.mark.parametrize("name", ["dense", "winding"])
def test_what_comes_back_through_the_readers_of_a_tensor_adds_up_to_its_gradient(name):
    graph = computational_graph(nets()[name][0], (nets()[name][1],), nets()[name][2], nets()[name][3])
    nodes = [node for node in graph.nodes if node.kind != "loss" and node.gradient is not None and node.operation != "chunk"]
    readers = {node.name: [edge for edge in graph.edges if edge.source == node.name] for node in nodes}
    for node in nodes:
        parts = [array(edge.gradient) for edge in readers[node.name]]
        np.testing.assert_allclose(sum(parts), array(node.gradient), rtol=1e-4, atol=1e-6, err_msg=node.name)
    assert max(map(len, readers.values())) == (1 if name == "dense" else 2)


def test_both_parts_of_a_cut_tensor_are_edges_and_what_is_unused_or_constant_is_not_drawn():
    model, x, y, loss = nets()["winding"]
    graph = computational_graph(model, (x,), y, loss)
    assert [edge.value.shape for edge in graph.edges if edge.source == "chunk"] == [(3, 2), (3, 1)]
    assert not [node.name for node in graph.nodes if "unused" in node.name or "shift" in node.name]
    assert graph.node("mul").formula == "relu · constant"
    order = {node.name: place for place, node in enumerate(graph.nodes)}
    assert all(order[edge.source] < order[edge.target] for edge in graph.edges)


def test_the_graph_follows_the_branch_that_this_batch_takes():
    model, x, y, loss = nets()["winding"]
    graph = computational_graph(model, (x[:1],), y[:1], loss)
    assert [node.name for node in graph.nodes] == ["x", "last.weight", "last.bias", "last", "y", "loss"]


@pytest.mark.parametrize("name", NETS)
def test_the_model_and_the_batch_are_left_as_they_were(name):
    model, x, y, loss = nets()[name]
    before = {key: value.clone() for key, value in model.state_dict().items()}
    batch = x.clone()
    with isolated(5):
        state = torch.get_rng_state()
        computational_graph(model, (x,), y, loss)
        assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())
    assert model.training
    assert torch.equal(x, batch)
    assert not x.requires_grad
    assert not any(layer._forward_hooks or layer._forward_pre_hooks for layer in model.modules())


def test_dropout_is_drawn_from_the_seed_and_is_no_node_outside_training():
    model, x, y = dense_stack((2, 8, 1), "tanh", 0.5), torch.randn(3, 2), torch.randn(3)
    graphs = [computational_graph(model, (x,), y, squared_error, seed=seed) for seed in (1, 1, 2)]
    assert graphs[0] == graphs[1] != graphs[2]
    assert graphs[0].node("2").operation == "dropout"
    model.eval()
    with torch.inference_mode(False), torch.no_grad():  # as a caller who only predicts would have it
        graph = computational_graph(model, (x,), y, squared_error)
    assert "dropout" not in {node.operation for node in graph.nodes}
    assert graph.node("0.weight").gradient is not None


def test_several_inputs_and_a_layer_that_is_used_twice_have_names_of_their_own():
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.shared = nn.Linear(2, 2)

        def forward(self, one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
            return (self.shared(one) * self.shared(other)).sum(dim=1, keepdim=True)

    model, inputs, y = Twice(), (torch.randn(3, 2), torch.randn(3, 2)), torch.randn(3)
    graph = computational_graph(model, inputs, y, squared_error)
    names = [node.name for node in graph.nodes if node.kind in ("input", "operation")]
    assert names == ["x1", "x2", "shared.linear", "shared.linear-2", "mul", "sum"]
    torch.autograd.backward(squared_error(model(*inputs), y).mean())
    assert_is(graph.node("shared.weight").gradient, model.shared.weight.grad)
    parts = [array(edge.gradient) for edge in graph.edges if edge.source == "shared.weight"]
    assert len(parts) == 2
    np.testing.assert_allclose(sum(parts), model.shared.weight.grad, rtol=1e-4, atol=1e-6)


def test_frozen_weights_are_drawn_without_a_gradient_and_a_frozen_net_on_whole_numbers_is_refused():
    model, x, y, loss = nets()["lenet"]
    model.net.features.requires_grad_(False)
    graph = computational_graph(model, (x,), y, loss)
    assert graph.node("net.features.0.weight").gradient is None
    assert graph.node("net.classifier.1.weight").gradient.norm > 0
    model.requires_grad_(False)
    with pytest.raises(ConfigError, match="thaw a layer"):
        computational_graph(model, (x,), y, loss)


@pytest.mark.parametrize(
    ("operation", "arguments", "text"),
    [
        ("linear", ["x", "w"], "x · wᵀ"),
        ("conv2d", ["x", "w", "b", "1", "1"], "w ∗ x + b"),
        ("conv2d", ["x", "w", "1", "1"], "w ∗ x"),
        ("rsub", ["h", "1"], "1 − h"),
        ("pow", ["h", "2"], "h²"),
        ("pow", ["h", "0.5"], "h^0.5"),
        ("leaky_relu", ["h", "0.01"], "max(0.01 · h, h)"),
        ("cat", ["a", "b", "1"], "cat(a, b, 1)"),
    ],
)
def test_formulas_are_written_as_usual(operation, arguments, text):
    assert formula(operation, arguments) == text


def test_the_data_object_and_its_picture_need_no_torch():
    code = "import sys, assay.nets.inside.graph, assay.report.pictures.graph; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_unknown_node_is_a_key_error():
    with pytest.raises(KeyError, match="w2"):
        neuron_graph().node("w2")
