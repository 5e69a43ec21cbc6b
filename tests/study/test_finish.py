"""The end of a study: the choice, the threshold, the lock that is opened once and on record."""

import dataclasses
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

import assay
from assay.core.errors import ConfigError, StudyError
from assay.data.dataset import Dataset
from assay.measure.threshold import expected_cost
from assay.splits.ledger import Ledger
from assay.study import Study
from assay.study.finish import read_test_predictions


def run(data: Dataset, folder: Path, recipes: list[str], **settings: object):
    return Study(data, recipes, folds=3, **settings).run(folder, jobs=1)


def test_the_lock_is_opened_once_however_often_one_finishes(loans: Dataset, tmp_path: Path) -> None:
    result = run(loans, tmp_path / "run", ["logistic"])
    assert result.opened is None
    first = result.finish()
    opened = result.opened
    second = result.finish()
    assert opened == result.opened
    assert opened["openings"] == 1
    assert first.predict(loans).equals(second.predict(loans))


def test_a_new_folder_does_not_make_the_test_rows_fresh(loans: Dataset, tmp_path: Path) -> None:
    run(loans, tmp_path / "a", ["logistic"]).finish()
    same = run(loans, tmp_path / "b", ["logistic"])
    same.finish()
    assert same.opened["openings"] == 1, "the same answer, read again"
    other = run(loans, tmp_path / "c", ["naive-bayes"])
    other.finish()
    assert other.opened["openings"] == 2


