"""The receptive field against published numbers, and against the pixels that really move a place of the maps."""

import pytest
import torch
from torch import Tensor, nn

from assay.nets.image.receptive_field import receptive_field
from assay.nets.image.registry import NETWORKS

ARAUJO = {
    "alexnet": (195, 32),
    "vgg16": (212, 32),
    "mobilenet-v1": (315, 32),
    "bn-inception": (699, 32),
    "inception-v3": (1311, 32),
    "inception-v4": (2071, 32),
    "inception-resnet-v2": (3039, 32),
}
"""Araujo, Norris & Sim (2019), Computing Receptive Fields of Convolutional Neural Networks, table of networks."""

BY_HAND = {
    # 7 × 7 and a pooling of 3: 11 pixels, stride 4; two 3 × 3 a block, the first of a stage with the stride of the one before
    "resnet18": (11 + 4 * 4 * 2 + (4 + 3 * 8) * 2 + (8 + 3 * 16) * 2 + (16 + 3 * 32) * 2, 32),
    # one 3 × 3 a block
    "resnet50": (11 + 3 * 4 * 2 + (4 + 3 * 8) * 2 + (8 + 5 * 16) * 2 + (16 + 2 * 32) * 2, 32),
    "resnet20": (1 + 7 * 2 + (1 + 5 * 2) * 2 + (2 + 5 * 4) * 2, 4),
}


def field_of(name: str) -> tuple[int | None, int | None]:
    network = NETWORKS.get(name)
    with torch.device("meta"):
        net = network.build(10, 3, network.size)
    found = receptive_field(net, 3, network.size)
    return found.size, found.stride


@pytest.mark.parametrize("name", ARAUJO)
def test_it_is_the_published_one(name: str) -> None:
    assert field_of(name) == ARAUJO[name]


@pytest.mark.parametrize("name", BY_HAND)
def test_it_is_what_a_sum_over_the_layers_gives(name: str) -> None:
    assert field_of(name) == BY_HAND[name]


def test_vgg_sees_196_pixels_before_its_last_pooling() -> None:
    network = NETWORKS.get("vgg16")
    with torch.device("meta"):
        net = network.build(10, 3, 224)
    assert receptive_field(net.get_submodule("features")[:30], 3, 224).size == 196  # type: ignore[index]


def moved_pixels(net: nn.Module, size: int) -> tuple[int, int]:
    """How many rows and columns of the picture move the middle of the maps, by gradients through positive weights."""
    net = net.double().eval()
    with torch.no_grad():
        for one in net.parameters():
            one.fill_(1e-3)
    picture = torch.ones(1, 3, size, size, dtype=torch.float64, requires_grad=True)
    maps: Tensor = net(picture)
    high, wide = maps.shape[2] // 2, maps.shape[3] // 2
    maps[0, :, high, wide].sum().backward()
    assert picture.grad is not None
    seen = picture.grad[0].sum(0) > 0
    extents = []
    for axis in (1, 0):
        places = torch.nonzero(seen.any(axis)).squeeze(1)
        extents.append(int(places[-1] - places[0]) + 1)
        assert int(places[0]) > 0
        assert int(places[-1]) < size - 1
    return extents[0], extents[1]


class Branches(nn.Module):
    """As of an inception module, with a branch that leans to one side."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 2, 3, 2, 1)
        self.wide = nn.Sequential(nn.Conv2d(2, 2, (1, 7), padding=(0, 3)), nn.Conv2d(2, 2, (7, 1), padding=(3, 0)))
        self.dilated = nn.Conv2d(2, 2, 3, padding=4, dilation=4)
        self.leaning = nn.Sequential(nn.ZeroPad2d((3, 0, 3, 0)), nn.Conv2d(2, 2, 4))
        self.pooled = nn.AvgPool2d(3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        return torch.cat([self.wide(x), self.dilated(x), self.leaning(x), self.pooled(x) + x], dim=1)


class Sliced(nn.Module):
    """A shortcut of every second pixel, as of small ResNets."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 3, 3, 2, 1), nn.Conv2d(3, 3, 5, 1, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.first(x) + x[:, :, ::2, ::2])


NETS = {
    "chain": lambda: nn.Sequential(nn.Conv2d(3, 2, 5, 2, 2), nn.AvgPool2d(2), nn.Conv2d(2, 2, 3, padding=1), nn.ReLU()),
    "even": lambda: nn.Sequential(nn.Conv2d(3, 2, 4, 4), nn.Conv2d(2, 2, 2, 1)),
    "branches": Branches,
    "sliced": Sliced,
}


@pytest.mark.parametrize("name", NETS)
def test_it_spans_the_pixels_that_move_the_middle_of_the_maps(name: str) -> None:
    size = 97 if name != "even" else 96
    net = NETS[name]()
    found = receptive_field(net, 3, size)
    assert found.size is not None
    assert moved_pixels(net, size) == (found.size, found.size)


def test_it_spans_the_pixels_that_move_the_last_maps_of_a_whole_network() -> None:
    net = NETWORKS.get("resnet20").build(10, 3, 32)
    for name, part in list(net.named_modules()):
        if isinstance(part, nn.BatchNorm2d):
            parent, _, own = name.rpartition(".")
            setattr(net.get_submodule(parent), own, nn.Identity())
    maps: list[Tensor] = []
    body = net.get_submodule("layer3")
    body.register_forward_hook(lambda _layer, _inputs, given: maps.append(given))

    class Maps(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            net(x)
            return maps.pop()

    holder = Maps()
    holder.net = net
    assert moved_pixels(holder, 201) == (81, 81)


def test_attention_sees_the_whole_picture_and_gates_are_told() -> None:
    with torch.device("meta"):
        vit, gated = (NETWORKS.get(name).build(2, 3, 224) for name in ("vit-b-32", "efficientnet-b0"))
    seen = receptive_field(vit, 3, 224)
    assert (seen.whole, seen.size, seen.stride, seen.maps) == (True, None, 32, (7, 7))
    assert receptive_field(gated, 3, 224).size == 851  # Tan & Le's B0, the gates left out
    assert "gates" in receptive_field(gated, 3, 224).remark


def test_what_is_not_followed_is_said_to_be_unknown_with_the_reason() -> None:
    class Turned(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.flip(3)

    found = receptive_field(nn.Sequential(nn.Conv2d(3, 2, 3), Turned()), 3, 16)
    assert (found.size, found.whole) == (None, False)
    assert found.remark == "the operation flip is not followed"
