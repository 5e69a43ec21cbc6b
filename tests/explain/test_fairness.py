from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
from tests.explain.explained_models import held

from assay.core.errors import ConfigError, DataError
from assay.explain.fairness import fairness, ratio_interval
from assay.measure.proportion import proportion_interval


def decisions(n: int = 600, seed: int = 0, bias: float = 1.2):
    """The score is a logit that is true for group x; for group y the truth lies ``bias`` above it."""
    random = np.random.default_rng(seed)
    logit, group = random.normal(size=n), random.choice(["x", "y", "z"], n, p=[0.5, 0.48, 0.02])
    truth = random.random(n) < 1 / (1 + np.exp(-(logit + bias * (group == "y"))))
    return (
        held(lambda x: x[:, 0], pl.DataFrame({"a": logit}), truth.astype(np.int64), binary=True),
        pl.Series("group", group),
        logit,
        truth,
    )


def test_rates_and_their_differences_are_those_of_statsmodels() -> None:
    model, groups, logit, truth = decisions()
    found = fairness(model, groups)
    assert [one.group for one in found.groups] == ["x", "y"]
    assert found.left_out == int((groups == "z").sum()) > 0
    called, counts = logit >= 0, {}
    for one in found.groups:
        own = (groups == one.group).to_numpy()
        counts[one.group] = {
            "selection rate": (called[own].sum(), own.sum()),
            "true positive rate": (called[own & truth].sum(), (own & truth).sum()),
            "false positive rate": (called[own & ~truth].sum(), (own & ~truth).sum()),
            "precision": (truth[own & called].sum(), (own & called).sum()),
        }
        for what, (hits, of) in counts[one.group].items():
            low, high = proportion_confint(hits, of, method="wilson")
            np.testing.assert_allclose([one.rates[what].value, one.rates[what].low, one.rates[what].high], [hits / of, low, high])
        probability = 1 / (1 + np.exp(-logit[own]))
        np.testing.assert_allclose(one.shift.value, (truth[own] - probability).mean())
    for gap in found.gaps:
        if gap.what != "calibration":
            (a, n), (b, m) = counts["x"][gap.what], counts["y"][gap.what]
            wanted = confint_proportions_2indep(a, n, b, m, method="newcomb", compare="diff")
            np.testing.assert_allclose([gap.difference.low, gap.difference.high], wanted, atol=1e-9)


def test_a_group_that_is_called_too_rarely_is_shown_by_calibration_and_precision() -> None:
    model, groups, _, _ = decisions(3000)
    shown = {gap.what for gap in fairness(model, groups.replace("z", "x")).gaps if gap.shown}
    assert shown >= {"calibration", "precision"}
    assert "selection rate" not in shown, "the scores of both groups are alike"
    fair = [decisions(400, seed, bias=0.0) for seed in range(25)]
    claims = sum(any(gap.shown for gap in fairness(model, groups).gaps) for model, groups, *_ in fair)
    assert claims <= 4, "all differences are corrected together"


def test_the_ratio_of_selection_rates_holds_the_truth_as_often_as_it_says() -> None:
    random = np.random.default_rng(0)
    inside = []
    for _ in range(600):
        a, b = random.binomial(80, 0.24), random.binomial(90, 0.4)
        found = ratio_interval(proportion_interval(a, 80), proportion_interval(b, 90), 0.95)
        inside.append(found.low <= 0.6 <= found.high)
    assert 0.93 <= np.mean(inside) <= 0.98
    ours = ratio_interval(proportion_interval(30, 100), proportion_interval(60, 100), 0.95)
    theirs = confint_proportions_2indep(30, 100, 60, 100, compare="ratio", method="score")
    np.testing.assert_allclose([ours.low, ours.high], theirs, rtol=0.02)
    assert ratio_interval(proportion_interval(0, 50), proportion_interval(20, 50), 0.95).low == 0.0


def test_a_group_without_selected_rows_has_no_ratio_but_a_reason() -> None:
    model, groups, _, _ = decisions()
    found = fairness(replace(model, threshold=1.0), groups)
    assert found.worst is None
    assert "nobody is selected" in found.impacts[0].ratio.undefined
    assert found.to_json()["disparate_impact"][0]["ratio"]["value"] is None


def test_what_has_no_groups_or_no_decision_is_refused() -> None:
    model, groups, _, _ = decisions()
    with pytest.raises(DataError, match="'group' makes 1 group"):
        fairness(model, pl.Series("group", ["x"] * len(groups)))
    frame = pl.DataFrame({"a": np.arange(30.0)})
    with pytest.raises(ConfigError, match="task is regression"):
        fairness(held(lambda x: x[:, 0], frame, np.arange(30.0)), pl.Series(["x", "y"] * 15))
