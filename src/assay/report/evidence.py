"""What is worked out from the predictions themselves: class shares, the spread over folds, the confusion counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from assay.data.task import Task
from assay.measure.curves import confusion as count_confusion
from assay.measure.parts import Part, pool
from assay.measure.payload import Predictions, Truth
from assay.measure.registry import metric_named
from assay.report.content import ReportInput
from assay.report.language import ENGLISH, Words
from assay.report.numbers import count, decimals_for
from assay.report.scale import Scale, scale_for

MOST_CLASSES_BESIDE = 4
"""Up to this a matrix stands among the pictures, as one of them."""

MOST_CLASSES_NAMED = 12
"""Above this a matrix heads its columns with numbers, so that it still fits."""

MOST_CLASSES_SHOWN = 40
"""Above this the rarer classes are taken as one: a matrix of 500 classes alone is a page of 10 MB."""


@dataclass(frozen=True, slots=True)
class ClassShare:
    name: str
    count: str
    share: str
    width: float  # per cent of the largest class


@dataclass(frozen=True, slots=True)
class ClassBalance:
    """rare: the rarest class, its share, and how many rows of the largest class stand against one of it."""

    classes: tuple[ClassShare, ...]
    rows: str
    rare: ClassShare
    ratio: str
    is_imbalanced: bool


@dataclass(frozen=True, slots=True)
class Spread:
    """One row of the spread over folds; dots in per cent."""

    name: str
    dots: tuple[float, ...]
    least: str
    mean: str
    most: str
    reason: str


@dataclass(frozen=True, slots=True)
class Confusion:
    """counts[i][j]: (text, share of the row i in 0..1, "right" or "wrong") of rows of class i that were called j."""

    classes: tuple[str, ...]
    counts: tuple[tuple[tuple[str, float, str], ...], ...]
    totals: tuple[str, ...]
    is_small: bool
    is_wide: bool
    is_test: bool
    rule: str
    name: str


def out_of_fold(parts: Sequence[Part]) -> list[Part]:
    """The parts of the first repeat: every row at most once."""
    first = min((part.repeat for part in parts), default=0)
    return [part for part in parts if part.repeat == first]


def pooled(parts: Sequence[Part]) -> tuple[Truth, Predictions]:
    """The rows of the first repeat end to end, in their order; parts are not empty."""
    whole = pool(out_of_fold(parts))[0]
    return whole.truth, whole.predictions


def class_balance(content: ReportInput, w: Words = ENGLISH) -> ClassBalance | None:
    """The shares of the classes over the rows that were measured; None for regression or when nothing was."""
    if not content.task.is_classification:
        return None
    targets = _targets(content)
    if targets is None:
        return None
    counts = np.bincount(targets, minlength=len(content.task.classes))
    total, most = int(counts.sum()), int(counts.max())
    shown = [
        ClassShare(name, count(int(n)), w.share(n / total), round(100 * n / most, 2))
        for name, n in zip(content.task.classes, counts, strict=False)
    ]
    rarest = int(counts.argmin())
    least = int(counts[rarest])
    ratio = w("curves-ratio", w.fixed(most / least, 1)) if least else w("curves-ratio-none")
    return ClassBalance(tuple(shown), count(total), shown[rarest], ratio, least * 2 < most)


def _targets(content: ReportInput) -> np.ndarray | None:
    for parts in content.folds.values():
        arrays = [part.truth["target"] for part in out_of_fold(parts)]
        if content.test is not None:
            arrays.append(content.test[0]["target"])
        if arrays:
            return np.concatenate(arrays).astype(np.int64)
    return None if content.test is None else np.asarray(content.test[0]["target"], dtype=np.int64)


def fold_values(parts: Sequence[Part], metric: str) -> tuple[list[float], str]:
    """The metric in each part where it has a value, and why it has none elsewhere ("" when it always has)."""
    member = metric_named(metric)
    values, reason = [], ""
    for part in parts:
        missing = member.undefined(part.truth, part.predictions)
        if missing is not None:
            reason = missing
            continue
        weights = part.truth.arrays.get("weight", np.ones(len(part.truth)))
        value = float(member.value(member.unit_statistics(part.truth, part.predictions), weights))
        if np.isfinite(value):
            values.append(value)
        else:
            reason = "no finite value"
    return values, reason


def spread(
    names: Sequence[str], folds: Mapping[str, Sequence[Part]], metric: str, w: Words = ENGLISH
) -> tuple[list[Spread], Scale]:
    """The metric fold by fold for each named row that has parts, and the scale they share."""
    found = {name: fold_values(folds[name], metric) for name in names if folds.get(name)}
    every = [value for values, _ in found.values() for value in values]
    scale, places = scale_for(every).told(w), decimals_for(every)
    rows = []
    for name, (values, reason) in found.items():
        if not values:
            rows.append(Spread(name, (), "", "", "", w.reason(reason)))
            continue
        least, mean, most = (w.fixed(value, places) for value in (min(values), float(np.mean(values)), max(values)))
        rows.append(Spread(name, tuple(scale.at(value) for value in values), least, mean, most, w.reason(reason)))
    return rows, scale


def labels_of(predictions: Predictions) -> tuple[np.ndarray, str] | None:
    """Labels and the key of the phrase for the rule that made them, or ""; None when the predictions allow none."""
    arrays = predictions.arrays
    if "label" in arrays:
        return arrays["label"].astype(np.int64), ""
    if "probability" not in arrays:
        return None
    if predictions.form == "binary":
        return (arrays["probability"] >= 0.5).astype(np.int64), "curves-cut-at-half"
    return arrays["probability"].argmax(axis=1).astype(np.int64), "curves-likeliest"


def confusion(
    task: Task, pairs: Sequence[tuple[Truth, Predictions]], *, name: str, is_test: bool, rule: str, w: Words = ENGLISH
) -> Confusion | None:
    """Counts of truth by label; None for regression, without rows, or when there are no labels."""
    if not task.is_classification or not pairs:
        return None
    size = len(task.classes)
    table = np.zeros((size, size))
    for truth, predictions in pairs:
        found = labels_of(predictions)
        if found is None:
            return None
        labels, made = found
        rule = rule or (w(made) if made else "")
        table += count_confusion(truth["target"], labels, size).counts
    classes, others = task.classes, None
    if size > MOST_CLASSES_SHOWN:
        table, classes = _with_others(table, classes, w)
        others = len(classes) - 1
        rule = w("curves-common-only", rule, others, size) if rule else ""
    totals = table.sum(axis=1)
    rows = tuple(
        tuple((count(int(n)), round(float(n / max(1, total)), 4), _kind(i, j, others)) for j, n in enumerate(row))
        for i, (row, total) in enumerate(zip(table, totals, strict=True))
    )
    is_small, is_wide = size <= MOST_CLASSES_BESIDE, size > MOST_CLASSES_NAMED
    return Confusion(classes, rows, tuple(count(int(n)) for n in totals), is_small, is_wide, is_test, rule, name)


def _with_others(table: np.ndarray, classes: tuple[str, ...], w: Words) -> tuple[np.ndarray, tuple[str, ...]]:
    """The counts of the commonest classes, in their order, and of all others as the last: the table grows as their square."""
    kept = np.sort(np.argsort(-table.sum(axis=1), kind="stable")[: MOST_CLASSES_SHOWN - 1])
    places = np.full(len(classes), len(kept))
    places[kept] = np.arange(len(kept))
    joined = np.zeros((len(kept) + 1, len(kept) + 1))
    np.add.at(joined, (places[:, None], places[None, :]), table)
    return joined, (*(classes[place] for place in kept), w("curves-others", len(classes) - len(kept)))


def _kind(true: int, said: int, others: int | None) -> str:
    """Whether a cell is right; of a row of other classes called one of the others it is not told here."""
    if true == said == others:
        return ""
    return "right" if true == said else "wrong"
