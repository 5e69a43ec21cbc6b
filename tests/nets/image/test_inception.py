"""The Inception family: counts without auxiliary heads, stages as the papers print them, the same nets by others; least sizes."""

from types import ModuleType

import numpy as np
import pytest
import torch
from tests.torchvision_oracle import torchvision_models
from torch import Tensor, nn
from torch.nn import functional

from assay.nets.image.bn_inception import MODULES, BNInception, _halved
from assay.nets.image.inception_v2 import InceptionV2
from assay.nets.image.inception_v3 import InceptionV3, middle_pooled
from assay.nets.image.registry import NETWORKS
from assay.nets.seeding import isolated


def drawn(rows: int, channels: int, size: int, seed: int = 0) -> Tensor:
    return torch.randn(rows, channels, size, size, generator=torch.Generator().manual_seed(seed))


def built(name: str, outputs: int = 1000) -> nn.Module:
    network = NETWORKS.get(name)
    with torch.device("meta"):
        return network.build(outputs, 3, network.size)


def without_heads(net: nn.Module) -> int:
    return sum(value.numel() for name, value in net.named_parameters() if not name.startswith(("aux", "AuxLogits")))


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("googlenet", 6_624_904), ("googlenet-2014", 6_998_552), ("inception-v3", 23_834_568), ("inception-v2", 25_769_544)],
)
def test_without_its_auxiliary_heads_it_has_the_parameters_of_prediction_alone(name: str, parameters: int) -> None:
    assert without_heads(built(name)) == parameters


@pytest.mark.parametrize("name", ["inception-v2", "inception-v3", "inception-v4", "inception-resnet-v2", "alexnet", "vgg11"])
def test_of_a_pixel_less_than_the_least_a_layer_leaves_nothing(name: str) -> None:
    """In training they take the least size too: see tests/contracts."""
    network = NETWORKS.get(name)
    less = torch.empty(2, 3, network.least - 1, network.least - 1, device="meta")
    with pytest.raises(RuntimeError, match=r"too small|can't be greater"):
        built(name)(less)


def shapes(net: nn.Module, size: int) -> dict[str, tuple[int, ...]]:
    """(maps, height, width) that each of its parts gives."""
    seen: dict[str, tuple[int, ...]] = {}
    for name, part in net.named_children():
        part.register_forward_hook(lambda _part, _inputs, output, name=name: seen.update({name: tuple(output.shape[1:])}))
    net.eval()(torch.empty(1, 3, size, size, device="meta"))
    return seen


def test_inception_v2_has_the_stages_of_the_papers_table() -> None:
    seen = shapes(built("inception-v2"), 299)
    stages = {name: shape for name, shape in seen.items() if len(shape) == 3 and name != "avgpool"}
    assert list(stages.values()) == [
        *[(32, 149, 149), (32, 147, 147), (64, 147, 147), (64, 73, 73)],
        *[(80, 71, 71), (192, 35, 35), (288, 35, 35), (288, 35, 35)],
        *[(768, 17, 17), (768, 17, 17), (1280, 8, 8), (2048, 8, 8)],
    ]
    net = built("inception-v2")
    assert isinstance(net, InceptionV2)
    assert [len(net.Mixed_5), len(net.Mixed_6), len(net.Mixed_7)] == [3, 5, 2]


def longest(net: nn.Module, path: str) -> int:
    """Convolutions of the longest path through the part, a pair of n × 1 and 1 × n counted once."""
    part = net.get_submodule(path)
    kernels = {
        name.removesuffix(".conv"): layer.kernel_size for name, layer in part.named_modules() if isinstance(layer, nn.Conv2d)
    }
    chains: dict[str, float] = {}
    for name, (height, width) in kernels.items():
        branch = name.rpartition("_")[0] or name
        beside = name.endswith("b")  # next to the one that ends in a
        apart = height != width and not (name.endswith("a") or beside)
        chains[branch] = chains.get(branch, 0) + (0 if beside else 0.5 if apart else 1)
    return int(max(chains.values()))


