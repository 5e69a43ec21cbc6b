"""What every member of METRICS must do, and three tasks that are no tables through the same engine."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pytest
from tests.contracts.metric_cases import COSTS_NAME, NAMES, ORACLES, TASKS, case, perfect_of

from assay.measure.evaluate import evaluate
from assay.measure.influence import influence_of, numeric_influence
from assay.measure.metric import HasInfluence, HasProportion, Metric, Statistics, values_under
from assay.measure.parts import Design, Part, design_of, take
from assay.measure.payload import Predictions, Truth, check_paired
from assay.measure.registry import METRICS, metric_named
from assay.measure.resample import Estimator
from assay.splits.plan import Fold, Plan

CASES = [
    pytest.param(name, task, id=f"{name[:20]}-{task}") for name in NAMES for task in TASKS if task in metric_named(name).tasks
]
every_metric = pytest.mark.parametrize(("name", "task"), CASES)

NO_DERIVATIVE = {"median_absolute_error"}
"""Their influence would need the density of the errors: they have none, and the bootstrap makes their intervals."""
SMOOTHED = {"gain_at_10pct", "lift_at_10pct", "gain@5%", "lift@5%"}
"""Their influence is the derivative by weights that move more than one row across the cut (tests/measure/metrics)."""
BETWEEN_UNITS = {"silhouette", "adjusted_rand"}
"""They compare different units: a copy of a row in the data is such a pair, a row that counts twice is none."""


def value(metric: Metric, truth: Truth, predictions: Predictions, weights: np.ndarray | None = None) -> np.ndarray:
    return metric.value(metric.unit_statistics(truth, predictions), np.ones(len(truth)) if weights is None else weights)


@every_metric
def test_a_member_is_called_what_its_registry_calls_it(name: str, task: str) -> None:
    metric = metric_named(name)
    assert metric.name == name
    assert metric.needs in case(task)[1].arrays
    within_one_model = task == "clustering" or (metric.needs == "score" and task != "ranking")
    assert metric.across_folds == ("average" if within_one_model else "pool")


@every_metric
def test_weighted_values_are_those_of_scikit_learn(name: str, task: str) -> None:
    for seed in range(5):
        truth, predictions = case(task, seed=seed)
        weights = np.random.default_rng(seed).exponential(size=len(truth)) + 0.01
        expected = ORACLES[name](truth, predictions, weights, task)
        assert value(metric_named(name), truth, predictions, weights) == pytest.approx(expected, rel=1e-12, abs=1e-12)


@every_metric
def test_integer_weights_are_repeated_rows(name: str, task: str) -> None:
    if name in BETWEEN_UNITS:
        return
    truth, predictions = case(task)
    weights = np.random.default_rng(1).integers(0, 4, len(truth))
    again = np.repeat(np.arange(len(truth)), weights)
    repeated = value(metric_named(name), take(truth, again), take(predictions, again))
    assert value(metric_named(name), truth, predictions, weights) == pytest.approx(repeated, rel=1e-11)


@every_metric
def test_the_order_of_the_units_does_not_matter(name: str, task: str) -> None:
    truth, predictions = case(task)
    random = np.random.default_rng(2)
    weights, order = random.exponential(size=len(truth)), random.permutation(len(truth))
    turned = value(metric_named(name), take(truth, order), take(predictions, order), weights[order])
    assert value(metric_named(name), truth, predictions, weights) == pytest.approx(turned, rel=1e-11)


@every_metric
def test_many_weight_vectors_at_once_give_the_bits_of_one_at_a_time(name: str, task: str) -> None:
    metric, (truth, predictions) = metric_named(name), case(task)
    weights = np.random.default_rng(3).integers(0, 3, (2, 5, len(truth))).astype(float)
    statistics = metric.unit_statistics(truth, predictions)
    single = [[float(metric.value(statistics, row)) for row in block] for block in weights]
    assert np.array_equal(metric.value(statistics, weights), single)


@every_metric
def test_scaling_the_weights_changes_nothing(name: str, task: str) -> None:
    truth, predictions = case(task)
    weights = np.random.default_rng(4).exponential(size=len(truth))
    metric = metric_named(name)
    assert value(metric, truth, predictions, 7.5 * weights) == pytest.approx(
        value(metric, truth, predictions, weights), rel=1e-11
    )


@every_metric
def test_weights_of_zero_give_nan_and_no_warning(name: str, task: str) -> None:
    truth, predictions = case(task)
    with np.errstate(all="raise"):
        assert np.isnan(value(metric_named(name), truth, predictions, np.zeros(len(truth))))


@every_metric
def test_a_better_answer_moves_the_value_in_the_stated_direction(name: str, task: str) -> None:
    truth, predictions = case(task)
    metric = metric_named(name)
    gain = value(metric, truth, perfect_of(task, truth, predictions)) - value(metric, truth, predictions)
    assert (gain > 0) == metric.greater_is_better
    assert gain != 0


@every_metric
def test_missing_empty_and_broken_predictions_are_undefined_with_a_reason(name: str, task: str) -> None:
    metric, (truth, predictions) = metric_named(name), case(task)
    needs = "probability" if (name, task) == ("roc_auc", "multiclass") else metric.needs
    assert metric.undefined(truth, predictions) is None
    rest = {key: array for key, array in predictions.arrays.items() if key != needs}
    assert needs in (metric.undefined(truth, Predictions(predictions.form, predictions.units, rest)) or "")
    nothing = np.zeros(0, np.int64)
    assert metric.undefined(take(truth, nothing), take(predictions, nothing)) == "there are no rows"
    if needs != "label":
        broken = predictions[needs].copy()
        broken[3] = np.nan
        assert metric.undefined(truth, predictions.with_array(needs, broken)) == f"1 of {len(broken)} predictions are not finite"


@every_metric
def test_one_class_or_one_value_of_the_target_is_undefined_where_the_metric_needs_two(name: str, task: str) -> None:
    metric, (truth, predictions) = metric_named(name), case(task)
    told = "relevance" if task == "ranking" else "target"
    alike = truth.with_array(told, np.zeros_like(truth[told]))
    still_defined = metric.by_row and task not in ("ranking",) and name not in ("mape", "gamma_deviance")
    still_defined |= name in ("rmse", "median_absolute_error", "silhouette")
    assert (metric.undefined(alike, predictions) is None) == still_defined


@every_metric
def test_every_metric_gets_an_interval_around_its_value_from_the_engine(name: str, task: str) -> None:
    truth, predictions = case(task)
    parts = [Part(0, 0, truth, predictions)]
    found = evaluate({"a": parts}, [metric_named(name)], design_of(parts), estimand="this model", replicates=200)
    interval = found.interval("a", name)
    assert interval.value == pytest.approx(ORACLES[name](truth, predictions, np.ones(len(truth)), task))
    assert interval.low < interval.value < interval.high
    assert interval.n == len(truth)


@every_metric
def test_counts_of_one_byte_give_the_value_of_the_same_weights_in_float64(name: str, task: str) -> None:
    metric, (truth, predictions) = metric_named(name), case(task)
    statistics = metric.unit_statistics(truth, predictions)
    for kind, top in ((np.uint8, 4), (np.uint8, 256), (np.uint16, 60_000), (np.int64, 4), (np.float32, 4)):
        weights = np.random.default_rng(6).integers(0, top, (3, len(truth))).astype(kind)
        expected = metric.value(statistics, weights.astype(np.float64))
        assert metric.value(statistics, weights) == pytest.approx(expected, rel=1e-12)
        assert metric.value(statistics, weights).dtype == np.float64


@every_metric
def test_read_only_and_strided_weights_are_taken_as_they_are(name: str, task: str) -> None:
    metric, (truth, predictions) = metric_named(name), case(task)
    statistics, n = metric.unit_statistics(truth, predictions), len(truth)
    wide = np.random.default_rng(6).integers(0, 4, (3, 2 * n)).astype(np.uint8)
    expected = metric.value(statistics, np.ascontiguousarray(wide[:, ::2]))
    wide.flags.writeable = False
    assert np.array_equal(metric.value(statistics, wide[:, ::2]), expected)
    assert np.array_equal(metric.value(statistics, np.broadcast_to(wide[0, ::2], (2, n))), expected[[0, 0]])


@every_metric
def test_the_influence_is_the_derivative_of_the_value(name: str, task: str) -> None:
    metric = metric_named(name)
    assert isinstance(metric, HasInfluence) == (name not in NO_DERIVATIVE)
    if name in NO_DERIVATIVE | SMOOTHED:
        return
    for seed in range(3):
        truth, predictions = case(task, n=60, seed=seed)
        statistics = metric.unit_statistics(truth, predictions)
        weights = np.random.default_rng(seed).exponential(size=60) + 0.01
        weights[:5] = 0
        found = metric.influence(statistics, weights)
        step = 1e-3 * np.eye(60)
        up, far = (metric.value(statistics, weights + k * step) for k in (1, 2))
        expected = (4 * up - far - 3 * metric.value(statistics, weights)) / 2e-3  # the weights only rise: some are 0
        assert found == pytest.approx(expected, abs=1e-6 * max(1, np.abs(expected).max()))
        assert found @ weights == pytest.approx(0, abs=1e-10)


@every_metric
def test_the_numeric_influence_agrees_with_the_closed_one(name: str, task: str) -> None:
    if name in NO_DERIVATIVE | SMOOTHED:
        return
    metric, (truth, predictions) = metric_named(name), case(task, n=80)
    statistics, weights = metric.unit_statistics(truth, predictions), np.random.default_rng(7).exponential(size=80)
    assert isinstance(metric, HasInfluence)
    closed = influence_of(metric, statistics, weights)
    assert numeric_influence(metric, statistics, weights) == pytest.approx(closed, abs=1e-5 * np.abs(closed).max())
    groups = np.random.default_rng(8).integers(0, 7, 80)
    grouped = influence_of(metric, statistics, weights, groups=groups)
    assert grouped == pytest.approx(np.bincount(groups, weights=closed * weights), abs=1e-12)
    found = numeric_influence(metric, statistics, weights, groups=groups)
    assert found == pytest.approx(grouped, abs=1e-4 * np.abs(grouped).max())


@every_metric
def test_where_the_value_is_nan_so_is_the_influence(name: str, task: str) -> None:
    metric, (truth, predictions) = metric_named(name), case(task, n=20)
    statistics = metric.unit_statistics(truth, predictions)
    for find in (influence_of, numeric_influence):
        assert np.isnan(find(metric, statistics, np.zeros(20))).all()


@every_metric
def test_no_value_lies_beyond_the_bounds(name: str, task: str) -> None:
    metric, random = metric_named(name), np.random.default_rng(9)
    low, high = metric.bounds
    assert low < high
    for seed in range(20):
        truth, predictions = case(task, n=12, seed=seed)
        order = random.permutation(len(next(iter(predictions.arrays.values()))))  # answers that are far off
        arrays = {key: array[order] for key, array in predictions.arrays.items()}
        turned = Predictions(predictions.form, predictions.units, arrays, predictions.offsets)
        values_there = value(metric, truth, turned, random.integers(0, 3, (50, 12)))
        values_there = values_there[~np.isnan(values_there)]
        assert ((values_there >= low) & (values_there <= high)).all()


@every_metric
def test_a_mean_over_rows_is_told_from_any_other_function_of_them(name: str, task: str) -> None:
    metric, (truth, predictions) = metric_named(name), case(task, n=40)
    weights = np.random.default_rng(10).exponential(size=40)
    by_row = value(metric, truth, predictions, np.eye(40))
    is_mean = bool(np.isclose(by_row @ weights / weights.sum(), value(metric, truth, predictions, weights)))
    assert is_mean == metric.by_row


@every_metric
def test_a_metric_free_of_the_prevalence_does_not_move_with_it(name: str, task: str) -> None:
    metric, (truth, predictions) = metric_named(name), case(task)
    classes = task in ("binary", "multiclass")
    if not classes or (name, task) == ("roc_auc", "multiclass"):  # one class against the rest, which keeps its own mix
        return
    weights = np.where(truth["target"] == 1, 5.0, 1.0)
    moved = value(metric, truth, predictions, weights) - value(metric, truth, predictions)
    assert bool(abs(moved) < 1e-12) == metric.prevalence_free


@every_metric
def test_a_perfect_answer_reaches_the_end_that_has_an_exact_bound(name: str, task: str) -> None:
    metric, (truth, predictions) = metric_named(name), case(task)
    if not metric.exact_ends:
        assert task == "regression" or name in {"log_loss", "brier", "rps", "mean_level_error", "silhouette", COSTS_NAME}
        return
    weights = np.random.default_rng(11).integers(0, 4, (20, len(truth))).astype(np.uint8)
    if task == "binary":
        weights[:, truth["target"] == 0] += 40  # few positives: a small capacity has room for all of them
    end = metric.bounds[1 if metric.greater_is_better else 0]
    assert (value(metric, truth, perfect_of(task, truth, predictions), weights) == end).all()


def test_a_rare_class_decides_for_the_metrics_that_weigh_classes_alike() -> None:
    """Of 10 rows of a class and 990 of the other one is turned to an error: it costs about a tenth of a class, or a thousandth
    of all rows.  Which of the classes is the rare one matters to some (specificity, gain)."""
    noise = 0.2 * np.random.default_rng(0).random(1000)
    for name in METRICS.names():
        metric = METRICS.get(name)
        if "binary" not in metric.tasks:
            assert not metric.by_class
            continue

        def measured(rare: int, wrong: int | None, metric: Metric = metric) -> float:
            target = np.repeat([rare, 1 - rare], [10, 990])
            turned = target + noise
            if wrong is not None:
                turned[wrong] = 1.2 - turned[wrong]
            probability = np.clip(turned, 0.01, 0.99)
            arrays = {"score": turned, "probability": probability, "label": (turned > 0.6).astype(np.int64)}
            units = np.arange(1000)
            return float(value(metric, Truth("binary", units, {"target": target}), Predictions("binary", units, arrays)))

        lost = max(abs(measured(rare, None) - measured(rare, wrong)) for rare in (0, 1) for wrong in (0, 999))
        assert (lost > 0.02) == metric.by_class
        assert (lost < 0.005) == (not metric.by_class)


@every_metric
def test_a_share_of_rows_is_the_value(name: str, task: str) -> None:
    metric, (truth, predictions) = metric_named(name), case(task)
    found = metric.proportion(metric.unit_statistics(truth, predictions)) if isinstance(metric, HasProportion) else None
    shares = {"accuracy", "precision_micro", "recall_micro", "recall_weighted", "f1_micro"}
    shares |= {"specificity", "top_3_accuracy", "top_5_accuracy", "top_k@3", "interval_coverage@0.9"}
    assert (found is not None) == (name in shares or (task == "binary" and name in ("precision", "recall")))
    if found is not None:
        assert found[0] / found[1] == value(metric, truth, predictions)


# ---------------------------------------------------------------- three tasks that are no tables


@dataclass(frozen=True)
class Fake:
    """What the fake metrics share."""

    name: str
    needs: str
    title: str = "fake"
    greater_is_better: bool = True
    tasks: frozenset[str] = frozenset({"fake"})
    across_folds: Literal["average", "pool"] = "pool"
    bounds: tuple[float, float] = (0.0, np.inf)
    by_class: bool = False
    exact_ends: bool = False
    by_row: bool = False
    prevalence_free: bool = False

    def undefined(self, truth: Truth, predictions: Predictions) -> str | None:
        return None if len(truth) else "there is nothing"


class RecallAtHalf(Fake):
    """Share of true boxes that some predicted box of the same picture overlaps with an IoU of at least 0.5."""

    def unit_statistics(self, truth: Truth, predictions: Predictions) -> Statistics:
        check_paired(truth, predictions)
        found, there = np.zeros(len(truth)), np.diff(truth.offsets).astype(float)
        for i in range(len(truth)):
            true = truth["boxes"][truth.offsets[i] : truth.offsets[i + 1]]
            said = predictions["boxes"][predictions.offsets[i] : predictions.offsets[i + 1]]
            found[i] = sum(any(_iou(box, other) >= 0.5 for other in said) for box in true)
        return Statistics(len(truth), {"found": found, "there": there})

    def value(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        return (weights @ statistics["found"]) / (weights @ statistics["there"])


class DistanceOfMeans(Fake):
    """How far the mean of generated pictures is from the mean of real ones; the two samples are not paired."""

    def unit_statistics(self, truth: Truth, predictions: Predictions) -> Statistics:
        pictures = np.concatenate([truth["sample"], predictions["sample"]])
        strata = np.repeat([0, 1], [len(truth), len(predictions)])
        return Statistics(len(pictures), {"pictures": pictures, "generated": strata.astype(float)}, strata)

    def value(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        means = []
        for side in (statistics["generated"], 1 - statistics["generated"]):
            own = weights * side
            means.append((own @ statistics["pictures"]) / own.sum(axis=-1)[..., None])
        return np.linalg.norm(means[0] - means[1], axis=-1)


class Perplexity(Fake):
    """exp of the mean negative log-probability of a token; documents are the units, tokens what they own."""

    def unit_statistics(self, truth: Truth, predictions: Predictions) -> Statistics:
        check_paired(truth, predictions)
        total = np.add.reduceat(predictions["log_probability"], predictions.offsets[:-1])
        return Statistics(len(truth), {"total": total, "tokens": np.diff(predictions.offsets).astype(float)})

    def value(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
        return np.exp(-(weights @ statistics["total"]) / (weights @ statistics["tokens"]))


def _iou(a: np.ndarray, b: np.ndarray) -> float:
    sides = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    shared = max(0.0, sides[0]) * max(0.0, sides[1])
    return shared / (np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - shared)


def two_folds(n: int) -> Plan:
    """Rows 0 … n-1 in two folds."""
    even, odd = np.arange(0, n, 2), np.arange(1, n, 2)
    plan = Plan(n, np.zeros(0, np.int64), (Fold(0, 0, odd, even), Fold(0, 1, even, odd)), "row", 0, "f" * 64)
    plan.check()
    return plan


def test_ragged_boxes_are_resampled_by_picture() -> None:
    random, parts, hits, boxes = np.random.default_rng(0), [], 0, 0
    for fold in two_folds(120).folds:
        corners, said, lengths, said_lengths = [], [], [], []
        for _ in fold.test:
            count = int(random.integers(1, 5))
            at = np.arange(count)[:, None] * 20 + random.random((count, 2))
            here = np.hstack([at, at + 10])
            seen = random.random(count) < 0.7
            hits, boxes = hits + int(seen.sum()), boxes + count
            corners.append(here)
            said.append(here[seen] + 0.5)
            lengths.append(count)
            said_lengths.append(int(seen.sum()))
        truth = Truth("boxes", fold.test, {"boxes": np.concatenate(corners)}, np.cumsum([0, *lengths]))
        answer = Predictions("boxes", fold.test, {"boxes": np.concatenate(said)}, np.cumsum([0, *said_lengths]))
        parts.append(Part(fold.repeat, fold.fold, truth, answer))
    metric = RecallAtHalf("recall_at_half", "boxes")
    interval = evaluate({"a": parts}, [metric], design_of(parts), estimand="this recipe", replicates=300).interval(
        "a", metric.name
    )
    assert interval.value == pytest.approx(hits / boxes)
    assert 0.6 < interval.low < interval.value < interval.high < 0.8
    assert interval.n == 120


def test_unpaired_generated_pictures_are_resampled_within_their_own_sample() -> None:
    random = np.random.default_rng(0)
    plan = two_folds(300)
    real, made = plan.folds[0].test, 10_000 + np.arange(80)
    truth = Truth("samples", real, {"sample": random.normal(0, 1, (len(real), 6))})
    generated = Predictions("samples", made, {"sample": random.normal(1, 1, (80, 6))})
    parts = [Part(0, 0, truth, generated)]
    units = np.concatenate([real, made])
    design = Design(units, strata=(units >= 10_000).astype(np.int64))
    metric = DistanceOfMeans("distance_of_means", "sample", greater_is_better=False)
    interval = evaluate({"a": parts}, [metric], design, estimand="this model", replicates=300).interval("a", metric.name)
    plain = np.linalg.norm(truth["sample"].mean(axis=0) - generated["sample"].mean(axis=0))
    assert interval.value == pytest.approx(plain)
    assert interval.low < np.sqrt(6) < interval.high
    with pytest.raises(ValueError, match=r"Design\.strata"):
        evaluate({"a": parts}, [metric], design_of(parts), estimand="this model", replicates=10).interval("a", metric.name)


def test_token_log_probabilities_are_resampled_by_document() -> None:
    random, parts = np.random.default_rng(0), []
    for fold in two_folds(100).folds:
        offsets = np.concatenate([[0], np.cumsum(random.integers(1, 40, len(fold.test)))])
        level = np.repeat(random.normal(-3, 0.5, len(fold.test)), np.diff(offsets))
        said = Predictions("tokens", fold.test, {"log_probability": level + random.normal(0, 0.1, offsets[-1])}, offsets)
        truth = Truth("tokens", fold.test, {"token": np.zeros(offsets[-1], np.int64)}, offsets)
        parts.append(Part(fold.repeat, fold.fold, truth, said))
    metric = Perplexity("perplexity", "log_probability", greater_is_better=False)
    tokens = np.concatenate([part.predictions["log_probability"] for part in parts])
    estimator = Estimator(metric, parts, design_of(parts))
    assert estimator.estimate == pytest.approx(np.exp(-tokens.mean()))
    interval = evaluate({"a": parts}, [metric], design_of(parts), estimand="this recipe", replicates=400).interval(
        "a", metric.name
    )
    width_if_tokens_were_independent = 2 * 1.96 * interval.value * tokens.std() / np.sqrt(len(tokens))
    assert interval.high - interval.low > 3 * width_if_tokens_were_independent
    assert interval.low < np.exp(3) < interval.high


def test_a_metric_without_kernels_gets_one_float64_vector_after_another() -> None:
    class Wide(Fake):
        def value(self, statistics: Statistics, weights: np.ndarray) -> np.ndarray:
            assert weights.dtype == np.float64
            assert weights.shape == (3,)
            return np.asarray(weights * 1000 @ statistics["x"])

    counts = np.array([[[1, 0, 2], [3, 0, 0]]], np.uint8)
    found = values_under(Wide("wide", "x"), Statistics(3, {"x": np.array([1.0, 2.0, 3.0])}), counts)
    assert found.tolist() == [[7000.0, 3000.0]]


def test_a_metric_without_a_closed_derivative_is_differentiated() -> None:
    """Perplexity is exp of a ratio of sums, so its influence is known on paper."""
    random = np.random.default_rng(0)
    total, tokens, weights = -random.exponential(size=50) * 30, random.integers(1, 30, 50) * 1.0, random.exponential(size=50)
    statistics, metric = Statistics(50, {"total": total, "tokens": tokens}), Perplexity("perplexity", "log_probability")
    mean = (weights @ total) / (weights @ tokens)
    expected = -np.exp(-mean) * (total - mean * tokens) / (weights @ tokens)
    assert influence_of(metric, statistics, weights) == pytest.approx(expected, abs=1e-6 * np.abs(expected).max())
