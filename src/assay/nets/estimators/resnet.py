"""The residual perceptron as an estimator."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from assay.nets.estimators.classes import NetClassifier
from assay.nets.estimators.values import NetRegressor
from assay.nets.initialise import Scheme
from assay.nets.tabular.resnet import ResNetSpec
from assay.prepare.net_columns import Layout


@dataclass(kw_only=True, eq=False, repr=False)
class ResidualNet:
    """blocks, width: how many, and how wide what runs between them.  expansion: a block's hidden width over ``width``.

    hidden_dropout, residual_dropout: within a block, and on what it adds.  init: see DenseNet.
    Source: Gorishniy, Rubachev, Khrulkov & Babenko (2021).
    """

    blocks: int = 2
    width: int = 192
    expansion: float = 2.0
    hidden_dropout: float = 0.25
    residual_dropout: float = 0.0
    init: Scheme = "auto"

    learning_rate: float = 1e-3
    weight_decay: float = 0.02
    epochs: int = 60
    patience: int | None = 10
    scaling: Literal["quantile", "robust", "standard"] | None = "quantile"

    _reads_codes: ClassVar[bool] = True
    _most_rows: ClassVar[int] = 256
    _fewest_steps: ClassVar[int] = 20

    def _spec(self, columns: Layout, outputs: int) -> ResNetSpec:
        return ResNetSpec(
            columns.numbers,
            columns.levels,
            outputs,
            blocks=self.blocks,
            width=self.width,
            expansion=self.expansion,
            hidden_dropout=self.hidden_dropout,
            residual_dropout=self.residual_dropout,
        )


@dataclass(kw_only=True, eq=False, repr=False)
class ResNetClassifier(ResidualNet, NetClassifier):
    """A residual perceptron for classes.

    Parameters: ResidualNet, NetClassifier (loss, label_smoothing), ClassEstimator (class_weight), NetEstimator.
    """


@dataclass(kw_only=True, eq=False, repr=False)
class ResNetRegressor(ResidualNet, NetRegressor):
    """A residual perceptron for a number.  Parameters: ResidualNet, NetRegressor (loss), NetEstimator."""
