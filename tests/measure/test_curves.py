import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn import metrics as sk
from tests.measure.cases import noisy

from assay.measure.curves import confusion, precision_recall, reliability, roc, wilson


@pytest.fixture
def rows() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    target = (random.random(300) < 0.3).astype(np.int64)
    return target, np.round(noisy(target, 1), 1), random.exponential(size=300)


def test_the_roc_curve_is_scikit_learns(rows) -> None:
    target, score, _ = rows
    found = roc(target, score)
    fpr, tpr, threshold = sk.roc_curve(target, score)
    assert found.false_positive_rate == pytest.approx(fpr, abs=1e-14)
    assert found.true_positive_rate == pytest.approx(tpr, abs=1e-14)
    assert np.array_equal(found.threshold, threshold)
    assert (found.threshold[0], found.false_positive_rate[-1], found.true_positive_rate[-1]) == (np.inf, 1.0, 1.0)


def test_the_area_under_the_weighted_roc_curve_is_scikit_learns(rows) -> None:
    target, score, weight = rows
    found = roc(target, score, weight)
    area = sk.auc(found.false_positive_rate, found.true_positive_rate)
    assert area == pytest.approx(sk.roc_auc_score(target, score, sample_weight=weight), rel=1e-12)


def test_each_roc_point_is_what_its_threshold_gives(rows) -> None:
    target, score, _ = rows
    found = roc(target, score)
    for fpr, tpr, threshold in zip(found.false_positive_rate, found.true_positive_rate, found.threshold, strict=True):
        called = score >= threshold
        assert (called[target == 0].mean(), called[target == 1].mean()) == pytest.approx((fpr, tpr))


def test_the_precision_recall_curve_is_scikit_learns_to_where_recall_is_one(rows) -> None:
    target, score, weight = rows
    found = precision_recall(target, score, weight)
    precision, recall, threshold = sk.precision_recall_curve(target, score, sample_weight=weight)
    first = np.flatnonzero(recall == 1)[-1]
    assert found.precision == pytest.approx(precision[first:][::-1], rel=1e-10)
    assert found.recall == pytest.approx(recall[first:][::-1], rel=1e-10)
    assert found.threshold[1:] == pytest.approx(threshold[first:][::-1])
    area = np.sum(np.diff(found.recall) * found.precision[1:])
    assert area == pytest.approx(sk.average_precision_score(target, score, sample_weight=weight), rel=1e-12)


def test_the_wilson_band_is_scipys() -> None:
    for k, n in ((0, 5), (3, 10), (250, 1000), (7, 7)):
        band = binomtest(k, n).proportion_ci(0.9, method="wilson")
        assert [float(x) for x in wilson(np.array(k / n), np.array(n), 0.9)] == pytest.approx([band.low, band.high], abs=1e-12)


def test_bins_hold_equally_many_rows_and_their_means() -> None:
    probability = np.random.default_rng(0).permutation(np.linspace(0, 1, 100))
    target = (probability > 0.5).astype(np.int64)
    found = reliability(target, probability, bins=4)
    assert found.count.tolist() == [25, 25, 25, 25]
    assert found.observed.tolist() == [0, 0, 1, 1]
    assert found.predicted == pytest.approx([p.mean() for p in np.array_split(np.linspace(0, 1, 100), 4)])
    assert (found.low <= found.observed).all()
    assert (found.observed <= found.high).all()


def test_equal_probabilities_share_a_bin() -> None:
    found = reliability(np.array([0, 1, 0, 1, 1, 1]), np.array([0.2, 0.2, 0.2, 0.2, 0.9, 0.9]))
    assert found.count.tolist() == [4, 2]
    assert found.observed.tolist() == [0.5, 1.0]


def test_integer_weights_move_the_bins_as_repeated_rows_but_not_the_band() -> None:
    target, probability, weights = np.array([0, 1, 1]), np.array([0.4, 0.4, 0.4]), np.array([2.0, 1.0, 1.0])
    found = reliability(target, probability, weights)
    assert found.observed.tolist() == [0.5]
    low, high = wilson(np.array(0.5), np.array(16 / 6))
    assert (found.low[0], found.high[0]) == pytest.approx((float(low), float(high)))


def test_the_band_holds_the_true_rate_as_often_as_it_says() -> None:
    random = np.random.default_rng(0)
    inside = []
    for _ in range(200):
        probability = random.random(400)
        bins = reliability((random.random(400) < probability).astype(int), probability)
        inside.append((bins.low <= bins.predicted) & (bins.predicted <= bins.high))
    assert 0.93 <= np.mean(inside) <= 0.98


def test_the_confusion_counts_are_scikit_learns() -> None:
    random = np.random.default_rng(0)
    target, label, weight = random.integers(0, 3, 100), random.integers(0, 3, 100), random.random(100)
    found = confusion(target, label, 4, weight).counts
    assert found == pytest.approx(sk.confusion_matrix(target, label, labels=range(4), sample_weight=weight))
    assert confusion(target, label, 3).counts.sum() == 100
