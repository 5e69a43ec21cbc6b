"""Two sets of rows as one question: which side is a row from?  Which columns may answer it, and which are left out and why."""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from assay.core.errors import ConfigError, DataError
from assay.core.names import did_you_mean
from assay.core.seeds import derive
from assay.data.checks.alone import auc
from assay.data.checks.columns import id_columns
from assay.data.dataset import Dataset
from assay.data.schema import Column, Schema
from assay.data.task import Task
from assay.splits.cuts import Pair, Units, k_folds, most_folds
from assay.splits.words import counted

SIDE = "@side"
"""The name of the target that says which side a row is from."""

TOLD_BY_DATE = 0.95
"""The AUC from which a column of dates alone says which side a row is from."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A column that does not take part, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Sides:
    """data: the rows of side A, then those of side B, with the shared features and ``SIDE`` as the target."""

    data: Dataset
    left_out: tuple[LeftOut, ...]

    @property
    def codes(self) -> np.ndarray:
        """int64 (n,): 0 for a row of side A, 1 for one of side B."""
        return self.data.target

    @property
    def counts(self) -> tuple[int, int]:
        codes = self.codes
        return int((codes == 0).sum()), int((codes == 1).sum())


def join_sides(
    a: Dataset, b: Dataset, names: tuple[str, str], *, drop: tuple[str, ...] = (), keep: tuple[str, ...] = ()
) -> Sides:
    """The rows of both under one question.

    Raises DataError for a side without rows, no shared column, or a column whose kind differs; ConfigError for a name
    in ``drop`` or ``keep`` that neither side has, or that no recipe could read.
    """
    for data, name in zip((a, b), names, strict=True):
        if not len(data):
            raise DataError(f"{name} has no rows to compare.")
    known = list(dict.fromkeys([*a.schema.names(), *b.schema.names()]))
    for name in (*drop, *keep):
        if name not in known:
            raise ConfigError(f"neither {names[0]} nor {names[1]} has a column {name!r}{did_you_mean(name, known)}")
    left_out: list[LeftOut] = []
    used: list[Column] = []
    for name in known:
        reason = _reason(name, a, b, names, drop=drop, keep=keep)
        if reason is not None:
            left_out.append(LeftOut(name, reason))
        elif not (_role(a, name) == _role(b, name) == "group"):
            used.append(_shared(a.schema[name], b.schema[name], names))
    if not used:
        raise DataError(f"{names[0]} and {names[1]} have no feature column in common that could tell them apart{_why(left_out)}.")
    group = a.schema.only("group")
    columns = [*used, group] if group is not None and group.name not in {one.name for one in left_out} else used
    frame = _stacked(a, b, columns, names)
    side = pl.Series(SIDE, np.repeat(["a", "b"], [len(a), len(b)]))
    schema = Schema((*columns, Column(SIDE, "category", "target", ("a", "b"))))
    joined = Dataset(frame.with_columns(side), schema, Task("binary", SIDE, ("a", "b")), source=f"{names[0]} and {names[1]}")
    return Sides(joined, tuple(left_out))


def forward_steps(sides: Sides, groups: np.ndarray | None, blocks: int, seed: int) -> list[Pair]:
    """Pairs (train, test) of rising row numbers, one for each of so many random blocks but the first: all before it train.

    Sides are spread evenly over the blocks and groups stay whole; fewer blocks where not every block would hold rows of
    both sides, none where that cannot be done at all.
    """
    codes = sides.codes
    units = Units(len(codes), codes=codes, groups=groups)
    for count in range(min(blocks, most_folds(units)[0]), 1, -1):
        cut = [test for _, test in k_folds(units, count, derive(seed, count))]
        if all(len(np.unique(codes[block])) == 2 for block in cut):
            return [(np.sort(np.concatenate(cut[:k])), cut[k]) for k in range(1, count)]
    return []


def _role(data: Dataset, name: str) -> str:
    return data.schema[name].role if name in data.schema else "absent"


def _reason(
    name: str, a: Dataset, b: Dataset, names: tuple[str, str], *, drop: tuple[str, ...], keep: tuple[str, ...]
) -> str | None:
    """Why a column does not take part, or None when it does."""
    if name not in a.schema or name not in b.schema:
        return f"only in {names[0] if name in a.schema else names[1]}"
    if name in drop:
        return "as asked"
    roles = _role(a, name), _role(b, name)
    if "ignored" in roles:
        return "as asked when it was read"
    if "weight" in roles:
        return "it says how much a row counts"
    if "group" in roles:
        return None if roles == ("group", "group") else "it names groups on one side only"
    if a.schema[name].kind == "id" and b.schema[name].kind == "id":
        if name in keep:
            raise ConfigError(f"no recipe reads {name!r}, which is an id; to keep it, say what it is: --kind {name}=category.")
        return "it names the rows"
    if name in keep:
        return None
    if "target" in roles:
        return "it is the target"
    if "time" in roles:
        return "it is the time of the rows"
    if a.schema[name].kind == b.schema[name].kind == "date":
        return _told_by_date(a.frame[name], b.frame[name])
    numbered = {column for data in (a, b) for finding in id_columns(data) for column in finding.columns}
    return "it holds a different number in every row, as a row number or a key does" if name in numbered else None


def _told_by_date(a: pl.Series, b: pl.Series) -> str | None:
    early, late = (series.drop_nulls().to_physical().cast(pl.Float64).to_numpy() for series in (a, b))
    if not len(early) or not len(late):
        return None
    told = auc(np.repeat([False, True], [len(early), len(late)]), np.concatenate([early, late]))
    told = max(told, 1 - told)
    return None if told < TOLD_BY_DATE else f"its dates tell the sides apart by themselves (AUC {told:.2f})"


def _shared(a: Column, b: Column, names: tuple[str, str]) -> Column:
    """The column as a feature of both."""
    if a.kind != b.kind:
        raise DataError(
            f"column {a.name!r} is a {a.kind} in {names[0]} and a {b.kind} in {names[1]}; say what it is with "
            f"--kind {a.name}={a.kind}, or leave it out with --drop {a.name}."
        )
    return replace(a, role="feature", levels=tuple(sorted({*a.levels, *b.levels})), whole=a.whole and b.whole)


def _stacked(a: Dataset, b: Dataset, columns: list[Column], names: tuple[str, str]) -> pl.DataFrame:
    wanted = [column.name for column in columns]
    for name in wanted:
        if a.frame[name].dtype != b.frame[name].dtype:
            raise DataError(
                f"column {name!r} holds {a.frame[name].dtype} in {names[0]} and {b.frame[name].dtype} in {names[1]}; "
                "bring both into one form, or leave it out with --drop."
            )
    return pl.concat([a.frame.select(wanted), b.frame.select(wanted)])


def _why(left_out: list[LeftOut]) -> str:
    if not left_out:
        return ""
    shown = "; ".join(f"{one.name!r}: {one.reason}" for one in left_out[:3])
    return f" ({counted(len(left_out), 'column')} left out: {shown}{' …' if len(left_out) > 3 else ''})"
