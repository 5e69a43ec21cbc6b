"""TabM, an ensemble of perceptrons that share their weights, as an estimator."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from assay.nets.estimators.classes import NetClassifier
from assay.nets.estimators.mlp import widths
from assay.nets.estimators.values import NetRegressor
from assay.nets.tabular.tabm import TabMSpec
from assay.prepare.net_columns import Layout


@dataclass(kw_only=True, eq=False, repr=False)
class TabMNet:
    """members: how many.  variant: "full" or "mini".  hidden, dropout: of the shared layers.

    embedding: of the numbers ("none", "plain", "linear", "periodic", "periodic-lite", "piecewise", "piecewise-relu") with
    its embedding_width, bins, frequencies and sigma.  The first weights are those that make the members differ, so there
    is no ``init``.  Source: Gorishniy, Kotelnikov & Babenko (2025).
    """

    members: int = 16
    variant: Literal["full", "mini"] = "full"
    hidden: Sequence[int] = (192, 192)
    dropout: float = 0.1
    embedding: str = "piecewise"
    embedding_width: int = 16
    bins: int = 48
    frequencies: int = 24
    sigma: float = 0.1

    learning_rate: float = 2e-3
    weight_decay: float = 0.01
    epochs: int = 30
    patience: int | None = 6
    scaling: Literal["quantile", "robust", "standard"] | None = "quantile"

    _reads_codes: ClassVar[bool] = True
    _has_members: ClassVar[bool] = True
    _most_rows: ClassVar[int] = 256
    _fewest_steps: ClassVar[int] = 20

    def _spec(self, columns: Layout, outputs: int) -> TabMSpec:
        return TabMSpec(
            columns.numbers,
            columns.levels,
            outputs,
            members=self.members,
            variant=self.variant,
            hidden=widths(self.hidden),
            dropout=self.dropout,
            embedding=self.embedding,
            embedding_width=self.embedding_width,
            bins=self.bins,
            frequencies=self.frequencies,
            sigma=self.sigma,
        )


@dataclass(kw_only=True, eq=False, repr=False)
class TabMClassifier(TabMNet, NetClassifier):
    """TabM for classes; the members' probabilities are averaged.

    Parameters: TabMNet, NetClassifier (loss, label_smoothing), ClassEstimator (class_weight), NetEstimator.
    """


@dataclass(kw_only=True, eq=False, repr=False)
class TabMRegressor(TabMNet, NetRegressor):
    """TabM for a number; the members' values are averaged.  Parameters: TabMNet, NetRegressor (loss), NetEstimator."""
