"""Nets that answer with a class: better than a line where no line parts the classes, and honest whatever is minimised."""

import numpy as np
import pytest
import torch
from scipy import special
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from tests.nets.estimators.simulations import imbalanced, ring

from assay.core.errors import AssayWarning
from assay.nets import EmbeddedMLPClassifier, MLPClassifier, PerceptronClassifier, TabMClassifier
from assay.nets.estimators.classes import decided

FIXED = {"threads": 1, "random_state": 0}
TRAIN, TEST = imbalanced(3000, seed=1), imbalanced(20_000, seed=2)


def test_a_net_bends_where_a_line_cannot():
    (X, y), (fresh, truth) = ring(500, seed=3), ring(4000, seed=4)
    line = log_loss(truth, LogisticRegression().fit(X, y).predict_proba(fresh))
    net = log_loss(truth, MLPClassifier(**FIXED).fit(X, y).predict_proba(fresh))
    best = log_loss(truth, special.expit(3 * ((fresh**2).sum(axis=1) - 1.4)))
    assert net < best + 0.08 < line - 0.2


def test_one_layer_is_logistic_regression():
    X, y, _ = TRAIN
    settings = {"scaling": None, "validation_fraction": 0, "epochs": 80, "batch_size": 500, "learning_rate": 0.05, **FIXED}
    net = PerceptronClassifier(**settings).fit(X, y)
    exact = LogisticRegression(C=np.inf).fit(X, y)
    np.testing.assert_allclose(net.predict_proba(X), exact.predict_proba(X), atol=0.01)


def mean_probability(loss: str, kind: type = MLPClassifier, **settings: object) -> tuple[float, float, float]:
    """Of held-out rows: the mean of P(1), that of the outputs' bare sigmoid, and how far P(1) is from the truth on average."""
    X, y, _ = TRAIN
    fresh, _, truth = TEST
    net = kind(loss=loss, hidden=(32,), dropout=0.0, epochs=12, learning_rate=0.01, **FIXED, **settings).fit(X, y)
    given = net.predict_proba(fresh)[:, 1]
    bare = special.expit(net._outputs(fresh)[:, :, 0]).mean()
    return float(given.mean()), float(bare), float(np.abs(given - truth).mean())


@pytest.mark.parametrize("loss", ["cross-entropy", "focal", "logit-adjustment", "weighted-cross-entropy", "class-balanced"])
def test_probabilities_are_honest_under_every_loss_with_a_way_back(loss):
    mean, bare, apart = mean_probability(loss)
    truth = TEST[2].mean()
    assert mean == pytest.approx(truth, rel=0.15)
    assert apart < 0.035
    if loss != "cross-entropy":
        assert bare > 1.5 * truth, "without the way back they would be far off"


def test_members_are_led_back_one_by_one_before_they_are_averaged():
    mean, bare, _ = mean_probability("logit-adjustment", TabMClassifier, members=3, bins=8)
    assert mean == pytest.approx(TEST[2].mean(), rel=0.2)
    assert bare > 1.5 * TEST[2].mean()


def test_ldam_is_led_back_on_average_and_row_by_row():
    mean, bare, apart = mean_probability("ldam")
    truth = TEST[2].mean()
    assert abs(mean - truth) < abs(bare - truth) / 4
    assert mean == pytest.approx(truth, rel=0.15)
    assert apart < 0.04


def test_a_loss_that_changes_is_led_back_as_it_was_in_the_epoch_that_was_kept():
    X, y, _ = TRAIN
    settings = {"loss": "ldam", "hidden": (8,), "validation_fraction": 0, **FIXED}
    deferred = MLPClassifier(epochs=2, **settings).fit(X[:500], y[:500]).goal_.loss
    assert deferred.weights is not None
    first = MLPClassifier(epochs=2, **{**settings, "validation_fraction": 0.2, "learning_rate": 10.0}).fit(X[:500], y[:500])
    assert (first.goal_.loss.weights is None) == (first.best_epoch_ == 0)


