"""The one object that ``--json`` prints, the report draws and leaderboard.json keeps."""

from typing import Any

from assay.study.budget.spent import spent
from assay.study.cells import Candidate, Cell
from assay.study.helped_words import sentences
from assay.study.memory import sampled
from assay.study.scores import Scores

SCHEMA = 1


def summarize(scores: Scores) -> dict[str, Any]:
    """As in the documentation of ``--json``; values are None with a reason where undefined or failed."""
    by_name = {candidate.name: candidate for candidate in scores.candidates}
    failed = [candidate for candidate in scores.candidates if candidate.name not in scores.parts]
    rows = [_measured(scores, by_name[name]) for name in scores.ranking] + [_failed(scores, one) for one in failed]
    helped = scores.helped
    summary = {
        "schema": SCHEMA,
        "task": scores.data.question.asked,
        "metric": scores.settings.metric,
        "rows": rows,
        "verdicts": [verdict.to_json() for verdict in scores.verdicts],
        "winner": scores.winner,
        "test": scores.opened,
        "warnings": [
            {"code": finding.code, "columns": list(finding.columns), "message": finding.message, "advice": finding.advice}
            for finding in scores.findings
            if finding.level == "warning"
        ]
        + sampled(scores.records),
        "run": str(scores.folder.path),
    }
    if helped is not None:
        facts = helped.to_json()
        summary["treatments"] = {**facts, "sentences": sentences(facts)}
    budget = spent(scores.folder.path, scores.records)
    return summary if budget is None else {**summary, "budget": budget}


def _measured(scores: Scores, candidate: Candidate) -> dict[str, Any]:
    metrics = {metric.name: scores.interval(candidate.name, metric.name).to_json() for metric in scores.metrics}
    chosen = metrics[scores.settings.metric]
    return {
        "name": candidate.name,
        "recipe": candidate.recipe,
        "treatment": candidate.treatment,
        "metrics": metrics,
        "value": chosen["value"],
        "low": chosen["low"],
        "high": chosen["high"],
        "seconds": _seconds(scores, candidate),
        "failure": None,
    }


def _failed(scores: Scores, candidate: Candidate) -> dict[str, Any]:
    failure = scores.failure(candidate)
    return {
        "name": candidate.name,
        "recipe": candidate.recipe,
        "treatment": candidate.treatment,
        "metrics": {},
        "value": None,
        "low": None,
        "high": None,
        "seconds": _seconds(scores, candidate),
        "failure": "unknown" if failure is None else failure.reason,
    }


def _seconds(scores: Scores, candidate: Candidate) -> float:
    cells = [Cell(candidate, fold.repeat, fold.fold) for fold in scores.plan.folds]
    return round(sum(scores.records[cell].seconds for cell in cells if cell in scores.records), 3)
