import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import assume, given
from sklearn import metrics as sk
from tests.measure.cases import noisy, part

from assay.core.errors import ConfigError, DataError
from assay.measure.parts import Part
from assay.measure.payload import Predictions, Truth
from assay.measure.threshold import (
    KINDS,
    ThresholdRule,
    choose,
    choose_threshold,
    cross_fitted_labels,
    expected_cost,
    threshold_of_parts,
    with_labels,
)
from assay.measure.threshold.cuts import best_stretches, cuts_of

RULES = {
    "f1": ThresholdRule("f1"),
    "fbeta": ThresholdRule("fbeta", value=2.0),
    "accuracy": ThresholdRule("accuracy"),
    "balanced_accuracy": ThresholdRule("balanced_accuracy"),
    "mcc": ThresholdRule("mcc"),
    "cost": ThresholdRule("cost", cost_fn=5, cost_fp=2),
    "recall": ThresholdRule("recall", value=0.7),
    "precision": ThresholdRule("precision", value=0.4),
    "capacity": ThresholdRule("capacity", value=0.2),
    "fixed": ThresholdRule("fixed", value=0.3),
}
CHOOSING = [kind for kind in KINDS if kind != "fixed"]


def kept(value: float, good: bool) -> float:
    return value if good else -np.inf


def recall_of(t: np.ndarray, said: np.ndarray, w: np.ndarray) -> float:
    return sk.recall_score(t, said, sample_weight=w)


def precision_of(t: np.ndarray, said: np.ndarray, w: np.ndarray) -> float:
    return sk.precision_score(t, said, sample_weight=w, zero_division=0)


SCORES = {
    "f1": lambda t, said, w: sk.f1_score(t, said, sample_weight=w, zero_division=0),
    "fbeta": lambda t, said, w: sk.fbeta_score(t, said, beta=2, sample_weight=w, zero_division=0),
    "accuracy": lambda t, said, w: sk.accuracy_score(t, said, sample_weight=w),
    "balanced_accuracy": lambda t, said, w: sk.balanced_accuracy_score(t, said, sample_weight=w),
    "mcc": lambda t, said, w: sk.matthews_corrcoef(t, said, sample_weight=w),
    "cost": lambda t, said, w: -np.sum(w * np.where(t == 1, 5 * (said == 0), 2 * (said == 1))),
    "recall": lambda t, said, w: kept(-np.average(said, weights=w), recall_of(t, said, w) >= 0.7 - 1e-9),
    "precision": lambda t, said, w: kept(recall_of(t, said, w), precision_of(t, said, w) >= 0.4 - 1e-9),
    "capacity": lambda _, said, w: kept(np.average(said, weights=w), np.average(said, weights=w) <= 0.2 + 1e-9),
}


def test_every_kind_is_tested_here() -> None:
    assert list(RULES) == list(KINDS)


@pytest.mark.parametrize("kind", CHOOSING)
@pytest.mark.parametrize("weighted", [False, True])
def test_no_cut_is_better_than_the_chosen_one(kind: str, weighted: bool) -> None:
    for seed in range(4):
        random = np.random.default_rng(seed)
        target = (random.random(60) < 0.3).astype(np.int64)
        probability = np.round(np.clip(0.3 * target + 0.7 * random.random(60), 0, 1), 1 if seed % 2 else 8)
        weights = random.exponential(size=60) if weighted else None
        chosen = choose_threshold(target, probability, RULES[kind], weights)
        w = np.ones(60) if weights is None else weights
        scores = [SCORES[kind](target, (probability >= t).astype(int), w) for t in [chosen, *np.unique(probability), 2.0]]
        assert scores[0] == pytest.approx(max(scores), abs=1e-12)
        assert np.isfinite(scores[0])


@pytest.mark.parametrize("kind", CHOOSING)
def test_a_row_that_counts_thrice_is_a_row_that_is_there_thrice(kind: str) -> None:
    random = np.random.default_rng(7)
    target = (random.random(80) < 0.4).astype(np.int64)
    probability = np.round(np.clip(0.3 * target + 0.6 * random.random(80), 0, 1), 2)
    times = random.integers(0, 4, 80)
    again = choose_threshold(np.repeat(target, times), np.repeat(probability, times), RULES[kind])
    assert choose_threshold(target, probability, RULES[kind], times.astype(float)) == again
    ends = best_stretches(cuts_of(target, probability), np.stack([times, np.ones(80)]).astype(float), RULES[kind])
    assert ends[0].mean() == pytest.approx(again)
    assert ends[1].mean() == pytest.approx(choose_threshold(target, probability, RULES[kind]))


