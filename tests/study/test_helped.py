"""Did a treatment help: against scikit-learn, closed forms, and simulations whose truth is known."""

import numpy as np
import polars as pl
import pytest
from scipy.stats import norm
from sklearn.metrics import average_precision_score, brier_score_loss, f1_score, log_loss, roc_auc_score
from statsmodels.api import GLM, families
from statsmodels.stats.multitest import multipletests
from tests.study.conftest import make_table
from tests.study.helped_cases import binormal, posterior, scores_of

import assay
from assay.measure.influence import numeric_influence
from assay.measure.parts import pool
from assay.measure.payload import Predictions, Truth
from assay.measure.threshold import ThresholdRule, cross_fitted_labels
from assay.study import Study
from assay.study.helped import Helped, what_helped
from assay.study.helped_measures import FALSE_SHARE, SLOPE
from assay.study.helped_words import sentences
from assay.study.scores import Scores

PRIOR = 0.1


def shaken(evidence: np.ndarray, seed: int, size: float = 0.05) -> np.ndarray:
    return evidence + size * np.random.default_rng(seed).normal(size=len(evidence))


@pytest.fixture(scope="module")
def useless() -> Scores:
    """Three treatments that change nothing but the prior, and shake every score a little, as another fit would."""
    target, evidence = binormal(3000, PRIOR, 1.0)
    said = {"logistic": (posterior(evidence, PRIOR), posterior(evidence, PRIOR))}
    for seed, name in enumerate(("smote", "class-weight", "random-oversample")):
        own = shaken(evidence, seed + 1)
        said[f"logistic+{name}"] = (posterior(own, PRIOR), posterior(own, 0.5))
    return scores_of(target, said)


@pytest.fixture(scope="module")
def answer(useless: Scores) -> Helped:
    found = what_helped(useless)
    assert found is not None
    return found


def row_of(helped: Helped, treatment: str):
    return next(row for row in helped.rows if row.treatment == treatment)


def test_every_value_is_scikit_learns_on_the_kept_predictions(useless: Scores, answer: Helped) -> None:
    parts = useless.parts["logistic+smote"]
    whole = pool(parts)[0]
    target, before, after = whole.truth["target"], whole.predictions["uncorrected"], whole.predictions["probability"]
    by_fold = [(part.truth["target"], part.predictions["score"]) for part in parts]
    expected = {
        "roc_auc": np.mean([roc_auc_score(*fold) for fold in by_fold]),
        "average_precision": np.mean([average_precision_score(*fold) for fold in by_fold]),
        "f1_at_half": f1_score(target, before >= 0.5),
        "f1_tuned": f1_score(target, whole.predictions["label"]),
        "log_loss_before": log_loss(target, before),
        "log_loss_after": log_loss(target, after),
        "brier_before": brier_score_loss(target, before),
        "brier_after": brier_score_loss(target, after),
        "alarms_after": 1000 * np.mean(after >= 0.5),
        "false_share_before": np.mean(target[before >= 0.5] == 0),
    }
    values = row_of(answer, "smote").values
    assert {key: values[key].value for key in expected} == pytest.approx(expected, rel=1e-9)
    assert all(interval.low < interval.value < interval.high for interval in values.values())


def test_the_rows_are_none_then_threshold_only_then_the_treatments(answer: Helped) -> None:
    assert [row.treatment for row in answer.rows] == ["none", "threshold-only", "smote", "class-weight", "random-oversample"]
    plain, only = answer.rows[:2]
    assert only.values["roc_auc"] == plain.values["roc_auc"]
    assert "f1_at_half" not in only.values
    assert only.against["f1_tuned", "none"].difference.value == pytest.approx(
        plain.values["f1_tuned"].value - plain.values["f1_at_half"].value
    )


def test_alarms_per_thousand_are_those_of_the_closed_form() -> None:
    prior, apart = 0.05, 2.0
    target, evidence = binormal(15_000, prior, apart)
    both = {
        "logistic": (posterior(evidence, prior),) * 2,
        "logistic+smote": (posterior(evidence, prior), posterior(evidence, 0.5)),
    }
    found = what_helped(scores_of(target, both))
    assert found is not None
    assert found.prevalence == pytest.approx(prior, abs=0.004)
    values = row_of(found, "smote").values
    for view, cut in (("before", 0.0), ("after", np.log((1 - prior) / prior))):
        caught, false = (norm.sf((cut + sign * apart**2 / 2) / apart) for sign in (-1, 1))
        alarms = 1000 * (prior * caught + (1 - prior) * false)
        share = 1000 * (1 - prior) * false / alarms
        assert values[f"alarms_{view}"].low < alarms < values[f"alarms_{view}"].high
        assert values[f"alarms_{view}"].value == pytest.approx(alarms, rel=0.1)
        assert values[f"false_share_{view}"].value == pytest.approx(share, abs=0.06)
    assert any("smote raises the alarms from" in sentence for sentence in sentences(found.to_json()))


