"""Recipes as users write them: a name, and after colons how it is tuned.

"boosting:tpe@50" is boosting whose settings are chosen by fifty trials of TPE inside the training rows.  Whoever looks a
recipe up by what a user wrote does it here.
"""

from dataclasses import replace

from assay.core.errors import ConfigError
from assay.recipes.recipe import Recipe
from assay.recipes.registry import RECIPES
from assay.recipes.tuning.search import METHODS, is_search, parse_search

BETWEEN = ":"


def recipe_named(text: str, metric: str | None = None) -> Recipe:
    """The recipe of this text; its name is the text in its one spelling.

    metric: the name of the metric that a tuned recipe is tuned for (see ``Search``).
    Raises UnknownNameError for a name that is none, with the nearest; ConfigError for an option that is none or impossible.

    >>> recipe_named("boosting:tpe").name
    'boosting:tpe@30'
    """
    name, *options = text.split(BETWEEN)
    recipe = RECIPES.get(name)
    for option in options:
        if not is_search(option):
            raise ConfigError(f"recipe {text!r}: {option!r} is no search ({', '.join(METHODS)}).")
        if recipe.search is not None:
            raise ConfigError(f"recipe {text!r} names two searches; name one.")
        if not recipe.space:
            raise ConfigError(f"recipe {name!r} has no settings to tune; leave out {BETWEEN}{option}.")
        search = parse_search(option, metric)
        recipe = replace(recipe, search=search, name=f"{recipe.name}{BETWEEN}{search}")
    return recipe


def base_name(text: str) -> str:
    """The registered name in a recipe's text."""
    return text.partition(BETWEEN)[0]