@given(
    rows=st.lists(st.tuples(st.integers(0, 1), st.integers(0, 6), st.integers(0, 3)), min_size=1, max_size=30),
    share=st.floats(0.01, 0.99),
)
def test_a_capacity_is_never_exceeded_and_never_wasted(rows: list[tuple[int, int, int]], share: float) -> None:
    target, level, weight = (np.array(column) for column in zip(*rows, strict=True))
    assume(weight.sum() > 0)
    probability = level / 6
    chosen = choose_threshold(target, probability, ThresholdRule("capacity", value=share), weight.astype(float))
    flagged = weight[probability >= chosen].sum()
    possible = [weight[probability >= cut].sum() for cut in [*probability, 2.0]]
    assert flagged == max(mass for mass in possible if mass <= share * weight.sum() * (1 + 1e-9))


def test_a_capacity_in_rows_is_that_many_of_these_rows_or_the_share_of_others() -> None:
    probability, target = np.arange(100) / 100, np.zeros(100, int)
    rule = ThresholdRule("capacity", value=30)
    assert np.count_nonzero(probability >= choose_threshold(target, probability, rule)) == 30
    assert np.count_nonzero(probability >= choose_threshold(target, probability, rule, of=300)) == 10
    with pytest.raises(ConfigError, match="a capacity of 30 is no limit on 20 rows"):
        choose_threshold(target[:20], probability[:20], rule)


def test_a_tie_that_would_overflow_the_capacity_is_not_called() -> None:
    probability = np.array([0.9, 0.8, 0.8, 0.8, 0.1])
    found = choose(np.array([1, 1, 0, 1, 0]), probability, ThresholdRule("capacity", value=3))
    assert np.count_nonzero(probability >= found.threshold) == 1
    assert found.note is None
    crowded = choose(np.array([1, 1, 0, 1, 0]), np.array([0.8, 0.8, 0.8, 0.8, 0.1]), ThresholdRule("capacity", value=3))
    assert crowded.threshold > 0.8
    assert crowded.note == "nobody is called: a share of 0.6 of 5 rows may be, and 4 share the highest probability"


def test_a_precision_that_no_cut_reaches_is_said_and_never_silently_missed() -> None:
    target, probability = np.array([0, 1, 1, 0, 0]), np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    found = choose(target, probability, ThresholdRule("precision", value=0.9))
    assert found.missed
    assert found.threshold == pytest.approx(0.65), "two of three: the highest precision there is"
    assert found.note == "no cut of the 5 rows has a precision of 0.9 or more; the highest is 0.6667, at 0.65"
    with pytest.raises(DataError, match=r"no cut of the 5 rows .* lower the floor \(threshold rule precision:0\.9\)"):
        choose_threshold(target, probability, ThresholdRule("precision", value=0.9))
    assert not choose(target, probability, ThresholdRule("precision", value=2 / 3)).missed


def test_a_recall_floor_of_one_finds_every_positive_and_no_row_more() -> None:
    target, probability = np.array([1, 0, 1, 0, 0]), np.array([0.9, 0.8, 0.6, 0.4, 0.1])
    assert choose_threshold(target, probability, ThresholdRule("recall", value=1.0)) == pytest.approx(0.5)
    assert choose_threshold(target, probability, ThresholdRule("recall", value=0.5)) == pytest.approx(0.85)


def test_the_threshold_is_the_middle_of_the_best_stretch() -> None:
    target = np.array([0, 0, 1, 1])
    assert choose_threshold(target, np.array([0.1, 0.2, 0.6, 0.9]), ThresholdRule("accuracy")) == pytest.approx(0.4)
    # cutting above 0.9, or below 0.6, is equally right on these two; the wider stretch is the one below
    assert choose_threshold(np.array([1, 0]), np.array([0.6, 0.9]), ThresholdRule("accuracy")) == pytest.approx(0.3)


