"""Published weights in a network: what is taken over as it is, what is fitted, and what is refused."""

from typing import Any

import numpy as np
import pytest
import torch
from tests.torchvision_oracle import torchvision_models
from torch import Tensor, nn

from assay.core.errors import DataError
from assay.nets.image import densenet
from assay.nets.image.densenet import DenseNet
from assay.nets.image.network import Network
from assay.nets.image.registry import network_named
from assay.nets.image.vit import Form, VisionTransformer
from assay.nets.image.weights import POSITIONS, TakenOver, take_over
from assay.nets.seeding import isolated

State = dict[str, Tensor]


def built(name: str, outputs: int = 10, channels: int = 3, size: int = 64, seed: int = 0) -> nn.Module:
    with isolated(seed):
        return network_named(name).build(outputs, channels, size)


def weights(name: str, outputs: int = 10, channels: int = 3, size: int = 64) -> State:
    """Of another seed than ``built``'s, and with statistics that have moved."""
    net = built(name, outputs, channels, size, seed=9)
    generator = torch.Generator().manual_seed(1)
    for buffer, value in net.named_buffers():
        if buffer.endswith("running_mean"):
            value.normal_(std=0.1, generator=generator)
    return {key: value.clone() for key, value in net.state_dict().items()}


def taken(net: nn.Module, name: str, state: State) -> TakenOver:
    return take_over(net, network_named(name), state, "theirs.pth")


def pictures(channels: int, size: int = 64) -> Tensor:
    return torch.randn(2, channels, size, size, generator=torch.Generator().manual_seed(3))


def given(net: nn.Module, rows: Tensor) -> np.ndarray:
    with torch.inference_mode():
        return net.eval()(rows).numpy()  # type: ignore[no-any-return]


def test_weights_of_as_many_classes_and_channels_are_taken_over_to_the_last_number() -> None:
    net, state = built("resnet18"), weights("resnet18")
    assert taken(net, "resnet18", state) == TakenOver((), ())
    assert all(torch.equal(value, state[key]) for key, value in net.state_dict().items())


def test_a_module_before_every_name_is_left_out() -> None:
    net, state = built("resnet18"), weights("resnet18")
    taken(net, "resnet18", {f"module.{key}": value for key, value in state.items()})
    assert all(torch.equal(value, state[key]) for key, value in net.state_dict().items())


SMALL_DENSE = densenet.Form((2, 1, 1, 1), growth=4, first=8)


def test_old_names_of_a_densenet_and_missing_counters_give_torchvisions_answers() -> None:
    models = torchvision_models()
    with isolated(4):
        theirs = models.DenseNet(growth_rate=4, block_config=(2, 1, 1, 1), num_init_features=8, num_classes=5)
        net = DenseNet(SMALL_DENSE, outputs=5, channels=3)
    old = {}
    for key, value in theirs.state_dict().items():
        if key.endswith("num_batches_tracked"):
            continue
        for word in ("norm", "conv"):
            if ".denselayer" in key:
                key = key.replace(f".{word}1.", f".{word}.1.").replace(f".{word}2.", f".{word}.2.")
        old[key] = value
    assert "features.denseblock1.denselayer1.norm.1.weight" in old
    assert taken(net, "densenet121", old) == TakenOver((), ())
    np.testing.assert_allclose(given(net, pictures(3)), given(theirs, pictures(3)), rtol=1e-5, atol=1e-6)


def test_a_weight_under_its_old_name_and_its_new_one_is_refused() -> None:
    with isolated(0):
        net = DenseNet(SMALL_DENSE, outputs=5, channels=3)
    state = net.state_dict()
    state["features.denseblock1.denselayer1.norm.1.weight"] = state["features.denseblock1.denselayer1.norm1.weight"]
    with pytest.raises(DataError, match="holds 1 weights twice"):
        taken(net, "densenet121", state)


@pytest.mark.parametrize("name", ["mobilenet-v2-0.5", "googlenet"])
def test_the_layers_of_other_classes_stay_as_they_were_drawn(name: str) -> None:
    net, state = built(name, outputs=4), weights(name, outputs=10)
    before = {key: value.clone() for key, value in net.state_dict().items()}
    heads = tuple(key for key in before if key.startswith(network_named(name).head))
    assert taken(net, name, state) == TakenOver(heads, ())
    assert heads
    for key, value in net.state_dict().items():
        assert torch.equal(value, before[key] if key in heads else state[key]), key


def test_weights_without_classes_leave_those_of_the_network_as_they_were() -> None:
    net, state = built("resnet18"), weights("resnet18")
    del state["fc.weight"], state["fc.bias"]
    assert taken(net, "resnet18", state).drawn == ("fc.weight", "fc.bias")
    assert torch.equal(net.state_dict()["conv1.weight"], state["conv1.weight"])


