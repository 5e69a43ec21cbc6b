import tracemalloc

import numpy as np
import pytest
from sklearn import metrics as sk
from tests.measure.cases import noisy, part

from assay.core.errors import ConfigError
from assay.measure import resample
from assay.measure.influence import influence_of
from assay.measure.metrics.labels import ACCURACY
from assay.measure.metrics.values import MAE, R2
from assay.measure.parts import Design, Part, concatenate, design_of, part_shares, pool, take, time_blocks
from assay.measure.payload import Predictions, Truth
from assay.measure.registry import METRICS
from assay.measure.resample import Estimator, replicate_weights, replicates
from assay.measure.threshold import with_labels


def values(errors: np.ndarray, *, units: np.ndarray | None = None, repeat: int = 0, fold: int = 0) -> Part:
    rows = np.arange(len(errors)) if units is None else units
    return Part(
        repeat, fold, Truth("value", rows, {"target": np.zeros(len(rows))}), Predictions("value", rows, {"value": errors})
    )


def test_a_replicate_draws_as_many_units_as_there_are() -> None:
    weights = replicate_weights(Design(np.arange(50)), range(20), seed=0)
    assert (weights.sum(axis=1) == 50).all()
    assert (weights == np.round(weights)).all()


def worst_correlation(weights: np.ndarray) -> float:
    """The largest correlation of two replicates, in size; chance alone reaches about 4.5 / sqrt(units)."""
    return float(np.abs(np.corrcoef(weights)[np.triu_indices(len(weights), 1)]).max())


def test_replicates_are_distinct_and_uncorrelated() -> None:
    weights = replicate_weights(Design(np.arange(400)), range(150), seed=0)
    assert len(np.unique(weights, axis=0)) == 150
    assert worst_correlation(weights) < 4.5 / np.sqrt(400)
    assert abs(np.corrcoef(weights)[np.triu_indices(150, 1)].mean()) < 0.005


def test_streams_that_overlap_by_a_third_would_be_caught() -> None:
    stream = np.random.default_rng(0).integers(0, 400, 150 * 400)
    overlapping = np.stack([np.bincount(stream[start : start + 400], minlength=400) for start in range(0, 100 * 267, 267)])
    assert worst_correlation(overlapping) > 4.5 / np.sqrt(400)


def test_another_seed_gives_other_replicates() -> None:
    design = Design(np.arange(100))
    a, b = (replicate_weights(design, range(30), seed=seed) for seed in (0, 1))
    assert not (a[:, None] == b[None, :]).all(axis=2).any()


def test_neither_chunks_nor_the_number_of_replicates_change_a_replicate(monkeypatch: pytest.MonkeyPatch) -> None:
    target = (np.random.default_rng(0).random(300) < 0.4).astype(np.int64)
    base = part(target, noisy(target, 1))
    parts = [Part(0, 0, base.truth, with_labels(base.predictions))]
    design = design_of(parts)
    estimators = [Estimator(METRICS.get(name), parts, design) for name in METRICS.names() if "binary" in METRICS.get(name).tasks]
    whole = replicates(estimators, design, n_replicates=60, seed=3)
    assert np.array_equal(replicates(estimators, design, n_replicates=25, seed=3), whole[:25])
    monkeypatch.setattr(resample, "CHUNK_BYTES", 7 * 8 * 300)
    assert np.array_equal(replicates(estimators, design, n_replicates=60, seed=3), whole)


def binary_estimators(n: int = 300, *, weighted: bool = False) -> list[Estimator]:
    """Every binary metric over three folds, by name."""
    target = (np.random.default_rng(0).random(n) < 0.4).astype(np.int64)
    score, parts = noisy(target, 1), []
    for fold, rows in enumerate(np.array_split(np.random.default_rng(1).permutation(n), 3)):
        base = part(target[rows], np.round(score[rows], 1), units=rows, fold=fold)
        truth = (
            base.truth.with_array("weight", np.random.default_rng(fold).exponential(size=len(rows))) if weighted else base.truth
        )
        parts.append(Part(0, fold, truth, with_labels(base.predictions)))
    design = design_of(parts)
    return [Estimator(METRICS.get(name), parts, design) for name in METRICS.names() if "binary" in METRICS.get(name).tasks]


