"""The walk of the training rows: who sees what, and whether the probabilities are honest at the end."""

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
import pytest
from scipy.special import expit

import assay
from assay.archive import weights as bundle_weights
from assay.archive.state import decode, encode
from assay.balance.registry import TREATMENTS
from assay.balance.treatment import Balanced
from assay.bundle.model import Model
from assay.core.errors import BundleError, ConfigError, DataError, UnknownNameError
from assay.data.dataset import Dataset
from assay.data.rows import Rows
from assay.measure.calibration import (
    CALIBRATORS,
    FITTED_CALIBRATORS,
    Isotonic,
    IsotonicRest,
    Platt,
    PriorCorrection,
    Temperature,
    Unchanged,
    VectorScaling,
    VennAbers,
)
from assay.measure.calibration.calibrator import Calibrator
from assay.measure.calibration.registry import calibrator_for
from assay.measure.cox import cox_line
from assay.measure.parts import take
from assay.measure.payload import Predictions
from assay.recipes import fitting
from assay.recipes.correction import CorrectionChoice, choose_correction
from assay.recipes.fitted import Fitted
from assay.recipes.fitting import fit
from assay.recipes.learner import Budget, Context, FittedLearner
from assay.recipes.recipe import Recipe
from assay.recipes.registry import RECIPES


def scored(n: int, *, seed: int, shift: float = -2.5) -> tuple[Dataset, np.ndarray]:
    """A table whose true probabilities are known: logit p = shift + a - b."""
    random = np.random.default_rng(seed)
    a, b = random.normal(size=(2, n))
    p = expit(shift + a - b)
    y = np.where(random.random(n) < p, "yes", "no")
    return assay.read(pl.DataFrame({"a": a, "b": b, "y": y}), target="y"), p


def fitted(
    recipe: str | Recipe, treatment: str, data: Dataset, *, groups: np.ndarray | None = None, calibration: str | None = None
) -> Fitted:
    chosen = RECIPES.get(recipe) if isinstance(recipe, str) else recipe
    treated = TREATMENTS.get(treatment)()
    return fit(chosen, treated, data, groups=groups, seed=0, budget=Budget(), context=Context(), calibration=calibration)


def three_classes(n: int = 600) -> tuple[Dataset, pl.DataFrame]:
    random = np.random.default_rng(0)
    y = random.choice(["a", "b", "c"], p=[0.7, 0.2, 0.1], size=n)
    table = pl.DataFrame({"x": random.normal(size=n) + (y == "b"), "z": random.normal(size=n) - (y == "c"), "y": y})
    return assay.read(table, target="y"), table


@dataclass(frozen=True)
class Spy:
    """A learner that remembers the rows it was given."""

    seen: list[tuple[Rows, Rows | None]]
    takes_weights: bool = True
    wants: bool = True

    def wants_validation(self, task) -> bool:
        return self.wants

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
@pytest.mark.parametrize("recipe", ["tree", "boosting"])
def test_learners_that_fit_their_rows_closely_are_honest_after_a_treatment_too(recipe: str, treatment: str) -> None:
    train, _ = scored(4000, seed=0)
    fresh, truth = scored(10_000, seed=1)
    model = fitted(recipe, treatment, train)
    assert model.predict(fresh.frame)["probability"].mean() == pytest.approx(truth.mean(), abs=0.012)


def test_a_forest_that_hardly_moved_with_its_class_weights_is_calibrated_and_not_shifted_back_by_them() -> None:
    train, _ = scored(1500, seed=0)
    fresh, _ = scored(10_000, seed=1)
    model = fitted("forest", "class-weight", train)
    assert model.correction.chosen == "calibrate"
    assert [type(calibrator) for calibrator in model.calibrators] == [Platt]
    assert model.correction.log_loss["calibrate"] < 0.95 * model.correction.log_loss["prior"]
    share, found = train.target.mean(), model.predict(fresh.frame)
    assert found["probability"].mean() == pytest.approx(share, abs=0.012)
    assert PriorCorrection([1 - share, share], [0.5, 0.5]).apply(found["uncorrected"]).mean() < share - 0.03


