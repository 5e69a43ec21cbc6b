"""The one object that ``--json`` prints, the report draws and leaderboard.json keeps."""

from typing import TYPE_CHECKING, Any

from assay.study.cells import Candidate, Cell

if TYPE_CHECKING:
    from assay.study.result import StudyResult

SCHEMA = 1


def summarize(result: "StudyResult") -> dict[str, Any]:
    """As in the documentation of ``--json``; values are None with a reason where undefined or failed."""
    by_name = {candidate.name: candidate for candidate in result.candidates}
    failed = [candidate for candidate in result.candidates if candidate.name not in result.parts]
    rows = [_measured(result, by_name[name]) for name in result.ranking] + [_failed(result, one) for one in failed]
    return {
        "schema": SCHEMA,
        "task": result.data.question.name,
        "metric": result.settings.metric,
        "rows": rows,
        "verdicts": [verdict.to_json() for verdict in result.verdicts],
        "winner": result.winner,
        "test": result.opened,
        "warnings": [
            {"code": finding.code, "columns": list(finding.columns), "message": finding.message, "advice": finding.advice}
            for finding in result.findings
            if finding.level == "warning"
        ],
        "run": str(result.folder.path),
    }


def _measured(result: "StudyResult", candidate: Candidate) -> dict[str, Any]:
    metrics = {metric.name: result.interval(candidate.name, metric.name).to_json() for metric in result.metrics}
    chosen = metrics[result.settings.metric]
    return {
        "name": candidate.name,
        "recipe": candidate.recipe,
        "treatment": candidate.treatment,
        "metrics": metrics,
        "value": chosen["value"],
        "low": chosen["low"],
        "high": chosen["high"],
        "seconds": _seconds(result, candidate),
        "failure": None,
    }


def _failed(result: "StudyResult", candidate: Candidate) -> dict[str, Any]:
    failure = result.failure(candidate)
    return {
        "name": candidate.name,
        "recipe": candidate.recipe,
        "treatment": candidate.treatment,
        "metrics": {},
        "value": None,
        "low": None,
        "high": None,
        "seconds": _seconds(result, candidate),
        "failure": "unknown" if failure is None else failure.reason,
    }


def _seconds(result: "StudyResult", candidate: Candidate) -> float:
    cells = [Cell(candidate, fold.repeat, fold.fold) for fold in result.plan.folds]
    return round(sum(result.records[cell].seconds for cell in cells if cell in result.records), 3)
