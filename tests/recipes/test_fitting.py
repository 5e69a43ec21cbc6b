"""The walk of the training rows: who sees what, and whether the probabilities are honest at the end."""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
import pytest
from scipy.special import expit

import assay
from assay.balance.registry import TREATMENTS
from assay.balance.treatment import Balanced
from assay.core.errors import ConfigError
from assay.data.dataset import Dataset
from assay.data.rows import Rows
from assay.measure.calibration import Platt, PriorCorrection, VectorScaling
from assay.recipes.fitted import Fitted
from assay.recipes.fitting import fit
from assay.recipes.learner import Budget, Context, FittedLearner
from assay.recipes.registry import RECIPES


def scored(n: int, *, seed: int, shift: float = -2.5) -> tuple[Dataset, np.ndarray]:
    """A table whose true probabilities are known: logit p = shift + a - b."""
    random = np.random.default_rng(seed)
    a, b = random.normal(size=(2, n))
    p = expit(shift + a - b)
    y = np.where(random.random(n) < p, "yes", "no")
    return assay.read(pl.DataFrame({"a": a, "b": b, "y": y}), target="y"), p


def fitted(recipe: str, treatment: str, data: Dataset, *, groups: np.ndarray | None = None, seed: int = 0) -> Fitted:
    return fit(
        RECIPES.get(recipe), TREATMENTS.get(treatment)(), data, groups=groups, seed=seed, budget=Budget(), context=Context()
    )


@dataclass(frozen=True)
class Spy:
    """A learner that remembers the rows it was given."""

    seen: list[tuple[Rows, Rows | None]]
    takes_weights: bool = True
    wants_validation: bool = True

    def fit(self, rows, task, *, validation, seed, budget, context) -> FittedLearner:
        self.seen.append((rows, validation))
        return RECIPES.get("baseline").learner.fit(rows, task, validation=None, seed=seed, budget=budget, context=context)


def spied(data: Dataset, treatment: str, groups: np.ndarray | None = None) -> list[tuple[Rows, Rows | None]]:
    spy = Spy([])
    recipe = replace(RECIPES.get("logistic"), learner=spy)
    fit(recipe, TREATMENTS.get(treatment)(), data, groups=groups, seed=0, budget=Budget(), context=Context())
    return spy.seen


@pytest.mark.parametrize("treatment", ["class-weight", "random-oversample", "random-undersample", "smote"])
def test_probabilities_are_brought_back_to_the_truth_after_a_treatment(treatment: str) -> None:
    train, _ = scored(12_000, seed=0)
    fresh, truth = scored(20_000, seed=1)
    probability = fitted("logistic", treatment, train).predict(fresh.frame)["probability"]
    assert probability.mean() == pytest.approx(truth.mean(), abs=0.006)
    for low, high in ((0.0, 0.05), (0.05, 0.2), (0.2, 0.5), (0.5, 1.0)):
        band = (truth >= low) & (truth < high)
        assert probability[band].mean() == pytest.approx(truth[band].mean(), abs=0.03)


@pytest.mark.parametrize("treatment", ["class-weight", "random-oversample", "random-undersample"])
@pytest.mark.parametrize("recipe", ["tree", "forest", "boosting", "knn"])
def test_learners_that_memorise_are_honest_after_a_treatment_too(recipe: str, treatment: str) -> None:
    train, _ = scored(4000, seed=0)
    fresh, truth = scored(10_000, seed=1)
    model = fitted(recipe, treatment, train)
    assert [type(calibrator) for calibrator in model.calibrators] == [Platt]
    assert model.predict(fresh.frame)["probability"].mean() == pytest.approx(truth.mean(), abs=0.012)


def test_without_the_correction_they_would_be_far_off() -> None:
    train, _ = scored(12_000, seed=0)
    fresh, truth = scored(5_000, seed=1)
    bare = replace(fitted("logistic", "class-weight", train), calibrators=())
    assert bare.predict(fresh.frame)["probability"].mean() > truth.mean() + 0.2


@pytest.mark.parametrize(
    ("treatment", "kind"),
    [("none", None), ("class-weight", PriorCorrection), ("random-undersample", PriorCorrection), ("smote", Platt)],
)
def test_each_treatment_is_followed_by_its_correction(treatment: str, kind: type | None) -> None:
    calibrators = fitted("logistic", treatment, scored(600, seed=0)[0]).calibrators
    assert [type(calibrator) for calibrator in calibrators] == ([] if kind is None else [kind])