@pytest.mark.parametrize("treatment", ["class-weight", "random-oversample", "random-undersample"])
def test_a_logistic_model_of_many_rows_gets_the_closed_form_and_then_says_what_it_says_untreated(treatment: str) -> None:
    train, _ = scored(12_000, seed=0)
    fresh, truth = scored(5000, seed=1)
    model = fitted("logistic", treatment, train)
    assert model.correction.chosen == "prior"
    assert model.correction.rows == 12_000
    probability, untreated = (one.predict(fresh.frame)["probability"] for one in (model, fitted("logistic", "none", train)))
    assert np.abs(probability - untreated).mean() < 0.006
    assert np.abs(probability - truth).mean() < 0.012


def test_boosting_on_rows_that_were_made_is_calibrated() -> None:
    model = fitted("boosting", "smote", scored(3000, seed=0)[0])
    assert model.correction.chosen == "calibrate"
    assert model.correction.log_loss["calibrate"] < model.correction.log_loss["unchanged"]


def test_a_treatment_that_moves_nothing_is_followed_by_no_correction_and_it_is_recorded() -> None:
    data, _ = scored(2000, seed=0, shift=0.0)
    half = np.sort(np.concatenate([np.flatnonzero(data.target == code)[:900] for code in (0, 1)]))
    model = fitted("logistic", "class-weight", data.take(half))
    assert model.correction.chosen == "unchanged"
    found = model.predict(data.frame)
    assert np.array_equal(found["probability"], found["uncorrected"])


def test_where_no_inner_folds_can_be_made_the_closed_form_stands_alone_and_says_so() -> None:
    data, _ = scored(300, seed=0)
    one_group = np.zeros(300, dtype=np.int64)
    model = fitted("logistic", "class-weight", data, groups=one_group)
    assert model.correction == CorrectionChoice("prior", {}, 0)
    assert [type(calibrator) for calibrator in model.calibrators] == [PriorCorrection]
    with pytest.raises(DataError, match="300 training rows cannot be split into two folds for calibration"):
        fitted("logistic", "smote", data, groups=one_group)


def test_equal_seeds_choose_alike_to_the_last_bit() -> None:
    data, _ = scored(500, seed=0)
    for treatment in ("random-undersample", "smote"):
        first, second = (fitted("logistic", treatment, data) for _ in range(2))
        assert first.correction == second.correction
        assert np.array_equal(first.predict(data.frame)["probability"], second.predict(data.frame)["probability"])


def test_weights_and_groups_reach_the_choice_beside_their_own_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    data, _ = scored(300, seed=8)
    groups = np.arange(300) // 3
    weights = 1 + (groups % 5) + 7.0 * data.target
    weighted = assay.read(data.frame.with_columns(pl.Series("w", weights)), target="y", weight="w")
    given = []

    def spying(held, calibrator, correction):
        given.extend(held)
        return choose_correction(held, calibrator, correction)

    monkeypatch.setattr(fitting, "choose_correction", spying)
    fitted("logistic", "class-weight", weighted, groups=groups)
    assert sum(len(fold.target) for fold in given) == 300
    for fold in given:
        assert np.array_equal(fold.weights, 1 + (fold.groups % 5) + 7.0 * fold.target)
        assert fold.after == pytest.approx([fold.after[0], 1 - fold.after[0]])
        assert 0.05 < fold.before[1] < fold.after[1]


def test_without_the_correction_they_would_be_far_off() -> None:
    train, _ = scored(12_000, seed=0)
    fresh, truth = scored(5_000, seed=1)
    bare = replace(fitted("logistic", "class-weight", train), calibrators=())
    assert bare.predict(fresh.frame)["probability"].mean() > truth.mean() + 0.2


