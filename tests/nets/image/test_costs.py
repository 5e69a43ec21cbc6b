"""Counts without a run: multiply-accumulates by layer, memory at its peak, and the arithmetic of convolutions."""

import pytest
import torch
from torch import nn

from assay.core.errors import ConfigError
from assay.nets.image.convolution_cost import Convolution, convolution_costs
from assay.nets.image.costs import costs_of
from assay.nets.image.registry import NETWORKS

MIXED = ("resnet18", "vit-b-32", "densenet121", "efficientnet-b0", "lenet5-1998")


def empty(name: str) -> tuple[nn.Module, int]:
    network = NETWORKS.get(name)
    with torch.device("meta"):
        return network.build(10, 3, network.size), network.size


@pytest.mark.parametrize("name", MIXED)
def test_the_layers_of_a_network_add_up_to_it(name: str) -> None:
    net, size = empty(name)
    costs = costs_of(net, 3, size)
    assert sum(layer.macs for layer in costs.layers) == costs.macs
    assert sum(layer.parameters for layer in costs.layers) == costs.parameters
    assert len({layer.name for layer in costs.layers}) == len(costs.layers)


def test_a_chain_holds_two_neighbouring_maps_at_its_peak() -> None:
    """3 × 8 × 8 in, then 4, 16 and 2 maps of 8 × 8: the most is what the third layer reads and gives, with the picture."""
    net = nn.Sequential(nn.Conv2d(3, 4, 1), nn.Conv2d(4, 16, 1), nn.Conv2d(16, 2, 1))
    assert costs_of(net, 3, 8).peak_bytes == 4 * 64 * (3 + 4 + 16)


def test_an_activation_in_place_holds_nothing_of_its_own() -> None:
    def peak(*, inplace: bool) -> int:
        return costs_of(nn.Sequential(nn.Conv2d(1, 8, 1), nn.ReLU(inplace=inplace)), 1, 10).peak_bytes

    assert peak(inplace=True) == 4 * 100 * (1 + 8)
    assert peak(inplace=False) == 4 * 100 * (1 + 8 + 8)


def test_a_shortcut_holds_its_maps_until_they_are_added() -> None:
    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.two = nn.Conv2d(2, 6, 1), nn.Conv2d(6, 2, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.two(self.one(x)) + x

    assert costs_of(Block(), 2, 5).peak_bytes == 4 * 25 * (2 + 6 + 2)


def test_weights_take_four_bytes_each_and_running_statistics_too() -> None:
    net = nn.Sequential(nn.Conv2d(1, 8, 3, bias=False), nn.BatchNorm2d(8))
    assert costs_of(net, 1, 8).weight_bytes == 4 * (72 + 8 + 8 + 8 + 8)


def test_attention_counts_its_products_apart() -> None:
    """12 layers, 197 tokens of width 768, twice: 12 · 2 · 197² · 768."""
    net, size = empty("vit-b-16")
    costs = costs_of(net, 3, size)
    assert costs.attention == 12 * 2 * 197**2 * 768


def counts(of: Convolution) -> dict[str, int]:
    return {cost.kind: cost.multiplications for cost in convolution_costs(of)}


def test_the_textbook_convolution_costs_2160_432_and_240() -> None:
    of = Convolution(6, 6, 3, filters=5, kernel=3)
    assert of.output == (4, 4, 5)
    found = counts(of)
    assert (found["plain"], found["depthwise"], found["pointwise"], found["separable"]) == (2160, 432, 240, 672)


@pytest.mark.parametrize(("filters", "kernel"), [(5, 3), (64, 3), (32, 5), (7, 1)])
def test_a_separable_convolution_costs_one_over_the_filters_plus_one_over_the_kernel_squared(filters: int, kernel: int) -> None:
    costs = {cost.kind: cost for cost in convolution_costs(Convolution(20, 17, 9, filters, kernel, stride=2, padding=1))}
    assert costs["separable"].share == pytest.approx(1 / filters + 1 / kernel**2)


def test_5_by_5_costs_25_ninths_of_3_by_3_and_a_column_with_a_row_two_thirds() -> None:
    three = Convolution(28, 28, 16, 16, 3, padding=1)
    five = Convolution(28, 28, 16, 16, 5, padding=2)
    assert counts(five)["plain"] * 9 == counts(three)["plain"] * 25
    assert counts(three)["factorised"] * 3 == counts(three)["plain"] * 2


def test_a_1_by_1_convolution_takes_256_maps_to_32() -> None:
    of = Convolution(28, 28, 256, 32, 1)
    assert of.output == (28, 28, 32)
    assert counts(of)["plain"] == counts(of)["pointwise"] == 28 * 28 * 256 * 32


@pytest.mark.parametrize("kind", ["plain", "depthwise", "pointwise", "factorised"])
def test_the_arithmetic_is_that_of_layers_as_torch_builds_them(kind: str) -> None:
    of = Convolution(19, 19, 6, 10, 3, stride=2, padding=1)
    middle = nn.Conv2d(6, 6, (3, 1), (2, 1), (1, 0), bias=False)
    high, _, _ = of.output
    built = {
        "plain": (nn.Conv2d(6, 10, 3, 2, 1, bias=False), 19),
        "depthwise": (nn.Conv2d(6, 6, 3, 2, 1, groups=6, bias=False), 19),
        "pointwise": (nn.Conv2d(6, 10, 1, bias=False), high),
        "factorised": (nn.Sequential(middle, nn.Conv2d(6, 10, (1, 3), (1, 2), (0, 1), bias=False)), 19),
    }
    net, size = built[kind]
    found = next(cost for cost in convolution_costs(of) if cost.kind == kind)
    costs = costs_of(net, 6, size)
    assert (costs.macs, costs.parameters) == (found.multiplications, found.weights)


@pytest.mark.parametrize("wrong", [{"filters": 0}, {"kernel": 9}, {"stride": 0}, {"padding": -1}])
def test_what_is_no_convolution_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ConfigError):
        Convolution(**({"height": 6, "width": 6, "channels": 3, "filters": 5, "kernel": 3} | wrong))
