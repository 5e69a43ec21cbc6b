"""NDCG and recall of ranked lists against scikit-learn and against every order of ties."""

from itertools import permutations

import numpy as np
import pytest
from sklearn.metrics import ndcg_score

from assay.measure.ranked import ranked_at


def pairs(relevant):
    owner, item = np.nonzero(relevant)
    return owner, item, relevant.sum(axis=1)


@pytest.mark.parametrize("levels", [1000000, 4, 1])
@pytest.mark.parametrize("k", [1, 3, 12])
def test_ndcg_is_that_of_scikit_learn_also_with_ties(levels, k):
    rng = np.random.default_rng(levels + k)
    scores = rng.integers(levels, size=(40, 12)).astype(float)
    relevant = rng.random((40, 12)) < 0.3
    relevant[:, 0] |= ~relevant.any(axis=1)
    found = ranked_at(scores, *pairs(relevant), k)
    expected = [ndcg_score(own[None].astype(float), score[None], k=k) for own, score in zip(relevant, scores, strict=True)]
    np.testing.assert_allclose(found.ndcg, expected, atol=1e-12)


@pytest.mark.parametrize("k", [1, 2, 4])
def test_recall_is_the_mean_over_the_orders_of_ties(k):
    scores = np.array([[2.0, 1.0, 1.0, 1.0, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0], [5.0, 4.0, 3.0, 3.0, 2.0]])
    relevant = np.array([[0, 1, 0, 1, 1], [1, 0, 0, 0, 1], [0, 0, 1, 0, 0]], dtype=bool)
    found = ranked_at(scores, *pairs(relevant), k)
    for user, score in enumerate(scores):
        orders = [order for order in permutations(range(5)) if (np.diff(score[list(order)]) <= 0).all()]
        hits = [relevant[user, list(order[:k])].sum() / relevant[user].sum() for order in orders]
        assert found.recall[user] == pytest.approx(np.mean(hits))


def test_what_must_not_be_shown_is_missed_and_takes_no_place():
    scores = np.array([[-np.inf, 2.0, 1.0, -np.inf]])
    found = ranked_at(scores, np.array([0, 0]), np.array([0, 2]), np.array([2]), 2)
    assert found.recall[0] == 0.5
    assert found.ndcg[0] == pytest.approx((1 / np.log2(3)) / (1 + 1 / np.log2(3)))
    nothing = ranked_at(np.full((1, 3), -np.inf), np.array([0]), np.array([1]), np.array([1]), 2)
    assert (nothing.ndcg[0], nothing.recall[0]) == (0.0, 0.0)


def test_relevant_items_outside_the_scores_stay_in_the_denominators():
    found = ranked_at(np.array([[3.0, 2.0, 1.0]]), np.array([0]), np.array([0]), np.array([4]), 2)
    assert found.recall[0] == 0.25
    assert found.ndcg[0] == pytest.approx(1 / (1 + 1 / np.log2(3)))