def test_a_kill_between_intent_and_done_does_not_count_twice(
    loans: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = run(loans, tmp_path / "run", ["logistic"])

    def killed(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "finish", killed)
        with pytest.raises(KeyboardInterrupt):
            result.finish()
    [opening] = Ledger().openings(result.plan.lock_key)
    assert opening.state == "predictions"
    result.finish()
    [opening] = Ledger().openings(result.plan.lock_key)
    assert (opening.number, opening.state) == (1, "done")


def test_the_refit_never_sees_the_locked_rows(table: pl.DataFrame, tmp_path: Path) -> None:
    data = assay.read(table, target="denied", drop=["branch"])
    result = run(data, tmp_path / "a", ["logistic"])
    locked = set(result.plan.locked.tolist())
    is_locked = pl.Series([row in locked for row in range(len(table))])
    moved = pl.when(is_locked).then(pl.col("income") + 100).otherwise("income")
    shifted = table.with_columns(moved.alias("income"))
    other = run(assay.read(shifted, target="denied", drop=["branch"]), tmp_path / "b", ["logistic"])
    assert np.array_equal(result.plan.locked, other.plan.locked)
    ours, theirs = result.finish(), other.finish()
    assert ours.predict(data).equals(theirs.predict(data)), "locked rows changed, and the model did not"
    assert ours.threshold == theirs.threshold


def test_the_test_score_is_that_of_the_kept_predictions(loans: Dataset, tmp_path: Path) -> None:
    result = run(loans, tmp_path / "run", ["logistic"])
    model = result.finish()
    truth, predictions = read_test_predictions(result)
    assert np.array_equal(truth.units, result.plan.locked)
    expected = roc_auc_score(truth["target"], predictions["score"])
    assert result.opened["metrics"]["roc_auc"]["value"] == pytest.approx(expected, abs=1e-12)
    assert result.opened["metrics"]["roc_auc"]["estimand"] == "this model"
    answers = model.predict(loans.take(result.plan.locked))
    assert np.allclose(answers["probability"], predictions["probability"], atol=1e-12)
    assert ((answers["prediction"] == "yes").to_numpy() == (predictions["label"] == 1)).all()


def test_costs_choose_the_threshold_that_is_cheapest_out_of_fold(loans: Dataset, tmp_path: Path) -> None:
    result = run(loans, tmp_path / "run", ["logistic"], cost=(10.0, 1.0))
    chosen = result.finish().threshold
    parts = result.parts["logistic"]
    truth = np.concatenate([part.truth["target"] for part in parts])
    probability = np.concatenate([part.predictions["probability"] for part in parts])

    def cost(threshold: float) -> float:
        return expected_cost(truth, probability, threshold=threshold, cost_fn=10.0)

    assert cost(chosen) <= min(cost(threshold) for threshold in np.linspace(0, 1, 201)) + 1e-12
    assert chosen < 0.35


def test_simple_is_preferred_when_it_is_the_same_within_the_margin(loans: Dataset, tmp_path: Path) -> None:
    result = run(loans, tmp_path / "run", ["logistic", "naive-bayes", "forest", "baseline"])
    result.finish(prefer="simple", margin=0.3)
    assert result.opened["name"] == "logistic"
    with pytest.raises(ConfigError, match="needs a margin"):
        result.finish(prefer="simple")
    with pytest.raises(ConfigError, match="best or simple"):
        result.finish(prefer="cheap")


def test_a_margin_smaller_than_what_the_data_can_show_keeps_the_best(loans: Dataset, tmp_path: Path) -> None:
    result = run(loans, tmp_path / "run", ["baseline", "naive-bayes"])
    result.finish(prefer="simple", margin=0.001)
    assert result.opened["name"] == "naive-bayes"


def test_a_metric_without_a_value_is_named_when_nothing_can_be_chosen(table: pl.DataFrame, tmp_path: Path) -> None:
    late = pl.when(pl.int_range(pl.len()) >= 200).then(pl.lit("later")).otherwise(pl.lit("early"))
    three = pl.when(pl.int_range(pl.len()) % 3 == 0).then(pl.lit("maybe")).otherwise(late)
    data = assay.read(table.with_columns(three.alias("denied")), target="denied", drop=["branch"], time="@row")
    result = run(data, tmp_path / "run", ["baseline"], metric="roc_auc")
    with pytest.raises(StudyError, match=r"roc_auc has no value .* class \d has no row.* another metric"):
        result.finish()
    assert Ledger().openings(result.plan.lock_key) == []


def test_a_folder_that_holds_no_study_cannot_be_opened(loans: Dataset, tmp_path: Path) -> None:
    with pytest.raises(StudyError, match="holds no study"):
        Study(loans, ["logistic"]).open(tmp_path)


def test_a_result_opened_again_is_equal(loans: Dataset, tmp_path: Path) -> None:
    result = run(loans, tmp_path / "run", ["logistic", "baseline"])
    again = Study(loans, ["logistic", "baseline"], folds=3).open(tmp_path / "run")
    assert again.leaderboard().equals(result.leaderboard())


def test_leaving_a_column_out_does_not_make_the_test_rows_fresh(table: pl.DataFrame, tmp_path: Path) -> None:
    first = run(assay.read(table, target="denied", drop=["branch"]), tmp_path / "a", ["logistic"])
    first.finish()
    second = run(assay.read(table, target="denied", drop=["branch", "noise"]), tmp_path / "b", ["logistic"])
    second.finish()
    assert (first.opened["openings"], second.opened["openings"]) == (1, 2)


def test_going_back_to_the_first_model_after_another_was_seen_is_no_first_opening(loans: Dataset, tmp_path: Path) -> None:
    first = run(loans, tmp_path / "a", ["logistic"])
    first.finish()
    run(loans, tmp_path / "b", ["naive-bayes"]).finish()
    first.finish()
    assert first.opened["openings"] == 2


def test_predictions_of_another_opening_are_not_drawn_beside_its_numbers(loans: Dataset, tmp_path: Path) -> None:
    result = run(loans, tmp_path / "run", ["logistic"])
    result.finish()
    file = tmp_path / "run" / "test.npz"
    _, predictions = read_test_predictions(result)
    halved = {name: values / 2 if name == "score" else values for name, values in predictions.arrays.items()}
    file.write_bytes(dataclasses.replace(predictions, arrays=halved).to_bytes())
    with pytest.raises(StudyError, match=r"is not what test\.json tells of"):
        read_test_predictions(result)