def test_treatments_that_change_nothing_are_said_to_have_helped_nothing(answer: Helped) -> None:
    said = sentences(answer.to_json())
    assert said[0].startswith("No treatment helped: none of the 3 treatments is shown to better ROC AUC, average precision,")
    assert said[1].startswith("Tuning the threshold of the untreated model lifts F1 by 0.")
    assert said[2].startswith("At 0.5, by the learner's own probabilities, 3 of 3 treatments lift F1 by 0.")
    assert "none of them is shown to beat the tuned threshold" in said[2]
    assert any(sentence.startswith("After tuning, no treatment") for sentence in said)
    assert any("3 of 3 treatments give worse probabilities than none before correction" in sentence for sentence in said)
    assert not any(" helped: it " in sentence for sentence in said)


def test_a_treatment_that_sees_more_helps_and_one_that_sees_less_harms() -> None:
    target, evidence = binormal(4000, PRIOR, 1.5)
    clear, blurred = evidence + 1.0 * (2 * target - 1), shaken(evidence, 1, 2.0)
    said = {
        name: (posterior(one, PRIOR),) * 2
        for name, one in (("logistic", evidence), ("logistic+smote", clear), ("logistic+class-weight", blurred))
    }
    found = what_helped(scores_of(target, said))
    assert found is not None
    words = sentences(found.to_json())
    assert words[0].startswith("smote helped: it lifts ROC AUC by 0.")
    assert "lowers log loss after correction by 0." in words[0]
    assert any(sentence.startswith("class-weight lowers ROC AUC by 0.") for sentence in words)
    assert not any("class-weight helped" in sentence or "No treatment helped" in sentence for sentence in words)


def test_each_family_is_corrected_by_holm(answer: Helped) -> None:
    treated = [row for row in answer.rows if row.treatment not in ("none", "threshold-only")]
    for key, reference in (("roc_auc", "none"), ("f1_tuned", "threshold-only"), ("f1_at_half", "threshold-only")):
        verdicts = [row.against[key, reference] for row in treated]
        expected = multipletests([verdict.p_raw for verdict in verdicts], method="holm")[1]
        assert [verdict.p for verdict in verdicts] == pytest.approx(expected)
        assert len({verdict.family for verdict in verdicts}) == 1
    at_half = [row.against["f1_at_half", "none"] for row in treated] + [answer.rows[1].against["f1_tuned", "none"]]
    assert [v.p for v in at_half] == pytest.approx(multipletests([v.p_raw for v in at_half], method="holm")[1])


def test_tuned_means_the_greatest_f1_whatever_the_study_cuts_by() -> None:
    target, evidence = binormal(3000, PRIOR, 1.5)
    said = {name: (posterior(evidence, PRIOR),) * 2 for name in ("logistic", "logistic+smote")}
    scores = scores_of(target, said, cost=(50.0, 1.0))
    found = what_helped(scores)
    assert found is not None
    tuned = pool(cross_fitted_labels(scores.parts["logistic"], ThresholdRule("f1")))[0]
    expected = f1_score(tuned.truth["target"], tuned.predictions["label"])
    assert row_of(found, "threshold-only").values["f1_tuned"].value == pytest.approx(expected)
    assert scores.evaluation.interval("logistic", "f1").value < expected


def test_a_handful_of_positives_carries_no_claim() -> None:
    target, evidence = binormal(400, 0.02, 2.0)
    said = {"logistic": (posterior(evidence, 0.02),) * 2, "logistic+smote": (posterior(-evidence, 0.02),) * 2}
    assert target.sum() < 12
    found = what_helped(scores_of(target, said, folds=2))
    assert found is not None
    assert sentences(found.to_json())[0] == "Too little data to say whether a treatment helped."


