"""What the chosen candidate's mistakes come to, per 1000 rows: money where costs were given, else mistakes by kind.

From the locked rows once they are open; before that from out-of-fold rows, each fold cut where the others say, so that no row
had a part in choosing the threshold it is judged at.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assay.measure.parts import Part
from assay.measure.payload import Predictions, Truth
from assay.measure.threshold.bands import Rows as Bands
from assay.measure.threshold.bands import reach, rows_of
from assay.report.content import ReportInput
from assay.report.evidence import labels_of, pooled
from assay.report.language import Words
from assay.report.leaderboard import chosen_name
from assay.report.numbers import decimals_for
from assay.report.operating import WhereToCut, costs_of
from assay.report.words import Piece, Sentence, sentence

PER = 1000
LEVEL = 0.95
NEARLY_ALL = 0.9
"""The share of rows whose error is told beside the middle one."""


@dataclass(frozen=True, slots=True)
class CostLine:
    """label: may hold names.  ends: the interval, or ""."""

    label: Sentence
    value: str
    ends: str = ""


@dataclass(frozen=True, slots=True)
class Costs:
    headline: Sentence
    lines: tuple[CostLine, ...]
    note: str


@dataclass(frozen=True)
class _Judged:
    """truth and what was said of the same rows (n,); bands: their weights and what belongs together."""

    truth: np.ndarray
    said: np.ndarray
    bands: Bands
    is_test: bool
    too_narrow: bool

    def mean(self, values: np.ndarray) -> tuple[float, float | None, float | None]:
        """The mean of values (n,) with Student's interval, whose ends are None where one row is all."""
        mean, error = self.bands.mean(values)
        if not np.isfinite(error):
            return mean, None, None
        spread = reach(LEVEL, self.bands.n_independent) * error
        return mean, mean - spread, mean + spread

    def share(self, hits: np.ndarray) -> tuple[float, float | None, float | None]:
        """The share of rows with Wilson's interval."""
        found = self.bands.share(np.ones(len(hits), dtype=bool), hits, LEVEL)
        return (0.0, None, None) if found is None else found[:3]


def what_it_costs(content: ReportInput, cut: WhereToCut | None) -> Costs | None:
    """None where nothing was measured that could be counted: no candidate, no labels, a ranking, texts."""
    name = chosen_name(content.summary)
    if name is None or content.task.is_language or content.task.special == "ranking":
        return None
    judged = _judged(content, content.folds.get(name, ()), cut)
    if judged is None or not len(judged.truth) or judged.bands.weights.sum() <= 0:
        return None
    w = content.words
    if not content.task.is_classification:
        return _errors(judged, w)
    if content.task.name != "binary":
        return _wrong(judged, content.task.classes, w)
    rule = content.threshold_rule
    costs = None if rule is None else costs_of(rule)
    return _mistakes(judged, w) if costs is None else _money(judged, costs, w)


def _judged(content: ReportInput, parts: Sequence[Part], cut: WhereToCut | None) -> _Judged | None:
    """The rows to judge by: the locked ones, those that chose no threshold of theirs, or those that are out of fold."""
    pair = content.test if content.test is not None else (pooled(parts) if parts else None)
    if pair is None:
        return None
    design = content.design
    clusters = None
    if content.test is None and design is not None and design.clusters is not None:
        clusters = design.clusters[design.positions(pair[0].units)]
        clusters = clusters if len(np.unique(clusters)) > 1 else None
    too_narrow = content.test is not None and design is not None and design.clusters is not None
    truth, weights = pair[0]["target"], pair[0].arrays.get("weight")
    bands = rows_of(np.ones(len(truth)) if weights is None else weights.astype(np.float64), clusters, LEVEL)
    if content.test is None and cut is not None and cut.honest is not None:
        return _Judged(cut.honest[0].target, cut.honest[1].astype(np.int64), bands, False, too_narrow)
    said = _said(pair, content.task.is_classification)
    return None if said is None else _Judged(truth, said, bands, content.test is not None, too_narrow)


def _said(pair: tuple[Truth, Predictions], is_classification: bool) -> np.ndarray | None:
    if is_classification:
        found = labels_of(pair[1])
        return None if found is None else found[0]
    value = pair[1].arrays.get("value")
    return value if value is not None and value.ndim == 1 and np.isfinite(value).all() else None


