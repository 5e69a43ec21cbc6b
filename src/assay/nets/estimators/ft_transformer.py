"""The FT-Transformer, attention over the columns of a row, as an estimator."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from assay.nets.estimators.classes import NetClassifier
from assay.nets.estimators.values import NetRegressor
from assay.nets.tabular.ft_transformer import FTTransformerSpec
from assay.prepare.net_columns import Layout


@dataclass(kw_only=True, eq=False, repr=False)
class TransformerNet:
    """blocks, width, heads: of the transformer; heads divide the width.  expansion: the hidden width of a block over ``width``.

    attention_dropout, feed_forward_dropout: within a block.  embedding: of the numbers, "plain" as published, or one of
    those of TabMNet but "none"; its other settings are the architecture's.  First weights are as published.
    Source: Gorishniy, Rubachev, Khrulkov & Babenko (2021).
    """

    blocks: int = 2
    width: int = 64
    heads: int = 4
    expansion: float = 4 / 3
    attention_dropout: float = 0.15
    feed_forward_dropout: float = 0.05
    embedding: str = "plain"

    learning_rate: float = 1e-3
    weight_decay: float = 1e-4
    epochs: int = 30
    patience: int | None = 6
    warm_up: float = 0.05
    scaling: Literal["quantile", "robust", "standard"] | None = "quantile"

    _reads_codes: ClassVar[bool] = True
    _most_rows: ClassVar[int] = 256
    _fewest_steps: ClassVar[int] = 20

    def _spec(self, columns: Layout, outputs: int) -> FTTransformerSpec:
        return FTTransformerSpec(
            columns.numbers,
            columns.levels,
            outputs,
            blocks=self.blocks,
            width=self.width,
            heads=self.heads,
            expansion=self.expansion,
            attention_dropout=self.attention_dropout,
            feed_forward_dropout=self.feed_forward_dropout,
            embedding=self.embedding,
        )


@dataclass(kw_only=True, eq=False, repr=False)
class FTTransformerClassifier(TransformerNet, NetClassifier):
    """A transformer over the columns, for classes.

    Parameters: TransformerNet, NetClassifier (loss, label_smoothing), ClassEstimator (class_weight), NetEstimator.
    """


@dataclass(kw_only=True, eq=False, repr=False)
class FTTransformerRegressor(TransformerNet, NetRegressor):
    """A transformer over the columns, for a number.  Parameters: TransformerNet, NetRegressor (loss), NetEstimator."""
