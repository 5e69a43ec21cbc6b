"""The perceptron on embedded numbers and categories (MLP-PLR, MLP-PLE, entity embeddings) as an estimator."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from assay.core.names import did_you_mean
from assay.nets.estimators.classes import NetClassifier
from assay.nets.estimators.errors import SettingError
from assay.nets.estimators.mlp import widths
from assay.nets.estimators.values import NetRegressor
from assay.nets.initialise import Scheme
from assay.nets.tabular.entity import EntityMLPSpec
from assay.nets.tabular.mlp_embedded import PeriodicMLPSpec, PiecewiseMLPSpec
from assay.prepare.net_columns import Layout


@dataclass(kw_only=True, eq=False, repr=False)
class EmbeddedNet:
    """embedding: of the numbers: "periodic" (sines and cosines of learned ``frequencies``, drawn with ``sigma``),
    "piecewise" (the place of the number among the quantiles of the training rows, in ``bins``) or "none" (as they are: only
    categories become learned vectors); embedding_width: of each number's vector.  hidden, activation, dropout, init: of the
    dense layers, as in DenseNet.

    Sources: Gorishniy, Rubachev & Babenko (2022); of categories alone, Guo & Berkhahn (2016).
    """

    embedding: Literal["periodic", "piecewise", "none"] = "periodic"
    embedding_width: int = 16
    frequencies: int = 24
    sigma: float = 0.1
    bins: int = 48
    hidden: Sequence[int] = (256, 256)
    activation: str = "relu"
    dropout: float = 0.15
    init: Scheme = "auto"

    learning_rate: float = 1e-3
    weight_decay: float = 0.02
    epochs: int = 60
    patience: int | None = 10
    scaling: Literal["quantile", "robust", "standard"] | None = "quantile"

    _reads_codes: ClassVar[bool] = True
    _most_rows: ClassVar[int] = 256
    _fewest_steps: ClassVar[int] = 20

    def _spec(self, columns: Layout, outputs: int) -> PeriodicMLPSpec | PiecewiseMLPSpec | EntityMLPSpec:
        form = (columns.numbers, columns.levels, outputs)
        hidden, activation, dropout = widths(self.hidden), self.activation, self.dropout
        match self.embedding:
            case "none":
                return EntityMLPSpec(*form, hidden=hidden, activation=activation, dropout=dropout)
            case "periodic":
                return PeriodicMLPSpec(
                    *form,
                    embedding=self.embedding_width,
                    frequencies=self.frequencies,
                    sigma=self.sigma,
                    hidden=hidden,
                    activation=activation,
                    dropout=dropout,
                )
            case "piecewise":
                return PiecewiseMLPSpec(
                    *form,
                    embedding=self.embedding_width,
                    bins=self.bins,
                    hidden=hidden,
                    activation=activation,
                    dropout=dropout,
                )
        raise SettingError(f"no embedding {self.embedding!r}{did_you_mean(self.embedding, ('periodic', 'piecewise', 'none'))}")


@dataclass(kw_only=True, eq=False, repr=False)
class EmbeddedMLPClassifier(EmbeddedNet, NetClassifier):
    """A perceptron on embedded numbers and categories, for classes.

    Parameters: EmbeddedNet, NetClassifier (loss, label_smoothing), ClassEstimator (class_weight), NetEstimator.
    """


@dataclass(kw_only=True, eq=False, repr=False)
class EmbeddedMLPRegressor(EmbeddedNet, NetRegressor):
    """A perceptron on embedded numbers and categories, for a number.  Parameters: EmbeddedNet, NetRegressor, NetEstimator."""
