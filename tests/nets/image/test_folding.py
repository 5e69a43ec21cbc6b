"""A network made faster gives what it gave, and a network that cannot be is left alone."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from assay.nets.architectures import assemble, outputs, spec_to_json, weights_of
from assay.nets.image.folding import Fast, faster, fold_norms, traced_net
from assay.nets.image.fused import FusedConvolution, fused_kernels_are_here
from assay.nets.image.picture_net import PictureNet, PictureSpec
from assay.nets.image.registry import NETWORKS
from assay.nets.seeding import isolated, threads
from assay.recipes.nets.fitted import FittedNet

SMALL = 5_000_000
"""Parameters up to which a network is folded in the tests that always run."""


def parameters(name: str) -> int:
    network = NETWORKS.get(name)
    with torch.device("meta"):
        return sum(one.numel() for one in network.build(3, 3, network.size).parameters())


NAMES = [pytest.param(name, marks=[pytest.mark.slow] * (parameters(name) > SMALL)) for name in NETWORKS.names()]


def side(name: str) -> int:
    network = NETWORKS.get(name)
    return network.size if network.size <= 64 or network.step > 1 else max(network.least, 64)


def living(net: nn.Module, seed: int = 0) -> nn.Module:
    """With norms that have seen something, and no layer at 0."""
    with isolated(seed), torch.no_grad():
        for part in net.modules():
            if isinstance(part, nn.BatchNorm2d):
                part.running_mean.normal_(std=0.1)
                part.running_var.uniform_(0.5, 1.5)
                part.weight.uniform_(0.5, 1.5)
                part.bias.normal_(std=0.1)
        for one in net.parameters():
            if not one.any():
                one.normal_(std=0.02)
        for part in net.modules():
            if hasattr(part, "learn"):
                part.mean.fill_(120.0)
                part.scale.fill_(60.0)
    return net.eval()


def spec_and_net(name: str) -> tuple[PictureSpec, nn.Module]:
    spec = PictureSpec(name, 3, 3, side(name))
    with isolated(1):
        return spec, living(spec.build())


def pictures(rows: int, size: int) -> Tensor:
    return torch.randint(0, 256, (rows, 3, size, size), dtype=torch.uint8, generator=torch.Generator().manual_seed(5))


@pytest.mark.parametrize("name", NAMES)
def test_every_network_is_made_faster_and_gives_the_same(name: str) -> None:
    spec, model = spec_and_net(name)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    fast = faster(model, 3, spec.size)
    assert isinstance(fast, Fast)
    rows = pictures(3, spec.size)
    with torch.inference_mode():
        wanted, found = model(rows), fast(rows)
    assert float(wanted.std()) > 0
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-4 * max(1.0, float(wanted.abs().max())))
    after = model.state_dict()
    assert all(torch.equal(before[key], after[key]) and after[key].is_contiguous() for key in before)


@pytest.mark.parametrize("name", ["resnet20", "mobilenet-small"])
def test_no_norm_is_left_where_each_stands_behind_a_convolution(name: str) -> None:
    _, model = spec_and_net(name)
    norms = sum(isinstance(part, nn.BatchNorm2d) for part in model.modules())
    traced = traced_net(model.net)
    assert traced is not None
    assert fold_norms(traced) == norms > 0


def test_in_float64_only_the_norms_are_folded_and_the_answers_agree_to_1e_9() -> None:
    spec, model = spec_and_net("resnet20")
    model = model.double()
    fast = faster(model, 3, spec.size)
    rows = pictures(4, spec.size)
    with torch.inference_mode():
        wanted, found = model(rows), fast(rows)
    assert isinstance(fast, Fast)
    assert not any(isinstance(part, FusedConvolution) for part in fast.modules())
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-9 * float(wanted.abs().max()))


class Net(nn.Module):
    """A convolution whose output two layers read, so that its norm must stay."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.LeakyReLU(0.2, inplace=True))
        self.conv, self.norm = nn.Conv2d(4, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4)
        self.act = nn.ReLU(inplace=True)
        self.head = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.first(x)
        both = self.conv(hidden)
        return self.head((self.act(self.norm(both)) + both + hidden).mean((2, 3)))


