"""Which layers give maps: every network has some, the last are the right ones, and what is captured is what was given."""

import pytest
import torch
from tests.nets.seeing.corner import corner_pictures, untrained
from torch import nn

from assay.core.errors import ConfigError
from assay.nets.image.picture_net import PictureNet, PictureSpec
from assay.nets.image.registry import NETWORKS
from assay.nets.seeding import isolated
from assay.nets.seeing.features import features_of
from assay.nets.seeing.filters import activation_maps, first_filters
from assay.nets.seeing.layers import captured, last_maps, layer_named, map_layers, stages

QUICK = {
    *("alexnet", "darknet19", "densenet121", "efficientnet-b0", "googlenet", "inception-v3", "lenet5", "mobilenet-v2"),
    *("mobilenet-small", "resnet18", "resnet20", "vgg11", "vit-b-32", "vit-small"),
}
"""One of each family; the others are looked at by the slow tests."""


@pytest.mark.parametrize("name", [pytest.param(one, marks=[pytest.mark.slow] * (one not in QUICK)) for one in NETWORKS.names()])
def test_every_network_has_maps_that_tell_places_apart(name: str) -> None:
    network = NETWORKS.get(name)
    with torch.device("meta"):
        model = PictureSpec(name, 4, 3, network.size).build()
    layers = map_layers(model, 3, network.size)
    last = last_maps(layers)
    assert last.height * last.width >= 4
    assert not last.pooled
    assert last.name in dict(model.named_modules())
    assert 1 <= len(stages(layers)) <= 4
    assert len({one.name for one in layers}) == len(layers)


@pytest.mark.parametrize(
    ("name", "size", "layer", "shape"),
    [
        ("resnet18", 224, "net.layer4", (512, 7, 7)),
        ("resnet20", 32, "net.layer3", (64, 8, 8)),
        ("googlenet", 224, "net.inception5b", (1024, 7, 7)),
        ("vit-b-32", 224, "net.encoder.layers.encoder_layer_11.ln_1", (768, 7, 7)),
    ],
)
def test_the_last_maps_are_those_that_papers_look_at(name: str, size: int, layer: str, shape: tuple[int, int, int]) -> None:
    with torch.device("meta"):
        model = PictureSpec(name, 4, 3, size).build()
    last = last_maps(map_layers(model, 3, size))
    assert (last.name, last.channels, last.height, last.width) == (layer, *shape)


def test_small_maps_give_way_to_finer_ones_before_them() -> None:
    with torch.device("meta"):
        model = PictureSpec("resnet18", 4, 3, 64).build()  # its layer4 has 2 × 2 cells
    assert last_maps(map_layers(model, 3, 64)).name == "net.layer3"


def test_a_pooling_is_not_taken_for_the_last_maps_but_may_be_named() -> None:
    net = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.5), nn.Flatten(), nn.Linear(256, 2)
    )
    layers = map_layers(PictureNet(net, 1), 1, 16)
    assert last_maps(layers).name == "net.1"
    assert layer_named(layers, "2").name == "net.2"


def test_a_layer_without_maps_and_a_net_without_any_are_refused() -> None:
    layers = map_layers(untrained(), 1, 16)
    with pytest.raises(ConfigError, match="conv2") as told:
        layer_named(layers, "conv3")
    assert "\n" not in str(told.value)
    with pytest.raises(ConfigError, match="no layer"):
        last_maps(map_layers(nn.Sequential(nn.Flatten(), nn.Linear(4, 2)), 1, 2))


def test_what_is_captured_is_not_changed_by_what_works_in_place_after_it() -> None:
    model = untrained()
    pictures = torch.from_numpy(corner_pictures(3, 5)[0])
    with captured(model, ["net.conv1"]) as given, torch.no_grad():
        said = model(pictures)
    assert bool((given["net.conv1"] < 0).any())  # before its ReLU, which works in place
    expected = model.net.conv1(model.standardise(pictures))
    assert torch.allclose(given["net.conv1"], expected, atol=1e-6)
    assert torch.allclose(said, model(pictures), atol=1e-6)  # the hooks are gone, and changed nothing


def test_tokens_become_maps_in_rows_of_patches() -> None:
    with isolated(0):
        model = PictureSpec("vit-b-32", 3, 3, 96).build().eval()
    layer = last_maps(map_layers(model, 3, 96))
    assert (layer.extra, layer.height, layer.width) == (1, 3, 3)
    pictures = torch.zeros(1, 3, 96, 96)
    with captured(model, [layer.name]) as given, torch.no_grad():
        model(pictures)
    tokens = given[layer.name]
    assert torch.equal(layer.maps(tokens)[0, :, 1, 2], tokens[0, 1 + 3 * 1 + 2])


def test_features_are_what_the_last_layer_reads() -> None:
    with isolated(0):
        model = PictureSpec("resnet20", 3, 3, 32).build().eval()
    pictures = torch.randint(0, 256, (5, 3, 32, 32), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    features = torch.from_numpy(features_of(model, pictures.numpy())).float()
    assert torch.allclose(model.net.linear(features), model(pictures), atol=1e-5)


def test_filters_and_maps_are_the_weights_and_what_the_layer_gave() -> None:
    model = untrained()
    filters = first_filters(model, most=5)
    assert (filters.layer, filters.left_out) == ("net.conv1", 3)
    assert torch.equal(torch.from_numpy(filters.weights), model.net.conv1.weight[:5].detach())
    pictures = torch.from_numpy(corner_pictures(3, 5)[0])
    (maps,) = activation_maps(model, pictures, [layer_named(map_layers(model, 1, 16), "conv2")], most=4)
    whole = model.net.conv2(torch.relu(model.net.conv1(model.standardise(pictures)))).detach()
    assert torch.allclose(torch.from_numpy(maps.values), whole[:, maps.which.tolist()], atol=1e-6)
    assert maps.left_out == 8
    assert set(maps.which.tolist()) == set(whole.std(dim=(0, 2, 3), correction=0).topk(4).indices.tolist())
