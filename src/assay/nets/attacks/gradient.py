"""FGSM and PGD: pictures moved along the gradient of the loss, within a distance of where they were.

Pure functions of a net's logits and of pictures in [0, 1], all rows of a batch at once; ``attacked`` runs them on a victim.
With the same step and without a random start they are foolbox's LinfFastGradientAttack, LinfPGD and L2PGD.
Sources: Goodfellow, Shlens & Szegedy (2015); Madry, Makelov, Schmidt, Tsipras & Vladu (2018).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from assay.core.errors import ConfigError
from assay.core.seeds import derive
from assay.nets.attacks.bounds import WHITE, check_eps
from assay.nets.attacks.victim import MOST_TOGETHER, Logits, Victim, whole_pixels
from assay.nets.seeding import threads
from assay.nets.training.examples import rows_together

Norm = Literal["linf", "l2"]
TINY = 1e-12
"""The least length that a gradient is divided by."""


@dataclass(frozen=True, kw_only=True)
class Pgd:
    """eps: how far a picture may be moved, in pixel steps of 0 … 255 (by each pixel, or as the length of the whole change).

    steps, step: how many, and how far each goes; step None: 2.5 · eps / steps, so that the border can be reached from any start.
    random_start: from a point drawn within the distance, instead of the picture itself.
    """

    eps: float
    steps: int = 20
    step: float | None = None
    norm: Norm = "linf"
    random_start: bool = True

    def __post_init__(self) -> None:
        if self.norm not in ("linf", "l2"):
            raise ConfigError(f"norm={self.norm!r}: it is linf or l2.")
        if self.norm == "linf":
            check_eps(self.eps)
        if not self.eps > 0 or self.steps < 1 or (self.step is not None and not self.step > 0):
            raise ConfigError(f"eps={self.eps}, step={self.step} must be above 0, steps={self.steps} at least 1.")

    @property
    def stride(self) -> float:
        """Of one step, in pixel steps."""
        return 2.5 * self.eps / self.steps if self.step is None else self.step


def fgsm_settings(eps: float) -> Pgd:
    """One step of the full length from the picture itself."""
    return Pgd(eps=eps, steps=1, step=eps, random_start=False)


def pgd(logits: Logits, pictures: Tensor, codes: Tensor, how: Pgd, *, targeted: bool = False, draws: torch.Generator) -> Tensor:
    """pictures (n, channels, h, w) in [0, 1] -> changed ones, the rows independent of one another.

    codes (n,): the classes to be left, or (targeted) to be reached.  draws: of the random start; on the processor.
    """
    eps, stride = how.eps / WHITE, how.stride / WHITE
    changed = _start(pictures, eps, how.norm, draws) if how.random_start else pictures
    sign = -1.0 if targeted else 1.0
    for _ in range(how.steps):
        slope = gradient(logits, changed, codes)
        move = slope.sign() if how.norm == "linf" else slope / _length(slope).clamp_min(TINY)
        changed = changed + sign * stride * move
        changed = (pictures + _within(changed - pictures, eps, how.norm)).clamp(0, 1)
    return changed


def gradient(logits: Logits, pictures: Tensor, codes: Tensor) -> Tensor:
    """Of the cross-entropy of each row by its own picture."""
    with torch.enable_grad():
        moved = pictures.detach().requires_grad_()
        loss = functional.cross_entropy(logits(moved), codes, reduction="sum")
        (slope,) = torch.autograd.grad(loss, moved)
    return slope


def attacked(victim: Victim, pictures: np.ndarray, codes: np.ndarray, how: Pgd, *, targeted: bool = False, seed: int) -> Tensor:
    """uint8 pictures -> changed ones in [0, 1], on one thread; of whole values where ``eps`` is one.

    codes: as in ``pgd``.  The same seed gives the same pictures, however many rows go through the net at once.
    """
    given = victim.scaled(pictures)
    aims = torch.from_numpy(np.asarray(codes, dtype=np.int64))
    together = rows_together(given[:1].numel(), MOST_TOGETHER)
    parts = []
    with threads(1):
        for number, (rows, aim) in enumerate(zip(torch.split(given, together), torch.split(aims, together), strict=True)):
            draws = torch.Generator().manual_seed(derive(seed, "start", number))
            parts.append(pgd(victim.logits, rows, aim, how, targeted=targeted, draws=draws))
    changed = torch.cat(parts) if parts else given
    return whole_pixels(changed, given, how.eps) if how.norm == "linf" else changed


def _start(pictures: Tensor, eps: float, norm: Norm, draws: torch.Generator) -> Tensor:
    """Evenly within the cube, or the ball (a direction from a normal law, its length by the root of the dimension)."""
    if norm == "linf":
        drawn = torch.rand(pictures.shape, generator=draws, dtype=pictures.dtype).to(pictures.device) * 2 - 1
        return (pictures + eps * drawn).clamp(0, 1)
    drawn = torch.randn(pictures.shape, generator=draws, dtype=pictures.dtype)
    share = torch.rand(len(pictures), generator=draws, dtype=pictures.dtype) ** (1 / pictures[0].numel())
    drawn = drawn / _length(drawn).clamp_min(TINY) * share[:, None, None, None]
    return (pictures + eps * drawn.to(pictures.device)).clamp(0, 1)


def _within(change: Tensor, eps: float, norm: Norm) -> Tensor:
    if norm == "linf":
        return change.clamp(-eps, eps)
    return change * (eps / _length(change).clamp_min(TINY)).clamp_max(1)


def _length(change: Tensor) -> Tensor:
    """The Euclidean length of each row, (n, 1, 1, 1)."""
    lengths: Tensor = change.flatten(1).norm(dim=1)
    return lengths[:, None, None, None]