def wrapped(net: nn.Module) -> nn.Module:
    with isolated(0):
        return living(PictureNet(net, 3))


def test_a_norm_behind_a_convolution_that_others_read_too_stays() -> None:
    model = wrapped(Net())
    traced = traced_net(model.net)
    assert traced is not None
    assert fold_norms(traced) == 1
    fast = faster(model, 3, 8)
    with torch.inference_mode():
        np.testing.assert_allclose(fast(pictures(3, 8)), model(pictures(3, 8)), rtol=0, atol=1e-5)


class Writing(nn.Module):
    """An activation writes over what a convolution has read before, and what is added later."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.third = (nn.Conv2d(3, 3, 3, padding=1) for _ in range(3))
        self.act = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x) - 1
        second, third = self.second(x), self.third(x)
        written = self.act(x)
        return (torch.tanh(second) * 10 + torch.relu(third + written)).mean((2, 3))


def test_what_is_written_over_in_place_is_read_before_as_it_was() -> None:
    model = wrapped(Writing())
    fast = faster(model, 3, 8)
    rows = pictures(3, 8)
    with torch.inference_mode():
        np.testing.assert_allclose(fast(rows), model(rows), rtol=0, atol=1e-5)
    if fused_kernels_are_here():
        assert {part.name for part in fast.modules() if isinstance(part, FusedConvolution)} == {"none", "tanh"}


class Looking(nn.Module):
    """Its Python looks at numbers, so that it cannot be traced."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 3)

    def forward(self, x: Tensor) -> Tensor:
        given = self.conv(x).mean((2, 3))
        return given if bool((given > 0).all()) else -given


class Switched(nn.Module):
    """Traced as what it does at first; later it does something else."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 3)
        self.calls = 0

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return self.conv(x).mean((2, 3)) * self.calls


@pytest.mark.parametrize("net", [Looking, Switched])
def test_a_net_that_cannot_be_traced_or_gives_something_else_is_left_as_it_is(net: Any) -> None:
    model = wrapped(net())
    assert faster(model, 3, 9) is model


def test_the_kernels_that_fuse_are_used_where_they_are() -> None:
    if not fused_kernels_are_here():
        pytest.skip("torch has no oneDNN here.")
    spec, model = spec_and_net("mobilenet-v2")
    fast = faster(model, 3, spec.size)
    fused = [part for part in fast.modules() if isinstance(part, FusedConvolution)]
    convolutions = sum(isinstance(part, nn.Conv2d) for part in model.modules())
    assert len(fused) == convolutions
    assert {part.name for part in fused} == {"none", "hardtanh"}


def test_a_shortcut_is_added_inside_the_kernel() -> None:
    if not fused_kernels_are_here():
        pytest.skip("torch has no oneDNN here.")
    spec = PictureSpec("resnet18", 3, 3, 64)
    with isolated(1):
        fast = faster(living(spec.build()), 3, 64)
    assert isinstance(fast, Fast)
    calls = [str(node.target) for node in fast.net.graph.nodes if node.op != "call_module"]
    assert not any("add" in call or "relu" in call for call in calls)


@pytest.mark.parametrize("name", ["mobilenet-v2-0.5", "resnet20"])
def test_a_fitted_network_predicts_the_same_bytes_however_many_batches_run_at_once(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assay.nets.architectures.rows_together", lambda _row, _most: 3)
    spec, model = spec_and_net(name)
    kept = weights_of(model)
    rows = pictures(11, spec.size).numpy()
    fast = faster(assemble(spec, kept), 3, spec.size)
    with threads(1):
        one, many = (outputs(spec, fast, rows, at_once=count) for count in (1, 4))
    assert one.tobytes() == many.tobytes()
    net = FittedNet("multiclass", "picture", spec_to_json(spec), kept)
    assert net.raw(rows).tobytes() == FittedNet.from_state(net.state()).raw(rows).tobytes() == one[:, None].tobytes()
    assert all(np.array_equal(value, kept[key]) for key, value in weights_of(model).items())
