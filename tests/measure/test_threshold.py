import numpy as np
import pytest
from sklearn import metrics as sk
from tests.measure.cases import noisy, part

from assay.core.errors import ConfigError
from assay.measure.parts import Part
from assay.measure.payload import Predictions, Truth
from assay.measure.threshold import (
    KINDS,
    ThresholdRule,
    choose_threshold,
    cross_fitted_labels,
    expected_cost,
    threshold_of_parts,
    with_labels,
)

SCORES = {
    "f1": lambda t, said, w: sk.f1_score(t, said, sample_weight=w, zero_division=0),
    "accuracy": lambda t, said, w: sk.accuracy_score(t, said, sample_weight=w),
    "balanced_accuracy": lambda t, said, w: sk.balanced_accuracy_score(t, said, sample_weight=w),
    "mcc": lambda t, said, w: sk.matthews_corrcoef(t, said, sample_weight=w),
    "cost": lambda t, said, w: -np.sum(w * np.where(t == 1, 5 * (said == 0), 2 * (said == 1))),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("weighted", [False, True])
def test_no_cut_is_better_than_the_chosen_one(kind: str, weighted: bool) -> None:
    for seed in range(4):
        random = np.random.default_rng(seed)
        target = (random.random(60) < 0.3).astype(np.int64)
        probability = np.round(np.clip(0.3 * target + 0.7 * random.random(60), 0, 1), 1 if seed % 2 else 8)
        weights = random.exponential(size=60) if weighted else None
        rule = ThresholdRule(kind, cost_fn=5, cost_fp=2)
        chosen = choose_threshold(target, probability, rule, weights)
        w = np.ones(60) if weights is None else weights
        scores = [SCORES[kind](target, (probability >= t).astype(int), w) for t in [chosen, *np.unique(probability), 2.0]]
        assert scores[0] == pytest.approx(max(scores), abs=1e-12)


def test_the_threshold_is_the_middle_of_the_best_stretch() -> None:
    target = np.array([0, 0, 1, 1])
    assert choose_threshold(target, np.array([0.1, 0.2, 0.6, 0.9]), ThresholdRule("accuracy")) == pytest.approx(0.4)
    # cutting above 0.9, or below 0.6, is equally right on these two; the wider stretch is the one below
    assert choose_threshold(np.array([1, 0]), np.array([0.6, 0.9]), ThresholdRule("accuracy")) == pytest.approx(0.3)


def test_a_stretch_may_run_over_several_probabilities() -> None:
    weights = np.array([1.0, 0.0, 0.0, 1.0])  # the two in the middle count for nothing
    found = choose_threshold(np.array([0, 1, 0, 1]), np.array([0.1, 0.3, 0.5, 0.9]), ThresholdRule("accuracy"), weights)
    assert found == pytest.approx(0.5)


def test_nobody_and_everybody_can_be_the_best_cut() -> None:
    target, probability = np.array([1, 0, 0, 0]), np.array([0.1, 0.2, 0.3, 1.0])
    nobody = choose_threshold(target, probability, ThresholdRule("cost", cost_fn=1, cost_fp=10))
    assert not (probability >= nobody).any()
    everybody = choose_threshold(target, probability, ThresholdRule("cost", cost_fn=100, cost_fp=1))
    assert (probability >= everybody).all()
    assert 0 <= everybody <= 0.1


def test_neighbouring_floats_are_cut_between() -> None:
    low = 0.3
    high = np.nextafter(low, 1)
    found = choose_threshold(np.array([0, 1]), np.array([low, high]), ThresholdRule("accuracy"))
    assert low < found <= high


def test_with_true_probabilities_the_cost_threshold_is_elkans() -> None:
    random = np.random.default_rng(0)
    probability = random.random(200_000)
    target = (random.random(200_000) < probability).astype(np.int64)
    rule = ThresholdRule("cost", cost_fn=4, cost_fp=1)
    assert choose_threshold(target, probability, rule) == pytest.approx(rule.fallback, abs=0.02)
    assert rule.fallback == pytest.approx(0.2)


def test_one_class_gives_the_fallback() -> None:
    assert choose_threshold(np.zeros(5, int), np.linspace(0, 1, 5), ThresholdRule("f1")) == 0.5
    assert choose_threshold(np.zeros(0, int), np.zeros(0), ThresholdRule("cost", cost_fn=3)) == 0.25


def test_expected_cost_counts_both_mistakes() -> None:
    assert expected_cost([1, 1, 0, 0], [0.9, 0.1, 0.8, 0.2], threshold=0.5, cost_fn=10, cost_fp=2) == 3.0
    with pytest.raises(ValueError, match="2 rows of truth and 1"):
        expected_cost([1, 0], [0.5], threshold=0.5, cost_fn=1)


@pytest.mark.parametrize("settings", [{"kind": "f2"}, {"cost_fn": -1}, {"cost_fn": 0, "cost_fp": 0}, {"cost_fp": np.nan}])
def test_an_impossible_rule_is_refused(settings: dict) -> None:
    with pytest.raises(ConfigError):
        ThresholdRule(**settings)


def folds() -> list[Part]:
    target = (np.random.default_rng(0).random(300) < 0.3).astype(np.int64)
    score = noisy(target, 1, 1.5) - 2
    return [part(target[rows], score[rows], units=rows, fold=k) for k, rows in enumerate(np.array_split(np.arange(300), 3))]


@pytest.mark.parametrize("kind", KINDS)
def test_the_truth_of_a_fold_never_moves_its_own_labels(kind: str) -> None:
    parts, rule = folds(), ThresholdRule(kind, cost_fn=3)
    before = cross_fitted_labels(parts, rule)
    turned = Part(0, 1, parts[1].truth.with_array("target", 1 - parts[1].truth["target"]), parts[1].predictions)
    after = cross_fitted_labels([parts[0], turned, parts[2]], rule)
    assert np.array_equal(before[1].predictions["label"], after[1].predictions["label"])
    assert not np.array_equal(before[0].predictions["label"], after[0].predictions["label"])


def test_labels_are_cut_at_the_threshold_of_the_other_folds_of_the_repeat() -> None:
    parts, rule = folds(), ThresholdRule("f1")
    other_repeat = Part(1, 0, parts[0].truth.with_array("target", np.ones(100, int)), parts[0].predictions)
    labelled = cross_fitted_labels([*parts, other_repeat], rule)
    threshold = threshold_of_parts([parts[0], parts[1]], rule)
    assert np.array_equal(labelled[2].predictions["label"], parts[2].predictions["probability"] >= threshold)
    assert np.array_equal(labelled[3].predictions["label"], parts[0].predictions["probability"] >= 0.5)


def test_multiclass_labels_are_the_most_probable_class() -> None:
    probability = np.array([[0.2, 0.5, 0.3], [0.6, 0.1, 0.3]])
    predictions = Predictions("multiclass", np.arange(2), {"score": probability, "probability": probability})
    parts = [Part(0, 0, Truth("multiclass", np.arange(2), {"target": np.array([1, 2])}), predictions)]
    assert cross_fitted_labels(parts, ThresholdRule())[0].predictions["label"].tolist() == [1, 0]
    assert with_labels(predictions)["label"].dtype == np.int64


def test_in_time_a_fold_is_cut_by_earlier_folds_only() -> None:
    rule = ThresholdRule("accuracy")
    random = np.random.default_rng(4)
    truth = [random.integers(0, 2, 40) for _ in range(3)]
    cuts = (0.2, 0.5, 0.8)
    parts = [
        Part(
            0,
            fold,
            Truth("binary", np.arange(40 * fold, 40 * fold + 40), {"target": target}),
            Predictions("binary", np.arange(40 * fold, 40 * fold + 40), {"probability": np.clip(cut + (target - 0.5) / 5, 0, 1)}),
        )
        for fold, (target, cut) in enumerate(zip(truth, cuts, strict=True))
    ]
    first, second, third = cross_fitted_labels(parts, rule, forward=True)
    assert (first.predictions["label"] == (parts[0].predictions["probability"] >= 0.5)).all(), "nothing came before it"
    assert (second.predictions["label"] == (parts[1].predictions["probability"] >= cuts[0])).all()
    changed = cross_fitted_labels([parts[0], parts[1], parts[1]], rule, forward=True)
    assert (changed[1].predictions["label"] == second.predictions["label"]).all(), "a later fold has no say"
    assert len(third.predictions) == 40
