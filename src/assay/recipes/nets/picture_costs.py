"""What the networks for pictures in a fitted model cost, with the time that they take here."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from assay.nets.image.costs import Costs, picture_costs
from assay.nets.image.latency import Latency, latency_of
from assay.nets.image.receptive_field import ReceptiveField
from assay.recipes.fitted import Fitted
from assay.recipes.nets.fitted import PICTURE, FittedNet

BATCHES = (1, 8)


@dataclass(frozen=True, slots=True)
class NetworkCost:
    """latency: empty where the network was built without memory, to be counted alone."""

    network: str
    channels: int
    size: int
    costs: Costs
    field: ReceptiveField
    latency: tuple[Latency, ...] = ()


def cost_of_network(text: str, channels: int, classes: int) -> NetworkCost:
    """Of a network by name, "resnet50" or "resnet50@96", that is built without memory and not trained.

    Raises UnknownNameError, and ConfigError for a size that it cannot take.
    """
    import torch

    from assay.core.errors import ConfigError
    from assay.nets.image.registry import network_named

    name, _, written = text.partition("@")
    network = network_named(name)
    if "@" in text and not written.isdecimal():
        raise ConfigError(f"{text!r}: {written!r} is no size; write pixels a side, such as {name}@{network.size}.")
    size = int(written[:6]) if written else network.size
    network.check(size)
    with torch.device("meta"):
        net = network.build(classes, channels, size)
    return NetworkCost(network.name, channels, size, *picture_costs(net, channels, size))


def costs_of_model(fitted: Fitted, *, measured: bool) -> Iterator[NetworkCost]:
    """Of every network for pictures in it; nothing for a model that has none.  measured: with the latency on one thread."""
    for part in nets_in(fitted):
        yield _cost(part, measured=measured)


def nets_in(fitted: Fitted) -> Iterator[FittedNet]:
    learner: Any = fitted.learner
    if isinstance(learner, FittedNet):
        if learner.architecture == PICTURE:
            yield learner
        return
    for member in getattr(learner, "members", ()):
        if isinstance(member, Fitted):
            yield from nets_in(member)


def _cost(net: FittedNet, *, measured: bool) -> NetworkCost:
    from assay.nets.image.picture_net import PictureSpec

    spec, model = net.net
    if not isinstance(spec, PictureSpec):
        raise TypeError(f"a net of the architecture {net.architecture!r} is none for pictures.")
    channels, size = spec.channels, spec.size
    found = picture_costs(model.get_submodule("net"), channels, size)
    taken = tuple(latency_of(net.fast, channels, size, batch) for batch in BATCHES) if measured else ()
    return NetworkCost(spec.network, channels, size, *found, latency=taken)
