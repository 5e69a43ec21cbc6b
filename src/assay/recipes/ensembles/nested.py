"""What learns from recipes, not from a matrix: it is handed the rows as they came, and fits whole models on parts of them."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from assay.balance.treatment import Treatment
from assay.data.dataset import Dataset
from assay.recipes.fitted import Fitted
from assay.recipes.learner import Budget, Context
from assay.recipes.recipe import Recipe


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What ``recipes.fitting.fit`` was asked for, recipe and treatment already found to go together."""

    recipe: Recipe
    treatment: Treatment
    data: Dataset
    groups: np.ndarray | None
    seed: int
    budget: Budget
    context: Context
    calibration: str | None


@runtime_checkable
class FitsRecipes(Protocol):
    """A learner whose members have preparations of their own."""

    def fit_recipes(self, asked: Asked) -> Fitted:
        """Sees training rows only; honours groups, time, weights, budget and cancellation."""
        ...
