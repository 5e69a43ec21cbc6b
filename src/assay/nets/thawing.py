"""Which layers of a pretrained net are trained when, and how fast: the head first, then the base from the head down.

The layers near the input know edges and colours, which are the same in every picture; those near the head know the classes of
other pictures.  So the head, which knows nothing yet, is trained alone until its gradients are no noise any more; then the base
is thawed part by part, each part with a smaller rate than the one above it.
Sources: Yosinski, Clune, Bengio & Lipson (2014); Howard & Ruder (2018), gradual unfreezing and discriminative rates.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import nn

from assay.core.errors import ConfigError
from assay.nets.settings import LayerGroup
from assay.nets.training.moving import NORMS


@dataclass(frozen=True, slots=True)
class Thawing:
    """alone: the share of the epochs in which the head is trained alone; 1 keeps the whole base frozen.

    parts: of about as many layers each; the one at the head thaws first, the last one after half of the epochs that are left.
    fall: the rate of a part as a share of that of the part above it.
    keep_norms: the norm layers of the base stay frozen, their running statistics too: few pictures would only blur them.
    """

    alone: float = 0.2
    parts: int = 3
    fall: float = 0.3
    keep_norms: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.alone <= 1 or self.parts < 1 or not 0 < self.fall <= 1:
            raise ConfigError(f"alone={self.alone} and fall={self.fall} must lie in 0 … 1, parts={self.parts} be at least 1.")

    def groups(self, model: nn.Module, head: Sequence[str], epochs: int) -> tuple[LayerGroup, ...]:
        """One for each layer, those of longer names first: a layer may hold others beside weights of its own.

        head: prefixes of the names of its parameters.
        Raises ConfigError for prefixes that no layer has.
        """
        layers = [name + "." for name, layer in model.named_modules() if any(True for _ in layer.parameters(recurse=False))]
        missing = [prefix for prefix in head if not any(name.startswith(prefix) for name in layers)]
        if missing:
            raise ConfigError(f"the net has no layer {missing[0]!r} to be its head.")
        norms = {name + "." for name, layer in model.named_modules() if isinstance(layer, NORMS)} if self.keep_norms else set()
        base = [name for name in layers if not name.startswith(tuple(head))]
        kept = [LayerGroup(prefix=name, thaw=None) for name in base if name in norms]
        moved = [name for name in base if name not in norms]
        thawed = [self._group(name, place, len(moved), epochs) for place, name in enumerate(moved)]
        own = [LayerGroup(prefix=prefix) for prefix in head]
        return tuple(sorted([*kept, *thawed, *own], key=lambda group: -len(group.prefix)))

    def _group(self, name: str, place: int, layers: int, epochs: int) -> LayerGroup:
        above = (layers - 1 - place) * self.parts // layers  # parts between this layer's and the head
        if self.alone == 1:
            return LayerGroup(prefix=name, thaw=None)
        first = round(self.alone * epochs)
        step = (epochs - first) / 2 / self.parts
        return LayerGroup(prefix=name, rate=self.fall ** (above + 1), thaw=min(epochs - 1, first + round(step * above)))
