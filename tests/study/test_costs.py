"""``cost`` and the treatment by costs: from the setting to the fit, the journal and the words."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from assay.core.errors import ConfigError, StudyError
from assay.data.dataset import Dataset
from assay.recipes.fitting import fit
from assay.recipes.learner import Budget, Context
from assay.recipes.registry import RECIPES
from assay.recipes.treatments import treatment_named
from assay.study import Study
from assay.study.cells import Candidate, Cell

NOTE = "rows weigh by what mistakes cost: 7 for a missed positive, 2 for a false alarm"


def run(data: Dataset, out: Path, treatments: list[str], **settings):
    return Study(data, ["logistic"], treatments, folds=3, **settings).run(out, jobs=1)


def test_a_fit_with_costs_is_scikit_learns_with_these_weights(loans: Dataset) -> None:
    """Before correction: weights 7 and 2 scaled to a mean of 1 over the rows, as the treatment says."""
    ours = fit(
        RECIPES.get("logistic"),
        treatment_named("cost-weight@7,2"),
        loans,
        groups=None,
        seed=0,
        budget=Budget(),
        context=Context(),
        calibration="none",
    )
    weights = np.where(loans.target == 1, 7.0, 2.0)
    weights *= len(weights) / weights.sum()
    matrix = ours.step.transform(loans.frame.select([column.name for column in loans.schema.features]))
    peer = LogisticRegression(C=1.0, max_iter=1000, tol=1e-8).fit(matrix, loans.target, sample_weight=weights)
    found = ours.predict(loans.frame)["probability"]
    np.testing.assert_allclose(found, peer.predict_proba(matrix)[:, 1], atol=1e-4)
    plain = LogisticRegression(C=1.0, max_iter=1000, tol=1e-8).fit(matrix, loans.target)
    assert np.abs(found - plain.predict_proba(matrix)[:, 1]).max() > 0.1


def test_the_costs_of_the_study_are_in_the_fits_the_journal_and_the_words(loans: Dataset, tmp_path: Path) -> None:
    by_study = run(loans, tmp_path / "study", ["cost-weight"], cost=(7.0, 2.0))
    by_name = run(loans, tmp_path / "name", ["cost-weight@7,2"])
    plain = run(loans, tmp_path / "plain", ["cost-weight"])
    assert [candidate.name for candidate in by_study.candidates] == ["logistic", "logistic+cost-weight@7,2"]

    def said(result, name: str) -> np.ndarray:
        return result.parts[name][0].predictions["probability"]

    assert np.array_equal(said(by_study, "logistic+cost-weight@7,2"), said(by_name, "logistic+cost-weight@7,2"))
    assert not np.array_equal(said(by_study, "logistic+cost-weight@7,2"), said(plain, "logistic+cost-weight"))
    assert by_study.records[Cell(Candidate("logistic", "cost-weight@7,2"), 0, 0)].notes == (NOTE,)
    assert any(NOTE in sentence for sentence in by_study.summary()["treatments"]["sentences"])


def test_other_costs_are_other_cells(loans: Dataset, tmp_path: Path) -> None:
    run(loans, tmp_path / "run", ["cost-weight@7,2"])
    again = run(loans, tmp_path / "run", ["cost-weight@3,2", "cost-weight@7.0,2"])
    assert [candidate.treatment for candidate in again.candidates] == ["none", "cost-weight@7,2", "cost-weight@3,2"]
    values = {row["name"]: row["value"] for row in again.leaderboard().to_dicts()}
    assert len(set(values.values())) == 3
    with pytest.raises(StudyError, match="cost 7,2"):
        run(loans, tmp_path / "run", ["cost-weight"], cost=(7.0, 2.0))


def test_what_is_finished_is_refitted_with_its_costs(loans: Dataset, tmp_path: Path) -> None:
    result = run(loans, tmp_path / "run", ["cost-weight"], cost=(7.0, 2.0))
    model = replace(result, candidates=result.candidates[1:]).finish()
    assert model.card["name"] == "logistic+cost-weight@7,2"
    assert model.fitted.notes == (NOTE,)


def test_costs_that_weigh_nothing_are_refused_before_anything_is_written(loans: Dataset, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cost 5,0 leaves a class without weight"):
        run(loans, tmp_path / "run", ["cost-weight"], cost=(5.0, 0.0))
    assert not (tmp_path / "run").exists()