@pytest.mark.parametrize("treatment", ["none", "class-weight", "random-undersample", "smote"])
def test_a_treatment_is_followed_by_the_correction_that_is_on_record(treatment: str) -> None:
    model = fitted("logistic", treatment, scored(600, seed=0)[0])
    if treatment == "none":
        assert model.calibrators == ()
        assert model.correction is None
        return
    [calibrator] = model.calibrators
    assert type(calibrator) is {"unchanged": Unchanged, "prior": PriorCorrection, "calibrate": Platt}[model.correction.chosen]
    assert type(calibrator) is not Unchanged


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_what_the_learner_said_itself_is_kept_exactly_where_something_was_done_to_it(task: str) -> None:
    data = scored(300, seed=0)[0] if task == "binary" else three_classes(300)[0]
    for treatment, calibration in (
        ("none", None),
        ("none", "isotonic"),
        ("smote", "none"),
        ("smote", None),
        ("class-weight", None),
    ):
        model = fitted("logistic", treatment, data, calibration=calibration)
        found = model.predict(data.frame)
        assert ("uncorrected" in found.arrays) == bool(model.calibrators)
        if not model.calibrators:
            continue
        bare = replace(model, calibrators=()).predict(data.frame)
        assert np.array_equal(found["uncorrected"], bare["probability"])
        again = Predictions.from_bytes(found.to_bytes())
        assert np.array_equal(again["uncorrected"], bare["probability"])
        assert np.array_equal(take(found, np.array([5, 2]))["uncorrected"], bare["probability"][[5, 2]])
        shown = Model(model, None, {}).predict_features(data.frame)
        assert not [name for name in shown.columns if "uncorrected" in name]
        assert shown.equals(Model(again_from(model), None, {}).predict_features(data.frame))


def again_from(model: Fitted) -> Fitted:
    """The model through the form that a bundle keeps."""
    value, arrays = encode(model.state())
    return Fitted.from_state(decode(value, bundle_weights.unpack(bundle_weights.pack(arrays), "w"), "w"))


@pytest.mark.parametrize("treatment", ["none", "class-weight", "smote"])
def test_the_choice_comes_back_from_a_bundles_form(treatment: str) -> None:
    model = fitted("logistic", treatment, scored(300, seed=0)[0])
    assert again_from(model).correction == model.correction
    assert (model.correction is None) == (treatment == "none")


def test_a_model_that_was_saved_before_choices_were_kept_still_opens_and_a_damaged_choice_does_not() -> None:
    data, _ = scored(300, seed=0)
    model = fitted("logistic", "class-weight", data)
    state = model.state()
    assert "correction" not in fitted("logistic", "none", data).state()
    old = Fitted.from_state({name: part for name, part in state.items() if name != "correction"})
    assert old.correction is None
    assert np.array_equal(old.predict(data.frame)["probability"], model.predict(data.frame)["probability"])
    for wrong in (None, 3, "prior", [], {"chosen": "prior"}, {**state["correction"], "rows": -1}):
        with pytest.raises(BundleError):
            Fitted.from_state({**state, "correction": wrong})


def test_smote_of_three_classes_is_calibrated_for_each() -> None:
    data, table = three_classes(1500)
    model = fitted("tree", "smote", data)
    assert model.correction.chosen == "calibrate"
    assert [type(calibrator) for calibrator in model.calibrators] == [VectorScaling]
    shares = model.predict(table)["probability"].mean(axis=0)
    assert shares == pytest.approx([(table["y"] == name).mean() for name in "abc"], abs=0.02)


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
    for rows, validation in spied(scored(2000, seed=4)[0], "class-weight"):
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