def test_three_classes_are_compared_by_their_likeliest_class_and_have_no_threshold() -> None:
    random = np.random.default_rng(0)
    target = random.choice(3, 1500, p=[0.7, 0.2, 0.1])
    score = random.normal(size=(1500, 3)) + 1.5 * np.eye(3)[target] + np.log([0.7, 0.2, 0.1])
    said = {}
    for name, prior in (("logistic", [1, 1, 1]), ("logistic+class-weight", [0.7, 0.2, 0.1])):
        before = np.exp(score) / np.array(prior)
        said[name] = (np.exp(score) / np.exp(score).sum(1, keepdims=True), before / before.sum(1, keepdims=True))
    scores = scores_of(target, said)
    found = what_helped(scores)
    assert found is not None
    assert [row.treatment for row in found.rows] == ["none", "class-weight"]
    whole = pool(scores.parts["logistic+class-weight"])[0]
    expected = f1_score(whole.truth["target"], whole.predictions["uncorrected"].argmax(1), average="macro")
    assert found.rows[1].values["f1_before"].value == pytest.approx(expected)
    assert not any(key.startswith(("alarms", "slope", "f1_tuned")) for key in found.rows[1].values)
    assert sentences(found.to_json())


def test_where_nothing_was_treated_nothing_is_said(useless: Scores) -> None:
    target, evidence = binormal(400, 0.3, 1.0)
    said = {"logistic": (posterior(evidence, 0.3),) * 2}
    assert what_helped(scores_of(target, said)) is None
    asked = what_helped(scores_of(target, said, treatments=["threshold-only"]))
    assert asked is not None
    assert [row.treatment for row in asked.rows] == ["none", "threshold-only"]
    assert sentences(asked.to_json())[0].startswith("Tuning the threshold of the untreated model")


def test_the_calibration_slope_is_that_of_a_logistic_regression_and_its_influence_the_derivative() -> None:
    target, evidence = binormal(500, 0.3, 1.5)
    said = posterior(1.7 * evidence, 0.4)
    weights = np.random.default_rng(0).uniform(0.5, 2, 500)
    truth, predictions = (
        Truth("binary", np.arange(500), {"target": target}),
        Predictions("binary", np.arange(500), {"probability": said}),
    )
    statistics = SLOPE.unit_statistics(truth, predictions)
    design = np.column_stack([np.ones(500), np.log(said / (1 - said))])
    fitted = GLM(target, design, family=families.Binomial(), freq_weights=weights).fit()
    assert float(SLOPE.value(statistics, weights)) == pytest.approx(fitted.params[1], rel=1e-6)
    numeric = numeric_influence(SLOPE, statistics, weights)
    assert SLOPE.influence(statistics, weights) == pytest.approx(numeric, rel=1e-3, abs=2e-6)


def test_without_alarms_their_share_that_is_false_has_no_value() -> None:
    truth = Truth("binary", np.arange(4), {"target": np.array([0, 1, 0, 1])})
    silent = Predictions("binary", np.arange(4), {"label": np.zeros(4, np.int64)})
    assert FALSE_SHARE.undefined(truth, silent) == "no row is called positive"


def test_folds_without_alarms_take_the_comparison_of_false_ones_away_and_nothing_else() -> None:
    target, evidence = binormal(600, 0.1, 0.5)
    said = {"logistic": (posterior(evidence, 0.1),) * 2, "logistic+smote": (posterior(evidence, 0.1), posterior(evidence, 0.5))}
    scores = scores_of(target, said)
    assert any((part.predictions["probability"] < 0.5).all() for part in scores.parts["logistic"])
    found = what_helped(scores)
    assert found is not None
    against = row_of(found, "smote").against
    assert ("false_share_before", "none") not in against
    assert against["alarms_before", "none"].call == "b better"


def test_a_study_says_it_in_its_summary_and_only_where_something_was_treated(tmp_path) -> None:
    data = assay.read(make_table(400, positive_share=0.15), target="denied", drop=["branch"])
    plain = Study(data, ["logistic"], folds=3).run(tmp_path / "plain", jobs=1).summary()
    assert "treatments" not in plain
    treatments = ["class-weight", "smote@.5", "threshold-only"]
    result = Study(data, ["logistic"], treatments, folds=3).run(tmp_path / "treated", jobs=1)
    assert [candidate.name for candidate in result.candidates] == ["logistic", "logistic+class-weight", "logistic+smote@0.5"]
    summary = result.summary()
    assert [row["treatment"] for row in summary["treatments"]["rows"]] == ["none", "threshold-only", "class-weight", "smote@0.5"]
    assert summary["treatments"]["sentences"]
    f1 = summary["treatments"]["rows"][2]["measures"]["f1_at_half"]
    whole = pool(result.parts["logistic+class-weight"])[0]
    assert f1["value"] == pytest.approx(f1_score(whole.truth["target"], whole.predictions["uncorrected"] >= 0.5))
    assert set(f1["against"]) == {"none", "threshold-only"}
    assert pl.DataFrame(summary["treatments"]["rows"], strict=False).height == 4
