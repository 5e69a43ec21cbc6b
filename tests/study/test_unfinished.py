"""A net whose fit was cut off in a study goes on from its checkpoint, and ends where it would have."""

from functools import partial
from pathlib import Path

import pytest

import assay.recipes.nets.learner as learner
from assay.core.errors import ConfigError
from assay.data.dataset import Dataset
from assay.nets.settings import Checkpoints
from assay.recipes.learner import Context
from assay.study import Study
from assay.study.cells import Candidate, Cell
from assay.study.folder import RunFolder
from assay.study.work import Workload, run_cell

CELL = Cell(Candidate("mlp"), 0, 1)


class PowerCut(KeyboardInterrupt):
    pass


def test_a_fit_that_was_cut_off_goes_on_and_predicts_the_same(
    loans: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learner, "Checkpoints", partial(Checkpoints, seconds=0.0))
    seen: list[int] = []

    def watched(done: int, _total: int) -> None:
        seen.append(done)
        if len(seen) == 5:
            raise PowerCut

    plan = Study(loans, ["mlp"], folds=3).plan
    whole = run_cell(Workload(loans, plan, 0), CELL).predictions
    cut = Workload(loans, plan, 0, context=Context(scratch=tmp_path, progress=watched))
    with pytest.raises(PowerCut):
        run_cell(cut, CELL)
    resumed = run_cell(cut, CELL).predictions
    assert seen[5] > seen[0]  # it did not begin anew
    assert whole is not None
    assert resumed is not None
    assert whole.to_bytes() == resumed.to_bytes()


def test_a_finished_study_leaves_nothing_unfinished(loans: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learner, "Checkpoints", partial(Checkpoints, seconds=0.0))
    folder = RunFolder(tmp_path / "run")
    Study(loans, ["mlp"], folds=2).run(folder.path, jobs=1)
    assert not list(folder.scratch.iterdir())


def test_a_device_that_is_not_here_is_refused_before_the_first_fit(loans: Dataset, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'cuda:99' is not on this machine; here: cpu"):
        Study(loans, ["mlp"], device="cuda:99").run(tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_studies_on_two_devices_are_two_questions(loans: Dataset) -> None:
    plain = Study(loans, ["mlp"]).settings
    assert "device" not in plain.question
    assert plain.to_json()["device"] == "cpu"
