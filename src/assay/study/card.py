"""The card of a finished model: what was asked, what it learned from, how good it is, where it ends, whom it errs on.

Everything is JSON, and everything is measured or told: what nobody told, such as what the model is meant for, is said to be
missing.  The limits are sentences that follow from numbers of this study, not warnings that would fit any model.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assay.core.errors import ConfigError, DataError
from assay.core.names import did_you_mean
from assay.data.task import task_form
from assay.explain.fairness import Fairness, fairness
from assay.explain.held import HeldOut, held_rows
from assay.measure.parts import Design
from assay.recipes.fitted import Fitted
from assay.recipes.named import recipe_named
from assay.study.blend import BLEND
from assay.study.cells import Candidate
from assay.study.scores import Scores
from assay.study.versions import library_versions

FEW_ROWS, FEW_OF_A_CLASS = 1000, 50
MOST_COLUMNS_NAMED = 10
MOST_PURPOSE = 10_000


@dataclass(frozen=True)
class Purpose:
    """What only people know of a model.

    use: what it is meant for, in their words; "": not told.
    groups: columns that say which group of people a row is of; its errors are measured in each.
    """

    use: str = ""
    groups: tuple[str, ...] = ()

    def check(self, scores: Scores) -> None:
        """Before the lock is opened. Raises ConfigError for a column that is not there, or a model without decisions."""
        if len(self.use) > MOST_PURPOSE:
            raise ConfigError(f"the intended use has {len(self.use)} characters; say it in {MOST_PURPOSE}.")
        if self.groups and scores.data.question.name != "binary":
            raise ConfigError(f"errors by group are of a binary decision, and this task is {scores.data.question.name}.")
        columns = [name for name in scores.data.frame.columns if name != scores.data.question.target]
        for name in self.groups:
            if name not in columns:
                raise ConfigError(f"errors by group of {name!r}: the data has no such column{did_you_mean(name, columns)}")


def card_of(
    scores: Scores, candidate: Candidate, fitted: Fitted, test: dict[str, Any], design: Design, purpose: Purpose
) -> dict[str, Any]:
    """JSON values without NaN.  test: what was measured on the locked rows.  design: of these rows."""
    prior = _prior(scores)
    return {
        "name": candidate.name,
        "intended_use": {"question": _question(scores, fitted), "stated": purpose.use or None},
        "metric": scores.settings.metric,
        "metrics": test["metrics"],
        "cross_validation": {metric.name: scores.interval(candidate.name, metric.name).to_json() for metric in scores.metrics},
        "openings": test["openings"],
        "seen_before": test["seen_before"],
        "threshold_rule": test["threshold_rule"],
        "threshold_note": test["threshold_note"],
        "threshold_interval": test["threshold_interval"],
        "conformal": test["conformal"],
        "prior": prior,
        "correction": None if fitted.correction is None else fitted.correction.to_json(),
        "limits": [*_limits(scores, fitted, test), *_of_others(candidate)],
        "fairness": [_by_group(scores, fitted, test, design, name) for name in purpose.groups],
        "verdicts": [verdict.to_json() for verdict in scores.verdicts],
        "warnings": [finding.to_json() for finding in scores.findings if finding.level == "warning"],
        "fingerprints": {"data": scores.data.fingerprint, "plan": scores.plan.digest},
        "data": _data(scores),
        "seed": scores.settings.seed,
        "versions": library_versions(),
    }


def _prior(scores: Scores) -> dict[str, float] | None:
    """Class shares of the rows that are not locked."""
    task = scores.data.question
    if not task.is_classification:
        return None
    codes = scores.data.target[scores.plan.development]
    return dict(zip(task.classes, (np.bincount(codes, minlength=len(task.classes)) / len(codes)).tolist(), strict=True))


def _question(scores: Scores, fitted: Fitted) -> str:
    task, columns = scores.data.question, len(fitted.schema.features)
    if task.is_language:
        return f"{task_form(task.asked).summary}, in {task.target!r} ({task.asked})"
    asked = f"which of {len(task.classes)} classes" if task.is_classification else "which number"
    return f"{asked} {task.target!r} is, from {columns} column{'s' if columns > 1 else ''} ({task.asked})"


def _data(scores: Scores) -> dict[str, Any]:
    """What the model learned from."""
    data, plan, task = scores.data, scores.plan, scores.data.question
    kinds = [column.kind for column in data.schema.features]
    found: dict[str, Any] = {
        "source": Path(data.source).name,
        "rows": len(data),
        "locked": len(plan.locked),
        "learned_from": len(plan.final_training),
        "fingerprint": data.fingerprint,
        "columns": {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)},
        "unit": plan.unit,
    }
    if task.is_classification:
        counts = np.bincount(data.target[plan.final_training], minlength=len(task.classes)).tolist()
        found["classes"] = {name: {"rows": n, "share": n / sum(counts)} for name, n in zip(task.classes, counts, strict=True)}
    if plan.groups is not None:
        found["groups"] = len(np.unique(plan.groups[plan.final_training]))
    spans = _spans(scores)
    return found | ({"time": spans} if spans else {})


def _spans(scores: Scores) -> dict[str, list[str]]:
    """By column that is a date: the first and the last of the training rows."""
    found = {}
    for column in scores.data.schema.columns:
        if column.name in scores.data.frame.columns and (column.kind == "date" or column.role == "time"):
            cells = scores.data.frame[column.name][scores.plan.final_training].drop_nulls()
            if len(cells):
                found[column.name] = [str(end).removesuffix(" 00:00:00") for end in (cells.min(), cells.max())]
    return found


# ---- limits


def _limits(scores: Scores, fitted: Fitted, test: Mapping[str, Any]) -> list[str]:
    """Sentences, each with the number it follows from."""
    return [
        *_of_rows(scores),
        *_of_measurement(scores, test),
        *_of_cells(fitted),
        "It refuses a row without one of its columns, with a cell that cannot be read as its kind, or with an infinite number.",
    ]


def _of_others(candidate: Candidate) -> list[str]:
    carries = "" if candidate.recipe == BLEND.recipe else recipe_named(candidate.recipe).carries
    return [f"It holds {carries}; whoever passes it on is bound by these terms."] if carries else []


def _of_rows(scores: Scores) -> list[str]:
    plan, data = scores.plan, scores.data
    found = [
        f"Its training rows reach in {name!r} from {first} to {last}; of other times it has seen nothing."
        for name, (first, last) in _spans(scores).items()
    ]
    n = len(plan.final_training)
    if n < FEW_ROWS:
        found.append(
            f"It learned from {n} rows: of a kind of row that is rarer than one in {max(1, n // 10)} it saw fewer than ten."
        )
    if data.question.is_classification:
        counts = np.bincount(data.target[plan.final_training], minlength=len(data.question.classes))
        few = [(name, int(k)) for name, k in zip(data.question.classes, counts, strict=True) if k < FEW_OF_A_CLASS]
        found += [f"Only {k} of its training rows are of class {name!r}." for name, k in few[:MOST_COLUMNS_NAMED]]
    return found


def _of_measurement(scores: Scores, test: Mapping[str, Any]) -> list[str]:
    locked, metric = len(scores.plan.locked), scores.settings.metric
    found, interval = [], test["metrics"].get(metric) or {}
    if interval.get("value") is None:
        found.append(
            f"{metric} has no value on its {locked} test rows ({interval.get('undefined')}): how good it is, is not known."
        )
    elif interval.get("low") is not None:
        span = f"[{interval['low']:.4g}, {interval['high']:.4g}]"
        found.append(f"Its {metric} on {locked} test rows is known only as far as the interval {span} says.")
    if test["openings"] > 1:
        found.append(f"The test rows were opened {test['openings']} times: the later the opening, the more its numbers flatter.")
    if test["seen_before"]:
        found.append(f"Of its test rows {test['seen_before']} had been looked at in another study of these data.")
    conformal = test["conformal"]
    if conformal.get("undefined") is not None:
        found.append(f"It gives no sets or intervals: {conformal['undefined']}")
    for measured in conformal.get("coverage", []):
        kept = measured["overall"]
        if kept.get("high") is not None and kept["high"] < measured["level"]:
            span = f"{kept['value']:.1%} [{kept['low']:.1%}, {kept['high']:.1%}]"
            found.append(f"Sets or intervals at {measured['level']:.0%} held the truth in {span} of the test rows: too seldom.")
    return found


def _of_cells(fitted: Fitted) -> list[str]:
    categories = [column.name for column in fitted.schema.features if column.kind == "category"]
    if not categories:
        return []
    return [f"A level that it has not seen in training is answered as unknown, in {_named(categories)}."]


def _named(names: list[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:MOST_COLUMNS_NAMED])
    return shown + (f" and {len(names) - MOST_COLUMNS_NAMED} more columns" if len(names) > MOST_COLUMNS_NAMED else "")


# ---- errors by group


def _by_group(scores: Scores, fitted: Fitted, test: Mapping[str, Any], design: Design, column: str) -> dict[str, Any]:
    """Rates in each group of the locked rows, and the differences that are shown; why not, where there are too few rows."""
    rows = scores.plan.locked
    part = held_rows(fitted, scores.data, rows, rows[:0])
    held = HeldOut((part,), design, "this model", "the locked test rows", test["threshold"], level=scores.settings.level)
    try:
        return _shortened(fairness(held, scores.data.frame[column][rows]))
    except DataError as error:
        return {"column": column, "undefined": str(error)}


def _shortened(found: Fairness) -> dict[str, Any]:
    told = found.to_json()
    worst = found.worst
    return {
        **{key: told[key] for key in ("column", "threshold", "positive", "groups", "left_out_rows", "correction", "notes")},
        "differences_tested": len(found.gaps),
        "differences_shown": [gap.to_json() for gap in found.gaps if gap.shown],
        "disparate_impact": None if worst is None else worst.to_json(),
    }
