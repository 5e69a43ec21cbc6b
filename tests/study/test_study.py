"""A study: equal terms, verdicts in families, failures as rows, runs that go on where they were."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import f1_score, roc_auc_score

import assay
from assay.core.errors import AssayError, ConfigError, DataError, StudyError
from assay.data.dataset import Dataset
from assay.study import Progress, Study
from assay.study.cells import Candidate, Cell, Outcome
from assay.study.folder import RunFolder


class Seen(Progress):
    """Remembers what a run told."""

    def __init__(self) -> None:
        self.done_before = -1
        self.outcomes: list[Outcome] = []
        self.notes: list[str] = []

    def begin(self, total: int, done: int) -> None:
        self.done_before = done

    def finished(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)

    def note(self, text: str) -> None:
        self.notes.append(text)


def quick(data: Dataset, **changes: object) -> Study:
    return Study(data, **{"recipes": ["baseline", "logistic", "naive-bayes"], "folds": 3, **changes})


def leaderboard(folder: Path) -> bytes:
    return (folder / "leaderboard.json").read_bytes()


def test_the_score_is_the_mean_of_the_folds_as_scikit_learn_computes_it(loans: Dataset, tmp_path: Path) -> None:
    result = quick(loans).run(tmp_path / "run", jobs=1)
    parts = result.parts["logistic"]
    expected = sum(roc_auc_score(part.truth["target"], part.predictions["score"]) for part in parts) / 3
    assert result.interval("logistic").value == pytest.approx(expected, abs=1e-12)
    interval = result.interval("logistic")
    assert interval.low < expected < interval.high
    assert interval.estimand == "this recipe"


def test_the_label_of_a_fold_is_cut_at_a_threshold_of_the_other_folds(loans: Dataset, tmp_path: Path) -> None:
    result = quick(loans, metric="f1").run(tmp_path / "run", jobs=1)
    for part in result.parts["logistic"]:
        labels, probability = part.predictions["label"], part.predictions["probability"]
        assert probability[labels == 1].min() >= probability[labels == 0].max()
    pooled = [(p.truth["target"], p.predictions["label"]) for p in result.parts["logistic"]]
    truth = [value for target, _ in pooled for value in target]
    label = [value for _, labels in pooled for value in labels]
    assert result.interval("logistic").value == pytest.approx(f1_score(truth, label), abs=1e-12)


def test_a_recipe_with_signal_beats_the_baseline_and_the_verdict_says_so(loans: Dataset, tmp_path: Path) -> None:
    result = quick(loans).run(tmp_path / "run", jobs=1)
    assert result.winner in ("logistic", "naive-bayes")
    assert result.verdict("logistic", "baseline").call == "a better"
    assert result.verdict("baseline", "logistic").call == "b better"
    assert result.verdict("logistic", "naive-bayes", margin=0.2).call == "the same within the margin"


def test_each_treatment_is_judged_against_none_within_its_recipe(loans: Dataset, tmp_path: Path) -> None:
    study = quick(loans, recipes=["logistic", "naive-bayes"], treatments=["smote", "random-oversample"])
    families = {(v.a, v.b): v.family for v in study.run(tmp_path / "run", jobs=1).verdicts if v.family.startswith("treatments")}
    assert families == {
        ("logistic+smote", "logistic"): "treatments of logistic",
        ("logistic+random-oversample", "logistic"): "treatments of logistic",
        ("naive-bayes+smote", "naive-bayes"): "treatments of naive-bayes",
        ("naive-bayes+random-oversample", "naive-bayes"): "treatments of naive-bayes",
    }


def test_workers_and_one_process_give_equal_bytes(loans: Dataset, tmp_path: Path) -> None:
    for jobs in (1, 2):
        quick(loans, recipes=["logistic", "boosting"], treatments=["none", "smote"]).run(tmp_path / str(jobs), jobs=jobs)
    assert leaderboard(tmp_path / "1") == leaderboard(tmp_path / "2")
    predictions = sorted(path.name for path in (tmp_path / "1" / "predictions").iterdir())
    for name in predictions:
        assert (tmp_path / "1" / "predictions" / name).read_bytes() == (tmp_path / "2" / "predictions" / name).read_bytes()


def test_another_seed_gives_other_folds(loans: Dataset, tmp_path: Path) -> None:
    quick(loans, seed=0).run(tmp_path / "a", jobs=1)
    quick(loans, seed=1).run(tmp_path / "b", jobs=1)
    assert leaderboard(tmp_path / "a") != leaderboard(tmp_path / "b")


def test_a_run_goes_on_where_it_was(loans: Dataset, tmp_path: Path) -> None:
    class Stop(Seen):
        def finished(self, outcome: Outcome) -> None:
            super().finished(outcome)
            if len(self.outcomes) == 4:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        quick(loans).run(tmp_path / "cut", jobs=1, progress=Stop())
    seen = Seen()
    quick(loans).run(tmp_path / "cut", jobs=1, progress=seen)
    assert (seen.done_before, len(seen.outcomes)) == (4, 5)
    quick(loans).run(tmp_path / "whole", jobs=1)
    assert leaderboard(tmp_path / "cut") == leaderboard(tmp_path / "whole")


def test_a_torn_record_is_said_and_its_cell_is_run_again(loans: Dataset, tmp_path: Path) -> None:
    quick(loans).run(tmp_path / "run", jobs=1)
    before = leaderboard(tmp_path / "run")
    journal = tmp_path / "run" / "journal"
    journal.write_bytes(journal.read_bytes()[:-30])
    seen = Seen()
    quick(loans).run(tmp_path / "run", jobs=1, progress=seen)
    assert len(seen.outcomes) == 1
    assert "torn" in seen.notes[0]
    assert leaderboard(tmp_path / "run") == before


def test_predictions_with_a_flipped_byte_are_made_again(loans: Dataset, tmp_path: Path) -> None:
    quick(loans).run(tmp_path / "run", jobs=1)
    before = leaderboard(tmp_path / "run")
    file = tmp_path / "run" / "predictions" / "logistic.r0.f1.npz"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    seen = Seen()
    quick(loans).run(tmp_path / "run", jobs=1, progress=seen)
    assert [outcome.cell.name for outcome in seen.outcomes] == ["logistic.r0.f1"]
    assert leaderboard(tmp_path / "run") == before


def test_recipes_may_be_added_to_a_folder_without_computing_the_old_ones_again(loans: Dataset, tmp_path: Path) -> None:
    quick(loans, recipes=["logistic"]).run(tmp_path / "run", jobs=1)
    seen = Seen()
    result = quick(loans, recipes=["naive-bayes"]).run(tmp_path / "run", jobs=1, progress=seen)
    assert {outcome.cell.candidate.name for outcome in seen.outcomes} == {"naive-bayes"}
    assert set(result.ranking) == {"logistic", "naive-bayes"}


def test_a_folder_of_another_study_is_refused_and_says_what_differs(loans: Dataset, table: pl.DataFrame, tmp_path: Path) -> None:
    quick(loans).run(tmp_path / "run", jobs=1)
    with pytest.raises(StudyError, match="belongs to another study, with another metric, cost, threshold or calibration"):
        quick(loans, metric="brier").run(tmp_path / "run", jobs=1)
    with pytest.raises(StudyError, match="with other folds, seed or lock"):
        quick(loans, seed=5).run(tmp_path / "run", jobs=1)
    changed = table.with_columns(pl.col("income") + 1)
    with pytest.raises(StudyError, match=r"has changed\. What was computed is kept"):
        quick(assay.read(changed, target="denied", drop=["branch"])).run(tmp_path / "run", jobs=1)


def test_a_folder_with_other_files_is_refused(loans: Dataset, tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("mine")
    with pytest.raises(StudyError, match=r"holds other files \(thesis.docx"):
        quick(loans).run(tmp_path, jobs=1)


def test_two_runs_in_one_folder_at_once_are_refused(loans: Dataset, tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    with folder.locked(), pytest.raises(StudyError, match="another run is working"):
        quick(loans).run(tmp_path / "run", jobs=1)


def test_a_failing_recipe_is_a_row_with_its_reason_while_the_others_go_on(table: pl.DataFrame, tmp_path: Path) -> None:
    texts = table.with_columns(
        pl.format("{} asks for a loan of {} and has a debt of {}", "town", "income", "debt").alias("letter")
    )
    data = assay.read(texts, target="denied", drop=["branch"], kinds={"letter": "text"})
    result = quick(data, recipes=["embedding-bag", "logistic"], treatments=["smote"]).run(tmp_path / "run", jobs=1)
    rows = {row["name"]: row for row in result.summary()["rows"]}
    assert rows["logistic+smote"]["value"] > 0.5
    assert rows["embedding-bag"]["failure"] is None
    assert rows["embedding-bag+smote"]["value"] is None
    assert "3 of 3 folds failed: treatment 'smote' interpolates" in rows["embedding-bag+smote"]["failure"]
    with pytest.raises(StudyError, match="treatment 'smote' interpolates"):
        result.verdict("embedding-bag+smote", "embedding-bag")


def test_the_baseline_is_tried_once_whatever_the_treatments(loans: Dataset) -> None:
    names = [candidate.name for candidate in quick(loans, treatments=["smote"]).settings.candidates]
    assert names == ["baseline", "logistic", "logistic+smote", "naive-bayes", "naive-bayes+smote"]


def test_a_defect_in_a_recipe_is_recorded_with_its_traceback(
    loans: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object, **_named: object) -> None:
        raise ZeroDivisionError("made for this test")

    monkeypatch.setattr("assay.study.work.fit", broken)
    result = quick(loans, recipes=["logistic"]).run(tmp_path / "run", jobs=1)
    failure = result.failure(Candidate("logistic"))
    assert failure is not None
    assert "3 of 3 folds failed: ZeroDivisionError: made for this test" in failure.reason
    assert "Traceback" in failure.detail
    with pytest.raises(StudyError, match="nothing to finish"):
        result.finish()


def test_a_full_disk_is_one_line_and_nothing_computed_is_lost(
    loans: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from assay.study import folder as module

    written = module.write_atomic
    calls = []

    def fills_up(path: Path, content: bytes) -> None:
        calls.append(path)
        if len(calls) > 5:
            raise OSError(28, "No space left on device")
        written(path, content)

    monkeypatch.setattr(module, "write_atomic", fills_up)
    with pytest.raises(StudyError, match=r"the disk of .* is full\. What was computed is kept"):
        quick(loans).run(tmp_path / "run", jobs=1)
    monkeypatch.undo()
    seen = Seen()
    quick(loans).run(tmp_path / "run", jobs=1, progress=seen)
    assert seen.done_before == 4, "study.toml and four cells were written before the disk was full"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"recipes": ["logistik"]}, "did you mean 'logistic'"),
        ({"recipes": ["logistic", "logistic"]}, "names 'logistic' twice"),
        ({"recipes": []}, "recipes is empty"),
        ({"recipes": "logistic"}, "pass a list of names"),
        ({"recipes": ["lenet"]}, "needs a column of kind image"),
        ({"treatments": ["smoke"]}, "did you mean 'smote'"),
        ({"metric": "rocauc"}, "did you mean 'roc_auc'"),
        ({"metric": "rmse"}, "is not for binary"),
        ({"copies": "keep"}, "it is warn, group or drop"),
        ({"cost": (0.0, 0.0)}, "not both 0"),
        ({"folds": 1}, "folds"),
        ({"folds": 500}, "fold"),
    ],
)
def test_an_impossible_setting_is_refused_before_anything_is_written(
    loans: Dataset, tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    with pytest.raises(AssayError, match=message):
        quick(loans, **changes).run(tmp_path / "run", jobs=1)
    assert not (tmp_path / "run").exists()


def test_a_dataset_without_a_target_is_refused(table: pl.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no target is named"):
        quick(assay.read(table)).run(tmp_path / "run", jobs=1)


def test_treatments_of_numbers_are_refused(table: pl.DataFrame, tmp_path: Path) -> None:
    data = assay.read(table, target="income", drop=["branch"])
    with pytest.raises(ConfigError, match="acts on classes"):
        Study(data, ["tree"], ["smote"]).run(tmp_path / "run", jobs=1)


def test_groups_stay_whole_in_every_fold(table: pl.DataFrame, tmp_path: Path) -> None:
    study = quick(assay.read(table, target="denied", group="branch"))
    result = study.run(tmp_path / "run", jobs=1)
    branch = table["branch"].to_numpy()
    for fold in study.plan.folds:
        assert not set(branch[fold.train]) & set(branch[fold.test])
    assert not set(branch[study.plan.locked]) & set(branch[study.plan.development])
    assert result.interval("logistic").n == len(set(branch[study.plan.development]))


def test_time_is_never_trained_on_backwards(table: pl.DataFrame, tmp_path: Path) -> None:
    study = quick(assay.read(table, target="denied", time="@row", drop=["branch"]))
    result = study.run(tmp_path / "run", jobs=1)
    for fold in study.plan.folds:
        assert fold.train.max() < fold.test.min()
    assert study.plan.locked.min() > study.plan.development.max()
    assert result.interval("logistic").n == result.design.n_independent < len(result.design.units)


def test_dropped_copies_are_gone_and_grouped_copies_are_on_one_side(table: pl.DataFrame, tmp_path: Path) -> None:
    doubled = assay.read(pl.concat([table, table.head(60)]), target="denied", drop=["branch"])
    assert len(quick(doubled, copies="drop").data) == len(table)
    grouped = quick(doubled, copies="group")
    for fold in grouped.plan.folds:
        twins = set(fold.train[fold.train < 60]) & {row - 240 for row in fold.test[fold.test >= 240]}
        assert not twins
    assert any("locked" in finding.message for finding in quick(doubled, copies="warn").findings)


def test_multiclass_and_regression_run_to_their_end(tmp_path: Path) -> None:
    from sklearn.datasets import load_diabetes, load_wine

    wine = assay.read(load_wine(as_frame=True).frame, target="target")
    result = Study(wine, ["baseline", "logistic", "tree", "boosting"], ["none", "smote"], folds=3).run(tmp_path / "wine", jobs=1)
    assert result.data.question.name == "multiclass"
    assert result.interval("logistic").value > 0.9
    assert set(result.finish().predict(load_wine(as_frame=True).frame)["prediction"]) <= {"0", "1", "2"}
    diabetes = assay.read(load_diabetes(as_frame=True).frame, target="target", task="regression")
    result = Study(diabetes, ["baseline", "tree", "forest"], folds=3).run(tmp_path / "diabetes", jobs=1)
    assert result.interval("forest").value < result.interval("baseline").value
    assert result.finish().predict(load_diabetes(as_frame=True).frame)["prediction"].is_finite().all()


def test_the_summary_has_the_documented_keys_and_is_json(loans: Dataset, tmp_path: Path) -> None:
    summary = quick(loans).run(tmp_path / "run", jobs=1).summary()
    assert set(summary) == {"schema", "task", "metric", "rows", "verdicts", "winner", "test", "warnings", "run"}
    row = summary["rows"][0]
    assert set(row) == {"name", "recipe", "treatment", "metrics", "value", "low", "high", "seconds", "failure"}
    assert set(row["metrics"]["roc_auc"]) == {"value", "low", "high", "level", "method", "estimand", "n", "undefined"}
    assert {"a", "b", "metric", "difference", "low", "high", "p_raw", "p", "family", "call"} <= set(summary["verdicts"][0])
    assert summary["test"] is None
    json.dumps(summary, allow_nan=False)


def test_a_cell_is_found_again_by_its_json() -> None:
    cell = Cell(Candidate("boosting", "smote"), 1, 2)
    assert Cell.from_json(json.loads(json.dumps(cell.to_json()))) == cell
    assert Candidate.parse(cell.candidate.name) == cell.candidate


def test_what_a_killed_write_has_left_is_cleared_away(loans: Dataset, tmp_path: Path) -> None:
    quick(loans).run(tmp_path / "run", jobs=1)
    leftovers = [tmp_path / "run" / ".study.toml.77.part", tmp_path / "run" / "predictions" / ".logistic.r0.f0.npz.77.part"]
    for leftover in leftovers:
        leftover.write_bytes(b"half")
    quick(loans).run(tmp_path / "run", jobs=1)
    assert not any(leftover.exists() for leftover in leftovers)


def test_looking_at_a_run_leaves_the_record_it_is_writing_alone(loans: Dataset, tmp_path: Path) -> None:
    Study(loans, ["baseline"], folds=3).run(tmp_path / "run", jobs=1)
    journal = tmp_path / "run" / "journal"
    with journal.open("ab") as stream:
        stream.write(b'120 00000000 {"cell": ["base')
    written = journal.read_bytes()
    opened = Study(loans, ["baseline"], folds=3).open(tmp_path / "run")
    assert journal.read_bytes() == written
    assert opened.winner == "baseline"


def test_a_rare_class_silences_metrics_that_weigh_classes_alike_and_no_others(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    kind = np.repeat(["common", "other", "rare"], [150, 150, 9])
    place = {"common": 0.0, "other": 2.0, "rare": 4.0}
    table = pl.DataFrame({"x": random.normal(size=309) + [place[one] for one in kind], "kind": kind})
    data = assay.read(table, target="kind")
    accurate = Study(data, ["baseline", "naive-bayes"], metric="accuracy", folds=3).run(tmp_path / "a", jobs=1)
    assert accurate.verdict("naive-bayes", "baseline").call == "a better"
    even = Study(data, ["baseline", "naive-bayes"], metric="balanced_accuracy", folds=3).run(tmp_path / "b", jobs=1)
    assert even.verdict("naive-bayes", "baseline").call == "too little data"


def test_a_folder_that_cannot_be_made_is_one_line(loans: Dataset) -> None:
    with pytest.raises(StudyError, match=r"cannot be written .*; use another --out"):
        quick(loans).run("/proc/nowhere/run", jobs=1)
