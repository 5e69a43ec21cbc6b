"""The multi-layer perceptron, and its oldest form, one layer, as estimators."""

from collections.abc import Sequence
from dataclasses import dataclass

from assay.nets.estimators.classes import NetClassifier
from assay.nets.estimators.errors import SettingError
from assay.nets.estimators.values import NetRegressor
from assay.nets.initialise import Scheme
from assay.nets.tabular.mlp import MLPSpec
from assay.prepare.net_columns import Layout


def widths(hidden: Sequence[int]) -> tuple[int, ...]:
    """The widths of hidden layers as whole numbers; raises SettingError for anything else."""
    try:
        found = tuple(int(width) for width in hidden)
        whole = all(width == given for width, given in zip(found, hidden, strict=True))
    except (TypeError, ValueError):
        found, whole = (), False
    if not whole:
        raise SettingError(f"hidden={hidden!r} must be a tuple of whole numbers, such as (128, 64).")
    return found


@dataclass(kw_only=True, eq=False, repr=False)
class DenseNet:
    """hidden: widths of the hidden layers.  activation: between them.  dropout: the share of their outputs that a step leaves
    out.  init: first weights: "auto" (He, or Xavier before tanh and sigmoid, a quiet last layer), "zeros", "uniform",
    "xavier", "he" or "orthogonal" (see nets.initialise).
    """

    hidden: Sequence[int] = (128, 64)
    activation: str = "relu"
    dropout: float = 0.2
    init: Scheme = "auto"

    def _spec(self, columns: Layout, outputs: int) -> MLPSpec:
        return MLPSpec(columns.numbers, outputs, widths(self.hidden), self.activation, self.dropout)


@dataclass(kw_only=True, eq=False, repr=False)
class MLPClassifier(DenseNet, NetClassifier):
    """A multi-layer perceptron for classes; categories are one-hot.

    Parameters: DenseNet (hidden, activation, dropout, init), NetClassifier (loss, label_smoothing), ClassEstimator
    (class_weight), NetEstimator (all others, and what ``fit`` sets).
    """


@dataclass(kw_only=True, eq=False, repr=False)
class MLPRegressor(DenseNet, NetRegressor):
    """A multi-layer perceptron for a number; categories are one-hot.

    Parameters: DenseNet (hidden, activation, dropout, init), NetRegressor (loss), NetEstimator (all others, and what ``fit``
    sets).
    """


@dataclass(kw_only=True, eq=False, repr=False)
class PerceptronClassifier(NetClassifier):
    """One linear layer: a neuron a class (one for two classes), trained by gradient descent.

    With cross-entropy and without weight decay this is logistic regression, found step by step.  init: see DenseNet.
    Parameters: NetClassifier, ClassEstimator, NetEstimator.
    """

    learning_rate: float = 1e-2
    weight_decay: float = 0.0
    init: Scheme = "auto"

    def _spec(self, columns: Layout, outputs: int) -> MLPSpec:
        return MLPSpec(columns.numbers, outputs, (), "relu", 0.0)
