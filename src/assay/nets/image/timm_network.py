"""Networks of the library timm by name: "timm/resnet26d" is its resnet26d, from first weights; nothing is downloaded.

timm is an extra.  What it knows of a network (its own picture size, the layer of its classes) is asked of it; what it does not
say (whether the network takes pictures of another size) is tried, on a copy without memory.
"""

from dataclasses import dataclass
from functools import lru_cache, partial
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from assay.core.errors import ConfigError, MissingExtraError, UnknownNameError
from assay.core.names import did_you_mean
from assay.core.optional import require
from assay.nets.image.costs import parameters_of
from assay.nets.image.network import Network
from assay.nets.image.registry import TIMM
from assay.nets.seeding import isolated

MOST_PARAMETERS = 2 * 10**9
"""A name alone, in a saved model too, must not take all memory."""


@dataclass(frozen=True)
class TimmNetwork(Network):
    """least and step say nothing of timm's networks: whether one takes a size is tried."""

    def check(self, size: int) -> None:
        """Raise ConfigError for pictures that it cannot take."""
        refused = _refused(self.name.removeprefix(TIMM), size) if size >= 1 else "there is no such picture"
        if refused:
            raise ConfigError(
                f"network {self.name!r} cannot be used on pictures of {size} × {size} pixels ({refused}); "
                f"it was made for {self.size} × {self.size}."
            )


def timm_network(name: str) -> TimmNetwork:
    """The network that timm has under this name.

    Raises MissingExtraError without timm, UnknownNameError for a name that is not in ``timm.list_models()``.
    """
    timm = _timm(name)
    known = timm.list_models()
    if name not in known:
        near = did_you_mean(name, known)
        raise UnknownNameError(f"timm {timm.__version__} has no network {name!r}{near}; names stand without the name of weights.")
    said = timm.get_pretrained_cfg(name)
    layers = said.classifier if said is not None else None
    return TimmNetwork(
        name=TIMM + name,
        title=f"{name} of timm",
        build=partial(build, name),
        size=max(said.input_size[1:]) if said is not None else 224,
        least=1,
        head=tuple(f"{layer}." for layer in ([layers] if isinstance(layers, str) else layers or ())),
        source=f"timm (Wightman, 2019), {name}",
    )


def build(name: str, outputs: int, channels: int, size: int) -> nn.Module:
    """On the meta device it is built on the processor nevertheless, its first weights drawn apart: some of timm's networks
    keep tables that are computed when they are built, and belong to no saved weights.
    """
    if torch.get_default_device().type == "meta":
        with torch.device("cpu"), isolated(0):
            return _made(name, outputs, channels, size)
    return _made(name, outputs, channels, size)


def _timm(name: str) -> ModuleType:
    purpose = f"the network {TIMM + name!r}"
    try:
        return require("timm", extra="timm", purpose=purpose)
    except (ImportError, RuntimeError) as error:  # a torchvision, which timm imports, of another torch, or none
        reason = str(error).split("\n")[0]
        raise MissingExtraError(
            f"{purpose} needs timm, which is installed and cannot be imported ({reason}); install the torchvision that fits "
            f"torch {torch.__version__}."
        ) from error


def _made(name: str, outputs: int, channels: int, size: int) -> nn.Module:
    timm = _timm(name)
    said = timm.get_pretrained_cfg(name)
    sized = {"img_size": size} if said is not None and said.fixed_input_size else {}
    net: nn.Module = timm.create_model(name, pretrained=False, num_classes=outputs, in_chans=channels, **sized)
    return net


_UNFIT = (AssertionError, RuntimeError, ValueError, TypeError, ZeroDivisionError, IndexError)
"""What timm's networks raise for pictures that they cannot take."""


@lru_cache(maxsize=256)
def _refused(name: str, size: int) -> str:
    """Why this network cannot take pictures of this size, in timm's words; "" where it can."""
    try:
        with torch.device("meta"), isolated(0):
            net = _made(name, 2, 3, size)
            if parameters_of(net) > MOST_PARAMETERS:
                return f"it has more than {MOST_PARAMETERS:,} parameters"
            given: list[Any] = [net.train(mode)(torch.empty(2, 3, size, size)) for mode in (True, False)]
    except _UNFIT as error:
        return " ".join(str(error).split())[:160] or type(error).__name__
    fits = all(isinstance(one, Tensor) and one.shape == (2, 2) for one in given)
    return "" if fits else "it gives something else than a number for each class"
