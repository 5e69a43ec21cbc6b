"""The end of a study: one candidate is chosen, refitted, measured on the locked rows once, and saved.

The order matters.  The choice and the threshold come from out-of-fold predictions, the
refit sees development rows only, and only then is the opening of the lock put on record
(intent, predictions, done), in a ledger that no new run folder resets.
"""

from datetime import UTC, datetime
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from assay.bundle.card import conformal_card
from assay.bundle.model import Model
from assay.core.errors import ConfigError, StudyError
from assay.core.files import canonical_json, sha256_bytes, write_atomic
from assay.core.seeds import derive
from assay.data.reference import spreads_of
from assay.data.schema import Schema
from assay.measure.conformal.coverage import measure_coverage
from assay.measure.conformal.fitted import FittedConformal
from assay.measure.conformal.fitting import fit_cross
from assay.measure.evaluate import Evaluation, evaluate
from assay.measure.parts import Design, Part, design_of
from assay.measure.payload import Predictions, Truth
from assay.measure.threshold import Choice, choice_of_parts, threshold_interval, with_labels
from assay.recipes.ensembles.fitted import FittedBlend
from assay.recipes.fitted import Fitted
from assay.recipes.fitting import fit
from assay.recipes.frames import FittedFrame
from assay.recipes.learner import Budget, Context
from assay.recipes.named import base_name, recipe_named
from assay.recipes.treatments import treatment_named
from assay.splits.ledger import Ledger
from assay.study.blend import BLEND, blend_weights, is_derived
from assay.study.card import Purpose, card_of
from assay.study.cells import NO_TREATMENT, Candidate
from assay.study.folder import disk_errors
from assay.study.scores import Scores
from assay.study.versions import library_versions
from assay.study.work import truth_of

TEST_PREDICTIONS = "test.npz"
DIGEST = "predictions_sha256"
"""The key in test.json of what holds the numbers there and the predictions together: the two are written one after the other."""
MOST_COMPLEX = 10**6
"""The simplicity of a blend: no recipe is less simple than several of them together."""

CONFORMAL_LEVELS = (0.9, 0.95)
"""At which the coverage of conformal sets is measured on the locked rows."""


def finish_study(scores: Scores, *, prefer: str, margin: float | None, reason: str = "", purpose: Purpose | None = None) -> Model:
    """Choose, refit, open the lock, save. Raises StudyError when nothing was measured or no rows are locked.

    reason: why the rows are opened, for the ledger.  purpose: for the card, and checked before anything is opened.
    """
    purpose = Purpose() if purpose is None else purpose
    purpose.check(scores)
    candidate = choose(scores, prefer=prefer, margin=margin)
    if not len(scores.plan.locked):
        raise StudyError("this study has no locked test rows, so there is nothing to open.")
    choice = operating_choice(scores, candidate)
    threshold = None if choice is None else choice.threshold
    fitted = refit(scores, candidate)
    ledger = Ledger()
    # Other library versions make another model: comparing it with the locked rows is another look at them.
    study = sha256_bytes(canonical_json([scores.identity.to_json(), library_versions()]).encode())
    opening = ledger.begin(
        scores.plan.lock_key,
        study=study,
        candidate=candidate.name,
        when=datetime.now(UTC).isoformat(timespec="seconds"),
        reason=reason,
        fingerprint=scores.plan.fingerprint,
        data_key=scores.plan.data_key,
        rows=scores.plan.locked,
    )
    predictions = _predict_locked(scores, fitted, threshold)
    content = predictions.to_bytes()
    ledger.record_predictions(opening, sha256_bytes(content))
    evaluation = _evaluate_locked(scores, candidate, predictions)
    test: dict[str, Any] = {
        "name": candidate.name,
        "threshold": threshold,
        "threshold_rule": None if threshold is None else str(scores.threshold_rule),
        "threshold_note": None if choice is None else choice.note,
        "threshold_interval": _threshold_interval(scores, candidate),
        "metrics": {metric.name: evaluation.interval(candidate.name, metric.name).to_json() for metric in scores.metrics},
        # Not this opening's own number: what was seen since then may have led the choice back to it.
        "openings": len(ledger.openings(scores.plan.lock_key)),
        "seen_before": ledger.seen_before(scores.plan.data_key, scores.plan.locked),
        DIGEST: sha256_bytes(content),
    }
    conformal, test["conformal"] = _conformal(scores, candidate, predictions)
    model = Model(
        fitted=fitted,
        threshold=threshold,
        card=card_of(scores, candidate, fitted, test, _locked_design(scores, predictions), purpose),
        conformal=conformal,
        reference=spreads_of(scores.data.frame, fitted.schema, scores.plan.final_training),
    )
    with disk_errors(scores.folder.path):
        write_atomic(scores.folder.path / TEST_PREDICTIONS, content)
        model.save(scores.folder.path / "model")
        write_atomic(scores.folder.test_file, (canonical_json(test) + "\n").encode())
    ledger.finish(opening)
    return model


