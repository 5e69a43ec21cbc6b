"""The pieces of nets against numpy, torch's own calls and closed forms."""

import math

import numpy as np
import pytest
import torch
from scipy import special
from torch import nn

from assay.core.errors import ConfigError, DataError
from assay.nets.architectures import ARCHITECTURES, assemble, outputs, spec_from_json, spec_to_json, weights_of
from assay.nets.blocks import ACTIVATIONS, Standardise, dense_stack
from assay.nets.image.augment import RandomShift
from assay.nets.image.picture_net import PictureSpec
from assay.nets.tabular.mlp import MLPSpec
from assay.nets.text.embedding_bag import EmbeddingBagSpec


def count(model: nn.Module, ending: str = "") -> int:
    return sum(p.numel() for name, p in model.named_parameters() if name.endswith(ending))


def multiply_accumulates(model: nn.Module, example: torch.Tensor) -> int:
    total = 0

    def add(layer: nn.Module, _inputs: object, output: torch.Tensor) -> None:
        nonlocal total
        if isinstance(layer, nn.Conv2d):
            total += output[0].numel() * layer.in_channels // layer.groups * math.prod(layer.kernel_size)
        elif isinstance(layer, nn.Linear):
            total += layer.in_features * layer.out_features

    handles = [layer.register_forward_hook(add) for layer in model.modules()]
    model(example)
    for handle in handles:
        handle.remove()
    return total


def test_the_perceptron_784_16_16_10_has_12960_weights_and_42_biases():
    model = MLPSpec(784, 10, hidden=(16, 16), dropout=0.0).build()
    assert count(model, "weight") == 12_960
    assert count(model, "bias") == 42
    assert multiply_accumulates(model, torch.zeros(1, 784)) == 12_960


def test_a_perceptron_is_a_chain_of_matrix_products():
    spec = MLPSpec(3, 2, hidden=(4,), activation="tanh", dropout=0.5)
    weights = weights_of(spec.build())
    x = np.random.default_rng(0).normal(size=(5, 3))
    hidden = np.tanh(x @ weights["layers.0.weight"].T + weights["layers.0.bias"])
    expected = hidden @ weights["layers.3.weight"].T + weights["layers.3.bias"]
    np.testing.assert_allclose(outputs(spec, assemble(spec, weights), x), expected, rtol=1e-12)


