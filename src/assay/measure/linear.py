"""A metric of one candidate to first order: its value, and how each independent thing (row, group, block) moves it.

From this follow, without resampling, its variance over rows, paired differences (the influences are subtracted) and, where
several models were fitted, how much these differ (``component``).  For the binary ROC AUC of one part and independent rows
the variance is DeLong's exactly; rows that recur in several repeats add up their influences before squaring, so that
repeats are not mistaken for new rows.

Source: infinitesimal jackknife: Jaeckel (1972), Efron (1982); ROC AUC: DeLong, DeLong & Clarke-Pearson (1988), clusters:
Obuchowski (1997), with the factor C / (C − 1) over all C clusters, which is hers where every cluster holds both classes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csc_array

from assay.measure.component import model_variance, share_in_mean
from assay.measure.influence import influence_of
from assay.measure.metric import HasBias, Metric
from assay.measure.parts import Design, Part
from assay.measure.resample import Block, Estimator


@dataclass(frozen=True, eq=False)
class Linear:
    """influence: float (C,), of each cluster of the design on the value, small-sample factors included.

    fold_values: float (J,), the metric in each fold that has one.  fold_influence: (C, J), sparse, on each of these.
    fold_keys: (repeat, fold) of each of these.
    repeats, folds: how the J values came about.
    no_spread: why the spread is not known, or None.  bias: by how much the value is too great on average (see HasBias).
    """

    value: float
    influence: np.ndarray
    fold_values: np.ndarray
    fold_influence: csc_array
    fold_keys: tuple[tuple[int, int], ...]
    repeats: int
    folds: int
    no_spread: str | None = None
    bias: float = 0.0

    def minus(self, other: "Linear") -> "Linear":
        """The paired difference; both were measured on the same folds, but a metric may have no value in some for one alone."""
        own = [place for place, key in enumerate(self.fold_keys) if key in other.fold_keys]
        its = [other.fold_keys.index(self.fold_keys[place]) for place in own]
        return Linear(
            self.value - other.value,
            self.influence - other.influence,
            self.fold_values[own] - other.fold_values[its],
            csc_array(self.fold_influence[:, own] - other.fold_influence[:, its]),
            tuple(self.fold_keys[place] for place in own),
            self.repeats,
            self.folds,
            self.no_spread or other.no_spread,
            self.bias - other.bias,
        )

    @cached_property
    def row_variance(self) -> float:
        """The variance of the value when rows (groups, blocks) are drawn anew and the models stay as they are."""
        return float(np.sum(self.influence**2))

    @cached_property
    def row_freedom(self) -> float:
        """Degrees of freedom of ``row_variance``, from the fourth moment of the influences; at least 1.

        Few rows that carry most of the variance (the positives among many negatives) leave few.
        Source: Satterthwaite (1946).
        """
        n, squares = len(self.influence), self.influence**2
        variance = float(squares.sum())
        spread = float(np.sum(squares**2)) - variance**2 / n
        most = max(n - 1.0, 1.0)
        return most if spread <= 0 else float(np.clip(2 * variance**2 / spread, 1.0, most))

    @property
    def model_variance(self) -> float:
        """What the seeds and training rows of the fitted models add to the variance of the value."""
        return share_in_mean(self.repeats, self.folds) * self.fold_variance

    @cached_property
    def fold_variance(self) -> float:
        """σ² of one fold's model (see ``component``)."""
        covariance = (self.fold_influence.T @ self.fold_influence).toarray()
        return model_variance(self.fold_values, covariance)


