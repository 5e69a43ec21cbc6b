"""A recommender whose one setting that matters is chosen on its own training pairs: no table meets a ridge made for another.

A tenth of the training pairs is put aside at random, each value of the setting learns from the others, and the one that finds the
most (NDCG among the first 10), or errs least (RMSE of ratings), learns from all.  It sees no held-out row, so a comparison stays
honest; it costs a fit for each value.  Values stand from strict to lenient, and the first of equals is taken.
"""

from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
from scipy.sparse import csr_array

from assay.core.seeds import derive, generator
from assay.measure.ranked import ranked_at
from assay.recipes.recommend.interactions import Interactions
from assay.recipes.recommend.recommender import FittedRecommender, Recommender, batches, scores_to_rank

ASIDE, LENGTH, FEWEST = 0.1, 10, 50
"""The share put aside, the list it is searched by, and the pairs below which there is nothing to choose with."""

MOST_USERS = 5000


@dataclass(frozen=True)
class Chosen:
    """base: the recommender; setting: a field of it.  values: what is tried; of ``rank``, shares of the base's.

    by: "ndcg" or "rmse".
    """

    base: Recommender
    setting: str
    values: tuple[float, ...]
    by: str = "ndcg"

    @property
    def title(self) -> str:
        return self.base.title

    @property
    def needs_ratings(self) -> bool:
        return self.base.needs_ratings

    def fit(self, seen: Interactions, seed: int) -> FittedRecommender:
        return self.choose(seen, seed).fit(seen, derive(seed, "fit"))

    def choose(self, seen: Interactions, seed: int) -> Recommender:
        """The base with the best value; the middle one where there are too few pairs."""
        tried = [self._with(value) for value in self.values]
        if len(seen.items) < FEWEST / ASIDE or len(tried) < 2:
            return tried[len(tried) // 2]
        aside = generator(seed, "aside").random(len(seen.items)) < ASIDE
        kept, held = _part(seen, ~aside), _part(seen, aside)
        worth = [self._worth(_hurried(one).fit(kept, derive(seed, "try")), kept, held, seed) for one in tried]
        return tried[int(np.argmax(worth))]

    def _with(self, value: float) -> Recommender:
        changed: Any = value
        if self.setting == "rank":
            changed = max(1, round(value * cast(Any, self.base).rank))
        return cast(Recommender, replace(cast(Any, self.base), **{self.setting: changed}))

    def _worth(self, fitted: FittedRecommender, kept: Interactions, held: Interactions, seed: int) -> float:
        if self.by == "rmse":
            value = fitted.ratings(held.owner, held.items)
            if value is None or held.rating is None:
                raise ValueError(f"{self.title}: it expects no ratings, and cannot be chosen by their error.")
            return -float(np.mean((value - held.rating) ** 2))
        users = np.flatnonzero((held.taken > 0) & (kept.taken > 0))
        if len(users) > MOST_USERS:
            users = np.sort(generator(seed, "users").choice(users, MOST_USERS, replace=False))
        total = 0.0
        for part in batches(users, kept.n_items):
            rows = held.counts[part]
            lengths = np.diff(rows.indptr)
            owner = np.repeat(np.arange(len(part)), lengths)
            k = min(LENGTH, kept.n_items)
            total += float(ranked_at(scores_to_rank(fitted, kept, part), owner, rows.indices, lengths, k).ndcg.sum())
        return total


def _hurried(recommender: Recommender) -> Recommender:
    """With half the turns, which order the values as all of them would."""
    turns = getattr(recommender, "turns", None)
    return recommender if turns is None else cast(Recommender, replace(cast(Any, recommender), turns=-(-turns // 2)))


def with_rank(recommender: Recommender, rank: int) -> Recommender:
    """The same with factors of this rank, where it has factors."""
    if isinstance(recommender, Chosen):
        return replace(recommender, base=with_rank(recommender.base, rank))
    return cast(Recommender, replace(cast(Any, recommender), rank=rank)) if hasattr(recommender, "rank") else recommender


def _part(seen: Interactions, pairs: np.ndarray) -> Interactions:
    """The pairs of a mask, with how often they came and how they were rated."""
    bounds = np.append(0, np.cumsum(pairs))[seen.counts.indptr]
    counts = csr_array((seen.counts.data[pairs], seen.counts.indices[pairs], bounds), shape=seen.counts.shape)
    return Interactions(counts, None if seen.rating is None else seen.rating[pairs])
