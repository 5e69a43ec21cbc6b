"""In which order recipes are tried when time is short: what is mostly better for its time comes earlier."""

from collections.abc import Sequence

from assay.core.errors import ConfigError, MissingExtraError
from assay.data.dataset import Dataset
from assay.recipes.named import recipe_named

LADDER = (
    *("baseline", "logistic", "linear", "tfidf-logistic", "boosting", "tfidf-naive-bayes", "lenet", "xgboost", "hist-boosting"),
    *("gam", "catboost", "extra-trees", "forest", "mlp-ple", "tabm"),
)

TIMES_BOOSTING = {"mlp-ple": 18.0, "tabm": 45.0}
"""How many times as long as boosting a fit takes, of what is too dear to be begun only to be stopped: the ratios of the median
seconds in benchmarks/results/table_nets.md on tables of more than ten thousand rows."""


def ladder_for(data: Dataset, names: Sequence[str] | None) -> list[str]:
    """Those of the ladder that are installed and can answer the question; or the recipes that the user named, in its order."""
    if names is not None:
        place = {name: number for number, name in enumerate(LADDER)}
        return sorted(names, key=lambda name: place.get(name, len(LADDER)))
    return [name for name in LADDER if _can(data, name)]


def _can(data: Dataset, name: str) -> bool:
    try:
        recipe = recipe_named(name)
        recipe.check(data)
    except (ConfigError, MissingExtraError):
        return False
    return recipe.is_installed
