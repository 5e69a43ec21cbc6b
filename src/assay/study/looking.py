"""Look before you balance: what each treatment would do to the training rows, before anything is trained on them.

Every treatment is applied to all the rows given, which must be training rows: a ``Study`` hands over those of its plan that
are not locked.  Rows are encoded as trees read them (numbers as they are, levels as codes, a missing value stays missing), so
that columns keep their meaning; the treatments that work on encoded rows see that matrix.  Made rows of a table are encoded
by the step that was fitted on the real ones.

Pictures need two axes: two columns that were chosen, or the first two principal components of the drawn real rows in the
space in which SMOTE measures distances (numbers on one scale, see ``balance.mixed``).  All pictures share them.

A treatment that trains a net takes half a minute and more.  Whoever draws it by the way (a report) bounds it: it is shown a
sample of the rows and trains for a part of its steps, and the look says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from assay.balance.mixed import Matrix
from assay.balance.quality.report import Quality, quality_of
from assay.balance.quality.table import is_new, points_of
from assay.balance.segments import is_sparse, stacked
from assay.balance.treatment import Balanced, Treatment
from assay.core.errors import AssayError, ConfigError
from assay.core.names import did_you_mean
from assay.core.seeds import generator, seed32
from assay.core.shown import Shown
from assay.data.dataset import Dataset
from assay.data.rows import Rows, table_rows
from assay.nets.generate.treatment import GeneratedRows
from assay.prepare.columns import ColumnsStep, FittedColumns
from assay.recipes.treatments import treatment_named

MOST_DRAWN = 1_500
"""Rows of the largest class that a picture shows."""
MOST_OF_SMALLER = 600
"""Of each smaller class, and of new rows of a class: as many would hide the largest one."""
JITTER = 0.28
"""Rows of one level are spread so far to both sides of its place, or they would hide each other."""
SHOWN_LEVELS = 12
PLACES = ("First", "Second")
FEWEST_OF_CLASS = 200
"""Rows of a class that a sample keeps, if there are as many: its shares would leave a generator nothing of a rare one."""


@dataclass(frozen=True)
class Bound:
    """Of treatments that train a net.  rows: shown to it at most, about as many; steps: the share of its training steps.

    On bank_additional (19 columns, one core) 2000 rows and a tenth take 3 to 5 s, the whole training on as many 20 to 34 s, and
    its rows are told from real ones less well: ROC AUC 0.78 for 0.90 (vae), 0.80 for 0.95 (ctgan), 0.60 for 0.77 (diffusion).
    """

    rows: int = 2_000
    steps: float = 0.1


@dataclass(frozen=True)
class Bounded(Shown):
    """What a look was bounded to.  rows: of each class in the sample.  of: rows there are.  steps, of_steps: of training."""

    rows: tuple[int, ...]
    of: int
    steps: int
    of_steps: int

    def to_json(self) -> dict[str, Any]:
        return {"rows": list(self.rows), "of": self.of, "steps": self.steps, "of_steps": self.of_steps}


@dataclass(frozen=True)
class Cloud:
    """Rows as points of a picture, all (n,).  x, y: float64.  code: int64, the class.  is_new: bool."""

    x: np.ndarray
    y: np.ndarray
    code: np.ndarray
    is_new: np.ndarray

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True)
class Axis:
    """title: what it shows.  is_name: the title is a column's name, which pictures do not draw.  levels: of a category, at
    the places 0, 1, …"""

    title: str
    is_name: bool = False
    levels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Look(Shown):
    """What one treatment would do.

    name: as it was asked for.  counts: rows of each class afterwards.  qualities: of the new rows, one a class that grew.
    after: None where the rows stay as they are.  said: why there is nothing to see, or why the treatment failed, or "".
    bounded: None where the treatment worked in full on all rows; else counts and qualities are those of the sample.
    """

    name: str
    stage: str
    counts: tuple[int, ...]
    qualities: tuple[Quality, ...] = ()
    after: Cloud | None = None
    said: str = ""
    failed: bool = False
    bounded: Bounded | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "treatment": self.name,
            "stage": self.stage,
            "counts": list(self.counts),
            "qualities": [quality.to_json() for quality in self.qualities],
            "said": self.said,
            "failed": self.failed,
            "bounded": None if self.bounded is None else self.bounded.to_json(),
        }


@dataclass(frozen=True)
class Looks(Shown):
    """classes: by code.  counts: rows of each class before.  axes: of every picture; before: the rows as they are.

    most_drawn: rows of the largest class that a picture shows, and of each other class and of new rows.
    left_out: treatments that were to be looked at and were too many.
    """

    classes: tuple[str, ...]
    counts: tuple[int, ...]
    axes: tuple[Axis, Axis]
    before: Cloud
    looks: tuple[Look, ...]
    most_drawn: tuple[int, int] = (MOST_DRAWN, MOST_OF_SMALLER)
    left_out: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Without the points of the pictures."""
        return {
            "classes": list(self.classes),
            "rows": sum(self.counts),
            "counts": list(self.counts),
            "treatments": [look.to_json() for look in self.looks],
        }