def test_inception_v2_is_42_convolutions_deep_where_a_pair_counts_as_the_square_that_it_stands_for() -> None:
    net = built("inception-v2")
    stem = sum(name.startswith("Conv2d") for name, _ in net.named_children())
    parts = [f"Mixed_{stage}.{number}" for stage, count in ((5, 3), (6, 5), (7, 2)) for number in range(count)]
    assert stem + sum(longest(net, part) for part in [*parts, "Reduction_6", "Reduction_7"]) == 42


def test_bn_inception_has_the_maps_of_the_papers_table_but_where_the_published_weights_differ() -> None:
    seen: dict[str, int] = {}
    maps = 192
    for name, (one, _, three, _, double, pooled) in MODULES.items():
        maps = one + three + double + (pooled or maps)
        seen[name] = maps
    printed = {"3a": 256, "3b": 320, "3c": 576, "4a": 576, "4b": 576, "4c": 576, "4d": 576, "4e": 1024, "5a": 1024, "5b": 1024}
    assert {name: (seen[name], printed[name]) for name in printed if seen[name] != printed[name]} == {
        "4c": (608, 576),
        "4d": (608, 576),
        "4e": (1056, 1024),
    }


def test_bn_inception_is_named_as_its_published_weights_are() -> None:
    names = list(built("bn-inception").state_dict())
    layers = {name.rpartition(".")[0] for name in names}
    assert {
        "conv1_7x7_s2",
        "conv2_3x3_reduce_bn",
        "inception_3c_double_3x3_2",
        "inception_5b_pool_proj_bn",
        "last_linear",
    } <= layers
    assert not any(name.startswith(("inception_3c_1x1", "inception_4e_pool")) for name in names)
    assert len(layers) == 2 * (3 + 8 * 7 + 2 * 5) + 1  # of 8 modules with seven convolutions and 2 with five, each with its norm


