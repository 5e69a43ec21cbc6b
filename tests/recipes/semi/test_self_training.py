"""Self-training against scikit-learn's, and where it is known to help and not to."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.semi_supervised import SelfTrainingClassifier
from tests.recipes.semi.semi_rows import blobs, fit

from assay.core.errors import ConfigError
from assay.recipes.learner import Context
from assay.recipes.linear import FittedLinear, Logistic
from assay.recipes.semi.self_training import SelfTraining
from assay.recipes.trees import FittedTrees, Forest


@pytest.mark.parametrize(("threshold", "rounds"), [(0.7, 3), (0.9, 10), (0.6, 1)])
def test_without_calibration_it_is_scikit_learns_self_training(threshold: float, rounds: int) -> None:
    rows, features, target = blobs(300, 40)
    ours = fit(SelfTraining(threshold=threshold, rounds=rounds, calibrated=False), rows)
    base = LogisticRegression(C=1.0, max_iter=5000, tol=1e-8)
    partly = np.where(np.arange(300) < 40, target, -1)
    theirs = SelfTrainingClassifier(base, threshold=threshold, max_iter=rounds).fit(features, partly)
    assert (theirs.labeled_iter_ > 0).sum() > 20, "labels were taken over"
    assert ours.predict(features).probability == pytest.approx(theirs.predict_proba(features), abs=2e-3)


def test_without_rows_to_learn_from_it_is_its_base() -> None:
    rows, features, _ = blobs(200, 50)
    alone = replace(rows, unlabelled=None)
    for other in (alone, replace(rows, unlabelled=features[:0])):
        said = fit(SelfTraining(), other).predict(features).probability
        assert np.array_equal(said, fit(Logistic(), alone).predict(features).probability)


def test_a_threshold_that_no_row_reaches_changes_nothing_and_a_lower_one_does() -> None:
    rows, features, _ = blobs(200, 50)
    base = fit(Logistic(), rows).predict(features).probability
    assert np.array_equal(fit(SelfTraining(threshold=0.999999), rows).predict(features).probability, base)
    assert not np.array_equal(fit(SelfTraining(threshold=0.6), rows).predict(features).probability, base)


def log_loss(model: FittedLinear, features: np.ndarray, target: np.ndarray) -> float:
    return float(-np.log(model.predict(features).probability[np.arange(len(target)), target]).mean())


def test_calibrated_confidence_keeps_a_learner_that_is_too_sure_from_teaching_itself_its_mistakes() -> None:
    losses = []
    for seed in range(6):
        rows, features, target = blobs(600, 60, seed)
        sure = Logistic(penalty_strength=1e-3)
        learners = (sure, SelfTraining(base=sure, calibrated=False), SelfTraining(base=sure))
        losses.append([log_loss(fit(learner, rows), features, target) for learner in learners])
    base, raw, honest = np.mean(losses, axis=0)
    assert raw > base + 0.2, "clouds that overlap: what one is sure of is often wrong"
    assert honest < base + 0.05


def test_any_base_may_teach_itself_and_weights_and_sparse_rows_are_taken_along() -> None:
    rows, features, _ = blobs(200, 60)
    forest = fit(SelfTraining(base=Forest(n_trees=20), rounds=1, threshold=0.7), rows)
    assert isinstance(forest, FittedTrees)
    weighted = fit(SelfTraining(weight=0.01, threshold=0.7), replace(rows, weights=np.ones(60)))
    plain, base = fit(SelfTraining(threshold=0.7), rows), fit(Logistic(), rows)
    near = np.abs(weighted.predict(features).probability - base.predict(features).probability).mean()
    far = np.abs(plain.predict(features).probability - base.predict(features).probability).mean()
    assert near < far / 3
    csr = replace(rows, features=sparse.csr_matrix(rows.features), unlabelled=sparse.csr_matrix(rows.unlabelled))
    assert fit(SelfTraining(threshold=0.7), csr).predict(features).probability == pytest.approx(
        plain.predict(features).probability, abs=1e-4
    )


def test_settings_that_cannot_be_are_refused() -> None:
    for settings in ({"threshold": 1.0}, {"rounds": 0}, {"weight": 0.0}):
        with pytest.raises(ConfigError, match="are needed"):
            SelfTraining(**settings)


def test_cancelled_it_keeps_the_model_that_it_has() -> None:
    rows, features, _ = blobs(200, 50)
    from tests.recipes.semi.semi_rows import TASKS

    from assay.recipes.learner import Budget

    ended = SelfTraining(threshold=0.6).fit(
        rows, TASKS[3], validation=None, seed=0, budget=Budget(), context=Context(cancelled=lambda: True)
    )
    assert np.array_equal(ended.predict(features).probability, fit(Logistic(), rows).predict(features).probability)