def test_class_weights_are_row_weights():
    X, y, _ = TRAIN
    X, y = X[:400], y[:400]
    settings = {"hidden": (8,), "epochs": 3, **FIXED}
    balanced = len(y) / (2 * np.bincount(y))
    by_name = MLPClassifier(class_weight="balanced", **settings).fit(X, y)
    by_dict = MLPClassifier(class_weight=dict(enumerate(balanced)), **settings).fit(X, y)
    by_row = MLPClassifier(**settings).fit(X, y, sample_weight=balanced[y])
    assert by_name.predict_proba(X).tobytes() == by_dict.predict_proba(X).tobytes() == by_row.predict_proba(X).tobytes()


def test_weights_of_texts_as_classes_are_found_by_label():
    X, y, _ = TRAIN
    X, y = X[:400], y[:400]
    settings = {"hidden": (8,), "epochs": 3, **FIXED}
    named = MLPClassifier(class_weight={"event": 5.0}, **settings).fit(X, np.where(y, "event", "none"))
    by_row = MLPClassifier(**settings).fit(X, 1 - y, sample_weight=np.where(y, 5.0, 1.0))
    assert named.predict_proba(X).tobytes() == by_row.predict_proba(X).tobytes()


@pytest.mark.parametrize("loss", ["focal", "logit-adjustment", "class-balanced", "complement-cross-entropy", "ldam"])
def test_three_classes_have_probabilities_under_every_loss_and_shares_near_the_true_ones(loss):
    X, y, _ = TRAIN
    codes = y + ((X[:, 1] > 1) & (y == 0)) * 2
    net = MLPClassifier(loss=loss, hidden=(16,), dropout=0.0, epochs=10, learning_rate=0.01, **FIXED).fit(X, codes)
    given = net.predict_proba(X)
    np.testing.assert_allclose(given.sum(axis=1), 1, atol=1e-12)
    assert given.min() >= 0
    apart = 0.25 if loss in ("complement-cross-entropy", "ldam") else 0.04  # those two have no exact way back
    np.testing.assert_allclose(given.mean(axis=0), np.bincount(codes) / len(codes), atol=apart)
    assert log_loss(codes, given) < log_loss(codes, np.tile(np.bincount(codes) / len(codes), (len(codes), 1)))


def test_labels_may_be_texts_and_columns_follow_their_order():
    X, y = ring(300, seed=5)
    codes = y + (X[:, 0] > 0)
    names = np.array(["low", "mid", "top"])[codes]
    net = EmbeddedMLPClassifier(hidden=(16,), epochs=5, **FIXED).fit(X, names)
    assert net.classes_.tolist() == ["low", "mid", "top"]
    assert net.decision_function(X).shape == net.predict_proba(X).shape == (300, 3)
    assert (net.predict(X) == net.classes_[net.predict_proba(X).argmax(axis=1)]).all()
    assert net.score(X, names) == (net.predict(X) == names).mean()


def test_labels_that_were_not_there_in_training_count_as_missed_and_are_warned_of():
    X, y = ring(100, seed=6)
    net = MLPClassifier(hidden=(4,), epochs=1, **FIXED).fit(X, y)
    answers = net.predict(X[:4])
    with pytest.warns(AssayWarning, match="1 classes that were not there in training"):
        assert net.score(X[:4], [*answers[:3], 2]) == 0.75
    assert net.score(X[:4], answers) == 1.0


def test_a_class_with_one_row_stays_in_training():
    X, y = ring(100, seed=7)
    y[0] = 2
    net = MLPClassifier(hidden=(4,), epochs=1, **FIXED).fit(X, y)
    assert net.predict_proba(X).shape == (100, 3)


def test_decisions_are_log_odds_of_the_members_mean():
    logits = torch.tensor([[[2.0], [-1.0]], [[0.3], [0.5]]], dtype=torch.float64).numpy()
    decisions, shares = decided(logits)
    mean = special.expit(logits[:, :, 0]).mean(axis=1)
    np.testing.assert_allclose(shares, np.column_stack([1 - mean, mean]))
    np.testing.assert_allclose(special.expit(decisions), mean)
    several = np.stack([logits[:, :, 0], -logits[:, :, 0], 0 * logits[:, :, 0]], axis=2)  # (2, 2 members, 3 classes)
    decisions, shares = decided(several)
    np.testing.assert_allclose(shares, special.softmax(several, axis=2).mean(axis=1))
    np.testing.assert_allclose(special.softmax(decisions, axis=1), shares)
