"""What every network for pictures must do: its exact size and cost, the published names of its weights, a step of training."""

from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from tests.contracts.network_counts import COUNTS
from tests.torchvision_oracle import torchvision_models
from torch import Tensor, nn

from assay.core.errors import ConfigError
from assay.nets.architectures import assemble, outputs, spec_from_json, spec_to_json, weights_of
from assay.nets.image.costs import costs_of
from assay.nets.image.network import Network
from assay.nets.image.picture_net import PictureSpec
from assay.nets.image.registry import NETWORKS
from assay.nets.seeding import isolated

NAMES = NETWORKS.names()
LARGE = 30_000_000
"""Parameters from which a network is built with memory by the slow tests alone."""

SIBLINGS = {f"densenet{layers}" for layers in (161, 169, 201)} | {f"efficientnet-b{number}" for number in range(1, 8)}
SIBLINGS |= {"mobilenet-v2-0.5", "mobilenet-v2-0.75", "mobilenet-v2-1.4"}
"""Deeper or wider ones of a family whose smallest is among the tests that are not slow; of these only the counts are."""


def marked(names: list[str], largest: float = LARGE) -> list[Any]:
    return [pytest.param(name, marks=[pytest.mark.slow] * (COUNTS[name][0] > largest or name in SIBLINGS)) for name in names]


EVERY = marked(NAMES)
WITHOUT_MEMORY = marked(NAMES, largest=float("inf"))
PUBLISHED = marked([name for name in NAMES if NETWORKS.get(name).published])


def network(name: str) -> Network:
    return NETWORKS.get(name)


@cache
def empty(name: str, classes: int, channels: int, size: int) -> nn.Module:
    """Without memory."""
    with torch.device("meta"):
        return network(name).build(classes, channels, size)


def drawn(name: str, classes: int, channels: int, size: int, seed: int = 0) -> nn.Module:
    with isolated(seed):
        return network(name).build(classes, channels, size)


def pictures(rows: int, channels: int, size: int, seed: int = 0) -> Tensor:
    return torch.randn(rows, channels, size, size, generator=torch.Generator().manual_seed(seed))


