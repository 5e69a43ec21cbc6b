"""Boosted trees on rows of even classes: bags of them (EasyEnsemble), or a new draw in every round (RUSBoost)."""

from dataclasses import dataclass, replace

import numpy as np

from assay.core.seeds import derive, generator
from assay.data.rows import Rows
from assay.data.task import Task
from assay.prepare.columns import ColumnsStep
from assay.recipes.balanced.draws import Pool, evened, pool_of, under_sampled
from assay.recipes.balanced.fitted import FittedBalanced
from assay.recipes.balanced.members import Going, grown
from assay.recipes.balanced.rounds import Voter, boost
from assay.recipes.learner import Budget, Context
from assay.recipes.outputs import ABSENT_LOGIT, CLASSIFICATION
from assay.recipes.recipe import Recipe
from assay.recipes.tree_arrays import LEAF, TreeArrays


@dataclass(frozen=True, kw_only=True)
class EasyEnsemble:
    """bags: draws of even classes without replacement.  rounds: of AdaBoost in each, over trees of ``deepest`` levels.

    Small trees rather than stumps: the paper boosts CART, and stumps see no interaction.
    The logits of the bags are averaged: the paper sums them, which ranks the rows alike and is no logit.
    Source: Liu, Wu & Zhou (2009).
    """

    bags: int = 10
    rounds: int = 50
    deepest: int = 3
    takes_weights: bool = True

    def wants_validation(self, task: Task) -> bool:  # noqa: ARG002
        return False

    def fit(
        self,
        rows: Rows,
        task: Task,
        *,
        validation: Rows | None,  # noqa: ARG002
        seed: int,
        budget: Budget,
        context: Context,
    ) -> FittedBalanced:
        """Each bag has a stream of its own, so the number of threads changes nothing.

        Makes no more bags when the budget is spent or ``context`` is cancelled.
        """
        going = Going.now(self.bags, budget, context)
        pool = pool_of(rows)
        bags = grown(lambda number: self._bag(pool, seed, number), going, context.threads)
        voters = [voter for bag in bags for voter in bag]
        return replace(_fitted(voters, len(bags), pool, rows, task), notes=going.note(len(bags), "bags"))

    def _bag(self, pool: Pool, seed: int, number: int) -> list[Voter]:
        drawn = under_sampled(pool.target, generator(seed, "bag", number))
        target = pool.target[drawn]
        weights = evened(target, pool.weights[drawn])
        seed = derive(seed, "boost", number)
        return boost(pool.features[drawn], target, weights, rounds=self.rounds, deepest=self.deepest, seed=seed)


@dataclass(frozen=True, kw_only=True)
class RusBoost:
    """rounds: of AdaBoost over trees of ``deepest`` levels, each grown on a new draw of even classes.

    Each tree learns from even classes and is judged by all rows, so the votes hold under class shares between the two, and
    the closed form (from even ones) leads back about right only; a calibration on held-out rows does better.  Stumps leave
    most rounds no better than chance under the weights of all rows, and little is learnt; the paper boosts full trees.
    Source: Seiffert, Khoshgoftaar, Van Hulse & Napolitano (2010).
    """

    rounds: int = 50
    deepest: int = 8
    takes_weights: bool = True

    def wants_validation(self, task: Task) -> bool:  # noqa: ARG002
        return False

    def fit(
        self,
        rows: Rows,
        task: Task,
        *,
        validation: Rows | None,  # noqa: ARG002
        seed: int,
        budget: Budget,
        context: Context,
    ) -> FittedBalanced:
        """Stops when the budget is spent or ``context`` is cancelled."""
        going, done = Going.now(self.rounds, budget, context), self.rounds

        def go_on(number: int) -> bool:
            nonlocal done
            goes = going(number)
            done = done if goes else number
            return goes

        pool = pool_of(rows)
        counts = np.bincount(pool.target, minlength=rows.n_classes)
        voters = boost(
            pool.features,
            pool.target,
            pool.weights * (pool.shares * len(pool.target) / np.maximum(counts, 1))[pool.target],
            rounds=self.rounds,
            deepest=self.deepest,
            seed=seed,
            resample=True,
            go_on=go_on,
        )
        return replace(_fitted(voters, 1, pool, rows, task), notes=going.note(done, "rounds"))


def _fitted(voters: list[Voter], bags: int, pool: Pool, rows: Rows, task: Task) -> FittedBalanced:
    """Leaves that hold a tree's vote for the class it names, so that their mean over the trees is the bags' mean logit."""
    arrays = TreeArrays.of_sklearn([voter.tree.tree_ for voter in voters], pool.present, rows.n_classes)
    of_tree = np.repeat(np.arange(len(voters)), np.diff(arrays.starts))[arrays.left == LEAF]
    votes = np.array([voter.vote for voter in voters])[of_tree] * (len(voters) / bags)
    named = arrays.values.argmax(axis=1)
    values = np.where(np.isin(np.arange(rows.n_classes), pool.present), 0.0, ABSENT_LOGIT) * np.ones((len(named), 1))
    values[np.arange(len(values)), named] = votes
    width = pool.features.shape[1]
    return FittedBalanced(task.name, rows.n_classes, width, "logits", pool.shares, pool.even, replace(arrays, values=values))


EASY_ENSEMBLE = Recipe(
    name="easy-ensemble",
    title="Ten bags of 50 boosted small trees, each on even classes",
    tasks=CLASSIFICATION,
    step=ColumnsStep(mode="trees"),
    learner=EasyEnsemble(),
    simplicity=43,
    correction="calibrate",
)

RUS_BOOST = Recipe(
    name="rus-boost",
    title="50 boosted trees, each on a new draw of even classes",
    tasks=CLASSIFICATION,
    step=ColumnsStep(mode="trees"),
    learner=RusBoost(),
    simplicity=35,
    correction="calibrate",
)