@dataclass(frozen=True)
class Remembering:
    """A calibrator's fit that keeps what it was given."""

    given: list[tuple[np.ndarray, np.ndarray, np.ndarray | None]]

    def __call__(self, target: np.ndarray, probability: np.ndarray, weights: np.ndarray | None = None) -> Platt:
        self.given.append((target, probability, weights))
        return CALIBRATORS.get("platt").fit(target, probability, weights)


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> list[tuple[np.ndarray, np.ndarray, np.ndarray | None]]:
    """The rows that calibrators were fitted on."""
    seen: list[tuple[np.ndarray, np.ndarray, np.ndarray | None]] = []

    def spying(name: str, task: str) -> Calibrator:
        return replace(calibrator_for(name, task), fit=Remembering(seen))

    monkeypatch.setattr(fitting, "calibrator_for", spying)
    return seen


@pytest.mark.parametrize("calibration", [None, "isotonic"])
def test_a_calibrator_is_fitted_on_real_rows_each_predicted_by_a_model_that_did_not_see_it(
    calibration: str | None, given: list
) -> None:
    data, _ = scored(300, seed=1)
    treated: list[int] = []
    smote = TREATMENTS.get("smote")()

    class Counting:
        name, stage, correction = smote.name, smote.stage, smote.correction

        def apply(self, train: Rows, seed: int) -> Balanced:
            treated.append(len(train))
            return smote.apply(train, seed)

    recipe = RECIPES.get("logistic")
    fit(recipe, Counting(), data, groups=None, seed=0, budget=Budget(), context=Context(), calibration=calibration)
    judged = [200, 200, 200] if calibration is None else []
    assert [len(target) for target, _, _ in given] == [*judged, 300], "real rows only; to be judged, on the other folds'"
    assert given[-1][0].sum() == data.target.sum()
    assert sorted(treated) == [200, 200, 200, 300], "three inner fits on two thirds, then one on all"


BY_TASK = [
    ("binary", "platt", Platt),
    ("binary", "isotonic", Isotonic),
    ("binary", "temperature", Temperature),
    ("binary", "venn-abers", VennAbers),
    ("multiclass", "vector", VectorScaling),
    ("multiclass", "isotonic", IsotonicRest),
    ("multiclass", "temperature", Temperature),
]


@pytest.mark.parametrize("treatment", ["none", "class-weight", "smote"])
@pytest.mark.parametrize(("task", "name", "kind"), BY_TASK)
def test_a_calibration_that_is_asked_for_is_the_only_one_whatever_the_treatment(
    task: str, name: str, kind: type, treatment: str
) -> None:
    data = scored(300, seed=0)[0] if task == "binary" else three_classes(300)[0]
    if name == "temperature" and treatment != "none":
        with pytest.raises(ConfigError, match=f"'temperature' shifts no probability, .* treatment '{treatment}' moves"):
            fitted("logistic", treatment, data, calibration=name)
        return
    model = fitted("logistic", treatment, data, calibration=name)
    assert model.correction is None, "there was nothing to choose"
    assert [type(calibrator) for calibrator in model.calibrators] == [kind]
    raw = replace(model, calibrators=()).predict(data.frame)
    found = model.predict(data.frame)
    assert np.array_equal(found["score"], raw["score"])
    assert not np.allclose(found["probability"], raw["probability"], rtol=0, atol=1e-5)


@pytest.mark.parametrize("treatment", ["none", "class-weight", "smote"])
def test_no_calibration_leaves_what_the_learner_says_even_after_a_treatment(treatment: str) -> None:
    data, _ = scored(600, seed=0)
    model = fitted("logistic", treatment, data, calibration="none")
    assert model.calibrators == ()
    usual = fitted("logistic", treatment, data)
    assert np.array_equal(
        model.predict(data.frame)["probability"], replace(usual, calibrators=()).predict(data.frame)["probability"]
    )


@pytest.mark.parametrize("name", ["platt", "beta", "isotonic", "venn-abers"])
@pytest.mark.parametrize("treatment", ["none", "random-undersample", "class-weight", "smote"])
def test_a_calibration_that_is_asked_for_brings_probabilities_back_to_the_truth(treatment: str, name: str) -> None:
    train, _ = scored(6000, seed=0)
    fresh, truth = scored(20_000, seed=1)
    probability = fitted("logistic", treatment, train, calibration=name).predict(fresh.frame)["probability"]
    assert probability.mean() == pytest.approx(truth.mean(), abs=0.012)
    line = cox_line((np.random.default_rng(0).random(20_000) < truth).astype(int), probability)
    assert line.slope.value == pytest.approx(1, abs=0.12)