def test_smote_of_three_classes_is_calibrated_for_each() -> None:
    random = np.random.default_rng(0)
    y = random.choice(["a", "b", "c"], p=[0.7, 0.2, 0.1], size=600)
    table = pl.DataFrame({"x": random.normal(size=600) + (y == "b"), "z": random.normal(size=600) - (y == "c"), "y": y})
    model = fitted("logistic", "smote", assay.read(table, target="y"))
    assert [type(calibrator) for calibrator in model.calibrators] == [VectorScaling]
    shares = model.predict(table)["probability"].mean(axis=0)
    assert shares == pytest.approx([(y == name).mean() for name in "abc"], abs=0.02)


@pytest.mark.parametrize("treatment", ["none", "random-oversample", "smote"])
def test_rows_for_early_stopping_are_real_and_in_no_fit(treatment: str) -> None:
    data, _ = scored(500, seed=3)
    data = replace(data, frame=data.frame.with_columns(pl.Series("a", np.arange(500.0))))
    for rows, validation in spied(data, treatment):
        assert validation is not None
        assert 40 <= len(validation) <= 110
        scale = np.unique(np.round(rows.features[:, 0], 9))
        held = np.round(validation.features[:, 0], 9)
        if treatment != "smote":  # an interpolated row may land on any value
            assert not np.isin(held, scale).any()
        assert len(np.unique(held)) == len(held), "nothing in it is repeated or made up"


def test_early_stopping_judges_under_the_prior_that_is_trained_on() -> None:
    [(rows, validation)] = spied(scored(2000, seed=4)[0], "class-weight")
    assert rows.prior == pytest.approx([0.5, 0.5], abs=1e-9)
    assert validation.prior == pytest.approx([0.5, 0.5], abs=0.03)
    assert (validation.target == 1).mean() < 0.2


def test_groups_are_never_torn_by_stopping_or_calibration() -> None:
    data, _ = scored(400, seed=5)
    groups = np.arange(400) // 8
    data = replace(data, frame=data.frame.with_columns(pl.Series("a", groups.astype(float) * 7.3)))
    for rows, validation in spied(data, "none", groups):
        assert not np.isin(np.round(validation.features[:, 0], 9), np.round(rows.features[:, 0], 9)).any()


def test_early_stopping_is_judged_on_rows_of_all_times() -> None:
    data, _ = scored(400, seed=9)
    moments = np.arange(400.0)
    frame = data.frame.with_columns(pl.Series("a", moments))
    data = assay.read(frame.with_columns(pl.Series("when", moments)), target="y", time="when")
    [(rows, validation)] = spied(data, "none")
    held = validation.features[:, 0]
    assert held.min() < np.quantile(rows.features[:, 0], 0.1)
    assert held.max() > np.quantile(rows.features[:, 0], 0.9)


def test_where_no_rows_can_be_set_apart_the_learner_goes_without() -> None:
    data, _ = scored(60, seed=6)
    one_group = np.zeros(60, dtype=np.int64)
    [(rows, validation)] = spied(data, "none", one_group)
    assert validation is None
    assert len(rows) == 60


def test_a_treatment_that_would_do_nothing_is_refused() -> None:
    data, _ = scored(100, seed=7)
    deaf = replace(RECIPES.get("logistic"), learner=Spy([], takes_weights=False))
    with pytest.raises(ConfigError, match="takes no row weights"):
        fit(deaf, TREATMENTS.get("class-weight")(), data, groups=None, seed=0, budget=Budget(), context=Context())


def test_a_calibrator_is_fitted_on_real_rows_each_predicted_by_a_model_that_did_not_see_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data, _ = scored(300, seed=8)
    given: list[np.ndarray] = []
    from assay.recipes import fitting

    original = fitting.fit_platt

    def spy(target: np.ndarray, probability: np.ndarray, weights: np.ndarray | None) -> Platt:
        given.append(target)
        return original(target, probability, weights)

    monkeypatch.setattr(fitting, "fit_platt", spy)
    treated: list[int] = []
    smote = TREATMENTS.get("smote")()

    class Counting:
        name, stage, correction = smote.name, smote.stage, smote.correction

        def apply(self, train: Rows, seed: int) -> Balanced:
            treated.append(len(train))
            return smote.apply(train, seed)

    fit(RECIPES.get("logistic"), Counting(), data, groups=None, seed=0, budget=Budget(), context=Context())
    assert [len(target) for target in given] == [300], "every training row once, and no synthetic one"
    assert sorted(treated) == [200, 200, 200, 300], "three inner fits on two thirds, then one on all"
