"""Small tables of users and items with a known truth."""

import numpy as np

from assay.recipes.recommend.interactions import Interactions


def taken_by_taste(users: int = 60, items: int = 40, per_user: int = 12, taste: float = 2.0, seed: int = 0):
    """(users, items, rating) arrays: each takes what is popular and what fits two hidden tastes, and rates by these."""
    rng = np.random.default_rng(seed)
    want, have = rng.normal(size=(users, 2)), rng.normal(size=(items, 2))
    fit = taste * want @ have.T / np.sqrt(2)
    wish = fit + rng.normal(size=items) + rng.gumbel(size=(users, items))
    item = np.argsort(-wish, axis=1)[:, :per_user].ravel()
    user = np.repeat(np.arange(users), per_user)
    rating = np.round(np.clip(3.5 + fit[user, item] / 2 + rng.normal(scale=0.5, size=len(user)), 1, 5) * 2) / 2
    return user, item, rating


def interactions(**told) -> Interactions:
    user, item, rating = taken_by_taste(**told)
    return Interactions.of(user, item, (int(user.max()) + 1, told.get("items", 40)), rating)
