"""What a net sees in a picture: what goes into the last layer that has weights."""

from dataclasses import dataclass

from torch import Tensor, nn

from assay.nets.attacks.bounds import WHITE
from assay.nets.attacks.victim import Victim
from assay.nets.image.last_layer import last_layer, reading


@dataclass(frozen=True)
class Features:
    """last: the layer whose inputs they are."""

    victim: Victim
    last: nn.Module

    def both(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures (n, channels, size, size) in [0, 1] -> (features (n, d), outputs (n, outputs)), with gradients.

        Maps (n, d, h, w) are averaged over their places.
        """
        with reading(self.last) as seen:
            outputs = self.victim.model(pictures * WHITE)
        return seen[-1], outputs


def features_of(victim: Victim) -> Features:
    """Finds the last layer by running the net once.  Raises ConfigError for a net without linear layers or convolutions."""
    return Features(victim, last_layer(victim.model, victim.channels, victim.size))
