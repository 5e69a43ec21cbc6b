"""A cloak: a change within a bound after which a net no longer recognises a picture.

Not only is the class another one: what the net sees, the inputs of its last layer, moves away from what it saw, so that whoever
compares features instead of classes finds no likeness either.  The change is made on the picture at its own size, through the
resizing to the net's, and every other step through JPEG, whose gradient is taken to be that of leaving the picture as it is.
Sources: Shan et al. (2020), on cloaks in feature space; Madry et al. (2018); Athalye, Carlini & Wagner (2018), on the gradient.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from assay.core.errors import ConfigError
from assay.core.seeds import derive
from assay.nets.attacks.bounds import WHITE, check_eps
from assay.nets.attacks.features import Features
from assay.nets.attacks.gradient import TINY
from assay.nets.attacks.light import through_jpeg
from assay.nets.attacks.victim import as_bytes
from assay.nets.seeding import threads

QUALITY = 75
"""Of JPEG, in making a cloak and in trying it: what most programs save with."""

FAR = 0.5
"""Features have moved away when they lie at least this share of their own length from where they were."""

GREY = (0.299, 0.587, 0.114)
"""The shares of red, green and blue in grey (ITU-R 601), as pictures are read."""

Through = Callable[[Tensor], Tensor]
"""A picture (1, channels, h, w) in [0, 1] -> what the net is given, (1, channels, size, size)."""


@dataclass(frozen=True, kw_only=True)
class Cloak:
    """eps: by how many of its 256 steps a pixel may change.  steps: of the search.  jpeg: whether it minds JPEG."""

    eps: float = 8.0
    steps: int = 60
    jpeg: bool = True

    def __post_init__(self) -> None:
        check_eps(self.eps)
        if self.eps < 1 or self.steps < 1:
            raise ConfigError(f"eps={self.eps:g} and steps={self.steps} must be at least 1: a file holds whole pixel values.")


@dataclass(frozen=True)
class Sight:
    """What a net makes of a picture: its features (d,), and the code that its model answers with."""

    features: np.ndarray
    code: int

    def away_from(self, other: "Sight") -> float:
        """The distance of the features in units of the length of the other's."""
        length = float(np.linalg.norm(other.features))
        return float(np.linalg.norm(self.features - other.features)) / max(length, TINY)


def sight(features: Features, given: np.ndarray) -> Sight:
    """given: uint8 (channels, size, size), as the model's preparation gives it."""
    victim = features.victim
    with torch.inference_mode(), threads(1):
        seen, outputs = features.both(victim.scaled(given[None]))
    return Sight(seen[0].double().numpy(), int(victim.decide(outputs.double().numpy())[0]))


def reader(channels: int, size: int) -> Through:
    """The reading of a picture as torch does it: to grey where the net wants that, resized by antialiased bilinear weights."""

    def through(picture: Tensor) -> Tensor:
        if picture.shape[1] == 3 and channels == 1:
            picture = (picture * torch.tensor(GREY, dtype=picture.dtype)[:, None, None]).sum(dim=1, keepdim=True)
        elif picture.shape[1] == 1 and channels == 3:
            picture = picture.expand(-1, 3, -1, -1)
        if picture.shape[2:] == (size, size):
            return picture
        return functional.interpolate(picture, (size, size), mode="bilinear", antialias=True, align_corners=False)

    return through


def cloak(features: Features, picture: np.ndarray, how: Cloak, *, seed: int) -> np.ndarray:
    """uint8 (1 or 3, h, w), at any size -> the same within ``eps``, on which the net's features and class are others.

    Whether it worked is for the caller to see, by reading the picture as the model does: the bound may be too small.
    """
    victim = features.victim
    through = reader(victim.channels, victim.size)
    given = torch.from_numpy(picture[None].astype(np.float64)).to(victim.dtype) / WHITE
    eps, stride = how.eps / WHITE, 2.5 * how.eps / how.steps / WHITE
    with threads(1):
        with torch.inference_mode():
            first, outputs = features.both(through(given))
        was = first.clone()
        code = _leading(outputs)
        draws = torch.Generator().manual_seed(derive(seed, "cloak"))
        changed = given + eps * (torch.rand(given.shape, generator=draws, dtype=given.dtype) * 2 - 1)
        changed = changed.clamp(0, 1)
        for step in range(how.steps):
            moving = changed.detach().requires_grad_()
            read = through(_as_saved(moving) if how.jpeg and step % 2 else moving)
            seen, outputs = features.both(read)
            (away,) = torch.autograd.grad((seen - was).norm(), moving, retain_graph=True)
            (left,) = torch.autograd.grad(_left(outputs, code), moving)
            slope = left / left.norm().clamp_min(TINY)  # first the class, then both, of which neither drowns the other
            if _leading(outputs) != code:
                slope = slope + away / away.norm().clamp_min(TINY)
            change = (changed + stride * slope.sign() - given).clamp(-eps, eps)
            changed = (given + change).clamp(0, 1).detach()
    whole = (given * WHITE).round() + ((changed - given) * WHITE).round().clamp(-np.floor(how.eps), np.floor(how.eps))
    found: np.ndarray = as_bytes(whole / WHITE)[0]
    return found


def _leading(outputs: Tensor) -> int:
    return int(outputs[0, 0] > 0) if outputs.shape[1] == 1 else int(outputs[0].argmax())


def _left(outputs: Tensor, code: int) -> Tensor:
    """The cross-entropy of the class that the net saw first."""
    logits = torch.cat([torch.zeros_like(outputs), outputs], dim=1) if outputs.shape[1] == 1 else outputs
    return functional.cross_entropy(logits, torch.tensor([code]))


def _as_saved(picture: Tensor) -> Tensor:
    """The picture as it comes back from JPEG; its gradient is that of the picture itself."""
    layers = as_bytes(picture.detach())[0]
    saved = jpeg_layers(layers)
    kept = torch.from_numpy(saved[None].astype(np.float64)).to(picture.dtype) / WHITE
    return picture + (kept - picture).detach()


def jpeg_layers(layers: np.ndarray) -> np.ndarray:
    """uint8 (1 or 3, h, w) as it comes back from a JPEG file of QUALITY."""
    if len(layers) == 1:
        return through_jpeg(layers[0], QUALITY)[None]
    return np.ascontiguousarray(through_jpeg(np.ascontiguousarray(layers.transpose(1, 2, 0)), QUALITY).transpose(2, 0, 1))