def test_an_overconfident_learner_is_mended_without_any_treatment() -> None:
    random = np.random.default_rng(0)
    target = (random.random(4000) < 0.3).astype(int)
    cause = target + random.normal(size=4000)
    copies = {f"x{i}": cause + 0.1 * random.normal(size=4000) for i in range(6)}  # naive Bayes counts each as new evidence
    data = assay.read(pl.DataFrame({**copies, "y": np.where(target == 1, "yes", "no")}), target="y")
    train, test = data.take(np.arange(2000)), data.take(np.arange(2000, 4000))

    def slope(calibration: str | None) -> float:
        model = fitted("naive-bayes", "none", train, calibration=calibration)
        return cox_line(test.target, model.predict(test.frame)["probability"]).slope.value

    assert slope(None) < 0.4
    assert slope("platt") == pytest.approx(1, abs=0.2)


def test_weights_reach_the_calibrator_beside_their_own_rows(given: list) -> None:
    data, _ = scored(300, seed=8)
    weights = np.where(data.target == 1, 3.0, 1.0)
    frame = data.frame.with_columns(pl.Series("w", weights))
    weighted = assay.read(frame, target="y", weight="w")
    fitted("logistic", "none", weighted, calibration="platt")
    [(target, _, seen)] = given
    assert len(target) == 300
    assert np.array_equal(seen, np.where(target == 1, 3.0, 1.0))


def test_calibration_never_tears_a_group_nor_looks_ahead(given: list) -> None:
    """Each held-out row is predicted by a model fitted on none of its group, and on no later moment."""
    data, _ = scored(400, seed=5)
    groups = np.arange(400) // 8
    grouped = replace(data, frame=data.frame.with_columns(pl.Series("a", groups.astype(float) * 7.3)))
    spy = Spy([], wants=False)
    fitted(replace(RECIPES.get("logistic"), learner=spy), "none", grouped, groups=groups, calibration="platt")
    sizes = [len(rows) for rows, _ in spy.seen]
    assert sizes[-1] == 400
    for rows, _ in spy.seen[:-1]:
        seen = np.unique(np.round(rows.features[:, 0], 9), return_counts=True)[1]
        assert (seen == 8).all(), "a group is there whole or not at all"

    moments = np.arange(400.0)
    frame = data.frame.with_columns(pl.Series("a", moments), pl.Series("when", moments))
    timed = assay.read(frame, target="y", time="when")
    spy = Spy([], wants=False)
    fitted(replace(RECIPES.get("logistic"), learner=spy), "none", timed, calibration="platt")
    lengths = [len(rows) for rows, _ in spy.seen]
    assert lengths == sorted(lengths)
    assert lengths[0] < 200
    assert len(given[-1][0]) == 400 - lengths[0], "the first block is predicted by nobody"
    assert np.array_equal(given[-1][0], timed.target[lengths[0] :])


def test_a_calibration_of_another_task_is_refused_in_one_sentence_before_anything_is_fitted() -> None:
    spy = Spy([])
    recipe = replace(RECIPES.get("logistic"), learner=spy)
    with pytest.raises(ConfigError, match="calibration 'vector' does not serve binary; use one of none, platt, beta"):
        fitted(recipe, "none", scored(100, seed=0)[0], calibration="vector")
    with pytest.raises(ConfigError, match="calibration 'beta' does not serve multiclass; use one of none, isotonic"):
        fitted(recipe, "none", three_classes(100)[0], calibration="beta")
    numbers = assay.read(pl.DataFrame({"x": np.arange(50.0), "y": np.arange(50.0) + 0.5}), target="y")
    for name in ("platt", "none"):
        with pytest.raises(ConfigError, match=f"calibration '{name}' mends probabilities, and regression has none"):
            fitted("tree", "none", numbers, calibration=name)
    with pytest.raises(UnknownNameError, match="no calibration 'plat'; did you mean 'platt'"):
        fitted(recipe, "none", scored(100, seed=0)[0], calibration="plat")
    assert spy.seen == []