def _money(judged: _Judged, costs: tuple[float, float], w: Words) -> Costs:
    """costs: of a miss and of a false alarm.  Treating all alike means whichever of nobody and everybody is cheaper here."""
    positive, called = judged.truth == 1, judged.said == 1
    own = np.where(positive & ~called, costs[0], 0.0) + np.where(~positive & called, costs[1], 0.0)
    nobody, everybody = np.where(positive, costs[0], 0.0), np.where(positive, 0.0, costs[1])
    weights = judged.bands.weights
    is_nobody = float(weights @ nobody) <= float(weights @ everybody)
    alike = nobody if is_nobody else everybody
    saved, low, high = judged.mean(alike - own)
    key = "first-costs-open"
    if low is not None and high is not None:
        key = "first-costs-saves" if low > 0 else "first-costs-loses" if high < 0 else key
    text = _per(abs(saved), (low, high), w)[0]
    label = w("first-costs-nobody" if is_nobody else "first-costs-everybody")
    lines = (
        _line(w("first-costs-own"), judged.mean(own), w),
        CostLine((Piece(label),), _per(float(weights @ alike / weights.sum()), (None, None), w)[0]),
        _line(w("first-costs-saved"), (saved, low, high), w, sign=True),
        *_kinds(judged, w),
    )
    return Costs(sentence(w, key, text), lines, _note(judged, w))


def _mistakes(judged: _Judged, w: Words) -> Costs:
    lines = _kinds(judged, w)
    said = sentence(w, "first-costs-mistakes", *(line.value for line in lines))
    positives = CostLine((Piece(w("first-costs-positives")),), *_per_share(judged.share(judged.truth == 1), w))
    return Costs(said, (*lines, positives), f"{_note(judged, w)} {w('first-costs-give')}")


def _kinds(judged: _Judged, w: Words) -> tuple[CostLine, CostLine]:
    positive, called = judged.truth == 1, judged.said == 1
    missed, alarms = judged.share(positive & ~called), judged.share(~positive & called)
    return (
        CostLine((Piece(w("first-costs-missed")),), *_per_share(missed, w)),
        CostLine((Piece(w("first-costs-alarms")),), *_per_share(alarms, w)),
    )


def _wrong(judged: _Judged, classes: Sequence[str], w: Words) -> Costs:
    """How many labels are wrong, and which mistake is the most frequent."""
    truth, said = judged.truth.astype(np.int64), judged.said.astype(np.int64)
    value, ends = _per_share(judged.share(truth != said), w)
    lines = [CostLine((Piece(w("first-costs-wrong-label")),), value, ends)]
    table = np.bincount(truth * len(classes) + said, weights=judged.bands.weights, minlength=len(classes) ** 2)
    table = table.reshape(len(classes), len(classes))
    np.fill_diagonal(table, 0.0)
    true, called = np.unravel_index(int(table.argmax()), table.shape)
    if table[true, called] > 0:
        pair = (Piece(classes[int(true)], strong=True), Piece(classes[int(called)], strong=True))
        found = judged.share((truth == true) & (said == called))
        lines.append(CostLine(sentence(w, "first-costs-most", *pair), *_per_share(found, w)))
    return Costs(sentence(w, "first-costs-wrong", value), tuple(lines), _note(judged, w))


def _errors(judged: _Judged, w: Words) -> Costs:
    off = np.abs(judged.truth.astype(np.float64) - judged.said.astype(np.float64))
    mean, low, high = judged.mean(off)
    middle, most = _quantiles(off, judged.bands.weights, (0.5, NEARLY_ALL))
    places = decimals_for([mean, low, high])
    told = w.fixed(mean, places)
    lines = (
        CostLine((Piece(w("first-costs-off-mean")),), told, w.range(low, high, places)),
        CostLine((Piece(w("first-costs-off-half")),), w.fixed(middle, places)),
        CostLine((Piece(w("first-costs-off-most")),), w.fixed(most, places)),
    )
    return Costs(sentence(w, "first-costs-off", told), lines, _note(judged, w, "first-costs-off-"))


def _quantiles(values: np.ndarray, weights: np.ndarray, shares: Sequence[float]) -> list[float]:
    """The least value that has at least the share of the weight at or below it."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    places = np.searchsorted(reached, np.asarray(shares) * reached[-1] * (1 - 1e-12))
    return [float(values[order[min(int(place), len(order) - 1)]]) for place in places]


def _line(label: str, found: tuple[float, float | None, float | None], w: Words, *, sign: bool = False) -> CostLine:
    value, low, high = found
    return CostLine((Piece(label),), *_per(value, (low, high), w, sign=sign))


def _per(value: float, ends: tuple[float | None, float | None], w: Words, *, sign: bool = False) -> tuple[str, str]:
    """(value, interval) for 1000 rows."""
    value, (low, high) = PER * value, (None if end is None else PER * end for end in ends)
    places = min(2, decimals_for([value, low, high]))
    return w.fixed(value, places, sign=sign), w.range(low, high, places, sign=sign)


def _per_share(found: tuple[float, float | None, float | None], w: Words) -> tuple[str, str]:
    """As ``_per`` for a count: no more than one decimal."""
    value, low, high = (None if one is None else PER * one for one in found)
    places = 0 if value is not None and value >= PER / 10 else 1
    return w.fixed(value, places), w.range(low, high, places)


def _note(judged: _Judged, w: Words, key: str = "first-costs-") -> str:
    where = w(f"{key}{'test' if judged.is_test else 'folds'}")
    return f"{where} {w('first-costs-narrow')}" if judged.too_narrow else where
