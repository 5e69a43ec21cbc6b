"""The choice of a correction, against truths that are known and against scikit-learn, scipy and statsmodels."""

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.special import expit, logit, softmax
from scipy.stats import sem
from sklearn.metrics import log_loss

from assay.core.errors import ConfigError
from assay.measure.calibration import PriorCorrection, calibrator_for, fit_platt
from assay.recipes.correction import (
    CORRECTIONS,
    CorrectionChoice,
    HeldOut,
    calibrator_on,
    check_calibration,
    choose_correction,
    standard_error,
)

PLATT = calibrator_for("platt", "binary")
VECTOR = calibrator_for("vector", "multiclass")
SHARES = (np.array([0.92, 0.08]), np.array([0.5, 0.5]))


def folds_of(said: np.ndarray, target: np.ndarray, *, shares=SHARES, weights=None, groups=None) -> list[HeldOut]:
    """Three inner folds of equal size; said: what the learner says of each row."""

    def part(values: np.ndarray | None, rows: np.ndarray) -> np.ndarray | None:
        return None if values is None else values[rows]

    return [
        HeldOut(target[rows], said[rows], part(weights, rows), part(groups, rows), *shares)
        for rows in np.array_split(np.arange(len(target)), 3)
    ]


def rows_of_known_truth(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    truth = expit(-3 + 1.5 * random.normal(size=n))
    return truth, (random.random(n) < truth).astype(np.int64)


def shifted(truth: np.ndarray) -> np.ndarray:
    """What an ideal learner says after a treatment that took the shares from SHARES[0] to SHARES[1]."""
    return PriorCorrection(SHARES[1], SHARES[0]).apply(truth)


LEARNERS = {
    "unchanged": lambda truth: truth,
    "prior": shifted,
    "calibrate": lambda truth: expit(2.5 * logit(truth) + 1),
}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("right", CORRECTIONS)
def test_what_the_learner_really_did_is_undone(right: str, seed: int) -> None:
    truth, target = rows_of_known_truth(6000, seed)
    choice = choose_correction(folds_of(LEARNERS[right](truth), target), PLATT, "prior")
    assert choice.chosen == right
    assert choice.rows == 6000


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("right", CORRECTIONS)
def test_what_was_done_to_three_classes_is_undone(right: str, seed: int) -> None:
    random = np.random.default_rng(seed)
    logits = random.normal(size=(3000, 3)) + np.array([1.5, 0.0, -1.0])
    truth = softmax(logits, axis=1)
    target = (random.random(3000)[:, None] > truth.cumsum(axis=1)).sum(axis=1)
    before, after = truth.mean(axis=0), np.full(3, 1 / 3)
    said = {
        "unchanged": truth,
        "prior": PriorCorrection(after, before).apply(truth),
        "calibrate": softmax(2.5 * logits + [0.0, 1.0, 0.0], axis=1),
    }[right]
    held = folds_of(said, target, shares=(before, after))
    assert choose_correction(held, VECTOR, "prior").chosen == right


def losses_by_hand(held: list[HeldOut]) -> dict[str, np.ndarray]:
    """The loss of every row under each candidate, written out."""
    found: dict[str, list[np.ndarray]] = {name: [] for name in CORRECTIONS}
    for place, fold in enumerate(held):
        others = [other for number, other in enumerate(held) if number != place]
        weights = None if fold.weights is None else np.concatenate([other.weights for other in others])
        platt = fit_platt(
            np.concatenate([other.target for other in others]), np.concatenate([other.probability for other in others]), weights
        )
        odds = fold.probability / (1 - fold.probability) * (fold.before[1] / fold.after[1]) / (fold.before[0] / fold.after[0])
        for name, said in (
            ("unchanged", fold.probability),
            ("prior", odds / (1 + odds)),
            ("calibrate", expit(platt.slope * logit(fold.probability) + platt.intercept)),
        ):
            found[name].append(-np.log(np.where(fold.target == 1, said, 1 - said)))
    return {name: np.concatenate(parts) for name, parts in found.items()}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_the_choice_is_the_smallest_loss_and_after_made_rows_only_by_more_than_one_standard_error(
    seed: int, weighted: bool
) -> None:
    random = np.random.default_rng(seed)
    truth, target = rows_of_known_truth(400, seed)
    weights = random.exponential(size=400) if weighted else None
    held = folds_of(expit(random.normal(1.0, 0.2) * logit(shifted(truth)) + random.normal(0, 0.3)), target, weights=weights)
    shares = [np.array([1 - share, share]) for share in (0.07, 0.08, 0.1)]
    held = [replace(fold, before=share) for fold, share in zip(held, shares, strict=True)]  # every fold has its own
    by_hand = losses_by_hand(held)
    means = {name: np.average(loss, weights=weights) for name, loss in by_hand.items()}
    best = min(means, key=means.__getitem__)
    choice = choose_correction(held, PLATT, "prior")
    assert choice.log_loss == pytest.approx(means, rel=1e-9)
    assert choice.chosen == best
    after_made_rows = choose_correction(held, PLATT, "calibrate")
    assert after_made_rows.log_loss == choice.log_loss
    difference = by_hand["calibrate"] - by_hand[best]
    line = sm.WLS(difference, np.ones(400), weights=1.0 if weights is None else weights).fit(cov_type="HC1")
    is_shown = best != "calibrate" and line.params[0] > line.bse[0]
    assert after_made_rows.chosen == (best if is_shown else "calibrate")


def test_of_equal_losses_the_simplest_wins() -> None:
    truth, target = rows_of_known_truth(60)
    held = folds_of(truth, target, shares=(SHARES[0], SHARES[0]))  # the closed form of shares that did not move is no change
    choice = choose_correction(held, PLATT, "prior")
    assert choice.log_loss["unchanged"] == pytest.approx(choice.log_loss["prior"], rel=1e-12)
    assert choice.log_loss["calibrate"] > choice.log_loss["prior"]
    assert choice.chosen == "unchanged"


def test_the_loss_that_is_recorded_is_the_one_of_scikit_learn_weights_included() -> None:
    truth, target = rows_of_known_truth(900)
    said, weights = shifted(truth), np.random.default_rng(1).integers(0, 4, 900).astype(float)
    choice = choose_correction(folds_of(said, target, weights=weights), PLATT, "prior")
    assert choice.log_loss["unchanged"] == pytest.approx(log_loss(target, said, sample_weight=weights), rel=1e-12)
    assert choice.log_loss["prior"] == pytest.approx(log_loss(target, truth, sample_weight=weights), rel=1e-9)
    assert set(choice.log_loss) == set(CORRECTIONS)


def test_weights_decide_whose_probabilities_count() -> None:
    """Of half the rows the learner tells the truth, of the other half what the treatment made of it."""
    truth, target = rows_of_known_truth(6000)
    first = np.arange(6000) % 2 == 0
    said = np.where(first, truth, shifted(truth))
    for of_whom, right in ((first, "unchanged"), (~first, "prior")):
        held = folds_of(said, target, weights=of_whom.astype(float))
        assert choose_correction(held, PLATT, "prior").chosen == right


def test_the_standard_error_is_that_of_scipy_and_of_statsmodels_for_groups() -> None:
    random = np.random.default_rng(0)
    groups = random.integers(0, 30, 300)
    difference = random.normal(size=300) + random.normal(size=30)[groups]
    ones = np.ones(300)
    assert standard_error(difference, ones, None) == pytest.approx(sem(difference), rel=1e-12)
    clustered = sm.OLS(difference, ones).fit(cov_type="cluster", cov_kwds={"groups": groups})
    assert standard_error(difference, ones, groups) == pytest.approx(clustered.bse[0], rel=1e-12)
    assert standard_error(difference, ones, groups) > 2 * sem(difference)
    assert standard_error(difference, 7 * ones, groups) == pytest.approx(clustered.bse[0], rel=1e-12)


def test_copies_of_rows_in_one_group_are_no_further_evidence() -> None:
    truth, target = rows_of_known_truth(150, seed=0)
    said, rows = expit(1.2 * logit(shifted(truth))), np.repeat(np.arange(150), 40)
    grouped, alone = (
        choose_correction(folds_of(said[rows], target[rows], groups=groups), PLATT, "calibrate") for groups in (rows, None)
    )
    assert grouped.log_loss == alone.log_loss
    assert grouped.chosen == "calibrate"
    assert alone.chosen == "prior", "without the groups forty copies look like forty rows"


def test_a_calibrator_is_judged_on_rows_that_it_was_not_fitted_on() -> None:
    truth, target = rows_of_known_truth(90)
    held, fitted_on = folds_of(shifted(truth), target), []

    def spying(target: np.ndarray, probability: np.ndarray, weights: np.ndarray | None = None):
        fitted_on.append(probability)
        return fit_platt(target, probability, weights)

    choose_correction(held, replace(PLATT, fit=spying), "prior")
    assert [len(rows) for rows in fitted_on] == [60, 60, 60]
    for fold, rows in zip(held, fitted_on, strict=True):
        assert not np.isin(fold.probability, rows).any()


def test_the_calibrator_that_is_kept_is_fitted_on_every_row() -> None:
    truth, target = rows_of_known_truth(300)
    weights = np.linspace(0.5, 2, 300)
    said = shifted(truth)
    assert calibrator_on(folds_of(said, target, weights=weights), PLATT) == fit_platt(target, said, weights)


def test_a_choice_comes_back_from_its_json_and_no_other_value_does() -> None:
    choice = CorrectionChoice("prior", {"unchanged": 0.5, "prior": 0.25, "calibrate": 0.26}, 300)
    assert CorrectionChoice.from_json(choice.to_json()) == choice
    without_folds = CorrectionChoice("prior", {}, 0)
    assert CorrectionChoice.from_json(without_folds.to_json()) == without_folds
    for wrong in (
        {"chosen": "best"},
        {"chosen": ["prior"]},
        {"rows": -1},
        {"rows": True},
        {"rows": 0},
        {"log_loss": {}},
        {"log_loss": {"prior": float("nan")}},
        {"log_loss": {"prior": "small"}},
        {"log_loss": {"other": 0.2}},
        {"log_loss": 3},
    ):
        with pytest.raises((ValueError, TypeError)):
            CorrectionChoice.from_json({**choice.to_json(), **wrong})


def test_a_calibrator_that_shifts_nothing_is_refused_where_the_shares_were_moved() -> None:
    for correction in ("prior", "calibrate"):
        with pytest.raises(ConfigError, match=r"'temperature' shifts no probability, so .* treatment 'smote' moves; use platt"):
            check_calibration("temperature", correction, "smote")
        check_calibration("platt", correction, "smote")
        check_calibration("none", correction, "smote")
    check_calibration("temperature", "none", "none")
