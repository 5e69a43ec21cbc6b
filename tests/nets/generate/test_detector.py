import numpy as np
import polars as pl
import pytest
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from assay.nets.generate.detector import AutoencoderDetector


def planted(n: int = 1000, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Eight columns that two causes make; in an outlier they do not hang together, though each lies in its usual range."""
    rng = np.random.default_rng(seed)
    rows = np.sin(rng.normal(size=(n, 2)) @ rng.normal(size=(2, 8))) + 0.05 * rng.normal(size=(n, 8))
    odd = rng.random(n) < 0.05
    rows[odd] = np.column_stack([rng.permutation(column)[: odd.sum()] for column in rows.T])
    return rows, odd


def test_rows_whose_columns_do_not_hang_together_are_found_better_than_by_an_isolation_forest():
    rows, odd = planted()
    detector = AutoencoderDetector(steps=800, contamination=0.05, random_state=0).fit(rows)
    found = roc_auc_score(odd, -detector.score_samples(rows))
    forest = roc_auc_score(odd, -IsolationForest(random_state=0).fit(rows).score_samples(rows))
    assert found > 0.9
    assert found > forest + 0.05
    assert (detector.predict(rows) == -1).mean() == pytest.approx(0.05, abs=0.002)
    assert np.array_equal(detector.predict(rows) == -1, detector.decision_function(rows) < 0)


def test_a_frame_of_mixed_columns_with_gaps_is_scored():
    rng = np.random.default_rng(0)
    town = rng.choice(["a", "b"], 600)
    size = np.where(town == "a", -2.0, 2.0) + 0.2 * rng.normal(size=600)
    odd = rng.random(600) < 0.05
    size[odd] *= -1
    frame = pl.DataFrame({"town": town, "size": size, "gaps": [None if i % 9 == 0 else float(i % 5) for i in range(600)]})
    detector = AutoencoderDetector(width=2, steps=500, random_state=0).fit(frame)
    assert roc_auc_score(odd, -detector.score_samples(frame)) > 0.9


def test_the_same_random_state_scores_alike():
    rows, _ = planted(200)
    one, other = (AutoencoderDetector(steps=20, random_state=3).fit(rows).score_samples(rows) for _ in range(2))
    assert np.array_equal(one, other)


@pytest.mark.parametrize("share", [0.0, 0.7])
def test_an_impossible_contamination_is_refused(share):
    with pytest.raises(ValueError, match="contamination"):
        AutoencoderDetector(contamination=share).fit(planted(50)[0])


@pytest.mark.slow
@parametrize_with_checks([AutoencoderDetector(steps=30, random_state=0)])
def test_it_keeps_the_conventions_of_scikit_learn(estimator, check):
    check(estimator)
