"""DenseNet, MobileNet, EfficientNet, Darknet and the small transformer, against torchvision's nets and the printed tables."""

from typing import Any

import numpy as np
import pytest
import torch
from tests.torchvision_oracle import torchvision_models
from torch import Tensor, nn

from assay.core.errors import UnknownNameError
from assay.nets.image.costs import costs_of, parameters_of
from assay.nets.image.darknet import BLOCKS_53, Darknet53
from assay.nets.image.efficientnet import EfficientNet, Form, Norm
from assay.nets.image.mobile_blocks import StochasticDepth, divisible
from assay.nets.image.registry import is_network_name, network_named
from assay.nets.seeding import isolated


def empty(name: str, size: int = 224, outputs: int = 1000, channels: int = 3) -> nn.Module:
    with torch.device("meta"):
        return network_named(name).build(outputs, channels, size)


def shaken(net: nn.Module) -> nn.Module:
    """With statistics of batch norm that have moved."""
    for name, value in net.named_buffers():
        if name.endswith("running_mean"):
            value.normal_(std=0.1)
        elif name.endswith("running_var"):
            value.uniform_(0.5, 1.5)
    return net


def same_answers(ours: nn.Module, theirs: nn.Module, channels: int, size: int) -> None:
    ours.load_state_dict(theirs.state_dict(), strict=True)
    rows = torch.randn(2, channels, size, size, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        found, expected = ours.eval()(rows).numpy(), theirs.eval()(rows).numpy()
    assert expected.std() > 0
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize("width", [0.25, 1.4])
def test_mobilenet_v2_of_any_width_is_torchvisions(width: int) -> None:
    with isolated(0):
        theirs = shaken(torchvision_models().MobileNetV2(num_classes=7, width_mult=width))
        ours = network_named(f"mobilenet-v2-{width}").build(7, 3, 64)
    same_answers(ours, theirs, 3, 64)


def test_the_small_mobilenet_is_the_large_one_without_its_first_two_strides() -> None:
    settings = [[1, 16, 1, 1], [6, 24, 2, 1], [6, 32, 3, 2], [6, 64, 4, 2], [6, 96, 3, 1], [6, 160, 3, 2], [6, 320, 1, 1]]
    with isolated(0):
        theirs = shaken(torchvision_models().MobileNetV2(num_classes=10, inverted_residual_setting=settings))
        theirs.features[0][0] = nn.Conv2d(1, 32, 3, 1, 1, bias=False)  # type: ignore[index, operator]
        ours = network_named("mobilenet-small").build(10, 1, 32)
    same_answers(ours, theirs, 1, 32)


def test_the_small_transformer_is_torchvisions_of_its_form() -> None:
    with isolated(0):
        theirs = torchvision_models().VisionTransformer(32, 4, 7, 4, 256, 512, num_classes=10)
        nn.init.normal_(theirs.heads.head.weight)
        ours = network_named("vit-small").build(10, 3, 32)
    same_answers(ours, theirs, 3, 32)


@pytest.mark.parametrize("number", [0, 1, 2, 3, *(pytest.param(number, marks=pytest.mark.slow) for number in range(4, 8))])
def test_an_efficientnet_has_torchvisions_layers_in_torchvisions_order(number: int) -> None:
    """Names, shapes, strides, ε, momentum, dropout and the chance of leaving a block out."""
    models = torchvision_models()
    with torch.device("meta"):
        theirs = getattr(models, f"efficientnet_b{number}")(weights=None)
    ours = empty(f"efficientnet-b{number}")
    assert {key: value.shape for key, value in ours.state_dict().items()} == {
        key: value.shape for key, value in theirs.state_dict().items()
    }
    assert _told(ours) == _told(theirs)


def _told(net: nn.Module) -> list[Any]:
    said: list[Any] = []
    for name, layer in net.named_modules():
        if isinstance(layer, nn.Conv2d):
            said.append((name, layer.stride, layer.padding, layer.groups))
        elif isinstance(layer, nn.BatchNorm2d):
            said.append((name, layer.eps, layer.momentum))
        elif isinstance(layer, nn.Dropout):
            said.append((name, layer.p))
        elif type(layer).__name__ == "StochasticDepth":
            said.append((name, round(float(layer.drop if isinstance(layer, StochasticDepth) else layer.p), 12)))  # type: ignore[arg-type]
    return said


@pytest.mark.parametrize(("number", "size"), list(enumerate([224, 240, 260, 300, 380, 456, 528, 600])))
def test_an_efficientnet_has_its_published_picture_size(number: int, size: int) -> None:
    assert network_named(f"efficientnet-b{number}").size == size


def test_efficientnets_of_one_seed_train_alike_here_and_in_torchvision() -> None:
    """A narrow one: the outputs while it trains, and the gradients, with the same blocks left out."""
    models = torchvision_models()
    stage = models.efficientnet.MBConvConfig
    table = [(1, 3, 1, 32, 16, 1), (6, 3, 2, 16, 24, 2), (6, 5, 2, 24, 40, 2), (6, 3, 2, 40, 80, 3)]
    table += [(6, 5, 1, 80, 112, 3), (6, 5, 2, 112, 192, 4), (6, 3, 1, 192, 320, 1)]
    settings = [stage(*row, width_mult=0.25, depth_mult=1.0) for row in table]
    with isolated(0):
        theirs = models.EfficientNet(settings, 0.2, num_classes=4)
        ours = EfficientNet(Form(0.25, 1.0, 0.2, Norm()), 4, 3)
    ours.load_state_dict(theirs.state_dict())
    rows = torch.randn(8, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    given, slopes = [], []
    for net in (ours.train(), theirs.train()):
        with isolated(3):
            answer = net(rows)
        nn.functional.cross_entropy(answer, torch.arange(8) % 4).backward()
        given.append(answer.detach())
        slopes.append(torch.cat([value.grad.flatten() for value in net.parameters() if value.grad is not None]))
    torch.testing.assert_close(given[0], given[1], rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(slopes[0], slopes[1], rtol=1e-2, atol=1e-4 * float(slopes[1].abs().max()))


def test_stochastic_depth_leaves_out_whole_pictures_keeps_the_mean_and_draws_only_while_it_trains() -> None:
    layer, rows = StochasticDepth(0.3), torch.ones(20_000, 2, 1, 1)
    with isolated(0):
        found = layer.train()(rows)
        after = torch.default_generator.get_state()
        kept = layer.eval()(rows)
        assert torch.equal(after, torch.default_generator.get_state())
    assert kept is rows
    assert torch.equal(found[:, 0], found[:, 1])
    values = torch.unique(found)
    torch.testing.assert_close(values, torch.tensor([0.0, 1 / 0.7]))
    assert abs(float((found[:, 0] == 0).double().mean()) - 0.3) < 4 * (0.3 * 0.7 / 20_000) ** 0.5


@pytest.mark.parametrize(
    ("width", "million", "macs"), [("", 4.2, 569), ("-0.75", 2.6, 325), ("-0.5", 1.3, 149), ("-0.25", 0.5, 41)]
)
def test_mobilenet_v1_costs_at_every_width_what_the_paper_prints(width: str, million: float, macs: int) -> None:
    """Tables 6 and 7 there; the paper rounds, and so is compared."""
    found = costs_of(empty(f"mobilenet-v1{width}"), 3, 224)
    assert round(found.parameters / 1e6, 1) == million
    assert abs(found.macs / 1e6 - macs) <= 1


def test_mobilenet_v1_has_the_papers_maps() -> None:
    net, sizes = empty("mobilenet-v1"), []
    x = torch.empty(1, 3, 224, 224, device="meta")
    for part in net.features:  # type: ignore[union-attr]
        x = part(x)
        sizes.append((x.shape[1], x.shape[2]))
    assert sizes == [(32, 112), (64, 112), (128, 56), (128, 56), (256, 28), (256, 28), *[(512, 14)] * 6, (1024, 7), (1024, 7)]


def test_darknet_53_has_the_papers_maps_and_52_convolutions_before_its_last_layer() -> None:
    net = empty("darknet53", 256)
    assert sum(isinstance(layer, nn.Conv2d) for layer in net.modules()) == 52 == 1 + sum(1 + 2 * blocks for blocks in BLOCKS_53)
    x, sizes = torch.empty(1, 3, 256, 256, device="meta"), []
    for stage in net.features:  # type: ignore[union-attr]
        x = stage(x)
        sizes.append((x.shape[1], x.shape[2]))
    assert sizes == [(32, 256), (64, 128), (128, 64), (256, 32), (512, 16), (1024, 8)]
    assert isinstance(net, Darknet53)


def test_darknet_19_has_nineteen_convolutions_and_the_papers_maps() -> None:
    net = empty("darknet19")
    assert sum(isinstance(layer, nn.Conv2d) for layer in net.modules()) == 19
    x, sizes = torch.empty(1, 3, 224, 224, device="meta"), []
    for stage in net.features:  # type: ignore[union-attr]
        x = stage(x)
        sizes.append((x.shape[1], x.shape[2]))
    assert sizes == [(32, 224), (64, 112), (128, 56), (256, 28), (512, 14), (1024, 7)]


def test_darknets_rectifier_lets_a_tenth_through() -> None:
    with isolated(0):
        net = network_named("darknet19").build(2, 1, 32).eval()
    first = net.features[0][0]  # type: ignore[index, union-attr]
    rows = torch.randn(1, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        plain: Tensor = first.bn(first.conv(rows)).clone()  # type: ignore[operator, union-attr]
        assert bool((plain < 0).any())
        torch.testing.assert_close(first(rows), torch.where(plain < 0, plain / 10, plain))  # type: ignore[operator]


@pytest.mark.parametrize(("name", "least"), [("densenet121", 29), ("densenet161", 29), ("darknet19", 32)])
def test_one_pixel_less_than_the_least_leaves_nothing_to_pool(name: str, least: int) -> None:
    assert network_named(name).least == least
    net = empty(name, outputs=2).eval()
    assert net(torch.empty(1, 3, least, least, device="meta")).shape == (1, 2)
    with pytest.raises(RuntimeError, match="too small"):
        net(torch.empty(1, 3, least - 1, least - 1, device="meta"))


@pytest.mark.parametrize(
    ("name", "least"),
    [("mobilenet-v1", 32), ("mobilenet-v2", 32), ("efficientnet-b0", 32), ("darknet53", 32), ("mobilenet-small", 8)],
)
def test_the_least_picture_of_networks_that_pad_is_that_of_one_pixel_at_the_end(name: str, least: int) -> None:
    assert network_named(name).least == least
    net = empty(name, outputs=2).eval()
    assert _last_map(net, least) == (1, 1)
    assert _last_map(net, 2 * least) == (2, 2)


def _last_map(net: nn.Module, size: int) -> tuple[int, ...]:
    return tuple(net.features(torch.empty(1, 3, size, size, device="meta")).shape[2:])  # type: ignore[operator]


def test_widths_are_rounded_as_torchvision_rounds_them() -> None:
    torchvision_models()
    from torchvision.models._utils import _make_divisible

    widths = np.linspace(1, 400, 1731).tolist()
    assert [divisible(width) for width in widths] == [_make_divisible(width, 8) for width in widths]


def test_a_width_has_one_spelling_and_bounds() -> None:
    assert network_named("mobilenet-v2-1.0").name == "mobilenet-v2"
    assert network_named("mobilenet-v2-0.50").name == "mobilenet-v2-0.5"
    assert network_named("mobilenet-v1-0.25").name == "mobilenet-v1-0.25"
    for wrong in (
        "mobilenet-v2-0.05",
        "mobilenet-v2-4",
        "mobilenet-v2-0.123",
        "mobilenet-v2-",
        "resnet18-0.5",
        "mobilenet-v2--1",
    ):
        assert not is_network_name(wrong)
        with pytest.raises(UnknownNameError, match="no network"):
            network_named(wrong)


def test_a_mobilenet_is_larger_the_wider_it_is() -> None:
    for family in ("mobilenet-v1", "mobilenet-v2"):
        sizes = [parameters_of(empty(f"{family}-{width}")) for width in (0.1, 0.35, 0.5, 1, 1.4, 3.99)]
        assert sizes == sorted(set(sizes))
