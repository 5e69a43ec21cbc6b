"""A budget through a whole study, with true fits."""

from pathlib import Path

import pytest

from assay.core.errors import ConfigError
from assay.data.dataset import Dataset
from assay.study import Study
from assay.study.budget.decisions import read_decisions


def test_a_small_budget_ends_with_a_blend_and_a_model(loans: Dataset, tmp_path: Path) -> None:
    study = Study(loans, ["baseline", "logistic", "tree"], folds=3, budget="6s")
    result = study.run(tmp_path / "run", jobs=1)
    names = [candidate.name for candidate in result.candidates]
    assert names[:2] == ["baseline", "logistic"]
    assert names[-1] == "blend"
    assert read_decisions(tmp_path / "run")[-1].what == "end"
    assert result.winner is not None
    before = (tmp_path / "run" / "leaderboard.json").read_bytes()
    again = Study(loans, ["baseline", "logistic", "tree"], folds=3, budget="6s").run(tmp_path / "run", jobs=1)
    assert (tmp_path / "run" / "leaderboard.json").read_bytes() == before
    assert again.finish().fitted.task.name == "binary"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"budget": "soon"}, "write a length of time"),
        ({"budget": "9s", "trials": 5}, "are both given"),
        ({"budget": "9s", "treatments": ["smote"]}, "a budget is spent on recipes"),
    ],
)
def test_what_does_not_go_with_a_budget_is_one_sentence(loans: Dataset, more: dict, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Study(loans, ["logistic"], **more).prepare()
