"""Recipes as users write them: a name, and after colons how its table is prepared and how it is tuned.

"logistic:target" is logistic regression whose categories become their mean target; "boosting:tpe@50" is boosting whose
settings are chosen by fifty trials of TPE inside the training rows; "network:resnet18@64" is a ResNet on pictures of 64 pixels a
side; "ngram-kneser-ney:order@5" counts runs of five words; "transfer:cars.assay" goes on from a saved model, whose path is all
that follows.  Whoever looks a recipe up by what a user wrote does it here.
"""

from dataclasses import replace

from assay.core.errors import ConfigError
from assay.core.names import did_you_mean
from assay.nets.image.registry import NETWORKS
from assay.recipes.nets.networks import is_network, with_network
from assay.recipes.preparations import PREPARATIONS, preparation_named
from assay.recipes.recipe import Recipe
from assay.recipes.registry import RECIPES, WITH_BASE
from assay.recipes.tuning.search import METHODS, is_search, parse_search

BETWEEN = ":"
ORDER = "order@"
"""Begins the option that says how many words the runs of an n-gram model have."""


def recipe_named(text: str, metric: str | None = None) -> Recipe:
    """The recipe of this text; its name is the text in its one spelling.

    metric: the name of the metric that a tuned recipe is tuned for (see ``Search``).
    Raises UnknownNameError for a name that is none, with the nearest; ConfigError for an option that is none or impossible.

    >>> recipe_named("logistic:target:tpe").name
    'logistic:target:tpe@30'
    """
    name, *options = text.split(BETWEEN)
    if name in WITH_BASE.names():
        return _with_base(name, text.partition(BETWEEN)[2])
    recipe = RECIPES.get(name)
    for option in options:
        if is_search(option):
            recipe = _searched(recipe, text, option, metric)
        elif option.startswith(ORDER):
            recipe = _ordered(recipe, text, option)
        elif option in PREPARATIONS.names():
            recipe = _prepared(recipe, text, option)
        elif is_network(option):
            recipe = with_network(recipe, text, option)
        else:
            known = [*PREPARATIONS.names(), *METHODS, *NETWORKS.names()]
            raise ConfigError(
                f"recipe {text!r}: {option!r} is neither a preparation, a network nor a search{did_you_mean(option, known)}"
            )
    return recipe


def base_name(text: str) -> str:
    """The registered name in a recipe's text."""
    return text.partition(BETWEEN)[0]


def check_name(name: str) -> None:
    """Raises UnknownNameError, with the nearest, for a name that no recipe's text begins with."""
    if name not in WITH_BASE.names():
        RECIPES.target(name)


def without_options(text: str) -> Recipe:
    """The recipe as it is registered; one that needs a base as it is."""
    name = base_name(text)
    return recipe_named(text) if name in WITH_BASE.names() else RECIPES.get(name)


_PICTURES = "MODEL (of pictures, saved) or NETWORK=FILE (its weights)"
_WORDS = "SOURCE,… (lists of words, texts, folders of them, wordfreq)"
_BASES = {
    "transfer": _PICTURES,
    "linear-probe": _PICTURES,
    "text-vectors": "FILE (of word vectors) or RECIPE=FILE",
    "noisy-channel-of": _WORDS,
    "dictionary-of": _WORDS,
}
"""What stands behind the name of each member of WITH_BASE."""


def _with_base(name: str, base: str) -> Recipe:
    if not base:
        raise ConfigError(f"recipe {name!r} needs a base: {name}:{_BASES[name]}.")
    return WITH_BASE.get(name)(base)


def _prepared(recipe: Recipe, text: str, option: str) -> Recipe:
    if recipe.search is not None:
        raise ConfigError(f"recipe {text!r}: name the preparation {option!r} before the search.")
    if option in recipe.name.split(BETWEEN)[1:]:
        raise ConfigError(f"recipe {text!r} names the preparation {option!r} twice.")
    way = preparation_named(option)
    tasks = recipe.tasks & way.tasks
    if not tasks:
        raise ConfigError(f"recipe {text!r}: the preparation {option!r} is for {', '.join(sorted(way.tasks))} only.")
    return replace(recipe, step=way(recipe.step), tasks=tasks, name=f"{recipe.name}{BETWEEN}{option}")


def _ordered(recipe: Recipe, text: str, option: str) -> Recipe:
    digits = option.removeprefix(ORDER)
    if "order" not in recipe.space or recipe.search is not None or ORDER in recipe.name:
        raise ConfigError(f"recipe {text!r}: {option!r} is for n-gram models, once, and stands before a search.")
    if not digits.isdecimal() or len(digits) > 3:
        raise ConfigError(f"recipe {text!r}: {ORDER} needs a whole number of words, such as {ORDER}4.")
    order = int(digits)
    return replace(recipe.with_settings({"order": order}), name=f"{recipe.name}{BETWEEN}{ORDER}{order}")


def _searched(recipe: Recipe, text: str, option: str, metric: str | None) -> Recipe:
    if recipe.search is not None:
        raise ConfigError(f"recipe {text!r} names two searches; name one.")
    if not recipe.space:
        raise ConfigError(f"recipe {base_name(text)!r} has no settings to tune; leave out {BETWEEN}{option}.")
    search = parse_search(option, metric)
    return replace(recipe, search=search, name=f"{recipe.name}{BETWEEN}{search}")
