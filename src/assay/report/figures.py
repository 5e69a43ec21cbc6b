"""Which pictures the page shows for a task, what they are called, and the curves behind them.

The curves themselves are computed in measure.curves; here they are averaged over the folds
(scores of two folds come from two models and may not be pooled into one ranking).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from assay.measure.curves import precision_recall, reliability, roc
from assay.measure.parts import Part
from assay.measure.payload import Predictions, Truth
from assay.report.content import ReportInput
from assay.report.evidence import pooled
from assay.report.language import ENGLISH, Words
from assay.report.leaderboard import chosen_name, ranked
from assay.report.metric import MetricInfo
from assay.report.numbers import count
from assay.report.pictures import lines as pictures
from assay.report.pictures.canvas import DASHES, Drawing
from assay.report.pictures.lines import Dots, Line

MOST_ROWS = 4
MOST_CLASSES = 6
MOST_DOTS = 600
GRID = np.linspace(0.0, 1.0, 201)

Curve = tuple[np.ndarray, np.ndarray]  # x rising and y, both (k,)
Pair = tuple[Truth, Predictions]


@dataclass(frozen=True, slots=True)
class LegendEntry:
    name: str
    slot: int
    dash: str  # of SVG, "" when solid
    is_main: bool


@dataclass(frozen=True, slots=True)
class Figure:
    heading: str
    svg: Markup
    caption: str
    legend: tuple[LegendEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """One line of a picture: its name and, a fold each, 0/1 targets, scores and weights."""

    name: str
    folds: tuple[tuple[np.ndarray, np.ndarray, np.ndarray | None], ...]


def pictures_words(content: ReportInput, w: Words = ENGLISH) -> tuple[str, str]:
    """The heading and the lead of the section."""
    kind = "" if content.task.is_classification else "-number"
    return w(f"curves-heading{kind}"), w(f"curves-lead{kind}" if content.test is None else f"curves-lead{kind}-test")


def figures(content: ReportInput, metric: MetricInfo, w: Words = ENGLISH) -> list[Figure]:
    """The pictures of this task; none when no row has predictions."""
    names = [row["name"] for row in ranked(content.summary["rows"], metric) if content.folds.get(row["name"])]
    if (not names and content.test is None) or content.task.is_language or content.task.special == "ranking":
        return []  # of a ranking only the order within a query means something: no number stands beside its truth
    if content.task.name == "binary":
        return _binary(content, names, w)
    if content.task.is_classification:
        return _multiclass(content, names, w)
    return _regression(content, names, w)


def _binary(content: ReportInput, names: Sequence[str], w: Words) -> list[Figure]:
    subjects = [Subject(name, _folds(content.folds[name], None)) for name in _top(content, names)]
    if content.test is not None:
        subjects.append(Subject(w("curves-locked-line", _test_name(content)), _folds_of([content.test], None)))
    found = _curve_pair(subjects, w("curves-class", content.task.positive), "", _prevalence(subjects), w)
    if names:
        name = main_name(content, names)
        found += _calibration("oof", name, pooled(content.folds[name]), w("curves-out-of-fold"), w)
    if content.test is not None:
        found += _calibration("test", _test_name(content), content.test, w("curves-on-locked"), w)
    return found


def _multiclass(content: ReportInput, names: Sequence[str], w: Words) -> list[Figure]:
    name = main_name(content, names) if names else _test_name(content)
    pairs = [content.test] if content.test is not None else [(p.truth, p.predictions) for p in content.folds[name]]
    where = w("curves-on-locked" if content.test is not None else "curves-out-of-fold")
    name = _test_name(content) if content.test is not None else name
    size = len(content.task.classes)
    counts = np.bincount(np.concatenate([t["target"].astype(np.int64) for t, _ in pairs]), minlength=size)
    common = sorted(np.argsort(-counts, kind="stable")[:MOST_CLASSES].tolist())
    subjects = [Subject(content.task.classes[code], _folds_of(pairs, code)) for code in common]
    which = w("curves-each-class", name, where)
    if size > MOST_CLASSES:
        which = w("curves-each-class-some", name, where, MOST_CLASSES, size)
    found = _curve_pair(subjects, w("curves-one-class"), which, None, w)
    whole = content.test if content.test is not None else pooled(content.folds[name])
    return found + _calibration("all", name, whole, where, w)


def _curve_pair(subjects: Sequence[Subject], positive: str, which: str, level: float | None, w: Words) -> list[Figure]:
    """ROC and precision-recall of the same subjects; ``which`` says what the lines are, "" when the legend does."""
    found = []
    lines = _lines(subjects, _roc)
    if lines:
        drawing = _drawing("roc", w("curves-roc-title"), [w("curves-roc-said"), which, _named(subjects, lines, w)], w)
        svg = pictures.unit_curves(drawing, lines, x=w("curves-roc-x"), y=w("curves-roc-y"), diagonal=True)
        caption = _joined(w("curves-roc-caption"), which, _band(lines, w))
        found.append(Figure(w("curves-roc"), svg, caption, _legend(subjects, lines)))
    lines = _lines(subjects, _precision_recall)
    if lines:
        said = [w("curves-pr-said", positive), which, _named(subjects, lines, w)]
        svg = pictures.unit_curves(
            _drawing("pr", w("curves-pr-title"), said, w), lines, x=w("curves-pr-x"), y=w("curves-pr-y"), level=level
        )
        caption = w("curves-pr-caption" if level is None else "curves-pr-caption-chance")
        found.append(Figure(w("curves-pr"), svg, _joined(caption, which, _band(lines, w)), _legend(subjects, lines)))
    return found


def _drawing(key: str, title: str, said: Sequence[str], w: Words) -> Drawing:
    return Drawing(key, title, _joined(*said), point=w.point)


def _joined(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)


def _named(subjects: Sequence[Subject], lines: Sequence[Line], w: Words) -> str:
    return w("curves-lines", ", ".join(subjects[line.slot].name for line in lines))


def _calibration(key: str, name: str, pair: Pair, where: str, w: Words) -> list[Figure]:
    """Reliability: of the positive class, or (multiclass) of the class that was called."""
    truth, predictions = pair
    probability, target = predictions.arrays.get("probability"), truth["target"].astype(np.int64)
    if probability is None or not len(target) or not np.isfinite(probability).all():
        return []
    kind = "" if probability.ndim == 1 else "-called"
    if kind:
        target = (probability.argmax(axis=1) == target).astype(np.int64)
        probability = probability.max(axis=1)
    bins = reliability(target, probability, truth.arrays.get("weight"))
    dots = Dots(bins.predicted, bins.observed, bins.low, bins.high)
    said = w(f"curves-calibration-said{kind}", name, where, len(bins.count))
    drawing = _drawing(f"calibration-{key}", w("curves-calibration"), [said], w)
    svg = pictures.reliability(drawing, dots, x=w(f"curves-calibration-x{kind}"), y=w(f"curves-calibration-y{kind}"))
    of = count(int(np.median(bins.count))), count(len(target))
    return [Figure(w("curves-calibration-where", where), svg, w("curves-calibration-caption", name, where, *of))]


def _regression(content: ReportInput, names: Sequence[str], w: Words) -> list[Figure]:
    if content.test is not None:
        name, pair, where = _test_name(content), content.test, w("curves-on-locked")
    else:
        name, where = main_name(content, names), w("curves-out-of-fold")
        pair = pooled(content.folds[name])
    actual, predicted = pair[0]["target"].astype(np.float64), pair[1]["value"].astype(np.float64)
    finite = np.isfinite(predicted)
    actual, predicted = actual[finite], predicted[finite]
    order = np.argsort(predicted, kind="stable")[pictures.thin(predicted, MOST_DOTS)]
    rows = w("curves-rows", name, where, count(len(predicted)))
    if len(order) < len(predicted):
        rows = w("curves-rows-some", name, where, count(len(predicted)), count(len(order)))
    x, y = predicted[order], actual[order]
    first = _drawing("predicted-actual", w("curves-against"), [w("curves-against-said", rows)], w)
    second = _drawing("residuals", w("curves-residuals"), [w("curves-residuals-said", rows)], w)
    axis = w("curves-predicted")
    return [
        Figure(
            w("curves-against"),
            pictures.against(first, x, y, x=axis, y=w("curves-actual")),
            w("curves-against-caption", rows),
        ),
        Figure(
            w("curves-residuals"),
            pictures.residuals(second, x, y - x, x=axis, y=w("curves-actual-less")),
            w("curves-residuals-caption", rows),
        ),
    ]


def _top(content: ReportInput, names: Sequence[str]) -> list[str]:
    """The first few rows, the chosen one always among them."""
    top, main = list(names[:MOST_ROWS]), main_name(content, names) if names else ""
    return top if main in top or not main else [*top[: MOST_ROWS - 1], main]


def main_name(content: ReportInput, names: Sequence[str]) -> str:
    """The chosen row where it has predictions, else the best of ``names``, which are ranked."""
    chosen = chosen_name(content.summary)
    return chosen if chosen is not None and chosen in names else names[0]


def _test_name(content: ReportInput) -> str:
    return chosen_name(content.summary) or ""


def _folds(parts: Sequence[Part], code: int | None) -> tuple[tuple[np.ndarray, np.ndarray, np.ndarray | None], ...]:
    return _folds_of([(part.truth, part.predictions) for part in parts], code)


def _folds_of(pairs: Sequence[Pair], code: int | None) -> tuple[tuple[np.ndarray, np.ndarray, np.ndarray | None], ...]:
    """Each pair as 0/1 targets, scores and weights; pairs without scores, or with one class, are left out."""
    found = []
    for truth, predictions in pairs:
        score = predictions.arrays.get("score", predictions.arrays.get("probability"))
        if score is None or not np.isfinite(score).all():
            continue
        target = truth["target"].astype(np.int64)
        if code is not None:
            target, score = (target == code).astype(np.int64), score[:, code]
        if 0 < target.sum() < len(target):
            found.append((target, np.asarray(score), truth.arrays.get("weight")))
    return tuple(found)


def _lines(subjects: Sequence[Subject], curve: Callable[[np.ndarray, np.ndarray, np.ndarray | None], Curve]) -> list[Line]:
    """One line a subject that has folds; the first gets a band from its lowest to its highest fold."""
    found = []
    for slot, subject in enumerate(subjects):
        curves = [curve(*fold) for fold in subject.folds]
        if not curves:
            continue
        if len(curves) == 1:
            found.append(Line(*curves[0], slot=slot, is_main=slot == 0))
            continue
        grid = curves[0][0]
        heights = np.stack([y for _, y in curves])
        low, high = (heights.min(axis=0), heights.max(axis=0)) if slot == 0 else (None, None)
        found.append(Line(grid, heights.mean(axis=0), slot, low, high, is_main=slot == 0))
    return found


def _roc(target: np.ndarray, score: np.ndarray, weights: np.ndarray | None) -> Curve:
    """The ROC curve on the grid, from (0, 0)."""
    curve = roc(target, score, weights)
    height = np.interp(GRID, curve.false_positive_rate, curve.true_positive_rate)
    return np.concatenate([[0.0], GRID]), np.concatenate([[0.0], height])


def _precision_recall(target: np.ndarray, score: np.ndarray, weights: np.ndarray | None) -> Curve:
    """At each recall of the grid the precision of the highest threshold that reaches it: steps, not straight lines."""
    curve = precision_recall(target, score, weights)
    reached = np.searchsorted(curve.recall, GRID[1:] - 1e-12, side="left")
    return GRID[1:], curve.precision[np.minimum(reached, len(curve.precision) - 1)]


def _prevalence(subjects: Sequence[Subject]) -> float | None:
    targets = [target for subject in subjects[:1] for target, _, _ in subject.folds]
    return float(np.concatenate(targets).mean()) if targets else None


def _band(lines: Sequence[Line], w: Words) -> str:
    return w("curves-band") if any(line.low is not None for line in lines) else ""


def _legend(subjects: Sequence[Subject], lines: Sequence[Line]) -> tuple[LegendEntry, ...]:
    return tuple(legend_entry(subjects[line.slot].name, line) for line in lines)


def legend_entry(name: str, line: Line) -> LegendEntry:
    """The entry of a line, dashed as the line is."""
    pattern = DASHES[line.slot % len(DASHES)]
    dash = "" if pattern == "-" else " ".join(f"{2 * length:g}" for length in pattern[1])
    return LegendEntry(name, line.slot, dash, line.is_main)
