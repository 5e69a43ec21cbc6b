"""What a user may choose of a study: thresholds, calibration, plans, intervals; and what finishing makes of it."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.study.conftest import make_table

import assay
from assay.core.errors import ConfigError, StudyError
from assay.data.dataset import Dataset
from assay.splits.ledger import Ledger
from assay.study import Study
from assay.study.folder import RunFolder
from assay.study.verdicts import separation


def run(data: Dataset, folder: Path, recipes: tuple[str, ...] = ("logistic",), **settings: object):
    return Study(data, recipes, folds=3, **settings).run(folder, jobs=1)


def called(result, name: str = "logistic") -> float:
    """The share of measured rows that the labels call positive."""
    return float(np.mean(np.concatenate([part.predictions["label"] for part in result.parts[name]])))


def test_a_capacity_is_kept_on_average_over_the_folds(loans: Dataset, tmp_path: Path) -> None:
    share = run(loans, tmp_path / "share", threshold="capacity:10%")
    count = run(loans, tmp_path / "count", threshold="capacity:24")  # of 240 rows: the same tenth
    assert called(share) == called(count) == pytest.approx(0.1, abs=0.03)
    share.finish()
    assert share.opened["threshold_rule"] == "capacity:10%"
    interval = share.opened["threshold_interval"]
    assert interval["low"] <= share.opened["threshold"] <= interval["high"]


def test_a_floor_that_no_threshold_reaches_is_said_and_nothing_is_lost(tmp_path: Path) -> None:
    table = make_table().with_columns(pl.col("denied").shuffle(seed=1))
    result = run(assay.read(table, target="denied", drop=["branch"]), tmp_path / "run", threshold="precision:0.99")
    result.finish()
    assert "precision" in result.opened["threshold_note"]


def test_another_threshold_or_calibration_is_another_study(loans: Dataset, tmp_path: Path) -> None:
    run(loans, tmp_path / "run")
    for settings in ({"threshold": "recall:0.9"}, {"calibration": "beta"}):
        with pytest.raises(StudyError, match="another metric, cost, threshold or calibration"):
            run(loans, tmp_path / "run", **settings)


def test_a_named_calibrator_is_in_every_fit_and_in_the_model(loans: Dataset, tmp_path: Path) -> None:
    plain, beta = run(loans, tmp_path / "plain"), run(loans, tmp_path / "beta", calibration="beta")
    first, second = plain.parts["logistic"][0].predictions, beta.parts["logistic"][0].predictions
    assert not np.allclose(first["probability"], second["probability"])
    assert np.allclose(first["score"], second["score"])
    assert [part["kind"] for part in beta.finish().fitted.state()["calibrators"]] == ["beta"]


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"calibration": "vector"}, "does not serve binary"),
        ({"threshold": "recall:7"}, "floor above 0"),
        ({"threshold": "f1", "cost": (5.0, 1.0)}, "both given"),
        ({"interval": "jackknife"}, "no interval method 'jackknife'"),
        ({"scheme": "leave-one-group-out"}, "needs groups"),
        ({"window": 3}, "needs a time"),
    ],
)
def test_a_choice_that_cannot_be_is_refused_before_the_first_fit(loans: Dataset, settings: dict[str, object], match: str) -> None:
    with pytest.raises(ConfigError, match=match):
        Study(loans, ["logistic"], **settings).run("never")
    assert not Path("never").exists()


def test_a_threshold_is_for_two_classes_and_calibration_for_probabilities(tmp_path: Path) -> None:
    numbers = assay.read(make_table(), target="income", drop=["branch"])
    with pytest.raises(ConfigError, match="only a binary task has a threshold"):
        Study(numbers, ["boosting"], threshold="f1").prepare()
    with pytest.raises(ConfigError, match="acts on probabilities"):
        Study(numbers, ["boosting"], calibration="platt").prepare()


def test_each_group_outside_the_lock_is_left_out_once(table: pl.DataFrame, tmp_path: Path) -> None:
    wide = table.with_columns(pl.Series("branch", np.arange(len(table)) % 8))
    result = Study(assay.read(wide, target="denied", group="branch"), ["logistic"], scheme="leave-one-group-out").run(
        tmp_path / "run", jobs=1
    )
    left_out = [set(result.plan.groups[fold.test]) for fold in result.plan.folds]
    assert all(len(groups) == 1 for groups in left_out)
    assert len(left_out) == len(set.union(*left_out))
    assert result.interval("logistic").n == len(left_out)


def test_gap_and_window_are_kept_and_a_folder_remembers_them(tmp_path: Path) -> None:
    data = assay.read(make_table(), target="denied", drop=["branch"], time="@row")
    result = run(data, tmp_path / "run", gap=5, window=60)
    for fold in result.plan.folds:
        assert fold.test.min() - fold.train.max() > 5
        assert fold.test.min() - fold.train.min() <= 65
    assert RunFolder(tmp_path / "run").read_study()["settings"]["gap"] == 5
    model = result.finish()
    assert model.card["data"]["locked"] == len(result.plan.locked)


def test_a_length_of_time_given_as_a_timedelta_is_kept_in_words(tmp_path: Path) -> None:
    days = pl.date_range(pl.date(2020, 1, 1), pl.date(2020, 1, 1) + pl.duration(days=239), eager=True)
    table = make_table().with_columns(days.alias("day"))
    data = assay.read(table, target="denied", drop=["branch"], time="day")
    result = run(data, tmp_path / "run", gap=timedelta(days=3))
    assert RunFolder(tmp_path / "run").read_study()["settings"]["gap"] == "259200s"
    again = Study(data, ["logistic"], folds=3, gap="259200s").open(tmp_path / "run")
    assert again.plan.digest == result.plan.digest


def test_the_way_intervals_are_made_can_be_chosen_and_changes_no_prediction(loans: Dataset, tmp_path: Path) -> None:
    plain = run(loans, tmp_path / "run")
    again = Study(loans, ["logistic"], folds=3, interval="bca").open(tmp_path / "run")
    assert again.interval("logistic").method == "BCa bootstrap and model variance"
    assert plain.interval("logistic").value == pytest.approx(again.interval("logistic").value, rel=1e-12)


def test_an_opening_has_its_reason_and_another_seed_does_not_hide_it(loans: Dataset, tmp_path: Path) -> None:
    first = run(loans, tmp_path / "a")
    first.finish(reason="the board asked")
    assert first.opened["seen_before"] == 0
    assert [one.reason for one in Ledger().openings(first.plan.lock_key)] == ["the board asked"]
    other = run(loans, tmp_path / "b", seed=1)
    other.finish()
    assert other.opened["openings"] == 1
    assert other.opened["seen_before"] == len(np.intersect1d(first.plan.locked, other.plan.locked)) > 0


def test_a_finished_model_gives_sets_whose_coverage_was_measured(loans: Dataset, tmp_path: Path) -> None:
    result = run(loans, tmp_path / "run")
    model = result.finish()
    model.save(tmp_path / "m.assay")
    answers = assay.load(tmp_path / "m.assay").predict(loans, level=0.9)
    assert {"set", "set_size"} <= set(answers.columns)
    measured = model.card["conformal"]["coverage"]
    assert [found["level"] for found in measured] == [0.9, 0.95]
    assert measured[0]["overall"]["low"] <= 0.9 <= measured[0]["overall"]["high"]
    truth = loans.frame["denied"].to_list()
    held = np.mean([one in names for one, names in zip(truth, answers["set"].to_list(), strict=True)])
    assert held > 0.8


def test_a_verdict_says_how_many_rows_it_would_take(loans: Dataset, tmp_path: Path) -> None:
    result = run(loans, tmp_path / "run", ("logistic", "naive-bayes"))
    verdict = result.verdict("logistic", "naive-bayes")
    found = separation(verdict, 0.001)
    assert found.rows == verdict.difference.n == len(result.design.units)
    assert found.needed > found.rows
    assert separation(verdict, 2 * found.smallest).needed < found.rows


def test_the_leader_is_corrected_for_all_pairs(loans: Dataset, tmp_path: Path) -> None:
    """Holm's first factor is the number of pairs, three of three candidates, not the two that hold the leader."""
    result = run(loans, tmp_path / "run", ("logistic", "naive-bayes", "baseline"))
    against = [verdict for verdict in result.verdicts if verdict.family == "against the leader"]
    least = min(against, key=lambda verdict: verdict.p_raw)
    asked = [
        result.verdict(a, b).p_raw
        for a, b in (("logistic", "naive-bayes"), ("logistic", "baseline"), ("naive-bayes", "baseline"))
    ]
    if least.p_raw == min(asked):
        assert least.p == pytest.approx(min(1.0, 3 * least.p_raw))
    assert all(verdict.p >= verdict.p_raw for verdict in against)


@pytest.mark.parametrize(
    ("metric", "rule"), [("expected_cost@5,1", "cost:5,1"), ("fbeta@2", "fbeta:2"), ("gain@20%", "f1"), ("ks", "f1")]
)
def test_a_metric_with_a_setting_orders_the_study_and_where_it_reads_labels_cuts_them(
    loans: Dataset, tmp_path: Path, metric: str, rule: str
) -> None:
    result = run(loans, tmp_path / "run", ("logistic", "baseline"), metric=metric)
    assert str(result.threshold_rule) == rule
    assert result.winner == "logistic"
    interval = result.interval("logistic")
    assert interval.low < interval.value <= interval.high
    result.finish()
    assert result.opened["metrics"][metric]["value"] is not None
    again = Study(loans, ["logistic", "baseline"], folds=3, metric=metric).open(tmp_path / "run")
    assert again.interval("logistic") == interval