@pytest.mark.parametrize("weighted", [False, True])
def test_the_number_of_threads_changes_no_bit(monkeypatch: pytest.MonkeyPatch, weighted: bool) -> None:
    monkeypatch.setattr(resample, "LEAST_WORK", 1)
    estimators = binary_estimators(weighted=weighted)
    design = estimators[0].design
    draws = [replicates(estimators, design, n_replicates=50, seed=3, threads=threads) for threads in (1, 2, 3)]
    monkeypatch.setattr(resample, "CHUNK_BYTES", 7 * 300)
    draws += [replicates(estimators, design, n_replicates=50, seed=3, threads=threads) for threads in (1, 2, 3)]
    assert len({array.tobytes() for array in draws}) == 1


def test_what_a_thread_raises_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resample, "LEAST_WORK", 1)
    (accuracy,) = [e for e in binary_estimators() if e.metric.name == "accuracy"]
    del accuracy.blocks[0].statistics.arrays["cell"]  # type: ignore[attr-defined]
    with pytest.raises(KeyError, match="cell"):
        replicates([accuracy], accuracy.design, n_replicates=50, seed=3, threads=2)


def test_no_thread_is_too_few() -> None:
    with pytest.raises(ConfigError, match="threads=0: at least one"):
        replicates([], Design(np.arange(3)), n_replicates=5, seed=0, threads=0)


def test_draws_are_those_of_a_loop_over_scikit_learn() -> None:
    random = np.random.default_rng(0)
    target = (random.random(500) < 0.2).astype(np.int64)
    base = part(target, np.round(noisy(target, 1), 1))
    label = (base.predictions["score"] > 0.7).astype(np.int64)
    found = Part(0, 0, base.truth, base.predictions.with_array("label", label).with_array("value", base.predictions["score"]))
    design, score, probability = design_of([found]), found.predictions["score"], found.predictions["probability"]
    loops = {
        "roc_auc": lambda w: sk.roc_auc_score(target, score, sample_weight=w),
        "average_precision": lambda w: sk.average_precision_score(target, score, sample_weight=w),
        "log_loss": lambda w: sk.log_loss(target, probability, sample_weight=w),
        "brier": lambda w: sk.brier_score_loss(target, probability, sample_weight=w),
        "accuracy": lambda w: sk.accuracy_score(target, label, sample_weight=w),
        "balanced_accuracy": lambda w: sk.balanced_accuracy_score(target, label, sample_weight=w),
        "precision": lambda w: sk.precision_score(target, label, sample_weight=w),
        "recall": lambda w: sk.recall_score(target, label, sample_weight=w),
        "f1": lambda w: sk.f1_score(target, label, sample_weight=w),
        "mcc": lambda w: sk.matthews_corrcoef(target, label, sample_weight=w),
        "rmse": lambda w: sk.root_mean_squared_error(target, score, sample_weight=w),
        "mae": lambda w: sk.mean_absolute_error(target, score, sample_weight=w),
        "r2": lambda w: sk.r2_score(target, score, sample_weight=w),
    }
    draws = replicates([Estimator(METRICS.get(name), [found], design) for name in loops], design, n_replicates=20, seed=9)
    counts = replicate_weights(design, range(20), seed=9).astype(float)
    assert draws == pytest.approx(np.array([[loop(row) for loop in loops.values()] for row in counts]), rel=1e-11)


