"""Nested cross-validation of a candidate: its algorithm through real fits, and the rows it may not touch."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.measure.test_nested import algorithm_1
from tests.study.conftest import make_table

import assay
from assay.balance.registry import TREATMENTS
from assay.core.errors import AssayError, ConfigError, DataError, StudyError
from assay.data.dataset import Dataset
from assay.recipes.fitting import fit
from assay.recipes.learner import Budget, Context
from assay.recipes.registry import RECIPES
from assay.study import Progress, Study
from assay.study.cells import Candidate, Cell, Outcome
from assay.study.nested import outer_folds, prepare_nested, run_nested
from assay.study.result import StudyResult
from assay.study.work import Workload, run_cell, truth_of

CHEAP = ["naive-bayes", "baseline"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("nested")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASSAY_HOME", str(folder / "home"))
        yield folder


@pytest.fixture(scope="module")
def result(home: Path) -> StudyResult:
    data = assay.read(make_table(160), target="denied", drop=["branch"])
    return Study(data, CHEAP, metric="log_loss", folds=4).run(home / "loans", jobs=1)


def many_classes(home: Path) -> StudyResult:
    random = np.random.default_rng(2)
    code = random.integers(0, 3, 120)
    columns = {f"x{i}": random.normal(size=120) + code * (i + 1) / 2 for i in range(2)}
    frame = pl.DataFrame(columns).with_columns(pl.Series("kind", np.array(["a", "b", "c"])[code]))
    return Study(assay.read(frame, target="kind"), CHEAP, metric="accuracy", folds=3).run(home / "kinds", jobs=1)


def prices(home: Path) -> StudyResult:
    random = np.random.default_rng(3)
    x = random.normal(size=(90, 3))
    frame = pl.DataFrame({f"x{i}": x[:, i] for i in range(3)}).with_columns(price=pl.Series(x[:, 0] + random.normal(size=90)))
    data = assay.read(frame, target="price")
    return Study(data, ["knn", "baseline"], metric="mae", folds=3).run(home / "p", jobs=1)


def losses_by_hand(result: StudyResult, recipe: str, metric: str):
    """(rows to train on, rows to measure) -> losses, by a fit of the recipe and the formula of the metric."""
    data = result.data

    def losses(train: np.ndarray, test: np.ndarray) -> np.ndarray:
        fitted = fit(
            RECIPES.get(recipe),
            TREATMENTS.get("none")(),
            data.take(train),
            groups=None,
            seed=0,
            budget=Budget(),
            context=Context(),
        )
        said, target = fitted.predict(data.frame[test]), data.target[test]
        if metric == "mae":
            return np.abs(said["value"] - target)
        probability = said["probability"]
        if metric == "accuracy":
            return (probability.argmax(axis=1) == target).astype(float)
        eps = np.finfo(np.float64).eps  # as scikit-learn clips
        return -np.log(np.clip(np.where(target == 1, probability, 1 - probability), eps, 1 - eps))

    return losses


@pytest.mark.parametrize(("metric", "recipe"), [("log_loss", "naive-bayes"), ("accuracy", "naive-bayes"), ("mae", "knn")])
def test_a_candidate_gets_what_the_algorithm_says_in_plain_loops(
    home: Path, result: StudyResult, metric: str, recipe: str
) -> None:
    result = {"log_loss": lambda _: result, "accuracy": many_classes, "mae": prices}[metric](home)
    work = prepare_nested(result, recipe, repeats=2)
    found = run_nested(work, jobs=1)
    rows, by_row = work.rows, losses_by_hand(result, recipe, metric)
    deals = []
    for repeat in range(2):
        dealt = np.empty(len(rows), np.int64)
        for fold, held in enumerate(work.dealt(repeat)):
            dealt[np.searchsorted(rows, held)] = fold
        deals.append(dealt)
    told = algorithm_1(lambda train, test: by_row(rows[train], rows[test]), deals, 0.95)
    assert found.error.mse == pytest.approx(told.mse, rel=1e-7)
    interval = found.error.interval
    bounded = np.clip([told.value, told.low, told.high], *work.metric.bounds)
    assert (interval.value, interval.low, interval.high) == pytest.approx(tuple(bounded), rel=1e-7)
    assert (interval.n, interval.estimand) == (len(rows), "this recipe")
    assert found.fits == 2 * work.folds * (work.folds + 1) // 2
    assert found.run == result.interval(recipe, metric)


def test_no_fit_sees_a_locked_row_and_each_leaves_its_folds_out(result: StudyResult) -> None:
    work = prepare_nested(result, "naive-bayes", repeats=3)
    plan = work.plan(range(3))
    dealt = [work.dealt(repeat) for repeat in range(3)]
    assert len(plan.folds) == work.fits == 30
    for fold in plan.folds:
        lacking = work.left_out[fold.fold]
        assert sorted(fold.test) == sorted(np.concatenate([dealt[fold.repeat][k] for k in lacking]))
        assert sorted([*fold.train, *fold.test]) == list(result.plan.development)
        assert not set(fold.train) & set(fold.test)
    assert not np.array_equal(dealt[0][0], dealt[1][0])


def test_what_stands_in_the_locked_rows_changes_nothing(home: Path, result: StudyResult) -> None:
    locked = np.isin(np.arange(160), result.plan.locked)
    spoilt = make_table(160).with_columns(pl.when(pl.Series(locked)).then(-1e6).otherwise(pl.col("income")).alias("income"))
    other = Study(assay.read(spoilt, target="denied", drop=["branch"]), CHEAP, metric="log_loss", folds=4).run(
        home / "spoilt", jobs=1
    )
    assert np.array_equal(other.plan.locked, result.plan.locked)
    a, b = (run_nested(prepare_nested(one, "naive-bayes", repeats=1), jobs=1) for one in (result, other))
    assert a.error == b.error


def test_the_run_folder_stays_as_it_is(result: StudyResult) -> None:
    def content() -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in sorted(result.folder.path.rglob("*")) if path.is_file()}

    before = content()
    run_nested(prepare_nested(result, "baseline", repeats=1), jobs=1)
    assert content() == before


def test_equal_seeds_give_equal_numbers_whatever_the_jobs(result: StudyResult) -> None:
    def run(seed: int, jobs: int) -> object:
        return run_nested(prepare_nested(result, "naive-bayes", folds=3, repeats=1, seed=seed), jobs=jobs).error

    assert run(1, 1) == run(1, 2)
    assert run(1, 1) != run(2, 1)


def test_labels_of_an_outer_fold_are_cut_without_knowing_its_truth(result: StudyResult) -> None:
    work = prepare_nested(result, "naive-bayes", metric="accuracy", repeats=1)
    plan = work.plan([0])
    load = Workload(result.data, plan, work.seed)
    outcomes = [run_cell(load, Cell(work.candidate, 0, fold.fold)) for fold in plan.folds]
    said = {(0, outcome.cell.fold): outcome.predictions for outcome in outcomes}
    truth = truth_of(result.data, work.rows)
    plain = outer_folds(work, 0, plan, said, truth)
    for k, held in enumerate(work.dealt(0)):
        target = np.where(np.isin(truth.units, held), 1 - truth["target"], truth["target"])
        turned = outer_folds(work, 0, plan, said, truth.with_array("target", target))
        assert turned[k].outer.mean == pytest.approx(1 - plain[k].outer.mean)
        assert turned[k].inner == plain[k].inner


def test_groups_stay_whole_and_count_once(home: Path) -> None:
    data = assay.read(make_table(240), target="denied", group="branch")
    grouped = Study(data, CHEAP, metric="brier", folds=4).run(home / "grouped", jobs=1)
    work = prepare_nested(grouped, "naive-bayes", repeats=1)
    for fold in work.plan([0]).folds:
        assert not set(data.groups[fold.train]) & set(data.groups[fold.test])
    found = run_nested(work, jobs=1)
    assert found.unit == "group"
    assert found.error.interval.n == len(np.unique(data.groups[work.rows])) < len(work.rows) / 3


def test_rows_that_are_there_twice_weigh_twice(home: Path) -> None:
    frame = make_table(160).with_columns(weight=pl.Series(np.arange(160) % 2 + 1.0))
    data = assay.read(frame, target="denied", drop=["branch"], weight="weight")
    weighted = Study(data, CHEAP, metric="brier", folds=4).run(home / "weighted", jobs=1)
    work = prepare_nested(weighted, "baseline", repeats=1)
    found = run_nested(work, jobs=1)
    losses, mass = [], []
    plan = work.plan([0])
    for fold in plan.folds[:4]:
        fitted = run_cell(Workload(data, plan, work.seed), Cell(work.candidate, 0, fold.fold))
        losses += list((fitted.predictions["probability"] - data.target[fold.test]) ** 2)
        mass += list(data.weights[fold.test])
    assert found.error.naive.value == pytest.approx(np.average(losses, weights=mass))


def test_the_cost_is_known_before_it_begins(result: StudyResult) -> None:
    class Seen(Progress):
        total, outcomes = 0, 0

        def begin(self, total: int, done: int) -> None:
            self.total = total

        def finished(self, outcome: Outcome) -> None:
            self.outcomes += 1

    seen, work = Seen(), prepare_nested(result, "baseline", folds=5, repeats=2)
    assert work.fits == 2 * (5 + 10)
    taken = [record.seconds for record in result.records.values() if record.cell.candidate == work.candidate]
    assert work.seconds == pytest.approx(30 * np.median(taken))
    run_nested(work, jobs=1, progress=seen)
    assert (seen.total, seen.outcomes) == (30, 30)


def test_a_fit_that_fails_ends_it_with_its_reason(result: StudyResult, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail_on_pairs(recipe: object, treatment: object, train: Dataset, **_rest: object) -> object:
        if len(train) < len(result.plan.development) / 2:
            raise DataError("too few rows for this learner")
        return fit(recipe, treatment, train, **_rest)

    monkeypatch.setattr("assay.study.work.fit", fail_on_pairs)
    work = prepare_nested(result, "naive-bayes", folds=3, repeats=1)
    words = "the fit without fold 0 and 1 of repeat 0 failed: too few rows for this learner"
    with pytest.raises(StudyError, match=words):
        run_nested(work, jobs=1)


@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        ({"metric": "roc_auc"}, ConfigError, "'roc_auc' is no mean over rows.*there are log_loss, brier, accuracy"),
        ({"metric": "rmse"}, ConfigError, "'rmse' is not for binary"),
        ({"metric": "log_los"}, AssayError, "did you mean 'log_loss'"),
        ({"folds": 2}, ConfigError, "folds=2: .* at least 3"),
        ({"folds": 60}, DataError, r"60 folds cannot be dealt, only \d+"),
        ({"repeats": 0}, ConfigError, "repeats=0"),
        ({"name": "naive-byes"}, StudyError, "did you mean 'naive-bayes'"),
    ],
)
def test_what_cannot_work_is_said_before_the_first_fit(result: StudyResult, changes, kind, words: str) -> None:
    with pytest.raises(kind, match=words):
        prepare_nested(result, **{"name": "naive-bayes", **changes})


def test_rows_in_time_order_are_refused_with_the_reason(home: Path) -> None:
    frame = make_table(160).with_columns(day=pl.Series(np.arange(160.0)))
    timed = Study(assay.read(frame, target="denied", time="day"), CHEAP, metric="brier", folds=3).run(home / "timed", jobs=1)
    with pytest.raises(ConfigError, match="later rows among them; these rows are in time order"):
        prepare_nested(timed, "naive-bayes")


def test_the_candidate_keeps_its_treatment(home: Path) -> None:
    data = assay.read(make_table(160), target="denied", drop=["branch"])
    treated = Study(data, ["naive-bayes"], ["random-undersample"], metric="brier", folds=3).run(home / "treated", jobs=1)
    work = prepare_nested(treated, "naive-bayes+random-undersample", repeats=1)
    assert work.candidate == Candidate("naive-bayes", "random-undersample")
    plain = run_nested(prepare_nested(treated, "naive-bayes", repeats=1), jobs=1)
    assert run_nested(work, jobs=1).error.interval.value != plain.error.interval.value
