"""Thawing: which layers of a pretrained net are trained when, and how fast."""

import pytest
import torch

from assay.core.errors import ConfigError
from assay.nets.image.picture_net import PictureSpec
from assay.nets.seeding import isolated
from assay.nets.settings import LayerGroup, TrainSettings
from assay.nets.thawing import Thawing
from assay.nets.training.moving import frozen, parameter_groups


def net(network: str = "resnet20") -> tuple[torch.nn.Module, tuple[str, ...]]:
    spec = PictureSpec(network, 3, 1, 32)
    with isolated(0):
        return spec.build(), spec.head


def group_of(name: str, groups: tuple[LayerGroup, ...]) -> LayerGroup:
    return next(group for group in groups if name.startswith(group.prefix))


@pytest.mark.parametrize("network", ["resnet20", "vit-b-32", "googlenet"])
def test_the_head_is_trained_from_the_first_epoch_on_at_the_full_rate_and_alone(network: str) -> None:
    with torch.device("meta"):
        spec = PictureSpec(network, 3, 1, 32)
        model = spec.build()
    groups = Thawing(alone=0.2).groups(model, spec.head, 10)
    for name, _ in model.named_parameters():
        group = group_of(name, groups)
        own = name.startswith(spec.head)
        assert group.frozen(0) is not own
        assert (group.rate == 1) is (own or group.thaw is None)


def test_the_base_thaws_from_the_head_down_with_falling_rates_and_is_thawed_when_half_of_the_rest_is_over() -> None:
    model, head = net()
    groups = Thawing(alone=0.2, parts=3, fall=0.3).groups(model, head, 20)
    layers = ["net.conv1.weight", "net.layer2.0.conv1.weight", "net.layer3.2.conv2.weight"]
    thaws = [group_of(name, groups).thaw for name in layers]
    rates = [group_of(name, groups).rate for name in layers]
    assert thaws == [9, 7, 4]
    assert rates == pytest.approx([0.3**3, 0.3**2, 0.3])
    assert max(group.thaw or 0 for group in groups) <= 4 + (20 - 4) / 2


def test_batch_norm_of_the_base_is_never_trained_unless_asked_for() -> None:
    model, head = net()
    for keep, never in ((True, True), (False, False)):
        groups = Thawing(keep_norms=keep).groups(model, head, 10)
        norms = [name for name, _ in model.named_parameters() if ".bn" in name]
        assert norms
        assert all((group_of(name, groups).thaw is None) is never for name in norms)


def test_a_wholly_frozen_base_gives_no_gradients_and_keeps_its_running_statistics() -> None:
    model, head = net()
    groups = Thawing(alone=1).groups(model, head, 4)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    model.train()
    with frozen(model, groups, 3):
        model(torch.randint(0, 256, (8, 1, 32, 32), dtype=torch.uint8)).square().sum().backward()
        moved = [name for name, value in model.named_parameters() if value.grad is not None]
    assert moved == ["net.linear.weight", "net.linear.bias"]
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


def test_layers_of_one_rate_share_a_group_of_the_optimizer() -> None:
    model, head = net()
    settings = TrainSettings(groups=Thawing(parts=3).groups(model, head, 10))
    found = parameter_groups(model, settings)
    assert sorted({group["factor"] for group in found}) == pytest.approx([0.027, 0.09, 0.3, 1.0])
    assert len(found) <= 8  # each rate with and without decay
    assert sum(len(group["params"]) for group in found) == len(list(model.parameters()))


@pytest.mark.parametrize("bad", [{"alone": 1.5}, {"parts": 0}, {"fall": 0.0}])
def test_settings_that_cannot_be_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="must lie in"):
        Thawing(**bad)  # type: ignore[arg-type]


def test_a_head_that_the_net_has_not_is_refused() -> None:
    model, _ = net()
    with pytest.raises(ConfigError, match=r"no layer 'net\.fc\.'"):
        Thawing().groups(model, ("net.fc.",), 10)
