"""Everything a run measured as tables, the same for every task: one line a candidate, value, verdict, fit and prediction."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from assay.measure.parts import Part
from assay.study.result import StudyResult

OUT_OF_FOLD, LOCKED = "out of fold", "locked test rows"

CANDIDATES = {
    "name": pl.String,
    "recipe": pl.String,
    "treatment": pl.String,
    "rank": pl.Int64,
    "seconds": pl.Float64,
    "failure": pl.String,
}
METRICS = {
    "name": pl.String,
    "rows": pl.String,
    "metric": pl.String,
    "value": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "level": pl.Float64,
    "method": pl.String,
    "estimand": pl.String,
    "n": pl.Int64,
    "undefined": pl.String,
}
VERDICTS = {
    "a": pl.String,
    "b": pl.String,
    "metric": pl.String,
    "difference": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "p_raw": pl.Float64,
    "p": pl.Float64,
    "family": pl.String,
    "method": pl.String,
    "call": pl.String,
}
FITS = {
    "name": pl.String,
    "repeat": pl.Int64,
    "fold": pl.Int64,
    "seed": pl.UInt64,
    "seconds": pl.Float64,
    "peak_mb": pl.Float64,
    "failure": pl.String,
    "notes": pl.String,
}
FINDINGS = {
    "code": pl.String,
    "level": pl.String,
    "columns": pl.String,
    "message": pl.String,
    "advice": pl.String,
}


def tables_of(result: StudyResult) -> dict[str, pl.DataFrame]:
    """candidates, metrics, verdicts, fits, predictions, findings, settings; an undefined number is null.

    fits: one line a cell of the study, with its seed, seconds and largest memory (MiB).
    predictions: out of fold, one line a unit that was predicted; ``target`` is the truth as Assay counts it (a class by its
    place among the classes), arrays of a class each become a column each ("probability_yes").  ``label`` is cut at the
    threshold of the other folds.
    """
    summary = result.summary()
    return {
        "candidates": _frame(_candidates(summary), CANDIDATES),
        "metrics": _frame(_metrics(summary), METRICS),
        "verdicts": _frame(summary["verdicts"], VERDICTS),
        "fits": _frame(_fits(result), FITS),
        "predictions": _predictions(result),
        "findings": _frame(_findings(result), FINDINGS),
        "settings": _frame(_settings(result), {"name": pl.String, "value": pl.String}),
    }


def _frame(
    rows: Iterator[Mapping[str, Any]] | Sequence[Mapping[str, Any]], schema: Mapping[str, type[pl.DataType]]
) -> pl.DataFrame:
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=dict(schema))


def _candidates(summary: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for place, row in enumerate(summary["rows"], start=1):
        yield {**row, "rank": None if row["failure"] else place}


def _metrics(summary: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for row in summary["rows"]:
        for metric, interval in row["metrics"].items():
            yield {"name": row["name"], "rows": OUT_OF_FOLD, "metric": metric, **interval}
    test = summary["test"]
    if test is not None:
        for metric, interval in test["metrics"].items():
            yield {"name": test["name"], "rows": LOCKED, "metric": metric, **interval}


def _fits(result: StudyResult) -> Iterator[Mapping[str, Any]]:
    for cell, record in result.records.items():
        yield {
            "name": cell.candidate.name,
            "repeat": cell.repeat,
            "fold": cell.fold,
            "seed": record.seed,
            "seconds": record.seconds,
            "peak_mb": record.peak_mb,
            "failure": None if record.failure is None else record.failure.reason,
            "notes": " ".join(record.notes) or None,
        }


def _findings(result: StudyResult) -> Iterator[Mapping[str, Any]]:
    for finding in result.findings:
        yield {**finding.to_json(), "columns": json.dumps(list(finding.columns), ensure_ascii=False)}


def _settings(result: StudyResult) -> Iterator[Mapping[str, Any]]:
    """What makes the study this one: as study.toml has it, values as JSON."""
    study = result.folder.read_study() or {}
    for part in ("identity", "settings"):
        for name, value in study.get(part, {}).items():
            yield {"name": f"{part}.{name}", "value": json.dumps(value, ensure_ascii=False)}


def _predictions(result: StudyResult) -> pl.DataFrame:
    classes = result.data.question.classes
    frames = [_part(name, part, classes) for name, parts in result.parts.items() for part in parts]
    empty = {"name": pl.String, "repeat": pl.Int64, "fold": pl.Int64, "unit": pl.Int64}
    return pl.concat(frames, how="diagonal") if frames else pl.DataFrame(schema=empty)


def _part(name: str, part: Part, classes: Sequence[str]) -> pl.DataFrame:
    predictions = part.predictions
    units = predictions.units if predictions.offsets is None else np.repeat(predictions.units, np.diff(predictions.offsets))
    columns: dict[str, Any] = {"unit": units}
    for array, values in (*(part.truth.arrays.items() if part.paired else ()), *predictions.arrays.items()):
        columns |= _columns(array, values, classes)
    frame = pl.DataFrame(columns)
    of = (
        pl.lit(name).alias("name"),
        pl.lit(part.repeat).cast(pl.Int64).alias("repeat"),
        pl.lit(part.fold).cast(pl.Int64).alias("fold"),
    )
    return frame.select(*of, *frame.columns)


def _columns(array: str, values: np.ndarray, classes: Sequence[str]) -> dict[str, np.ndarray]:
    if values.ndim == 1:
        return {array: values}
    names = classes if len(classes) == values.shape[1] else [str(place) for place in range(values.shape[1])]
    return {f"{array}_{name}": np.ascontiguousarray(values[:, place]) for place, name in enumerate(names)}