def test_without_an_activation_a_stack_of_any_depth_is_one_linear_map():
    stack = dense_stack((3, 7, 5, 6, 2), "relu", 0.0).double()
    linear = [layer for layer in stack if isinstance(layer, nn.Linear)]
    x = torch.randn(6, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    matrix, shift = torch.eye(3, dtype=torch.float64), torch.zeros(3, dtype=torch.float64)
    for layer in linear:
        matrix, shift = layer.weight @ matrix, layer.weight @ shift + layer.bias
    torch.testing.assert_close(nn.Sequential(*linear)(x), x @ matrix.T + shift)
    assert not torch.allclose(stack(x), x @ matrix.T + shift)


def test_a_stack_has_norm_activation_and_dropout_between_its_layers_and_nothing_after_the_last():
    kinds = [type(layer) for layer in dense_stack((4, 3, 3, 1), "silu", 0.1, "batch")]
    between = [nn.BatchNorm1d, nn.SiLU, nn.Dropout]
    assert kinds == [nn.Linear, *between, nn.Linear, *between, nn.Linear]
    assert [type(layer) for layer in dense_stack((4, 3, 1), "elu", 0.0)] == [nn.Linear, nn.ELU, nn.Linear]
    assert [type(layer) for layer in dense_stack((4, 3, 1), "elu", 0.0, "layer")] == [nn.Linear, nn.LayerNorm, nn.ELU, nn.Linear]


def test_batch_norm_in_training_standardises_with_the_batch_and_moves_its_running_values():
    stack = dense_stack((3, 4, 1), "relu", 0.0, "batch").double()
    linear, norm = stack[0], stack[1]
    norm.weight.data, norm.bias.data = torch.tensor([1.0, 2, 3, 4]).double(), torch.tensor([0.0, 1, -1, 2]).double()
    rng = np.random.default_rng(0)
    mean, variance, kept = np.zeros(4), np.ones(4), 1 - norm.momentum
    for n in (8, 5):
        x = rng.normal(size=(n, 3))
        h = linear(torch.from_numpy(x)).detach().numpy()
        given = norm(torch.from_numpy(h)).detach().numpy()
        expected = np.array([1, 2, 3, 4]) * (h - h.mean(0)) / np.sqrt(h.var(0) + norm.eps) + np.array([0, 1, -1, 2])
        np.testing.assert_allclose(given, expected, rtol=1e-10)
        mean = kept * mean + (1 - kept) * h.mean(0)
        variance = kept * variance + (1 - kept) * h.var(0, ddof=1)  # torch keeps the unbiased variance
    np.testing.assert_allclose(norm.running_mean, mean, rtol=1e-10)
    np.testing.assert_allclose(norm.running_var, variance, rtol=1e-10)


def test_batch_norm_in_inference_uses_the_running_values_and_a_row_does_not_see_its_neighbours():
    stack = dense_stack((3, 4, 1), "relu", 0.0, "batch").double()
    x = torch.randn(9, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    stack(x)
    stack.eval()
    norm, h = stack[1], stack[0](x)
    before = norm.running_mean.clone(), norm.running_var.clone()
    torch.testing.assert_close(norm(h), (h - before[0]) / torch.sqrt(before[1] + norm.eps))
    torch.testing.assert_close(stack(x)[:1], stack(x[:1]))
    assert torch.equal(norm.running_mean, before[0])
    assert torch.equal(norm.running_var, before[1])


def test_layer_norm_standardises_every_row_by_its_own_numbers():
    stack = dense_stack((3, 4, 1), "relu", 0.0, "layer").double()
    h = torch.randn(5, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    centred = h - h.mean(1, keepdim=True)
    torch.testing.assert_close(stack[1](h), centred / torch.sqrt((centred**2).mean(1, keepdim=True) + stack[1].eps))


def test_an_embedding_bag_is_the_mean_of_the_known_terms_vectors():
    spec = EmbeddingBagSpec(6, 3, width=4, dropout=0.0)
    weights = weights_of(spec.build())
    table = weights["embedding.weight"].astype(np.float64)
    terms = np.array([[1, 5, 5, 0], [0, 0, 0, 0], [2, 99, -7, 0]], dtype=np.int32)
    mean = np.stack([table[[1, 5, 5]].mean(axis=0), np.zeros(4), table[2]])
    expected = mean @ weights["layers.0.weight"].T + weights["layers.0.bias"]
    np.testing.assert_allclose(outputs(spec, assemble(spec, weights), terms), expected, rtol=1e-12)


def test_the_softmax_of_the_reference_row_is_as_printed():
    row = special.softmax([4.80, 1.15, -0.35, 4.95, 2.45, 2.85])
    ours = torch.softmax(torch.tensor([4.80, 1.15, -0.35, 4.95, 2.45, 2.85]), dim=0)
    np.testing.assert_allclose(ours, [0.411, 0.011, 0.002, 0.478, 0.039, 0.059], atol=5e-4)
    np.testing.assert_allclose(ours, row, rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "formula"),
    [
        ("relu", lambda t: np.maximum(0, t)),
        ("leaky-relu", lambda t: np.maximum(0.01 * t, t)),
        ("elu", lambda t: np.where(t > 0, t, np.exp(t) - 1)),
        ("gelu", lambda t: t * (1 + special.erf(t / np.sqrt(2))) / 2),
        ("tanh", np.tanh),
        ("sigmoid", special.expit),
        ("silu", lambda t: t * special.expit(t)),
    ],
)
def test_an_activation_follows_its_formula(name, formula):
    t = np.linspace(-3, 3, 13)
    np.testing.assert_allclose(ACTIVATIONS[name]()(torch.from_numpy(t)), formula(t), atol=1e-12)


def test_every_activation_has_its_formula_in_this_file():
    marks = [mark for mark in test_an_activation_follows_its_formula.pytestmark if mark.name == "parametrize"]
    assert {case[0] for case in marks[0].args[1]} == set(ACTIVATIONS)


def test_a_constant_channel_is_standardised_without_dividing_by_zero():
    layer = Standardise(2)
    pictures = np.zeros((4, 2, 3, 3), dtype=np.uint8)
    pictures[:2, 0] = 10
    layer.learn(pictures)
    given = layer(torch.from_numpy(pictures))
    assert given[:, 0].unique().tolist() == [-1.0, 1.0]
    assert not given[:, 1].any()


def test_a_random_shift_moves_pictures_and_repeats_their_border():
    picture = torch.arange(25, dtype=torch.uint8).reshape(1, 1, 5, 5).expand(200, 1, 5, 5)
    (moved,) = RandomShift(1)((picture,), torch.Generator().manual_seed(0))
    padded = np.pad(picture[0, 0].numpy(), 1, mode="edge")
    possible = {padded[r : r + 5, c : c + 5].tobytes() for r in range(3) for c in range(3)}
    assert {part[0].numpy().tobytes() for part in moved} == possible


@pytest.mark.parametrize(
    ("name", "spec"),
    [
        ("mlp", MLPSpec(3, 1, hidden=(4, 2))),
        ("mlp", MLPSpec(3, 1, dropout=0)),
        ("picture", PictureSpec("lenet5", 2, 3, 32)),
        ("embedding-bag", EmbeddingBagSpec(9, 4, hidden=(3,))),
    ],
)
def test_settings_come_back_from_json_as_they_were(name, spec):
    assert spec_from_json(name, spec_to_json(spec)) == spec
    assert name in ARCHITECTURES.names()


def test_impossible_settings_and_unknown_activations_are_refused():
    with pytest.raises(ConfigError, match="did you mean 'relu'"):
        MLPSpec(3, 1, activation="rellu")
    with pytest.raises(ConfigError, match="no norm 'bach'; did you mean 'batch'"):
        dense_stack((3, 1), "relu", 0.0, "bach")
    with pytest.raises(ConfigError, match="at least 1"):
        MLPSpec(3, 1, hidden=(0,))
    with pytest.raises(ConfigError, match="outputs=0"):
        PictureSpec("lenet5", 0, 1, 32)
    with pytest.raises(ConfigError, match="at least 1"):
        EmbeddingBagSpec(0, 1)


@pytest.mark.parametrize(
    ("spec", "matrix"),
    [
        (MLPSpec(3, 1), np.zeros((2, 4))),
        (PictureSpec("lenet5", 10, 1, 32), np.zeros((2, 1, 32, 32))),
        (PictureSpec("lenet5", 10, 1, 32), np.zeros((2, 3, 32, 32), dtype=np.uint8)),
        (EmbeddingBagSpec(5, 1), np.zeros((2, 4))),
    ],
)
def test_a_matrix_of_another_form_is_named(spec, matrix):
    with pytest.raises(DataError, match="reads"):
        spec.tensor(matrix)
