import numpy as np
import pytest
from scipy.stats import binomtest
from tests.measure.cases import noisy, part

from assay.core.errors import ConfigError
from assay.measure.evaluate import Evaluation, evaluate
from assay.measure.intervals import bootstrap_difference, percentile_interval
from assay.measure.metric import HasBias
from assay.measure.parts import Part, design_of
from assay.measure.payload import Predictions, Truth
from assay.measure.registry import METRICS
from assay.measure.threshold import ThresholdRule, cross_fitted_labels, with_labels

BINARY = [METRICS.get(name) for name in METRICS.names() if "binary" in METRICS.get(name).tasks]


def folds(gap: float, seed: int, n: int = 400) -> list[Part]:
    target = (np.random.default_rng(0).random(n) < 0.35).astype(np.int64)
    score = noisy(target, seed, gap)
    return [part(target[rows], score[rows], units=rows, fold=k) for k, rows in enumerate(np.array_split(np.arange(n), 4))]


def at_half(parts: list[Part]) -> list[Part]:
    return [Part(p.repeat, p.fold, p.truth, with_labels(p.predictions, 0.5)) for p in parts]


@pytest.fixture(scope="module")
def found() -> Evaluation:
    candidates = {"good": folds(2.0, 1), "poor": folds(0.5, 2), "also good": folds(2.0, 3)}
    labelled = {name: at_half(parts) for name, parts in candidates.items()}
    return evaluate(labelled, BINARY, design_of(labelled["good"]), estimand="this recipe", replicates=300)


# The better score moves the positives only, and the cut is fixed: the negatives fare alike under both.
@pytest.mark.parametrize("metric", [m for m in BINARY if m.name != "specificity"], ids=lambda metric: metric.name)
def test_every_metric_tells_a_good_candidate_from_a_poor_one(found: Evaluation, metric) -> None:
    forward, back = found.difference("good", "poor", metric.name), found.difference("poor", "good", metric.name)
    sign = 1 if metric.greater_is_better else -1
    assert sign * forward.interval.value > 0
    assert min(sign * forward.interval.low, sign * forward.interval.high) > 0
    assert forward.p < 0.02
    assert back.interval.value == -forward.interval.value
    assert back.p == pytest.approx(forward.p)
    assert back.interval.low == pytest.approx(-forward.interval.high)


@pytest.mark.parametrize("metric", BINARY, ids=lambda metric: metric.name)
def test_intervals_hold_their_value_and_the_equivalence_interval_is_the_narrower(found: Evaluation, metric) -> None:
    interval = found.interval("good", metric.name)
    assert interval.low < interval.value <= interval.high
    assert interval.value < interval.high or isinstance(metric, HasBias)
    assert (interval.level, interval.n, interval.estimand, interval.undefined) == (0.95, 400, "this recipe", None)
    difference = found.difference("good", "also good", metric.name)
    assert difference.equivalence.level == 0.9
    assert difference.interval.low < difference.equivalence.low < difference.equivalence.high < difference.interval.high


def test_the_default_is_the_closed_form_on_the_scale_of_the_metric(found: Evaluation) -> None:
    assert found.interval("good", "roc_auc").method == "DeLong and model variance, logit"
    assert found.difference("good", "poor", "roc_auc").method == "paired DeLong and model variance"
    assert found.interval("good", "f1").method == "infinitesimal jackknife and model variance, logit"
    assert found.interval("good", "log_loss").method == "infinitesimal jackknife and model variance, log"


def test_one_model_on_independent_rows_has_wilsons_interval_of_its_accuracy() -> None:
    one = cross_fitted_labels(folds(1.0, 1)[:1], ThresholdRule("f1"))
    found = evaluate({"a": one}, BINARY, design_of(one), estimand="this model")
    right = int((one[0].truth["target"] == one[0].predictions["label"]).sum())
    expected = binomtest(right, 100).proportion_ci(0.95, "wilson")
    interval = found.interval("a", "accuracy")
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high), rel=1e-12)
    assert interval.method == "Wilson"
    exact = evaluate({"a": one}, BINARY, design_of(one), estimand="this model", method="clopper-pearson")
    assert exact.interval("a", "accuracy").method == "Clopper-Pearson"


