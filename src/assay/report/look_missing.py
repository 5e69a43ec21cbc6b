"""Whether the target is another where a column is missing: its absence can be the signal.

Two classes: the share among rows with the cell missing less that among the others, with Newcombe's interval; a number: the
difference of two means, with Welch's. More classes: Cramér's V of being missing with the classes. All corrected by Holm over the
columns with missing cells.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from assay.core.shown import Shown
from assay.measure.clustered_proportions import clustered_shares
from assay.measure.compare import holm
from assay.measure.two_proportions import two_proportions
from assay.report.look_strength import strength
from assay.report.look_target import Target, means


@dataclass(frozen=True)
class MissingEffect(Shown):
    """missing, present: share or mean of the target among rows where the cell is missing, and where it is not.

    difference: missing − present, or Cramér's V where the classes are three or more (then missing and present are None).
    low, high: None where a side is too small.  p: after Holm.  shown: whether that is at most 0.05.
    """

    column: str
    rows: int
    missing: float | None
    present: float | None
    difference: float | None
    low: float | None
    high: float | None
    p_raw: float | None
    test: str
    p: float | None = None

    @property
    def shown(self) -> bool:
        return self.p is not None and self.p <= 0.05

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def missing_effects(frame: pl.DataFrame, names: list[str], target: Target) -> list[MissingEffect]:
    """names: columns with some cells missing and some not."""
    found = [_effect(name, frame[name].is_null().to_numpy().astype(np.int64), target) for name in names]
    return [replace(one, p=p) for one, p in zip(found, holm([one.p_raw for one in found]), strict=True)]


def _effect(name: str, gone: np.ndarray, target: Target) -> MissingEffect:
    rows = int(gone.sum())
    if target.is_number:
        return _of_means(name, gone, target, rows)
    if len(target.classes) > 2:
        found = strength(name, gone, target.response)
        ends = found.interval
        return MissingEffect(name, rows, None, None, ends.value, ends.low, ends.high, found.p_raw, "Cramér's V")
    hit = target.values == 1
    if target.weights is not None or target.groups is not None:
        one = clustered_shares(gone, hit, weights=target.weights, groups=target.groups)[1]
        compared, share, rest = one.difference, one.share.value, one.rest
    else:
        hits, others = int(hit[gone == 1].sum()), int(hit[gone == 0].sum())
        compared = two_proportions(hits, rows, others, len(gone) - rows)
        share, rest = hits / rows, others / (len(gone) - rows)
    if compared is None:
        return MissingEffect(name, rows, share, rest, None, None, None, None, "none")
    return MissingEffect(name, rows, share, rest, compared.difference, compared.low, compared.high, compared.p, compared.test)


def _of_means(name: str, gone: np.ndarray, target: Target, rows: int) -> MissingEffect:
    """Welch (1947): the two spreads are not taken to be equal."""
    from scipy.special import stdtr, stdtrit

    present, missing = means(gone, target.values, weights=target.weights, groups=target.groups)
    if present.value is None or missing.value is None:
        return MissingEffect(name, rows, missing.value, present.value, None, None, None, None, "none")
    gap = missing.value - present.value
    errors, sizes = [], []
    for side in (missing, present):
        if side.low is None or side.high is None:
            return MissingEffect(name, rows, missing.value, present.value, gap, None, None, None, "none")
        errors.append((side.high - side.low) / 2 / float(stdtrit(side.n - 1, 0.975)))
        sizes.append(side.n)
    variance = errors[0] ** 2 + errors[1] ** 2
    if variance == 0:
        return MissingEffect(name, rows, missing.value, present.value, gap, None, None, None, "none")
    df = variance**2 / sum(error**4 / (n - 1) for error, n in zip(errors, sizes, strict=True))
    half = float(stdtrit(df, 0.975)) * float(np.sqrt(variance))
    p = 2 * float(stdtr(df, -abs(gap) / float(np.sqrt(variance))))
    return MissingEffect(name, rows, missing.value, present.value, gap, gap - half, gap + half, p, "Welch")
