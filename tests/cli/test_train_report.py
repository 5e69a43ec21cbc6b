"""``assay train-report``: the page, the warnings, what bad input gets; and the net it looks into is the one that is made."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from tests.cli.commands import Command, table, write_csv
from tests.report.test_report_page import Page

import assay as library
from assay.balance.registry import TREATMENTS
from assay.cli.looking_inside import train_and_look
from assay.core.seeds import derive
from assay.nets.inside.record import Inside
from assay.recipes.fitting import fit
from assay.recipes.learner import Budget, Context
from assay.recipes.nets import tables
from assay.recipes.registry import RECIPES


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch):
    """``quick(learning_rate=…)``: the recipe mlp with other settings of its training."""

    def change(**settings):
        training = dataclasses.replace(tables.MLP.learner.training, **settings)
        learner = dataclasses.replace(tables.MLP.learner, training=training)
        monkeypatch.setattr(tables, "MLP", dataclasses.replace(tables.MLP, learner=learner))

    change(epochs=4, patience=4)
    return change


def test_the_page_and_the_words_agree_with_the_json(assay: Command, cancer: Path, quick) -> None:
    words = ("train-report", cancer, "--target", "diagnosis", "--out", "page.html")
    done = assay(*words)
    assert done.code == 0, done.err
    assert "192 training rows; the 48 locked ones were left out" in done.out
    assert "Page: page.html" in done.out
    first = Path("page.html").read_bytes()
    text = Page(first.decode()).text
    assert "mlp on cancer.csv" in text
    assert str(cancer.parent) not in first.decode().replace(str(cancer), "", 1)  # it was in the command, and stands nowhere else
    assert "malignant" in text
    for heading in ("Losses", "Layers", "How it computes", "Around the weights", "What the layers give", "What was run"):
        assert heading in text

    found = assay(*words, "--json").object
    assert found["rows"] == {"training": 192, "locked": 48}
    inside = Inside.from_json(found["inside"])
    assert len(inside.train_loss) == found["epochs"] == 4
    assert inside.best_epoch == found["best_epoch"]
    assert np.isfinite(inside.gradients[0]).all()
    best = inside.validation_loss[inside.best_epoch]
    assert f"validation loss {best:.4g}" in done.out
    study = library.Study(library.read(cancer, target="diagnosis"), recipes=["mlp"], folds=2)
    shares = np.bincount(study.data.target[study.plan.final_training]) / 192
    assert inside.chance == pytest.approx(-(shares * np.log(shares)).sum(), rel=1e-6)
    assert len(found["landscape"]["loss"]) == 15
    assert json.dumps(found, allow_nan=False)
    for sign in found["signs"]:
        assert f"Warning: {sign['sentence']}" in done.out


def test_the_same_command_gives_the_same_bytes(assay: Command, cancer: Path, quick) -> None:
    words = ("train-report", cancer, "--target", "diagnosis", "--out", "page.html")
    assert assay(*words).code == 0
    first = Path("page.html").read_bytes()
    assert assay(*words).code == 0
    assert Path("page.html").read_bytes() == first


def test_the_net_that_is_looked_into_is_the_one_that_a_finish_makes(cancer: Path, quick) -> None:
    data = library.read(cancer, target="diagnosis")
    study = library.Study(data, recipes=["mlp"], folds=2)
    seen = train_and_look(study, RECIPES.get("mlp"), 1)
    rows = study.plan.final_training
    fitted = fit(
        RECIPES.get("mlp"),
        TREATMENTS.get("none")(),
        data.take(rows),
        groups=None,
        seed=derive(0, "refit", "mlp"),
        budget=Budget(),
        context=Context(),
    )
    shown = seen.portrait.activations
    numbers = [int(name.split(":")[0].removeprefix("row ")) for name in shown.rows]
    assert not set(numbers) & set(study.plan.locked.tolist())
    matrix = fitted.step.transform(data.frame[numbers].select([column.name for column in fitted.schema.columns]))
    expected = fitted.learner.raw(matrix)[:, 0]
    np.testing.assert_allclose(shown.layers[-1].values, expected, rtol=1e-4, atol=1e-5)
    classes = [name.split(": ")[1] for name in shown.rows]
    assert classes == [data.question.classes[code] for code in data.target[numbers]]
    assert sorted(classes) == ["benign"] * 3 + ["malignant"] * 3


def test_an_ill_training_is_warned_of(assay: Command, cancer: Path, quick) -> None:
    quick(learning_rate=1e-8)
    done = assay("train-report", cancer, "--target", "diagnosis", "--out", "page.html")
    assert done.code == 0
    assert "Warning: Not learning" in done.out
    assert "Not learning" in Path("page.html").read_text()


def test_a_training_that_diverges_ends_with_2_one_line_and_a_page(assay: Command, cancer: Path, quick) -> None:
    quick(learning_rate=1e9, optimizer="sgd", clip_norm=None)
    done = assay("train-report", cancer, "--target", "diagnosis", "--out", "page.html")
    assert "What was seen until then: page.html" in done.complaint
    assert "Warning: Diverged" in done.out
    text = Page(Path("page.html").read_text()).text
    assert "The training failed." in text
    assert "Diverged" in text
    assert json.loads(assay("train-report", cancer, "--target", "diagnosis", "--out", "page.html", "--json").out)["failure"]


def test_a_regression_has_its_page_too(assay: Command, tmp_path: Path, quick) -> None:
    data = write_csv(tmp_path / "numbers.csv", [line[:-1] for line in table()])
    done = assay("train-report", data, "--target", "mean_area", "--task", "regression", "--out", "page.html", "--json")
    assert done.code == 0, done.err
    assert done.object["inside"]["chance"] == pytest.approx(1.0, abs=0.1)  # in units of the target's own variance


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--recipe", "logistic"], "'logistic' trains no net"),
        (["--recipe", "mlpp"], "'mlp'"),
        (["--recipe", "lenet"], "image"),
        (["--out", "page.txt"], "page.html"),
        (["--out", "nowhere/page.html"], "folder"),
        (["--threads", "0"], "--threads"),
        (["--target", "diagnosys"], "'diagnosis'"),
    ],
)
def test_bad_input_gets_one_line_and_no_page(assay: Command, cancer: Path, words: list[str], said: str) -> None:
    given = {"--target": "diagnosis", "--out": "page.html", **dict([words])}
    done = assay("train-report", cancer, *(word for pair in given.items() for word in pair))
    assert said in done.complaint
    assert not list(Path().glob("*.html"))


def test_without_a_page_to_write_the_option_is_named(assay: Command, cancer: Path) -> None:
    assert "--out" in assay("train-report", cancer, "--target", "diagnosis").complaint