@dataclass(frozen=True)
class Small:
    """A learner that fails on fewer rows than it was told to expect."""

    least: int
    error: type[Exception]
    takes_weights: bool = True

    def wants_validation(self, task) -> bool:
        return False

    def fit(self, rows, task, *, validation, seed, budget, context) -> FittedLearner:
        if len(rows) < self.least:
            raise self.error("too few rows of class 'yes'.")
        return RECIPES.get("baseline").learner.fit(rows, task, validation=None, seed=seed, budget=budget, context=context)


def test_a_failure_in_an_inner_fold_says_that_it_happened_in_calibration() -> None:
    data, _ = scored(300, seed=0)
    for error in (DataError, ConfigError):
        recipe = replace(RECIPES.get("logistic"), learner=Small(250, error))
        assert fitted(recipe, "none", data).calibrators == ()
        with pytest.raises(error, match=r"^in calibration, inner fold 1 of 3: too few rows of class 'yes'\.$"):
            fitted(recipe, "none", data, calibration="platt")
    defect = replace(RECIPES.get("logistic"), learner=Small(250, ZeroDivisionError))
    with pytest.raises(ZeroDivisionError, match="too few rows") as caught:
        fitted(defect, "none", data, calibration="platt")
    assert caught.value.__notes__ == ["in calibration, inner fold 1 of 3"]


@pytest.mark.parametrize(("task", "name"), [(task, name) for name in CALIBRATORS.names() for task in CALIBRATORS.get(name).tasks])
def test_a_calibrated_model_comes_back_from_a_bundles_form_with_the_same_bits(task: str, name: str) -> None:
    data = scored(200, seed=0)[0] if task == "binary" else three_classes(200)[0]
    model = fitted("logistic", "none", data, calibration=name)
    value, arrays = encode(model.state())
    again = Fitted.from_state(decode(value, bundle_weights.unpack(bundle_weights.pack(arrays), "w"), "w"))
    assert np.array_equal(again.predict(data.frame)["probability"], model.predict(data.frame)["probability"])


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_a_saved_model_with_a_calibrator_of_another_form_is_refused(task: str) -> None:
    numbers = assay.read(pl.DataFrame({"x": np.arange(50.0), "y": np.arange(50.0) + 0.5}), target="y")
    data = {"binary": scored(100, seed=0)[0], "multiclass": three_classes(200)[0], "regression": numbers}[task]
    state = fitted("tree", "none", data).state()
    rest = {"kind": "isotonic", "at": [0.2], "value": [0.5], "floor": 0.01}
    foreign = {
        "vector": {"kind": "vector", "inverse_temperature": 1.0, "bias": [0.0] * (2 if task == "multiclass" else 3)},
        "isotonic-rest": {"kind": "isotonic-rest", "classes": [rest] * 4},
        "prior": {"kind": "prior", "before": [0.2] * 4, "after": [0.2] * 4},
    }
    if task != "binary":
        foreign["platt"] = {"kind": "platt", "slope": 0.5, "intercept": -0.5}
        foreign["isotonic"] = rest
        foreign["beta"] = {"kind": "beta", "on_positive": 1.0, "on_negative": 0.5, "intercept": 0.0}
        foreign["venn-abers"] = {"kind": "venn-abers", "low_from": [], "low": [0.0], "high_to": [0.3], "high": [0.4, 1.0]}
    assert set(foreign) < set(FITTED_CALIBRATORS.names())
    for part in foreign.values():
        with pytest.raises(BundleError):
            Fitted.from_state({**state, "calibrators": [part]})