def choose(scores: Scores, *, prefer: str, margin: float | None) -> Candidate:
    """The best by the metric, or the simplest that is equivalent to it within the margin.

    Simple means: the recipe's place in ``Recipe.simplicity``, then as it is before tuned, no treatment before any treatment.
    """
    if prefer not in ("best", "simple"):
        raise ConfigError(f"prefer={prefer!r}: it is best or simple.")
    if prefer == "simple" and (margin is None or margin <= 0):
        raise ConfigError("prefer=simple needs a margin > 0: how much of the metric may be given up, such as --margin 0.005.")
    best = scores.winner
    if best is None and scores.ranking:
        metric, reason = scores.settings.metric, scores.interval(scores.ranking[0]).undefined
        raise StudyError(
            f"{metric} has no value for any candidate ({reason}), so none can be chosen; run again with another metric."
        )
    if best is None:
        reasons = [failure.reason for failure in map(scores.failure, scores.candidates) if failure is not None]
        raise StudyError(f"no candidate was measured, so there is nothing to finish. {reasons[0] if reasons else ''}".strip())
    if prefer == "best":
        return Candidate.parse(best)
    judge = scores.judge(margin)
    rivals = [name for name in scores.ranking if name != best]
    verdicts = judge.family("equivalence to the best", [(name, best) for name in rivals])
    same = [Candidate.parse(verdict.a) for verdict in verdicts if verdict.call == "the same within the margin"]
    return min([Candidate.parse(best), *same], key=simplicity_of)


def simplicity_of(candidate: Candidate) -> tuple[int, bool, bool]:
    """Its place in the order from simple to complex; raises UnknownNameError for a recipe that is not registered."""
    if is_derived(candidate):
        return MOST_COMPLEX, True, True
    recipe = recipe_named(candidate.recipe)
    return recipe.simplicity, recipe.search is not None, candidate.treatment != NO_TREATMENT


def operating_choice(scores: Scores, candidate: Candidate) -> Choice | None:
    """The threshold of a binary model, chosen on all out-of-fold predictions; None for other tasks."""
    if scores.data.question.name != "binary":
        return None
    return choice_of_parts(scores.parts[candidate.name], scores.threshold_rule)


def _threshold_interval(scores: Scores, candidate: Candidate) -> dict[str, Any] | None:
    """How well the rows know the threshold, or None where there is none."""
    if scores.data.question.name != "binary":
        return None
    return threshold_interval(
        scores.parts[candidate.name],
        scores.threshold_rule,
        scores.design,
        level=scores.settings.level,
        replicates=scores.settings.replicates,
        seed=derive(scores.settings.seed, "threshold"),
    ).to_json()