def spread_of_means(weights_of_seed: object) -> float:
    """The variance of the mean over 50 replicates of a resampled mean, over that of independent replicates, by 400 seeds."""
    values = np.random.default_rng(0).normal(size=60)
    means = [np.mean(weights_of_seed(seed) @ values / 60) for seed in range(400)]  # type: ignore[operator]
    return float(np.var(np.array(means)) / (values.var() / 60 / 50))


def test_the_mean_over_replicates_varies_as_that_of_independent_ones() -> None:
    """Its standard error over 400 seeds is sqrt(2 / 400), 0.07."""
    design = Design(np.arange(60))
    assert spread_of_means(lambda seed: replicate_weights(design, range(50), seed=seed)) == pytest.approx(1, abs=0.25)


def test_replicates_that_share_half_of_their_stream_would_vary_more() -> None:
    def overlapping(seed: int) -> np.ndarray:
        stream = np.random.default_rng(seed).integers(0, 60, 51 * 30)
        return np.stack([np.bincount(stream[start : start + 60], minlength=60) for start in range(0, 50 * 30, 30)])

    assert spread_of_means(overlapping) > 1.5


def test_clusters_are_drawn_within_their_strata() -> None:
    clusters, strata = np.repeat(np.arange(20), 3), np.repeat(np.arange(20) % 2 * 5, 3)  # strata interleaved, with a gap
    order = np.random.default_rng(0).permutation(60)
    design = Design(np.arange(60), clusters=clusters[order], kind="group", strata=strata[order])
    weights = replicate_weights(design, range(2000), seed=1)
    for cluster in range(20):
        assert (np.ptp(weights[:, clusters[order] == cluster], axis=1) == 0).all()
    for stratum in (0, 5):
        assert (weights[:, strata[order] == stratum].sum(axis=1) == 30).all()
    first = np.array([np.flatnonzero(clusters[order] == cluster)[0] for cluster in range(20)])
    assert np.abs(weights[:, first].mean(axis=0) - 1).max() < 4.5 * np.sqrt(0.9 / 2000)


def test_memory_does_not_grow_with_the_number_of_replicates() -> None:
    """400 replicates of 100 000 rows are 40 MB of counts and 320 MB of float64 weights."""
    target = (np.random.default_rng(0).random(100_000) < 0.1).astype(np.int64)
    parts = [part(target, noisy(target, 1))]
    design = design_of(parts)
    estimators = [Estimator(METRICS.get(name), parts, design) for name in ("roc_auc", "average_precision", "log_loss")]
    replicates(estimators, design, n_replicates=2, seed=0)
    tracemalloc.start()
    try:
        replicates(estimators, design, n_replicates=400, seed=0, threads=2)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8e6


def test_squared_influences_add_up_to_the_variance_of_the_draws() -> None:
    target = (np.random.default_rng(0).random(2000) < 0.4).astype(np.int64)
    base = part(target, np.round(noisy(target, 1), 1))
    parts = [Part(0, 0, base.truth, with_labels(base.predictions))]
    design, metrics = design_of(parts), [METRICS.get(n) for n in METRICS.names() if "binary" in METRICS.get(n).tasks]
    estimators = [Estimator(metric, parts, design) for metric in metrics]
    draws = replicates(estimators, design, n_replicates=1500, seed=2)
    slopes = [influence_of(e.metric, e.blocks[0].statistics, np.ones(2000)) for e in estimators]
    assert draws.std(axis=0) == pytest.approx(np.sqrt([np.sum(slope**2) for slope in slopes]), rel=0.1)


def test_the_influence_on_the_auc_is_that_of_delong_by_comparing_all_pairs() -> None:
    target = (np.random.default_rng(5).random(400) < 0.3).astype(np.int64)
    score = np.round(noisy(target, 1), 1)
    parts, high, low = [part(target, score)], score[target == 1], score[target == 0]
    won = (high[:, None] > low[None, :]) + 0.5 * (high[:, None] == low[None, :])
    expected = np.empty(400)
    expected[target == 1] = (won.mean(axis=1) - won.mean()) / len(high)
    expected[target == 0] = (won.mean(axis=0) - won.mean()) / len(low)
    (block,) = Estimator(METRICS.get("roc_auc"), parts, design_of(parts)).blocks
    assert influence_of(METRICS.get("roc_auc"), block.statistics, np.ones(400)) == pytest.approx(expected, abs=1e-15)


