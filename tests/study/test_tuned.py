"""Tuned recipes in a study: candidates like any other, judged on the same folds, resumed trial by trial."""

import json
from pathlib import Path

import pytest

from assay.core.errors import ConfigError
from assay.data.dataset import Dataset
from assay.study import Study


def study(loans: Dataset, **more: object) -> Study:
    given = {"recipes": ["baseline", "tree"], "folds": 3, "trials": 4, **more}
    return Study(loans, **given)


def test_each_recipe_that_can_be_tuned_is_tried_tuned_beside_itself(loans: Dataset, tmp_path: Path) -> None:
    result = study(loans).run(tmp_path / "run", jobs=1)
    assert [candidate.name for candidate in result.candidates] == ["baseline", "tree", "tree:halving@4"]
    verdict = result.verdict("tree", "tree:halving@4")
    assert verdict.call in ("b better", "a better", "no difference shown", "too little data")
    notes = [record.notes for cell, record in result.records.items() if cell.candidate.recipe == "tree:halving@4"]
    assert len(notes) == 3
    assert all("halving tried 4 settings on 3 inner folds for roc_auc" in note[0] for note in notes)
    model = result.finish()
    assert model.fitted.recipe.split(":")[0] in ("tree", "baseline")


def test_a_tuned_recipe_shares_its_learners_randomness_with_the_plain_one(loans: Dataset, tmp_path: Path) -> None:
    """A search of one trial keeps the usual settings, so that its predictions are those of the recipe as it is."""
    result = study(loans, trials=1).run(tmp_path / "run", jobs=1)
    rows = {row["name"]: row["value"] for row in result.summary()["rows"]}
    assert rows["tree"] == rows["tree:halving@1"]


def test_workers_give_the_same_bytes_as_one_process(loans: Dataset, tmp_path: Path) -> None:
    for jobs in (1, 2):
        study(loans, recipes=["tree:random@3"], trials=None).run(tmp_path / str(jobs), jobs=jobs)
    first, second = ((tmp_path / str(jobs) / "leaderboard.json").read_bytes() for jobs in (1, 2))
    assert json.loads(first)["rows"][0]["name"] == "tree:random@3"
    assert first == second


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"recipes": ["baseline"]}, "none of the recipes baseline has settings to tune"),
        ({"trials": 0}, "0 trials"),
        ({"search": "bayes"}, "no search 'bayes'"),
        ({"recipes": ["tree:tpe@5", "tree:tpe@5"], "trials": None}, "names 'tree:tpe@5' twice"),
        ({"recipes": ["tree:deep"], "trials": None}, "'deep' is neither a preparation, a network nor a search"),
    ],
)
def test_what_cannot_be_tuned_is_one_sentence(loans: Dataset, more: dict, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        study(loans, **more).prepare()


def test_each_recipe_is_tried_in_each_way_of_preparing_it(loans: Dataset, tmp_path: Path) -> None:
    given = study(loans, recipes=["logistic", "tree"], trials=None, prepare_by=["target", "pca"])
    result = given.run(tmp_path / "run", jobs=1)
    names = [candidate.name for candidate in result.candidates]
    assert names == ["logistic", "logistic:target", "logistic:pca", "tree", "tree:target", "tree:pca"]
    families = {verdict.family: set() for verdict in result.verdicts}
    for verdict in result.verdicts:
        families[verdict.family].add((verdict.a, verdict.b))
    assert families["variants of logistic"] == {("logistic:target", "logistic"), ("logistic:pca", "logistic")}
    assert families["variants of tree"] == {("tree:target", "tree"), ("tree:pca", "tree")}


def test_a_preparation_that_suits_no_recipe_is_one_sentence(loans: Dataset) -> None:
    with pytest.raises(ConfigError, match="preparation 'native' is for none of the recipes logistic"):
        study(loans, recipes=["logistic"], trials=None, prepare_by=["native"]).prepare()
