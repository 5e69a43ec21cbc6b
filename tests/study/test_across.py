"""Candidates over many data sets: what is ranked, what is claimed, and when nothing can be."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import friedmanchisquare, norm, rankdata, wilcoxon
from tests.study.conftest import make_table

import assay
from assay.core.errors import StudyError
from assay.measure.compare import holm
from assay.measure.registry import METRICS
from assay.study import Study
from assay.study.across import RankedRun, Table, collect, compare_across, in_units, rank_across, too_few
from assay.study.result import StudyResult


def table(scores: np.ndarray, names: str = "abcdefgh", metric: str = "roc_auc") -> Table:
    runs = tuple(RankedRun(f"runs/{i}", f"{i}.csv", 100) for i in range(len(scores)))
    return Table(METRICS.get(metric), runs, tuple(names[: scores.shape[1]]), scores)


def simulated(n: int, gaps: list[float], seed: int = 0) -> np.ndarray:
    """Scores on n data sets: each data set has its level, each candidate its gap to it."""
    random = np.random.default_rng(seed)
    return random.uniform(0.6, 0.9, (n, 1)) - np.array(gaps) + random.normal(0, 0.01, (n, len(gaps)))


def test_candidates_stand_in_the_order_of_their_mean_ranks() -> None:
    scores = simulated(12, [0.05, 0.0, 0.1])
    found = compare_across(table(scores))
    ranks = rankdata(-scores, axis=1)
    assert found.table.names == ("b", "a", "c")
    assert found.friedman.mean_ranks == pytest.approx(ranks.mean(axis=0)[[1, 0, 2]])
    assert found.friedman.chi2 == pytest.approx(friedmanchisquare(*scores.T).statistic)
    assert found.first == tuple((ranks == 1).sum(axis=0)[[1, 0, 2]])
    assert found.table.scores.tolist() == scores[:, [1, 0, 2]].tolist()


def test_pairs_are_wilcoxons_and_corrected_together() -> None:
    scores = simulated(14, [0.0, 0.003, 0.02, 0.021])
    found = compare_across(table(scores))
    assert len(found.pairs) == 6
    place = {name: i for i, name in enumerate("abcd")}
    raw = [wilcoxon(scores[:, place[pair.a]], scores[:, place[pair.b]], method="exact").pvalue for pair in found.pairs]
    assert [pair.p_raw for pair in found.pairs] == pytest.approx(raw)
    assert [pair.p for pair in found.pairs] == pytest.approx(holm(raw))
    calls = {frozenset((pair.a, pair.b)): pair.call for pair in found.pairs}
    assert calls[frozenset("ac")] == calls[frozenset("bd")] == "a better"
    assert calls[frozenset("cd")] == "no difference shown"


def test_lower_is_better_where_the_metric_says_so() -> None:
    scores = simulated(10, [0.0, 0.2])
    found = compare_across(table(scores, metric="brier"))
    assert found.table.names == ("b", "a")
    assert found.pairs[0].call == "a better"
    assert found.pairs[0].median.value < 0


def test_a_control_is_compared_with_the_others_only() -> None:
    scores = simulated(10, [0.0, 0.05, 0.1])
    found = compare_across(table(scores), control="b")
    assert [(pair.a, pair.b) for pair in found.pairs] == [("a", "b"), ("b", "c")]
    assert [pair.call for pair in found.pairs] == ["a better", "a better"]
    error = np.sqrt(3 * 4 / (6 * 10))
    a, b, c = found.friedman.mean_ranks
    assert [pair.p_ranks for pair in found.pairs] == pytest.approx(
        holm([2 * norm.sf((b - a) / error), 2 * norm.sf((c - b) / error)])
    )
    assert all(pair.p_ranks is None for pair in compare_across(table(scores)).pairs)


def test_a_control_that_is_not_there_is_said_with_the_nearest_name() -> None:
    with pytest.raises(StudyError, match=r"no candidate 'boosing' in all of the runs; did you mean 'boosting'"):
        compare_across(Table(METRICS.get("roc_auc"), (), ("boosting", "forest"), simulated(6, [0, 0])), control="boosing")


def test_errors_of_a_regression_are_compared_as_ratios() -> None:
    random = np.random.default_rng(2)
    units = 10.0 ** random.integers(-3, 6, (9, 1))
    scores = units * np.array([1.0, 1.2]) * np.exp(random.normal(0, 0.02, (9, 2)))
    found = compare_across(table(scores, metric="rmse"))
    assert found.scale == "log ratio"
    assert np.exp(found.pairs[0].median.value) == pytest.approx(1 / 1.2, rel=0.03)
    assert found.pairs[0].call == "a better"
    named = ("rmse", "mae", "r2", "roc_auc", "log_loss", "accuracy")
    assert [name for name in named if in_units(METRICS.get(name))] == ["rmse", "mae"]
    perfect = compare_across(table(np.where(units > 1, scores, 0.0), metric="rmse")).pairs[0]
    assert (perfect.p, perfect.call) == (None, "too little data")
    assert "is 0 on a data set" in str(perfect.median.undefined)


@pytest.mark.parametrize("comparisons", [1, 2, 3, 6, 10, 45])
def test_the_fewest_data_sets_are_those_that_can_show_anything(comparisons: int) -> None:
    enough = next(n for n in range(2, 40) if too_few(n, comparisons, level=0.95) is None)
    all_of_one_sign = np.arange(1.0, enough + 1)
    assert wilcoxon(all_of_one_sign).pvalue * comparisons <= 0.05
    assert wilcoxon(all_of_one_sign[:-1]).pvalue * comparisons > 0.05
    assert f"at least {enough}" in str(too_few(enough - 1, comparisons, level=0.95))


def test_below_five_data_sets_nothing_is_claimed_at_any_level() -> None:
    assert too_few(4, 1, level=0.7) is not None
    assert too_few(5, 1, level=0.7) is None
    few = compare_across(table(simulated(4, [0.0, 0.3])))
    assert few.too_little == "4 data sets can show no difference in 1 comparison at 95 %; it takes at least 6"
    assert [pair.call for pair in few.pairs] == ["too little data"]
    assert few.friedman.mean_ranks == (1.0, 2.0)


def test_candidates_that_are_alike_are_rarely_called_different() -> None:
    claims = []
    for seed in range(150):
        found = compare_across(table(simulated(9, [0.0, 0.0, 0.0, 0.0], seed)))
        claims.append(any(pair.call.endswith("better") for pair in found.pairs))
    assert np.mean(claims) < 0.09


def test_equal_candidates_are_one_group_and_without_a_test() -> None:
    found = compare_across(table(np.full((8, 3), 0.8)))
    assert found.friedman.undefined == "all recipes are equal on every data set"
    assert found.groups == ((0, 1, 2),)
    assert {pair.call for pair in found.pairs} == {"too little data"}
    assert found.first == (8, 8, 8)


def test_the_object_is_json_without_nan() -> None:
    for scores in (simulated(4, [0.0, 0.1]), np.full((8, 3), 0.8), simulated(14, [0.0, 0.02, 0.1, 0.3])):
        said = json.loads(json.dumps(compare_across(table(scores)).to_json(), allow_nan=False))
        assert [one["name"] for one in said["candidates"]] == list(said["datasets"][0]["values"])
        assert len(said["datasets"]) == len(scores)
        assert set(said) == {
            "schema", "metric", "level", "datasets", "candidates", "left_out", "friedman", "critical_difference", "groups",
            "pairs", "scale", "control", "too_little",
        }  # fmt: skip


def study_of(seed: int, folder: Path, recipes: list[str], metric: str | None = None) -> StudyResult:
    data = assay.read(make_table(90, seed=seed), target="denied", drop=["branch"])
    return Study(data, recipes, metric=metric, folds=2).run(folder, jobs=1)


def test_runs_become_a_table_of_what_all_of_them_measured(tmp_path: Path) -> None:
    tried = [["baseline", "logistic", "tree"], ["logistic", "baseline"]]
    results = [(f"run{i}", study_of(i, tmp_path / f"run{i}", names)) for i, names in enumerate(tried)]
    found = collect(results)
    assert found.names == ("baseline", "logistic")
    assert found.left_out == (("tree", "run1: not tried there"),)
    assert [one.run for one in found.runs] == ["run0", "run1"]
    for row, (_, result) in zip(found.scores, results, strict=True):
        assert row == pytest.approx([result.interval(name).value for name in found.names])
    assert rank_across(results).table.names == ("logistic", "baseline")


def test_runs_that_cannot_be_ranked_together_are_refused(tmp_path: Path) -> None:
    one = study_of(0, tmp_path / "one", ["baseline", "logistic"])
    same = study_of(0, tmp_path / "same", ["baseline", "logistic"])
    brier = study_of(1, tmp_path / "brier", ["baseline", "logistic"], metric="brier")
    other = study_of(2, tmp_path / "other", ["tree", "logistic"])
    with pytest.raises(StudyError, match="1 run is one data set"):
        rank_across([("one", one)])
    with pytest.raises(StudyError, match="same is on the same data as one"):
        rank_across([("one", one), ("same", same)])
    with pytest.raises(StudyError, match="one is on the same data as one"):
        rank_across([("one", one), ("one", one)])
    with pytest.raises(StudyError, match="brier is measured by brier and one by"):
        rank_across([("one", one), ("brier", brier)])
    with pytest.raises(
        StudyError, match=r"1 of 3 candidates are measured in all 2 runs, 2 are needed \(baseline: other: not tried"
    ):
        rank_across([("one", one), ("other", other)])
