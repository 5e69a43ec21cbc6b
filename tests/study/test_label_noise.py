"""Confident learning against its definition counted by hand, and against labels that were flipped with a known matrix."""

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

from assay.core.errors import ConfigError
from assay.measure.parts import Design, Part
from assay.measure.payload import Predictions, Truth
from assay.study.label_noise import LabelNoise, confident_joint, label_noise, margins, said_of

NOISE = np.array([[0.85, 0.10, 0.05], [0.02, 0.95, 0.03], [0.00, 0.20, 0.80]])
"""Of true class i, the share that is labelled j."""


def parts_of(given: np.ndarray, probability: np.ndarray, repeat: int = 0, **more: np.ndarray) -> Part:
    units = np.arange(len(given))
    form = "binary" if probability.ndim == 1 else "multiclass"
    arrays = {"score": probability, "probability": probability}
    return Part(repeat, 0, Truth(form, units, {"target": given, **more}), Predictions(form, units, arrays))


def found_in(given: np.ndarray, probability: np.ndarray, design: Design | None = None) -> LabelNoise:
    names = tuple("abcdefgh"[: 2 if probability.ndim == 1 else probability.shape[1]])
    design = Design(np.arange(len(given))) if design is None else design
    return label_noise([parts_of(given, probability)], names, design, candidate="logistic")


