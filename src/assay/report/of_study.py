"""From a study's result to its page: the one place where a ReportInput is made."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from assay.core.files import user_folder
from assay.core.spaced import spaced
from assay.report.content import ReportInput
from assay.report.gallery import pictures_of_study
from assay.report.language import Language
from assay.report.look import Look, look_at
from assay.report.page import write_report
from assay.report.wrong_texts import texts_of_study
from assay.splits.ledger import Ledger
from assay.study.ablate.result import read_ablations
from assay.study.finish import read_test_predictions
from assay.study.folder import disk_errors
from assay.study.looking import Looks
from assay.study.looks_of_study import looks_of_study
from assay.study.versions import library_versions

if TYPE_CHECKING:
    from assay.study.result import StudyResult

MOST_LOOKED_AT = 60
"""Columns of the look at the data that a report shows in full; ``assay look`` shows more."""

MOST_ROWS = 1_000_000
"""Rows of it; the page says of how many."""


def write_page(result: "StudyResult", language: Language = "en") -> Path:
    """Draw RUN/report.html and return its path; raises StudyError when the folder cannot be written."""
    path = result.folder.path / "report.html"
    with disk_errors(result.folder.path):
        write_report(report_input(result, language), path)
    return path


def report_input(result: "StudyResult", language: Language = "en") -> ReportInput:
    return ReportInput(
        title=Path(result.data.source).name or result.data.source,
        task=result.data.question,
        metric=result.settings.metric,
        summary=result.summary(),
        folds=result.parts,
        test=read_test_predictions(result),
        findings=[finding.to_json() for finding in result.findings],
        schema=result.data.schema,
        provenance=_provenance(result),
        threshold_rule=result.threshold_rule if result.data.question.name == "binary" else None,
        forward=result.plan.unit == "time",
        design=result.design if result.parts else None,
        looks=looks_of(result),
        look=look_of(result),
        ablations=read_ablations(result.folder.path),
        pictures=pictures_of_study(result),
        texts=texts_of_study(result),
        language=language,
    )


def look_of(result: "StudyResult") -> Look:
    """The rows that are not locked, or some of them."""
    rows = result.data.take(_looked_at(result))
    return look_at(rows, seed=result.settings.seed, most_shown=MOST_LOOKED_AT, of=len(result.data))


def looks_of(result: "StudyResult") -> Looks | None:
    """The rows before and after the study's treatments."""
    return looks_of_study(result.data.take(_looked_at(result)), result.settings.treatments, seed=result.settings.seed)


def _looked_at(result: "StudyResult") -> np.ndarray:
    """Row numbers outside the lock, evenly spaced where there are very many: a picture needs no more."""
    rows = result.plan.development
    return rows if len(rows) <= MOST_ROWS else rows[spaced(len(rows), MOST_ROWS)]


def _provenance(result: "StudyResult") -> Mapping[str, Any]:
    plan, settings = result.plan, result.settings
    records = result.records.values()
    # The opening's study and predictions are digests that say nothing to a reader.
    openings = [
        {"number": one.number, "candidate": one.candidate, "when": one.when, "state": one.state}
        | ({"reason": one.reason} if one.reason else {})
        for one in Ledger(user_folder() / "ledger").openings(plan.lock_key)
    ]
    return {
        "command": settings.read.get("command", ""),
        "source": result.data.source,
        "versions": dict(text.split(" ", 1) for text in library_versions()),
        "seed": settings.seed,
        "fingerprints": {"data": result.data.fingerprint, "plan": plan.digest},
        "plan": {
            "folds": settings.folds,
            "repeats": settings.repeats,
            "unit": plan.unit,
            "development rows": len(plan.development),
            "locked": len(plan.locked),
            "copies": settings.copies,
        }
        | ({"scheme": settings.scheme} if settings.scheme != "k-fold" else {})
        | {name: str(value) for name, value in (("gap", settings.gap), ("window", settings.window)) if value is not None},
        "threshold": settings.threshold_rule.describe() if result.data.question.name == "binary" else "",
        "calibration": settings.calibration or "what each candidate needs",
        "device of nets": settings.device,
        "intervals": settings.interval,
        "times": {
            "fits": len(result.records),
            "fitting, all processes together": f"{sum(record.seconds for record in records):.1f} s",
            "largest process": f"{max((record.peak_mb for record in records), default=0):.0f} MiB",
        },
        "openings": openings,
    }
