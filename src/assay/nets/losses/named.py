"""The loss that fits a task, by one word: what ``loss="focal"`` means to an estimator.

All of them fit the same head: one logit for two classes, K logits for K classes, one output for a number. ``pinball`` and
``ordinal`` need heads of their own and are built by their classes.
"""

from collections.abc import Sequence

from assay.core.errors import ConfigError
from assay.nets.losses.binary import BinaryCrossEntropy
from assay.nets.losses.categorical import CrossEntropy
from assay.nets.losses.classes import check_counts
from assay.nets.losses.complement import ComplementCrossEntropy
from assay.nets.losses.focal import Focal
from assay.nets.losses.huber import Huber
from assay.nets.losses.ldam import deferred_ldam
from assay.nets.losses.logit_adjustment import LogitAdjustment
from assay.nets.losses.mae import AbsoluteError
from assay.nets.losses.mse import SquaredError
from assay.nets.losses.registry import LOSSES
from assay.nets.losses.row import RowLoss
from assay.nets.losses.weighted import ClassBalancedCrossEntropy, WeightedCrossEntropy, inverse_frequencies

OF_NUMBERS = ("mse", "mae", "huber")
OF_CLASSES = (
    "cross-entropy",
    "binary-cross-entropy",
    "weighted-cross-entropy",
    "class-balanced",
    "focal",
    "complement-cross-entropy",
    "ldam",
    "logit-adjustment",
)


def loss_named(name: str, *, counts: Sequence[int] | None = None, label_smoothing: float = 0.0) -> RowLoss:
    """The loss of this name with its published settings, for a number or for classes.

    counts: training rows of each class, in the order of the codes; None when the target is a number.
    label_smoothing: of "cross-entropy" and "binary-cross-entropy" only.
    Published settings: weighted-cross-entropy weighs by inverse frequencies; class-balanced has beta 0.9999; focal has γ = 2,
    and with two classes α = 0.25 for the rarer one (of equal ones, class 1), the foreground of the paper; complement
    cross-entropy has γ = -1; ldam is LDAM with deferred reweighting, margins up to 0.5, beta 0.9999, and scale 1 instead of
    30, which is for cosines (see losses.ldam); logit adjustment has τ = 1 and the priors of the counts; huber has delta 1.
    "cross-entropy" is the binary form when there are two classes.
    Raises UnknownNameError; ConfigError for a loss that does not fit the target, and for a class without rows where the loss
    needs them.
    """
    LOSSES.target(name)
    if name not in OF_NUMBERS + OF_CLASSES:
        raise ConfigError(f"loss {name!r} needs a head of its own (quantile or ordinal), so it cannot stand in for another loss.")
    if label_smoothing and name not in ("cross-entropy", "binary-cross-entropy"):
        raise ConfigError(f"label_smoothing={label_smoothing} goes with cross-entropy, not with {name!r}; set it to 0.")
    if counts is None:
        return _of_number(name)
    return _of_classes(name, tuple(int(count) for count in counts), label_smoothing)


def _of_number(name: str) -> RowLoss:
    if name not in OF_NUMBERS:
        raise ConfigError(f"loss {name!r} is for classes and the target is a number; take one of {', '.join(OF_NUMBERS)}.")
    match name:
        case "mse":
            return SquaredError()
        case "mae":
            return AbsoluteError()
        case _:
            return Huber()


def _of_classes(name: str, counts: tuple[int, ...], label_smoothing: float) -> RowLoss:
    if name in OF_NUMBERS:
        raise ConfigError(f"loss {name!r} is for numbers and the target has classes; take one of {', '.join(OF_CLASSES)}.")
    if len(counts) < 2:
        raise ConfigError(f"the target has {len(counts)} classes; a loss of classes needs at least 2.")
    if name == "binary-cross-entropy" and len(counts) != 2:
        raise ConfigError(f"binary-cross-entropy is for 2 classes and the target has {len(counts)}; take cross-entropy.")
    match name:
        case "cross-entropy" | "binary-cross-entropy":
            return BinaryCrossEntropy(label_smoothing) if len(counts) == 2 else CrossEntropy(label_smoothing)
        case "weighted-cross-entropy":
            return WeightedCrossEntropy(inverse_frequencies(counts))
        case "class-balanced":
            return ClassBalancedCrossEntropy(counts)
        case "focal":
            return Focal(alpha=_alpha(counts) if len(counts) == 2 else None)
        case "complement-cross-entropy":
            return ComplementCrossEntropy()
        case "ldam":
            return deferred_ldam(counts)
        case _:
            check_counts(counts)
            return LogitAdjustment(tuple(count / sum(counts) for count in counts))


def _alpha(counts: tuple[int, ...]) -> tuple[float, float]:
    return (0.25, 0.75) if counts[0] < counts[1] else (0.75, 0.25)
