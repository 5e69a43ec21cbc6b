"""Which layers of a network give maps, found by running it once without memory, and what chosen layers gave for pictures.

Maps are (n, channels, height, width) of a module after the first convolution.  The tokens of a transformer count as maps too:
one token a patch, in rows of patches, with the tokens of the class before them left out.  Only tokens that go into an attention
are taken: the class is read from a token of its own, so that after the last attention the patches no longer matter.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from assay.core.errors import ConfigError
from assay.core.names import did_you_mean

LEAST_SIDE = 4
"""Cells a side that the last maps should have where any have: on smaller ones nothing is told apart."""

_POOLS = (
    *(nn.AvgPool2d, nn.MaxPool2d, nn.LPPool2d, nn.FractionalMaxPool2d),
    *(nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d),
)
_NOTHING = (nn.Dropout, nn.Dropout2d, nn.Identity)


@dataclass(frozen=True, slots=True)
class MapLayer:
    """name: in ``named_modules``.  extra: tokens before those of the patches; None: it gives maps, not tokens.

    pooled: its maps are those of a pooling, which says of a place only what a finer layer said before.
    """

    name: str
    kind: str
    channels: int
    height: int
    width: int
    extra: int | None = None
    pooled: bool = False

    def maps(self, given: Tensor) -> Tensor:
        """(n, channels, height, width) of what the layer gave."""
        if self.extra is None:
            return given
        patches = given[:, self.extra :].transpose(1, 2)
        return patches.reshape(*patches.shape[:2], self.height, self.width)


def map_layers(model: nn.Module, channels: int, size: int) -> tuple[MapLayer, ...]:
    """Every layer that gives maps, in the order in which they are made; the model is left as it is."""
    with torch.device("meta"):
        empty = deepcopy(model).to("meta").eval()
    seen = _Seen()
    handles = []
    for name, module in empty.named_modules():
        if name:
            handles.append(module.register_forward_pre_hook(seen.begun(module)))
            handles.append(module.register_forward_hook(seen.ended(name, module)))
    try:
        with torch.no_grad():
            empty(torch.empty(1, channels, size, size, device="meta"))
    finally:
        for handle in handles:
            handle.remove()
    return seen.layers()


class _Seen:
    """What is noted while a net runs once."""

    def __init__(self) -> None:
        self._found: dict[str, MapLayer] = {}
        self._tokens: list[MapLayer] = []
        self._pools: list[Tensor] = []
        self._patches: tuple[int, int] | None = None
        self._attended = 0

    def begun(self, module: nn.Module) -> Any:
        def hook(_module: nn.Module, _inputs: Any) -> None:
            if "attention" in type(module).__name__.lower():
                self._attended = len(self._tokens)

        return hook

    def ended(self, name: str, module: nn.Module) -> Any:
        def hook(_module: nn.Module, _inputs: Any, output: Any) -> None:
            if not isinstance(output, Tensor) or isinstance(module, _NOTHING):
                return
            if output.ndim == 4:
                self._maps(name, module, output)
            elif output.ndim == 3 and self._patches is not None:
                self._sequence(name, module, output)

        return hook

    def _maps(self, name: str, module: nn.Module, output: Tensor) -> None:
        height, width = output.shape[2:]
        if isinstance(module, nn.Conv2d):
            self._patches = (height, width)
        if self._patches is None or height * width == 1:
            return
        pooled = isinstance(module, _POOLS) or any(output is pool for pool in self._pools)
        if pooled:
            self._pools.append(output)
        self._found.pop(name, None)  # one that is called again stands where it was last called
        self._found[name] = MapLayer(name, type(module).__name__, output.shape[1], height, width, pooled=pooled)

    def _sequence(self, name: str, module: nn.Module, output: Tensor) -> None:
        height, width = self._patches or (0, 0)
        extra = output.shape[1] - height * width
        if 0 <= extra <= MOST_CLASS_TOKENS and height * width > 1:
            self._tokens.append(MapLayer(name, type(module).__name__, output.shape[2], height, width, extra))

    def layers(self) -> tuple[MapLayer, ...]:
        return (*self._found.values(), *{one.name: one for one in self._tokens[: self._attended]}.values())


MOST_CLASS_TOKENS = 4


def last_maps(layers: Sequence[MapLayer]) -> MapLayer:
    """The last layer whose maps still tell places apart.  Raises ConfigError where no layer gives maps."""
    found = [one for one in layers if not one.pooled] or list(layers)
    if not found:
        raise ConfigError("no layer of this net gives maps, so there is no place in the picture to point at.")
    fine = [one for one in found if min(one.height, one.width) >= LEAST_SIDE]
    return (fine or found)[-1]


def layer_named(layers: Sequence[MapLayer], name: str | None) -> MapLayer:
    """The layer of this name, or the last for None.  Raises ConfigError for a layer that gives no maps."""
    if name is None:
        return last_maps(layers)
    for one in layers:
        if name in (one.name, one.name.removeprefix("net.")):
            return one
    names = [one.name for one in layers]
    near = did_you_mean(name, names) or "."
    raise ConfigError(f"no layer {name!r} of this net gives maps{near} The last that does is {last_maps(layers).name!r}.")


def stages(layers: Sequence[MapLayer], most: int = 4) -> tuple[MapLayer, ...]:
    """The last layer of each size of maps, of many sizes the first and the last among them: what is looked at unasked."""
    found = [one for one in layers if not one.pooled] or list(layers)
    by_size = list({(one.height, one.width, one.extra is None): one for one in found}.values())
    if len(by_size) <= most:
        return tuple(by_size)
    places = [round(place * (len(by_size) - 1) / (most - 1)) for place in range(most)]
    return tuple(by_size[place] for place in places)


@contextmanager
def captured(model: nn.Module, names: Sequence[str]) -> Iterator[dict[str, Tensor]]:
    """Within it every run of ``model`` leaves in the mapping what the named modules gave, gradients and all.

    The rest of the net goes on with a copy, so that an activation that works in place does not change what was given.
    """
    given: dict[str, Tensor] = {}

    def keep(name: str) -> Any:
        def hook(_module: nn.Module, _inputs: Any, output: Tensor) -> Tensor:
            given[name] = output
            return output.clone()

        return hook

    handles = [model.get_submodule(name).register_forward_hook(keep(name)) for name in names]
    try:
        yield given
    finally:
        for handle in handles:
            handle.remove()
