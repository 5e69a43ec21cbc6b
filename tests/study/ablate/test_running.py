"""Ablations over a run folder: resumed, never fitted twice, the same bytes whatever the number of workers."""

import dataclasses
import shutil
from pathlib import Path

import pytest
from tests.study.ablate.conftest import loans_data
from tests.study.conftest import make_table

import assay
from assay.core.errors import ConfigError, StudyError, UnknownNameError
from assay.study import Progress, Study
from assay.study.ablate.result import Ablation, read_ablations
from assay.study.ablate.running import prepare_ablation, run_ablation
from assay.study.blend import BLEND
from assay.study.cells import Cell, Outcome
from assay.study.result import StudyResult


class Counting(Progress):
    """What was fitted; stops after so many."""

    def __init__(self, most: int = 10**9):
        self.most = most
        self.cells: list[Cell] = []

    def finished(self, outcome: Outcome) -> None:
        self.cells.append(outcome.cell)
        if len(self.cells) >= self.most:
            raise KeyboardInterrupt


def run_of(home: Path, name: str) -> StudyResult:
    folder = home / name
    shutil.rmtree(folder, ignore_errors=True)
    study = Study(loans_data(200), ["naive-bayes", "baseline"], metric="log_loss", folds=3)
    return study.run(folder, jobs=1)


def files(result: StudyResult) -> dict[str, bytes]:
    """Everything that an ablation keeps, but the journal, which has wall-clock seconds in it."""
    folder = result.folder.path / "ablation"
    return {
        str(one.relative_to(folder)): one.read_bytes() for one in sorted(folder.rglob("*")) if one.suffix in (".npz", ".json")
    }


def test_a_second_call_fits_nothing_and_says_the_same(home: Path) -> None:
    result = run_of(home, "twice")
    first, second = Counting(), Counting()
    found = run_ablation(prepare_ablation(result, ["columns"]), jobs=1, progress=first)
    again = run_ablation(prepare_ablation(result, ["columns"]), jobs=1, progress=second)
    assert len(first.cells) == 8 * 3  # four columns, each left out and each alone
    assert first.cells[0].candidate.name == "Without a column: income"
    assert second.cells == []
    assert again == found


def test_a_killed_ablation_goes_on_to_the_same_bytes_and_jobs_change_nothing(home: Path) -> None:
    whole, killed, parallel = (run_of(home, name) for name in ("whole", "killed", "parallel"))
    works = [prepare_ablation(one, ["columns"], columns=["income", "noise"]) for one in (whole, killed, parallel)]
    run_ablation(works[0], jobs=1)
    with pytest.raises(KeyboardInterrupt):
        run_ablation(works[1], jobs=1, progress=Counting(5))
    rest = Counting()
    run_ablation(works[1], jobs=1, progress=rest)
    run_ablation(works[2], jobs=2)
    assert len(rest.cells) == works[0].fits - 5 == 7
    assert files(whole) == files(killed) == files(parallel)
    assert len(files(whole)) == works[0].fits + 1


def test_what_was_found_is_read_back_as_it_was(home: Path) -> None:
    result = run_of(home, "kept")
    assert read_ablations(result.folder.path) == []
    found = run_ablation(prepare_ablation(result, ["columns", "rows", "steps"], margin=0.01), jobs=1)
    assert [one.kind for one in found] == ["steps", "columns", "rows"]
    assert read_ablations(result.folder.path) == found
    assert Ablation.from_json(found[2].to_json()) == found[2]
    (result.folder.path / "ablation" / found[0].file).write_text("{}", encoding="utf-8")
    with pytest.raises(StudyError, match=r"naive-bayes.steps.json cannot be read; remove it, and run assay ablate"):
        read_ablations(result.folder.path)


