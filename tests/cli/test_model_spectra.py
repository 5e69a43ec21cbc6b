"""``assay model show`` of models with a projection in them, and without one."""

import json
from pathlib import Path

import pytest
from tests.bundle.models import CARD, HOSTILE, table
from typer.testing import CliRunner

from assay.bundle.model import Model
from assay.cli.model import app
from assay.recipes.fitting import fit
from assay.recipes.learner import Budget, Context
from assay.recipes.named import recipe_named
from assay.recipes.treatments import treatment_named


def saved(recipe: str, folder: Path) -> Path:
    fitted = fit(
        recipe_named(recipe), treatment_named("none"), table("binary"), groups=None, seed=0, budget=Budget(), context=Context()
    )
    Model(fitted, 0.5, CARD).save(folder / "model")
    return folder / "model"


def test_the_directions_of_a_projection_are_shown_with_the_columns_that_weigh_most(tmp_path: Path) -> None:
    path = saved("logistic:pca-correlation", tmp_path)
    done = CliRunner().invoke(app, ["show", str(path), "--json"])
    assert done.exit_code == 0, done.output
    (spectrum,) = json.loads(done.stdout)["spectra"]
    assert (spectrum["recipe"], spectrum["of"]) == ("logistic:pca-correlation", "correlation")
    eigenvalues = [one["eigenvalue"] for one in spectrum["components"]]
    # a column of one value has no variance; of the others the correlation matrix has ones on its diagonal
    assert sum(eigenvalues) == pytest.approx(round(sum(eigenvalues)))
    assert 3 <= sum(eigenvalues) <= spectrum["columns"]
    assert spectrum["components"][spectrum["kept"] - 1]["cumulative"] >= 0.95
    text = CliRunner().invoke(app, ["show", str(path)]).stdout
    assert "eigenvalues of the correlation" in text
    assert HOSTILE.split()[0] in text


def test_a_model_without_a_projection_has_no_spectrum(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["show", str(saved("logistic", tmp_path)), "--json"])
    assert json.loads(done.stdout)["spectra"] == []