def test_a_resample_takes_the_widest_of_several_best_stretches() -> None:
    cuts = cuts_of(np.array([1, 0]), np.array([0.6, 0.9]))
    ends = best_stretches(cuts, np.array([[1.0, 1.0], [1.0, 2.0], [2.0, 1.0], [3.0, 0.0]]), ThresholdRule("accuracy"))
    # above 0.9 or below 0.6; nobody; everybody; with one class only there is still an accuracy, and no rule for it
    assert ends[:3].tolist() == [[0.0, 0.6], [0.9, 1.0], [0.0, 0.6]]
    assert np.isnan(ends[3]).all()


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


def test_without_rows_of_both_classes_the_fallback_is_taken_and_said() -> None:
    assert choose_threshold(np.zeros(5, int), np.linspace(0, 1, 5), ThresholdRule("f1")) == 0.5
    assert choose_threshold(np.zeros(0, int), np.zeros(0), ThresholdRule("cost", cost_fn=3)) == 0.25
    assert choose(np.zeros(5, int), np.linspace(0, 1, 5), RULES["recall"]).note == (
        "all 5 rows to choose on are of one class, so it is 0.5"
    )
    assert choose(np.zeros(0, int), np.zeros(0), RULES["f1"]).note == "there were no rows to choose on, so it is 0.5"
    one_class = choose(np.array([0, 0, 1]), np.array([0.1, 0.5, 0.9]), RULES["f1"], np.array([1.0, 1.0, 0.0]))
    assert one_class.note is not None, "the only positive row weighs nothing"
    assert choose(np.zeros(5, int), np.linspace(0, 1, 5), RULES["capacity"]).note is None, "a capacity reads no classes"
    assert choose(np.zeros(0, int), np.zeros(0), RULES["fixed"]).threshold == 0.3


def test_expected_cost_counts_both_mistakes() -> None:
    assert expected_cost([1, 1, 0, 0], [0.9, 0.1, 0.8, 0.2], threshold=0.5, cost_fn=10, cost_fp=2) == 3.0
    with pytest.raises(DataError, match="2 rows of truth and 1 prob"):
        expected_cost([1, 0], [0.5], threshold=0.5, cost_fn=1)
    with pytest.raises(ConfigError, match="costs must be numbers >= 0"):
        expected_cost([1, 0], [0.5, 0.5], threshold=0.5, cost_fn=-1)
    with pytest.raises(DataError, match="there are no rows"):
        expected_cost([], [], threshold=0.5, cost_fn=1)


@pytest.mark.parametrize(
    ("target", "probability", "weights", "says"),
    [
        ([0, 1, 1], [0.1, 0.2], None, "3 rows of truth and 2 probabilities"),
        ([0, 1, 1], [0.1, np.nan, np.inf], None, "2 of 3 probabilities are not numbers (first rows: 1, 2)"),
        ([0, 1, 2], [0.1, 0.2, 0.3], None, "1 of 3 labels are neither 0 nor 1 (first row: 2)"),
        ([0, 1, 1], [0.1, 0.2, 0.3], [1.0, 2.0], "3 rows and 2 weights"),
        ([0, 1, 1], [0.1, 0.2, 0.3], [1.0, -2.0, np.nan], "2 of 3 weights are not numbers >= 0 (first rows: 1, 2)"),
        ([0, 1, 1], [0.1, 0.2, 0.3], [0.0, 0.0, 0.0], "all 3 weights are 0"),
    ],
)
def test_rows_that_cannot_be_read_are_refused_with_their_number(
    target: list, probability: list, weights: list | None, says: str
) -> None:
    with pytest.raises(DataError) as caught:
        choose(np.array(target), np.array(probability), RULES["f1"], None if weights is None else np.array(weights))
    assert says in str(caught.value)


def folds() -> list[Part]:
    target = (np.random.default_rng(0).random(300) < 0.3).astype(np.int64)
    score = noisy(target, 1, 1.5) - 2
    return [part(target[rows], score[rows], units=rows, fold=k) for k, rows in enumerate(np.array_split(np.arange(300), 3))]


@pytest.mark.parametrize("kind", [kind for kind in CHOOSING if kind != "capacity"])
def test_the_truth_of_a_fold_never_moves_its_own_labels(kind: str) -> None:
    parts, rule = folds(), RULES[kind]
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
