"""The net under attack: pictures to outputs with gradients, and outputs to the classes that its model answers with."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from assay.core.errors import ConfigError
from assay.core.names import did_you_mean
from assay.nets.attacks.bounds import WHITE
from assay.nets.seeding import threads
from assay.nets.training.examples import rows_together

MOST_TOGETHER = 256  # pictures that go through the net at once with gradients

Logits = Callable[[Tensor], Tensor]
"""pictures (n, channels, h, w) in [0, 1] -> logits (n, K)."""


@dataclass(frozen=True)
class Victim:
    """A net for pictures with what its model makes of its outputs.

    model: in evaluation mode; takes float pictures (n, channels, size, size) in 0 … 255.  outputs: 1 for two classes.
    decide: outputs (n, outputs) as float64 -> class codes (n,), after calibration and threshold, as the model answers.
    """

    model: nn.Module
    classes: tuple[str, ...]
    outputs: int
    channels: int
    size: int
    decide: Callable[[np.ndarray], np.ndarray]

    @property
    def dtype(self) -> torch.dtype:
        """That of the net's weights, and so of the pictures that it is attacked with."""
        return next(self.model.parameters()).dtype

    def logits(self, pictures: Tensor) -> Tensor:
        """(n, channels, size, size) in [0, 1] -> (n, K); of two classes the negative one's logit is 0."""
        given: Tensor = self.model(pictures * WHITE)
        return torch.cat([torch.zeros_like(given), given], dim=1) if self.outputs == 1 else given

    def answers(self, pictures: Tensor) -> np.ndarray:
        """Class codes (n,) of pictures in [0, 1], as the model answers; int64."""
        return self.decide(self.raw(pictures))

    def raw(self, pictures: Tensor) -> np.ndarray:
        """Outputs float64 (n, outputs) of pictures in [0, 1], without gradients."""
        together = rows_together(pictures[:1].numel(), 128)
        with torch.inference_mode(), threads(1):
            parts = [self.model(part * WHITE).double().numpy() for part in torch.split(pictures, together) if len(part)]
        return np.concatenate(parts) if parts else np.zeros((0, self.outputs))

    def scaled(self, pictures: np.ndarray) -> Tensor:
        """uint8 (n, channels, size, size) -> the same in [0, 1].  Raises ConfigError for another form."""
        wanted = (self.channels, self.size, self.size)
        if pictures.dtype != np.uint8 or pictures.shape[1:] != wanted:
            raise ConfigError(
                f"the net reads uint8 pictures of {' × '.join(map(str, wanted))}, not {pictures.dtype} "
                f"{' × '.join(map(str, pictures.shape[1:]))}."
            )
        return torch.from_numpy(np.ascontiguousarray(pictures)).to(self.dtype) / WHITE

    def code_of(self, name: str) -> int:
        """The code of a class.  Raises ConfigError with the nearest name."""
        if name not in self.classes:
            raise ConfigError(f"the model knows no class {name!r}{did_you_mean(name, self.classes)}")
        return self.classes.index(name)


def whole_pixels(changed: Tensor, pictures: Tensor, eps: float) -> Tensor:
    """``changed`` as a file holds it: rounded to whole pixel values, where ``eps`` is a whole number and so is kept.

    changed, pictures: in [0, 1].  Within a fraction of a pixel step nothing can be rounded; such pictures stay as they are.
    """
    if eps != round(eps):
        return changed
    low, high = (pictures * WHITE).round() - eps, (pictures * WHITE).round() + eps
    return (changed * WHITE).round().clamp(low, high).clamp(0, WHITE) / WHITE


def as_bytes(pictures: Tensor) -> np.ndarray:
    """Pictures in [0, 1] as uint8 (n, channels, h, w)."""
    found: np.ndarray = (pictures * WHITE).round().clamp(0, WHITE).to(torch.uint8).numpy()
    return found
