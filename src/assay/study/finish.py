"""The end of a study: one candidate is chosen, refitted, measured on the locked rows once, and saved.

The order matters.  The choice and the threshold come from out-of-fold predictions, the
refit sees development rows only, and only then is the opening of the lock put on record
(intent, predictions, done), in a ledger that no new run folder resets.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_limits

from assay.balance.registry import TREATMENTS
from assay.bundle.model import Model
from assay.core.errors import ConfigError, StudyError
from assay.core.files import canonical_json, sha256_bytes, write_atomic
from assay.core.seeds import derive
from assay.measure.evaluate import Evaluation, evaluate
from assay.measure.parts import Part, design_of
from assay.measure.payload import Predictions, Truth
from assay.measure.threshold import threshold_of_parts, with_labels
from assay.recipes.fitted import Fitted
from assay.recipes.fitting import fit
from assay.recipes.learner import Budget, Context
from assay.recipes.registry import RECIPES
from assay.splits.ledger import Ledger
from assay.study.cells import NO_TREATMENT, Candidate
from assay.study.folder import disk_errors
from assay.study.versions import library_versions
from assay.study.work import truth_of

if TYPE_CHECKING:
    from assay.study.result import StudyResult

TEST_FILE = "test.json"
TEST_PREDICTIONS = "test.npz"


def finish_study(result: "StudyResult", *, prefer: str, margin: float | None) -> Model:
    """Choose, refit, open the lock, save. Raises StudyError when nothing was measured or no rows are locked."""
    candidate = choose(result, prefer=prefer, margin=margin)
    if not len(result.plan.locked):
        raise StudyError("this study has no locked test rows, so there is nothing to open.")
    threshold = operating_threshold(result, candidate)
    fitted = _refit(result, candidate)
    ledger = Ledger()
    # Other library versions make another model: comparing it with the locked rows is another look at them.
    study = sha256_bytes(canonical_json([result.identity.to_json(), library_versions()]).encode())
    opening = ledger.begin(
        result.plan.lock_key, study=study, candidate=candidate.name, when=datetime.now(UTC).isoformat(timespec="seconds")
    )
    predictions = _predict_locked(result, fitted, threshold)
    content = predictions.to_bytes()
    ledger.record_predictions(opening, sha256_bytes(content))
    evaluation = _evaluate_locked(result, candidate, predictions)
    test = {
        "name": candidate.name,
        "threshold": threshold,
        "metrics": {metric.name: evaluation.interval(candidate.name, metric.name).to_json() for metric in result.metrics},
        "openings": opening.number,
    }
    model = Model(fitted=fitted, threshold=threshold, card=_card(result, candidate, test))
    with disk_errors(result.folder.path):
        write_atomic(result.folder.path / TEST_PREDICTIONS, content)
        model.save(result.folder.path / "model")
        write_atomic(result.folder.path / TEST_FILE, (canonical_json(test) + "\n").encode())
    ledger.finish(opening)
    return model


def choose(result: "StudyResult", *, prefer: str, margin: float | None) -> Candidate:
    """The best by the metric, or the simplest that is equivalent to it within the margin.

    Simple means: the recipe's place in ``Recipe.simplicity``, then no treatment before any treatment.
    """
    if prefer not in ("best", "simple"):
        raise ConfigError(f"prefer={prefer!r}: it is best or simple.")
    if prefer == "simple" and (margin is None or margin <= 0):
        raise ConfigError("prefer=simple needs a margin > 0: how much of the metric may be given up, such as --margin 0.005.")
    best = result.winner
    if best is None:
        reasons = [failure.reason for failure in map(result.failure, result.candidates) if failure is not None]
        raise StudyError(f"no candidate was measured, so there is nothing to finish. {reasons[0] if reasons else ''}".strip())
    if prefer == "best":
        return Candidate.parse(best)
    judge = result.judge(margin)
    rivals = [name for name in result.ranking if name != best]
    verdicts = judge.family("equivalence to the best", [(name, best) for name in rivals])
    same = [Candidate.parse(verdict.a) for verdict in verdicts if verdict.call == "the same within the margin"]
    return min([Candidate.parse(best), *same], key=_simplicity)


def _simplicity(candidate: Candidate) -> tuple[int, bool]:
    return RECIPES.get(candidate.recipe).simplicity, candidate.treatment != NO_TREATMENT


def operating_threshold(result: "StudyResult", candidate: Candidate) -> float | None:
    """The threshold of a binary model, chosen on all out-of-fold predictions; None for other tasks."""
    if result.data.question.name != "binary":
        return None
    return threshold_of_parts(result.parts[candidate.name], result.settings.threshold_rule)


def _refit(result: "StudyResult", candidate: Candidate) -> Fitted:
    rows = result.plan.development
    context = Context()
    with threadpool_limits(limits=context.threads):
        return fit(
            RECIPES.get(candidate.recipe),
            TREATMENTS.get(candidate.treatment)(),
            result.data.take(rows),
            groups=None if result.plan.groups is None else result.plan.groups[rows],
            seed=derive(result.settings.seed, "refit", candidate.recipe),
            budget=Budget(),
            context=context,
        )


def _predict_locked(result: "StudyResult", fitted: Fitted, threshold: float | None) -> Predictions:
    rows = result.plan.locked
    predictions = fitted.predict(result.data.frame[rows], units=rows)
    if not result.data.question.is_classification:
        return predictions
    return with_labels(predictions) if threshold is None else with_labels(predictions, threshold)


def _evaluate_locked(result: "StudyResult", candidate: Candidate, predictions: Predictions) -> Evaluation:
    rows = result.plan.locked
    part = Part(0, 0, truth_of(result.data, rows), predictions)
    return evaluate(
        {candidate.name: [part]},
        result.metrics,
        design_of([part], kind=result.plan.unit, groups=result.plan.groups, time=result.plan.time),
        level=result.settings.level,
        estimand="this model",
        replicates=result.settings.replicates,
        seed=derive(result.settings.seed, "test"),
    )


def read_opened(folder: Path) -> dict[str, Any] | None:
    """test.json of a run folder, or None while the lock is shut."""
    path = folder / TEST_FILE
    if not path.exists():
        return None
    opened: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return opened


def read_test_predictions(result: "StudyResult") -> tuple[Truth, Predictions] | None:
    """Truth and predictions of the opened test rows, or None while the lock is shut."""
    path = result.folder.path / TEST_PREDICTIONS
    if not path.exists() or result.opened is None:
        return None
    return truth_of(result.data, result.plan.locked), Predictions.from_bytes(path.read_bytes())


def _card(result: "StudyResult", candidate: Candidate, test: dict[str, Any]) -> dict[str, Any]:
    task = result.data.question
    prior = None
    if task.is_classification:
        codes = result.data.target[result.plan.development]
        prior = dict(zip(task.classes, (np.bincount(codes, minlength=len(task.classes)) / len(codes)).tolist(), strict=True))
    return {
        "name": candidate.name,
        "metric": result.settings.metric,
        "metrics": test["metrics"],
        "cross_validation": {metric.name: result.interval(candidate.name, metric.name).to_json() for metric in result.metrics},
        "openings": test["openings"],
        "prior": prior,
        "verdicts": [verdict.to_json() for verdict in result.verdicts],
        "warnings": [finding.to_json() for finding in result.findings if finding.level == "warning"],
        "fingerprints": {"data": result.data.fingerprint, "plan": result.plan.digest},
        "data": {"source": Path(result.data.source).name, "rows": len(result.data), "locked": len(result.plan.locked)},
        "seed": result.settings.seed,
        "versions": library_versions(),
    }
