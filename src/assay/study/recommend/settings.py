"""What a comparison of recommenders is asked to do."""

from dataclasses import dataclass
from typing import Any

from assay.core.errors import ConfigError
from assay.core.shown import Shown
from assay.recipes.recommend.choosing import with_rank
from assay.recipes.recommend.recommender import Recommender
from assay.recipes.recommend.registry import BASELINE, RECOMMENDERS, names_for


@dataclass(frozen=True, kw_only=True)
class RecommendSettings(Shown):
    """recipes: names of RECOMMENDERS; empty: all that the table can be learned by.  The baseline is always among them.

    k: the length of the list.  folds: cuts forward in time, or parts of every user's pairs.  test_share: of the rows, locked.
    rank: of the factors.  metric: "ndcg", "recall" or "rmse": what the verdicts and the choice go by.
    liked: the least rating of an item that is worth finding; None: the median of the ratings that train first.
    margin: of the metric, within which two are called the same; None: none.
    """

    recipes: tuple[str, ...] = ()
    k: int = 10
    folds: int = 5
    test_share: float = 0.2
    rank: int = 32
    metric: str = "ndcg"
    liked: float | None = None
    margin: float | None = None
    level: float = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        if len(set(self.recipes)) < len(self.recipes):
            raise ConfigError(f"recipes {', '.join(self.recipes)}: name each once.")
        for name in self.recipes:
            RECOMMENDERS.target(name)
        if self.k < 1 or self.folds < 1 or not 1 <= self.rank <= 4096:
            raise ConfigError(f"k={self.k}, folds={self.folds}, rank={self.rank}: each is at least 1, and the rank at most 4096.")
        if not 0 < self.test_share < 1:
            raise ConfigError(f"test_share={self.test_share}: the locked share of the rows lies between 0 and 1.")
        if self.metric not in ("ndcg", "recall", "rmse"):
            raise ConfigError(f"metric={self.metric!r}: recommenders are compared by ndcg, recall or rmse.")
        if self.margin is not None and not self.margin > 0:
            raise ConfigError(f"margin={self.margin}: it is above 0.")

    @property
    def metric_name(self) -> str:
        return self.metric if self.metric == "rmse" else f"{self.metric}@{self.k}"

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__} | {"recipes": list(self.recipes)}

    def names(self, *, ratings: bool) -> tuple[str, ...]:
        """The recipes that are tried, the baseline first.  Raises ConfigError for one that needs what the table has not."""
        if self.metric == "rmse" and not ratings:
            raise ConfigError("metric='rmse' compares expected ratings, and no rating column is named; pass --rating COL.")
        wanted = self.recipes or tuple(names_for(ratings=ratings))
        for name in wanted:
            if RECOMMENDERS.get(name).needs_ratings and not ratings:
                instead = {"svd": "pure-svd", "als": "implicit-als"}.get(name, BASELINE)
                raise ConfigError(
                    f"recipe {name!r} learns from ratings, and no rating column is named; pass --rating COL, or use {instead}."
                )
        return (BASELINE, *(name for name in wanted if name != BASELINE))

    def recommender(self, name: str) -> Recommender:
        """The member with these settings."""
        return with_rank(RECOMMENDERS.get(name), self.rank)