@dataclass(frozen=True)
class _Applied:
    """new: the rows made, encoded.  kept: positions of real rows that are still there."""

    look: Look
    new: Rows | None = None
    kept: np.ndarray | None = None


def look_at(
    data: Dataset,
    names: Sequence[str],
    *,
    columns: Sequence[str] | None = None,
    seed: int,
    most_drawn: tuple[int, int] = (MOST_DRAWN, MOST_OF_SMALLER),
    bound: Bound | None = None,
) -> Looks:
    """Apply each treatment to all rows of ``data`` and measure what it made; pass training rows only.

    columns: two feature columns for the axes of the pictures; None: principal components.  most_drawn: see ``Looks``.
    bound: of treatments that train a net; None lets them train on all rows in full.
    A treatment that cannot work on these rows is a look that says why.
    Raises ConfigError for a target that is no class and for columns, UnknownNameError for a treatment.
    """
    if not data.question.is_classification:
        raise ConfigError(f"treatments act on classes, and the task is {data.question.name}; there is nothing to look at.")
    treatments = [(name, treatment_named(name)) for name in dict.fromkeys(names)]
    if not treatments:
        raise ConfigError("no treatment is named; name at least one, such as smote (see: assay list treatments).")
    frame, classes = data.features, data.question.classes
    _check_columns(data, columns)
    step = ColumnsStep(mode="trees").fit(frame, data.schema, data.target, seed32(seed, "prepare"))
    raw = table_rows(frame, data.schema, classes, data.target, data.weights)
    encoded = raw.encoded(step.transform(frame), step.blocks)
    given = _Given(raw, encoded, step, classes, seed)
    applied = [given.look(name, treatment, bound) for name, treatment in treatments]
    counts = _counts(encoded)
    most = [most_drawn[0] if code == counts.index(max(counts)) else most_drawn[1] for code in range(len(counts))]
    drawn = _drawn(encoded.target, most, generator(seed, "rows to draw"))
    shown = [_shown(one, most_drawn[1], generator(seed, "new rows to draw", one.look.name)) for one in applied]
    new = [rows.features for rows in shown if rows is not None]
    sides = encoded.take(drawn), stacked(new) if new else encoded.features[:0]
    axes, real_xy, new_xy = _components(*sides, seed) if columns is None else _columns(*sides, step, columns, seed)
    looks, start = [], 0
    for one, rows in zip(applied, shown, strict=True):
        stop = start + (0 if rows is None else len(rows))
        looks.append(_with_cloud(one, drawn, encoded.target, real_xy, rows, new_xy[start:stop]))
        start = stop
    before = Cloud(real_xy[:, 0], real_xy[:, 1], encoded.target[drawn], np.zeros(len(drawn), dtype=bool))
    return Looks(classes, counts, axes, before, tuple(looks), most_drawn)


def _check_columns(data: Dataset, columns: Sequence[str] | None) -> None:
    if columns is None:
        return
    if len(columns) != 2 or columns[0] == columns[1]:
        raise ConfigError(f"a picture has two axes, so two columns are needed, and {len(columns)} were named; name two.")
    features = {column.name: column for column in data.schema.features}
    for name in columns:
        if name not in features:
            raise ConfigError(f"no feature column {name!r}{did_you_mean(name, features)}")
        if features[name].kind not in ("number", "category", "date"):
            raise ConfigError(f"column {name!r} is of kind {features[name].kind} and has no axis; name a number or a category.")


@dataclass(frozen=True, eq=False)
class _Given:
    """The rows that every treatment is applied to, as they are and encoded by ``step``."""

    raw: Rows
    encoded: Rows
    step: FittedColumns
    classes: tuple[str, ...]
    seed: int

    def look(self, name: str, treatment: Treatment, bound: Bound | None) -> _Applied:
        """The treatment on all rows, or on a sample where it trains a net and is bounded."""
        if bound is None or not isinstance(treatment, GeneratedRows):
            return self.applied(name, treatment)
        counts, n = _counts(self.raw), len(self.raw)
        most = [min(count, max(FEWEST_OF_CLASS, round(count * bound.rows / n))) for count in counts]
        sample = _drawn(self.raw.target, most, generator(self.seed, "rows to train on"))
        shorter = replace(treatment, steps=max(1, round(treatment.steps * bound.steps)))
        inside = replace(self, raw=self.raw.take(sample), encoded=self.encoded.take(sample))
        found = inside.applied(name, shorter)
        bounded = Bounded(_counts(inside.raw), n, shorter.steps, treatment.steps)
        kept = None if found.kept is None else np.setdiff1d(np.arange(n), np.delete(sample, found.kept))
        return _Applied(replace(found.look, bounded=bounded), found.new, kept)

    def applied(self, name: str, treatment: Treatment) -> _Applied:
        raw = self.raw
        if treatment.stage == "decision":
            said = "It moves the threshold and leaves the rows as they are."
            return _Applied(Look(name, treatment.stage, _counts(raw), said=said))
        try:
            balanced = treatment.apply(raw if treatment.stage == "raw" else self.encoded, seed32(self.seed, "treatment"))
            after = _encoded(balanced, self.step)
            qualities = quality_of(self.encoded, after, seed=self.seed, classes=self.classes)
        except AssayError as error:
            return _Applied(Look(name, treatment.stage, _counts(raw), said=str(error), failed=True))
        added = is_new(after.source_rows)
        kept = np.unique(after.source_rows[~added])
        look = Look(name, treatment.stage, _counts(after.rows), qualities)
        if not added.any() and len(kept) == len(raw):
            weighed = after.rows.weights is not None and after.rows.weights is not raw.weights
            said = "It weighs the rows and makes none." if weighed else "It leaves the rows as they are."
            return _Applied(Look(name, treatment.stage, _counts(after.rows), said=said))
        return _Applied(look, after.rows.take(np.flatnonzero(added)), kept)


