"""The numbers of a page as CSV: names of columns in English, numbers in full, text that no spreadsheet takes for a formula."""

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from typing import Any

import numpy as np

from assay.data.safe_csv import write_csv
from assay.measure.registry import metric_named
from assay.report.content import ReportInput
from assay.report.leaderboard import chosen_name, ranked
from assay.report.metric import describe
from assay.report.pictures.canvas import clean
from assay.report.slider import Slider

Line = Mapping[str, Any]
_INTERVAL = ("value", "low", "high", "level", "method", "estimand", "n", "undefined")
_VERDICT = ("a", "b", "metric", "difference", "low", "high", "p_raw", "p", "family", "call")
_NUMBERS = frozenset(
    [
        "rank",
        "value",
        "low",
        "high",
        "level",
        "n",
        "seconds",
        "difference",
        "p_raw",
        "p",
        "repeat",
        "fold",
        "rows",
        "threshold",
        "tp",
        "fn",
        "fp",
        "tn",
        "precision",
        "recall",
        "share_called",
        "f1",
        "cost_per_1000",
    ]
)
_WHOLE = frozenset(("rank", "n", "repeat", "fold", "rows"))


def tables_of(content: ReportInput, slider: Slider | None) -> dict[str, bytes]:
    """The CSV files by name; one without lines is left out."""
    tables: dict[str, tuple[Sequence[str], list[Line]]] = {
        "leaderboard.csv": (
            ("rank", "name", "recipe", "treatment", "chosen", "metric", *_INTERVAL, "seconds", "failure"),
            _leaderboard(content),
        ),
        "metrics.csv": (("name", "rows", "metric", *_INTERVAL), _metrics(content)),
        "verdicts.csv": (_VERDICT, [dict(verdict) for verdict in content.summary["verdicts"]]),
        "folds.csv": (("name", "repeat", "fold", "rows", "metric", "value", "undefined"), list(_folds(content))),
        "thresholds.csv": (
            (
                *("threshold", "chosen", "tp", "fn", "fp", "tn"),
                *("precision", "recall", "share_called", "f1", "cost_per_1000"),
            ),
            [] if slider is None else list(_thresholds(slider)),
        ),
    }
    return {name: _csv(columns, lines, name) for name, (columns, lines) in tables.items() if lines}


def _csv(columns: Sequence[str], lines: Sequence[Line], name: str) -> bytes:
    import polars as pl

    def column(key: str) -> pl.Series:
        values = [line.get(key) for line in lines]
        if key in _NUMBERS and not (key == "rows" and name == "metrics.csv"):
            kind = pl.Int64 if key in _WHOLE else pl.Float64
            return pl.Series(key, [None if value is None else value for value in values], dtype=kind, strict=False)
        return pl.Series(key, [None if value is None else clean(str(value)) for value in values], dtype=pl.String)

    stream = BytesIO()
    write_csv(pl.DataFrame([column(key) for key in columns]), stream)
    return stream.getvalue()


def _leaderboard(content: ReportInput) -> list[Line]:
    metric, chosen = describe(content.metric), chosen_name(content.summary)
    found: list[Line] = []
    for rank, row in enumerate(ranked(content.summary["rows"], metric), 1):
        entry = row["metrics"].get(content.metric) or {}
        found.append(
            {
                **{key: row[key] for key in ("name", "recipe", "treatment", "seconds", "failure")},
                **{key: entry.get(key) for key in _INTERVAL},
                **{key: row[key] for key in ("value", "low", "high")},
                "rank": None if row["value"] is None else rank,
                "chosen": "yes" if row["name"] == chosen else None,
                "metric": content.metric,
            }
        )
    return found


def _metrics(content: ReportInput) -> list[Line]:
    found: list[Line] = []
    test = content.summary["test"]
    judged = [(row["name"], "out of fold", row["metrics"]) for row in content.summary["rows"]]
    if test is not None:
        judged.append((test["name"], "locked test", test["metrics"]))
    for name, rows, metrics in judged:
        found += [
            {"name": name, "rows": rows, "metric": metric, **{key: entry.get(key) for key in _INTERVAL}}
            for metric, entry in metrics.items()
        ]
    return found


def _folds(content: ReportInput) -> Iterable[Line]:
    metric = metric_named(content.metric)
    for name, parts in content.folds.items():
        for part in parts:
            line = {"name": name, "repeat": part.repeat, "fold": part.fold, "rows": len(part.truth), "metric": content.metric}
            missing = metric.undefined(part.truth, part.predictions)
            if missing is not None:
                yield {**line, "undefined": missing}
                continue
            weights = part.truth.arrays.get("weight", np.ones(len(part.truth)))
            value = float(metric.value(metric.unit_statistics(part.truth, part.predictions), weights))
            yield {**line, "value": value} if np.isfinite(value) else {**line, "undefined": "no finite value"}


def _thresholds(slider: Slider) -> Iterable[Line]:
    """precision, recall and F1 are empty where nothing is called, or nothing is positive."""
    for place, threshold in enumerate(slider.threshold):
        tp, fn, fp, tn = (float(getattr(slider, cell)[place]) for cell in ("tp", "fn", "fp", "tn"))
        total, called, positive = tp + fn + fp + tn, tp + fp, tp + fn
        yield {
            "threshold": float(threshold),
            "chosen": "yes" if place == slider.chosen else None,
            "tp": tp,
            "fn": fn,
            "fp": fp,
            "tn": tn,
            "precision": tp / called if called else None,
            "recall": tp / positive if positive else None,
            "share_called": called / total,
            "f1": 2 * tp / (called + positive) if called + positive else None,
            "cost_per_1000": 1000 * (fn * slider.costs[0] + fp * slider.costs[1]) / total if slider.given else None,
        }