def test_folds_of_one_value_have_exactly_that_mean() -> None:
    perfect = np.tile([0, 1], 5)
    parts = [part(perfect, perfect.astype(float), units=np.arange(10) + 10 * fold, fold=fold) for fold in range(7)]
    assert Estimator(METRICS.get("roc_auc"), parts, design_of(parts)).estimate == 1.0


def test_candidates_share_their_draws() -> None:
    errors = np.random.default_rng(0).normal(size=80)
    parts, worse = [values(errors)], [values(errors + np.sign(errors))]
    design = design_of(parts)
    draws = replicates([Estimator(MAE, parts, design), Estimator(MAE, worse, design)], design, n_replicates=100, seed=0)
    assert draws[:, 1] - draws[:, 0] == pytest.approx(np.ones(100))


def test_whole_groups_are_drawn() -> None:
    groups = np.random.default_rng(0).integers(0, 12, 60)
    parts = [values(np.ones(60))]
    design = design_of(parts, kind="group", groups=groups)
    weights = replicate_weights(design, range(10), seed=0)
    for group in np.unique(groups):
        assert (np.ptp(weights[:, groups == group], axis=1) == 0).all()
    assert design.n_independent == len(np.unique(groups))


def test_strata_keep_their_sizes() -> None:
    design = Design(np.arange(30), strata=np.repeat([0, 1], [10, 20]))
    weights = replicate_weights(design, range(20), seed=0)
    assert (weights[:, :10].sum(axis=1) == 10).all()
    assert (weights[:, 10:].sum(axis=1) == 20).all()


def test_a_cluster_in_two_strata_is_refused() -> None:
    with pytest.raises(ValueError, match="two strata"):
        Design(np.arange(4), clusters=np.array([0, 0, 1, 1]), kind="group", strata=np.array([0, 1, 1, 1]))


@pytest.mark.parametrize("n", [1, 2, 30, 1000])
def test_time_blocks_are_consecutive_and_about_the_cube_root_long(n: int) -> None:
    time = np.random.default_rng(0).permutation(n).astype(float)
    blocks = time_blocks(time)
    in_order = blocks[np.argsort(time)]
    assert set(np.diff(in_order)) <= {0, 1}
    length = round(n ** (1 / 3))
    assert np.bincount(blocks).min() >= length
    assert np.bincount(blocks).max() <= 2 * length


def test_units_of_one_moment_share_a_block() -> None:
    time = np.repeat(np.arange(10.0), 30)
    blocks = time_blocks(time)
    assert [len(np.unique(blocks[time == t])) for t in range(10)] == [1] * 10


def test_blocks_widen_the_interval_of_an_autocorrelated_series() -> None:
    random = np.random.default_rng(0)
    errors = np.convolve(random.normal(size=1100), np.ones(20), mode="valid")[:1000] + 50
    parts = [values(errors)]
    rows, time = design_of(parts), design_of(parts, kind="time", time=np.arange(1000.0))
    spread = [replicates([Estimator(MAE, parts, d)], d, n_replicates=300, seed=0).std() for d in (rows, time)]
    assert spread[1] > 1.8 * spread[0]


def test_pooled_metrics_sum_over_folds_and_ranking_metrics_average_them() -> None:
    errors = np.array([1.0, 1, 1, 1, 1, 4])
    parts = [values(errors[:5], units=np.array([5, 4, 3, 2, 1])), values(errors[5:], units=np.array([0]), fold=1)]
    assert Estimator(MAE, parts, design_of(parts)).estimate == pytest.approx(9 / 6)
    assert list(part_shares(parts)) == [0.5, 0.5]


