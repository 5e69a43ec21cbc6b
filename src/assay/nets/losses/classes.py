"""What the losses of classes share: logits of K classes from K outputs or from one, margins, and checks of settings by class.

Two classes may come as one logit (n, 1), that of class 1. Such an output is the pair of logits (0, z), whose softmax is
(σ(−z), σ(z)), so every loss here is written once, for K classes.
"""

from collections.abc import Sequence
from math import inf, isfinite
from numbers import Integral

import torch
from torch import Tensor
from torch.nn import functional

from assay.core.errors import ConfigError
from assay.nets.losses.row import wide


def class_logits(output: Tensor, classes: int | None = None) -> Tensor:
    """Outputs (n, K), or (n, 1) for two classes -> logits (n, K), in at least single precision.

    classes: how many the loss has settings for; None for any number.
    Raises ConfigError when the output has another number of columns.
    """
    if output.ndim != 2 or output.shape[1] == 0:
        raise ConfigError(f"this loss takes logits (n, K), or (n, 1) for two classes, not outputs {tuple(output.shape)}.")
    logits = wide(output)
    if logits.shape[1] == 1:
        logits = torch.cat([torch.zeros_like(logits), logits], dim=1)
    if classes is not None and logits.shape[1] != classes:
        raise ConfigError(
            f"the loss has settings for {classes} classes and the net gives logits of {logits.shape[1]}; make them agree."
        )
    return logits


def like_output(logits: Tensor, output: Tensor) -> Tensor:
    """Logits (n, K) in the form that the net gives them: (n, 1), the logit of class 1 against class 0, if it has one output."""
    return logits[:, 1:] - logits[:, :1] if output.shape[1] == 1 else logits


def by_class(values: Sequence[float], logits: Tensor) -> Tensor:
    """Settings by class as a tensor (K,) beside ``logits``."""
    return torch.tensor(values, dtype=logits.dtype, device=logits.device)


def of_true_class(values: Tensor, target: Tensor) -> Tensor:
    """Values (n, K) and class codes (n,) -> the value of each row's class (n,)."""
    return values.gather(1, target.long().unsqueeze(1)).squeeze(1)


def is_true_class(logits: Tensor, target: Tensor) -> Tensor:
    """bool (n, K): the place of each row's class."""
    return torch.arange(logits.shape[1], device=logits.device) == target.unsqueeze(1)


def log_odds(logits: Tensor, target: Tensor) -> Tensor:
    """log p/(1 − p) of the true class's probability p, (n,): z_y − log Σ_{j≠y} exp z_j.

    log p and log(1 − p) are its logsigmoids, both exact however near p is to 0 or 1.
    """
    others = logits.masked_fill(is_true_class(logits, target), -inf).logsumexp(dim=1)
    return of_true_class(logits, target) - others


def all_log_odds(logits: Tensor) -> Tensor:
    """log p/(1 − p) of every class's probability, (n, K), as exact as ``log_odds`` without its cost for each class."""
    largest = logits.argmax(dim=1)
    log_p = functional.log_softmax(logits, dim=1)
    # the other p are at most 1/2, and 1 − p loses no digits
    small = log_p.exp().masked_fill(is_true_class(logits, largest), 0.0)
    return (log_p - torch.log1p(-small)).scatter(1, largest.unsqueeze(1), log_odds(logits, largest).unsqueeze(1))


def check_by_class(name: str, values: Sequence[float]) -> None:
    """Raises ConfigError unless there are at least two settings by class, all above 0."""
    if len(values) < 2:
        raise ConfigError(f"{name} has {len(values)} entries; a loss of classes needs one for each of at least 2 classes.")
    bad = [place for place, value in enumerate(values) if not (isfinite(value) and value > 0)]
    if bad:
        first = f"class {bad[0]}, {values[bad[0]]}"
        raise ConfigError(f"{name} must be above 0 for every class; {len(bad)} of {len(values)} are not (first: {first}).")


def check_counts(counts: Sequence[int]) -> None:
    """Raises ConfigError unless every class has training rows, at least two classes, in whole numbers."""
    if any(not isinstance(count, Integral) for count in counts):
        raise ConfigError(f"counts must be whole numbers of training rows, not {tuple(counts)}.")
    empty = [place for place, count in enumerate(counts) if count < 1]
    if empty:
        raise ConfigError(
            f"{len(empty)} of {len(counts)} classes have no training rows (first: class {empty[0]}), so this loss has no weight "
            "or margin for them; drop them from the classes, or take cross-entropy."
        )
    check_by_class("counts", counts)
