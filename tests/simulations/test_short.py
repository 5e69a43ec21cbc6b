"""A short run of every simulation; ``test_long`` is what the numbers in docs/coverage.md come from."""

from pathlib import Path

import pytest
from tests.simulations.claims import of_equal_recipes, of_unequal_scores
from tests.simulations.learners import LEARNERS, logistic, random_split_tree
from tests.simulations.model_intervals import Scenario, coverage
from tests.simulations.recipe_intervals import World
from tests.simulations.recipe_intervals import coverage as recipe_coverage

ASKED = ("roc_auc", "average_precision", "f1", "brier", "log_loss")


@pytest.mark.parametrize("cell", [Scenario(200, 0.1), Scenario(200, 0.5), Scenario(1000, 0.1, 1.8)], ids=str)
def test_intervals_of_one_model_hold_the_truth_about_as_often_as_they_say(cell: Scenario) -> None:
    found = coverage(cell, 200, names=ASKED)
    assert min(found.values()) >= 0.90  # 95 % in 200 sets: fewer than 180 have a chance of 0.002
    assert max(found.values()) < 1.0


def test_drawing_within_classes_makes_the_brier_scores_interval_too_narrow() -> None:
    """Why stratified resampling is no default, and why ``evaluate`` does not do it for the Brier score."""
    import numpy as np

    from assay.measure.evaluate import by_class
    from assay.measure.parts import design_of
    from assay.measure.registry import METRICS
    from assay.measure.resample import Estimator, replicates

    cell, metric, held = Scenario(200, 0.1), METRICS.get("brier"), {"rows": 0, "within classes": 0}
    for seed in range(150):
        part = cell.draw(np.random.default_rng(seed))
        plain = design_of([part])
        for name, design in (("rows", plain), ("within classes", by_class([part], plain))):
            draws = replicates([Estimator(metric, [part], design)], design, n_replicates=200, seed=seed)
            low, high = np.quantile(draws, [0.025, 0.975])
            held[name] += low <= cell.truth["brier"] <= high
    assert held["rows"] >= 0.87 * 150
    assert held["within classes"] <= 0.75 * 150


def test_intervals_of_a_recipe_hold_its_expected_auc() -> None:
    for learner in (logistic, random_split_tree):
        assert recipe_coverage(World(200, 0.5), learner, 60)["roc_auc"] >= 0.85


@pytest.mark.slow  # test_long asks more of the same
@pytest.mark.parametrize("name", LEARNERS)
def test_seeds_of_one_recipe_are_seldom_called_different(name: str, tmp_path: Path) -> None:
    found = of_equal_recipes(World(300, 0.3), LEARNERS[name], 12, tmp_path, family=3)
    assert found.family <= 3 / 12


def test_a_difference_that_is_there_is_mostly_found(tmp_path: Path) -> None:
    assert of_unequal_scores(12, tmp_path).pair >= 6 / 12
