"""Adversarial validation: can a model tell the rows of one data set from those of another?

Where it cannot, what was measured on the one may be expected on the other; where it can, the rows have drifted apart, and
the columns that give them away are named.  Old and new data, training and test rows, early and late ones are all two
sides of the same question: a recipe is fitted to tell side A from side B, and its ROC AUC on rows it has not seen says how
well it can, with an interval.  0.5 is chance.

What would answer for the wrong reason is kept away.  Groups and exact copies stay together, or a row learned by heart
would answer for its copy.  Columns that tell any two sets of rows apart (row numbers, dates that do not overlap) are left
out and named.  The target is no feature here: whether the answers have changed is another question than whether the rows have.

The rows are cut into random blocks, and each block is predicted by a model of the blocks before it.  In ordinary
cross-validation every row also trains the models that judge the others: where nothing can be told, an accident of the
sample then shows in all folds at once, and their mean varies up to twice as much as its rows say (95 % intervals around
0.5 were seen to hold 83-91 %).  Forwards, the blocks' deviations are martingale differences, and what the rows say is true.

The claim: the model's interval and the Holm-corrected tests of single columns each get half of α = 1 - level, so that of two
equal sides at most α are called different.

Sources: Friedman (2003), two samples and a classifier; Lopez-Paz & Oquab (2017); the spread of cross-validation at chance:
Noirhomme et al. (2014); predicting forwards: Dawid (1984), Luedtke & van der Laan (2016).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from assay.core.errors import ConfigError, DataError
from assay.core.seeds import derive, generator
from assay.core.shown import Shown
from assay.data.copies import copy_groups
from assay.data.dataset import Dataset
from assay.measure.compare import SMALLEST_CLASS
from assay.measure.evaluate import evaluate
from assay.measure.interval import Interval
from assay.measure.intervals import no_interval
from assay.measure.parts import Part, design_of
from assay.measure.payload import Truth
from assay.measure.registry import METRICS
from assay.recipes.fitting import fit
from assay.recipes.learner import Budget, Context
from assay.recipes.registry import RECIPES
from assay.recipes.treatments import TREATMENTS
from assay.splits.cuts import Pair, merge_groups
from assay.splits.forward import cuts, nearest_cuts
from assay.splits.plan import Plan
from assay.splits.words import agree, counted
from assay.study.drift_columns import ColumnDrift, single_columns
from assay.study.drift_sides import LeftOut, Sides, forward_steps, join_sides

DRIFT = "drift"
NO_DRIFT = "no drift shown"
TOO_LITTLE = "too little data"

MANY_COPIES = 10
"""Rows alike in every column are kept in one fold up to so many; more of them are alike by nature (few distinct values),
and a model may learn from the ones what the others are."""


@dataclass(frozen=True, kw_only=True)
class DriftSettings:
    """recipe: any that answers two classes; "logistic" is quick, "boosting" sees what no single column shows.

    blocks: all but the first are measured, each a fit; fewer where groups or rows allow no more.
    level: of every interval; 1 - level bounds the false claims.
    drop: columns to leave out.  keep: columns to use although they are left out by default (the target, a time, row numbers).
    most_rows: drawn from each side where it has more; 20 000 put an AUC within about 0.006.
    """

    recipe: str = "boosting"
    blocks: int = 10
    seed: int = 0
    level: float = 0.95
    drop: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    most_rows: int = 20_000

    def __post_init__(self) -> None:
        if self.blocks < 2:
            raise ConfigError(f"blocks={self.blocks}: at least 2 are needed, one to train on and one to measure on.")
        if not 0.5 < self.level < 1:
            raise ConfigError(f"level={self.level}: it must lie between 0.5 and 1, such as 0.95.")
        if self.most_rows < SMALLEST_CLASS:
            raise ConfigError(f"most_rows={self.most_rows}: at least {SMALLEST_CLASS} of each side are needed.")
        both = sorted(set(self.drop) & set(self.keep))
        if both:
            raise ConfigError(f"column {both[0]!r} is to be dropped and to be kept; choose one.")


@dataclass(frozen=True)
class Drift(Shown):
    """What tells side A from side B.

    names: what the sides are called.  rows: of each side before any were drawn; used: that were compared.
    auc: of the recipe on rows it has not seen; undefined where there is too little data.
    columns: each by itself, those that differ first, then the strongest.
    copies: compared rows that have an equal on the other side.  call: one of "drift", "no drift shown", "too little data".
    """

    names: tuple[str, str]
    rows: tuple[int, int]
    used: tuple[int, int]
    recipe: str
    auc: Interval
    columns: tuple[ColumnDrift, ...]
    left_out: tuple[LeftOut, ...]
    copies: int
    call: str

    @property
    def drifted(self) -> tuple[ColumnDrift, ...]:
        """The columns that by themselves tell the sides apart, after correction for their number."""
        return tuple(column for column in self.columns if column.drifted)

    @property
    def verdict(self) -> str:
        """The call in a sentence."""
        if self.auc.value is None or self.auc.low is None or self.auc.high is None:
            return f"{self.call}: {self.auc.undefined}."
        measured = f"AUC {self.auc.value:.2f} [{self.auc.low:.2f}, {self.auc.high:.2f}]"
        named = ", ".join(repr(column.name) for column in self.drifted[:3]) + (" …" if len(self.drifted) > 3 else "")
        if self.call == NO_DRIFT:
            return f"{self.call}: {self.recipe} tells {self.names[0]} from {self.names[1]} with {measured}; 0.5 is chance."
        if self.auc.low <= 0.5:
            n = len(self.drifted)
            differ = f"{counted(n, 'column')} {agree(n, 'differs', 'differ')} ({named})"
            return f"{self.call}: {differ}, though {self.recipe} over all columns has {measured}."
        why = f"most of all {named}" if self.drifted else "no column does by itself, so it is in how they go together"
        return f"{self.call}: {self.recipe} tells {self.names[0]} from {self.names[1]} with {measured}; {why}."

    def to_json(self) -> dict[str, Any]:
        return {
            "names": list(self.names),
            "rows": list(self.rows),
            "used": list(self.used),
            "recipe": self.recipe,
            "call": self.call,
            "verdict": self.verdict,
            "auc": self.auc.to_json(),
            "columns": [column.to_json() for column in self.columns],
            "left_out": [{"name": one.name, "reason": one.reason} for one in self.left_out],
            "copies": self.copies,
        }


def compare_data(a: Dataset, b: Dataset, *, names: tuple[str, str] = ("A", "B"), settings: DriftSettings | None = None) -> Drift:
    """Whether the rows of ``b`` can be told from those of ``a`` by the feature columns that both have.

    Raises ConfigError or DataError where they cannot be compared (no shared column, another kind of one, an unknown name).
    """
    settings = settings or DriftSettings()
    sides = join_sides(_drawn(a, settings, 0), _drawn(b, settings, 1), names, drop=settings.drop, keep=settings.keep)
    copies, groups = _whole(sides)
    found = Drift(
        names=names,
        rows=(len(a), len(b)),
        used=sides.counts,
        recipe=settings.recipe,
        auc=no_interval("not measured", level=settings.level, n=sum(sides.counts), estimand="this model"),
        columns=(),
        left_out=sides.left_out,
        copies=copies,
        call=TOO_LITTLE,
    )
    fewest = min(sides.counts)
    if fewest < SMALLEST_CLASS:
        name = names[sides.counts.index(fewest)]
        return _without_value(found, f"{name} has {counted(fewest, 'row')}, and {SMALLEST_CLASS} of each side are needed")
    steps = forward_steps(sides, groups, settings.blocks, derive(settings.seed, "drift blocks"))
    if not steps:
        return _without_value(found, "groups and copies leave no two parts that each hold rows of both sides")
    return _measured(found, sides, groups, steps, settings)


def _measured(found: Drift, sides: Sides, groups: np.ndarray | None, steps: list[Pair], settings: DriftSettings) -> Drift:
    parts = list(_predicted(sides, groups, steps, settings))
    design = design_of(parts, kind="row" if groups is None else "group", groups=groups)
    measured = evaluate({"model": parts}, [METRICS.get("roc_auc")], design, level=settings.level, estimand="this model")
    auc = measured.interval("model", "roc_auc")
    columns = single_columns(sides, groups, steps, level=settings.level)
    if (auc.low is not None and auc.low > 0.5) or any(column.drifted for column in columns):
        call = DRIFT
    else:
        call = NO_DRIFT if auc.low is not None else TOO_LITTLE
    return replace(found, auc=auc, columns=columns, call=call)


def _without_value(found: Drift, reason: str) -> Drift:
    return replace(found, auc=replace(found.auc, undefined=reason))


def compare_rows(
    data: Dataset, a: np.ndarray, b: np.ndarray, *, names: tuple[str, str] = ("A", "B"), settings: DriftSettings | None = None
) -> Drift:
    """Two sets of rows (row numbers) of one dataset; they may not overlap."""
    both = np.intersect1d(a, b)
    if len(both):
        raise ConfigError(
            f"{counted(len(both), 'row')} {agree(len(both), 'is', 'are')} on both sides (first: {both[:3].tolist()})."
        )
    return compare_data(data.take(a), data.take(b), names=names, settings=settings)


def compare_lock(data: Dataset, plan: Plan, *, settings: DriftSettings | None = None) -> Drift:
    """The development rows against the locked ones.

    Features alone are looked at, so this is no opening of the lock; ``keep`` may therefore not name the target.
    """
    if not len(plan.locked):
        raise ConfigError("this plan has no locked rows to compare with.")
    if settings is not None and data.task is not None and data.task.target in settings.keep:
        raise ConfigError(
            f"keep names the target {data.task.target!r}, and the truth of the locked rows stays locked; leave it out."
        )
    return compare_rows(data, plan.development, plan.locked, names=("development", "locked"), settings=settings)


def compare_times(data: Dataset, *, share: float = 0.5, settings: DriftSettings | None = None) -> Drift:
    """The rows before a moment against those from it on; the cut lies where about ``share`` of the rows are before it.

    Rows near in time often resemble each other; a drift found here may be such a wave and no lasting change.
    """
    if data.time is None:
        raise ConfigError(f"{data.source}: early and late need a time; pass time=, or --time COL.")
    if not 0 < share < 1:
        raise ConfigError(f"share={share} must lie between 0 and 1.")
    moments, before = cuts(data.time, data.groups)
    if not len(moments):
        raise DataError(f"{data.source}: there is no moment that parts the {counted(len(data), 'row')} without tearing a group.")
    begin = moments[nearest_cuts(before, np.array([len(data) * share]))[0]]
    late = data.time >= begin
    return compare_rows(data, np.flatnonzero(~late), np.flatnonzero(late), names=("early", "late"), settings=settings)


def _drawn(data: Dataset, settings: DriftSettings, side: int) -> Dataset:
    if len(data) <= settings.most_rows:
        return data
    rows = generator(settings.seed, "drift rows", side).choice(len(data), settings.most_rows, replace=False)
    return data.take(np.sort(rows))


def _whole(sides: Sides) -> tuple[int, np.ndarray | None]:
    """How many rows have an equal on the other side, and what has to stay in one fold: groups and copies; None for neither."""
    alike = np.unique(copy_groups(sides.data), return_inverse=True)[1]
    of_b = np.bincount(alike, weights=sides.codes)
    size = np.bincount(alike)
    across = int(((of_b > 0) & (of_b < size))[alike].sum())
    own = sides.data.groups
    few = (size > 1) & (size < MANY_COPIES)
    if not few.any():
        return across, own
    copies = np.where(few[alike], alike, len(size) + np.arange(len(alike)))
    groups = copies if own is None else merge_groups(own, copies)
    return across, np.unique(groups, return_inverse=True)[1].astype(np.int64)


def _predicted(sides: Sides, groups: np.ndarray | None, steps: list[Pair], settings: DriftSettings) -> Iterator[Part]:
    recipe, treatment, context = RECIPES.get(settings.recipe), TREATMENTS.get("none")(), Context()
    for number, (train, test) in enumerate(steps):
        with threadpool_limits(limits=context.threads):
            fitted = fit(
                recipe,
                treatment,
                sides.data.take(train),
                groups=None if groups is None else groups[train],
                seed=derive(settings.seed, "drift", settings.recipe, number),
                budget=Budget(),
                context=context,
            )
            predictions = fitted.predict(sides.data.frame[test], units=test)
        yield Part(0, number, Truth("binary", test, {"target": sides.codes[test]}), predictions)