def test_a_grey_network_gives_for_a_picture_what_the_colour_one_gives_for_it_in_every_channel() -> None:
    colour, grey, state = built("resnet18"), built("resnet18", channels=1), weights("resnet18")
    taken(colour, "resnet18", state)
    assert taken(grey, "resnet18", state) == TakenOver((), ("conv1.weight",))
    rows = pictures(1)
    np.testing.assert_allclose(given(grey, rows), given(colour, rows.expand(-1, 3, -1, -1)), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(grey.state_dict()["conv1.weight"], state["conv1.weight"].sum(1, keepdim=True))


@pytest.mark.parametrize(("before", "after"), [(3, 6), (1, 3), (3, 2)])
def test_any_channels_all_alike_give_what_the_channels_of_the_weights_gave(before: int, after: int) -> None:
    theirs, state = built("mobilenet-small", channels=before), weights("mobilenet-small", channels=before)
    taken(theirs, "mobilenet-small", state)
    ours = built("mobilenet-small", channels=after)
    assert taken(ours, "mobilenet-small", state).adapted == ("features.0.0.weight",)
    rows = pictures(1, 32)
    expected = given(theirs, rows.expand(-1, before, -1, -1))
    np.testing.assert_allclose(given(ours, rows.expand(-1, after, -1, -1)), expected, rtol=1e-4, atol=1e-5)
    kernel = ours.state_dict()["features.0.0.weight"]
    assert torch.equal(kernel, kernel[:, :1].expand_as(kernel))


TINY = Form(patch=8, layers=1, heads=2, width=16, hidden=32)


def tiny_transformer(size: int) -> tuple[Network, nn.Module]:
    def build(outputs: int, channels: int, size: int) -> nn.Module:
        return VisionTransformer(TINY, outputs, channels, size)

    with isolated(size):
        return Network("tiny", "tiny", build, size, 8, ("heads.",), "none", step=8), build(5, 3, size)


@pytest.mark.parametrize("size", [24, 64, 104])
def test_positions_for_another_size_are_interpolated_as_torchvision_does(size: int) -> None:
    models = torchvision_models()
    _, theirs = tiny_transformer(56)
    state = theirs.state_dict()
    network, net = tiny_transformer(size)
    assert take_over(net, network, state, "theirs.pth") == TakenOver((), (POSITIONS,))
    expected = models.vision_transformer.interpolate_embeddings(size, 8, dict(state))[POSITIONS]
    torch.testing.assert_close(net.state_dict()[POSITIONS], expected)
    assert net.state_dict()[POSITIONS].shape[1] == (size // 8) ** 2 + 1


def test_positions_that_are_no_square_are_refused_by_their_shape() -> None:
    network, net = tiny_transformer(56)
    state = dict(net.state_dict())
    state[POSITIONS] = torch.zeros(1, 8, 16)
    with pytest.raises(
        DataError, match=r"1 of \d+ have another shape \(first: 'encoder.pos_embedding' is 1 × 8 × 16, not 1 × 50 × 16"
    ):
        take_over(net, network, state, "theirs.pth")


def test_half_precision_becomes_the_networks_own() -> None:
    net, state = built("mobilenet-small"), weights("mobilenet-small")
    halves = {key: value.half() if value.is_floating_point() else value for key, value in state.items()}
    taken(net, "mobilenet-small", halves)
    found = net.state_dict()["features.0.0.weight"]
    assert found.dtype == torch.float32
    assert torch.equal(found, state["features.0.0.weight"].half().float())


def damaged(state: State, changes: dict[str, Any]) -> State:
    changed = {key: value for key, value in state.items() if changes.get(key, 0) is not None}
    return changed | {key: value for key, value in changes.items() if value is not None}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"layer1.0.conv1.weight": None, "layer1.0.bn1.bias": None},
            "theirs.pth holds weights of another network than 'resnet18': 2 of its 122 weights are missing "
            "(first: 'layer1.0.conv1.weight'); choose the network that they were saved from.",
        ),
        ({"layer9.weight": torch.zeros(1)}, "1 are unexpected (first: 'layer9.weight')"),
        (
            {"conv1.weight": None, "one": torch.zeros(1), "two": torch.zeros(1)},
            "1 of its 122 weights are missing (first: 'conv1.weight') and 2 are unexpected (first: 'one')",
        ),
        (
            {"layer1.0.conv1.weight": torch.zeros(64, 64, 1, 1)},
            "1 of 122 have another shape (first: 'layer1.0.conv1.weight' is 64 × 64 × 1 × 1, not 64 × 64 × 3 × 3)",
        ),
        ({"conv1.weight": torch.zeros(64, 1, 3, 3)}, "(first: 'conv1.weight' is 64 × 1 × 3 × 3, not 64 × 3 × 7 × 7)"),
        ({"fc.weight": torch.zeros(10, 500)}, "1 of 122 have another shape (first: 'fc.weight' is 10 × 500, not 10 × 512)"),
        ({"fc.bias": None}, "1 of its 122 weights are missing (first: 'fc.bias')"),
        (
            {"bn1.running_var": torch.full((64,), torch.nan)},
            "1 weights with numbers that are not finite (first: 'bn1.running_var')",
        ),
    ],
)
def test_weights_that_do_not_fit_are_refused_by_name_and_the_network_stays_as_it_was(changes: State, message: str) -> None:
    net = built("resnet18")
    before = {key: value.clone() for key, value in net.state_dict().items()}
    with pytest.raises(DataError) as raised:
        taken(net, "resnet18", damaged(weights("resnet18"), changes))
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())


def test_weights_of_another_network_are_refused() -> None:
    with pytest.raises(DataError, match=r"another network than 'resnet18': .* missing .* and .* unexpected"):
        taken(built("resnet18"), "resnet18", weights("mobilenet-v2-0.5"))