def _conformal(scores: Scores, candidate: Candidate, predictions: Predictions) -> tuple[FittedConformal | None, dict[str, Any]]:
    """What turns a prediction into a set or an interval, from out-of-fold rows; and its coverage on the locked ones."""
    plan, task = scores.plan, scores.data.question
    try:
        fitted = fit_cross(scores.parts[candidate.name], unit=plan.unit, groups=plan.groups)
    except ConfigError as error:
        return None, {"undefined": str(error)}
    truth = truth_of(scores.data, plan.locked)
    part = Part(0, 0, truth, predictions)
    design = design_of([part], kind=plan.unit, groups=plan.groups, time=plan.time)
    measured = [measure_coverage(fitted, truth, predictions, level=level, design=design) for level in CONFORMAL_LEVELS]
    return fitted, conformal_card(fitted, measured, task.classes)


def _refit_blend(scores: Scores) -> Fitted:
    weights = blend_weights(scores.members)
    members = tuple(refit(scores, Candidate.parse(name)) for name in weights)
    columns = {column.name: column for member in members for column in member.schema.columns}
    task = scores.data.question
    schema = Schema(tuple(column for column in scores.data.schema.features if column.name in columns))
    learner = FittedBlend(task.name, len(task.classes), members, np.array(list(weights.values())))
    return Fitted(BLEND.recipe, task, schema, FittedFrame(tuple(column.name for column in schema.columns)), learner)


def refit(scores: Scores, candidate: Candidate) -> Fitted:
    """The candidate fitted on all development rows."""
    if is_derived(candidate):
        return _refit_blend(scores)
    rows = scores.plan.final_training
    context = Context(device=scores.settings.device, memory=scores.settings.memory)
    with threadpool_limits(limits=context.threads):
        return fit(
            recipe_named(candidate.recipe, scores.settings.metric),
            treatment_named(candidate.treatment),
            scores.data.take(rows),
            groups=None if scores.plan.groups is None else scores.plan.groups[rows],
            seed=derive(scores.settings.seed, "refit", base_name(candidate.recipe)),
            budget=Budget(),
            context=context,
            calibration=scores.settings.calibration,
        )


def _predict_locked(scores: Scores, fitted: Fitted, threshold: float | None) -> Predictions:
    rows = scores.plan.locked
    predictions = fitted.predict_rows(scores.data.frame, rows)
    if not scores.data.question.is_classification:
        return predictions
    return with_labels(predictions) if threshold is None else with_labels(predictions, threshold)


def _evaluate_locked(scores: Scores, candidate: Candidate, predictions: Predictions) -> Evaluation:
    rows = scores.plan.locked
    part = Part(0, 0, truth_of(scores.data, rows), predictions)
    return evaluate(
        {candidate.name: [part]},
        scores.metrics,
        _locked_design(scores, predictions),
        level=scores.settings.level,
        estimand="this model",
        method=scores.settings.interval,
        replicates=scores.settings.replicates,
        seed=derive(scores.settings.seed, "test"),
    )


def _locked_design(scores: Scores, predictions: Predictions) -> Design:
    part = Part(0, 0, truth_of(scores.data, scores.plan.locked), predictions)
    return design_of([part], kind=scores.plan.unit, groups=scores.plan.groups, time=scores.plan.time)


def read_test_predictions(scores: Scores) -> tuple[Truth, Predictions] | None:
    """Truth and predictions of the opened test rows, or None while the lock is shut.

    Raises StudyError for predictions that are not those of ``test.json``: a later finish was cut off between the two.
    """
    path = scores.folder.path / TEST_PREDICTIONS
    if not path.exists() or scores.opened is None:
        return None
    content = path.read_bytes()
    if scores.opened.get(DIGEST) != sha256_bytes(content):
        raise StudyError(f"{path} is not what test.json tells of (a finish was cut off); run assay finish {path.parent} again.")
    return truth_of(scores.data, scores.plan.locked), Predictions.from_bytes(content)
