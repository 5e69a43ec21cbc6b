"""The sizes of learners: found in every recipe by name, multiplied, and measured."""

from dataclasses import fields, replace
from pathlib import Path

import pytest
from tests.study.ablate.conftest import loans_data

from assay.core.errors import ConfigError, MissingExtraError
from assay.recipes.named import recipe_named
from assay.recipes.registry import RECIPES
from assay.study import Study
from assay.study.ablate.running import prepare_ablation, run_ablation
from assay.study.ablate.sizes import resized, sizes_of


@pytest.mark.parametrize(
    ("recipe", "sizes"),
    [
        ("logistic", {}),
        ("forest", {"n_trees": 200}),
        ("boosting", {"rounds": 500, "num_leaves": 31}),
        ("boosting:tpe@5", {"rounds": 500}),  # the search chooses the leaves
        ("easy-ensemble", {"bags": 10, "rounds": 50}),
        ("catboost", {"rounds": 1000}),
    ],
)
def test_sizes_are_found_by_the_names_of_settings(recipe: str, sizes: dict[str, int]) -> None:
    assert {size.name: size.value for size in sizes_of(recipe_named(recipe))} == sizes


def test_widths_of_nets_are_found_also_where_they_stand_at_their_default() -> None:
    pytest.importorskip("torch")
    assert {size.name: size.value for size in sizes_of(RECIPES.get("mlp"))} == {"shape.hidden": (128, 64)}
    assert {size.name: size.value for size in sizes_of(RECIPES.get("resnet-mlp"))}["shape.width"] == 192
    ensemble = resized(RECIPES.get("mlp-ensemble"), "base.shape.hidden", 0.5)
    assert ensemble.learner.base.shape.hidden == (64, 32)
    tabm = resized(RECIPES.get("tabm"), "shape.hidden", 2.0)
    assert dict(tabm.learner.shape.settings) == {"members": 8, "hidden": (384, 384)}


@pytest.mark.parametrize("name", RECIPES.names())
def test_a_size_multiplied_changes_it_and_what_goes_with_it_and_nothing_else(name: str) -> None:
    try:
        recipe = RECIPES.get(name)
        sizes = sizes_of(recipe)
    except (ImportError, MissingExtraError):
        pytest.skip("its library is not installed")
    for size in sizes:
        larger = resized(recipe, size.name, 2.0)
        after = {one.name: one.value for one in sizes_of(larger)}
        assert after == {**{one.name: one.value for one in sizes}, size.name: size.times(2.0)}
        assert replace(larger, learner=recipe.learner) == recipe
        changed = {
            one.name for one in fields(recipe.learner) if getattr(larger.learner, one.name) != getattr(recipe.learner, one.name)
        }
        own = size.name.partition(".")[0]
        held = own if own in {one.name for one in fields(recipe.learner)} else "settings"  # of the net that the learner names
        assert changed <= {held, "rounds_unwatched"}


def test_halved_leaves_are_measured_against_twice_as_many(home: Path) -> None:
    result = Study(loans_data(240), ["boosting"], metric="log_loss", folds=3).run(home / "boosted", jobs=1)
    found = run_ablation(prepare_ablation(result, ["sizes"]), jobs=1)[0]
    rounds, leaves = (table.lines for table in found.tables)
    assert [line.name for line in rounds] == ["125 rounds", "250 rounds", "500 rounds", "1000 rounds"]
    assert {line.call for line in rounds[1:]} == {"changes nothing"}  # held-out rows stop it sooner
    assert [line.name.split()[0] for line in leaves] == ["8", "16", "31", "62"]
    assert leaves[2].value == result.interval("boosting") == found.whole
    smaller = resized(RECIPES.get("boosting"), "num_leaves", 0.25)
    assert smaller.learner.num_leaves == 8
    before, after = leaves[0], leaves[1]
    assert after.worth.low < after.worth.value < after.worth.high
    assert after.worth.value == pytest.approx(before.value.value - after.value.value)


def test_a_recipe_without_sizes_says_so(loans_run) -> None:
    with pytest.raises(ConfigError, match="logistic has no trees, rounds or layers that could be halved or doubled"):
        prepare_ablation(loans_run, ["sizes"], "logistic")
