"""Spaces of settings: their ends, their middles, and what lies outside of them."""

import math

import pytest

from assay.core.errors import ConfigError
from assay.recipes.registry import RECIPES
from assay.recipes.space import Choice, Real, Whole, check_values


@pytest.mark.parametrize(
    "dimension", [Real(0.5, 8), Real(1e-4, 10, log=True), Whole(1, 7), Whole(2, 4096, log=True), Choice(("a", None, 3))]
)
def test_every_share_of_the_way_is_a_value_of_the_dimension(dimension):
    values = [dimension.at(share / 100) for share in range(101)]
    assert all(dimension.holds(value) for value in values)
    if isinstance(dimension, Choice):
        assert set(values) == {"a", None, 3}
    else:
        assert (values[0], values[-1]) == (dimension.low, dimension.high)
        assert values == sorted(values)


def test_a_logarithmic_dimension_has_the_geometric_mean_in_its_middle():
    assert math.isclose(Real(1e-4, 1e2, log=True).at(0.5), 0.1)


def test_a_number_is_no_truth_value_and_a_truth_value_no_number():
    assert not Whole(0, 1).holds(True)
    assert not Choice((1,)).holds(True)


def test_settings_of_no_space_and_values_outside_of_it_are_one_sentence():
    with pytest.raises(ConfigError, match="has no setting 'depth'"):
        check_values("tree", {"deepest": Whole(1, 9)}, {"depth": 3})
    with pytest.raises(ConfigError, match="deepest=30 is not among whole numbers, 1 to 9"):
        check_values("tree", {"deepest": Whole(1, 9)}, {"deepest": 30})


def test_settings_reach_the_learner_and_the_preparation():
    recipe = RECIPES.get("logistic")
    tuned = recipe.__class__(
        **{
            **{name: getattr(recipe, name) for name in recipe.__dataclass_fields__},
            "space": {"penalty_strength": Real(1e-4, 1e4, log=True), "step.rare_below": Whole(1, 50)},
        }
    )
    other = tuned.with_settings({"penalty_strength": 3.0, "step.rare_below": 9})
    assert (other.learner.penalty_strength, other.step.rare_below) == (3.0, 9)
    assert other.settings() == {"penalty_strength": 3.0, "step.rare_below": 9}
    assert tuned.settings() == {"penalty_strength": 1.0, "step.rare_below": 5}
