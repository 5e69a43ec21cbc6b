"""Recipes by text: prepared, tuned, both, and what is neither."""

import pytest

from assay.core.errors import ConfigError, UnknownNameError
from assay.prepare.named import first_of
from assay.recipes.named import base_name, recipe_named


def test_a_text_is_read_into_a_recipe_with_its_one_spelling():
    recipe = recipe_named("logistic:target:pca:random")
    assert recipe.name == "logistic:target:pca:random@30"
    assert first_of(recipe.step).categories == "target"
    assert recipe.search.trials == 30
    assert base_name(recipe.name) == "logistic"
    assert recipe_named("logistic:woe").tasks == {"binary"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("logistic:targte", "'targte' is neither a preparation, a network nor a search; did you mean 'target'"),
        ("logistic:tpe@5:target", "name the preparation 'target' before the search"),
        ("logistic:target:target", "names the preparation 'target' twice"),
        ("logistic:tpe@5:random@5", "names two searches"),
        ("ridge:woe", "the preparation 'woe' is for binary only"),
        ("lenet:pca", "reads? a table column by column"),
        ("baseline:tpe@4", "has no settings to tune"),
    ],
)
def test_what_cannot_be_is_one_sentence(text, said):
    with pytest.raises(ConfigError, match=said):
        recipe_named(text)


def test_an_unknown_name_gets_the_nearest():
    with pytest.raises(UnknownNameError, match="no recipe 'logistc'"):
        recipe_named("logistc:target")
