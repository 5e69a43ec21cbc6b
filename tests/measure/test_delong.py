import numpy as np
import pytest
from scipy.stats import norm
from scipy.stats import t as student
from sklearn.metrics import roc_auc_score
from tests.measure.cases import noisy, part

from assay.measure.evaluate import evaluate
from assay.measure.interval import Interval
from assay.measure.intervals import Difference
from assay.measure.linear import Linear, linearise
from assay.measure.metrics.ranking import ROC_AUC
from assay.measure.parts import Design, Part, design_of
from assay.measure.payload import Truth
from assay.measure.resample import Estimator, replicates
from assay.measure.wald import LEAST_P


def linear(parts: list[Part], design: Design) -> Linear:
    return linearise(Estimator(ROC_AUC, parts, design))


def auc_interval(parts: list[Part], design: Design, *, level: float = 0.95, estimand: str = "this model") -> Interval:
    return evaluate({"a": parts}, [ROC_AUC], design, level=level, estimand=estimand).interval("a", "roc_auc")


def auc_difference(a: list[Part], b: list[Part], design: Design) -> Difference:
    return evaluate({"a": a, "b": b}, [ROC_AUC], design, estimand="this model").difference("a", "b", "roc_auc")


def satterthwaite(target: np.ndarray, score: np.ndarray, other: np.ndarray | None = None) -> float:
    """Degrees of freedom of DeLong's variance, from the components of the paper."""
    v10, v01 = components(target, score)
    if other is not None:
        w10, w01 = components(target, other)
        v10, v01 = v10 - w10, v01 - w01
    m, n = len(v10), len(v01)
    influence = np.r_[(v10 - v10.mean()) / np.sqrt(m * (m - 1)), (v01 - v01.mean()) / np.sqrt(n * (n - 1))]
    total = np.sum(influence**2)
    return 2 * total**2 / (np.sum(influence**4) - total**2 / (m + n))