def linearise(estimator: Estimator) -> Linear:
    """To first order about the rows as they are; the estimator must be defined."""
    design, metric = estimator.design, estimator.metric
    measured = list(zip(estimator.measured, estimator.blocks, strict=True))
    moved = [_cluster_influence(part, block, estimator) for part, block in measured]
    total = np.zeros(design.n_independent)
    for block, column in zip(estimator.blocks, moved, strict=True):
        total += block.share * column
    folds = measured
    if metric.across_folds == "pool" and len(estimator.parts) > 1:
        alone = [(part, Estimator(metric, [part], design)) for part in estimator.parts]
        folds = [(part, one.blocks[0]) for part, one in alone if one.undefined is None]
        moved = [_cluster_influence(part, block, estimator) for part, block in folds]
    values = [float(metric.value(block.statistics, _weights(block))) for _, block in folds]
    repeats = len({part.repeat for part in estimator.parts})
    return Linear(
        value=estimator.estimate,
        influence=total,
        fold_values=np.array(values),
        fold_influence=_sparse(moved, design.n_independent),
        fold_keys=tuple((part.repeat, part.fold) for part, _ in folds),
        repeats=repeats,
        folds=max(1, len(estimator.parts) // repeats),
        no_spread=_lacking(estimator.measured, design, by_class=metric.by_class),
        bias=_bias(metric, estimator.blocks),
    )


def _bias(metric: Metric, blocks: Sequence[Block]) -> float:
    if not isinstance(metric, HasBias):
        return 0.0
    return float(sum(block.share * metric.bias(block.statistics, _weights(block)) for block in blocks))


def averages_classes(metric: Metric) -> bool:
    """Whether the value is made of means within classes (or within the ranks of a class), as the ROC AUC is.

    Other functions of counts (F1, precision) are ratios over all rows.
    """
    return metric.by_class and (metric.prevalence_free or metric.needs != "label")


def _weights(block: Block) -> np.ndarray:
    return np.ones(block.statistics.n) if block.weight is None else block.weight


def _cluster_influence(part: Part, block: Block, estimator: Estimator) -> np.ndarray:
    """float64 (C,): the influence of each cluster on the block's value, with the factors that make small samples unbiased."""
    design, weight = estimator.design, _weights(block)
    moved = influence_of(estimator.metric, block.statistics, weight) * weight
    if design.kind == "row":
        moved = moved * _small_sample(part, by_class=averages_classes(estimator.metric), n=len(moved))
    if design.clusters is None:
        if block.rows is None:
            return np.asarray(moved)
        return np.asarray(np.bincount(block.rows, weights=moved, minlength=design.n_independent))
    codes = design.clusters if block.rows is None else design.clusters[block.rows]
    summed = np.bincount(codes, weights=moved, minlength=design.n_independent)
    there = int(np.count_nonzero(np.bincount(codes)))
    return np.asarray(summed * np.sqrt(there / max(there - 1, 1)))


def _classes(part: Part, *, by_class: bool) -> np.ndarray | None:
    """The class of each unit where the metric weighs classes apart, else None."""
    target = part.truth.arrays.get("target")
    if not by_class or target is None or not part.paired or part.truth.offsets is not None or target.dtype.kind not in "iub":
        return None
    return np.asarray(target, dtype=np.int64)


def _small_sample(part: Part, *, by_class: bool, n: int) -> np.ndarray | float:
    """√(m / (m − 1)) of m units; by class where the metric weighs classes (as DeLong has it)."""
    classes = _classes(part, by_class=by_class)
    if classes is None:
        return float(np.sqrt(n / max(n - 1, 1)))
    counts = np.bincount(classes)
    return np.asarray(np.sqrt(counts / np.maximum(counts - 1, 1))[classes])


def _lacking(parts: Sequence[Part], design: Design, *, by_class: bool) -> str | None:
    """Why the spread over rows cannot be known, or None."""
    if design.n_independent < 2:
        return "there is a single independent unit: its spread is unknown"
    for part in parts:
        classes = _classes(part, by_class=by_class)
        if classes is not None and design.kind == "row" and (np.bincount(classes) == 1).any():
            where = f"{part.where} has" if part.fold >= 0 else "there is"
            return f"{where} one row of a class: its spread is unknown"
    return None


def _sparse(columns: Sequence[np.ndarray], n: int) -> csc_array:
    """(n, J) of the columns; most clusters are not in most folds."""
    rows = [np.flatnonzero(column) for column in columns]
    data = np.concatenate([column[there] for column, there in zip(columns, rows, strict=True)] or [np.zeros(0)])
    starts = np.concatenate([[0], np.cumsum([len(there) for there in rows])]).astype(np.int64)
    return csc_array((data, np.concatenate(rows or [np.zeros(0, np.int64)]), starts), shape=(n, len(columns)))