def _encoded(balanced: Balanced, step: FittedColumns) -> Balanced:
    """The rows after a treatment as the matrix that the others work on."""
    rows = balanced.rows
    if not isinstance(rows.features, pl.DataFrame):
        return balanced
    return replace(balanced, rows=rows.encoded(step.transform(rows.features), step.blocks))


def _counts(rows: Rows) -> tuple[int, ...]:
    return tuple(np.bincount(rows.target, minlength=rows.n_classes).tolist())


def _drawn(target: np.ndarray, most: Sequence[int], rng: np.random.Generator) -> np.ndarray:
    """Positions of at most ``most[code]`` rows of each class, rising."""
    picked = []
    for code in np.unique(target).tolist():
        own = np.flatnonzero(target == code)
        picked.append(own if len(own) <= most[code] else rng.choice(own, most[code], replace=False))
    return np.sort(np.concatenate(picked)) if picked else np.zeros(0, dtype=np.int64)


def _shown(one: _Applied, most: int, rng: np.random.Generator) -> Rows | None:
    return None if one.new is None else one.new.take(_drawn(one.new.target, [most] * one.new.n_classes, rng))


def _with_cloud(
    one: _Applied, drawn: np.ndarray, target: np.ndarray, real: np.ndarray, new: Rows | None, new_xy: np.ndarray
) -> Look:
    if new is None or one.kept is None:
        return one.look
    still = np.isin(drawn, one.kept)
    xy = np.vstack([real[still], new_xy])
    code = np.concatenate([target[drawn[still]], new.target])
    cloud = Cloud(xy[:, 0], xy[:, 1], code, np.repeat([False, True], [int(still.sum()), len(new)]))
    return replace(one.look, after=cloud)


def _components(real: Rows, new: Matrix, seed: int) -> tuple[tuple[Axis, Axis], np.ndarray, np.ndarray]:
    """Both sides on the first two principal components of the real rows, with signs that depend on nothing but the data."""
    from sklearn.decomposition import PCA

    points, made = points_of(real, new, np.arange(len(real)))
    width = min(2, *points.shape)
    # A csr matrix cannot be centred without filling it; arpack centres it while it multiplies.
    solver = "arpack" if is_sparse(points) else "full"
    pca = PCA(width, svd_solver=solver, random_state=seed32(seed, "components")).fit(points)
    sign = np.sign(pca.components_[np.arange(width), np.abs(pca.components_).argmax(axis=1)])
    sides = [np.zeros((side.shape[0], 2)) for side in (points, made)]
    for side, out in zip((points, made), sides, strict=True):
        if side.shape[0]:
            out[:, :width] = pca.transform(side) * sign
    shares = [*pca.explained_variance_ratio_.tolist(), 0.0][:2]
    titles = [f"{place} component ({100 * part:.0f} % of the variance)" for place, part in zip(PLACES, shares, strict=True)]
    return (Axis(titles[0]), Axis(titles[1])), sides[0], sides[1]


def _columns(
    real: Rows, new: Matrix, step: FittedColumns, columns: Sequence[str], seed: int
) -> tuple[tuple[Axis, Axis], np.ndarray, np.ndarray]:
    """Both sides on two columns of their own; a missing value is NaN, and such a row is not drawn."""
    both = stacked([real.features, new])
    xy, axes = np.empty((both.shape[0], 2)), []
    for place, name in enumerate(columns):
        encoder = step.encoders[step.names.index(name)]
        block = next(block for block in step.blocks if block.name == name)
        column = both[:, [block.start]]
        values = np.asarray(column.toarray() if is_sparse(column) else column, dtype=np.float64)[:, 0]
        levels: tuple[str, ...] = getattr(encoder, "levels", ()) if block.kind == "code" else ()
        if block.kind == "code":
            values = values + generator(seed, "jitter", place).uniform(-JITTER, JITTER, len(values))
        xy[:, place] = values
        axes.append(Axis(name, True, levels))
    return (axes[0], axes[1]), xy[: len(real)], xy[len(real) :]
