"""What every member of CALIBRATORS and FITTED_CALIBRATORS must do; a new one is taken up by its name."""

import math
from typing import Any

import numpy as np
import pytest
from scipy.special import expit, logit, softmax

from assay.core.errors import BundleError, ConfigError, DataError, UnknownNameError
from assay.measure.calibration import CALIBRATORS, FITTED_CALIBRATORS, FittedCalibrator, PriorCorrection, calibrator_for

PAIRS = [(name, task) for name in CALIBRATORS.names() for task in CALIBRATORS.get(name).tasks]
MENDING = [pair for pair in PAIRS if pair[0] != "none"]
BINARY = [name for name, task in PAIRS if task == "binary"]


def drawn(task: str, n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Targets, and the probabilities that they were drawn from."""
    random = np.random.default_rng(seed)
    if task == "binary":
        true = expit(random.normal(-1, 1.5, n))
        return (random.random(n) < true).astype(np.int64), true
    true = softmax(1.5 * random.normal(size=(n, 4)), axis=1)
    return np.minimum((true.cumsum(axis=1) < random.random((n, 1))).sum(axis=1), 3), true


def bent(true: np.ndarray) -> np.ndarray:
    """Overconfident: log-odds doubled."""
    return expit(2 * logit(true)) if true.ndim == 1 else softmax(2 * np.log(true), axis=1)


def expected_log_loss(true: np.ndarray, said: np.ndarray) -> float:
    """Over all targets that might be drawn, so that no draw blurs it."""
    p, q = (a if a.ndim == 2 else np.stack([1 - a, a], axis=1) for a in (true, said))
    return float(-np.mean(np.sum(p * np.log(np.clip(q, 1e-15, 1)), axis=1)))


def fitted_members() -> list[FittedCalibrator]:
    members = [CALIBRATORS.get(name).fit(*drawn(task, 150)) for name, task in PAIRS]
    return [*members, PriorCorrection(np.array([0.9, 0.1]), np.array([0.5, 0.5]))]


def probabilities_for(member: FittedCalibrator) -> np.ndarray:
    for task in ("binary", "multiclass"):
        said = np.concatenate([drawn(task, 40, seed=1)[1], [0.0, 1.0] if task == "binary" else np.eye(4)])
        try:
            if member.apply(said).shape == said.shape:
                return said
        except (ValueError, IndexError):
            continue
    raise AssertionError(f"{member} takes neither form")


def test_every_kind_that_a_fit_writes_can_be_read_back() -> None:
    assert {member.state()["kind"] for member in fitted_members()} == set(FITTED_CALIBRATORS.names())


@pytest.mark.parametrize("name", CALIBRATORS.names())
def test_a_member_knows_its_own_name_and_says_what_it_does(name: str) -> None:
    member = CALIBRATORS.get(name)
    assert member.name == name
    assert set(member.tasks) <= {"binary", "multiclass"}
    assert 20 < len(member.summary) < 100


@pytest.mark.parametrize("member", fitted_members(), ids=lambda member: member.state()["kind"])
def test_a_fitted_calibrator_comes_back_from_its_state_with_the_same_bits(member: FittedCalibrator) -> None:
    said = probabilities_for(member)
    again = FITTED_CALIBRATORS.get(member.state()["kind"]).from_state(member.state())
    assert type(again) is type(member)
    assert np.array_equal(again.apply(said), member.apply(said))


@pytest.mark.parametrize(("name", "task"), PAIRS)
def test_probabilities_stay_probabilities_of_the_same_shape_at_the_ends_too(name: str, task: str) -> None:
    ends = np.array([0.0, 1.0, 0.5]) if task == "binary" else np.concatenate([np.eye(4), np.full((1, 4), 0.25)])
    fitted = CALIBRATORS.get(name).fit(*drawn(task, 200))
    before = ends.copy()
    with np.errstate(invalid="raise", divide="raise", over="raise"):
        found = fitted.apply(ends)
    assert found.shape == ends.shape
    assert ((found >= 0) & (found <= 1)).all()
    assert np.array_equal(ends, before)
    if task == "multiclass":
        assert found.sum(axis=1) == pytest.approx(np.ones(5))


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("about", ["rising", "falling", "nothing"])
def test_the_order_of_the_rows_is_never_turned_around(name: str, about: str) -> None:
    assert CALIBRATORS.get(name).monotone
    target, true = drawn("binary", 120, seed=2)
    said = {"rising": true, "falling": 1 - true, "nothing": np.random.default_rng(3).random(120)}[about]
    found = CALIBRATORS.get(name).fit(target, said).apply(np.linspace(0, 1, 1001))
    assert (np.diff(found) >= -1e-12).all()


@pytest.mark.parametrize(("name", "task"), PAIRS)
def test_probabilities_that_are_right_stay_about_as_good_as_they_were(name: str, task: str) -> None:
    fresh = drawn(task, 20_000, seed=5)[1]
    fitted = CALIBRATORS.get(name).fit(*drawn(task, 4000, seed=4))
    lost = expected_log_loss(fresh, fitted.apply(fresh)) - expected_log_loss(fresh, fresh)
    assert 0 <= lost < (0.012 if name in ("isotonic", "venn-abers") else 0.0012)


@pytest.mark.parametrize(("name", "task"), MENDING)
def test_probabilities_that_say_too_much_are_mended(name: str, task: str) -> None:
    target, true = drawn(task, 6000, seed=6)
    fresh = drawn(task, 20_000, seed=7)[1]
    fitted = CALIBRATORS.get(name).fit(target, bent(true))
    damage = expected_log_loss(fresh, bent(fresh)) - expected_log_loss(fresh, fresh)
    left = expected_log_loss(fresh, fitted.apply(bent(fresh))) - expected_log_loss(fresh, fresh)
    assert damage > 0.05
    assert left < 0.1 * damage


@pytest.mark.parametrize("name", [name for name in BINARY if name in ("platt", "beta", "isotonic", "venn-abers")])
def test_a_square_and_a_shift_are_mended_too(name: str) -> None:
    target, true = drawn("binary", 6000, seed=6)
    fresh = drawn("binary", 20_000, seed=7)[1]
    for bend in (np.square, lambda p: expit(logit(p) + 1.5)):
        damage = expected_log_loss(fresh, bend(fresh)) - expected_log_loss(fresh, fresh)
        found = CALIBRATORS.get(name).fit(target, bend(true)).apply(bend(fresh))
        assert expected_log_loss(fresh, found) - expected_log_loss(fresh, fresh) < 0.1 * damage
        assert found.mean() == pytest.approx(fresh.mean(), abs=0.012)


@pytest.mark.parametrize(("name", "task"), PAIRS)
def test_weights_count_relative_to_each_other_and_a_row_of_weight_zero_not_at_all(name: str, task: str) -> None:
    target, said = drawn(task, 300, seed=8)
    weights = np.random.default_rng(0).integers(0, 3, 300).astype(float)
    fit, grid = CALIBRATORS.get(name).fit, drawn(task, 50, seed=9)[1]
    found = fit(target, said, weights).apply(grid)
    assert fit(target, said, 7 * weights).apply(grid) == pytest.approx(found, abs=1e-6)
    kept = weights > 0
    assert np.array_equal(fit(target[kept], said[kept], weights[kept]).apply(grid), found)
    assert fit(target, said, np.ones(300)).apply(grid) == pytest.approx(fit(target, said).apply(grid), abs=1e-9)
    if name != "none":
        assert not np.allclose(found, fit(target, said).apply(grid), atol=1e-4)


@pytest.mark.parametrize(("name", "task"), PAIRS)
def test_one_class_separable_rows_and_constants_give_finite_probabilities(name: str, task: str) -> None:
    n, n_classes = 24, 2 if task == "binary" else 4
    sure = np.arange(n) % n_classes
    one_hot = np.eye(n_classes)[sure]
    constant = np.full((n, n_classes), 1 / n_classes)
    for target, said in ((np.zeros(n, int), drawn(task, n)[1]), (sure, one_hot), (sure, constant)):
        rows = said[:, 1] if task == "binary" and said.ndim == 2 else said
        found = CALIBRATORS.get(name).fit(target, rows).apply(rows)
        assert np.isfinite(found).all()
        assert found.shape == rows.shape


@pytest.mark.parametrize(("name", "task"), PAIRS)
def test_bad_rows_are_named_with_their_number_and_the_first_of_them(name: str, task: str) -> None:
    target, said = drawn(task, 30)
    fit = CALIBRATORS.get(name).fit
    for wrong in (np.nan, -0.1, 1.1, np.inf):
        broken = said.copy()
        broken[[4, 9]] = wrong
        with pytest.raises(DataError, match=r"2 of 30 probabilities .* \(first rows: \[4, 9\]\)"):
            fit(target, broken)
    with pytest.raises(DataError, match="1 of 30 targets are not a class code"):
        fit(np.where(np.arange(30) == 7, 9, target), said)
    with pytest.raises(DataError, match="29 targets and 30 rows"):
        fit(target[1:], said)
    with pytest.raises(DataError, match="all 30 weights are zero"):
        fit(target, said, np.zeros(30))
    with pytest.raises(DataError, match="1 of 30 weights are negative"):
        fit(target, said, np.where(np.arange(30) == 3, -1.0, 1.0))
    with pytest.raises(DataError, match="one weight a row"):
        fit(target, said, np.ones(29))
    with pytest.raises(DataError, match="no rows"):
        fit(target[:0], said[:0])


@pytest.mark.parametrize("name", ["platt", "beta", "venn-abers", "vector"])
def test_probabilities_of_the_other_form_are_refused(name: str) -> None:
    task = "binary" if name == "vector" else "multiclass"
    with pytest.raises(DataError):
        CALIBRATORS.get(name).fit(*drawn(task, 30))


DAMAGE = [math.nan, math.inf, "0.5", None, True, 10**400, np.array([[0.1]]), np.array([0.5, math.nan]), np.array(["a"]), {}]


@pytest.mark.parametrize("member", fitted_members(), ids=lambda member: member.state()["kind"])
def test_a_state_with_a_part_missing_or_damaged_is_refused(member: FittedCalibrator) -> None:
    state = member.state()
    read = FITTED_CALIBRATORS.get(state["kind"]).from_state
    for key in [key for key in state if key != "kind"]:
        with pytest.raises(BundleError):
            read({k: v for k, v in state.items() if k != key})
        for damage in DAMAGE:
            with pytest.raises(BundleError):
                read({**state, key: damage})
            if isinstance(state[key], list):
                with pytest.raises(BundleError):
                    read({**state, key: [damage, *state[key][1:]]})


@pytest.mark.parametrize(
    "state",
    [
        {"kind": "prior", "before": [0.5, 0.5], "after": [0.2, 0.3, 0.5]},
        {"kind": "prior", "before": [-0.5, 1.5], "after": [0.5, 0.5]},
        {"kind": "prior", "before": [0.5, 0.5], "after": [0.0, 0.0]},
        {"kind": "platt", "slope": -0.1, "intercept": 0.0},
        {"kind": "beta", "on_positive": -0.1, "on_negative": 1.0, "intercept": 0.0},
        {"kind": "temperature", "inverse_temperature": 0.0},
        {"kind": "vector", "inverse_temperature": -1.0, "bias": [0.0, 0.0]},
        {"kind": "vector", "inverse_temperature": 1.0, "bias": [0.0]},
        {"kind": "isotonic", "at": [0.2, 0.1], "value": [0.1, 0.2], "floor": 0.01},
        {"kind": "isotonic", "at": [0.1, 0.2], "value": [0.2, 0.1], "floor": 0.01},
        {"kind": "isotonic", "at": [0.1, 0.2], "value": [0.2, 1.1], "floor": 0.01},
        {"kind": "isotonic", "at": [0.1, 0.2, 0.3], "value": [0.1, 0.2], "floor": 0.01},
        {"kind": "isotonic", "at": [0.1, 0.2], "value": [0.1, 0.2], "floor": 0.5},
        {"kind": "isotonic", "at": [0.1, 0.2], "value": [0.1, 0.2], "floor": 0.0},
        {"kind": "isotonic-rest", "classes": [{"kind": "isotonic", "at": [0.1], "value": [0.1], "floor": 0.1}]},
        {"kind": "venn-abers", "low_from": [0.5], "low": [0.0, 0.4], "high_to": [0.5], "high": [0.6, 0.9]},
        {"kind": "venn-abers", "low_from": [0.5], "low": [0.0, 1.0], "high_to": [0.5], "high": [0.6, 1.0]},
        {"kind": "venn-abers", "low_from": [0.5], "low": [0.1, 0.4], "high_to": [0.5], "high": [0.6, 1.0]},
        {"kind": "venn-abers", "low_from": [0.5], "low": [0.0, 0.4], "high_to": [0.5], "high": [0.0, 1.0]},
        {"kind": "venn-abers", "low_from": [0.5], "low": [0.0], "high_to": [0.5], "high": [0.6, 1.0]},
        {"kind": "venn-abers", "low_from": [0.2], "low": [0.0, 0.8], "high_to": [0.5], "high": [0.6, 1.0]},
    ],
)
def test_numbers_that_no_fit_could_have_written_are_refused(state: dict[str, Any]) -> None:
    with pytest.raises(BundleError):
        FITTED_CALIBRATORS.get(state["kind"]).from_state(state)


def test_a_calibrator_is_asked_for_by_name_and_task() -> None:
    assert calibrator_for("beta", "binary") is CALIBRATORS.get("beta")
    with pytest.raises(ConfigError, match="'platt' does not serve multiclass; use one of none, isotonic, temperature, vector"):
        calibrator_for("platt", "multiclass")
    with pytest.raises(ConfigError, match="'vector' does not serve binary; use one of none, platt, beta, isotonic"):
        calibrator_for("vector", "binary")
    for name in CALIBRATORS.names():
        with pytest.raises(ConfigError, match="regression has none; leave calibration out"):
            calibrator_for(name, "regression")
    with pytest.raises(UnknownNameError, match="did you mean 'isotonic'"):
        calibrator_for("isotonik", "binary")
