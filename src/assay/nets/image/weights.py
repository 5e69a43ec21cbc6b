"""Published weights put into a network: the names compared, and what may differ (classes, channels, picture size) fitted.

Where they are read from is the part of ``weight_files``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import isqrt

import torch
from torch import Tensor, nn
from torch.nn import functional

from assay.core.errors import DataError
from assay.nets.image.network import Network

POSITIONS = "encoder.pos_embedding"
COUNTER = "num_batches_tracked"
"""Of batch norm: how many batches it has seen, which weights saved before 2018 do not say and nothing reads."""

_PARALLEL = "module."
_OLD_DENSE = re.compile(r"(.*denselayer\d+\.(?:norm|relu|conv))\.([12]\.(?:weight|bias|running_mean|running_var))")


@dataclass(frozen=True)
class TakenOver:
    """drawn: names of the weights that were left as they were: the layers of the classes, where those differ.

    adapted: names of those that were fitted to another number of channels or another picture size.
    """

    drawn: tuple[str, ...]
    adapted: tuple[str, ...]


def take_over(net: nn.Module, network: Network, state: Mapping[str, Tensor], source: str) -> TakenOver:
    """Put the weights ``state`` into ``net``, which ``network`` has built.

    A "module." before every name (DataParallel's) is left out, and names of old DenseNets ("norm.1") are read as the new ones.
    The layers of the classes (``network.head``) stay as they were where the weights have another number of classes, or none.
    First convolution: if it sees another number of channels, each of ours gets the sum over the channels of the weights divided
    by the number of ours.  So one grey channel gets the sum, and a picture with all channels alike gives what it gave before.
    Positions of a Vision Transformer for another picture size: interpolated (bicubic, corners on corners).

    source: where the weights are from, for messages.
    Raises DataError if other weights than these are missing, left over, of another shape or not finite; ``net`` then stays as it
    was.
    """
    own: dict[str, Tensor] = net.state_dict()
    given = _renamed(state, source)
    given.update({key: value for key, value in own.items() if key.endswith(COUNTER) and key not in given})
    drawn = _other_classes(own, given, network)
    given.update({key: own[key] for key in drawn})
    adapted = tuple(name for name in (_fit_channels(net, own, given), _fit_positions(own, given)) if name)
    _compare(own, given, network, source)
    net.load_state_dict(given, strict=True)
    return TakenOver(drawn, adapted)


def _renamed(state: Mapping[str, Tensor], source: str) -> dict[str, Tensor]:
    parallel = all(key.startswith(_PARALLEL) for key in state)
    given = {}
    for key, value in state.items():
        name = key.removeprefix(_PARALLEL) if parallel else key
        old = _OLD_DENSE.fullmatch(name)
        given[old[1] + old[2] if old else name] = value.detach()
    if len(given) < len(state):
        raise DataError(f"{source} holds {len(state) - len(given)} weights twice, under an old name and a new one.")
    return given


def _other_classes(own: Mapping[str, Tensor], given: Mapping[str, Tensor], network: Network) -> tuple[str, ...]:
    """The names of the layers of the classes, if the weights are of other classes; of these only their number may differ."""
    names = tuple(key for key in own if key.startswith(network.head))
    there = [key for key in given if key.startswith(network.head)]
    if not there:
        return names
    alike = set(there) == set(names) and all(given[key].shape[1:] == own[key].shape[1:] for key in names)
    return names if alike and any(given[key].shape != own[key].shape for key in names) else ()


def _fit_channels(net: nn.Module, own: Mapping[str, Tensor], given: dict[str, Tensor]) -> str:
    """The name of the first convolution's weights, if they were fitted."""
    first = next((name for name, layer in net.named_modules() if isinstance(layer, nn.Conv2d) and layer.groups == 1), None)
    name = f"{first}.weight"
    if first is None or name not in given:
        return ""
    wanted, weights = own[name].shape, given[name]
    if weights.ndim != 4 or weights.shape[1] in (0, wanted[1]) or _without_channels(weights.shape) != _without_channels(wanted):
        return ""
    given[name] = (weights.float().sum(dim=1, keepdim=True) / wanted[1]).expand(-1, wanted[1], -1, -1)
    return name


def _without_channels(shape: torch.Size) -> tuple[int, ...]:
    return (shape[0], *shape[2:])


def _fit_positions(own: Mapping[str, Tensor], given: dict[str, Tensor]) -> str:
    """The name of a Vision Transformer's positions, if they were fitted."""
    if POSITIONS not in own or POSITIONS not in given:
        return ""
    positions, wanted = given[POSITIONS], own[POSITIONS].shape
    tokens, side = positions.shape[1] if positions.ndim == 3 else 0, isqrt(wanted[1] - 1)
    before = isqrt(max(0, tokens - 1))
    if tokens == wanted[1] or tokens < 2 or before**2 != tokens - 1 or positions.shape[::2] != wanted[::2]:
        return ""
    grid = positions[:, 1:].float().transpose(1, 2).reshape(1, wanted[2], before, before)
    grid = functional.interpolate(grid, size=(side, side), mode="bicubic", align_corners=True)
    given[POSITIONS] = torch.cat([positions[:, :1].float(), grid.flatten(2).transpose(1, 2)], dim=1)
    return POSITIONS


def _compare(own: Mapping[str, Tensor], given: Mapping[str, Tensor], network: Network, source: str) -> None:
    missing, odd = [key for key in own if key not in given], [key for key in given if key not in own]
    if missing or odd:
        said = [f"{len(missing)} of its {len(own)} weights are missing{_first(missing)}"] if missing else []
        said += [f"{len(odd)} are unexpected{_first(odd)}"] if odd else []
        raise DataError(
            f"{source} holds weights of another network than {network.name!r}: {' and '.join(said)}; "
            "choose the network that they were saved from."
        )
    other = [key for key, value in own.items() if given[key].shape != value.shape]
    if other:
        first = other[0]
        raise DataError(
            f"{source} holds weights of another form than {network.name!r} has: {len(other)} of {len(own)} have another shape "
            f"(first: {first!r} is {_shape(given[first])}, not {_shape(own[first])}); choose the network that they were saved "
            "from."
        )
    broken = [key for key, value in given.items() if value.is_floating_point() and not torch.isfinite(value).all()]
    if broken:
        raise DataError(
            f"{source} holds {len(broken)} weights with numbers that are not finite (first: {broken[0]!r}); "
            "the file is damaged, or its training diverged: take another one."
        )


def _first(names: list[str]) -> str:
    return f" (first: {names[0][:80]!r})"


def _shape(value: Tensor) -> str:
    return " × ".join(map(str, value.shape)) or "one number"
