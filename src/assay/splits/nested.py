"""Nested plans: folds inside the training rows of each outer fold, for choosing settings that the outer fold then measures.

A setting chosen on the rows that measure it makes the number too good.  The inner plan's locked rows are the outer test
rows, so that the one check of a plan proves that tuning never sees them.
Source: Varma & Simon (2006); Cawley & Talbot (2010).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from assay.core.errors import ConfigError, DataError
from assay.core.files import canonical_json, sha256_bytes
from assay.core.seeds import derive
from assay.data.dataset import Dataset
from assay.splits.inner import inner_folds
from assay.splits.plan import Fold, Plan


@dataclass(frozen=True)
class Nested:
    """outer: the plan that measures.  inner: the plan that tunes, one for each fold of ``outer``, in its order."""

    outer: Plan
    inner: tuple[Plan, ...]

    def check(self) -> None:
        """Raise LeakageError unless outer and inner splits are apart and every inner row is a training row of its outer fold."""
        self.outer.check()
        for fold, plan in zip(self.outer.folds, self.inner, strict=True):
            replace(plan, within=fold.train, locked=fold.test).check()

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the outer and all inner plans."""
        return sha256_bytes(canonical_json([self.outer.digest, *(plan.digest for plan in self.inner)]).encode())


def nested(plan: Plan, data: Dataset | None = None, *, folds: int = 3) -> Nested:
    """The plan with an inner plan for each of its folds (see ``inner_plan``)."""
    found = Nested(plan, tuple(inner_plan(plan, fold, data, folds=folds) for fold in plan.folds))
    found.check()
    return found


def inner_plan(plan: Plan, fold: Fold, data: Dataset | None = None, *, folds: int = 3) -> Plan:
    """Folds over the training rows of ``fold``, in row numbers of the dataset; groups, time, gap and window are the plan's.

    data: of the plan, for its classes; None where there are none.
    folds: as many, or as many as the rarest class, the groups or the moments in these rows allow, but at least 2.
    The same plan and fold give the same inner plan.  Raises DataError when not even two folds can be made.
    """
    if data is not None and data.fingerprint != plan.fingerprint:
        raise ConfigError(f"{data.source} is not the data this plan was made of; pass the same data, read in the same way.")
    rows = np.sort(fold.train)
    has_classes = data is not None and data.task is not None and data.task.is_classification
    target = data.target[rows] if data is not None and has_classes else np.zeros(len(rows))
    seed = derive(plan.seed, "nested", fold.repeat, fold.fold)
    try:
        pairs = inner_folds(
            target,
            classification=has_classes,
            groups=None if plan.groups is None else plan.groups[rows],
            time=None if plan.time is None else plan.time[rows],
            folds=folds,
            seed=seed,
            gap=plan.gap,
            window=plan.window,
        )
    except DataError as error:
        raise DataError(f"fold {fold.fold} of repeat {fold.repeat}: {error}") from error
    inner = replace(
        plan,
        locked=fold.test,
        folds=_folds(pairs, rows),
        seed=seed,
        scheme="k-fold",
        within=rows,
    )
    inner.check()
    return inner


def _folds(pairs: Sequence[tuple[np.ndarray, np.ndarray]], rows: np.ndarray) -> tuple[Fold, ...]:
    return tuple(Fold(0, number, rows[train], rows[test]) for number, (train, test) in enumerate(pairs))
