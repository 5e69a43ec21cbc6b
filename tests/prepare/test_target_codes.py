"""Mean targets of levels against scikit-learn's, the moments of a simulation, and noise that must stay noise."""

import tracemalloc

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import TargetEncoder

from assay.core.errors import ConfigError
from assay.data.schema import Column, Schema
from assay.prepare.answers import answers_of, cross_folds
from assay.prepare.columns import ColumnsStep
from assay.prepare.target_codes import TargetCode, best_strength

RNG = np.random.default_rng(0)
LEVELS = RNG.choice(list("abcdefg"), 400)
SERIES = pl.Series("c", LEVELS)
TARGETS = {
    "binary": (RNG.random(400) < 0.2 + 0.08 * (LEVELS < "d")).astype(np.int64),
    "multiclass": RNG.integers(0, 4, 400),
    "regression": RNG.normal(50, 3, 400) + (LEVELS == "b"),
}
SCHEMA = Schema((Column("c", "category"),))


@pytest.mark.parametrize("task", TARGETS)
@pytest.mark.parametrize("smoothing", [0.0, 1.0, 30.0])
def test_a_given_smoothing_equals_scikit_learn(task: str, smoothing: float) -> None:
    target = TARGETS[task]
    kind = {"regression": "continuous"}.get(task, task)
    oracle = TargetEncoder(smooth=smoothing, target_type=kind).fit(LEVELS[:, None], target)
    expected = oracle.transform(np.array([*LEVELS, "never"], dtype=object)[:, None])
    found = TargetCode.fit(SERIES, answers_of(target), smoothing=smoothing, scaled=False).transform(pl.Series([*LEVELS, "never"]))
    np.testing.assert_allclose(found, expected[:, :3], atol=1e-10)


def test_a_small_table_equals_the_formula_worked_out_by_hand() -> None:
    series, target = pl.Series(["u", "u", "v", None]), np.array([1, 1, 0, 0])
    found = TargetCode.fit(series, answers_of(target), smoothing=2.0, scaled=False)
    # mean 1/2; u: (2 + 2/2) / 4, v: (0 + 1) / 3, missing: (0 + 1) / 3, never seen: the mean
    np.testing.assert_allclose(found.transform(pl.Series(["u", "v", None, "w"]))[:, 0], [3 / 4, 1 / 3, 1 / 3, 1 / 2])


def test_the_strength_is_that_of_the_levels_it_was_drawn_from() -> None:
    rng = np.random.default_rng(3)
    found = []
    for _ in range(30):
        rows = rng.integers(5, 40, 300)
        level = np.repeat(np.arange(300), rows)
        values = rng.normal(0, 0.5, 300)[level] + rng.normal(0, 2, len(level))
        sums = np.bincount(level, values)
        found.append(best_strength(rows.astype(float), sums, float((values**2).sum())))
    assert np.median(found) == pytest.approx(2**2 / 0.5**2, rel=0.12)


def test_levels_that_do_not_differ_are_drawn_in_to_the_mean() -> None:
    noise = np.random.default_rng(1).integers(0, 500, 1000).astype(str)
    target = np.random.default_rng(2).integers(0, 2, 1000)
    found = TargetCode.fit(pl.Series(noise), answers_of(target), smoothing=None, scaled=False)
    naive = TargetCode.fit(pl.Series(noise), answers_of(target), smoothing=0.0, scaled=False)
    assert found.means.std() < 0.2 * naive.means.std()


def test_more_classes_than_columns_could_be_made_of_are_refused() -> None:
    with pytest.raises(ConfigError, match="500"):
        ColumnsStep(mode="dense", categories="target").fit(pl.DataFrame({"c": ["a"] * 500}), SCHEMA, np.arange(500), 0)


def noise_table(seed: int) -> tuple[pl.DataFrame, np.ndarray]:
    rng = np.random.default_rng(seed)
    return pl.DataFrame({"c": rng.integers(0, 500, 1000).astype(str)}), rng.integers(0, 2, 1000)


