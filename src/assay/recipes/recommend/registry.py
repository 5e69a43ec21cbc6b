"""Recommenders by name, and the kinds of fitted ones that a saved model may hold."""

import importlib

from assay.core.errors import BundleError
from assay.core.registry import Registry
from assay.core.state import State
from assay.prepare.checks import choice
from assay.recipes.recommend.recommender import FittedRecommender, Recommender

RECOMMENDERS: Registry[Recommender] = Registry("recommender")

RECOMMENDERS.add("popularity", "assay.recipes.recommend.popularity:POPULARITY")
RECOMMENDERS.add("item-neighbours", "assay.recipes.recommend.neighbours:ITEM_NEIGHBOURS")
RECOMMENDERS.add("pure-svd", "assay.recipes.recommend.pure_svd:PURE_SVD")
RECOMMENDERS.add("implicit-als", "assay.recipes.recommend.implicit_als:IMPLICIT_ALS")
RECOMMENDERS.add("svd", "assay.recipes.recommend.soft_svd:SVD")
RECOMMENDERS.add("als", "assay.recipes.recommend.als:ALS")

BASELINE = "popularity"

_KINDS = {
    "popularity": "assay.recipes.recommend.popularity:FittedPopularity",
    "factors": "assay.recipes.recommend.factors:FittedFactors",
    "neighbours": "assay.recipes.recommend.neighbours:FittedNeighbours",
}


def names_for(*, ratings: bool) -> list[str]:
    """The members that such a table can be learned by; those that take no ratings can learn from any."""
    return [name for name in RECOMMENDERS.names() if ratings or not RECOMMENDERS.get(name).needs_ratings]


def read_fitted(state: State, n_users: int, n_items: int) -> FittedRecommender:
    """A fitted recommender from its state; raises BundleError for anything that no fit writes."""
    module, name = _KINDS[choice(state, "kind", list(_KINDS))].split(":")
    found: FittedRecommender = getattr(importlib.import_module(module), name).from_state(state, n_users, n_items)
    if found.kind != state["kind"]:
        raise BundleError(f"the saved model's {state['kind']!r} is of another kind than it says.")
    return found
