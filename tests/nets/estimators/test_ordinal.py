"""Ordered classes: better than classes without an order where there is one, and probabilities all the same."""

import numpy as np
import pytest
from sklearn.metrics import log_loss
from tests.nets.estimators.simulations import grades

from assay.nets import MLPClassifier, OrdinalMLPClassifier
from assay.nets.estimators.errors import SettingError

SETTINGS = {"hidden": (32,), "epochs": 20, "learning_rate": 5e-3, "dropout": 0.0, "threads": 1}


def test_it_is_better_than_without_the_order_and_its_probabilities_sum_to_1():
    fresh, truth = grades(4000, seed=99)
    ordinal, plain = [], []
    for seed in range(3):
        X, y = grades(400, seed=seed)
        given = OrdinalMLPClassifier(random_state=seed, **SETTINGS).fit(X, y).predict_proba(fresh)
        np.testing.assert_allclose(given.sum(axis=1), 1, atol=1e-12)
        assert given.min() >= 0
        ordinal.append(log_loss(truth, given))
        plain.append(log_loss(truth, MLPClassifier(random_state=seed, **SETTINGS).fit(X, y).predict_proba(fresh)))
    assert np.mean(ordinal) < np.mean(plain) - 0.02


def test_labels_in_an_order_of_their_own_keep_sorted_columns():
    X, codes = grades(300, seed=4)
    ranks = np.digitize(codes, [1, 3])
    names = np.array(["low", "high", "huge"])[ranks]
    by_name = OrdinalMLPClassifier(class_order=["low", "high", "huge"], random_state=0, **SETTINGS).fit(X, names)
    by_rank = OrdinalMLPClassifier(random_state=0, **SETTINGS).fit(X, ranks)
    assert by_name.classes_.tolist() == ["high", "huge", "low"]
    np.testing.assert_array_equal(by_name.predict_proba(X), by_rank.predict_proba(X)[:, [1, 2, 0]])
    assert (by_name.predict(X) == np.array(["low", "high", "huge"])[by_rank.predict(X)]).all()


def test_two_classes_are_one_step_in_either_order():
    X, codes = grades(300, seed=5)
    y = (codes > 2).astype(int)
    up = OrdinalMLPClassifier(random_state=0, **SETTINGS).fit(X, y)
    down = OrdinalMLPClassifier(random_state=0, class_order=[1, 0], **SETTINGS).fit(X, y)
    for net in (up, down):
        assert net.decision_function(X).shape == (300,)
        assert ((net.decision_function(X) > 0) == (net.predict_proba(X)[:, 1] > 0.5)).all()
        assert net.score(X, y) > 0.7


@pytest.mark.parametrize("order", [[0, 1], [0, 1, 2, 3, 4, 5], [0, 0, 1, 2, 3]])
def test_an_order_that_is_not_of_these_classes_is_refused(order):
    X, y = grades(60, seed=6)
    with pytest.raises(SettingError, match="name each class of y once"):
        OrdinalMLPClassifier(class_order=order, **SETTINGS).fit(X, y)
