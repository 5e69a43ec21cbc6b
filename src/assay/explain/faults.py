"""Where the model is wrong: the rows it is most wrong about, and slices of rows where it fails.

A slice is a level or a range of a column, or two such together.  Of each is said by how much a metric differs from that of
all other rows, and how far answers lie from the truth on average (``shift``: truth less answer, so below 0 where the model
says too much): a slice may be harder without being misjudged, and misjudged without being harder.  Both p-values are
corrected together for every slice that was looked at, by Benjamini and Hochberg: it is a screening, and some of what it
finds will not hold on other rows.  Slices of few rows are not looked at, slices of the very same rows once, and a pair is
told only where it goes beyond both of its halves.  A ranking metric (ROC AUC) is lower wherever a column that ranks the rows
is held fixed, also in a model without fault: ``shift`` is free of that.
Sources: Benjamini & Hochberg (1995); slices: Chung et al. (2019).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, Literal

import numpy as np

from assay.core.errors import ConfigError
from assay.core.shown import Shown
from assay.explain.bins import Parted, parted
from assay.explain.held import HeldOut
from assay.explain.means import mean_interval, quantile, two_sided
from assay.measure.compare import benjamini_hochberg
from assay.measure.interval import Interval
from assay.measure.linear import Linear, linearise
from assay.measure.metric import HasInfluence, Metric
from assay.measure.parts import Part, take
from assay.measure.resample import Estimator

LEAST_ROWS = 50
LEAST_SHARE = 0.005
LEAST_OF_CLASS = 10
MOST_SLICES = 2000
AND = " and "
BEYOND = 1.5
METHOD = "infinitesimal jackknife, against all other rows"


@dataclass(frozen=True, slots=True)
class WrongRow(Shown):
    """unit: its number in the data.  truth, said: what was so, and what the model answered; chance: that it gave to the truth.

    loss: log loss of the row, or the size of its error.  values: its columns.
    """

    unit: int
    truth: Any
    said: Any
    chance: float | None
    loss: float
    values: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        kept = {name: value if isinstance(value, int | float | str | None) else str(value) for name, value in self.values.items()}
        return {
            "row": self.unit,
            "truth": self.truth,
            "said": self.said,
            "chance": self.chance,
            "loss": self.loss,
            "values": kept,
        }


@dataclass(frozen=True, slots=True)
class Slice(Shown):
    """difference: the metric here less elsewhere, in the metric's units.  worse: whether that is bad.

    shift: mean of truth less answer.  p, p_shift: corrected; None where there is no interval.
    """

    name: str
    columns: tuple[str, ...]
    rows: int
    here: float
    elsewhere: float
    difference: Interval
    worse: bool
    p: float | None
    shift: Interval
    p_shift: float | None
    level: float

    @property
    def fails(self) -> bool:
        """Shown to be worse than elsewhere."""
        return self.worse and self.p is not None and self.p < 1 - self.level

    @property
    def misjudged(self) -> bool:
        """Shown to lie on one side of the truth."""
        return self.p_shift is not None and self.p_shift < 1 - self.level

    def to_json(self) -> dict[str, Any]:
        return {
            "slice": self.name,
            "columns": list(self.columns),
            "rows": self.rows,
            "here": self.here,
            "elsewhere": self.elsewhere,
            "difference": self.difference.to_json(),
            "p": self.p,
            "fails": self.fails,
            "shift": self.shift.to_json(),
            "p_shift": self.p_shift,
            "misjudged": self.misjudged,
        }


@dataclass(frozen=True)
class Slices(Shown):
    """found: those that fail (largest difference first), then those that are misjudged.  looked_at: all that were compared."""

    metric: str
    found: tuple[Slice, ...]
    looked_at: int
    too_small: int

    def to_json(self) -> dict[str, Any]:
        return {
            "metric": self.metric,
            "looked_at": self.looked_at,
            "too_small": self.too_small,
            "correction": "Benjamini-Hochberg",
            "slices": [one.to_json() for one in self.found],
        }


def most_wrong(held: HeldOut, most: int = 10) -> list[WrongRow]:
    """The rows with the greatest loss, each answered by a model that has not seen it."""
    found = []
    for part, measured in zip(held.parts, held.measured(), strict=True):
        loss, chance, said = _losses(measured)
        for place in np.argsort(-loss, kind="stable")[:most].tolist():
            classes = held.task.classes
            target = part.truth["target"][place]
            truth = classes[int(target)] if classes else float(target)
            answer = classes[int(said[place])] if classes else float(said[place])
            own = None if chance is None else float(chance[place])
            values = part.features.row(place, named=True)
            found.append(WrongRow(int(part.units[place]), truth, answer, own, float(loss[place]), values))
    return sorted(found, key=lambda row: (-row.loss, row.unit))[:most]


def _losses(part: Part) -> tuple[np.ndarray, np.ndarray | None, np.ndarray]:
    """(loss (n,), the probability of what was so or None, the answer (n,)) of each row."""
    target, predictions = part.truth["target"], part.predictions
    if "probability" not in predictions.arrays:
        return np.abs(target - predictions["value"]), None, predictions["value"]
    probability = predictions["probability"]
    if probability.ndim == 1:
        chance = np.where(target == 1, probability, 1 - probability)
    else:
        chance = probability[np.arange(len(target)), target]
    return -np.log(np.maximum(chance, 1e-15)), chance, predictions["label"]


def failing_slices(held: HeldOut, metric: Metric, columns: Sequence[str], *, pairs: bool = True) -> Slices:
    """Of these columns alone, and two at a time.  Raises ConfigError for a metric without influences."""
    if not isinstance(metric, HasInfluence):
        raise ConfigError(
            f"metric {metric.name!r} has no closed form of how rows move it; choose another, such as log_loss or rmse."
        )
    kinds = {column.name: column for column in held.columns}
    features = held.features()
    cut = [one for one in (parted(features[name], kinds[name]) for name in columns) if one is not None]
    parts = held.measured()
    least = max(LEAST_ROWS, round(LEAST_SHARE * held.n_rows))
    looked: list[Slice] = []
    raw: list[float | None] = []
    too_small, seen = 0, set()
    for name, of, mask in _masks(cut, pairs=pairs):
        if len(looked) == MOST_SLICES:
            break
        if not least <= mask.sum() <= len(mask) - least:
            too_small += 1
            continue
        rows = np.packbits(mask).tobytes()
        if rows in seen:
            continue
        seen.add(rows)
        compared = _compare(held, metric, parts, mask)
        if compared is None:
            too_small += 1
            continue
        here, elsewhere, difference, p = compared
        shift, p_shift = _shift(held, parts, mask)
        worse = (here < elsewhere) == metric.greater_is_better and here != elsewhere
        looked.append(Slice(name, of, int(mask.sum()), here, elsewhere, difference, worse, None, shift, None, held.level))
        raw += [p, p_shift]
    adjusted = benjamini_hochberg(raw)
    told = [replace(one, p=adjusted[2 * at], p_shift=adjusted[2 * at + 1]) for at, one in enumerate(looked)]
    singles = [one for one in told if len(one.columns) == 1]
    failing = [one for one in told if one.fails and _adds(one, singles, "difference")]
    misjudged = [one for one in told if one.misjudged and one not in failing and _adds(one, singles, "shift")]
    found = sorted(failing, key=lambda one: -abs(one.difference.value or 0.0))
    found += sorted(misjudged, key=lambda one: -abs(one.shift.value or 0.0))
    return Slices(metric.name, tuple(found), len(looked), too_small)


def _adds(one: Slice, singles: Sequence[Slice], what: Literal["difference", "shift"]) -> bool:
    """Whether a pair says more than each of its halves, by half as much again; a single column always does."""
    if len(one.columns) == 1:
        return True
    halves = [single for single in singles if single.name in one.name.split(AND)]
    size = abs(getattr(one, what).value or 0.0)
    return all(size > BEYOND * abs(getattr(half, what).value or 0.0) for half in halves if half.fails or half.misjudged)


def _masks(cut: Sequence[Parted], *, pairs: bool) -> Iterator[tuple[str, tuple[str, ...], np.ndarray]]:
    for one in cut:
        for code, name in enumerate(one.names):
            yield name, (one.column,), one.code == code
    for first, second in combinations(cut, 2) if pairs else ():
        for a, name in enumerate(first.names):
            inside = first.code == a
            for b, other in enumerate(second.names):
                yield f"{name}{AND}{other}", (first.column, second.column), inside & (second.code == b)


def _compare(
    held: HeldOut, metric: Metric, parts: Sequence[Part], mask: np.ndarray
) -> tuple[float, float, Interval, float | None] | None:
    """(here, elsewhere, difference, p); None where the metric has no value on one of the sides."""
    here, elsewhere = (_measured(metric, held, _of_rows(parts, chosen)) for chosen in (mask, ~mask))
    if here is None or elsewhere is None:
        return None
    moved = here.influence - elsewhere.influence
    error = float(np.sqrt((moved**2).sum()))
    difference, n = here.value - elsewhere.value, held.design.n_independent
    freedom = max(min(int(np.count_nonzero(side.influence)) for side in (here, elsewhere)) - 1.0, 1.0)
    if error == 0:
        no = Interval(None, None, None, held.level, METHOD, n, "this model", "the rows show no spread")
        return here.value, elsewhere.value, no, None
    reach = quantile(held.level, freedom) * error
    interval = Interval(difference, difference - reach, difference + reach, held.level, METHOD, n, "this model")
    return here.value, elsewhere.value, interval, two_sided(difference / error, freedom)


def _of_rows(parts: Sequence[Part], mask: np.ndarray) -> list[Part]:
    """The rows of a slice, part by part; parts without one are left out."""
    kept, start = [], 0
    for part in parts:
        rows = np.flatnonzero(mask[start : start + len(part.truth)])
        start += len(part.truth)
        if len(rows):
            kept.append(Part(part.repeat, part.fold, take(part.truth, rows), take(part.predictions, rows)))
    return kept


def _measured(metric: Metric, held: HeldOut, parts: Sequence[Part]) -> Linear | None:
    """None where a class has too few rows, or the metric no value."""
    if metric.by_class and held.task.is_classification:
        counts = np.bincount(np.concatenate([part.truth["target"] for part in parts]), minlength=len(held.task.classes))
        if counts.min() < LEAST_OF_CLASS:
            return None
    estimator = Estimator(metric, parts, held.design)
    if estimator.undefined is not None:
        return None
    found = linearise(estimator)
    return found if found.no_spread is None and np.isfinite(found.influence).all() else None


def _shift(held: HeldOut, parts: Sequence[Part], mask: np.ndarray) -> tuple[Interval, float | None]:
    """The mean of ``gap_of`` in a slice, and the p of none."""
    gaps, units, weights = [], [], []
    for part in _of_rows(parts, mask):
        gaps.append(gap_of(part))
        units.append(part.units)
        weights.append(part.truth.arrays.get("weight", np.ones(len(part.truth))))
    clusters = held.design.cluster_codes[held.design.positions(np.concatenate(units))]
    found = mean_interval(np.concatenate(gaps), clusters, np.concatenate(weights), level=held.level)
    if found.value is None or found.low is None or found.low == found.value:
        return found, None
    error = (found.value - found.low) / quantile(held.level, found.n - 1)
    return found, two_sided(found.value / error, found.n - 1)


def gap_of(part: Part) -> np.ndarray:
    """float64 (n,): truth less answer; of several classes whether the class called was right, less its probability."""
    target, arrays = part.truth["target"], part.predictions.arrays
    if "probability" not in arrays:
        return np.asarray(target - arrays["value"])
    probability = arrays["probability"]
    if probability.ndim == 1:
        return np.asarray(target - probability)
    top = probability.argmax(axis=1)
    return np.asarray((top == target) - probability[np.arange(len(top)), top])
