"""How much worse the model does when a column no longer says anything: permutation importance with intervals.

The values of a column are dealt anew among the held-out rows of one model, so that it keeps its distribution and loses what
it knows.  The drop of the metric is a paired difference: the same rows, with and without.  Several deals are averaged.

The interval knows that a dealt row is made of two: the one that received the value, and the one that gave it.  Each row's
influence is the sum of what it moves as either, averaged over the deals (the first-order projection of a U-statistic of two
rows; Hoeffding 1948), so that new rows, new donors and the luck of few deals are all in it; of the models of folds also how
these differ.  Columns that say the same are dealt together too (``association``), since alone each can be spared.
p-values are corrected by Holm for every column and group together.

It says what this model uses.  Dealing a column apart from its fellows makes rows that cannot exist, so of a strongly
correlated column believe the row of its group.  Sources: Breiman (2001); Fisher, Rudin & Dominici (2019); Strobl et al. (2008).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from scipy.sparse import csc_array

from assay.core.errors import ConfigError
from assay.core.names import did_you_mean
from assay.core.seeds import generator
from assay.core.shown import Shown
from assay.explain.association import correlated_groups
from assay.explain.held import Held, HeldOut, labelled
from assay.measure.compare import holm
from assay.measure.evaluate import evidence
from assay.measure.interval import Interval
from assay.measure.linear import Linear, linearise
from assay.measure.metric import HasInfluence, Metric
from assay.measure.parts import Part
from assay.measure.payload import Predictions, Truth
from assay.measure.resample import Estimator
from assay.measure.wald import Claim, wald_difference, wald_interval

ROUNDING = 1e-12

Call = Literal["matters", "no drop shown", "better without it", "not known"]


@dataclass(frozen=True, slots=True)
class Importance(Shown):
    """drop: by how much the metric gets worse (> 0) when the columns are dealt anew.

    p_raw, p: two-sided, of no drop, before and after Holm.
    """

    columns: tuple[str, ...]
    drop: Interval
    p_raw: float | None
    p: float | None
    call: Call

    @property
    def name(self) -> str:
        return " + ".join(self.columns)

    def to_json(self) -> dict[str, Any]:
        return {
            "columns": list(self.columns),
            "drop": self.drop.value,
            "low": self.drop.low,
            "high": self.drop.high,
            "undefined": self.drop.undefined,
            "p_raw": self.p_raw,
            "p": self.p,
            "call": self.call,
        }


@dataclass(frozen=True)
class Importances(Shown):
    """columns: largest drop first.  groups: columns that were dealt together.  whole: the metric with every column as it is."""

    metric: str
    greater_is_better: bool
    whole: Interval
    columns: tuple[Importance, ...]
    groups: tuple[Importance, ...]
    deals: int
    rows: int

    @property
    def ranking(self) -> list[str]:
        """Names of single columns, the most important first."""
        return [one.columns[0] for one in self.columns]

    def to_json(self) -> dict[str, Any]:
        return {
            "metric": self.metric,
            "whole": self.whole.to_json(),
            "columns": [one.to_json() for one in self.columns],
            "groups": [one.to_json() for one in self.groups],
            "deals": self.deals,
            "rows": self.rows,
            "level": self.whole.level,
            "method": "paired, rows as receivers and donors; p by Holm over columns and groups",
        }


def permutation_importance(
    held: HeldOut,
    metric: Metric,
    *,
    columns: Sequence[str] | None = None,
    groups: Sequence[Sequence[str]] | None = None,
    deals: int = 5,
    seed: int,
) -> Importances:
    """Of every column (or those named), and of groups of correlated ones.

    metric: one that knows its influences (all that a study shows do).  groups: columns dealt together; None: found by
    ``correlated_groups``; a column may be in several.  deals: how often values are dealt anew, averaged.
    Raises ConfigError for unknown columns, fewer than one deal, or such a metric; DataError where the target is not known.
    """
    if not isinstance(metric, HasInfluence):
        raise ConfigError(
            f"metric {metric.name!r} has no closed form of how rows move it; choose another, such as log_loss or rmse."
        )
    if deals < 1:
        raise ConfigError(f"deals={deals}: values must be dealt anew at least once.")
    names = [column.name for column in held.columns]
    chosen = names if columns is None else list(dict.fromkeys(columns))
    found = correlated_groups(held.features(), held.columns) if groups is None else [tuple(group) for group in groups]
    if columns is not None and groups is None:
        found = [group for group in found if set(group) & set(chosen)]
    for name in [*chosen, *(name for group in found for name in group)]:
        if name not in names:
            raise ConfigError(f"the model reads no column {name!r}{did_you_mean(name, names)}")
    base = held.measured()
    whole = linearise(_defined(metric, base, held))
    claim = _claim(metric, base, held)
    sets = [(name,) for name in chosen] + [tuple(group) for group in found]
    differences = [_drop(held, base, whole, claim, one, deals, seed) for one in sets]
    adjusted = holm([p for _, p in differences])
    made = [
        Importance(one, drop, raw, p, _call(drop, p, held.level))
        for one, (drop, raw), p in zip(sets, differences, adjusted, strict=True)
    ]
    singles, joint = made[: len(chosen)], made[len(chosen) :]
    return Importances(
        metric.name,
        metric.greater_is_better,
        wald_interval(whole, claim),
        tuple(sorted(singles, key=_strength)),
        tuple(sorted(joint, key=_strength)),
        deals,
        held.n_rows,
    )


def _strength(one: Importance) -> float:
    return 0.0 if one.drop.value is None else -one.drop.value


def _claim(metric: Metric, parts: Sequence[Part], held: HeldOut) -> Claim:
    n = held.design.n_independent
    n_seen = min(n, evidence(parts, held.design)) if metric.by_class else n
    return Claim(metric, held.level, held.estimand, n, n_seen)


def _defined(metric: Metric, parts: Sequence[Part], held: HeldOut) -> Estimator:
    estimator = Estimator(metric, parts, held.design)
    if estimator.undefined is not None:
        raise ConfigError(
            f"{metric.name} has no value on these rows: {estimator.undefined}; choose another metric, or bring more rows."
        )
    return estimator


def _drop(
    held: HeldOut, base: Sequence[Part], whole: Linear, claim: Claim, columns: tuple[str, ...], deals: int, seed: int
) -> tuple[Interval, float | None]:
    """(the drop, its p): how much worse, averaged over the deals."""
    metric = claim.metric
    dealt = _mean([_without(held, metric, base, columns, deal, seed) for deal in range(deals)])
    better, worse = (whole, dealt) if metric.greater_is_better else (dealt, whole)
    moved = float(np.abs(whole.influence - dealt.influence).max(initial=0.0))
    if whole.value == dealt.value and moved <= ROUNDING * float(np.abs(whole.influence).max(initial=0.0)):
        zero = Interval(0.0, 0.0, 0.0, held.level, "the model does not use it", claim.n, held.estimand)
        return zero, 1.0
    found = wald_difference(better, worse, claim)
    return found.interval, found.p


def _without(held: HeldOut, metric: Metric, base: Sequence[Part], columns: tuple[str, ...], deal: int, seed: int) -> Linear:
    """The metric after one deal; each row's influence as receiver and as donor added up.

    What a donor moves is measured less what its receivers have by themselves, which is none of its doing: else the luck of
    a few deals would drown a weak column.
    """
    received, given, spared = [], [], []
    for part, whole in zip(held.parts, base, strict=True):
        order = generator(seed, "deal", deal, part.repeat, part.fold, *columns).permutation(len(part))
        said = dealt_predictions(part, columns, order, held.cut)
        received.append(Part(part.repeat, part.fold, whole.truth, said))
        given.append(_named_by_donor(received[-1], order))
        spared.append(_named_by_donor(whole, order))
    as_receiver, as_donor, as_it_was = (linearise(_defined(metric, parts, held)) for parts in (received, given, spared))
    return replace(
        as_receiver,
        influence=as_receiver.influence + as_donor.influence - as_it_was.influence,
        fold_influence=csc_array(as_receiver.fold_influence + as_donor.fold_influence - as_it_was.fold_influence),
    )


def _named_by_donor(part: Part, order: np.ndarray) -> Part:
    """The same rows under the numbers of those whose values they were given, so that these answer for what changed."""
    donors = part.units[order]
    truth, said = part.truth, part.predictions
    return Part(part.repeat, part.fold, Truth(truth.form, donors, truth.arrays), Predictions(said.form, donors, said.arrays))


def dealt_predictions(part: Held, columns: Sequence[str], order: np.ndarray, cut: float) -> Predictions:
    """What the model says when row i has the values of row order[i] in these columns."""
    features = part.features.with_columns(part.features[list(columns)][order])
    return labelled(part.fitted, features, part.units, cut)


def _mean(found: Sequence[Linear]) -> Linear:
    """The mean of the deals: they share rows, folds and models."""
    first, n = found[0], len(found)
    moved = first.fold_influence
    for one in found[1:]:
        moved = moved + one.fold_influence
    return replace(
        first,
        value=float(np.mean([one.value for one in found])),
        influence=np.mean([one.influence for one in found], axis=0),
        fold_values=np.mean([one.fold_values for one in found], axis=0),
        fold_influence=csc_array(moved / n),
        bias=float(np.mean([one.bias for one in found])),
    )


def _call(drop: Interval, p: float | None, level: float) -> Call:
    if drop.value is None or p is None:
        return "not known"
    if p >= 1 - level:
        return "no drop shown"
    return "matters" if drop.value > 0 else "better without it"