def test_repeats_are_averaged_after_pooling() -> None:
    parts = [values(np.full(4, 1.0)), values(np.full(4, 4.0), repeat=1)]
    estimator = Estimator(METRICS.get("rmse"), parts, design_of(parts))
    assert estimator.estimate == pytest.approx(2.5)


def test_the_weights_of_the_truth_count() -> None:
    base = values(np.array([1.0, 2.0, 3.0]))
    weighted = Part(0, 0, base.truth.with_array("weight", np.array([0.0, 1.0, 3.0])), base.predictions)
    assert Estimator(MAE, [weighted], design_of([weighted])).estimate == pytest.approx(11 / 4)


def test_pooling_keeps_each_row_with_its_unit() -> None:
    parts = [
        values(np.array([30.0, 10.0]), units=np.array([3, 1])),
        values(np.array([0.0, 20.0]), units=np.array([0, 2]), fold=1),
    ]
    (pooled,) = pool(parts)
    assert pooled.predictions["value"].tolist() == [0, 10, 20, 30]
    assert pooled.units.tolist() == [0, 1, 2, 3]


def test_ragged_units_take_their_items_along() -> None:
    ragged = Predictions("boxes", np.array([7, 8, 9]), {"item": np.arange(6)}, np.array([0, 2, 2, 6]))
    turned = take(ragged, np.array([2, 0, 1, 0]))
    assert turned["item"].tolist() == [2, 3, 4, 5, 0, 1, 0, 1]
    assert turned.offsets.tolist() == [0, 4, 6, 6, 8]
    joined = concatenate([ragged, turned])
    assert joined.offsets.tolist() == [0, 2, 2, 6, 10, 12, 12, 14]


def test_the_first_undefined_fold_is_named() -> None:
    good, flat = np.array([0, 1, 0, 1]), np.zeros(4, np.int64)
    parts = [part(good, good + 0.0), part(flat, good + 0.0, units=np.arange(4, 8), fold=1)]
    reason = Estimator(METRICS.get("roc_auc"), parts, design_of(parts)).undefined
    assert reason == "fold 1 of repeat 0: all 4 rows are of one class"


def test_a_resample_without_variance_of_the_target_is_nan() -> None:
    truth = Truth("value", np.arange(3), {"target": np.array([0.1, 0.1, 7.3])})
    found = Part(0, 0, truth, Predictions("value", np.arange(3), {"value": np.zeros(3)}))
    estimator = Estimator(R2, [found], design_of([found]))
    assert np.isnan(estimator(np.array([2.0, 1.0, 0.0])))
    assert np.isnan(estimator(np.array([0.0, 0.0, 3.0])))


def test_the_bootstrap_interval_of_a_mean_covers_as_often_as_it_says() -> None:
    covered = 0
    for seed in range(300):
        errors = np.random.default_rng(seed).exponential(size=150)
        parts = [values(errors)]
        design = design_of(parts)
        draws = replicates([Estimator(MAE, parts, design)], design, n_replicates=200, seed=seed)[:, 0]
        low, high = np.quantile(draws, [0.025, 0.975])
        covered += low <= 1.0 <= high
    assert 0.90 <= covered / 300 <= 0.98


def test_statistics_of_the_wrong_length_are_refused() -> None:
    class Short(type(ACCURACY)):  # type: ignore[misc]
        def unit_statistics(self, truth: Truth, predictions: Predictions) -> object:
            return super().unit_statistics(take(truth, np.arange(2)), take(predictions, np.arange(2)))

    base = part(np.array([0, 1, 0]), np.zeros(3))
    labelled = Part(0, 0, base.truth, with_labels(base.predictions))
    short = Short("short", "Short", ACCURACY.of_counts)
    with pytest.raises(ValueError, match="2 units for the 3"):
        Estimator(short, [labelled], design_of([labelled])).estimate