def small(name: str) -> int:
    """A size that the network takes and that costs little."""
    one = network(name)
    return one.least + -(-max(0, 64 - one.least) // one.step) * one.step if one.size > 64 else one.size


@pytest.mark.parametrize("name", NAMES)
def test_it_has_the_published_parameters_and_multiply_accumulates(name: str) -> None:
    one = network(name)
    parameters, macs = COUNTS[name]
    channels = 1 if one.size <= 32 else 3
    classes = 10 if one.size <= 32 else 1000
    found = costs_of(empty(name, classes, channels, one.size), channels, one.size)
    assert found.parameters == parameters
    assert macs is None or found.macs == macs


@pytest.mark.parametrize("name", NAMES)
def test_it_has_a_name_of_its_own_a_title_and_a_source(name: str) -> None:
    one = network(name)
    assert one.name == name
    assert one.title
    assert one.source


@pytest.mark.parametrize("name", WITHOUT_MEMORY)
@pytest.mark.parametrize(("classes", "channels"), [(1, 1), (7, 5)])
def test_it_takes_any_number_of_classes_and_channels(name: str, classes: int, channels: int) -> None:
    size = small(name)
    net = empty(name, classes, channels, size).eval()
    assert net(torch.empty(2, channels, size, size, device="meta")).shape == (2, classes)


@pytest.mark.parametrize("name", WITHOUT_MEMORY)
def test_it_takes_the_smallest_picture_that_it_says_and_refuses_a_smaller_one(name: str) -> None:
    one = network(name)
    one.check(one.least)
    net = empty(name, 3, 3, one.least)
    assert net.eval()(torch.empty(2, 3, one.least, one.least, device="meta")).shape == (2, 3)
    trained = net.train()(torch.empty(2, 3, one.least, one.least, device="meta"))
    assert (trained if isinstance(trained, Tensor) else trained[0]).shape == (2, 3)
    with pytest.raises(ConfigError, match=f"at least {one.least} × {one.least} pixels, not {one.least - 1}"):
        one.check(one.least - 1)


@pytest.mark.parametrize("name", WITHOUT_MEMORY)
def test_the_layers_of_its_classes_are_those_that_change_with_them(name: str) -> None:
    one = network(name)
    size = small(name)
    few, many = (empty(name, classes, 3, size).state_dict() for classes in (2, 9))
    assert list(few) == list(many)
    changed = {key for key in few if few[key].shape != many[key].shape}
    assert changed
    assert all(key.startswith(one.head) for key in changed)
    assert all(any(key.startswith(prefix) for key in changed) for prefix in one.head)


@pytest.mark.parametrize("name", EVERY)
def test_a_step_of_training_moves_every_weight_and_lowers_the_loss(name: str) -> None:
    one, size = network(name), small(name)
    net = drawn(name, 4, 3, size).train().double()  # the first gradients of deep nets on four pictures are up to 1e6
    rows, target = pictures(4, 3, size).double(), torch.tensor([0, 1, 2, 3])

    def loss() -> Tensor:
        with isolated(1):  # the same dropout
            given = net(rows)
        first, *others = (given,) if isinstance(given, Tensor) else given
        assert bool(others) == bool(one.auxiliary)
        total = nn.functional.cross_entropy(first, target)
        for other in others:
            total = total + one.auxiliary * nn.functional.cross_entropy(other, target)
        return total

    before = loss()
    before.backward()
    without = [key for key, value in net.named_parameters() if value.grad is None or not torch.isfinite(value.grad).all()]
    assert not without
    slope = sum(float(value.grad.double().square().sum()) for value in net.parameters() if value.grad is not None)
    wanted = 0.01 * before.item()  # so small a step that the gradient says what comes of it, whatever the network's scale
    torch.optim.SGD(net.parameters(), lr=wanted / slope).step()
    with torch.no_grad():
        assert 0.5 * wanted < before.item() - loss().item() < 1.5 * wanted


@pytest.mark.parametrize("name", EVERY)
def test_one_seed_draws_the_same_first_weights_and_another_seed_others(name: str) -> None:
    size = small(name)
    first, again, other = (drawn(name, 2, 1, size, seed).state_dict() for seed in (3, 3, 4))
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert any(not torch.equal(first[key], other[key]) for key in first)


@pytest.mark.parametrize("name", EVERY)
def test_a_saved_network_gives_what_it_gave_and_a_row_alone_what_it_gives_in_a_batch(name: str) -> None:
    size = small(name)
    spec = PictureSpec(name, 3, 1, size)
    with isolated(2):
        model = spec.build()
    rows = np.random.default_rng(0).integers(0, 256, (3, 1, size, size), dtype=np.uint8)
    model.standardise.learn(rows)
    back = spec_from_json("picture", spec_to_json(spec))
    found = outputs(back, assemble(back, weights_of(model)), rows)
    with torch.inference_mode():
        expected = model.eval()(torch.from_numpy(rows)).double().numpy()
    assert found.dtype == np.float64
    close = 1e-4 * max(1.0, np.abs(expected).max())  # float32, and first weights of deep nets give large numbers
    np.testing.assert_allclose(found, expected, rtol=0, atol=close)
    alone = np.concatenate([outputs(back, assemble(back, weights_of(model)), rows[row : row + 1]) for row in range(3)])
    np.testing.assert_allclose(alone, found, rtol=0, atol=close)


@pytest.mark.parametrize("name", PUBLISHED)
def test_torchvisions_weights_load_unchanged_and_give_torchvisions_answers(name: str) -> None:
    """At a size that costs little, and for what has a size of its own there."""
    models = torchvision_models()
    one = network(name)
    size = one.size if one.step > 1 else max(small(name), 75)
    settings: dict[str, Any] = {"init_weights": False} if "aux_logits" in _arguments(models, one) else {}
    with isolated(5):
        theirs = getattr(models, one.published)(weights=None, **settings)
        for buffer, value in theirs.named_buffers():
            if buffer.endswith("running_mean"):
                value.normal_(std=0.1)
            elif buffer.endswith("running_var"):
                value.uniform_(0.5, 1.5)
    ours = drawn(name, 1000, 3, size)
    ours.load_state_dict(theirs.state_dict(), strict=True)
    rows = pictures(2, 3, size, seed=7)
    with torch.inference_mode():
        expected, found = theirs.eval()(rows), ours.eval()(rows)
    assert float(expected.std()) > 0
    np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-5, atol=1e-5 * float(expected.abs().max()))


def _arguments(models: Any, one: Network) -> set[str]:
    import inspect

    kind = {"googlenet": "GoogLeNet", "inception_v3": "Inception3"}.get(one.published)
    return set(inspect.signature(getattr(models, kind)).parameters) if kind else set()