def test_500_levels_of_noise_stay_noise_on_training_rows_and_on_new_ones() -> None:
    """Naively encoded, the same column tells training rows apart at an AUC of about 0.87, and new ones not at all."""
    seen: dict[str, list[float]] = {"naive": [], "training": [], "new": [], "claimed": []}
    for seed in range(12):
        (frame, target), (fresh, truth) = noise_table(seed), noise_table(1000 + seed)
        step = ColumnsStep(mode="linear", categories="target")
        fitted, training = step.fit_training(frame, SCHEMA, target, seed)
        naive = ColumnsStep(mode="linear", categories="target", smoothing=0.0).fit(frame, SCHEMA, target, seed)
        learner = LogisticRegression().fit(training, target)
        seen["naive"].append(roc_auc_score(target, naive.transform(frame)[:, 0]))
        seen["training"].append(roc_auc_score(target, training[:, 0]))
        seen["claimed"].append(roc_auc_score(target, learner.decision_function(training)))
        seen["new"].append(roc_auc_score(truth, learner.decision_function(fitted.transform(fresh))))
    means = {name: np.mean(values) for name, values in seen.items()}
    assert means["naive"] > 0.8
    assert means["training"] == pytest.approx(0.5, abs=0.03)
    assert means["claimed"] < 0.55
    assert means["new"] == pytest.approx(0.5, abs=0.02)


def test_a_signal_in_many_levels_survives_cross_fitting() -> None:
    rng = np.random.default_rng(0)
    rates = rng.uniform(0.05, 0.95, 100)
    level = rng.integers(0, 100, 3000)
    target = (rng.random(3000) < rates[level]).astype(np.int64)
    frame = pl.DataFrame({"c": level.astype(str)})
    _, training = ColumnsStep(mode="linear", categories="target").fit_training(frame, SCHEMA, target, 0)
    best = roc_auc_score(target, rates[level])
    assert best - 0.03 < roc_auc_score(target, training[:, 0]) <= best


def test_a_row_is_encoded_without_its_own_target() -> None:
    frame, target = noise_table(0)
    step = ColumnsStep(mode="trees", categories="target", smoothing=1.0)
    _, before = step.fit_training(frame, SCHEMA, target, 7)
    held = cross_folds(target, 5, 7)
    inside = held == 2
    # targets within the fold change places, so that the folds stay what they were
    changed = target.copy()
    changed[inside] = np.random.default_rng(1).permutation(target[inside])
    fitted = step.fit(frame.filter(pl.Series(~inside)), SCHEMA, target[~inside], 7)
    np.testing.assert_array_equal(before[inside], fitted.transform(frame.filter(pl.Series(inside))))
    assert not np.array_equal(changed, target)


@pytest.mark.parametrize("task", TARGETS)
def test_folds_are_of_one_size_and_share_out_the_classes(task: str) -> None:
    held = cross_folds(TARGETS[task], 5, 0)
    assert np.ptp(np.bincount(held)) <= 1
    if task != "regression":
        for code in np.unique(TARGETS[task]):
            assert np.ptp(np.bincount(held[TARGETS[task] == code], minlength=5)) <= 1


def test_copies_of_a_row_are_held_out_together() -> None:
    """A row that was copied by oversampling would otherwise tell its copies their target."""
    frame, target = noise_table(5)
    source = np.repeat(np.arange(300), 3)
    copied, answers = frame[source], target[source]
    step = ColumnsStep(mode="linear", categories="target", smoothing=0.0)
    _, apart = step.fit_training(copied, SCHEMA, answers, 0)
    _, together = step.fit_training(copied, SCHEMA, answers, 0, units=source)
    assert roc_auc_score(answers, apart[:, 0]) > 0.75
    assert roc_auc_score(answers, together[:, 0]) < 0.6
    held = cross_folds(answers, 5, 0, np.where(np.arange(900) % 3, source, -1))
    assert (held[1::3] == held[2::3]).all()
    assert not (held[0::3] == held[1::3]).all()


def test_columns_that_add_up_are_of_deviation_1_and_noise_is_not_blown_up() -> None:
    target = TARGETS["binary"]
    found = TargetCode.fit(SERIES, answers_of(target), smoothing=0.0, scaled=True).transform(SERIES)[:, 0]
    assert found.mean() == pytest.approx(0, abs=1e-9)
    assert found.std() == pytest.approx(1)
    constant = TargetCode.fit(pl.Series(["a", "a"]), answers_of(np.array([0.0, 1.0])), smoothing=None, scaled=True)
    assert np.abs(constant.transform(pl.Series(["a", "b"]))).max() < 1e-9


def test_100_000_levels_take_bounded_memory() -> None:
    rng = np.random.default_rng(0)
    frame = pl.DataFrame({"c": pl.Series(rng.integers(0, 100_000, 200_000)).cast(pl.String)})
    target = (frame["c"].str.ends_with("7") & pl.Series(rng.random(200_000) < 0.5)).to_numpy().astype(np.int64)
    for way in ("target", "count", "woe", "hashing", "levels", "label"):
        tracemalloc.start()
        fitted, training = ColumnsStep(mode="trees", categories=way, folds=2, hashed=8, rare_below=8).fit_training(
            frame, SCHEMA, target, 0
        )
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert len(training) == 200_000
        assert peak < 150e6
        assert fitted.blocks