def components(target: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    high, low = score[target == 1], score[target == 0]
    psi = (high[:, None] > low[None, :]) + 0.5 * (high[:, None] == low[None, :])
    return psi.mean(axis=1), psi.mean(axis=0)


def textbook(target: np.ndarray, *scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """AUCs and their covariance by the double loop of the 1988 paper."""
    v10, v01 = zip(*(components(target, score) for score in scores), strict=True)
    m, n = len(v10[0]), len(v01[0])
    return np.mean(v10, axis=1), np.atleast_2d(np.cov(v10)) / m + np.atleast_2d(np.cov(v01)) / n


@pytest.fixture
def target() -> np.ndarray:
    return (np.random.default_rng(5).random(90) < 0.35).astype(np.int64)


def test_value_and_variance_are_delongs_with_ties(target: np.ndarray) -> None:
    score = np.round(noisy(target, 1), 1)
    parts = [part(target, score)]
    design = design_of(parts)
    aucs, covariance = textbook(target, score)
    found = linear(parts, design)
    assert found.value == pytest.approx(roc_auc_score(target, score), rel=1e-13)
    assert found.value == pytest.approx(aucs[0], rel=1e-13)
    assert found.row_variance == pytest.approx(covariance[0, 0], rel=1e-12)


def test_the_paired_difference_is_the_textbooks(target: np.ndarray) -> None:
    a, b = np.round(noisy(target, 1), 1), np.round(noisy(target, 1) + 0.8 * noisy(target, 2, 0), 1)
    parts_a, parts_b = [part(target, a)], [part(target, b)]
    aucs, covariance = textbook(target, a, b)
    error = np.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    found = auc_difference(parts_a, parts_b, design_of(parts_a))
    assert found.interval.value == pytest.approx(aucs[0] - aucs[1], rel=1e-12)
    freedom = satterthwaite(target, a, b)
    assert found.p == pytest.approx(2 * student.sf(abs(aucs[0] - aucs[1]) / error, freedom), rel=1e-10)
    assert found.interval.high - found.interval.low == pytest.approx(2 * student.ppf(0.975, freedom) * error, rel=1e-10)
    assert found.equivalence.high - found.equivalence.low == pytest.approx(2 * student.ppf(0.95, freedom) * error, rel=1e-10)


def test_the_interval_is_symmetric_on_the_logit_scale(target: np.ndarray) -> None:
    parts = [part(target, noisy(target, 1, 2.5))]
    _, covariance = textbook(target, parts[0].predictions["score"])
    found = auc_interval(parts, design_of(parts), level=0.9, estimand="this model")
    low, value, high = (np.log(x / (1 - x)) for x in (found.low, found.value, found.high))
    assert high - value == pytest.approx(value - low, rel=1e-9)
    freedom = satterthwaite(target, parts[0].predictions["score"])
    reach = student.ppf(0.95, freedom) * np.sqrt(covariance[0, 0]) / (found.value * (1 - found.value))
    assert high - value == pytest.approx(reach, rel=1e-9)
    assert found.method == "DeLong, logit"


def test_weights_of_the_truth_enter_the_auc(target: np.ndarray) -> None:
    score, weight = np.round(noisy(target, 1), 1), np.random.default_rng(0).exponential(size=len(target))
    plain = part(target, score)
    truth = Truth("binary", plain.truth.units, {"target": target, "weight": weight})
    weighted = [Part(0, 0, truth, plain.predictions)]
    assert linear(weighted, design_of(weighted)).value == pytest.approx(roc_auc_score(target, score, sample_weight=weight))


def test_folds_are_averaged_and_their_variances_add_up() -> None:
    targets = [(np.random.default_rng(s).random(60) < 0.4).astype(np.int64) for s in range(3)]
    parts = [part(t, noisy(t, s), units=np.arange(60) * 3 + s, fold=s) for s, t in enumerate(targets)]
    alone = [textbook(t, noisy(t, s)) for s, t in enumerate(targets)]
    design = design_of(parts)
    found = linear(parts, design)
    assert found.value == pytest.approx(np.mean([aucs[0] for aucs, _ in alone]), rel=1e-12)
    assert found.row_variance == pytest.approx(sum(c[0, 0] for _, c in alone) / 9, rel=1e-12)


def test_a_repeat_of_the_same_predictions_adds_no_information(target: np.ndarray) -> None:
    once = [part(target, noisy(target, 1))]
    twice = [*once, part(target, noisy(target, 1), repeat=1)]
    first, second = (auc_interval(p, design_of(p), estimand="this recipe") for p in (once, twice))
    assert (second.low, second.high) == pytest.approx((first.low, first.high), rel=1e-12)


def test_copies_of_rows_in_one_group_add_no_information() -> None:
    random = np.random.default_rng(3)
    target = np.repeat((random.random(80) < 0.5).astype(np.int64), 5)
    score = np.repeat(noisy(target[::5], 4), 5)
    groups = np.repeat(np.arange(80), 5)
    parts = [part(target, score)]
    grouped = auc_interval(parts, design_of(parts, kind="group", groups=groups), estimand="this model")
    alone = [part(target[::5], score[::5])]
    single = auc_interval(alone, design_of(alone), estimand="this model")
    assert grouped.n == 80
    assert grouped.high - grouped.low == pytest.approx(single.high - single.low, rel=0.02)
    as_rows = auc_interval(parts, design_of(parts), estimand="this model")
    assert as_rows.high - as_rows.low < 0.6 * (grouped.high - grouped.low)


def test_with_both_classes_in_every_cluster_the_variance_is_obuchowskis() -> None:
    random = np.random.default_rng(8)
    clusters = np.repeat(np.arange(25), 6)
    target = np.tile([0, 1, 0, 1, 0, 1], 25)
    score = target + random.normal(size=150) + np.repeat(random.normal(size=25), 6)
    high, low = score[target == 1], score[target == 0]
    psi = (high[:, None] > low[None, :]).astype(float)
    auc, m, n, count = psi.mean(), len(high), len(low), 25
    x = np.bincount(clusters[target == 1], weights=psi.mean(axis=1) - auc)
    y = np.bincount(clusters[target == 0], weights=psi.mean(axis=0) - auc)
    s10, s01 = count / ((count - 1) * m) * (x**2).sum(), count / ((count - 1) * n) * (y**2).sum()
    s11 = count / (count - 1) * (x * y).sum()
    expected = s10 / m + s01 / n + 2 * s11 / (m * n)
    parts = [part(target, score)]
    design = design_of(parts, kind="group", groups=clusters)
    assert linear(parts, design).row_variance == pytest.approx(expected, rel=1e-12)


def test_the_bootstrap_agrees_with_delong_about_the_spread() -> None:
    target = (np.random.default_rng(5).random(500) < 0.35).astype(np.int64)
    parts = [part(target, noisy(target, 1))]
    design = design_of(parts)
    draws = replicates([Estimator(ROC_AUC, parts, design)], design, n_replicates=600, seed=0)[:, 0]
    assert draws.std() == pytest.approx(np.sqrt(linear(parts, design).row_variance), rel=0.1)


def test_a_perfect_auc_gets_an_exact_bound_and_not_a_width_of_zero() -> None:
    target = np.repeat([0, 1], [50, 20])
    parts = [part(target, target.astype(float))]
    found = auc_interval(parts, design_of(parts), estimand="this model")
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(0.025 ** (1 / 20))
    worst = [part(target, -target.astype(float))]
    assert auc_interval(worst, design_of(worst), estimand="this model").high == pytest.approx(1 - 0.025 ** (1 / 20))


def test_two_perfect_candidates_show_no_difference_and_no_certainty() -> None:
    target = np.repeat([0, 1], [50, 20])
    a, b = [part(target, target.astype(float))], [part(target, 2.0 * target)]
    found = auc_difference(a, b, design_of(a))
    assert found.p == 1.0
    assert found.interval.low < -0.15 < 0.15 < found.interval.high


def test_perfect_against_constant_is_a_difference_with_a_width() -> None:
    target = np.repeat([0, 1], [50, 40])
    a, b = [part(target, target.astype(float))], [part(target, np.zeros(90))]
    found = auc_difference(a, b, design_of(a))
    assert found.interval.value == pytest.approx(0.5)
    assert 0 < found.interval.low < 0.5 == found.interval.high
    assert 0 < found.p < 1e-4
    back = auc_difference(b, a, design_of(a))
    assert (back.interval.low, back.interval.high) == pytest.approx((-found.interval.high, -found.interval.low))


def test_a_p_too_small_to_be_told_is_the_least_p() -> None:
    target = np.repeat([0, 1], [2500, 500])
    a, b = [part(target, target.astype(float))], [part(target, np.zeros(3000))]
    found = auc_difference(a, b, design_of(a))
    assert found.p == LEAST_P
    assert 0.48 < found.interval.low < 0.5 == found.interval.high


def test_the_same_scores_differ_by_nothing(target: np.ndarray) -> None:
    parts = [part(target, noisy(target, 1))]
    found = auc_difference(parts, parts, design_of(parts))
    assert (found.interval.low, found.interval.high, found.p) == (0.0, 0.0, 1.0)


def test_a_fold_with_a_single_positive_has_no_spread() -> None:
    target = np.array([1, 0, 0, 0, 0])
    parts = [part(target, np.array([0.4, 0.1, 0.2, 0.6, 0.0]))]
    found = auc_interval(parts, design_of(parts), estimand="this model")
    assert found.value is None
    assert "one row of a class" in found.undefined


def test_the_interval_covers_the_true_auc_as_often_as_it_says() -> None:
    truth, covered = norm.cdf(1.0 / np.sqrt(2)), 0
    for seed in range(300):
        random = np.random.default_rng(seed)
        target = (random.random(150) < 0.3).astype(np.int64)
        parts = [part(target, target + random.normal(size=150))]
        found = auc_interval(parts, design_of(parts), estimand="this model")
        covered += found.low <= truth <= found.high
    assert 0.92 <= covered / 300 <= 0.98


def test_the_p_of_a_difference_is_uniform_when_there_is_none() -> None:
    below = 0
    for seed in range(300):
        random = np.random.default_rng(seed)
        target = (random.random(150) < 0.4).astype(np.int64)
        shared = target + 0.7 * random.normal(size=150)
        a, b = ([part(target, shared + 0.7 * random.normal(size=150))] for _ in range(2))
        below += auc_difference(a, b, design_of(a)).p < 0.1
    assert 0.06 <= below / 300 <= 0.14


def test_a_unit_unknown_to_the_design_is_refused(target: np.ndarray) -> None:
    found = part(target, noisy(target, 1))
    with pytest.raises(ValueError, match="does not know"):
        linear([found], Design(np.arange(20))).row_variance


def test_weight_one_is_no_weight(target: np.ndarray) -> None:
    plain = part(target, noisy(target, 1))
    weighted = Part(0, 0, Truth("binary", plain.truth.units, {"target": target, "weight": np.full(90, 3.0)}), plain.predictions)
    a, b = (auc_interval([p], design_of([p]), estimand="this model") for p in (plain, weighted))
    assert (a.low, a.high) == pytest.approx((b.low, b.high), rel=1e-12)