def blobs(n: int, apart: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Three classes of unequal size about the corners of a triangle."""
    random = np.random.default_rng(seed)
    true = random.choice(3, n, p=[0.5, 0.3, 0.2])
    corners = apart * np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    return corners[true] + random.normal(size=(n, 2)), true


def by_hand(given: np.ndarray, probability: np.ndarray) -> tuple[list[float], np.ndarray, np.ndarray]:
    """Equations 1 to 3 of the paper, a row at a time."""
    n, n_classes = probability.shape
    thresholds = [float(np.mean([probability[i, k] for i in range(n) if given[i] == k])) for k in range(n_classes)]
    counts = np.zeros((n_classes, n_classes))
    for i in range(n):
        sure = [k for k in range(n_classes) if probability[i, k] >= thresholds[k]]
        if sure:
            counts[given[i], max(sure, key=lambda k: probability[i, k])] += 1
    joint = np.zeros_like(counts)
    for k in range(n_classes):
        joint[k] = counts[k] / counts[k].sum() * (given == k).sum()
    return thresholds, counts, joint / joint.sum()


@pytest.mark.parametrize("seed", range(5))
def test_the_confident_joint_is_what_its_definition_counts(seed: int) -> None:
    random = np.random.default_rng(seed)
    probability = random.dirichlet([0.6, 1.0, 1.4, 0.8], 300)
    given = np.array([random.choice(4, p=row) for row in probability])
    found = confident_joint(given, probability)
    thresholds, counts, joint = by_hand(given, probability)
    assert found.thresholds == pytest.approx(thresholds, abs=1e-12)
    assert np.array_equal(found.counts, counts)
    assert np.allclose(found.joint, joint, atol=1e-12)
    assert np.allclose(found.joint.sum(axis=1), np.bincount(given, minlength=4) / 300), "given classes keep their shares"
    assert found.wrong == pytest.approx(1 - np.trace(joint))


def test_whole_weights_count_as_copies_of_a_row_would() -> None:
    random = np.random.default_rng(3)
    probability, weights = random.dirichlet([1.0, 1.0, 1.0], 200), random.integers(0, 4, 200)
    given = random.integers(0, 3, 200)
    once = confident_joint(given, probability, weights.astype(float))
    copied = confident_joint(np.repeat(given, weights), np.repeat(probability, weights, axis=0))
    assert np.allclose(once.thresholds, copied.thresholds)
    assert np.allclose(once.counts, copied.counts)
    assert np.allclose(once.joint, copied.joint)


def test_flipped_labels_of_separate_classes_are_found_and_their_matrix_is_estimated() -> None:
    features, true = blobs(4000, apart=5.0, seed=0)
    random = np.random.default_rng(1)
    given = np.array([random.choice(3, p=NOISE[one]) for one in true])
    probability = cross_val_predict(LogisticRegression(), features, given, cv=5, method="predict_proba")
    found = found_in(given, probability)
    flipped = given != true
    named = np.zeros(4000, dtype=bool)
    named[found.named] = True
    assert (named & flipped).sum() / named.sum() > 0.95
    assert (named & flipped).sum() / flipped.sum() > 0.8
    truth = np.array([[np.mean((given == i) & (true == j)) for j in range(3)] for i in range(3)])
    assert np.abs(found.found.joint - truth).max() < 0.02
    assert found.wrong.value == pytest.approx(flipped.mean(), abs=0.02), "off by more than its interval, as the guide says"
    assert (found.likely[found.named] == true[found.named]).mean() > 0.95


def test_classes_that_overlap_are_taken_for_noise_though_no_label_is_wrong() -> None:
    features, true = blobs(2000, apart=1.5, seed=2)
    probability = cross_val_predict(LogisticRegression(), features, true, cv=5, method="predict_proba")
    found = found_in(true, probability)
    assert found.wrong.low is not None
    assert found.wrong.low > 0.1, "as the words of the command say"


def test_the_interval_is_that_of_a_share_where_the_models_are_sure() -> None:
    random = np.random.default_rng(4)
    true, n = random.integers(0, 2, 3000), 3000
    given = np.where(random.random(n) < 0.08, 1 - true, true)
    found = found_in(given, np.where(true == 1, 0.99, 0.01))
    share = float((given != true).mean())
    exact = binomtest(int((given != true).sum()), n).proportion_ci(0.95, "wilson")
    assert found.wrong.value == pytest.approx(share, abs=1e-12)
    assert found.wrong.low == pytest.approx(exact.low, abs=0.0015)
    assert found.wrong.high == pytest.approx(exact.high, abs=0.0015)
    assert sorted(found.named) == np.flatnonzero(given != true).tolist()


def test_rows_that_come_in_groups_make_the_interval_wider() -> None:
    random = np.random.default_rng(5)
    true = np.repeat(random.integers(0, 2, 500), 4)
    given = np.where(np.repeat(random.random(500) < 0.1, 4), 1 - true, true)
    probability = np.where(true == 1, 0.99, 0.01)
    alone = found_in(given, probability).wrong
    grouped = found_in(given, probability, Design(np.arange(2000), np.repeat(np.arange(500), 4), "group")).wrong
    assert (grouped.high - grouped.low) / (alone.high - alone.low) == pytest.approx(2.0, rel=0.2)
    assert grouped.n == 500


def test_rows_are_ordered_by_their_margin_and_a_label_that_is_likeliest_is_never_named() -> None:
    features, true = blobs(600, apart=2.0, seed=6)
    probability = cross_val_predict(LogisticRegression(), features, true, cv=5, method="predict_proba")
    found = found_in(true, probability)
    margin = margins(true, probability)
    assert (np.diff(margin[found.named]) >= 0).all()
    assert (margin[found.named] < 0).all()
    assert sorted(found.rows) == list(range(600))
    assert found.to_json()["doubtful"][0]["row"] == found.said.units[found.named[0]]


def test_a_class_without_rows_and_one_never_confident_do_no_harm() -> None:
    probability = np.array([[0.9, 0.1, 0.0], [0.8, 0.2, 0.0], [0.6, 0.4, 0.0], [0.7, 0.3, 0.0]])
    found = confident_joint(np.array([0, 0, 1, 0]), probability)
    assert np.isinf(found.thresholds[2])
    assert np.allclose(found.joint.sum(axis=1), [0.75, 0.25, 0.0])
    assert found.wrong == 0.0


def test_repeats_are_averaged_row_by_row_and_weights_are_kept() -> None:
    given, weights = np.array([0, 1, 1]), np.array([1.0, 2.0, 3.0])
    first, second = np.array([0.2, 0.6, 0.9]), np.array([0.4, 0.8, 0.5])
    parts = [parts_of(given, first, 0, weight=weights), parts_of(given, second, 1, weight=weights)]
    said = said_of(parts)
    assert said.probability[:, 1] == pytest.approx([0.3, 0.7, 0.7])
    assert said.weights.tolist() == [1.0, 2.0, 3.0]


def test_equal_seeds_give_equal_intervals() -> None:
    features, true = blobs(300, apart=2.0, seed=7)
    probability = cross_val_predict(LogisticRegression(), features, true, cv=3, method="predict_proba")
    assert found_in(true, probability).wrong == found_in(true, probability).wrong


def test_numbers_without_probabilities_are_refused() -> None:
    units = np.arange(3)
    part = Part(0, 0, Truth("value", units, {"target": units}), Predictions("value", units, {"value": units}))
    with pytest.raises(ConfigError, match="reads probabilities"):
        said_of([part])
