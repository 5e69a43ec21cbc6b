"""What a network for pictures is: a name, how it is built, and what must be known before it is.

A network's module names are those under which its weights were published (torchvision's, where it has the network), so that
a published state dict loads as it is.  It takes pictures that are standardised already; see ``picture_net`` for what wraps it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from assay.core.errors import ConfigError

Build = Callable[[int, int, int], nn.Module]
"""(outputs, channels, size) -> the net, its first weights drawn from torch's global generator.

The net takes float (n, channels, size, size) and gives (n, outputs); while it trains it may give a tuple instead, the output and
those of its auxiliary heads.
"""


IMAGENET_MEAN, IMAGENET_SCALE = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
HALVES = (0.5, 0.5, 0.5)
"""The mean and the scale of the Inceptions: their pixels lie in −1 … 1."""


@dataclass(frozen=True)
class Network:
    """size: height and width of the pictures that it was published for.  least: the smallest that it can take.

    step: sizes above the least one that it takes are ``least + k · step``.  head: prefixes of the names of the parameters that
    belong to its classes, replaced where weights are taken over for other classes.
    auxiliary: the weight of each auxiliary head's loss; 0 where there is none.
    published: what torchvision calls the weights, or "".  source: the paper.
    mean, scale: red, green and blue in 0 … 1 as the published weights want them taken off and divided by.
    single: it predicts in float32 although its pictures are small, because it has many multiply-accumulates.
    """

    name: str
    title: str
    build: Build
    size: int
    least: int
    head: tuple[str, ...]
    source: str
    step: int = 1
    auxiliary: float = 0.0
    published: str = ""
    mean: tuple[float, float, float] = IMAGENET_MEAN
    scale: tuple[float, float, float] = IMAGENET_SCALE
    single: bool = False

    def check(self, size: int) -> None:
        """Raise ConfigError for pictures that it cannot take."""
        if size < self.least:
            raise ConfigError(
                f"network {self.name!r} takes pictures of at least {self.least} × {self.least} pixels, not {size} × {size}; "
                "give a larger size, or choose a network for small pictures."
            )
        if (size - self.least) % self.step:
            below = size - (size - self.least) % self.step
            raise ConfigError(
                f"network {self.name!r} takes pictures of {self.least} + a multiple of {self.step} pixels a side, not {size}; "
                f"take {below} or {below + self.step}."
            )