@pytest.mark.parametrize("kind", ["group", "time"])
def test_rows_that_are_not_independent_are_counted_by_their_clusters(kind: str) -> None:
    parts = folds(1.0, 1)
    order = {"groups": np.arange(400) // 4} if kind == "group" else {"time": np.arange(400.0)}
    design = design_of(parts, kind=kind, **order)
    found = evaluate({"a": parts}, BINARY[:1], design, estimand="this recipe").interval("a", "roc_auc")
    assert found.n == design.n_independent < 400
    assert found.low < found.value < found.high


@pytest.mark.parametrize("method", ["percentile", "bca", "studentized", "stratified"])
@pytest.mark.parametrize("metric", [m for m in BINARY if m.name != "ks"], ids=lambda metric: metric.name)
def test_a_bootstrap_that_is_asked_for_agrees_with_the_closed_form(method: str, metric) -> None:
    target = (np.random.default_rng(0).random(600) < 0.35).astype(np.int64)
    one = cross_fitted_labels([part(target, noisy(target, 1))], ThresholdRule("f1"))
    closed = evaluate({"a": one}, [metric], design_of(one), estimand="this model").interval("a", metric.name)
    drawn = evaluate({"a": one}, [metric], design_of(one), estimand="this model", method=method, replicates=400)
    interval = drawn.interval("a", metric.name)
    assert method in interval.method.lower() or not metric.prevalence_free
    width = closed.high - closed.low
    assert interval.value == pytest.approx(closed.value, rel=1e-12)
    assert abs(interval.low - closed.low) < 0.2 * width
    assert abs(interval.high - closed.high) < 0.2 * width


def test_a_bootstrap_of_a_recipe_is_spread_by_its_models() -> None:
    """Folds of very different models: what they vary is not in the draws of the rows."""
    target = (np.random.default_rng(0).random(800) < 0.4).astype(np.int64)
    gaps = (0.2, 2.5, 0.3, 2.4)
    rows_of = np.array_split(np.arange(800), 4)
    parts = [part(target[rows], noisy(target[rows], k, gaps[k]), units=rows, fold=k) for k, rows in enumerate(rows_of)]
    design = design_of(parts)

    def width(estimand: str, method: str) -> float:
        found = evaluate({"a": parts}, BINARY[:1], design, estimand=estimand, method=method, replicates=300)
        interval = found.interval("a", "roc_auc")
        assert ("model variance" in interval.method) == (estimand == "this recipe")
        return interval.high - interval.low

    for method in ("percentile", "bca", "studentized"):
        assert width("this recipe", method) > 2 * width("this model", method)


def test_a_maximum_is_centred_on_less_than_itself_and_never_resampled() -> None:
    parts, metric = folds(1.0, 1), METRICS.get("ks")
    default, asked = (
        evaluate({"a": parts}, [metric], design_of(parts), estimand="this recipe", method=method).interval("a", "ks")
        for method in ("default", "percentile")
    )
    assert default == asked
    assert default.method.endswith("less bias")
    assert default.value - default.low > default.high - default.value


def test_gini_is_twice_the_auc_less_one_at_its_ends_too() -> None:
    target = np.repeat([0, 1], [24, 6])
    perfect = [part(target, target.astype(float))]
    metrics = [METRICS.get(name) for name in ("roc_auc", "gini")]
    found = evaluate({"a": perfect}, metrics, design_of(perfect), estimand="this model")
    auc, gini = found.interval("a", "roc_auc"), found.interval("a", "gini")
    assert (gini.low, gini.high) == pytest.approx((2 * auc.low - 1, 1.0))
    worst = [part(target, -target.astype(float))]
    low = evaluate({"a": worst}, metrics, design_of(worst), estimand="this model").interval("a", "gini")
    assert (low.low, low.value) == (-1.0, -1.0)
    assert low.high == pytest.approx(-gini.low)


def test_drawing_within_classes_is_kept_from_metrics_that_depend_on_the_prevalence() -> None:
    one = cross_fitted_labels(folds(1.0, 1)[:1], ThresholdRule("f1"))
    found = evaluate({"a": one}, BINARY, design_of(one), estimand="this model", method="stratified", replicates=50)
    assert found.interval("a", "roc_auc").method == "stratified percentile bootstrap"
    assert found.interval("a", "brier").method == "percentile bootstrap"
    grouped = design_of(one, kind="group", groups=np.arange(400) // 4)
    with pytest.raises(ConfigError, match="independent rows"):
        evaluate({"a": one}, BINARY, grouped, estimand="this model", method="stratified")
    with pytest.raises(ConfigError, match="no interval method 'boot'"):
        evaluate({"a": one}, BINARY, grouped, estimand="this model", method="boot")


def test_equal_seeds_give_equal_intervals_and_other_seeds_others() -> None:
    def interval(seed: int):
        parts = folds(1.0, 1)
        found = evaluate(
            {"a": parts}, BINARY, design_of(parts), estimand="this recipe", method="percentile", replicates=50, seed=seed
        )
        return found.interval("a", "brier")

    assert interval(1) == interval(1)
    assert interval(1) != interval(2)


def test_a_candidate_has_the_same_interval_whoever_stands_beside_it(found: Evaluation) -> None:
    parts = at_half(folds(2.0, 1))
    alone = evaluate({"good": parts}, BINARY[::-1], design_of(parts), estimand="this recipe", replicates=300)
    for metric in BINARY:
        assert alone.interval("good", metric.name) == found.interval("good", metric.name)


def test_predictions_without_labels_leave_the_label_metrics_undefined_with_the_reason() -> None:
    parts = folds(1.0, 1)
    found = evaluate({"a": parts, "b": parts}, BINARY, design_of(parts), estimand="this recipe", replicates=20)
    interval = found.interval("a", "f1")
    assert (interval.value, interval.low, interval.high) == (None, None, None)
    assert "no label" in interval.undefined
    difference = found.difference("a", "b", "f1")
    assert difference.p is None
    assert difference.interval.undefined.startswith("a: ")


def test_candidates_measured_on_different_rows_are_refused() -> None:
    one, other = folds(1.0, 1), folds(1.0, 1)[:3]
    with pytest.raises(ValueError, match="different rows"):
        evaluate({"a": one, "b": other}, BINARY, design_of(one), estimand="this recipe")


def test_a_level_that_no_interval_can_have_is_refused() -> None:
    parts = folds(1.0, 1)
    with pytest.raises(ValueError, match="level=95"):
        evaluate({"a": parts}, BINARY, design_of(parts), level=95, estimand="this recipe")


def test_more_than_a_twentieth_of_lost_draws_is_no_interval() -> None:
    draws = np.linspace(0, 1, 100)
    draws[:5] = np.nan
    kept = percentile_interval(0.5, draws, level=0.9, n=9, estimand="this model")
    assert (kept.low, kept.high) == pytest.approx(tuple(np.quantile(draws[5:], [0.05, 0.95])))
    draws[5] = np.nan
    lost = percentile_interval(0.5, draws, level=0.9, n=9, estimand="this model")
    assert lost.value is None
    assert lost.undefined.startswith("6 of 100 resamples")
    assert bootstrap_difference(0.5, draws, level=0.9, n=9, estimand="this model").p is None


def test_draws_that_are_all_equal_are_said_to_be() -> None:
    found = percentile_interval(1.0, np.ones(50), level=0.95, n=9, estimand="this model")
    assert found.method == "percentile bootstrap, all draws equal"


def test_the_p_of_a_bootstrap_difference_is_never_zero_and_at_most_one() -> None:
    make = {"level": 0.95, "n": 9, "estimand": "this model"}
    assert bootstrap_difference(2.0, np.full(999, 2.0), **make).p == pytest.approx(2 / 1000)
    assert bootstrap_difference(0.0, np.zeros(999), **make).p == 1.0
    draws = np.r_[np.full(49, -1.0), np.full(950, 1.0)]
    assert bootstrap_difference(0.9, draws, **make).p == pytest.approx(2 * 50 / 1000)


def test_a_candidate_that_is_never_wrong_gets_the_exact_bound_instead_of_an_interval_without_width() -> None:
    target = np.repeat([0, 1], [24, 6])
    arrays = {"score": target * 1.0, "probability": target * 1.0, "label": target}
    perfect = Part(0, 0, Truth("binary", np.arange(30), {"target": target}), Predictions("binary", np.arange(30), arrays))
    metrics = [METRICS.get(name) for name in ("accuracy", "recall", "f1", "average_precision")]
    found = evaluate({"perfect": [perfect]}, metrics, design_of([perfect]), estimand="this model")
    accuracy, recall = found.interval("perfect", "accuracy"), found.interval("perfect", "recall")
    assert accuracy.low == pytest.approx(binomtest(30, 30).proportion_ci(0.95, "exact").low, abs=1e-12)
    assert recall.low == pytest.approx(binomtest(6, 6).proportion_ci(0.95, "exact").low, abs=1e-12)
    for metric in metrics:
        interval = found.interval("perfect", metric.name)
        assert (interval.value, interval.high) == (1.0, 1.0)
        assert interval.low < 0.9