@pytest.mark.parametrize(("name", "maps"), [("3a", 192), ("3c", 320), ("5b", 1024)])
def test_a_module_of_bn_inception_gives_what_plain_calls_give(name: str, maps: int) -> None:
    with isolated(6):
        net = BNInception(2, 1)
    w = settled(net).eval().state_dict()
    x = drawn(2, maps, 8).relu()
    stride = 2 if name == "3c" else 1

    def conv(x: Tensor, layer: str, stride: int = 1) -> Tensor:
        key = f"inception_{name}_{layer}"
        kernel = w[f"{key}.weight"]
        x = functional.conv2d(x, kernel, w[f"{key}.bias"], stride, kernel.shape[-1] // 2)
        mean, variance = (w[f"{key}_bn.running_{kind}"][:, None, None] for kind in ("mean", "var"))
        scale, shift = (w[f"{key}_bn.{kind}"][:, None, None] for kind in ("weight", "bias"))
        return torch.relu((x - mean) / torch.sqrt(variance + 1e-5) * scale + shift)

    parts = [
        conv(conv(x, "3x3_reduce"), "3x3", stride),
        conv(conv(conv(x, "double_3x3_reduce"), "double_3x3_1"), "double_3x3_2", stride),
    ]
    if name == "3c":
        parts.append(functional.max_pool2d(x, 3, 2, ceil_mode=True))
    else:
        pooled = functional.max_pool2d(x, 3, 1, 1) if name == "5b" else functional.avg_pool2d(x, 3, 1, 1)
        parts = [conv(x, "1x1"), *parts, conv(pooled, "pool_proj")]
    with torch.no_grad():
        assert_alike(net._module(name, x), torch.cat(parts, dim=1))


@pytest.mark.parametrize("size", [2, 8, 14, 28])
def test_halving_even_maps_is_torchs_pooling_that_rounds_up(size: int) -> None:
    maps = drawn(2, 3, size)
    assert torch.equal(_halved(maps), functional.max_pool2d(maps, 3, 2, ceil_mode=True))


@pytest.mark.parametrize("size", [1, 3, 7])
def test_halving_odd_maps_gives_as_many_as_the_convolution_beside_it(size: int) -> None:
    assert _halved(drawn(1, 1, size)).shape[2:] == functional.conv2d(drawn(1, 1, size), drawn(1, 1, 3), None, 2, 1).shape[2:]


def test_the_auxiliary_head_of_inception_v3_reads_torchvisions_pooling_and_5_by_5_parts_of_smaller_maps() -> None:
    torch.testing.assert_close(middle_pooled(drawn(1, 2, 17)), functional.avg_pool2d(drawn(1, 2, 17), 5, 3))
    ten = drawn(1, 2, 10)
    torch.testing.assert_close(middle_pooled(ten), functional.avg_pool2d(ten, 2))
    assert middle_pooled(drawn(1, 2, 3)).shape == (1, 2, 5, 5)


def still(net: nn.Module) -> nn.Module:
    """Training, without dropout, so that two nets with the same weights give the same."""
    for layer in net.train().modules():
        if isinstance(layer, nn.Dropout):
            layer.p = 0.0
    return net


def settled(net: nn.Module, seed: int = 5) -> nn.Module:
    """With running statistics that are not those of a new net."""
    generator = torch.Generator().manual_seed(seed)
    for name, value in net.named_buffers():
        if name.endswith("running_mean"):
            value.normal_(std=0.1, generator=generator)
        elif name.endswith("running_var"):
            value.uniform_(0.5, 1.5, generator=generator)
    return net


def assert_alike(found: Tensor, expected: Tensor) -> None:
    assert float(expected.std()) > 0
    atol = 1e-5 * float(expected.abs().max())
    np.testing.assert_allclose(found.detach().numpy(), expected.detach().numpy(), rtol=1e-5, atol=atol)


@pytest.mark.parametrize(
    ("name", "size", "order"),
    [("googlenet", 64, ("logits", "aux_logits2", "aux_logits1")), ("inception-v3", 299, ("logits", "aux_logits"))],
)
def test_in_training_the_auxiliary_outputs_are_torchvisions(name: str, size: int, order: tuple[str, ...]) -> None:
    network = NETWORKS.get(name)
    with isolated(1):
        theirs = getattr(torchvision_models(), network.published)(
            weights=None, init_weights=False, num_classes=7, aux_logits=True
        )
        ours = network.build(7, 3, size)
    ours.load_state_dict(theirs.state_dict())
    rows = drawn(2, 3, size)
    with torch.no_grad():
        expected, found = still(theirs)(rows), still(ours)(rows)
    assert len(found) == len(order)
    for one, field in zip(found, order, strict=True):
        assert_alike(one, getattr(expected, field))


def timms() -> ModuleType:
    torchvision_models()  # it imports torchvision
    return pytest.importorskip("timm", reason="timm, the oracle of these networks, is not installed here.")


@pytest.mark.parametrize(("name", "size"), [("inception-v4", 107), ("inception-resnet-v2", 107)])
def test_timms_weights_load_unchanged_and_give_timms_answers(name: str, size: int) -> None:
    with isolated(2):
        theirs = settled(timms().create_model(name.replace("-", "_"), pretrained=False, num_classes=11))
    ours = NETWORKS.get(name).build(11, 3, size)
    ours.load_state_dict(theirs.state_dict(), strict=True)
    rows = drawn(2, 3, size)
    with torch.no_grad():
        assert_alike(ours.eval()(rows), theirs.eval()(rows))


@pytest.mark.parametrize("net", [InceptionV3, InceptionV2])
def test_the_first_weights_of_the_auxiliary_head_are_smaller_than_the_others(net: type[nn.Module]) -> None:
    with isolated(4):
        weights = dict(net(5, 1).named_parameters())
    spread = {name: float(value.detach().std()) for name, value in weights.items() if value.ndim > 1}
    head = {name: spread.pop(name) for name in list(spread) if name.startswith(("AuxLogits.conv1", "AuxLogits.fc"))}
    assert sorted(head.values()) == pytest.approx([0.001, 0.01], rel=0.05)
    assert list(spread.values()) == pytest.approx([0.1] * len(spread), rel=0.1)
