"""Which settings are tried next.  An asker is asked, then told the loss; what it asks depends on nothing but its seed and that.

So a search that was killed goes on to the same settings when it is told the losses it had, one after another.
Sources: Bergstra & Bengio (2012) for random search; Sobol (1967), Owen (1998) for evenly drawn ones; Bergstra, Bardenet,
Bengio & Kégl (2011) and Watanabe (2023) for TPE; Hansen & Ostermeier (2001) for CMA-ES, both of optuna.
"""

import itertools
import warnings
from typing import Any, Protocol

import numpy as np

from assay.core.optional import require
from assay.core.seeds import generator, seed32
from assay.recipes.space import Choice, Dimension, Space, Value, Values, Whole
from assay.recipes.tuning.search import OF_OPTUNA, Search


class Asker(Protocol):
    def ask(self) -> Values | None:
        """The next settings, or None when there are no more."""
        ...

    def tell(self, loss: float) -> None:
        """loss: of the settings asked last; infinite where they could not be fitted."""
        ...


def asker_for(search: Search, space: Space, first: Values, seed: int) -> Asker:
    """first: the settings that are asked before all others.  Raises MissingExtraError."""
    if search.method in OF_OPTUNA:
        return Sampled(search.method, space, first, seed)
    if search.method == "grid":
        return Listed([first, *(values for values in grid(space, search.trials - 1) if values != first)])
    return Listed([first, *drawn(space, search.trials - 1, seed)])


class Listed:
    """Settings that were fixed beforehand."""

    def __init__(self, values: list[Values]) -> None:
        self._left = iter(values)

    def ask(self) -> Values | None:
        return next(self._left, None)

    def tell(self, loss: float) -> None:
        """Nothing is learned from it."""


def grid(space: Space, most: int) -> list[Values]:
    """Evenly spaced settings in all combinations, at most so many.

    Every dimension has as many places as all can have; what is left over gives one more to the first ones.
    """
    sizes = dict.fromkeys(space, 1)
    growing = True
    while growing:
        growing = False
        for name, dimension in space.items():
            more = {**sizes, name: sizes[name] + 1}
            if sizes[name] < _most_places(dimension) and np.prod(list(more.values()), dtype=float) <= most:
                sizes, growing = more, True
    if most < 1:
        return []
    places = [_places(dimension, sizes[name]) for name, dimension in space.items()]
    return [dict(zip(space, values, strict=True)) for values in itertools.product(*places)]


def drawn(space: Space, count: int, seed: int) -> list[Values]:
    """Settings spread evenly over the space: a scrambled Sobol sequence."""
    from scipy.stats import qmc

    if count < 1 or not space:
        return []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a number of points that is no power of two is less even, and will do
        shares = qmc.Sobol(len(space), scramble=True, rng=generator(seed, "search")).random(count)
    return [
        {name: dimension.at(float(share)) for (name, dimension), share in zip(space.items(), row, strict=True)} for row in shares
    ]


def _most_places(dimension: Dimension) -> int:
    if isinstance(dimension, Choice):
        return len(dimension.options)
    return dimension.high - dimension.low + 1 if isinstance(dimension, Whole) else 10**6


def _places(dimension: Dimension, count: int) -> list[Value]:
    """One place lies in the middle; more of them reach from end to end."""
    if isinstance(dimension, Choice):
        return list(dimension.options[:count])
    if count == 1:
        return [dimension.at(0.5)]
    return list(dict.fromkeys(dimension.at(share) for share in np.linspace(0, 1, count).tolist()))


class Sampled:
    """A sampler of optuna, without its store: a search that goes on is asked and told again from the beginning."""

    def __init__(self, method: str, space: Space, first: Values, seed: int) -> None:
        optuna = require("optuna", extra="tune", purpose=f"the search {method}")
        if method == "cmaes":
            require("cmaes", extra="tune", purpose="the search cmaes")
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        made = seed32(seed, "search")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # optuna calls the joint form of TPE experimental
            sampler: Any = (
                optuna.samplers.TPESampler(seed=made, multivariate=True)
                if method == "tpe"
                else optuna.samplers.CmaEsSampler(seed=made, x0=_numbers(first, space), warn_independent_sampling=False)
            )
        self._distributions = {name: _distribution(optuna, dimension) for name, dimension in space.items()}
        self._study = optuna.create_study(sampler=sampler, direction="minimize")
        self._study.enqueue_trial(dict(first))
        self._asked: Any = None

    def ask(self) -> Values | None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._asked = self._study.ask(self._distributions)
        return dict(self._asked.params)

    def tell(self, loss: float) -> None:
        if np.isfinite(loss):
            self._study.tell(self._asked, loss)
        else:
            from optuna.trial import TrialState

            self._study.tell(self._asked, state=TrialState.FAIL)


def _numbers(first: Values, space: Space) -> dict[str, Value]:
    return {name: value for name, value in first.items() if not isinstance(space[name], Choice)}


def _distribution(optuna: Any, dimension: Dimension) -> Any:
    if isinstance(dimension, Choice):
        return optuna.distributions.CategoricalDistribution(dimension.options)
    kind = optuna.distributions.IntDistribution if isinstance(dimension, Whole) else optuna.distributions.FloatDistribution
    return kind(dimension.low, dimension.high, log=dimension.log)