def test_another_metric_needs_no_other_fits(home: Path) -> None:
    result = run_of(home, "metrics")
    losses = run_ablation(prepare_ablation(result, ["columns"]), jobs=1)[0]
    progress = Counting()
    ranks = run_ablation(prepare_ablation(result, ["columns"], metric="roc_auc"), jobs=1, progress=progress)[0]
    assert progress.cells == []
    assert (losses.metric, ranks.metric) == ("log_loss", "roc_auc")
    for line in (losses.tables[0].lines[0], ranks.tables[0].lines[0]):  # income says much: above 0 in both directions
        assert line.worth is not None
        assert line.worth.value is not None
        assert line.worth.value > 0


def test_a_variant_that_fails_is_a_line_with_its_reason(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from assay.recipes.bayes import GaussianBayes

    result, fit = run_of(home, "failing"), GaussianBayes.fit

    def refuse(self: GaussianBayes, rows, *rest, **named):  # type: ignore[no-untyped-def]
        if rows.features.shape[1] == 1:
            raise ConfigError("one column is too few.")
        return fit(self, rows, *rest, **named)

    monkeypatch.setattr(GaussianBayes, "fit", refuse)
    found = run_ablation(prepare_ablation(result, ["columns"]), jobs=1)[0]
    failed = {line.name: line for line in found.tables[1].lines}["noise"]
    assert failed.failure == "3 of 3 folds failed: one column is too few."
    assert (failed.value, failed.worth, failed.call) == (None, None, "")
    assert all(line.worth is not None for line in found.tables[0].lines)


def test_what_cannot_be_asked_is_said_before_any_fit(loans_run: StudyResult) -> None:
    with pytest.raises(ConfigError, match="nothing is asked; choose from steps, columns, rows, sizes"):
        prepare_ablation(loans_run, [])
    with pytest.raises(ConfigError, match="margin=0: how much of the metric counts as equal is above 0"):
        prepare_ablation(loans_run, ["columns"], margin=0)
    with pytest.raises(ConfigError, match="column 'noise' is named, and what columns are worth is not asked"):
        prepare_ablation(loans_run, ["rows"], columns=["noise"])
    with pytest.raises(StudyError, match="no candidate 'logistik' in this study; did you mean 'logistic'"):
        prepare_ablation(loans_run, ["rows"], "logistik")
    with pytest.raises(ConfigError, match="metric 'rmse' is not for binary"):
        prepare_ablation(loans_run, ["rows"], metric="rmse")
    with pytest.raises(UnknownNameError, match="no metric 'auc'"):
        prepare_ablation(loans_run, ["rows"], metric="auc")
    work = prepare_ablation(loans_run, ["rows"], "logistic")
    with pytest.raises(ConfigError, match="jobs=0: at least 1"):
        run_ablation(work, jobs=0)


def test_a_blend_has_no_fits_of_its_own(home: Path) -> None:
    study = Study(loans_data(200), ["naive-bayes", "logistic", BLEND.recipe], metric="log_loss", folds=3)
    result = study.run(home / "blended", jobs=1)
    with pytest.raises(ConfigError, match="blend is made of the other candidates and has no fits of its own"):
        prepare_ablation(result, ["columns"], "blend")


def test_the_locked_rows_are_no_part_of_it(home: Path) -> None:
    result = run_of(home, "locked")
    work = prepare_ablation(result, ["rows"])
    run_ablation(work, jobs=1)
    records = work.folder.records()[0]
    seen = [work.folder.load(record) for record in records.values()]
    locked = set(result.plan.locked.tolist())
    assert locked
    assert all(one is not None and not locked & set(one.units.tolist()) for one in seen)


def test_grouped_rows_stay_together_and_repeats_are_fitted_too(home: Path) -> None:
    data = assay.read(make_table(320), target="denied", group="branch")
    study = Study(data, ["naive-bayes"], metric="log_loss", folds=3, repeats=2)
    result = study.run(home / "groups", jobs=1)
    work = prepare_ablation(result, ["rows"])
    found = run_ablation(work, jobs=1)[0]
    assert work.fits == (len(found.tables[0].lines) - 1) * 6
    assert "Groups come whole, so parts are near to their shares and not equal to them." in found.notes
    assert dataclasses.asdict(found.whole) == dataclasses.asdict(result.interval("naive-bayes"))
