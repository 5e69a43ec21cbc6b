"""Detectors as learners: what labels may do to them, and what they may not."""

import numpy as np
import pytest
from tests.recipes.anomaly.anomaly_rows import BINARY, NAMES, cloud, fit

from assay.core.errors import BundleError
from assay.data.rows import Rows
from assay.recipes.anomaly.centres import ClusterDistance
from assay.recipes.anomaly.factor import LocalOutlierFactor
from assay.recipes.anomaly.learner import FittedAnomaly
from assay.recipes.learner import Budget, Context
from assay.recipes.registry import RECIPES

X, ODD = cloud(400, odd=40)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "autoencoder-distance"])
def test_no_label_changes_how_odd_a_row_is_where_all_rows_are_learned_from(name: str) -> None:
    shuffled = np.random.default_rng(0).permutation(ODD)
    scores = [fit(RECIPES.get(name).learner, X, target).predict(X).score for target in (ODD, shuffled, 1 - ODD)]
    np.testing.assert_array_equal(scores[0], scores[1])
    np.testing.assert_array_equal(scores[0], scores[2])


@pytest.mark.parametrize("name", [name for name in NAMES if name != "autoencoder-distance"])
def test_novelty_learns_from_the_negative_rows_alone(name: str) -> None:
    moved = X.copy()
    training = np.arange(len(X)) % 4 > 0
    moved[(ODD == 1) & training] += 100.0
    learner = RECIPES.get(f"{name}-novelty").learner
    asked = cloud(50, seed=8)[0]
    np.testing.assert_array_equal(fit(learner, X, ODD).predict(asked).score, fit(learner, moved, ODD).predict(asked).score)


def test_outliers_that_lie_together_hide_among_training_rows_and_not_from_novelty() -> None:
    crowd = np.vstack([cloud(400)[0], 0.05 * cloud(60, seed=1)[0] + 8.0])
    odd = (np.arange(460) >= 400).astype(np.int64)
    among, new = (fit(LocalOutlierFactor(k=20, novelty=way), crowd, odd).predict(crowd).score for way in (False, True))
    assert among[odd == 1].mean() < 1.5
    assert new[odd == 1].min() > 3


def test_probabilities_are_the_share_of_odd_rows_and_rise_with_the_score() -> None:
    x, odd = cloud(8000, odd=400)
    order = np.random.default_rng(0).permutation(len(x))
    output = fit(RECIPES.get("elliptic-envelope").learner, x[order], odd[order]).predict(x)
    assert output.probability.mean() == pytest.approx(0.05, abs=0.01)
    assert (np.diff(output.probability[np.argsort(output.score)]) >= 0).all()
    far = output.probability > 0.5
    assert odd[far].mean() > 0.8


def test_a_detector_that_ranks_backwards_is_not_turned_round() -> None:
    output = fit(ClusterDistance(), X, 1 - ODD).predict(X)
    assert (np.diff(output.probability[np.argsort(output.score)]) >= 0).all()
    assert np.ptp(output.probability) < 0.01
    assert output.probability.mean() == pytest.approx(0.9, abs=0.05)


def test_rows_of_weight_zero_are_left_out_and_other_weights_count_in_the_probabilities_alone() -> None:
    learner = RECIPES.get("cluster-distance").learner
    kept = np.arange(len(X)) % 5 > 0
    plain = fit(learner, X, ODD).predict(X)
    heavy = fit(learner, X, ODD, weights=np.where(ODD == 1, 5.0, 1.0)).predict(X)
    np.testing.assert_array_equal(plain.score, heavy.score)
    assert heavy.probability.mean() > plain.probability.mean() + 0.02
    rows = Rows(X, ODD, 2, kept.astype(float))
    without = Rows(X[kept], ODD[kept], 2)
    a, b = (
        learner.fit(one, BINARY, validation=None, seed=0, budget=Budget(), context=Context()).predict(X)
        for one in (rows, without)
    )
    np.testing.assert_array_equal(a.score, b.score)
    np.testing.assert_allclose(a.probability, b.probability, atol=1e-9)


@pytest.mark.parametrize("only", [0, 1])
def test_one_class_alone_can_be_learned_from(only: int) -> None:
    output = fit(ClusterDistance(novelty=True), X, np.full(len(X), only)).predict(X)
    assert np.isfinite(output.probability).all()
    assert (output.probability > 0.9 if only else output.probability < 0.1).all()


def test_more_rows_than_may_be_learned_from_are_drawn_from_at_random_and_by_the_seed() -> None:
    learner = LocalOutlierFactor(most_rows=50)
    first, second = fit(learner, X, ODD), fit(learner, X, ODD)
    assert first.detector.rows.shape == (50, 4)
    np.testing.assert_array_equal(first.detector.rows, second.detector.rows)
    assert len(np.unique(learner.part(np.arange(300), 0))) == 50
    assert not np.array_equal(learner.part(np.arange(300), 0), learner.part(np.arange(300), 1))


@pytest.mark.parametrize("name", NAMES)
def test_a_detector_comes_back_from_its_state(name: str) -> None:
    fitted = fit(RECIPES.get(name).learner, X, ODD)
    back = FittedAnomaly.from_state(fitted.state())
    np.testing.assert_array_equal(back.predict(X).score, fitted.predict(X).score)
    np.testing.assert_array_equal(back.predict(X).probability, fitted.predict(X).probability)


def test_a_state_of_another_task_or_detector_is_refused() -> None:
    state = fit(ClusterDistance(), X, ODD).state()
    for change in ({"task": "regression", "n_classes": 0}, {"detector": "os.system"}, {"detector": "local-outlier-factor"}):
        with pytest.raises(BundleError):
            FittedAnomaly.from_state({**state, **change})
    with pytest.raises(BundleError):
        FittedAnomaly.from_state({**state, "scale": 0.0})
