import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from assay.measure.metrics.agreement import COHEN_KAPPA, QUADRATIC_KAPPA
from assay.measure.metrics.averages import F1_MICRO, PRECISION_MICRO, RECALL_MICRO, RECALL_WEIGHTED, fbeta
from assay.measure.metrics.labels import ACCURACY, G_MEAN, SPECIFICITY
from assay.measure.payload import Predictions, Truth


def measured(metric, target: list[int], label: list[int], form: str = "multiclass") -> float:
    units = np.arange(len(target))
    truth, said = Truth(form, units, {"target": np.array(target)}), Predictions(form, units, {"label": np.array(label)})
    assert metric.undefined(truth, said) is None
    return float(metric.value(metric.unit_statistics(truth, said), np.ones(len(target))))


def test_cohens_kappa_of_the_textbook_table() -> None:
    """20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no: agreement 0.7, chance 0.5, kappa 0.4."""
    target = [1] * 25 + [0] * 25
    label = [1] * 20 + [0] * 5 + [1] * 10 + [0] * 15
    assert measured(COHEN_KAPPA, target, label, "binary") == pytest.approx(0.4)


def test_quadratic_kappa_keeps_the_distance_over_a_class_that_nobody_has() -> None:
    target, label = [0, 0, 1, 3, 3, 1], [0, 1, 1, 3, 1, 3]
    expected = cohen_kappa_score(target, label, weights="quadratic", labels=[0, 1, 2, 3])
    assert measured(QUADRATIC_KAPPA, target, label) == pytest.approx(expected)
    assert cohen_kappa_score(target, label, weights="quadratic") != pytest.approx(expected)  # 3 would be moved to 2


def test_labels_that_never_vary_agree_by_chance_alone() -> None:
    for metric in (COHEN_KAPPA, QUADRATIC_KAPPA):
        assert measured(metric, [0, 1, 2, 2], [1, 1, 1, 1]) == pytest.approx(0)


def test_micro_forms_and_the_weighted_recall_are_the_accuracy() -> None:
    random = np.random.default_rng(0)
    target, label = random.integers(0, 5, 80).tolist(), random.integers(0, 5, 80).tolist()
    for metric in (PRECISION_MICRO, RECALL_MICRO, F1_MICRO, RECALL_WEIGHTED):
        assert measured(metric, target, label) == measured(ACCURACY, target, label)


def test_the_g_mean_is_zero_where_a_class_is_never_found_and_does_not_ask_for_a_class_without_rows() -> None:
    assert measured(G_MEAN, [0, 0, 1, 1], [0, 0, 0, 0], "binary") == 0
    assert measured(G_MEAN, [0, 0, 1, 1], [0, 0, 1, 2]) == pytest.approx(np.sqrt(0.5))


def test_a_g_mean_of_zero_has_a_finite_influence() -> None:
    truth = Truth("binary", np.arange(4), {"target": np.array([0, 0, 1, 1])})
    said = Predictions("binary", np.arange(4), {"label": np.array([0, 0, 0, 1])})
    statistics = G_MEAN.unit_statistics(truth, said)
    assert np.isfinite(G_MEAN.influence(statistics, np.array([1.0, 1.0, 1.0, 0.0]))).all()


def test_specificity_counts_the_negatives_that_were_let_go() -> None:
    assert measured(SPECIFICITY, [0, 0, 0, 1], [0, 1, 0, 0], "binary") == pytest.approx(2 / 3)


def test_f_beta_nears_precision_for_a_small_and_recall_for_a_great_beta() -> None:
    target, label = [1, 1, 1, 0, 0], [1, 1, 0, 1, 0]
    assert measured(fbeta(1e-4), target, label, "binary") == pytest.approx(2 / 3)
    assert measured(fbeta(1e4), [1, 1, 1, 1, 0], [1, 0, 0, 0, 0], "binary") == pytest.approx(1 / 4)
