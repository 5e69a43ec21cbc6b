"""What the card of a finished model says: all of it measured or told, and nothing where nobody told it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import confusion_matrix

import assay
from assay.bundle.card import markdown
from assay.bundle.model import read_manifest
from assay.core.errors import ConfigError
from assay.recipes.named import recipe_named
from assay.recipes.registry import RECIPES
from assay.study import Study
from assay.study.result import StudyResult

N = 400


def table() -> pl.DataFrame:
    draw = np.random.default_rng(0)
    group = draw.choice(["a", "b <i>", "few"], N, p=[0.48, 0.48, 0.04])
    x = draw.normal(size=N)
    day = pl.datetime_range(pl.datetime(2023, 1, 1), pl.datetime(2023, 1, 1) + pl.duration(days=N - 1), "1d", eager=True)
    paid = np.where(x + 0.8 * (group == "a") + draw.normal(size=N) > 1, "yes", "no")
    return pl.DataFrame({"x": x, "group": group, "day": day, "paid": paid})


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[StudyResult, Path]:
    folder = tmp_path_factory.mktemp("card") / "run"
    with pytest.MonkeyPatch.context() as patch:  # a fixture of a module comes before the one that moves the ledger away
        patch.setenv("ASSAY_HOME", str(folder.parent / "home"))
        return _finished(folder), folder


def _finished(folder: Path) -> StudyResult:
    result = Study(assay.read(table(), target="paid"), ["logistic"], folds=2).run(folder, jobs=1)
    result.finish(intended_use="a second look", fairness=["group", "x"])
    return result


def test_it_says_what_was_asked_what_it_learned_from_and_for_what(finished: tuple[StudyResult, Path]) -> None:
    result, folder = finished
    card = read_manifest(folder / "model").card
    data, rows = card["data"], result.plan.final_training
    assert card["intended_use"] == {
        "question": "which of 2 classes 'paid' is, from 3 columns (binary)",
        "stated": "a second look",
    }
    assert (data["rows"], data["locked"], data["learned_from"]) == (N, len(result.plan.locked), len(rows))
    told = table()["paid"].to_numpy()[rows]
    assert {name: one["rows"] for name, one in data["classes"].items()} == {
        name: int((told == name).sum()) for name in ("no", "yes")
    }
    assert data["columns"] == {"number": 1, "category": 1, "date": 1}
    days = table()["day"][rows]
    assert data["time"]["day"] == [str(end)[:10] for end in (days.min(), days.max())]


def test_errors_by_group_are_those_of_the_locked_rows(finished: tuple[StudyResult, Path]) -> None:
    result, folder = finished
    card = read_manifest(folder / "model").card
    by_group, by_number = card["fairness"]
    rows = result.plan.locked
    frame = table()[rows]
    said = assay.load(folder / "model").predict(frame)["prediction"].to_numpy()
    for one in by_group["groups"]:
        own = (frame["group"] == one["group"]).to_numpy()
        tn, fp, fn, tp = confusion_matrix(frame["paid"].to_numpy()[own], said[own], labels=["no", "yes"]).ravel()
        assert one["rows"] == own.sum()
        assert one["rates"]["true positive rate"]["value"] == pytest.approx(tp / (tp + fn))
        assert one["rates"]["false positive rate"]["value"] == pytest.approx(fp / (fp + tn))
        assert one["rates"]["precision"]["low"] < one["rates"]["precision"]["value"]
    assert by_group["left_out_rows"] == int((frame["group"] == "few").sum())
    assert by_number["column"] == "x"
    assert "groups" in by_number or "undefined" in by_number


def test_the_limits_follow_from_numbers_of_this_study(finished: tuple[StudyResult, Path]) -> None:
    result, folder = finished
    card = read_manifest(folder / "model").card
    interval = card["metrics"]["roc_auc"]
    limits = " ".join(card["limits"])
    assert f"on {len(result.plan.locked)} test rows is known only as far as the interval [{interval['low']:.4g}" in limits
    assert f"It learned from {len(result.plan.final_training)} rows" in limits
    assert "reach in 'day' from 2023-01-01 to" in limits
    assert "not seen in training is answered as unknown, in 'group'" in limits
    assert "opened" not in limits


def test_what_a_model_holds_of_others_is_told_with_its_terms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    borrowed = replace(RECIPES.get("baseline"), carries="a list of names (CC BY-SA 4.0)")
    monkeypatch.setattr("assay.study.card.recipe_named", lambda _: borrowed)
    result = Study(assay.read(table(), target="paid"), ["baseline"], folds=2).run(tmp_path / "run", jobs=1)
    result.finish()
    limits = read_manifest(tmp_path / "run/model").card["limits"]
    assert "It holds a list of names (CC BY-SA 4.0); whoever passes it on is bound by these terms." in limits
    assert recipe_named("dictionary").carries == recipe_named("noisy-channel-of:wordfreq").carries != ""


def test_the_page_shows_all_of_it_with_names_as_text(finished: tuple[StudyResult, Path]) -> None:
    page = markdown(read_manifest(finished[1] / "model"))
    for words in (
        "## What it is for\n\na second look",
        "## What it learned from",
        "## Limits",
        "### By group",
        "| b &lt;i&gt; |",
    ):
        assert words in page
    assert "<i>" not in page


def test_what_nobody_told_is_said_to_be_missing(tmp_path: Path) -> None:
    result = Study(assay.read(table().drop("day"), target="paid"), ["baseline"], folds=2).run(tmp_path / "run", jobs=1)
    card = result.finish().card
    assert card["intended_use"]["stated"] is None
    assert card["fairness"] == []
    page = markdown(read_manifest(tmp_path / "run" / "model"))
    assert "Not stated by who made it." in page
    assert "Not measured: no column was named" in page


def test_a_wish_that_cannot_be_met_is_refused_before_the_lock_is_opened(tmp_path: Path) -> None:
    result = Study(assay.read(table(), target="x"), ["baseline"], folds=2).run(tmp_path / "run", jobs=1)
    with pytest.raises(ConfigError, match="errors by group are of a binary decision"):
        result.finish(fairness=["group"])
    binary = Study(assay.read(table(), target="paid"), ["baseline"], folds=2).run(tmp_path / "other", jobs=1)
    with pytest.raises(ConfigError, match="no such column; did you mean 'group'"):
        binary.finish(fairness=["grup"])
    assert result.opened is None
    assert binary.opened is None
