"""A budget through a whole study, with true fits."""

from pathlib import Path

import pytest

from assay.core.errors import ConfigError
from assay.data.dataset import Dataset
from assay.report.of_study import write_page
from assay.study import Study
from assay.study.budget.decisions import read_decisions

RECIPES = ["baseline", "balanced-bagging"]
"""Nothing to tune: so the budget, which is ample, is not used up, and the test does not depend on the clock."""


def test_a_budget_ends_with_a_blend_a_model_and_a_page(loans: Dataset, tmp_path: Path) -> None:
    study = Study(loans, RECIPES, folds=3, budget="10m")
    result = study.run(tmp_path / "run", jobs=1)
    assert [candidate.name for candidate in result.candidates] == [*RECIPES, "blend"]
    assert [(one.what, one.candidate) for one in read_decisions(tmp_path / "run")] == [
        ("begin", ""),
        ("try", "baseline"),
        ("try", "balanced-bagging"),
        ("end", ""),
    ]
    before = (tmp_path / "run" / "leaderboard.json").read_bytes()
    again = Study(loans, RECIPES, folds=3, budget="10m").run(tmp_path / "run", jobs=1)
    assert (tmp_path / "run" / "leaderboard.json").read_bytes() == before
    write_page(again)
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert '<a href="#spent">' in page
    assert [row["folds"] for row in again.summary()["budget"]["rows"]] == [3, 3]
    assert again.finish().fitted.task.name == "binary"


def test_named_treatments_are_tried_on_the_best_recipe_and_judged_against_none(loans: Dataset, tmp_path: Path) -> None:
    study = Study(loans, RECIPES, ["none", "class-weight", "threshold-only"], folds=3, budget="10m")
    summary = study.run(tmp_path / "run", jobs=1).summary()
    tried = [one.candidate for one in read_decisions(tmp_path / "run") if one.what == "try"]
    assert tried == [*RECIPES, "balanced-bagging+class-weight"]
    pairs = [(one["a"], one["b"]) for one in summary["verdicts"] if one["family"] != "leader"]
    assert ("balanced-bagging+class-weight", "balanced-bagging") in pairs


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"budget": "soon"}, "write a length of time"),
        ({"budget": "9s", "trials": 5}, "are both given"),
    ],
)
def test_what_does_not_go_with_a_budget_is_one_sentence(loans: Dataset, more: dict, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Study(loans, ["logistic"], **more).prepare()
